"""How an operation is called: what goes by position, what computes it, which calls are equal."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from micrograd_np.engine import evaluate
from micrograd_np.operation import Operation
from micrograd_np.program.numbers import Number
from micrograd_np.program.traced import Traced
from micrograd_np.rules.indexing import scatter
from micrograd_np.rules.reductions import expand

_PYTHON: dict[Callable[..., Any], Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.negative: operator.neg,
    np.positive: operator.pos,
    np.absolute: operator.abs,
    operator.pow: operator.pow,
    np.floor_divide: operator.floordiv,
    np.remainder: operator.mod,
    np.bitwise_and: operator.and_,
    np.bitwise_or: operator.or_,
    np.bitwise_xor: operator.xor,
    np.left_shift: operator.lshift,
    np.right_shift: operator.rshift,
    np.invert: operator.invert,
}
"""What computes with Python numbers only: else NumPy would make its own numbers of them."""


OF_ARRAYS = frozenset((expand, scatter, operator.getitem, np.ndarray.astype))
"""What a Python number is made an array for: it has neither elements nor an ``astype``."""


def computed(operation: Operation, values: list[Any], kwargs: dict[str, Any]) -> Any:
    """Compute an operation as the program does: with Python numbers alone, by Python."""
    function = _PYTHON.get(operation.function)
    if function is not None and all(type(v) in (int, float, bool, complex) for v in values):
        return function(*values)
    if operation.called in OF_ARRAYS:
        values[0] = np.asarray(values[0])
    out = evaluate(operation, values, kwargs)
    return out if isinstance(out, (tuple, list)) else np.asarray(out)


def as_called(
    operation: Operation, args: tuple[Any, ...], options: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return what has to be given by position, and the rest by keyword unless it is the default."""
    defaults = _defaults(operation)
    if defaults is None:
        return args, options
    required = len(operation.parameters) - len(defaults)
    for name in operation.parameters[len(args) : required] if operation.every is None else ():
        if name in options:
            args = (*args, options[name])
    options = {k: v for k, v in options.items() if k not in operation.parameters[:required]}
    if operation.called in (np.reshape, np.broadcast_to):
        shape = args[1]
        args = (args[0], tuple(shape) if isinstance(shape, (tuple, list)) else (shape,), *args[2:])
    if operation.every is None:
        options = (
            dict(zip(operation.parameters[required:], args[required:], strict=False)) | options
        )
        args = args[:required]
    order = [*defaults, *(name for name in options if name not in defaults)]
    kept = {
        name: options[name]
        for name in order
        if name in options
        and (name not in defaults or key_of(options[name]) != key_of(defaults[name]))
    }
    return args, kept


@lru_cache(maxsize=1024)
def _defaults(operation: Operation) -> dict[str, Any] | None:
    """Return the options of an operation with their defaults, as its rule has them."""
    rule = operation.every(operation.first) if operation.every else None
    rule = rule or next((r for r in operation.rules if r is not None), None)
    if rule is None:
        return None
    parameters = inspect.signature(rule).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


def key_of(value: Any) -> Any:
    """Return what tells equal arguments from others: 1 from 1.0 and True, too."""
    if isinstance(value, Traced):
        return id(value)
    if isinstance(value, Number):
        return value.key
    if isinstance(value, (tuple, list)):
        return type(value), tuple(map(key_of, value))
    if isinstance(value, dict):
        return tuple((name, key_of(item)) for name, item in sorted(value.items()))
    if isinstance(value, slice):
        return slice, key_of((value.start, value.stop, value.step))
    return type(value), repr(value)
