"""Gradients that differ from others in a few places, which are written when somebody reads them.

Reading rows of an array one by one, or writing them, would else take a whole array for each row in
the backward pass.
"""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import numpy as np


class Pending:
    """An array, or zeros, to which values are still to be added or zeros to be written.

    Parameters
    ----------
    base
        The array; None: zeros.
    shape, dtype
        Of the whole.
    edits
        What is to be done, in order: an index, and the values to add there; None sets it to 0.
    """

    __slots__ = ("base", "dtype", "edits", "shape")
    __array_ufunc__ = None  # NumPy leaves it to __radd__

    def __init__(
        self, base: Any, shape: tuple[int, ...], dtype: np.dtype[Any], edits: list[tuple[Any, Any]]
    ) -> None:
        self.base = base
        self.shape = shape
        self.dtype = dtype
        self.edits = edits

    def __add__(self, other: Any) -> Any:
        if type(other) is Pending:
            if other.base is None:
                self.edits += other.edits
                return self
            other = other.written()
        return self.written() + other

    def __radd__(self, other: Any) -> Any:
        if self.base is None:
            self.base = other
            return self
        return other + self.written()

    def astype(self, dtype: np.dtype[Any]) -> Any:
        """Return it as an array of another dtype."""
        return self.written().astype(dtype)

    @property
    def real(self) -> Any:
        """The real part."""
        return self.written().real

    def written(self) -> np.ndarray[Any, Any]:
        """Return the array; the one it began with, if nobody else refers to that."""
        if self.base is None:
            array = np.zeros(self.shape, self.dtype)
        elif _is_held(self):
            array = np.array(self.base)
        else:
            array = self.base
        for index, values in self.edits:
            if values is None:
                array[index] = 0
            elif picks_once(index):
                array[index] += values
            else:
                np.add.at(array, index, values)
        self.base, self.edits = array, []
        return array


def _is_held(pending: Pending) -> bool:
    base = pending.base
    if type(base) is not np.ndarray or base.base is not None or not base.flags.writeable:
        return True
    del base
    # Its own reference and the argument of getrefcount are two.
    return getrefcount(pending.base) > 2


def picks_once(index: Any) -> bool:
    """Whether an index picks no element twice because it holds slices, integers and masks only."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(is_basic(part) or getattr(part, "dtype", None) == np.dtype(bool) for part in parts)


def is_basic(part: Any) -> bool:
    """Whether a part of an index is an integer, a slice, a new axis or an ellipsis."""
    return part is None or part is ... or isinstance(part, (int, np.integer, slice))
