"""``np.pad``: what is put around an array."""

from typing import Any

import numpy as np

from micrograd_np.declare import defvjp
from micrograd_np.lifting import fixed, held
from micrograd_np.mode import Symbolic, plain
from micrograd_np.operation import OPERATIONS
from micrograd_np.rules.indexing import scatter
from micrograd_np.tensor import apply
from micrograd_np.values import has_gradient, value_of

OPTIONS: dict[str, tuple[str, ...]] = {
    "constant": ("constant_values",),
    "edge": (),
    "wrap": (),
    "reflect": ("reflect_type",),
    "symmetric": ("reflect_type",),
    "empty": (),
    "linear_ramp": ("end_values",),
    "maximum": ("stat_length",),
    "mean": ("stat_length",),
    "median": ("stat_length",),
    "minimum": ("stat_length",),
}
"""The modes of ``np.pad`` and what else each of them takes."""


def _pad_call(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    if callable(mode):
        return _written_around(array, pad_width, mode, kwargs)
    if mode not in OPTIONS:
        raise ValueError(f"np.pad: mode {mode!r} is not supported; known are {', '.join(OPTIONS)}")
    unknown = sorted(kwargs.keys() - set(OPTIONS[mode]))
    if unknown:
        raise ValueError(f"np.pad with mode={mode!r} does not take {', '.join(unknown)}=")
    if mode == "empty":  # whose values are whatever is there
        mode = "constant"
    if has_gradient(kwargs.get("constant_values", 0)):
        return _between_constants(array, pad_width, kwargs["constant_values"])
    odd = kwargs.get("reflect_type", "even") == "odd"
    if not odd and mode not in BETWEEN:
        options = kwargs if mode == "constant" else {"mode": mode, **kwargs}
        return apply(OPERATIONS[np.pad], (array,), {"pad_width": pad_width, **options})
    shape = np.shape(plain(value_of(array)))
    np.pad(
        np.broadcast_to(0.0, shape), plain(value_of(pad_width)), mode, **kwargs
    )  # or NumPy's error
    if not array.size:  # the axes become longer, but nothing is put there
        return np.pad(array, pad_width)
    for axis, width in enumerate(pairs(pad_width, array.ndim)):
        if odd:
            array = _reflected(array, axis, *width, includes_edge=mode == "symmetric")
        else:
            array = BETWEEN[mode](array, axis, width, **kwargs)
    return array


def _stacked(values: Any) -> Any:
    return np.stack([_stacked(v) for v in values]) if isinstance(values, (tuple, list)) else values


def _between_constants(array: Any, pad_width: Any, values: Any) -> Any:
    """Put around an array what has a gradient itself: one value, or two for each axis."""
    values = np.broadcast_to(_stacked(values), (array.ndim, 2)).astype(array.dtype)
    for axis, widths in enumerate(pairs(pad_width, array.ndim)):
        before, after = (
            np.broadcast_to(values[axis, side], (*array.shape[:axis], n, *array.shape[axis + 1 :]))
            for side, n in enumerate(widths)
        )
        array = np.concatenate((before, array, after), axis)
    return array


# --- modes that only move elements -------------------------------------------------------------


def _pad(
    g: Any,
    _out: Any,
    _array: Any,
    pad_width: Any,
    mode: Any = "constant",
    constant_values: Any = 0,
    reflect_type: Any = "even",
) -> Any:
    widths = pairs(pad_width, _array.ndim)
    if mode == "constant":
        return g[tuple(_inner(*width, n) for width, n in zip(widths, _array.shape, strict=True))]
    for axis, width in enumerate(widths):
        if width != (0, 0) or any(isinstance(n, Symbolic) for n in width):
            # The same element stands at several places: the gradients there add up.
            source = np.pad(np.arange(_array.shape[axis]), width, mode)
            shape = (*_array.shape[: axis + 1], *g.shape[axis + 1 :])
            g = scatter(g, (slice(None),) * axis + (source,), shape)
    return g


def _inner(before: Any, after: Any, n: Any) -> slice:
    if isinstance(before, Symbolic) or isinstance(after, Symbolic):
        return slice(before, before + n)
    # Counted from the end, as one writes it: for other inputs a plain width is no other.
    return slice(before or None, -after or None)


def pairs(given: Any, ndim: int) -> list[tuple[Any, Any]]:
    """Return a pair for each axis, before and after it, from what ``np.pad`` takes for them."""
    given = fixed(given)
    if isinstance(given, dict):  # by axis, from NumPy 2.4 on
        by_axis = {axis % ndim: np.broadcast_to(pair, 2) for axis, pair in given.items()}
        given = [by_axis.get(axis, (0, 0)) for axis in range(ndim)]
    return [(before, after) for before, after in np.broadcast_to(given, (ndim, 2)).tolist()]


defvjp(np.pad, _pad, definition=_pad_call, exact=True)


# --- modes that compute what is put around -----------------------------------------------------
#
# Axis by axis: what is put around the second axis is computed from what is around the first, too.


def _part(axis: int, *bounds: Any) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(*bounds))


