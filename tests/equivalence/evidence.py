"""What the properties that have run here have seen."""

from micrograd_np.testing.evidence import Evidence

EVIDENCE: dict[str, Evidence] = {}
