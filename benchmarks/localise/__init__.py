"""Backward passes written by hand, and mistakes in them: what ``mg.compare`` is measured on."""
