"""Every derivative rule, one file per family, each beside its neighbours."""

from micrograd_np.rules import (
    complexes,
    constants,
    elementwise,
    fft,
    indexing,
    linalg,
    nn,
    norms,
    reductions,
    shaping,
    ufuncs,
    undefined,
)

__all__ = [
    "complexes",
    "constants",
    "elementwise",
    "fft",
    "indexing",
    "linalg",
    "nn",
    "norms",
    "reductions",
    "shaping",
    "ufuncs",
    "undefined",
]
