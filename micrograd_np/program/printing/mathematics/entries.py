"""Arrays entry by entry: which entry of an operand an entry of a result is made of."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import arange

from micrograd_np.program.simplify.forms import made_by, only_inserts_axes
from micrograd_np.program.traced import Traced
from micrograd_np.rules.indexing import scatter
from micrograd_np.rules.nn import relu, sigmoid
from micrograd_np.rules.reductions import expand

Index = tuple[str, ...]
"""For each axis a letter, a number, or ``:`` for all of the axis; in LaTeX."""

_ENTRYWISE = (np.where, operator.pow, relu, sigmoid, np.copy, expand, np.broadcast_to)


def lengths(value: Any) -> tuple[int, ...]:
    """Return the shape in the recorded run."""
    whole = value.value if isinstance(value, Traced) else value
    return () if isinstance(whole, (list, tuple)) else np.shape(whole)


def is_many(value: Any, index: Index | None) -> bool:
    """Whether there is more than one element at an index."""
    shape = lengths(value)
    index = (":",) * len(shape) if index is None else index
    return any(n != 1 and it == ":" for n, it in zip(shape, index, strict=True))


def is_entrywise(value: Traced) -> bool:
    """Whether each entry is made of the entries of the operands at the same place."""
    assert value.operation is not None
    return (
        value.operation.elementwise
        or value.operation.name == "ndarray.astype"
        or made_by(value, *_ENTRYWISE)
    )


def of_operand(index: Index | None, operand: Any) -> Index | None:
    """Return the index of an operand that is broadcast to what has `index`."""
    if index is None:
        return None
    shape = lengths(operand)
    own = index[len(index) - len(shape) :]
    return tuple(":" if n == 1 else it for n, it in zip(shape, own, strict=True))


def moved(value: Traced) -> tuple[int, ...] | None:
    """Return which axis of the operand each axis of a transposed array is; None if it is none."""
    axes = list(range(value.ndim))
    if made_by(value, np.transpose):
        order = value.options.get("axes")
        return tuple(axes[::-1]) if order is None else tuple(axes[a] for a in order)
    if made_by(value, np.swapaxes):
        first, second = value.args[1:]
        axes[first], axes[second] = axes[second], axes[first]
        return tuple(axes)
    return None


def is_matrix_transpose(value: Traced) -> bool:
    """Whether only the last two axes change places."""
    order = moved(value)
    n = value.ndim
    return order is not None and n >= 2 and order == (*range(n - 2), n - 1, n - 2)


def only_ones(value: Traced) -> bool:
    """Whether another shape is the same but for axes of length one."""
    if inserts_axes(value):
        return True
    if not made_by(value, np.reshape, np.squeeze, np.expand_dims, np.ravel):
        return False
    return _longer(lengths(value)) == _longer(lengths(value.args[0]))


def inserts_axes(value: Any) -> bool:
    """Whether an index picks everything, and puts axes of length one in between: ``[:, None]``."""
    if not made_by(value, operator.getitem):
        return False
    index = value.args[1]
    parts = index if isinstance(index, tuple) else (index,)
    return only_inserts_axes(index) and any(p is None for p in parts)


def is_column(value: Any) -> bool:
    """Whether the axes of another array are moved to the front by axes of length one."""
    if not isinstance(value, Traced) or not only_ones(value):
        return False
    return _without_leading(lengths(value)) != _without_leading(lengths(value.args[0]))


def _without_leading(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[next((i for i, n in enumerate(shape) if n != 1), len(shape)) :]


def outer_factors(value: Traced) -> tuple[Any, Any] | None:
    """Return two vectors whose outer product a value is: ``a[:, None] * b``."""
    if not made_by(value, np.multiply) or len(lengths(value)) != 2:
        return None
    for column, row in (value.args, value.args[::-1]):
        if is_column(column) and len(lengths(column.args[0])) == 1:
            row = row.args[0] if inserts_axes(row) and not is_column(row) else row
            if isinstance(row, Traced) and len(lengths(row)) == 1:
                return column.args[0], row
    return None


def _longer(shape: tuple[int, ...]) -> list[int]:
    return [n for n in shape if n != 1]


def without_ones(index: Index, value: Traced, operand: Traced) -> Index:
    """Return the index of an operand that has another number of axes of length one."""
    kept = iter([it for it, n in zip(index, lengths(value), strict=True) if n != 1])
    return tuple(":" if n == 1 else next(kept) for n in lengths(operand))


def reduced_axes(value: Traced) -> tuple[int, ...]:
    """Return the axes of the operand that a reduction reduces."""
    ndim = len(lengths(value.args[0]))
    axis = value.options.get("axis", value.args[1] if len(value.args) > 1 else None)
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,))))


def before_reduction(value: Traced, index: Index | None, letters: Sequence[str]) -> Index:
    """Return the index of what is reduced: letters for the reduced axes."""
    axes = reduced_axes(value)
    given = list(index) if index is not None else [":"] * value.ndim
    if value.options.get("keepdims"):
        given = [it for a, it in enumerate(given) if a not in axes]
    bound, free = iter(letters), iter(given)
    ndim = len(lengths(value.args[0]))
    return tuple(next(bound) if a in axes else next(free) for a in range(ndim))


# --- elements that are picked or placed by arrays of positions ------------------------------------


def picking(index: Any) -> tuple[Any, ...] | None:
    """Return the parts of an index that is made of lists of positions; None for any other.

    There is a list for each of the first axes.
    """
    parts = index if isinstance(index, tuple) else (index,)
    lists = all(isinstance(p, Traced) and p.ndim == 1 and p.dtype.kind in "iu" for p in parts)
    return parts if parts and lists else None


def counts(part: Any) -> bool:
    """Whether positions are 0, 1, 2, ...: the letter itself."""
    return made_by(part, arange) and len(part.args) == 1 and not part.options


def needs_letters(value: Any, is_line: Any) -> bool:
    """Whether a value can only be written entry by entry: ``probs[np.arange(N), y]``."""
    if not isinstance(value, Traced) or value.operation is None or not lengths(value):
        return False

    def below(operand: Any) -> bool:
        named = isinstance(operand, Traced) and is_line(operand)
        return not named and needs_letters(operand, is_line)

    if made_by(value, operator.getitem):
        parts = picking(value.args[1])
        return (parts is not None and any(map(counts, parts))) or (
            parts is not None and below(value.args[0])
        )
    if made_by(value, scatter):
        return picking(value.args[1]) is not None and len(lengths(value)) >= 1
    if is_entrywise(value) and outer_factors(value) is None:
        shifted = any(is_column(operand) and not is_line(operand) for operand in value.args)
        if shifted and max(len(lengths(operand)) for operand in value.args) > 1:
            return True
    if is_entrywise(value) or moved(value) or only_ones(value) or "axis" in value.options:
        return any(below(operand) for operand in value.args)
    return False
