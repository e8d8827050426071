"""Functions that join arrays, and those that take them apart again."""

from itertools import pairwise
from typing import Any

import numpy as np

from micrograd_np.declare import defines, defvjp
from micrograd_np.lifting import as_operand
from micrograd_np.operation import OPERATIONS
from micrograd_np.rules.indexing import scatter
from micrograd_np.tensor import apply
from micrograd_np.values import value_of

# --- joining -----------------------------------------------------------------------------------


def _parts_of_concatenate(
    g: Any, _out: Any, *_arrays: Any, axis: Any = 0, dtype: Any = None, casting: Any = "same_kind"
) -> list[Any]:
    parts = []
    start: Any = 0
    for array in _arrays:
        if axis is None:  # a plain number may be among them
            stop = start + np.size(array)
            parts.append(g[start:stop].reshape(np.shape(array)))
        else:
            stop = start + array.shape[axis]
            parts.append(g[(slice(None),) * (axis % g.ndim) + (slice(start, stop),)])
        start = stop
    return parts


def _parts_of_stack(
    g: Any, _out: Any, *_arrays: Any, axis: int = 0, dtype: Any = None, casting: Any = "same_kind"
) -> list[Any]:
    before = (slice(None),) * (axis % g.ndim)
    return [g[(*before, position)] for position in range(len(_arrays))]


defvjp(
    np.concatenate,
    joint=_parts_of_concatenate,
    compute=lambda *arrays, **options: np.concatenate(arrays, **options),
    spread=True,
    exact=True,
    torch="cat",
)
defvjp(
    np.stack,
    joint=_parts_of_stack,
    compute=lambda *arrays, **options: np.stack(arrays, **options),
    spread=True,
    exact=True,
    torch="stack",
)


def _operands(tup: Any) -> list[Any]:
    return [as_operand(array) for array in tup]


@defines(np.vstack)
def _vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    arrays = [_widened(array, 2) for array in _operands(tup)]
    return np.concatenate(arrays, 0, dtype=dtype, casting=casting)


@defines(np.hstack)
def _hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    arrays = [_widened(array, 1) for array in _operands(tup)]
    axis = 0 if arrays[0].ndim == 1 else 1
    return np.concatenate(arrays, axis, dtype=dtype, casting=casting)


@defines(np.dstack)
def _dstack(tup: Any) -> Any:
    return np.concatenate([_widened_at_the_end(array) for array in _operands(tup)], 2)


@defines(np.column_stack)
def _column_stack(tup: Any) -> Any:
    columns = [a if a.ndim >= 2 else _widened(a, 2).T for a in _operands(tup)]
    return np.concatenate(columns, 1)


@defines(np.append)
def _append(arr: Any, values: Any, axis: Any = None) -> Any:
    return np.concatenate((arr, values), axis)


@defines(np.block)
def _block(arrays: Any) -> Any:
    depth = _depth(arrays)
    ndim = max(depth, *(np.ndim(array) for array in _innermost(arrays)))

    def joined(arrays: Any, level: int) -> Any:
        if level == 0:
            return _widened(as_operand(arrays), ndim)
        return np.concatenate([joined(array, level - 1) for array in arrays], -level)

    return joined(arrays, depth) if depth else joined(arrays, 0).copy()


def _depth(arrays: Any) -> int:
    """Return how deeply lists are nested, which must be the same everywhere."""
    if isinstance(arrays, tuple):
        raise TypeError("np.block arranges blocks in lists; a tuple is not taken for an array")
    if not isinstance(arrays, list):
        return 0
    if not arrays:
        raise ValueError("np.block: a list of blocks cannot be empty")
    depths = {_depth(array) for array in arrays}
    if len(depths) > 1:
        raise ValueError(f"np.block: list depths are mismatched: {sorted(depths)}")
    return 1 + depths.pop()


def _innermost(arrays: Any) -> list[Any]:
    if not isinstance(arrays, list):
        return [arrays]
    return [array for part in arrays for array in _innermost(part)]


# --- taking apart ------------------------------------------------------------------------------


