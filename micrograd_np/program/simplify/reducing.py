"""Sums over axes: of what was broadcast, of axes of length one, of what adds up to one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import arange

from micrograd_np.operation import OPERATIONS
from micrograd_np.program.numbers import Number
from micrograd_np.program.recording import Trace
from micrograd_np.program.simplify.arithmetic import DEEPEST, times
from micrograd_np.program.simplify.forms import (
    called,
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
from micrograd_np.rules.indexing import scatter


@simplifies(np.sum)
def _of_all(t: Trace, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Leave out the axis where there is but one."""
    if axis is None or keepdims or x.ndim != 1:
        return None
    return make(t, np.sum, x)


@simplifies(np.sum)
def _sum(t: Trace, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if not isinstance(x, Traced):
        return None
    simpler = sum_of(t, x, axes_of(axis, x.ndim))
    if simpler is None:
        return None
    return simpler if keepdims else make(t, np.reshape, simpler, _without(x, axis))


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return the axes that a reduction goes over; NumPy takes axis 0 of a number, too."""
    if axis is None or not ndim:
        return tuple(range(ndim))
    return tuple(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,)))


def _without(x: Traced, axis: Any) -> tuple[Any, ...]:
    axes = axes_of(axis, x.ndim)
    return tuple(n for a, n in enumerate(x.shape) if a not in axes)


def sum_of(t: Trace, x: Traced, axes: tuple[int, ...], depth: int = 0) -> Any:
    """Return the sum of x over axes, which stay with length one, if it comes out simpler."""
    kept = tuple(1 if a in axes else n for a, n in enumerate(x.shape))
    if same_shape(kept, x.shape):
        return x
    if is_zero(x):
        return expand_to(t, number(t, 0, x.dtype), kept)
    base, n = scaled(x)
    if base is not x:
        simpler = sum_of(t, base, axes, depth)
        if simpler is None and n == -1 and not isinstance(n, Number):
            simpler = total(t, base, axes)
        return None if simpler is None else times(t, simpler, n)
    whole = expanded(x)
    if whole is not x:
        return _of_broadcast(t, x, whole, axes, kept)
    if made_by(x, scatter):
        return _of_placed(t, x, axes, kept)
    if made_by(x, np.divide, np.multiply):
        return _of_quotient(t, x, axes, kept)
    if made_by(x, np.subtract) and _is_mean(x.args[1], x.args[0], axes):
        return expand_to(t, number(t, 0, x.dtype), kept)
    if made_by(x, np.add, np.subtract) and x.backward and depth < DEEPEST:
        terms = [_term(t, term, x, axes, depth + 1) for term in x.args]
        if all(term is not None for term in terms):
            return make(t, called(x), *terms)
    return None


def _is_mean(value: Any, of: Any, axes: tuple[int, ...]) -> bool:
    """Whether a value is the mean of another over axes: the deviations from it add up to 0."""
    if not (made_by(value, np.mean) and value.args[0] is of):
        return False
    over = value.options.get("axis")
    kept = value.options.get("keepdims") or over is None or axes_of(over, of.ndim) == (0,)
    return kept and axes_of(over, of.ndim) == axes


def _term(t: Trace, term: Any, whole: Traced, axes: tuple[int, ...], depth: int) -> Any:
    if not isinstance(term, Traced):
        return None
    wide = expand_to(t, term, whole.shape)
    simpler = sum_of(t, wide, axes, depth)
    if simpler is not None:
        return simpler
    return t.find(OPERATIONS[np.sum], wide, **sum_options(wide, axes))


def _of_broadcast(t: Trace, x: Traced, whole: Any, axes: Any, kept: Any) -> Any:
    """Count how often each element was repeated instead of adding it up."""
    shape = (1,) * (x.ndim - whole.ndim) + tuple(whole.shape)
    count: Any = 1
    for a in axes:
        if shape[a] == 1 and isinstance(shape[a], int):
            count = x.shape[a] * count
        else:
            return None
    known = number_of(whole)
    if known is not None:
        return expand_to(t, number(t, known * count, x.dtype), kept)
    value = whole if whole.ndim == x.ndim else make(t, np.reshape, whole, shape)
    return times(t, expand_to(t, value, kept), count)


def _of_placed(t: Trace, x: Traced, axes: Any, kept: Any) -> Any:
    """Return what was placed: the sum of a row that holds one element is that element."""
    values, index, _ = x.args
    known = number_of(values)
    if len(axes) == x.ndim and known is None:
        total = make(t, np.sum, values)
        return make(t, np.reshape, total, kept)
    if not (isinstance(index, tuple) and len(index) == x.ndim):
        return None
    for a, (part, n) in enumerate(zip(index, x.shape, strict=True)):
        counts = made_by(part, arange) and len(part.args) == 1
        if a not in axes and not (counts and same_shape((part.args[0],), (n,))):
            return None
    if x.ndim - len(axes) != 1:
        return None
    if known is not None:
        return expand_to(t, number(t, known, x.dtype), kept)
    return make(t, np.reshape, values, kept)


def _of_quotient(t: Trace, x: Traced, axes: Any, kept: Any) -> Any:
    """Take a factor out that is the same along the axes; parts of a whole add up to one."""
    a, b = x.args
    dividing = made_by(x, np.divide)
    is_total = made_by(b, np.sum) and b.args[0] is a and b.options.get("keepdims")
    if dividing and is_total and axes_of(b.options.get("axis"), x.ndim) == axes:
        return expand_to(t, number(t, 1, x.dtype), kept)
    for one, other in ((a, b),) if dividing else ((a, b), (b, a)):
        if not (isinstance(one, Traced) and isinstance(other, Traced)):
            continue
        shape = (1,) * (x.ndim - other.ndim) + tuple(other.shape)
        if one.ndim != x.ndim or any(isinstance(shape[i], Number) or shape[i] != 1 for i in axes):
            continue
        simpler = sum_of(t, one, axes) if same_shape(one.shape, x.shape) else None
        if simpler is None and dividing and same_shape(one.shape, x.shape):
            simpler = total(t, one, axes)
        if simpler is not None:
            return make(t, called(x), simpler, other)
    return None


def sum_options(x: Traced, axes: tuple[int, ...]) -> dict[str, Any]:
    """Return the options of a sum over axes that stay, as a sum is recorded."""
    if len(axes) == x.ndim and x.ndim > 1:
        return {"keepdims": True}
    return {"axis": axes[0] if len(axes) == 1 else axes, "keepdims": True}


def total(t: Trace, x: Traced, axes: tuple[int, ...]) -> Any:
    """Return the sum of x over axes, which stay."""
    return t.make(OPERATIONS[np.sum], (x,), sum_options(x, axes))


@simplifies(np.mean)
def _known_mean(t: Trace, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Take a mean that is known already, and give it the axes back that it has lost."""
    if not keepdims or not isinstance(x, Traced) or axis is None:
        return None
    known = t.find(OPERATIONS[np.mean], x, axis=axis)
    if known is None or known.backward:
        return None
    kept = tuple(1 if a in axes_of(axis, x.ndim) else n for a, n in enumerate(x.shape))
    return make(t, np.reshape, known, kept)


@simplifies(np.reshape)
def _kept_axes(t: Trace, x: Any, shape: Any) -> Any:
    """Keep the axes of a sum where they are put back with length one."""
    if not made_by(x, np.sum) or x.options.get("keepdims"):
        return None
    inner = x.args[0]
    axis = x.options.get("axis")
    axes = axes_of(axis, inner.ndim)
    kept = tuple(1 if a in axes else n for a, n in enumerate(inner.shape))
    wanted = shape if isinstance(shape, tuple) else (shape,)
    if not same_shape(kept, wanted):
        return None
    options = {"keepdims": True} if axis is None else {"axis": axis, "keepdims": True}
    return t.record(OPERATIONS[np.sum], (inner,), options)
