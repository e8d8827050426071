"""Norms of vectors and matrices.

Where a norm has a kink the slope is the shortest of all subgradients, as PyTorch's: 0 at x = 0,
and ties share evenly.
"""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from micrograd_np.declare import defines, defvjp
from micrograd_np.rules.products import conj


def _norm(
    g: Any,
    out: Any,
    x: Any,
    ord: Any = None,  # noqa: A002  # as NumPy calls it
    axis: Any = None,
    keepdims: bool = False,
) -> Any:
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if axis is not None:
        axes = tuple(a % x.ndim for a in axes)
        shape = [1 if a in axes else n for a, n in enumerate(x.shape)]
        g, out = g.reshape(shape), out.reshape(shape)
    if ord in (None, "fro", "f") or (ord == 2 and len(axes) == 1):
        return g * np.where(out == 0, 0, conj(x) / np.where(out == 0, 1, out))
    if len(axes) == 2:
        return _by_matrices(g, x, ord, axes)
    return _by_vectors(g, out, x, float(ord), axes)


def _by_vectors(g: Any, out: Any, x: Any, p: float, axes: tuple[int, ...]) -> Any:
    sign, length = conj(_sign(x)), abs(x)
    if abs(p) == math.inf:
        return g * _shares(length, p, axes) * sign
    if p == 0:  # it counts the elements that are not 0
        return np.zeros_like(x)
    if p == 1:
        return g * sign
    divisor = np.where(out == 0, 1, out)
    if p > 1:
        return g * sign * (length / divisor) ** (p - 1)
    # Below 1 the slope at x = 0 is infinite, and one such x makes a norm with ord < 0 itself 0.
    zero = (length == 0) | (out == 0)
    ratio = np.where(zero, 1, length / divisor)
    return g * np.where(zero, 0, sign * ratio ** (p - 1))


def _sign(x: Any) -> Any:
    if x.dtype.kind != "c":
        return np.sign(x)
    length = abs(x)
    return np.where(length == 0, 0, x / np.where(length == 0, 1, length))


def _shares(a: Any, p: float, axes: tuple[int, ...]) -> Any:
    """Return by how much each element makes the largest along axes (or, for p < 0, the least).

    A nan makes the result nan, equal to no element: all get nan.
    """
    pick = np.max if p > 0 else np.min
    top = pick(a, axis=axes, keepdims=True) if a.size else a
    ties = a == top
    share = ties / np.maximum(ties.sum(axis=axes, keepdims=True), 1)
    return np.where(np.isnan(top), np.nan, share)


def _by_matrices(g: Any, x: Any, order: Any, axes: tuple[int, ...]) -> Any:
    if order in (2, -2, "nuc"):
        return _by_singular_values(g, x, order, axes)
    # The largest (or the least) of the sums along one of the axes.
    along = axes[0] if abs(order) == 1 else axes[1]
    lengths = abs(x)
    return g * _shares(lengths.sum(axis=along, keepdims=True), order, axes) * conj(_sign(x))


def _by_singular_values(g: Any, x: Any, order: Any, axes: tuple[int, ...]) -> Any:
    matrices = np.moveaxis(x, axes, (-2, -1))
    u, s, vh = np.linalg.svd(matrices, full_matrices=False)
    rounding = max(matrices.shape[-2:]) * np.finfo(s.dtype).eps
    largest = s.max(axis=-1, keepdims=True, initial=0)
    counted = s > rounding * largest
    if order != "nuc":
        picked = largest if order == 2 else s.min(axis=-1, keepdims=True)
        ties = abs(s - picked) <= rounding * largest
        counted = counted & ties
        counted = counted / np.maximum(ties.sum(-1, keepdims=True), 1)
    polar = conj((u * counted[..., None, :]) @ vh)
    return g * np.moveaxis(polar, (-2, -1), axes)


def _along(x: Any, axis: Any = None, **_: Any) -> list[tuple[int, Any]]:
    return [(0, axis)]


defvjp(
    np.linalg.norm,
    _norm,
    analytic=False,
    sums=_along,
    kinks="x = 0: 0; the largest or the least of several: ties share evenly",
    torch="linalg.vector_norm",
)


@defines(np.linalg.matrix_norm, analytic=False)
def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002
    return np.linalg.norm(x, ord, (-2, -1), keepdims)


@defines(np.linalg.vector_norm, analytic=False)
def _vector_norm(
    x: Any,
    /,
    *,
    axis: Any = None,
    keepdims: bool = False,
    ord: Any = 2,  # noqa: A002
) -> Any:
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    if axis is None:
        rows, along = x.ravel(), 0
    elif isinstance(axis, tuple):
        rest = tuple(a for a in range(x.ndim) if a not in axes)
        count = math.prod(x.shape[a] for a in axes)
        rows, along = x.transpose(axes + rest).reshape((count, *(x.shape[a] for a in rest))), 0
    else:
        rows, along = x, axis
    result = np.linalg.norm(rows, ord, along)
    if not keepdims:
        return result
    return result.reshape([1 if a in axes else n for a, n in enumerate(x.shape)])
