"""What moves elements about: twice transposed, reshaped to the same shape, copied."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from micrograd_np.operation import OPERATIONS
from micrograd_np.program.recording import Trace
from micrograd_np.program.simplify.arithmetic import times
from micrograd_np.program.simplify.forms import (
    called,
    expand_to,
    expanded,
    made_by,
    make,
    number,
    number_of,
    same_shape,
    scaled,
    simplifies,
)
from micrograd_np.program.simplify.reducing import axes_of
from micrograd_np.program.traced import Traced
from micrograd_np.rules.reductions import expand


@simplifies(np.copy)
def _copy(t: Trace, x: Any) -> Any:
    return x  # a program's values never change


@simplifies(np.ndarray.astype)
def _same_dtype(t: Trace, x: Any, dtype: Any) -> Any:
    known = number_of(x)
    if known is not None and np.ndim(x.value) == 0:
        return number(t, known, np.dtype(dtype))
    return x


@simplifies(np.transpose)
def _transposed_product(t: Trace, x: Any, axes: Any = None) -> Any:
    if axes is None and made_by(x, np.matmul) and x.backward and all(a.ndim == 2 for a in x.args):
        a, b = x.args
        return make(t, np.matmul, make(t, np.transpose, b), make(t, np.transpose, a))
    return None


def _is_index(index: Any, *parts: Any) -> bool:
    """Whether an index is made of these plain parts."""
    if not isinstance(index, tuple) or len(index) != len(parts):
        return False
    return all(type(a) is type(b) and a == b for a, b in zip(index, parts, strict=True))


@simplifies(operator.getitem)
def _vector_of_column(t: Trace, x: Any, index: Any) -> Any:
    """Write (A @ v[..., None])[..., 0] as A @ v."""
    if not _is_index(index, ..., 0) or not made_by(x, np.matmul):
        return None
    a, column = x.args
    if made_by(column, operator.getitem) and _is_index(column.args[1], ..., None):
        vector = column.args[0]
        return make(t, np.matmul, a, vector) if vector.ndim == 1 else None
    return None


@simplifies(np.swapaxes)
def _swapped(t: Trace, x: Any, axis1: int, axis2: int) -> Any:
    if axis1 % x.ndim == axis2 % x.ndim:
        return x
    if x.ndim == 2:
        return make(t, np.transpose, x)
    if (
        made_by(x, np.matmul)
        and x.backward
        and {axis1 % x.ndim, axis2 % x.ndim} == {x.ndim - 1, x.ndim - 2}
    ):
        a, b = x.args
        if min(a.ndim, b.ndim) > 1:
            swapped = (make(t, np.swapaxes, factor, -1, -2) for factor in (b, a))
            return make(t, np.matmul, *swapped)
    if made_by(x, np.swapaxes):
        before = {a % x.ndim for a in x.args[1:]}
        if before == {axis1 % x.ndim, axis2 % x.ndim}:
            return x.args[0]
    return None


@simplifies(np.moveaxis)
def _moved(t: Trace, x: Any, source: Any, destination: Any) -> Any:
    """Leave axes where they are."""
    whole = isinstance(source, int) and isinstance(destination, int)
    return x if whole and source % x.ndim == destination % x.ndim else None


@simplifies(expand, np.broadcast_to)
def _broadcast(t: Trace, x: Any, shape: Any) -> Any:
    if same_shape(x.shape, shape):
        return x
    inner = expanded(x)
    return make(t, expand, inner, tuple(shape)) if inner is not x else None


@simplifies(np.reshape)
def _reshaped(t: Trace, x: Any, shape: Any) -> Any:
    wanted = shape if isinstance(shape, tuple) else (shape,)
    if same_shape(x.shape, wanted):
        return x
    if any(isinstance(n, int) and n < 0 for n in wanted):
        return None
    if made_by(x, np.reshape):
        return make(t, np.reshape, x.args[0], wanted)
    known = number_of(expanded(x))
    if known is not None:
        return expand_to(t, number(t, known, x.dtype), wanted)
    base, n = scaled(x)
    if base is not x:
        return times(t, make(t, np.reshape, base, wanted), n)
    if made_by(x, np.sum) and x.options.get("keepdims"):
        return _without_kept_axes(t, x, wanted)
    if made_by(x, np.add, np.subtract, np.multiply, np.divide) and x.backward:
        terms = [_simpler(t, term, wanted) for term in x.args if _fills(term, x, wanted)]
        if len(terms) == len(x.args) and all(term is not None for term in terms):
            return make(t, called(x), *terms)
    return None


def _without_kept_axes(t: Trace, x: Traced, wanted: Any) -> Any:
    """Do not keep the axes of a sum that is reshaped to be without them."""
    inner = x.args[0]
    axes = axes_of(x.options.get("axis"), inner.ndim)
    if not same_shape(tuple(n for a, n in enumerate(inner.shape) if a not in axes), wanted):
        return None
    options = {k: v for k, v in x.options.items() if k != "keepdims"}
    return t.record(OPERATIONS[np.sum], (inner,), options)


def _fills(term: Any, whole: Traced, wanted: Any) -> bool:
    """Whether a term is not broadcast, but for axes of length one."""
    shape = getattr(term, "shape", ())
    return not shape or same_shape(shape, whole.shape) or same_shape(shape, wanted)


def _simpler(t: Trace, x: Any, shape: Any) -> Any:
    """Return x in another shape if that needs no reshape, else None."""
    if not isinstance(x, Traced) or not x.ndim:
        return x
    found = make(t, np.reshape, x, tuple(shape))
    untouched = made_by(found, np.reshape) and found.args[0] is x
    return None if untouched else found


@simplifies(np.expand_dims)
def _inserted(t: Trace, x: Any, axis: Any) -> Any:
    known = number_of(expanded(x))
    if known is None or not isinstance(axis, int):
        return None
    shape = list(x.shape)
    shape.insert(axis % (x.ndim + 1), 1)
    return expand_to(t, number(t, known, x.dtype), tuple(shape))
