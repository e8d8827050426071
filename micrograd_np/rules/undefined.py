"""Functions that a Tensor cannot be given to, each with the reason and what to do instead.

They would lose the gradient without a word, or are about what no tensor holds.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy._core import umath

from micrograd_np.declare import undefined, undefined_in


def _named(*names: str) -> list[Callable[..., Any]]:
    """Return functions by their names: those that the installed NumPy has."""
    found = []
    for name in names:
        try:
            found.append(operator.attrgetter(name)(np))
        except AttributeError:
            continue
    return found


undefined(
    "a file holds values and no gradients; give it the value, t.detach().numpy()",
    *_named("save", "savez", "savez_compressed", "savetxt"),
)
undefined(
    "counts do not change with what is counted, but the edges of the bins do, and which of them "
    "is meant is for you to say; give it the value, t.detach().numpy(). Weights are summed by bin "
    "with np.bincount(bins, weights=t)",
    *_named("histogram", "histogram2d", "histogramdd", "histogram_bin_edges"),
)
undefined(
    "it is about dates, and a tensor holds numbers",
    *_named("busday_count", "busday_offset", "is_busday", "datetime_as_string"),
)
undefined_in("numpy.lib.recfunctions", "it is about arrays with fields, and a tensor has none")
undefined_in("numpy.char", "it is about strings, and a tensor holds numbers")
undefined_in("numpy.strings", "it is about strings, and a tensor holds numbers")
undefined_in(
    "numpy.polynomial.polynomial",
    "it has no derivative rule; write the polynomial as sums of products, or by np.polyval",
)

NUMERIC = set("?bBhHiIlLqQefdgFDG")
"""NumPy's letters for the numeric types."""

undefined(
    "it is about strings or dates, and a tensor holds numbers",
    *(
        ufunc
        for ufunc in vars(umath).values()
        if isinstance(ufunc, np.ufunc)
        and not any(set(loop) & NUMERIC for loop in (t.split("->")[0] for t in ufunc.types))
    ),
)
