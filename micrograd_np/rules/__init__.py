"""Every derivative rule, one file per family, each beside its neighbours."""

from micrograd_np.rules import (
    complexes,
    constants,
    elementwise,
    indexing,
    linalg,
    nn,
    norms,
    reductions,
    shaping,
    ufuncs,
)

__all__ = [
    "complexes",
    "constants",
    "elementwise",
    "indexing",
    "linalg",
    "nn",
    "norms",
    "reductions",
    "shaping",
    "ufuncs",
]
