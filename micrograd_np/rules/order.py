"""Sorted and partitioned arrays.

They only move elements, so a gradient goes back to where the element stood. Equal elements may be
told apart in any way: one valid assignment, whose shares sum to 1.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd_np.declare import defines, defvjp
from micrograd_np.lifting import as_operand

TIES = "ties: one valid assignment"


def ranks_of(a: Any, kind: Any = None, descending: bool | None = None) -> Any:
    """Return the place of each element in the order of the last axis."""
    options: dict[str, Any] = {} if kind is None else {"kind": kind}
    if descending:  # which NumPy knows from version 2.5 on, and not beside a kind
        options = {"descending": True, "stable": kind == "stable"}
    return np.argsort(np.argsort(a, axis=-1, **options), axis=-1)


def _unsorted(g: Any, like: Any, axis: Any, ranks: Callable[[Any], Any]) -> Any:
    along = -1 if axis is None else axis
    lines = like.reshape(-1) if axis is None else np.moveaxis(like, along, -1)
    moved = np.take_along_axis(np.moveaxis(g, along, -1), ranks(lines), -1)
    return moved.reshape(like.shape) if axis is None else np.moveaxis(moved, -1, along)


def _sort(
    g: Any,
    _out: Any,
    a: Any,
    axis: Any = -1,
    kind: Any = None,
    stable: bool | None = None,
    descending: bool | None = None,
) -> Any:
    how = "stable" if stable else kind
    return _unsorted(g, a, axis, lambda lines: ranks_of(lines, how, descending))


def _partition(
    g: Any, out: Any, a: Any, kth: Any, axis: Any = -1, kind: str = "introselect"
) -> Any:
    # An element stands where the one of the same rank stands in the result.
    along = -1 if axis is None else axis
    places = np.argsort(np.moveaxis(out, along, -1), axis=-1)
    return _unsorted(g, a, axis, lambda lines: np.take_along_axis(places, ranks_of(lines), -1))


defvjp(np.sort, _sort, exact=True, kinks=TIES)
defvjp(np.partition, _partition, exact=True, kinks=TIES)


@defines(np.sort_complex, exact=True, kinks=TIES)
def _sort_complex(a: Any) -> Any:
    a = np.sort(as_operand(a))
    if a.dtype.kind == "c":
        return a
    narrow = a.dtype.char in "bhBH"
    return a.astype("F" if narrow else "G" if a.dtype.char == "g" else "D")
