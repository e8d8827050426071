"""Functions that pick elements: by positions, by a condition, by windows."""

import functools
import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from micrograd_np.declare import defines, defvjp
from micrograd_np.lifting import as_operand, cast, holds, is_traced
from micrograd_np.operation import OPERATIONS
from micrograd_np.rules.indexing import scatter
from micrograd_np.tensor import Tensor, apply
from micrograd_np.values import value_of, write

# --- by positions ------------------------------------------------------------------------------


def _take(g: Any, _out: Any, _a: Any, indices: Any, axis: Any = None, mode: str = "raise") -> Any:
    shape = tuple(_a.shape) if axis is not None and _a.ndim else (_a.size,)
    axis = 0 if axis is None else axis % len(shape)
    places = positions(indices, shape[axis], mode)
    return scatter(g, (slice(None),) * axis + (places,), shape).reshape(_a.shape)


def positions(indices: Any, n: Any, mode: Any) -> Any:
    """Return indices into an axis of length `n` as NumPy reads them in a mode."""
    indices = as_operand(indices)
    if indices.dtype.kind not in "iu":  # no elements, as a list has them, bools, fractions
        indices = indices.astype(np.intp)
    if mode in ("wrap", 1):
        return indices % n
    return np.clip(indices, 0, n - 1) if mode in ("clip", 0) else indices


defvjp(np.take, _take, None, exact=True)


def along_axis(ndim: int, shape: Any, indices: Any, axis: int) -> tuple[Any, ...]:
    """Return the index of the elements that ``np.take_along_axis`` picks."""
    own = [
        np.arange(n).reshape([n if i == a else 1 for i in range(ndim)]) for a, n in enumerate(shape)
    ]
    return (*own[:axis], indices, *own[axis + 1 :])


def _take_along_axis(g: Any, _out: Any, _arr: Any, indices: Any, axis: Any) -> Any:
    shape = (_arr.size,) if axis is None else _arr.shape
    axis = 0 if axis is None else axis % _arr.ndim
    index = along_axis(len(shape), shape, indices, axis)
    return scatter(g, index, shape).reshape(_arr.shape)


def _take_along_axis_call(arr: Any, indices: Any, axis: Any = -1) -> Any:
    return apply(OPERATIONS[np.take_along_axis], (arr, indices, axis))  # NumPy 2.0 wants the axis


defvjp(np.take_along_axis, _take_along_axis, None, definition=_take_along_axis_call, exact=True)


def _of_one_dtype(choices: Any) -> list[Any]:
    """Cast choices to their common dtype, which numbers of Python leave to the others."""
    choices = [c if type(c) in (int, float, complex) else as_operand(c) for c in choices]
    dtype = np.result_type(*(getattr(choice, "dtype", choice) for choice in choices))
    arrays = map(as_operand, choices)
    return [cast(array, dtype) for array in arrays]


@defines(np.choose)
def _choose(a: Any, choices: Any, out: Any = None, mode: Any = "raise") -> Any:
    a = a if is_traced(a) else np.asarray(value_of(a))
    if not np.can_cast(a.dtype, np.intp, "same_kind"):
        raise TypeError(f"np.choose: a tells which choice; it holds integers, not {a.dtype}")
    if isinstance(choices, dict) or not hasattr(choices, "__getitem__"):
        raise TypeError(f"np.choose: choices is a {type(choices).__name__}, expected a sequence")
    np.take(np.zeros(1), 0, mode=mode)  # or NumPy's error
    arrays = _of_one_dtype(choices)
    shape = np.broadcast_shapes(a.shape, *(array.shape for array in arrays))
    count = len(arrays)
    if mode in ("raise", 2) and a.size and holds((a.min() < 0) | (a.max() >= count)):
        raise ValueError("invalid entry in choice array")
    a = positions(a, count, mode)
    together = np.stack([np.broadcast_to(array, shape) for array in arrays])
    result = np.take_along_axis(together, np.broadcast_to(a, shape)[None], 0)[0]
    return result if out is None else write("np.choose", out, result)


# --- by a condition ----------------------------------------------------------------------------


@defines(np.compress)
def _compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    condition = as_operand(condition)
    if condition.ndim != 1:
        raise ValueError("np.compress: condition must be a 1-d array")
    result = np.take(as_operand(a), np.flatnonzero(condition), axis)
    return result if out is None else write("np.compress", out, result)


@defines(np.extract)
def _extract(condition: Any, arr: Any) -> Any:
    return np.take(np.ravel(as_operand(arr)), np.flatnonzero(as_operand(condition)))


