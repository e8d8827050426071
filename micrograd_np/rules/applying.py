"""Functions of the user's that are applied along axes."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from micrograd_np.declare import defines
from micrograd_np.lifting import as_operand, cast


@defines(np.apply_along_axis)
def _apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Any:
    axis = normalize_axis_index(axis, arr.ndim)
    rows = np.moveaxis(arr, axis, -1)
    others = tuple(map(int, rows.shape[:-1]))
    if 0 in others:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    results = [
        as_operand(func1d(rows[(*index, ...)], *args, **kwargs)) for index in np.ndindex(*others)
    ]
    shape, dtype = results[0].shape, results[0].dtype
    results = [cast(result, dtype) for result in results]
    stacked = np.stack(results).reshape((*others, *shape))
    made = range(len(others), len(others) + len(shape))
    return np.moveaxis(stacked, made, range(axis, axis + len(shape)))


@defines(np.apply_over_axes)
def _apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    value = as_operand(a)
    ndim = value.ndim
    for axis in np.atleast_1d(axes).tolist():
        axis = ndim + axis if axis < 0 else axis
        result = func(value, axis)
        if result.ndim != value.ndim:
            result = np.expand_dims(result, axis)
        if result.ndim != value.ndim:
            raise ValueError("function is not returning an array of the correct shape")
        value = result
    return value