def _statistic(function: Any) -> Any:
    def between(array: Any, axis: int, width: Any, stat_length: Any = None) -> Any:
        n = array.shape[axis]
        if stat_length is not None:
            held(n)  # it tells what is cut off
        lengths = pairs(stat_length, array.ndim)[axis]
        before, after = (n if length is None else min(length, n) for length in lengths)
        first = function(array[_part(axis, None, before)], axis=axis, keepdims=True)
        last = function(array[_part(axis, n - after, n)], axis=axis, keepdims=True)
        if array.dtype.kind in "iu":
            first, last = np.rint(first), np.rint(last)
        around = (first.astype(array.dtype), last.astype(array.dtype))
        parts = [np.repeat(value, count, axis) for value, count in zip(around, width, strict=True)]
        return np.concatenate((parts[0], array, parts[1]), axis)

    return between


def _ramp(array: Any, axis: int, width: Any, end_values: Any = 0) -> Any:
    ends = pairs(end_values, array.ndim)[axis]
    given = np.asarray(end_values)
    if given.size <= 2 and given.shape != (2, 1):
        # NumPy computes in the precision of these, if there are not some for each axis.
        ends = tuple(map(given.dtype.type, ends))
    edges = (array[_part(axis, None, 1)], array[_part(axis, -1, None)])
    before, after = (
        np.linspace(
            end, np.squeeze(edge, axis), count, endpoint=False, dtype=array.dtype, axis=axis
        )
        for end, edge, count in zip(ends, edges, width, strict=True)
    )
    return np.concatenate((before, array, np.flip(after, axis)), axis)


BETWEEN = {
    "linear_ramp": _ramp,
    "maximum": _statistic(np.max),
    "minimum": _statistic(np.min),
    "mean": _statistic(np.mean),
    "median": _statistic(np.median),
}
"""What is put around by the modes that compute it."""


def _reflected(array: Any, axis: int, before: int, after: int, includes_edge: bool) -> Any:
    """Put around an array what mirrors it in its edges, in place and in value."""
    own = n = int(array.shape[axis])
    if own == 1:  # all mirror images are it itself
        return np.pad(
            array, [(before, after) if a == axis else (0, 0) for a in range(array.ndim)], "edge"
        )
    period, skip = (own, 0) if includes_edge else (own - 1, 1)
    while before or after:
        longest = (n - skip) // period * period
        left, right = min(longest, before), min(longest, after)
        first, last = array[_part(axis, None, 1)], array[_part(axis, -1, None)]
        left_part = np.flip(array[_part(axis, skip, skip + left)], axis)
        right_part = np.flip(array[_part(axis, n - skip - right, n - skip)], axis)
        array = np.concatenate((2 * first - left_part, array, 2 * last - right_part), axis)
        n, before, after = n + left + right, before - left, after - right
    return array


def _written_around(array: Any, pad_width: Any, function: Any, kwargs: dict[str, Any]) -> Any:
    """Let a function write into each vector, along each axis, of an array between zeros."""
    array = np.pad(array, pad_width)
    for axis, width in enumerate(pairs(pad_width, array.ndim)):
        moved = np.moveaxis(array, axis, -1)
        vectors = moved.reshape((-1, moved.shape[-1])).copy()
        for row in range(len(vectors)):
            vector = vectors[row].copy()
            function(vector, width, axis, kwargs)
            vectors[row] = vector
        array = np.moveaxis(vectors.reshape(moved.shape), -1, axis)
    return array
