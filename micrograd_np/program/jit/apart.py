"""Whether arrays that are donated have memory of their own, which a program may overwrite."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def check_apart(count: int, *arrays: Array) -> None:
    """Raise ValueError if one of the first arrays, which are overwritten, is seen in another.

    Or if some of its own elements share memory.

    Parameters
    ----------
    count
        How many of them are overwritten.
    *arrays
        They, and all others that a program reads.
    """
    for array in arrays:
        if array.base is not None:
            break
    else:  # each of them owns its memory
        if len(set(map(id, arrays))) == len(arrays):
            return
    for array in arrays[:count]:
        if _may_overlap(array):
            raise ValueError(
                f"an array of shape {array.shape} and strides {array.strides} was donated, some of "
                "whose elements share memory: donate a copy"
            )
    owners = set(map(_owner, arrays))
    if len(owners) == len(arrays) and None not in owners:
        return
    for i, array in enumerate(arrays[:count]):
        for other in arrays[i + 1 :]:
            if np.shares_memory(array, other):
                raise ValueError(
                    f"an array of shape {array.shape} was donated that shares memory with another "
                    f"one of shape {other.shape}, which would change with it: donate a copy"
                )


def _owner(array: Array) -> int | None:
    """Return what tells the array that owns the memory, None if it is not NumPy's own."""
    base = array.base
    if base is None:
        return id(array)
    return id(base) if type(base) is np.ndarray and base.base is None else None


def _may_overlap(array: Array) -> bool:
    """Whether two elements of an array may be in the same place, or in a part of it."""
    end = array.itemsize
    for stride, n in sorted((abs(s), n) for s, n in zip(array.strides, array.shape, strict=True)):
        if n > 1 and stride < end:
            return True
        end += stride * (n - 1)
    return False
