"""NumPy's errors, told of what was called with what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from micrograd_np.operation import Operation


def named(error: Exception, operation: Operation, values: Sequence[Any]) -> Exception:
    """Return NumPy's error with the operation and the shapes of its operands named.

    An operation that is made of others names itself in their place, unless it calls a function of
    the user. Of another type than NumPy raises for a bad argument the error is returned as it is,
    and so is one whose own text names the operation.
    """
    if type(error) not in _OF_ARGUMENTS or any(map(_is_users_function, values)):
        return error
    name = operation.name
    if values and isinstance(values[0], np.ufunc):
        method = name.rpartition(".")[2]
        name = f"np.{values[0].__name__}" + ("" if method == "__call__" else f".{method}")
    text = getattr(error, "unnamed", str(error))
    if name in text or not name.startswith(("np.", "x[")):
        return error
    if operation.definition is not None:
        text = text.replace(f"{operation.definition.__name__}()", f"{name}()")
    shapes = [str(value.shape) for value in _arrays_in(values, _DEPTH)]
    prefix = f"{name} of shape{'s' * (len(shapes) > 1)} {' and '.join(shapes)}" if shapes else name
    if isinstance(error, np.exceptions.AxisError) and error.ndim is not None:
        return np.exceptions.AxisError(error.axis or 0, error.ndim, prefix)
    told = type(error)(f"{prefix}: {text}")
    told.unnamed = text  # type: ignore[attr-defined]  # for an operation made of this one
    return told


_OF_ARGUMENTS = (
    ValueError,
    IndexError,
    TypeError,
    np.linalg.LinAlgError,
    np.exceptions.AxisError,
)


_DEPTH = 4
"""How far lists are looked into: np.block takes some in lists, and a list may hold itself."""


def _arrays_in(values: Iterable[Any], depth: int) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (tuple, list)):
            yield from _arrays_in(value, depth - 1) if depth else ()
        elif hasattr(value, "shape") and not isinstance(value, type):
            yield value


def _is_users_function(value: Any, depth: int = _DEPTH) -> bool:
    if isinstance(value, (tuple, list)):
        return depth > 0 and any(_is_users_function(item, depth - 1) for item in value)
    return isinstance(value, (FunctionType, MethodType))
