"""Numbers by which an array is found among many others, whatever factor it has."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
T = TypeVar("T")

_DIRECTIONS: dict[int, Array] = {}


def mark_of(value: Array) -> float | None:
    """Return a number that is the same for all multiples of an array; None for zeros."""
    flat = np.asarray(value, np.float64).reshape(-1)
    with np.errstate(all="ignore"):
        length = math.sqrt(float(flat @ flat))
    if not 0 < length < math.inf:
        return None
    direction = _DIRECTIONS.get(flat.size)
    if direction is None:
        direction = np.random.default_rng(flat.size).normal(size=flat.size)
        _DIRECTIONS[flat.size] = direction
    return abs(float(flat @ direction)) / length


class ByMark(Generic[T]):
    """Things that stand for arrays of one size, to be found by the array.

    Parameters
    ----------
    pairs
        Each array, with what stands for it; zeros are left out.
    """

    def __init__(self, pairs: Iterable[tuple[Array, T]]) -> None:
        marked = [(mark, one) for array, one in pairs if (mark := mark_of(array)) is not None]
        marked.sort(key=lambda pair: pair[0])
        self._marks = [mark for mark, _ in marked]
        self.things = [one for _, one in marked]

    def near(self, value: Array, wide: float = 1e-6) -> list[T]:
        """Return what may be a multiple of an array: no other is one."""
        mark = mark_of(value)
        if mark is None:
            return []
        first = bisect_left(self._marks, mark - wide)
        return self.things[first : bisect_right(self._marks, mark + wide)]
