"""What every ufunc has: keywords (``out=``, ``where=``, ``dtype=``, axes) and methods.

They are defined by plain calls of the ufunc, so that a ufunc needs the rules of its call alone.
"""

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd_np.declare import defines
from micrograd_np.lifting import as_operand, cast, decides, fixed, is_traced
from micrograd_np.mode import mode, plain
from micrograd_np.operation import OPERATIONS
from micrograd_np.rules.formulas import with_value
from micrograd_np.rules.shaping import layout_of
from micrograd_np.tensor import Tensor
from micrograd_np.values import dtype_of, requires_grad, value_of, write


def _is_constant(ufunc: np.ufunc) -> bool:
    operation = OPERATIONS.get(ufunc)
    return operation is not None and operation.kind == "constant"


# --- the call with keywords --------------------------------------------------------------------


@defines(np.ufunc.__call__)
def _call(
    ufunc: Any,
    *operands: Any,
    out: Any = None,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    subok: Any = True,
    dtype: Any = None,
    signature: Any = None,
    sig: Any = None,
    **core: Any,
) -> Any:
    if signature is None:
        signature = sig if dtype is None else dtype
    if signature is not None or casting != "same_kind":
        operands = tuple(_cast(ufunc, operands, signature, casting))
    if core:
        ufunc(*(plain(value_of(x)) for x in operands), **core)  # raises what NumPy raises
        result = _along(ufunc, operands, **core)
    elif where is not True:
        return _masked(ufunc, operands, where, out or (None,) * ufunc.nout)
    else:
        result = ufunc(*operands)
    if out is not None:
        return write(f"np.{ufunc.__name__}", out, result, casting, broadcasts=True)
    return result if order == "K" else _laid_out(result, operands, order)


def _laid_out(result: Any, operands: Any, order: Any) -> Any:
    """Return what is computed in the layout in memory that is asked for."""
    if isinstance(result, tuple):
        return tuple(_laid_out(part, operands, order) for part in result)
    if order == "A":  # of Fortran where each operand can be read so
        order = "F" if all(_is_by_columns(x) for x in operands) else "C"
    return np.copy(result, order=order)


def _is_by_columns(x: Any) -> bool:
    return layout_of(x, "A") == "F" or np.asarray(value_of(x)).flags.f_contiguous


def _cast(ufunc: Any, operands: Any, signature: Any, casting: Any) -> list[Any]:
    """Cast operands to what the ufunc computes in; NumPy decides, and raises."""
    if not isinstance(signature, tuple) and "->" not in str(signature):  # it is a dtype, or None
        signature = (*[None] * ufunc.nin, *[signature] * ufunc.nout)
    kinds = [type(x) if type(x) in (int, float, complex) else as_operand(x).dtype for x in operands]
    kinds += [None] * ufunc.nout
    dtypes = ufunc.resolve_dtypes(tuple(kinds), signature=signature, casting=casting)
    return [as_operand(x).astype(d) for x, d in zip(operands, dtypes, strict=False)]


def _along(
    ufunc: Any, operands: Any, axes: Any = None, axis: Any = -1, keepdims: bool = False
) -> Any:
    """Call a generalised ufunc on other axes than the last ones."""
    if axes is None:
        axes = [axis] * (ufunc.nin + bool(keepdims))
    axes = [(a,) if np.ndim(a) == 0 else tuple(a) for a in axes]
    moved = [
        np.moveaxis(as_operand(x), place, tuple(range(-len(place), 0)))
        for x, place in zip(operands, axes, strict=False)
    ]
    result = ufunc(*moved)
    if keepdims:
        result = result[..., None]
    for place in axes[ufunc.nin :]:  # that of the result, if it is told
        result = np.moveaxis(result, tuple(range(-len(place), 0)), place)
    return result


def _masked(ufunc: Any, operands: Any, where: Any, outs: Any) -> Any:
    """Compute where a mask is true, and nothing elsewhere: neither value nor gradient.

    A number elsewhere, such as the infinite slope of ``log`` at 0, would make nan of a zero.
    """
    operands = [as_operand(x) for x in operands]
    mask = where if is_traced(where) else as_operand(value_of(where))
    shape = np.broadcast_shapes(mask.shape, *(x.shape for x in operands))
    mask = np.broadcast_to(mask, shape)
    values = ufunc(*(np.broadcast_to(x, shape)[mask] for x in operands))
    several = values if ufunc.nout > 1 else (values,)
    written = tuple(
        _filled(ufunc, out, mask, part) for out, part in zip(outs, several, strict=True)
    )
    return written if ufunc.nout > 1 else written[0]


