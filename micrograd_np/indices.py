"""Integers that are looked up: labels and rows of a table, and which of them is none."""

from __future__ import annotations

from typing import Any

import numpy as np

from micrograd_np.checks import numerical
from micrograd_np.lifting import at_hand, holds, is_traced
from micrograd_np.mode import plain
from micrograd_np.values import value_of


def check_indices(what: str, indices: Any, count: int, besides: int | None = None) -> Any:
    """Return integers as an array, if each is one of ``0..count - 1``.

    Parameters
    ----------
    what
        What they are, for messages: ``cross_entropy: label``.
    indices
        Integers of any shape.
    count
        How many there are to choose from.
    besides
        One more that is allowed.

    Raises
    ------
    TypeError
        If they are no integers.
    IndexError
        If one is out of range: the first is named, with its place.
    """
    indices = indices if is_traced(indices) else numerical(indices)
    if not indices.size:
        return indices.astype(np.intp)  # an empty list has no dtype of its own
    if indices.dtype.kind not in "iu":
        raise TypeError(f"{what}s must be integers, got {indices.dtype}")
    # While a program is recorded, only those of this run are looked at, unless it can decide anew.
    values, count = at_hand(indices), plain(count)
    wrong = (values < 0) | (values >= count)
    if besides is not None:
        wrong = wrong & (values != besides)
    if holds(np.any(wrong)):
        values, wrong = plain(value_of(values)), plain(value_of(wrong))
        place = tuple(int(i) for i in np.unravel_index(np.argmax(wrong), wrong.shape))
        left_out = "" if besides is None else f", or {besides} for what is left out"
        raise IndexError(
            f"{what} {values[place]} at {place} is out of range: expected 0..{count - 1}{left_out}"
        )
    return indices
