"""Functions that write into their first argument: it must be a tensor if a value is one.

As ``t[index] = value`` they are recorded, so that values read earlier stay valid.
"""

from typing import Any

import numpy as np

from micrograd_np.declare import defines
from micrograd_np.lifting import as_operand
from micrograd_np.mode import plain
from micrograd_np.rules.picking import along_axis, positions
from micrograd_np.tensor import Tensor
from micrograd_np.values import requires_grad, value_of


def _into_array(function: Any, array: Any, *args: Any, **options: Any) -> None:
    """Write into a plain array what needs no gradient."""
    if requires_grad(*args, *options.values()):
        name = f"np.{function.__name__}"
        raise TypeError(
            f"{name} cannot write a Tensor into an array: the gradient would be lost. Make the "
            "array a tensor first: mg.tensor(array)"
        )
    function(array, *map(value_of, args), **{k: value_of(v) for k, v in options.items()})


def _shape(a: Tensor) -> tuple[int, ...]:
    """Return the lengths as plain integers, also while a program is recorded: it is for these."""
    return tuple(map(int, a.shape))


def _write_flat(a: Any, places: Any, values: Any) -> None:
    """Write at positions in the flattened array."""
    flat = a.reshape(-1).copy()
    flat[places] = values
    a[...] = flat.reshape(a.shape)


@defines(np.put)
def _put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    if not isinstance(a, Tensor):
        return _into_array(np.put, a, ind, v, mode=mode)
    np.take(np.zeros(1), 0, mode=mode)  # or NumPy's error
    index = np.asarray(value_of(ind))
    places = np.ravel(index).astype(np.intp, casting="same_kind" if index.size else "unsafe")
    values = np.ravel(as_operand(v))
    if not values.size:
        return None
    _write_flat(a, positions(places, a.size, mode), np.resize(values, places.size))
    return None


@defines(np.place)
def _place(arr: Any, mask: Any, vals: Any) -> None:
    if not isinstance(arr, Tensor):
        return _into_array(np.place, arr, mask, vals)
    mask, values = np.asarray(value_of(mask), dtype=bool), np.ravel(as_operand(vals))
    if mask.size != arr.size:
        raise ValueError("place: mask and data must be the same size")
    places = np.flatnonzero(mask)
    if places.size and not values.size:
        raise ValueError("Cannot insert from an empty array!")
    _write_flat(arr, places, np.resize(values, places.size))
    return None


@defines(np.putmask)
def _putmask(a: Any, mask: Any, values: Any) -> None:
    if not isinstance(a, Tensor):
        return _into_array(np.putmask, a, mask, values)
    mask, values = np.asarray(value_of(mask), dtype=bool), np.ravel(as_operand(values))
    if mask.size != a.size:
        raise ValueError("putmask: mask and data must be the same size")
    if values.size:
        places = np.flatnonzero(mask)
        _write_flat(a, places, values[places % values.size])
    return None


@defines(np.copyto)
def _copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    if not isinstance(dst, Tensor):
        return _into_array(np.copyto, dst, src, casting=casting, where=where)
    is_weak = type(src) in (int, float, complex)  # such a number has the dtype of `dst`, if it can
    source = np.asarray(src, np.result_type(dst.dtype, src)) if is_weak else as_operand(src)
    if not np.can_cast(source.dtype, dst.dtype, casting):
        raise TypeError(f"np.copyto: cannot cast from {source.dtype} to {dst.dtype} by {casting}")
    if where is True:
        dst[...] = source
        return None
    mask = np.broadcast_to(np.asarray(value_of(where), dtype=bool), dst.shape)
    if source.ndim > dst.ndim:
        source = source.reshape(source.shape[source.ndim - dst.ndim :])
    dst[mask] = np.broadcast_to(source, dst.shape)[mask]
    return None


@defines(np.put_along_axis)
def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    if not isinstance(arr, Tensor):
        return _into_array(np.put_along_axis, arr, indices, values, axis)
    indices = value_of(indices)
    if axis is None:
        if np.ndim(indices) != 1:
            raise ValueError("when axis=None, `indices` must have a single dimension.")
        return _write_flat(arr, indices, values)
    np.take_along_axis(np.broadcast_to(False, _shape(arr)), plain(indices), axis)  # or its error
    arr[along_axis(arr.ndim, arr.shape, indices, axis % arr.ndim)] = values
    return None


@defines(np.fill_diagonal)
def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    on = np.broadcast_to(False, _shape(a)).copy()
    np.fill_diagonal(on, True, wrap)  # or NumPy's error
    places, values = np.flatnonzero(on), np.ravel(as_operand(val))
    if values.size:
        _write_flat(a, places, np.resize(values, places.size))
