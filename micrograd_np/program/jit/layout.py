"""How an array lies in memory."""

from __future__ import annotations

from typing import Any


def strides_of(array: Any) -> tuple[int, ...]:
    """Return the strides of an array; that of an axis of length one, being anything, is small."""
    pairs = zip(array.strides, array.shape, strict=True)
    return tuple(array.itemsize if length == 1 else stride for stride, length in pairs)


def is_dense(array: Any) -> bool:
    """Whether the elements of an array lie without gaps, in some order of the axes."""
    expected = array.itemsize
    for stride, length in sorted(zip(array.strides, array.shape, strict=True)):
        if length == 1:
            continue
        if stride != expected:
            return False
        expected *= length
    return True
