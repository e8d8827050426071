"""Every operation, once: how it is called, how its inputs are drawn, what it is called in torch.

A file here for each of micrograd_np/rules.
"""

from rules.case import CASES
from rules.table import (
    einsum,
    elementwise,
    indexing,
    nn,
    norms,
    products,
    reductions,
    shaping,
)

__all__ = [
    "CASES",
    "einsum",
    "elementwise",
    "indexing",
    "nn",
    "norms",
    "products",
    "reductions",
    "shaping",
]