@defines(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    conditions = [as_operand(condition) for condition in condlist]
    if any(condition.dtype != np.dtype(bool) for condition in conditions):
        raise TypeError("np.select: conditions must be arrays of bools")
    *choices, result = _of_one_dtype([*choicelist, default])
    for condition, choice in zip(conditions[::-1], choices[::-1], strict=True):
        result = np.where(condition, choice, result)
    return result


@defines(np.piecewise)
def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    conditions = _conditions(x, condlist, len(funclist))
    result = np.where(np.False_, x, np.zeros((), x.dtype))  # no nan, as from 0 * x
    for condition, function in zip(conditions, funclist, strict=True):
        if not callable(function):
            result[condition] = function
        elif is_traced(condition) or np.any(condition):
            result[condition] = function(x[condition], *args, **kw)
    return result


def _conditions(x: Any, condlist: Any, count: int) -> list[Any]:
    """Return as many conditions as there are functions: the last one is "none of them"."""
    if np.isscalar(condlist) or _is_single(condlist, x.ndim):
        condlist = [condlist]
    conditions = [c if is_traced(c) else np.asarray(value_of(c), dtype=bool) for c in condlist]
    n = len(conditions)
    if n == count - 1:
        return [*conditions, ~functools.reduce(operator.or_, conditions)]
    if n != count:
        raise ValueError(f"with {n} condition(s), either {n} or {n + 1} functions are expected")
    return conditions


def _is_single(condlist: Any, ndim: int) -> bool:
    """Whether what is given as a list of conditions is one of them."""
    if isinstance(condlist, (np.ndarray, Tensor)):
        return condlist.ndim < min(2, ndim + 1)
    return not isinstance(condlist[0], (list, np.ndarray, Tensor)) and bool(ndim)


# --- all but some, and some more ---------------------------------------------------------------


def _delete(g: Any, _out: Any, _arr: Any, obj: Any, axis: Any = None) -> Any:
    shape = (_arr.size,) if axis is None else tuple(_arr.shape)
    axis = 0 if axis is None else axis % len(shape)
    left = np.delete(np.arange(shape[axis]), obj)
    return scatter(g, (slice(None),) * axis + (left,), shape).reshape(_arr.shape)


defvjp(np.delete, _delete, None, exact=True, sized_by=(1,))


@defines(np.insert)
def _insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    arr, values, obj = as_operand(arr), as_operand(values), value_of(obj)
    if axis is None:
        arr, axis = np.ravel(arr), -1
    axis = normalize_axis_index(axis, arr.ndim)
    n = int(arr.shape[axis])
    places = range(*obj.indices(n)) if isinstance(obj, slice) else obj
    count = np.size(np.flatnonzero(obj) if np.asarray(obj).dtype == bool else places)
    if count == 1:
        values = values[(None,) * (arr.ndim - values.ndim)]
        values = values if np.ndim(places) else np.moveaxis(values, 0, axis)
        count = int(values.shape[axis])
    # Which of the old and, after them, the new ones stands where.
    old, added = np.indices((n,))[0], np.indices((count,))[0]
    order = np.insert(old, obj, n + added)
    new = values.astype(arr.dtype)
    if new.ndim > arr.ndim:
        new = new.reshape(new.shape[-arr.ndim :])  # as an assignment may
    new = np.broadcast_to(new, (*arr.shape[:axis], count, *arr.shape[axis + 1 :]))
    return np.take(np.concatenate((arr, new), axis), order, axis)


# --- by windows --------------------------------------------------------------------------------


def _sliding_window_view(
    g: Any,
    _out: Any,
    _x: Any,
    window_shape: Any,
    axis: Any = None,
    subok: bool = False,
    writeable: bool = False,
) -> Any:
    windows = tuple(window_shape) if np.iterable(window_shape) else (window_shape,)
    axes = range(_x.ndim) if axis is None else (tuple(axis) if np.iterable(axis) else (axis,))
    for window, along in reversed(list(zip(windows, axes, strict=True))):
        g = _overlapped(g, window, along % _x.ndim)
    return g


def _overlapped(g: Any, window: int, axis: int) -> Any:
    """Add up what the windows along an axis, whose elements are the last one, have in common."""
    total: Any = 0
    for place in range(window):
        width = [(0, 0)] * (g.ndim - 1)
        width[axis] = (place, window - 1 - place)
        total = total + np.pad(g[..., place], width)
    return total


defvjp(np.lib.stride_tricks.sliding_window_view, _sliding_window_view, exact=True, view=True)
