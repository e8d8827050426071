"""Functions that reduce axes: sums, means, variances, maxima."""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from micrograd_np.checks import number
from micrograd_np.declare import constant, defines, defvjp
from micrograd_np.lifting import holds
from micrograd_np.operation import OPERATIONS
from micrograd_np.primitive import primitive
from micrograd_np.tensor import Tensor, apply
from micrograd_np.values import options_of, write


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


def _back(g: Any, like: Any, axis: Any, keepdims: bool = False, where: Any = True) -> Any:
    """Give the gradient of a reduction to every element that was reduced."""
    grad = expand(_kept(g, like, axis, keepdims), like.shape)
    return grad if where is True else np.where(where, grad, 0)


def _kept(g: Any, like: Any, axis: Any, keepdims: bool) -> Any:
    """Give back the axes that were reduced, with length one; a number broadcasts as it is."""
    if keepdims or not g.ndim:
        return g
    axes = axes_of(axis, like.ndim)
    return g.reshape([1 if a in axes else n for a, n in enumerate(like.shape)])


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return the axes that a reduction goes over; NumPy takes axis 0 of a number, too."""
    if axis is None or not ndim:
        return tuple(range(ndim))
    return tuple(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,)))


def count_along(like: Any, axis: Any) -> int:
    """Return how many elements each result of a reduction was made of."""
    if axis is None:
        return math.prod(like.shape)
    return math.prod(like.shape[a] for a in (axis if isinstance(axis, tuple) else (axis,)))


def _count(like: Any, axis: Any, keepdims: bool = True, where: Any = True) -> Any:
    """Return that count, or, under a mask, as many counts as there are results."""
    if where is True:
        return count_along(like, axis)
    return np.sum(np.broadcast_to(where, like.shape), axis, dtype=np.intp, keepdims=keepdims)


def divide(g: Any, count: Any) -> Any:
    """Divide by a count, which float16 may not be able to hold."""
    return (g / np.float64(count)).astype(g.dtype) if g.dtype.itemsize == 2 else g / count


def _along(_a: Any, axis: Any = None, **_: Any) -> list[tuple[int, Any]]:
    return [(0, axis)]


# --- sums and means ----------------------------------------------------------------------------


def _add_up(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, **options: Any
) -> Any:
    reduce: Any = np.add.reduce
    return reduce(a, axis, dtype, None, keepdims, **options)


def _sum(
    g: Any,
    _out: Any,
    _a: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = 0,
    where: Any = True,
) -> Any:
    return _back(g, _a, axis, keepdims, where)


def _mean(
    g: Any,
    _out: Any,
    _a: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    where: Any = True,
) -> Any:
    if where is True:
        return _back(divide(g, count_along(_a, axis)), _a, axis, keepdims)
    count = np.maximum(_count(_a, axis, keepdims, where), 1)  # of no elements nothing is divided
    return _back(divide(g, count), _a, axis, keepdims, where)


defvjp(
    np.sum,
    _sum,
    compute=_add_up,
    sums=_along,
    torch="sum",
    prints="{0}.sum()",
    math=r"\sum_{#axis} #1",
)
defvjp(
    np.mean,
    _mean,
    sums=_along,
    torch="mean",
    prints="{0}.mean()",
    math=r"\frac{1}{#count} \sum_{#axis} #1",
)

# --- variances ---------------------------------------------------------------------------------


def _var(
    g: Any,
    _out: Any,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    where: Any = True,
    mean: Any = None,
) -> Any:
    # d/dx_i  sum |x - mean|^2 / (n - ddof) = 2 conj(x_i - mean) / (n - ddof)
    centred = a - (_mean_of(a, axis, dtype, where) if mean is None else mean)
    if a.dtype.kind == "c":
        centred = np.conjugate(centred)
    count = _count(a, axis, keepdims, where) - ddof
    if where is True:
        return _back(divide(2 * g, count), a, axis, keepdims) * centred
    grad = _back(divide(2 * g, np.maximum(count, 1)), a, axis, keepdims)
    return grad * np.where(where, centred, 0)  # a nan that is left out is no factor


def _mean_of(a: Any, axis: Any, dtype: Any, where: Any) -> Any:
    if where is True:
        return np.mean(a, axis, dtype=dtype, keepdims=True)
    total = np.sum(a, axis, dtype=dtype, keepdims=True, where=where)
    return divide(total, np.maximum(_count(a, axis, True, where), 1))


def _std(
    g: Any,
    out: Any,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    where: Any = True,
    mean: Any = None,
) -> Any:
    # d sqrt(v) = dv / (2 sqrt(v)); where all elements are equal, the subgradient 0.
    by_var = np.where(out == 0, 0, g / np.where(out == 0, 1, 2 * out))
    return _var(by_var, out, a, axis, dtype, ddof, keepdims, where, mean)


def root(variance: Any) -> Any:
    """Return the square root, whose slope at 0 is the subgradient 0."""
    zero = variance == 0
    return np.where(zero, 0, np.sqrt(np.where(zero, 1, variance)))


def _about(
    a: Any,
    mean: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Any:
    """Return the variance about a mean that is itself differentiable, as NumPy computes it."""
    if axis is not None:
        axis = normalize_axis_tuple(axis, a.ndim)  # a sum would take axis 0 of a number
    x = a - mean
    squares = np.square(x.real) + np.square(x.imag) if x.dtype.kind == "c" else np.square(x)
    options = {} if where is True else {"where": where}
    total = np.sum(squares, axis, dtype=dtype, keepdims=keepdims, **options)
    count = _count(x, axis, keepdims, where) - ddof
    if where is not True:
        return divide(total, np.maximum(count, 0)).astype(total.dtype)
    return divide(total, count if holds(count > 0) else 0)


def _spread(function: Any, finish: Any) -> Any:
    """Return what a call of a variance passes through: only a Tensor as its mean is special."""

    def definition(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: Any = np._NoValue,
        correction: Any = np._NoValue,
        **options: Any,
    ) -> Any:
        operation = OPERATIONS[function]
        if correction is not np._NoValue:
            if ddof != 0:
                raise ValueError("ddof and correction can't be provided simultaneously.")
            ddof = correction
        ddof = number(f"{operation.name}: ddof", ddof)
        options |= {"axis": axis, "dtype": dtype, "ddof": ddof, "keepdims": keepdims}
        (a,), options = operation.bind((a,), options)
        mean = options.pop("mean", None) if isinstance(options.get("mean"), Tensor) else None
        options = options_of(operation, options)
        if mean is None:
            result = apply(operation, (a,), options)
        else:
            result = finish(_about(a, mean, **options))
        return result if out is None else write(operation.name, out, result)

    return definition


defvjp(
    np.var,
    _var,
    definition=_spread(np.var, lambda variance: variance),
    analytic=False,
    torch="var",
    prints="{0}.var()",
    math=r"\mathrm{Var}_{#axis} #1",
)
defvjp(
    np.std,
    _std,
    definition=_spread(np.std, root),
    analytic=False,
    kinks="all elements equal: 0",
    torch="std",
    prints="{0}.std()",
    math=r"\mathrm{Std}_{#axis} #1",
)

# --- maxima and minima -------------------------------------------------------------------------


def _extreme(
    g: Any,
    out: Any,
    a: Any,
    axis: Any = None,
    keepdims: bool = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    # Ties share evenly. A nan makes the result nan, equal to no element: all get nan.
    top = _back(out, a, axis, keepdims)
    ties = a == top if where is True else (a == top) & where
    count = ties.sum(axis=axis, keepdims=True)
    if initial is not np._NoValue:  # one more that may tie, or win
        count = count + (_kept(out, a, axis, keepdims) == initial)
    back = _back(g, a, axis, keepdims, where)
    if holds((count > 0).all()):
        return back * (ties / count)
    return back * np.where(np.isnan(top) & where, np.nan, ties / np.maximum(count, 1))


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
        kinks="ties: shared evenly, with initial= too; a nan: nan in every element",
        torch=_name,
        prints=f"{{0}}.{_name[1:]}()",
        math=rf"\{_name[1:]}_{{#axis}} #1",
    )


@defines(np.ptp, kinks="ties: shared evenly", math=r"(\max_{#axis} #1 - \min_{#axis} #1)")
def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = np._NoValue) -> Any:
    options = {} if keepdims is np._NoValue else {"keepdims": keepdims}
    result = np.max(a, axis, **options) - np.min(a, axis, **options)
    return result if out is None else write("np.ptp", out, result)


constant(np.argmax, torch="argmax", math=r"\mathrm{argmax}_{#axis} #1")
constant(np.argmin, torch="argmin", math=r"\mathrm{argmin}_{#axis} #1")
constant(np.count_nonzero, torch="count_nonzero", math=r"\sum_{#axis} \mathbf{1}[#1 \neq 0]")
constant(np.argsort, torch="argsort")
constant(np.all, torch="all")
constant(np.any, torch="any")
