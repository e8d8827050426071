"""How the evidence is told: as text, as data, and as a page."""
