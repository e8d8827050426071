"""Reducing a short last axis column by column, where that gives the very same bits.

NumPy's loop over many rows of a few elements looks at each row anew; over a few columns of many it
does not. In which order it adds up, its versions decide: it is asked, with random numbers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

SHORT = 8
"""Up to how many columns."""
MANY = 1 << 13
"""Up to how many elements: beyond, the rows are no longer what takes the time."""


@lru_cache(maxsize=1024)
def order_of(ufunc: np.ufunc, shape: tuple[int, ...], dtype: Any, strides: tuple[int, ...]) -> str:
    """Return how NumPy reduces the last axis of such an array.

    Parameters
    ----------
    ufunc
        ``np.add``, ``np.maximum`` or ``np.minimum``.
    shape, dtype, strides
        Of the array.

    Returns
    -------
    str
        ``"first to last"``; ``"first at the end"``, the first being added to what the others give;
        or "" for another order.
    """
    rng = np.random.default_rng(0)
    array = np.ndarray(shape, dtype, None, 0, strides)
    array[...] = rng.normal(size=shape)
    array[rng.random(shape) < 0.1] = 0
    array[rng.random(shape) < 0.1] = -0.0
    wanted = ufunc.reduce(array, -1).tobytes()
    for name, order in ORDERS.items():
        out: Any = None
        for a, b in steps(order, shape[-1]):
            left = out if a is None else array[..., a]
            out = ufunc(left, out) if b is None else ufunc(left, array[..., b])
        if out.tobytes() == wanted:
            return name
    return ""


ORDERS = {"first to last": True, "first at the end": False}


def steps(in_order: bool, count: int) -> list[tuple[int | None, int | None]]:
    """Return the columns that each step takes, None for what the last step gave."""
    if in_order or count == 2:
        return [(0, 1), *((None, i) for i in range(2, count))]
    return [(1, 2), *((None, i) for i in range(3, count)), (0, None)]
