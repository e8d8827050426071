"""Choices element by element: what is the same either way, and two choices that make one."""

from __future__ import annotations

from typing import Any

import numpy as np

from micrograd_np.program.lengths import broadcast, shape_of
from micrograd_np.program.recording import Trace
from micrograd_np.program.simplify.arithmetic import times_any
from micrograd_np.program.simplify.forms import (
    expand_to,
    expanded,
    is_zero,
    made_by,
    make,
    number,
    number_of,
    same_shape,
    scaled,
    simplifies,
)
from micrograd_np.program.traced import Traced


@simplifies(np.equal)
def _same(t: Trace, a: Any, b: Any) -> Any:
    """Return that integers are equal to themselves."""
    if a is b and isinstance(a, Traced) and a.dtype.kind in "iub":
        return expand_to(t, number(t, 1, np.dtype(bool)), a.shape)
    return None


@simplifies(np.where)
def _decided(t: Trace, condition: Any, a: Any, b: Any) -> Any:
    """Return what is chosen if that is the same for any input."""
    known = number_of(expanded(condition))
    if known is None or known.factors:
        return None
    whole = broadcast(t, [shape_of(v) for v in (condition, a, b)])
    chosen = a if known.coefficient else b
    return expand_to(t, chosen, whole) if isinstance(chosen, Traced) else None


@simplifies(np.where)
def _where(t: Trace, condition: Any, a: Any, b: Any) -> Any:
    if a is b and isinstance(a, Traced) and same_shape(a.shape, condition.shape):
        return a
    x, y = (v if number_of(expanded(v)) is None else expanded(v) for v in (a, b))
    if x is a and y is b:
        return None
    narrow, whole = (
        broadcast(t, [shape_of(v) for v in (condition, *values)]) for values in ((x, y), (a, b))
    )
    return make(t, np.where, condition, x, y) if same_shape(narrow, whole) else None


@simplifies(np.add)
def _both_ways(t: Trace, a: Any, b: Any) -> Any:
    """Return what is a number of times one thing here, and of another elsewhere, as one choice."""
    (x, m), (y, n) = scaled(a), scaled(b)
    if not (made_by(x, np.where) and made_by(y, np.where) and x.args[0] is y.args[0]):
        return None
    condition, here, elsewhere = x.args
    if is_zero(elsewhere) and is_zero(y.args[1]):
        here, elsewhere = times_any(t, here, m, x.dtype), times_any(t, y.args[2], n, y.dtype)
    elif is_zero(here) and is_zero(y.args[2]):
        here, elsewhere = times_any(t, y.args[1], n, y.dtype), times_any(t, elsewhere, m, x.dtype)
    else:
        return None
    return make(t, np.where, condition, here, elsewhere)
