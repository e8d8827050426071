"""Sums, products and quotients: x * 1, x + 0, -(-x), (a / b) * b, numbers collected."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from micrograd_np.operation import OPERATIONS
from micrograd_np.program.lengths import broadcast, shape_of
from micrograd_np.program.numbers import Number, canonical, exact, of
from micrograd_np.program.recording import Trace
from micrograd_np.program.simplify.forms import (
    called,
    expand_to,
    expanded,
    is_zero,
    made_by,
    make,
    number,
    number_of,
    place,
    same_index,
    same_shape,
    scaled,
    simplifies,
)
from micrograd_np.program.traced import Traced
from micrograd_np.rules.indexing import scatter

DEEPEST = 6
"""How many sums inside each other are taken apart to find out whether that is simpler."""


def _dtype(*values: Any) -> np.dtype[Any]:
    return np.result_type(*(v.value if isinstance(v, Traced) else float(v) for v in values))


# --- numbers alone -----------------------------------------------------------------------------


def _of_numbers(compute: Any) -> Any:
    def rule(t: Trace, a: Any, b: Any) -> Any:
        m, n = number_of(a), number_of(b)
        if m is None or n is None or (compute is operator.truediv and not n.coefficient):
            return None
        dtypes = [v.dtype for v in (a, b) if isinstance(v, Traced) and not v.is_python_number]
        return number(t, compute(m, n), np.result_type(*dtypes)) if dtypes else None

    return rule


for _function, _compute in (
    (np.add, operator.add),
    (np.subtract, operator.sub),
    (np.multiply, operator.mul),
    (np.divide, operator.truediv),
):
    simplifies(_function)(_of_numbers(_compute))


def _narrowed(function: Any) -> Any:
    def rule(t: Trace, a: Any, b: Any) -> Any:
        """Axes of length one in front are there without being asked for."""
        if not (isinstance(a, Traced) and isinstance(b, Traced)):
            return None
        x, y = _narrow(t, a, b.ndim), _narrow(t, b, a.ndim)
        return None if x is a and y is b else make(t, function, x, y)

    return rule


def _narrow(t: Trace, x: Traced, ndim: int) -> Traced:
    base, n = scaled(x)
    if not made_by(base, np.reshape) or base.ndim > ndim:
        return x
    inner: Traced = base.args[0]
    extra = base.ndim - inner.ndim
    if 0 < extra < base.ndim and same_shape(base.shape, (1,) * extra + tuple(inner.shape)):
        narrow: Traced = times(t, inner, n)
        return narrow
    return x


for _function in (np.add, np.subtract, np.multiply, np.divide):
    simplifies(_function)(_narrowed(_function))

# --- operands that were broadcast: the operation broadcasts by itself ---------------------------


def _unbroadcast(function: Any) -> Any:
    def rule(t: Trace, a: Any, b: Any) -> Any:
        x, y = expanded(a), expanded(b)
        if x is a and y is b:
            return None
        whole = broadcast(t, [shape_of(a), shape_of(b)])
        if x is not a and y is not b:
            if not (number_of(x) or number_of(y) or same_shape(x.shape, y.shape)):
                return None
            return expand_to(t, make(t, function, x, y), whole)
        kept = b if y is b else a
        if isinstance(kept, Traced) and same_shape(kept.shape, whole):
            return make(t, function, x, y)
        if getattr(kept, "ndim", 0) and number_of(x if x is not a else y) is None:
            return None
        return expand_to(t, make(t, function, x, y), whole)

    return rule


_BROADCASTING: Any = (
    np.add, np.subtract, np.multiply, np.divide, np.equal, np.not_equal, np.less, np.less_equal,
    np.greater, np.greater_equal,
)  # fmt: skip
for _function in _BROADCASTING:
    simplifies(_function)(_unbroadcast(_function))


# --- products ----------------------------------------------------------------------------------


@simplifies(np.multiply)
def _times_a_number(t: Trace, a: Any, b: Any) -> Any:
    m, n = number_of(a), number_of(b)
    if n is None and m is not None:
        a, b, n = b, a, m
    if n is None or not isinstance(a, Traced):
        return None
    return times(t, a, n)


def times(t: Trace, x: Traced, n: Any) -> Any:
    """Return a value times a number."""
    n = of(canonical(n))
    if not n.factors and n.coefficient == 1:
        return x
    known = number_of(x)
    if known is not None:
        return number(t, known * n, x.dtype)
    if n.coefficient == 0:
        return expand_to(t, number(t, 0, x.dtype), x.shape)
    y, m = scaled(x)
    whole = not n.factors and n.coefficient != -1
    if y is not x and not (x.kept and whole):
        return times(t, y, n * m)
    if x.kept and whole:
        return _plain(t, np.multiply, x, literal(n))
    if made_by(x, scatter):
        return place(t, times_any(t, x.args[0], n, x.dtype), *x.args[1:])
    if expanded(x) is not x:
        return expand_to(t, times(t, expanded(x), n), x.shape)
    if made_by(x, np.multiply):
        (p, k), (q, m) = map(scaled, x.args)
        if p is not x.args[0] or q is not x.args[1]:
            return times(t, make(t, np.multiply, p, q), of(k) * of(m) * n)
    if made_by(x, np.divide) and (top := number_of(x.args[0])) is not None:
        return make(t, np.divide, literal(top * n), x.args[1])
    if not n.factors and n.coefficient == -1:
        # On a branch cut of a complex function the sign of a zero tells the side.
        if made_by(x, np.subtract) and x.dtype.kind != "c":
            return make(t, np.subtract, x.args[1], x.args[0])
        return _plain(t, np.negative, x)
    return _plain(t, np.multiply, x, literal(n))


def times_any(t: Trace, x: Any, n: Any, dtype: np.dtype[Any]) -> Any:
    """Return a value or a Python number times a number."""
    known = number_of(x)
    return number(t, known * n, dtype) if known is not None else times(t, x, n)


def literal(n: Any) -> Any:
    """Return a number as it is written beside an array: such as does not change its dtype."""
    n = canonical(n)
    return n.coefficient if isinstance(n, Number) and not n.factors else n


def _plain(t: Trace, function: Any, *args: Any) -> Any:
    """Return an operation's value without simplifying it again."""
    return t.record(OPERATIONS[function], args, {})


