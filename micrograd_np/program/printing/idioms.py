"""The idioms that a value may be written in: what a line needs to know of what it computes."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from micrograd_np.program.containers import inside
from micrograd_np.program.numbers import canonical, of, sides
from micrograd_np.program.record import is_scaled
from micrograd_np.program.recording import TAKE
from micrograd_np.program.simplify.forms import called, made_by, number_of, same_shape
from micrograd_np.program.traced import Traced
from micrograd_np.rules.indexing import scatter
from micrograd_np.rules.reductions import expand

AUGMENTED: dict[Any, str] = {
    np.add: "+=",
    np.subtract: "-=",
    np.multiply: "*=",
    np.divide: "/=",
    operator.pow: "**=",
}
COMPARISONS = (
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
)  # fmt: skip


def placed_sum(value: Traced) -> tuple[Traced, Traced] | None:
    """Return x and what is placed in it, where a value is their sum."""
    if made_by(value, np.add):
        a, b = value.args
        pairs = [(a, b)] if made_by(a, scatter) and made_by(b, scatter) else [(a, b), (b, a)]
        for x, placed in pairs:
            fits = isinstance(x, Traced) and same_shape(x.shape, value.shape)
            if made_by(placed, scatter) and fits and same_shape(placed.shape, value.shape):
                return x, placed
    return None


def scales_some(value: Traced) -> bool:
    """Whether some elements of an adjoint are multiplied by a number: others stay as they are."""
    if not made_by(value, np.where) or not value.backward or not value.shape:
        return False
    _, scaled, x = value.args
    return isinstance(scaled, Traced) and is_scaled(scaled) and scaled.args[0] is x


def picks_view(index: Any) -> bool:
    """Whether an index is made of integers and slices."""
    return not any(isinstance(part, (Traced, np.ndarray)) for part in inside(index))


def augmentation(value: Traced, other: Any) -> tuple[str, Any]:
    """Return the augmented operator of a value, and what stands on its right: ``/= N``."""
    known = number_of(other) if made_by(value, np.multiply) else None
    above, below = sides(of(canonical(known))) if known is not None else ([], [])
    if below and not above:
        return "/=", below[0] if isinstance(below[0], int) and len(below) == 1 else 1 / of(known)
    return AUGMENTED[called(value)], other


def is_view(value: Traced) -> bool:
    """Whether a value may share memory with what it is made of."""
    if made_by(value, expand, np.broadcast_to):
        return number_of(value.args[0]) is None  # of a number, it is written np.full
    if made_by(value, np.einsum):
        return len(value.args) == 2  # of one array, NumPy may return a view
    operation = value.operation
    return operation is not None and (operation.view or operation is TAKE)


def is_fresh(value: Any) -> bool:
    """Whether an expression makes an array of its own."""
    return isinstance(value, Traced) and value.operation is not None and not is_view(value)