UNSHARED = 6
"""How often an array is referred to that a call has been given as ``out=np.zeros(n)``."""


def _filled(ufunc: Any, out: Any, mask: Any, values: Any) -> Any:
    if out is None:
        out = np.zeros(mask.shape, values.dtype)
    shared = sys.getrefcount(out) > UNSHARED
    if requires_grad(values) and not isinstance(out, Tensor):
        if shared:
            raise TypeError(
                f"np.{ufunc.__name__} cannot write a Tensor into an array that others can read: "
                "the gradient would be lost. Make it a tensor, out=mg.tensor(array), or in the "
                "call itself, out=np.zeros(n), and use what the call returns"
            )
        out = Tensor(out)
    out[mask] = values
    return out


# --- methods -----------------------------------------------------------------------------------

_REDUCTIONS: dict[Any, Callable[..., Any]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
}
_ACCUMULATIONS: dict[Any, Callable[..., Any]] = {np.add: np.cumsum, np.multiply: np.cumprod}


@defines(np.ufunc.reduce)
def _reduce(
    ufunc: Any,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    dtype = dtype_of(out) if dtype is None else dtype
    options: dict[str, Any] = {"axis": axis, "keepdims": keepdims}
    options |= {} if initial is np._NoValue else {"initial": initial}
    options |= {} if where is True else {"where": value_of(where)}
    options |= {} if dtype is None else {"dtype": dtype}
    name = f"np.{ufunc.__name__}.reduce"
    if _is_constant(ufunc):
        result = ufunc.reduce(value_of(array), **options)
    elif ufunc in _REDUCTIONS and (dtype is None or ufunc in _ACCUMULATIONS):
        result = _REDUCTIONS[ufunc](array, **options)
    else:
        value = ufunc.reduce(plain(value_of(array)), **options)  # raises what NumPy raises
        result = _fold(ufunc, array if dtype is None else array.astype(dtype), axis, options)
        if result.dtype == np.float16 and not is_traced(result):
            result = with_value(result, np.asarray(value))  # NumPy rounds at the end alone
    return result if out is None else write(name, out, result)


def _fold(ufunc: Any, array: Any, axis: Any, options: dict[str, Any]) -> Any:
    axes = range(array.ndim) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
    axes = axes if array.ndim else ()
    normalized = {axis % array.ndim for axis in axes}
    rows = _rows(array, axes)
    parts = _each(rows)
    where = options.get("where", True)
    masks = None if where is True else _rows(np.broadcast_to(where, array.shape), axes)
    start = options.get("initial", np._NoValue)
    if start is np._NoValue and (masks is not None or len(rows) < 2):
        start = ufunc.identity  # the length of one number, hypot(0, -3), is not that number
    first = 0
    if start is np._NoValue or start is None:
        start, first = parts[0], 1
    total = start
    for row in range(first, len(rows)):
        if masks is None:
            total = ufunc(total, parts[row])
        else:
            filled: Any = np.array(np.broadcast_to(start, parts[row].shape), array.dtype)
            before = filled if isinstance(filled, Tensor) else Tensor(filled)  # it may be traced
            before = before if row == first else total
            total = ufunc(before, parts[row], where=masks[row : row + 1], out=before.copy())
    if len(rows):
        total = total[0]
    if len(rows) <= first:  # nothing was computed: it is no view of what is combined
        shape = tuple(n for a, n in enumerate(array.shape) if a not in normalized)
        total = np.copy(np.broadcast_to(as_operand(total).astype(array.dtype), shape))
    if not len(rows):
        total = total - np.sum(rows, 0)  # nothing: but the gradient has a way back to no elements
    return np.expand_dims(total, tuple(axes)) if options["keepdims"] else total


def _rows(array: Any, axes: Any) -> Any:
    """Return what is combined, along one axis in front."""
    moved = np.moveaxis(array, tuple(axes), tuple(range(len(axes))))
    count = math.prod(moved.shape[: len(axes)])
    return moved.reshape((count, *moved.shape[len(axes) :]))


def _each(rows: Any) -> list[Any]:
    """Return the rows one by one, with an axis of length one: it can be written into a number's.

    They are split, so that their gradients are joined: a row that is picked has one as large as
    all of them.
    """
    if is_traced(rows):
        return [rows[row : row + 1] for row in range(len(rows))]
    return np.split(rows, len(rows)) if len(rows) else []


AT_ONCE = 64
"""How many arrays are joined at once: each of their rules is given all of them."""


def _joined(parts: list[Any]) -> Any:
    """Join rows, few at a time: of so many at once the backward pass would be quadratic."""
    while len(parts) > 1:
        groups = (parts[k : k + AT_ONCE] for k in range(0, len(parts), AT_ONCE))
        parts = [np.concatenate(group) for group in groups]
    return parts[0]


@defines(np.ufunc.accumulate)
def _accumulate(ufunc: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    name = f"np.{ufunc.__name__}.accumulate"
    dtype = dtype_of(out) if dtype is None else dtype
    is_sum = ufunc in _ACCUMULATIONS and array.ndim and isinstance(axis, (int, np.integer))
    if _is_constant(ufunc):
        result = ufunc.accumulate(value_of(array), axis, dtype)
    elif is_sum:
        result = _ACCUMULATIONS[ufunc](
            array, axis=axis, **({} if dtype is None else {"dtype": dtype})
        )
    else:
        value = ufunc.accumulate(plain(value_of(array)), axis, dtype)  # or NumPy's error
        array = array if dtype is None else array.astype(dtype)
        parts = _each(np.moveaxis(array, axis, 0))
        totals = parts[:1]
        for part in parts[1:]:
            totals.append(ufunc(totals[-1], part))
        result = np.moveaxis(_joined(totals), 0, axis) if totals else array
        result = np.copy(result, order="F" if value.flags.fnc else "C")
    return result if out is None else write(name, out, result)


@defines(np.ufunc.reduceat)
def _reduceat(
    ufunc: Any, array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None
) -> Any:
    dtype = dtype_of(out) if dtype is None else dtype
    value = ufunc.reduceat(plain(value_of(array)), indices, axis, dtype)  # or NumPy's error
    name = f"np.{ufunc.__name__}.reduceat"
    if _is_constant(ufunc):
        result = ufunc.reduceat(value_of(array), indices, axis, dtype)
        return result if out is None else write(name, out, result)
    rows = np.moveaxis(array, axis, 0)
    ends = [*indices[1:], None][: len(indices)]
    bounds = [(i, j if j is None or i < j else i + 1) for i, j in zip(indices, ends, strict=True)]
    parts = {(i, j): _segment(ufunc, rows[i:j], dtype, value.dtype) for i, j in bounds}
    result = _joined([parts[pair] for pair in bounds]) if bounds else rows[:0]
    result = np.moveaxis(result, 0, axis).reshape(np.shape(value))
    if ufunc in _REDUCTIONS and not is_traced(result):
        result = with_value(result, np.asarray(value))  # NumPy adds up in another order
    return result if out is None else write(name, out, result)


def _segment(ufunc: Any, rows: Any, dtype: Any, held: Any) -> Any:
    """Return rows combined; a single one as it is, and not with the identity, as NumPy has it."""
    return cast(rows, held) if len(rows) == 1 else ufunc.reduce(rows, dtype=dtype)[None]


@defines(np.ufunc.outer)
def _outer(ufunc: Any, A: Any, B: Any, **options: Any) -> Any:  # NumPy's names
    a, b = as_operand(A), as_operand(B)
    return ufunc(a.reshape(a.shape + (1,) * b.ndim), b, **options)


@defines(np.ufunc.at)
def _at(ufunc: Any, a: Any, indices: Any, *b: Any) -> None:
    if not isinstance(a, Tensor):
        if not requires_grad(*b):
            ufunc.at(a, value_of(indices), *map(value_of, b))
            return
        raise TypeError(
            f"np.{ufunc.__name__}.at cannot write a Tensor into an array: the gradient would be "
            "lost. Make the array a tensor first: mg.tensor(array)"
        )
    if ufunc is np.add:
        a._add_at(indices, *b)
        return
    places = np.arange(a.size).reshape(a.shape)[indices]
    values = [np.broadcast_to(as_operand(value), places.shape).reshape(-1) for value in b]
    flat = places.reshape(-1)
    after = a.reshape(-1).copy()
    for chosen in _rounds(flat):  # an element that is picked repeatedly is computed repeatedly
        at = flat[chosen]
        after[at] = ufunc(after[at], *(value[chosen] for value in values))
    a[...] = after.reshape(a.shape)


def _rounds(places: Any) -> list[Any]:
    """Divide positions so that none occurs twice in a group, first occurrences first."""
    if decides():
        places = fixed(places)
        with mode(call=None):
            return _rounds(places)
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    starts = np.searchsorted(ordered, ordered)
    nth = np.empty(places.size, int)
    nth[order] = np.arange(places.size) - starts
    return [np.flatnonzero(nth == n) for n in range(nth.max(initial=0) + 1)]