@simplifies(np.negative)
def _negated(t: Trace, x: Any) -> Any:
    return times(t, x, -1)


@simplifies(np.multiply)
def _product(t: Trace, a: Any, b: Any) -> Any:
    if not (isinstance(a, Traced) and isinstance(b, Traced)):
        return None
    for x, y in ((a, b), (b, a)):
        if is_zero(x):
            return expand_to(t, number(t, 0, _dtype(x, y)), broadcast(t, [x.shape, y.shape]))
        if of(scaled(x)[1]).coefficient < 0:  # signs go in front
            x_without = times(t, x, -1)
            factors = (x_without, y) if x is a else (y, x_without)
            return times(t, make(t, np.multiply, *factors), -1)
        simpler = product_of(t, x, y)
        if simpler is not None:
            return simpler
    (p, m), (q, n) = scaled(a), scaled(b)
    if p is not a and q is not b:
        return times(t, make(t, np.multiply, p, q), of(m) * of(n))
    for x, y in ((a, b), (b, a)):
        top = number_of(x.args[0]) if made_by(x, np.divide) else None
        if top is not None and x.backward and same_shape(x.shape, y.shape):
            return times(t, make(t, np.divide, y, x.args[1]), top)
    return None


def product_of(t: Trace, x: Traced, y: Traced, depth: int = 0) -> Any:
    """Return x * y if that comes out simpler than a product, else None.

    Cancelled against a divisor; a product with a quotient that is known already; only where an
    element was placed; or term by term, if every term comes out simpler.
    """
    base, n = scaled(x)
    if base is not x:
        simpler = product_of(t, base, y, depth)
        return None if simpler is None else times(t, simpler, n)
    if made_by(x, scatter) and same_shape(x.shape, y.shape):
        values, index, shape = x.args
        return place(t, make(t, np.multiply, values, pick(t, y, index)), index, shape)
    if made_by(x, np.divide):
        above, below = x.args
        if below is y:
            known = number_of(above)
            return above if known is None else expand_to(t, number(t, known, x.dtype), x.shape)
        if made_by(below, np.sum) and below.args[0] is y and below.options.get("keepdims"):
            return make(t, np.multiply, above, make(t, np.divide, y, below))
        quotient = t.find(OPERATIONS[np.divide], y, below)
        if quotient is not None and x.backward and not quotient.backward:
            return make(t, np.multiply, above, quotient)
    if made_by(x, np.add, np.subtract) and x.backward and depth < DEEPEST:
        terms = [_term(t, term, y, depth + 1) for term in x.args]
        if all(term is not None for term in terms):
            return make(t, called(x), *terms)
    return None


def _term(t: Trace, term: Any, y: Traced, depth: int) -> Any:
    if not isinstance(term, Traced):
        return None
    known = number_of(expanded(term))
    return product_of(t, term, y, depth) if known is None else times(t, y, known)


def pick(t: Trace, x: Any, index: Any) -> Any:
    """Return x[index]."""
    return make(t, operator.getitem, x, index)


# --- quotients ---------------------------------------------------------------------------------


