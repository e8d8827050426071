"""The evidence as plain data, for JSON."""

from __future__ import annotations

import math
from typing import Any

from micrograd_np.rounding import LIMIT
from micrograd_np.testing.evidence import Evidence
from micrograd_np.testing.verification import Verification


def as_json(found: Verification) -> dict[str, Any]:
    """Return all that was seen, of each operation by itself; an infinite number is None."""
    return {
        "ok": found.ok,
        "seed": found.seed,
        "budget": found.budget,
        "command": found.command,
        "examples": found.examples,
        "three_way_examples": found.three_way,
        "disagreements": found.disagreements,
        "limit_in_radii": LIMIT,
        "seconds": round(found.seconds, 3),
        "versions": dict(found.versions),
        "properties": [_property(one) for one in found.evidence],
    }


def _property(one: Evidence) -> dict[str, Any]:
    return {
        "name": one.name,
        "group": one.group,
        "family": one.family,
        "sides": list(one.sides),
        "examples": one.examples,
        "three_way_examples": one.three_way,
        "seconds": round(one.seconds, 3),
        "failure": one.failure,
        "left_out": one.left_out,
        "seen": dict(sorted(one.seen.items())),
        "gradients": [
            {
                "gradient": gradient,
                "dtype": dtype,
                "examples": len(series.radii),
                "worst_radii": _finite(series.worst),
                "median_radii": _finite(series.median),
                "between": series.sides,
                "worst_example": series.example,
                "elements": series.elements,
                "undecided": series.undecided,
            }
            for (gradient, dtype), series in one.series.items()
        ],
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None  # JSON has no infinity