def _listed(function: Any) -> Any:
    """Return a call of a function of several results that gives a list, as NumPy's does."""

    def call(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
        options = {"indices_or_sections": value_of(indices_or_sections)}
        options |= {} if axis == 0 else {"axis": axis}
        return list(apply(OPERATIONS[function], (as_operand(ary),), options))

    return call


for _function in (np.split, np.array_split):
    defvjp(
        _function,
        lambda g, _out, _ary, indices_or_sections, axis=0: _put_together(
            g, _ary.shape, indices_or_sections, axis
        ),
        exact=True,
        definition=_listed(_function),
        view=True,
        results=0,
        torch="tensor_split",
    )


def _put_together(g: Any, shape: Any, where: Any, axis: int) -> Any:
    if np.ndim(where) == 0 or not _goes_back(where, shape[axis]):
        return np.concatenate(g, axis=axis)
    # Between such cuts, [3, 1], elements are given twice or not at all.
    total: Any = 0
    for part, start, stop in zip(g, [None, *where], [*where, None], strict=True):
        index = (slice(None),) * (axis % len(shape)) + (slice(start, stop),)
        total = total + scatter(part, index, shape)
    return total


def _goes_back(where: Any, n: Any) -> bool:
    # An integer of NumPy makes an array of a length that a program may be given others of.
    where = [int(cut) if isinstance(cut, np.integer) else cut for cut in where]
    cuts = [cut + n if cut < 0 else cut for cut in where]
    return any(a > b for a, b in pairwise(cuts))


@defines(np.hsplit)
def _hsplit(ary: Any, indices_or_sections: Any) -> Any:
    if ary.ndim == 0:
        raise ValueError("hsplit only works on arrays of 1 or more dimensions")
    return np.split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@defines(np.vsplit)
def _vsplit(ary: Any, indices_or_sections: Any) -> Any:
    if ary.ndim < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return np.split(ary, indices_or_sections, 0)


@defines(np.dsplit)
def _dsplit(ary: Any, indices_or_sections: Any) -> Any:
    if ary.ndim < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return np.split(ary, indices_or_sections, 2)


if hasattr(np, "unstack"):  # NumPy 2.1

    @defines(np.unstack)
    def _unstack(x: Any, /, *, axis: int = 0) -> Any:
        if x.ndim == 0:
            raise ValueError("np.unstack needs an array of at least one dimension")
        return tuple(np.moveaxis(x, axis, 0))


# --- more axes, and the same for several -------------------------------------------------------


def _widened(array: Any, ndim: int) -> Any:
    """Put axes of length one in front."""
    missing = ndim - array.ndim
    return array[(None,) * missing] if missing > 0 else array


def _widened_at_the_end(array: Any) -> Any:
    array = _widened(array, 2)
    return array[:, :, None] if array.ndim == 2 else array


def _each(function: Any, arys: tuple[Any, ...]) -> Any:
    widened = tuple(function(as_operand(array)) for array in arys)
    return widened[0] if len(widened) == 1 else widened


@defines(np.atleast_1d)
def _atleast_1d(*arys: Any) -> Any:
    return _each(lambda array: _widened(array, 1), arys)


@defines(np.atleast_2d)
def _atleast_2d(*arys: Any) -> Any:
    return _each(lambda array: _widened(array, 2), arys)


@defines(np.atleast_3d)
def _atleast_3d(*arys: Any) -> Any:
    return _each(_widened_at_the_end, arys)


@defines(np.broadcast_arrays)
def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    arrays = [as_operand(array) for array in args]
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    return tuple(a if a.shape == shape else np.broadcast_to(a, shape) for a in arrays)


@defines(np.meshgrid)
def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: Any = "xy") -> Any:
    if indexing not in ("xy", "ij"):
        raise ValueError("np.meshgrid: indexing must be 'xy' or 'ij'")
    order = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        order[:2] = [1, 0]
    grids = tuple(
        as_operand(x).reshape([-1 if axis == along else 1 for axis in range(len(xi))])
        for x, along in zip(xi, order, strict=True)
    )
    if not sparse:
        grids = np.broadcast_arrays(*grids)
    return tuple(grid.copy() for grid in grids) if copy else grids
