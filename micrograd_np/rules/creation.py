"""Arrays that are made of end points, or asked for by ``like=`` a Tensor."""

from typing import Any

import numpy as np

from micrograd_np.declare import defines, defvjp
from micrograd_np.lifting import as_operand, is_traced
from micrograd_np.mode import plain
from micrograd_np.operation import OPERATIONS
from micrograd_np.tensor import Tensor, apply
from micrograd_np.values import value_of


def _share(num: int, endpoint: bool, axis: int, ndim: int) -> Any:
    """Return how much of the second end point is in each place along an axis."""
    share = np.linspace(0.0, 1.0, num, endpoint=endpoint)
    return share.reshape([num if a == axis % ndim else 1 for a in range(ndim)])


def _start(
    g: Any,
    _out: Any,
    _start: Any,
    _stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    device: Any = None,
) -> Any:
    return (g * (1 - _share(num, endpoint, axis, g.ndim))).sum(axis)


def _stop(
    g: Any,
    _out: Any,
    _start: Any,
    _stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    device: Any = None,
) -> Any:
    return (g * _share(num, endpoint, axis, g.ndim)).sum(axis)


LINSPACE = np.linspace
"""NumPy's own: while a program is recorded, the name leads to a function that records it."""


def _linspace_call(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    options = {"num": num, "endpoint": endpoint, "dtype": dtype, "axis": axis, "device": device}
    line = apply(OPERATIONS[LINSPACE], (start, stop), options)
    if not retstep:
        return line
    count = num - 1 if endpoint else num
    return line, (as_operand(stop) - start) / count if count > 0 else np.nan


defvjp(np.linspace, _start, _stop, definition=_linspace_call, broadcasts=True)

# --- given a Tensor by ``like=`` ---------------------------------------------------------------


def _as_tensor(a: Any, dtype: Any = None, order: Any = None, copy: Any = None) -> Any:
    result = a if isinstance(a, Tensor) else Tensor(np.asarray(a))
    order = order or "K"
    if dtype is not None and result.dtype != np.dtype(dtype):
        return result.astype(dtype, order)
    return result.copy(order) if copy or not _lies(result, order) else result


def _lies(a: Any, order: str) -> bool:
    """Whether an array lies in memory in an order; in a program none has an order that is known."""
    if order not in ("C", "F") or is_traced(a):
        return True
    return bool(a.flags.c_contiguous if order == "C" else a.flags.f_contiguous)


@defines(np.asarray, exact=True)
def _asarray(
    a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None
) -> Any:
    return _as_tensor(a, dtype, order, copy)


@defines(np.asanyarray, exact=True)
def _asanyarray(
    a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None
) -> Any:
    return _as_tensor(a, dtype, order, copy)


@defines(np.ascontiguousarray, exact=True)
def _ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    return np.atleast_1d(_as_tensor(a, dtype, "C"))


@defines(np.asfortranarray, exact=True)
def _asfortranarray(a: Any, dtype: Any = None) -> Any:
    return np.atleast_1d(_as_tensor(a, dtype, "F"))


@defines(np.require, exact=True)
def _require(a: Any, dtype: Any = None, requirements: Any = None) -> Any:
    flags = np.require(plain(value_of(a)), dtype, requirements).flags  # or NumPy's error
    return _as_tensor(a, dtype, "F" if flags.fnc else "C" if flags.c_contiguous else "K")
