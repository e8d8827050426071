"""Every derivative rule, one file per family, each beside its neighbours."""

from micrograd_np.rules import (
    complexes,
    constants,
    einsum,
    elementwise,
    fft,
    indexing,
    nn,
    norms,
    products,
    products_linalg,
    reductions,
    shaping,
    ufuncs,
    undefined,
)

__all__ = [
    "complexes",
    "constants",
    "einsum",
    "elementwise",
    "fft",
    "indexing",
    "nn",
    "norms",
    "products",
    "products_linalg",
    "reductions",
    "shaping",
    "ufuncs",
    "undefined",
]
