"""Products along axes, and running sums and products.

A product is differentiated without dividing by its factors, so that zeros among them are no
exception: what a factor is multiplied with is the product of those before it and of those after.
"""

from typing import Any

import numpy as np

from micrograd_np.declare import defines, defvjp
from micrograd_np.lifting import as_operand
from micrograd_np.primitive import primitive
from micrograd_np.rules.reductions import _along, _back, axes_of, count_along
from micrograd_np.values import write

# --- axes as one -------------------------------------------------------------------------------


def rows(a: Any, axis: Any) -> Any:
    """Return `a` with the axes of a reduction as a single one, the last."""
    axes, last = _axes_and_last(axis, a.ndim)
    moved = a if axes == last else np.moveaxis(a, axes, last)
    if len(axes) == 1:
        return moved
    return moved.reshape((*moved.shape[: a.ndim - len(axes)], count_along(a, axes)))


def unrows(lines: Any, like: Any, axis: Any) -> Any:
    """Undo :func:`rows`."""
    axes, last = _axes_and_last(axis, like.ndim)
    if len(axes) != 1:
        lines = lines.reshape((*lines.shape[:-1], *(like.shape[a] for a in axes)))
    return lines if axes == last else np.moveaxis(lines, last, axes)


def _axes_and_last(axis: Any, ndim: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    axes = axes_of(axis, ndim)
    return axes, tuple(range(ndim - len(axes), ndim))


# --- products ----------------------------------------------------------------------------------


def _before(factors: Any) -> Any:
    """Return for each factor of the last axis the product of those before it."""
    shifted = np.concatenate([np.ones_like(factors[..., :1]), factors[..., :-1]], -1)
    return np.cumprod(shifted, -1)


def _prod(
    g: Any,
    _out: Any,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = 1,
    where: Any = True,
) -> Any:
    factors = rows((a if where is True else np.where(where, a, 1)).astype(g.dtype), axis)
    after = np.flip(_before(np.flip(factors, -1)), -1)
    others = unrows(_before(factors) * after, a, axis)
    return _back(g if initial == 1 else g * initial, a, axis, keepdims, where) * others


def _multiply_up(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, **options: Any
) -> Any:
    reduce: Any = np.multiply.reduce
    return reduce(a, axis, dtype, None, keepdims, **options)


defvjp(
    np.prod,
    _prod,
    compute=_multiply_up,
    torch="prod",
    math=r"\prod_{#axis} #1",
)

# --- running sums and products -----------------------------------------------------------------


def _cumsum(g: Any, _out: Any, _a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    # The running sum from the other end.
    along = 0 if axis is None else axis
    return np.flip(np.cumsum(np.flip(g, along), along), along).reshape(_a.shape)


defvjp(np.cumsum, _cumsum, sums=_along, torch="cumsum")


@primitive
def recurrence(terms: Any, factors: Any) -> Any:
    """Return y with y[0] = terms[0] and y[i] = terms[i] + factors[i - 1] * y[i - 1]."""
    found = [terms[0]] if len(terms) else []
    for i in range(1, len(terms)):
        found.append(terms[i] + factors[i - 1] * found[-1])
    return np.stack(found) if found else terms


def _backwards(g: Any, factors: Any) -> Any:
    """Return the transpose of a recurrence: the same from the other end."""
    return np.flip(recurrence(np.flip(g, 0), np.flip(factors, 0)), 0)


defvjp(
    recurrence,
    lambda g, _out, _terms, factors: _backwards(g, factors),
    lambda g, out, _terms, factors: _backwards(g, factors)[1:] * out[:-1],
)


def _cumprod(g: Any, _out: Any, a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    # y[j] depends on x[i] as the product of the factors before i and of those from i + 1 to j.
    along = 0 if axis is None else axis
    flat = np.ravel(a) if axis is None or not a.ndim else a
    factors = np.moveaxis(flat.astype(g.dtype), along, 0)
    after = _backwards(np.moveaxis(g, along, 0), factors[1:])
    before = np.moveaxis(_before(np.moveaxis(factors, 0, -1)), -1, 0)
    return np.moveaxis(before * after, 0, along).reshape(a.shape)


defvjp(np.cumprod, _cumprod, torch="cumprod")

if hasattr(np, "cumulative_sum"):

    @defines(np.cumulative_sum)
    def _cumulative_sum(
        x: Any,
        /,
        *,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        include_initial: bool = False,
    ) -> Any:
        result = _cumulative(np.cumsum, 0, x, axis, dtype, include_initial)
        return result if out is None else write("np.cumulative_sum", out, result)

    @defines(np.cumulative_prod)
    def _cumulative_prod(
        x: Any,
        /,
        *,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        include_initial: bool = False,
    ) -> Any:
        result = _cumulative(np.cumprod, 1, x, axis, dtype, include_initial)
        return result if out is None else write("np.cumulative_prod", out, result)


def _cumulative(
    function: Any, first: int, x: Any, axis: Any, dtype: Any, include_initial: bool
) -> Any:
    x = as_operand(x)
    x = x if x.ndim else x.reshape(1)
    if axis is None and x.ndim > 1:
        raise ValueError(
            "For arrays which have more than one dimension ``axis`` argument is required."
        )
    along = 0 if axis is None else axis
    result = function(x, along, dtype=dtype)
    if not include_initial:
        return result
    shape = [1 if a == along % x.ndim else n for a, n in enumerate(x.shape)]
    return np.concatenate([np.full(shape, first, result.dtype), result], along)
