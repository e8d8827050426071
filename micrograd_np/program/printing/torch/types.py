"""Which dtype torch computes in, where NumPy computes in another, and what is no tensor at all.

NumPy lets every array decide the dtype of a result, and Python numbers none. In torch an array
without axes does not count beside one with axes, nor an integer beside a float; and what a Python
float makes of integers is float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from micrograd_np.mode import plain
from micrograd_np.program.numbers import Input, Number
from micrograd_np.program.record import numbers_in, operands
from micrograd_np.program.traced import Traced

DTYPES = frozenset(
    (
        "bool", "uint8", "int8", "int16", "int32", "int64",
        "float16", "float32", "float64", "complex64", "complex128",
    )
)  # fmt: skip
"""The dtypes that both have, by the name that they have in both."""

OF_MATH: dict[Any, str] = {
    np.sqrt: "sqrt",
    np.exp: "exp",
    np.expm1: "expm1",
    np.log: "log",
    np.log1p: "log1p",
    np.sin: "sin",
    np.cos: "cos",
    np.tanh: "tanh",
}
"""What the module math computes of a Python number."""

_OPERATORS = (np.add, np.subtract, np.multiply, np.divide, np.negative, np.positive, np.absolute)
_RANKS = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


class Kind(NamedTuple):
    """What decides the dtype of a result: that of an operand, and how much it counts."""

    dtype: np.dtype[Any]
    level: int
    """0: a tensor with axes. 1: a tensor without. 2: a Python number."""


def is_number(value: Any) -> bool:
    """Whether a value is a Python number in torch source, not a tensor.

    A size is one, a scalar constant too, and whatever is computed of those alone:
    ``math.sqrt(x.shape[1])``.
    """
    if not isinstance(value, Traced):
        return True
    if value.role in ("number", "constant"):
        return not value.shape and value.dtype.kind != "b"
    if value.is_python_number:
        return True
    operation = value.operation
    function = operation.called if operation is not None else None
    if function in OF_MATH:
        return all(map(is_number, value.args)) and not depends_on_input(value)
    return function in _OPERATORS and all(map(is_number, value.args))


def depends_on_input(value: Any) -> bool:
    """Whether a value that is a number depends on an input that is one.

    For gradients a tensor may be given in the place of such an input.
    """
    if isinstance(value, Number):
        return any(isinstance(it, Input) for it in value.atoms())
    if not isinstance(value, Traced):
        return False
    found = value.role == "input" or any(
        isinstance(it, Input) for n in numbers_in([value]) for it in n.atoms()
    )
    return found or any(map(depends_on_input, operands(value)))


def kind_of(value: Any) -> Kind:
    """Return what an operand means for the dtype of a result in torch."""
    if is_number(value):
        number = value.value if isinstance(value, Traced) else plain(value)
        # As torch takes Python numbers; its default for floats is float32.
        kind = np.asarray(number).dtype.kind
        dtype = {"b": "bool", "f": "float32", "c": "complex64"}.get(kind, "int64")
        return Kind(np.dtype(dtype), 2)
    return Kind(value.dtype, 0 if value.shape else 1)


def torch_result(kinds: Sequence[Kind]) -> np.dtype[Any]:
    """Return the dtype in which torch computes with operands of such kinds."""
    result: np.dtype[Any] | None = None
    for level in range(3):
        dtypes = [kind.dtype for kind in kinds if kind.level == level]
        if dtypes:
            rank = max(_RANKS[dtype.kind] for dtype in dtypes)
            if result is None or rank > _RANKS[result.kind]:
                highest = [dtype for dtype in dtypes if _RANKS[dtype.kind] == rank]
                result = reduce(np.promote_types, highest)
    assert result is not None
    return result


def numpy_result(values: Sequence[Any]) -> np.dtype[Any]:
    """Return the dtype in which NumPy computes with operands."""
    return np.result_type(*map(_for_numpy, values))


def _for_numpy(value: Any) -> Any:
    if isinstance(value, Traced):
        return value.value if value.is_python_number else value.dtype
    return value.dtype if isinstance(value, np.generic) else plain(value)
