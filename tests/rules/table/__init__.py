"""Every operation, once: how it is called, how its inputs are drawn, what it is called in torch.

A file here for each of micrograd_np/rules.
"""

from rules.case import CASES
from rules.table import (
    calculus,
    complexes,
    creation,
    cumulative,
    decompositions,
    determinants,
    einsum,
    elementwise,
    fft,
    indexing,
    joining,
    nn,
    norms,
    padding,
    picking,
    products,
    reductions,
    shaping,
    ufuncs,
    writing,
)

__all__ = [
    "CASES",
    "calculus",
    "complexes",
    "creation",
    "cumulative",
    "decompositions",
    "determinants",
    "einsum",
    "elementwise",
    "fft",
    "indexing",
    "joining",
    "nn",
    "norms",
    "padding",
    "picking",
    "products",
    "reductions",
    "shaping",
    "ufuncs",
    "writing",
]
