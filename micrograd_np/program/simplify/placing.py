"""Elements placed in an array of zeros, and elements picked from one: softmax minus one-hot."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from micrograd_np.operation import OPERATIONS
from micrograd_np.program.recording import Trace
from micrograd_np.program.simplify.arithmetic import pick
from micrograd_np.program.simplify.forms import (
    expand_to,
    expanded,
    is_zero,
    made_by,
    make,
    number,
    number_of,
    only_inserts_axes,
    picks_once,
    place,
    same_index,
    same_shape,
    simplifies,
)
from micrograd_np.program.traced import Traced
from micrograd_np.rules.indexing import scatter


@simplifies(scatter)
def _placed(t: Trace, values: Any, index: Any, shape: Any) -> Any:
    if only_inserts_axes(index):
        return make(t, np.reshape, values, tuple(shape))
    known = number_of(expanded(values))
    if known is None:
        return None
    if is_zero(values):
        return expand_to(t, number(t, 0, values.dtype), shape)
    if expanded(values) is not values and values.ndim:
        return place(t, number(t, known, values.dtype), index, shape)
    return None


@simplifies(operator.getitem)
def _picked(t: Trace, x: Any, index: Any) -> Any:
    if made_by(x, scatter) and picks_once(index) and same_index(x.args[1], index):
        return x.args[0]
    if made_by(x, operator.setitem):
        if _apart(x.args[1], index):
            return pick(t, x.args[0], index)
        if same_index(x.args[1], index) and picks_once(index):
            return x.args[2]
    if made_by(x, np.reshape) and made_by(index, np.ravel_multi_index):
        whole = x.args[0]
        if same_shape(whole.shape, index.args[1]):
            return pick(t, whole, index.args[0])
    known = number_of(expanded(x))
    if known is not None and isinstance(x, Traced):
        shape = np.shape(t.compute(OPERATIONS[operator.getitem], (x, index), {}))
        if all(n == 1 for n in shape):
            return expand_to(t, number(t, known, x.dtype), shape)
    return None


def _apart(a: Any, b: Any) -> bool:
    """Whether two indices are different plain integers, or begin with such."""
    m, n = (index[0] if isinstance(index, tuple) and index else index for index in (a, b))
    plain = type(m) is int and type(n) is int
    return plain and m != n and (m >= 0) == (n >= 0)


@simplifies(np.add)
def _put_in_zeros(t: Trace, a: Any, b: Any) -> Any:
    """Write x with zeros at an index, and something placed there, as an assignment."""
    for x, placed in ((a, b), (b, a)):
        if not made_by(placed, scatter):
            continue
        if _is_zero_at(x, placed):
            return make(t, operator.setitem, x.args[0], x.args[1], placed.args[0])
        if made_by(x, np.add) and x.backward:
            for one, other in (x.args, x.args[::-1]):
                if _is_zero_at(one, placed):
                    return make(t, np.add, make(t, np.add, one, placed), other)
    return None


def _is_zero_at(x: Any, placed: Traced) -> bool:
    """Whether zeros are assigned to just those elements of x that are placed."""
    if not made_by(x, operator.setitem):
        return False
    _, index, zero = x.args
    known = number_of(zero)
    return (
        known is not None
        and known.coefficient == 0
        and picks_once(index)
        and same_index(index, placed.args[1])
        and same_shape(x.shape, placed.shape)
    )


@simplifies(operator.setitem)
def _added_in_place(t: Trace, x: Any, index: Any, value: Any) -> Any:
    """x[index] = x[index] + v is x with v placed, if no element is picked twice."""
    if isinstance(value, Traced) and value is pick(t, x, index):
        return x
    if not (made_by(value, np.add, np.subtract) and picks_once(index)):
        return None
    old, more = value.args
    if old is not pick(t, x, index):
        return None
    known = number_of(more)
    if known is not None:
        sign = -1 if made_by(value, np.subtract) else 1
        more = number(t, known * sign, x.dtype)
    elif made_by(value, np.subtract):
        more = make(t, np.negative, more)
    return make(t, np.add, x, place(t, more, index, x.shape))


@simplifies(np.reshape)
def _placed_in_another_shape(t: Trace, x: Any, shape: Any) -> Any:
    if made_by(x, scatter) and made_by(x.args[1], np.ravel_multi_index):
        values, at, _ = x.args
        wanted = shape if isinstance(shape, tuple) else (shape,)
        if same_shape(at.args[1], wanted):
            return place(t, values, at.args[0], wanted)
    return None
