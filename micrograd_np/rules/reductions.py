"""Functions that reduce axes: sums, means, variances, maxima; and the running sum."""

import math
from typing import Any

import numpy as np

from micrograd_np.declare import constant, defvjp
from micrograd_np.lifting import holds
from micrograd_np.primitive import primitive


@primitive
def expand(array: Any, shape: tuple[int, ...]) -> Any:
    """Broadcast `array` to `shape`, as ``np.broadcast_to`` but cheaper for small arrays."""
    if math.prod(shape) > 4096:
        return np.broadcast_to(array, shape)
    out = np.empty(shape, array.dtype)
    out[...] = array
    return out


defvjp(
    expand,
    lambda g, _out, _array, shape: g,  # the engine sums what was broadcast
    broadcasts=True,
    exact=True,
    composite=False,
    torch="broadcast_to",
    math="#1",
)


def _back(g: Any, like: Any, axis: Any, keepdims: bool = False) -> Any:
    """Give the gradient of a reduction to every element that was reduced."""
    return expand(_kept(g, like, axis, keepdims), like.shape)


def _kept(g: Any, like: Any, axis: Any, keepdims: bool) -> Any:
    """Give back the axes that were reduced, with length one; a number broadcasts as it is."""
    if keepdims or not g.ndim:
        return g
    axes = [a % like.ndim for a in (axis if isinstance(axis, tuple) else (axis,))]
    return g.reshape([1 if a in axes else n for a, n in enumerate(like.shape)])


def _count(like: Any, axis: Any) -> int:
    """Return how many elements each result of a reduction was made of."""
    if axis is None:
        return math.prod(like.shape)
    return math.prod(like.shape[a] for a in (axis if isinstance(axis, tuple) else (axis,)))


def divide(g: Any, count: float) -> Any:
    """Divide by a count, which float16 may not be able to hold."""
    return (g / np.float64(count)).astype(g.dtype) if g.dtype.itemsize == 2 else g / count


def _along(_a: Any, axis: Any = None, **_: Any) -> list[tuple[int, Any]]:
    return [(0, axis)]


defvjp(
    np.sum,
    lambda g, _out, _a, axis=None, keepdims=False: _back(g, _a, axis, keepdims),
    compute=lambda a, axis=None, keepdims=False: np.add.reduce(a, axis, keepdims=keepdims),
    sums=_along,
    torch="sum",
    prints="{0}.sum()",
    math=r"\sum_{#axis} #1",
)
defvjp(
    np.mean,
    lambda g, _out, _a, axis=None, keepdims=False: _back(
        divide(g, _count(_a, axis)), _a, axis, keepdims
    ),
    sums=_along,
    torch="mean",
    prints="{0}.mean()",
    math=r"\frac{1}{#count} \sum_{#axis} #1",
)


def _var(
    g: Any, _out: Any, a: Any, axis: Any = None, ddof: float = 0, keepdims: Any = False
) -> Any:
    # d/dx_i  sum (x - mean)^2 / (n - ddof) = 2 (x_i - mean) / (n - ddof)
    centred = a - a.mean(axis=axis, keepdims=True)
    return _back(divide(2 * g, _count(a, axis) - ddof), a, axis, keepdims) * centred


def _std(g: Any, out: Any, a: Any, axis: Any = None, ddof: float = 0, keepdims: Any = False) -> Any:
    # d sqrt(v) = dv / (2 sqrt(v)); where all elements are equal, the subgradient 0.
    by_var = np.where(out == 0, 0, g / np.where(out == 0, 1, 2 * out))
    return _var(by_var, out, a, axis, ddof, keepdims)


defvjp(
    np.var,
    _var,
    analytic=False,
    torch="var",
    prints="{0}.var()",
    math=r"\mathrm{Var}_{#axis} #1",
)
defvjp(
    np.std,
    _std,
    analytic=False,
    kinks="all elements equal: 0",
    torch="std",
    prints="{0}.std()",
    math=r"\mathrm{Std}_{#axis} #1",
)


def _extreme(g: Any, out: Any, a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    # Ties share evenly. A nan makes the result nan, equal to no element: all get nan.
    top = _back(out, a, axis, keepdims)
    ties = a == top
    count = ties.sum(axis=axis, keepdims=True)
    if holds((count > 0).all()):
        return _back(g, a, axis, keepdims) * (ties / count)
    share = np.where(np.isnan(top), np.nan, ties / np.maximum(count, 1))
    return _back(g, a, axis, keepdims) * share


for _function, _name in (
    (np.max, "amax"),
    (np.amax, "amax"),
    (np.min, "amin"),
    (np.amin, "amin"),
):
    defvjp(
        _function,
        _extreme,
        exact=True,
        kinks="ties: shared evenly",
        torch=_name,
        prints=f"{{0}}.{_name[1:]}()",
        math=rf"\{_name[1:]}_{{#axis}} #1",
    )


def _cumsum(g: Any, _out: Any, _a: Any, axis: int | None = None) -> Any:
    # The running sum from the other end.
    along = 0 if axis is None else axis
    return np.flip(np.cumsum(np.flip(g, along), along), along).reshape(_a.shape)


defvjp(np.cumsum, _cumsum, sums=_along, torch="cumsum")

constant(np.argmax, torch="argmax", math=r"\mathrm{argmax}_{#axis} #1")
constant(np.argmin, torch="argmin", math=r"\mathrm{argmin}_{#axis} #1")
constant(np.count_nonzero, torch="count_nonzero", math=r"\sum_{#axis} \mathbf{1}[#1 \neq 0]")
constant(np.argsort, torch="argsort")
constant(np.all, torch="all")
constant(np.any, torch="any")
