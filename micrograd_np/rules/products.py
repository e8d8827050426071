"""Products of matrices and vectors."""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from micrograd_np.declare import defines, defvjp
from micrograd_np.lifting import as_operand
from micrograd_np.mode import plain
from micrograd_np.values import value_of, write


def _matmul_left(g: Any, _out: Any, _a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return g[..., None] * b
    if len(_a.shape) == 1:
        return (b @ g[..., None])[..., 0]
    return g @ b.swapaxes(-1, -2)


def _matmul_right(g: Any, _out: Any, a: Any, _b: Any) -> Any:
    if a.ndim == 1:
        return g * a if len(_b.shape) == 1 else a[:, None] * g[..., None, :]
    if len(_b.shape) == 1:
        return (a.swapaxes(-1, -2) @ g[..., None])[..., 0]
    return a.swapaxes(-1, -2) @ g


defvjp(
    np.matmul,
    _matmul_left,
    _matmul_right,
    broadcasts=True,
    sums=lambda _a, _b: [(0, -1)],
    torch="matmul",
    prints="{0} @ {1}",
    math=r"#1 #2",
)


def _dot_left(g: Any, _out: Any, _a: Any, b: Any) -> Any:
    # The last axis of a is summed with the last but one of b (or its only one).
    if not _ndim(_a) or not _ndim(b):
        return (g * b).sum() if not _ndim(_a) else g * b
    if b.ndim <= 2:
        return _matmul_left(g, _out, _a, b)
    rows, columns, count = _dot_sizes(_a, b)
    flat = np.moveaxis(b, -2, 0)
    return (g.reshape((rows, columns)) @ flat.reshape((count, columns)).T).reshape(_a.shape)


def _dot_right(g: Any, _out: Any, a: Any, _b: Any) -> Any:
    if not _ndim(a) or not _ndim(_b):
        return (g * a).sum() if not _ndim(_b) else g * a
    if a.ndim <= 2 and _b.ndim <= 2:
        return _matmul_right(g, _out, a, _b)
    rows, columns, count = _dot_sizes(a, _b)
    grad = a.reshape((rows, count)).T @ g.reshape((rows, columns))
    if _b.ndim == 1:
        return grad.reshape(_b.shape)
    return np.moveaxis(grad.reshape((count, *_b.shape[:-2], _b.shape[-1])), 0, -2)


def _ndim(a: Any) -> int:
    return getattr(a, "ndim", 0)  # a Python number has none


def _dot_sizes(a: Any, b: Any) -> tuple[int, int, int]:
    """Return the shape of ``dot(a, b)`` as one of matrices, and the length of the summed axis."""
    columns = math.prod(b.shape[:-2]) * b.shape[-1] if b.ndim > 1 else 1
    return math.prod(a.shape[:-1]), columns, a.shape[-1]


defvjp(
    np.dot,
    _dot_left,
    _dot_right,
    sums=lambda a, b: [(0, -1)] if _ndim(a) and _ndim(b) else [],
    math="#1 #2",
)


def conj(x: Any) -> Any:
    """Return the conjugate of a complex array, and a real one as it is."""
    return np.conjugate(x) if x.dtype.kind == "c" else x


def transposed(a: Any) -> Any:
    """Return matrices with rows and columns exchanged."""
    return a.swapaxes(-1, -2)


# vdot, vecdot and vecmat conjugate what they are given first.
def _vdot_left(g: Any, _out: Any, _a: Any, b: Any) -> Any:
    grad = conj(g * b)
    return grad if grad.shape == _a.shape else grad.reshape(_a.shape)


def _vdot_right(g: Any, _out: Any, a: Any, _b: Any) -> Any:
    grad = g * conj(a)
    return grad if grad.shape == _b.shape else grad.reshape(_b.shape)


defvjp(
    np.vdot,
    _vdot_left,
    _vdot_right,
    analytic=False,
    sums=lambda _a, _b: [(0, None)],
    torch="vdot",
)
defvjp(
    np.vecdot,
    lambda g, _out, _x1, x2: conj(g[..., None] * x2),
    lambda g, _out, x1, _x2: g[..., None] * conj(x1),
    broadcasts=True,
    analytic=False,
    sums=lambda _x1, _x2: [(0, -1)],
    torch="linalg.vecdot",
)
if hasattr(np, "matvec"):  # since NumPy 2.2
    defvjp(
        np.matvec,
        lambda g, _out, _x1, x2: g[..., :, None] * x2[..., None, :],
        lambda g, _out, x1, _x2: (x1.swapaxes(-1, -2) @ g[..., None])[..., 0],
        broadcasts=True,
        sums=lambda _x1, _x2: [(0, -1)],
    )
    defvjp(
        np.vecmat,
        lambda g, _out, _x1, x2: conj((x2 @ g[..., None])[..., 0]),
        lambda g, _out, x1, _x2: conj(x1)[..., :, None] * g[..., None, :],
        broadcasts=True,
        analytic=False,
        sums=lambda _row, _matrix: [(0, -1)],
    )


# --- written with others -----------------------------------------------------------------------


@defines(np.inner, torch="inner")
def _inner(a: Any, b: Any, /) -> Any:
    a, b = as_operand(a), as_operand(b)
    return np.dot(a, b.swapaxes(-1, -2) if b.ndim > 1 and a.ndim else b)


@defines(np.outer, torch="outer")
def _outer(a: Any, b: Any, out: Any = None) -> Any:
    result = as_operand(a).ravel()[:, None] * as_operand(b).ravel()[None, :]
    return result if out is None else write("np.outer", out, result)


@defines(np.kron, torch="kron")
def _kron(a: Any, b: Any) -> Any:
    a, b = as_operand(a), as_operand(b)
    ndim = max(a.ndim, b.ndim)
    long_a = (1,) * (ndim - a.ndim) + a.shape
    long_b = (1,) * (ndim - b.ndim) + b.shape
    left = a.reshape([n for size in long_a for n in (size, 1)])
    right = b.reshape([n for size in long_b for n in (1, size)])
    return (left * right).reshape([m * n for m, n in zip(long_a, long_b, strict=True)])


@defines(np.tensordot, torch="tensordot")
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = as_operand(a), as_operand(b)
    of_a, of_b = axes if np.iterable(axes) else (range(-axes, 0), range(axes))
    of_a = [normalize_axis_index(axis, a.ndim) for axis in (of_a if np.iterable(of_a) else [of_a])]
    of_b = [normalize_axis_index(axis, b.ndim) for axis in (of_b if np.iterable(of_b) else [of_b])]
    summed = [a.shape[axis] for axis in of_a]
    if summed != [b.shape[axis] for axis in of_b]:
        raise ValueError("shape-mismatch for sum")
    for name, axes_of in (("first", of_a), ("second", of_b)):
        if len(set(axes_of)) < len(axes_of):
            raise ValueError(f"np.tensordot: an axis of the {name} array is named twice")
    rest_a = [axis for axis in range(a.ndim) if axis not in of_a]
    rest_b = [axis for axis in range(b.ndim) if axis not in of_b]
    rows, columns = [a.shape[n] for n in rest_a], [b.shape[n] for n in rest_b]
    left = a.transpose(rest_a + of_a).reshape((math.prod(rows), math.prod(summed)))
    right = b.transpose(of_b + rest_b).reshape((math.prod(summed), math.prod(columns)))
    return np.dot(left, right).reshape(rows + columns)


@defines(np.cross)
def _cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    # Raises what NumPy raises, and warns.
    np.cross(plain(value_of(a)), plain(value_of(b)), axisa, axisb, axisc)
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    a0, a1, *of_a = (a[..., k] for k in range(a.shape[-1]))
    b0, b1, *of_b = (b[..., k] for k in range(b.shape[-1]))
    last = a0 * b1 - a1 * b0
    if not of_a and not of_b:
        return last
    if of_a and of_b:
        parts = [a1 * of_b[0] - of_a[0] * b1, of_a[0] * b0 - a0 * of_b[0], last]
    elif of_a:
        parts = [-(of_a[0] * b1), of_a[0] * b0, last]
    else:
        parts = [a1 * of_b[0], -(a0 * of_b[0]), last]
    return np.moveaxis(np.stack(parts, -1), -1, axisc)


def _trace(
    g: Any,
    _out: Any,
    _a: Any,
    offset: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    dtype: Any = None,
) -> Any:
    ones = np.eye(_a.shape[axis1], _a.shape[axis2], offset, dtype=g.dtype)
    return np.moveaxis(g[..., None, None] * ones, (-2, -1), (axis1, axis2))


defvjp(np.trace, _trace, math=r"\mathrm{tr}(#1)")


@defines(np.linalg.matrix_transpose, np.matrix_transpose)
def _matrix_transpose(x: Any, /) -> Any:
    if x.ndim < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {x.ndim}")
    return x.swapaxes(-1, -2)
