"""What changes nothing, also where the user wrote it: x + 0, x * 1, -(-x), a transpose twice."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from micrograd_np.program.recording import Trace
from micrograd_np.program.simplify.forms import made_by, simplifies
from micrograd_np.program.traced import Traced


def _is_literal(value: Any, number: int) -> bool:
    return type(value) in (int, float) and value == number


@simplifies(np.add, always=True)
def _plus_nothing(t: Trace, a: Any, b: Any) -> Any:
    return a if _is_literal(b, 0) else b if _is_literal(a, 0) else None


@simplifies(np.multiply, always=True)
def _times_one(t: Trace, a: Any, b: Any) -> Any:
    return a if _is_literal(b, 1) else b if _is_literal(a, 1) else None


@simplifies(np.subtract, always=True)
def _minus_nothing(t: Trace, a: Any, b: Any) -> Any:
    return a if _is_literal(b, 0) else None


@simplifies(np.divide, operator.pow, np.power, always=True)
def _by_one(t: Trace, a: Any, b: Any) -> Any:
    return a if _is_literal(b, 1) else None


@simplifies(np.positive, always=True)
def _positive(t: Trace, x: Any) -> Any:
    return x


@simplifies(np.negative, always=True)
def _negative_twice(t: Trace, x: Any) -> Any:
    return x.args[0] if made_by(x, np.negative) else None


@simplifies(np.transpose, always=True)
def _transposed_twice(t: Trace, x: Any, axes: Any = None) -> Any:
    if x.ndim < 2:
        return x
    plain = axes is None and isinstance(x, Traced)
    if plain and made_by(x, np.transpose) and len(x.args) == 1 and not x.options:
        return x.args[0]
    if plain and x.ndim == 2 and made_by(x, np.swapaxes):
        return x.args[0]
    return None