@simplifies(np.divide)
def _quotient(t: Trace, a: Any, b: Any) -> Any:
    n = number_of(b)
    if n is not None and isinstance(a, Traced):
        return times(t, a, 1 / n) if n.coefficient else None
    if not isinstance(b, Traced):
        return None
    top = number_of(a)
    if top is not None:
        if not top.coefficient:
            dtype = a.dtype if isinstance(a, Traced) else b.dtype
            shape = broadcast(t, [shape_of(a), b.shape])
            return expand_to(t, number(t, 0, dtype), shape)
        if isinstance(a, Traced):
            return make(t, np.divide, literal(top), b)
        return None
    if is_zero(a):
        return expand_to(t, number(t, 0, a.dtype), broadcast(t, [a.shape, b.shape]))
    base, factor = scaled(a)
    if base is not a:
        return times(t, make(t, np.divide, base, b), factor)
    if made_by(a, np.multiply):
        for one, other in (a.args, a.args[::-1]):
            if one is b and isinstance(other, Traced):
                return other
    if made_by(a, scatter) and same_shape(a.shape, b.shape):
        values, index, shape = a.args
        return place(t, make(t, np.divide, values, pick(t, b, index)), index, shape)
    return None


# --- sums --------------------------------------------------------------------------------------


@simplifies(np.add)
def _sum(t: Trace, a: Any, b: Any) -> Any:
    if not (isinstance(a, Traced) and isinstance(b, Traced)):
        return None
    for x, y in ((a, b), (b, a)):
        if is_zero(x):
            return y
        if made_by(y, np.negative):
            return make(t, np.subtract, x, y.args[0])
    for x, y in ((a, b), (b, a)):
        known = number_of(expanded(y))
        if known is not None and known.coefficient < 0:
            return make(t, np.subtract, x, times(t, y, -1))
    (x, m), (y, n) = scaled(a), scaled(b)
    if x is y:
        return times(t, x, of(m) + of(n))
    if x is not a and y is not b and of(m).key == of(n).key:
        return times(t, make(t, np.add, x, y), m)
    for one, (base, factor) in ((a, (y, n)), (b, (x, m))):
        if made_by(one, np.add) and one.backward:
            rest, last = one.args
            known, count = scaled(last)
            if known is base and isinstance(base, Traced):  # the same contribution again
                return make(t, np.add, rest, times(t, base, of(count) + of(factor)))
    for one, other, factor in ((a, b, of(n)), (b, a, of(m))):
        if factor.coefficient < 0:
            return make(t, np.subtract, one, times(t, other, -1))
    if made_by(a, scatter) and made_by(b, scatter) and same_index(a.args[1], b.args[1]):
        values = make(t, np.add, a.args[0], b.args[0])
        return place(t, values, *a.args[1:])
    found = _with_a_common_factor(t, a, b)
    return _with_a_common_factor(t, b, a) if found is None else found


def _with_a_common_factor(t: Trace, a: Traced, b: Traced) -> Any:
    """Return x n + (c n placed somewhere) as (x + c placed there) n, for a whole number c."""
    x, n = scaled(a)
    if not made_by(b, scatter) or not isinstance(n, Number):
        return None
    placed = number_of(b.args[0])
    if placed is None:
        return None
    c = of(placed / n)
    if c.factors or exact(c.coefficient) is None:
        return None
    rest = place(t, number(t, c, b.dtype), *b.args[1:])
    return times(t, _plain(t, np.add, x, rest), n)


@simplifies(np.subtract)
def _difference(t: Trace, a: Any, b: Any) -> Any:
    if not isinstance(b, Traced):
        return None
    if is_zero(b) and isinstance(a, Traced):
        return a
    if made_by(b, np.negative):
        return make(t, np.add, a, b.args[0])
    if isinstance(a, Traced):
        if is_zero(a):
            return times(t, b, -1)
        if made_by(a, np.subtract) and a.backward and isinstance(a.args[1], Traced):
            (last, count), (base, factor) = scaled(a.args[1]), scaled(b)
            if last is base:  # the same contribution again
                return make(t, np.subtract, a.args[0], times(t, base, of(count) + of(factor)))
        (x, m), (y, n) = scaled(a), scaled(b)
        if x is y:
            return times(t, x, of(m) - of(n))
        if x is not a and y is not b and of(m).key in (of(n).key, of(-of(n)).key):
            same = of(m).key == of(n).key
            return times(t, make(t, np.subtract if same else np.add, x, y), m)
        if of(n).coefficient < 0:
            return make(t, np.add, a, times(t, b, -1))
        if made_by(b, scatter):
            return make(t, np.add, a, times(t, b, -1))
        if made_by(a, scatter):
            return _with_a_common_factor(t, times(t, b, -1), a)
    return None
