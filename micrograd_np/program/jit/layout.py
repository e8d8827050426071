"""How the arrays of a recorded call lay in memory, which is all that is kept of large ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_np.program.traced import Traced


class Layout(NamedTuple):
    """How an array lay in memory.

    Attributes
    ----------
    strides
        Those of the array; that of an axis of length one, being anything, is small.
    is_dense
        Whether its elements lie without gaps, in some order of the axes.
    is_c
        Whether that is C's order.
    looked_at
        At which of its operands, counted as they stand, it looked.
    varies
        Whether it was computed from the arguments.
    """

    strides: tuple[int, ...]
    is_dense: bool
    is_c: bool
    looked_at: tuple[int, ...]
    varies: bool


def layout(value: Traced) -> Layout:
    """Return how the array of a value lay in memory."""
    found: Layout = value.trace.layouts[value]  # type: ignore[attr-defined]  # of a Recording
    return found


def layout_of(value: Any, operands: Sequence[Traced], varies: bool) -> Layout:
    """Return how an array lies in memory, now that it is there."""
    looked_at = tuple(i for i, x in enumerate(operands) if _looks_at(value, x.value))
    if not isinstance(value, np.ndarray):
        return Layout((), False, False, looked_at, varies)
    pairs = zip(value.strides, value.shape, strict=True)
    strides = tuple(value.itemsize if length == 1 else stride for stride, length in pairs)
    return Layout(strides, _is_dense(value), value.flags.c_contiguous, looked_at, varies)


def _looks_at(value: Any, operand: Any) -> bool:
    if not isinstance(value, np.ndarray) or not isinstance(operand, np.ndarray):
        return isinstance(operand, (tuple, list)) or isinstance(value, (tuple, list))
    return np.may_share_memory(value, operand)


def _is_dense(array: Any) -> bool:
    expected = array.itemsize
    for stride, length in sorted(zip(array.strides, array.shape, strict=True)):
        if length == 1:
            continue
        if stride != expected:
            return False
        expected *= length
    return True
