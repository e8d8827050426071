"""Between arrays and Tensors: for code that computes with the one and is given the other."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from micrograd_np.checks import numerical
from micrograd_np.mode import MODE, Symbolic, plain
from micrograd_np.operation import Operation
from micrograd_np.tensor import Tensor
from micrograd_np.values import value_of


def unfold(operation: Operation, values: list[Any], kwargs: dict[str, Any]) -> Any:
    """Compute a composite operation by the NumPy functions it is written in.

    They are given Tensors, so that each of them passes through :func:`record` in turn.

    Parameters
    ----------
    operation
        Which one.
    values, kwargs
        Its arguments as arrays and options, as `record` hands them to a ``mode(call=...)``.

    Returns
    -------
    array or tuple of arrays
        What its function returns.
    """
    out = operation.function(*map(lift, values), **kwargs)
    return tuple(map(value_of, out)) if isinstance(out, tuple) else value_of(out)


def lift(value: Any) -> Any:
    """Make a constant Tensor of a floating-point array; return anything else as it is."""
    if isinstance(value, Symbolic):
        return Tensor(value) if value.is_array else value  # type: ignore[arg-type]  # stands for one
    return Tensor(value) if isinstance(value, np.ndarray) and value.dtype.kind in "fc" else value


def as_operand(value: Any) -> Any:
    """Return a tensor as it is, and anything else as an array."""
    return value if isinstance(value, Tensor) else np.asarray(value)


def as_numbers(value: Any) -> Any:
    """Return a tensor as it is, and anything else as an array of numbers, or raise TypeError."""
    return value if isinstance(value, Tensor) else numerical(value)


def cast(array: Any, dtype: Any) -> Any:
    """Return a tensor or an array in a dtype: itself, if that is its own."""
    return array if array.dtype == dtype else array.astype(dtype)


def is_traced(value: Any) -> bool:
    """Whether `value` is a tensor that stands for an array while a program is recorded."""
    return isinstance(value, Tensor) and isinstance(value._value, Symbolic)


def held(length: Any) -> int:
    """Return a length of an axis as an integer: a program that is recorded is one for it alone."""
    return operator.index(length)


def decides() -> bool:
    """Whether a program is recorded that decides by its values anew in each run."""
    return hasattr(MODE.get().call, "decide")


def at_hand(value: Any) -> Any:
    """Return what a condition that :func:`holds` decides is made of.

    The array at hand; or, while a program is recorded that decides anew in each run, the tensor
    that stands for it.
    """
    if not decides():
        return plain(value_of(value))
    return lift(value_of(value))


def fixed(value: Any) -> Any:
    """Return the array at hand; a program that is recorded is one for that array alone."""
    array = value_of(value)
    hold = getattr(MODE.get().call, "hold", None)
    if hold is not None and isinstance(array, Symbolic):
        hold(array)
    return plain(array)


def holds(condition: Any) -> bool:
    """Decide by the value at hand, also while a program is recorded.

    The program is then one for such values, or, if who records it can decide anew in each run, one
    for such a decision. Meant for conditions that only tell extremes from the rule, such as
    infinite operands.
    """
    value = value_of(condition)
    if isinstance(value, Symbolic) and value.is_array:
        decide = getattr(MODE.get().call, "decide", None)
        if decide is not None:
            return bool(decide(value))
    return bool(plain(value))
