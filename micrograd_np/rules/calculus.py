"""Differences, slopes and areas of sampled functions, interpolation, and convolution."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from micrograd_np.declare import defines, defvjp
from micrograd_np.lifting import as_operand, cast, holds, is_traced
from micrograd_np.operation import OPERATIONS
from micrograd_np.rules.formulas import detached, with_value
from micrograd_np.rules.indexing import scatter
from micrograd_np.tensor import apply
from micrograd_np.values import requires_grad, value_of

# --- differences and areas ---------------------------------------------------------------------


def _at(part: Any, axis: int) -> tuple[Any, ...]:
    """Return the index of a part of an axis that is counted from the front."""
    return (*[slice(None)] * axis, part)


@defines(np.diff)
def _diff(
    a: Any, n: int = 1, axis: int = -1, prepend: Any = np._NoValue, append: Any = np._NoValue
) -> Any:
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n!r}")
    if n == 0:
        return a
    a = as_operand(a)
    if a.ndim == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = normalize_axis_index(axis, a.ndim)
    parts = [
        p if p is a else _edge(p, a, axis) for p in (prepend, a, append) if p is not np._NoValue
    ]
    if len(parts) > 1:
        a = np.concatenate(parts, axis)
    subtract = np.not_equal if a.dtype == bool else np.subtract
    for _ in range(n):
        a = subtract(a[_at(slice(1, None), axis)], a[_at(slice(None, -1), axis)])
    return a


def _edge(value: Any, a: Any, axis: int) -> Any:
    """Return what is put at an end of an axis; a number stands along all the others."""
    value = as_operand(value)
    return (
        value if value.ndim else np.broadcast_to(value, (*a.shape[:axis], 1, *a.shape[axis + 1 :]))
    )


@defines(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    a = np.ravel(as_operand(ary))
    parts = [a[1:] - a[:-1]]
    if to_begin is not None:
        parts.insert(0, _as_part("to_begin", to_begin, a.dtype))
    if to_end is not None:
        parts.append(_as_part("to_end", to_end, a.dtype))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _as_part(name: str, value: Any, dtype: Any) -> Any:
    value = np.ravel(as_operand(value))
    if not np.can_cast(value.dtype, dtype, "same_kind"):
        raise TypeError(f"cannot cast {name} from {value.dtype} to the {dtype} of ary")
    return cast(value, dtype)


@defines(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = as_operand(y)
    along = normalize_axis_index(axis, y.ndim)
    d = dx
    if x is not None:
        x = as_operand(x)
        d = np.diff(x) if x.ndim == 1 else np.diff(x, axis=axis)
        if x.ndim == 1:
            d = d.reshape((-1,) + (1,) * (y.ndim - along - 1))
    ends = y[_at(slice(1, None), along)] + y[_at(slice(None, -1), along)]
    return (d * ends / 2.0).sum(axis)


# --- slopes ------------------------------------------------------------------------------------


@defines(np.gradient)
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: Any = 1) -> Any:
    f = as_operand(f)
    axes = tuple(range(f.ndim)) if axis is None else normalize_axis_tuple(axis, f.ndim)
    if not varargs:
        spacings: Any = [1.0] * len(axes)
    elif len(varargs) == 1 and np.ndim(varargs[0]) == 0:
        spacings = varargs * len(axes)
    elif len(varargs) == len(axes):
        spacings = varargs
    else:
        raise TypeError(f"invalid number of arguments: {len(varargs)} spacings, {len(axes)} axes")
    if edge_order > 2:
        raise ValueError(f"'edge_order' greater than 2 not supported, got {edge_order}")
    if f.dtype.kind in "iu":
        f = f.astype(np.float64)
    known: dict[int, Any] = {}  # one spacing for all axes makes one set of factors
    slopes = [
        _along(f, as_operand(dx) if np.ndim(dx) else dx, along, edge_order, known)
        for along, dx in zip(axes, spacings, strict=True)
    ]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _along(f: Any, spacing: Any, axis: int, edge_order: int, known: dict[int, Any]) -> Any:
    """Return the slope of `f` along one axis, whose spacing or coordinates are given."""
    if f.shape[axis] < edge_order + 1:
        raise ValueError(
            f"Shape of array too small to calculate a numerical gradient: {f.shape[axis]} elements "
            f"along axis {axis}, at least (edge_order + 1) are required"
        )
    if np.ndim(spacing) == 0:
        if id(spacing) not in known:
            known[id(spacing)] = _factors(spacing, edge_order)
        return _joined(f, _evenly(f, known[id(spacing)], axis), axis)
    if spacing.ndim != 1:
        raise ValueError("distances must be either scalars or 1d")
    if spacing.shape[0] != f.shape[axis]:
        raise ValueError("when 1d, distances must match the length of the corresponding dimension")
    if spacing.dtype.kind in "iu":
        spacing = spacing.astype(np.float64)
    steps = np.diff(spacing)
    if is_traced(spacing):  # for coordinates of any spacing
        return _joined(f, _unevenly(f, steps, axis, edge_order), axis)
    values = value_of(steps)
    if not (values == values[0]).all():
        return _joined(f, _unevenly(f, steps, axis, edge_order), axis)
    even = _joined(f, _evenly(f, _factors(steps[0], edge_order), axis), axis)
    if not requires_grad(spacing):
        return even
    # The formula for equal steps knows the first of them only, but each slope depends on its own.
    uneven = _joined(f, _unevenly(f, steps, axis, edge_order), axis)
    return with_value(uneven, detached(even))


def _joined(f: Any, parts: Any, axis: int) -> Any:
    dtype = f.dtype if f.dtype.kind in "fc" else np.dtype(float)
    return np.concatenate([cast(part, dtype) for part in parts], axis)


def _factors(dx: Any, edge_order: int) -> list[Any]:
    """Return what differences are divided by, or elements multiplied with, at the ends."""
    if edge_order == 1:
        return [2.0 * dx, dx]
    return [2.0 * dx, -1.5 / dx, 2.0 / dx, -0.5 / dx, 0.5 / dx, -2.0 / dx, 1.5 / dx]


def _evenly(f: Any, factors: list[Any], axis: int) -> list[Any]:
    """Return the slope at the first place, between the ends, and at the last place."""

    def at(*where: int | None) -> Any:
        return f[_at(slice(*where), axis)]

    step, *ends = factors
    middle = (at(2, None) - at(-2)) / step
    if len(ends) == 1:
        return [(at(1, 2) - at(1)) / ends[0], middle, (at(-1, None) - at(-2, -1)) / ends[0]]
    a, b, c, d, e, g = ends
    first = a * at(1) + b * at(1, 2) + c * at(2, 3)
    last = d * at(-3, -2) + e * at(-2, -1) + g * at(-1, None)
    return [first, middle, last]


def _unevenly(f: Any, steps: Any, axis: int, edge_order: int) -> list[Any]:
    """Return the same, where the steps between places differ."""

    def at(*where: int | None) -> Any:
        return f[_at(slice(*where), axis)]

    # A parabola through three places has these slopes at the middle one, the first and the last.
    one, two = (
        part.reshape((-1,) + (1,) * (f.ndim - axis - 1)) for part in (steps[:-1], steps[1:])
    )
    both = one + two
    middle = (
        -two / (one * both) * at(-2)
        + (two - one) / (one * two) * at(1, -1)
        + one / (two * both) * at(2, None)
    )
    if edge_order == 1:
        return [(at(1, 2) - at(1)) / steps[0], middle, (at(-1, None) - at(-2, -1)) / steps[-1]]
    one, two = steps[0], steps[1]
    both = one + two
    first = (
        -(2.0 * one + two) / (one * both) * at(1)
        + both / (one * two) * at(1, 2)
        + -one / (two * both) * at(2, 3)
    )
    one, two = steps[-2], steps[-1]
    both = one + two
    last = (
        two / (one * both) * at(-3, -2)
        + -both / (one * two) * at(-2, -1)
        + (2.0 * two + one) / (two * both) * at(-1, None)
    )
    return [first, middle, last]


# --- interpolation -----------------------------------------------------------------------------


def _interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    x, xp, fp = map(as_operand, (x, xp, fp))
    between = OPERATIONS[np.interp]
    if period is not None:
        return apply(between, _wrapped(x, xp, fp, period))
    result = apply(between, (x, xp, fp))
    if left is not None:
        result = np.where(x < xp[0], _number("left", left, result), result)
    if right is not None:
        result = np.where(x > xp[-1], _number("right", right, result), result)
    return result


def _number(name: str, value: Any, result: Any) -> Any:
    value = as_operand(value)
    if value.ndim or not np.can_cast(value.dtype, result.dtype, "same_kind"):
        raise TypeError(f"{name} must be a number that fits {result.dtype}, got {value}")
    return value


def _wrapped(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    """Return places and nodes in one period, and a node beyond each end of it."""
    if holds(period == 0):
        raise ValueError("period must be a non-zero value")
    if xp.ndim != 1 or fp.ndim != 1:
        raise ValueError("Data points must be 1-D sequences")
    if xp.shape[0] != fp.shape[0]:
        raise ValueError("fp and xp are not of the same length")
    period = abs(period)
    x, xp = (a.astype(np.float64) % period for a in (x, xp))
    order = np.argsort(xp)
    xp, fp = xp[order], fp[order]
    xp = np.concatenate((xp[-1:] - period, xp, xp[0:1] + period))
    return x, xp, np.concatenate((fp[-1:], fp, fp[0:1]))


def _interval(x: Any, xp: Any) -> tuple[Any, Any, Any]:
    """Return the node before each place, how far on to the next it is, and one over their distance.

    That is 0 where nothing depends on the place: outside of the nodes.
    """
    after = np.searchsorted(xp, x, side="right")
    before = np.minimum(np.maximum(after - 1, 0), xp.shape[0] - 2)  # -1 where there is but one
    width = xp[before + 1] - xp[before]
    inside = (x >= xp[0]) & (x <= xp[-1]) & (width != 0)
    outside = np.where(np.isnan(x), np.nan, 0.0)
    scale = np.where(inside, 1 / np.where(inside, width, 1), outside)
    beyond = np.where(inside, x - xp[before], 0)
    share = np.where(inside, beyond * scale, outside + (x >= xp[0]))
    return before, share, scale


def _interp_x(g: Any, _out: Any, x: Any, xp: Any, fp: Any) -> Any:
    before, _, scale = _interval(x, xp)
    return g * (fp[before + 1] - fp[before]) * scale


def _interp_xp(g: Any, _out: Any, x: Any, xp: Any, fp: Any) -> Any:
    before, share, scale = _interval(x, xp)
    slope = -g * (fp[before + 1] - fp[before]) * scale
    return scatter(slope * (1 - share), before, xp.shape) + scatter(
        slope * share, before + 1, xp.shape
    )


def _interp_fp(g: Any, _out: Any, x: Any, xp: Any, _fp: Any) -> Any:
    before, share, _ = _interval(x, xp)
    return scatter(g * (1 - share), before, _fp.shape) + scatter(g * share, before + 1, _fp.shape)


defvjp(
    np.interp,
    _interp_x,
    _interp_xp,
    _interp_fp,
    definition=_interp,
    analytic=False,
    kinks="at a node: the slope to its right; at the last one: to its left",
)

# --- angles ------------------------------------------------------------------------------------

defvjp(
    np.unwrap,
    lambda g, _out, _p, discont=None, axis=-1, period=2 * np.pi: g,
    analytic=False,
    kinks="where a step is as large as discont: as if it were not moved by a period",
)

# --- convolution -------------------------------------------------------------------------------


def _whole(g: Any, a: Any, v: Any, mode: Any, late: bool = False) -> Any:
    """Return the gradient of all places where two sequences overlap, of which `mode` keeps some.

    `late`: where the second is longer, the middle begins one later if it is of even length.
    """
    if mode in ("full", 2):
        return g
    sizes = int(np.size(a)), int(np.size(v))
    start = min(sizes) - 1 if mode in ("valid", 0) else (min(sizes) - int(not late)) // 2
    return scatter(g, slice(start, start + g.size), (sum(sizes) - 1,))


def _convolve_with(g: Any, other: Any, like: Any) -> Any:
    """Return the gradient of `like`, whose convolution with `other` has the gradient `g`."""
    return np.convolve(g, np.ravel(other)[::-1], "valid").reshape(np.shape(like))


defvjp(
    np.convolve,
    lambda g, _out, _a, v, mode="full": _convolve_with(_whole(g, _a, v, mode), v, _a),
    lambda g, _out, a, _v, mode="full": _convolve_with(_whole(g, a, _v, mode), a, _v),
    math=r"#1 * #2",
)


def _correlate_a(g: Any, _out: Any, _a: Any, v: Any, mode: Any = "valid") -> Any:
    g = _whole(g, _a, v, mode, late=np.size(_a) < np.size(v))
    return np.convolve(g, np.conjugate(v) if v.dtype.kind == "c" else v, "valid")


def _correlate_v(g: Any, _out: Any, a: Any, _v: Any, mode: Any = "valid") -> Any:
    g = _whole(g, a, _v, mode, late=np.size(a) < np.size(_v))
    grad = np.convolve(g, a[::-1], "valid")[::-1]
    return np.conjugate(grad) if _v.dtype.kind == "c" else grad


defvjp(
    np.correlate,
    _correlate_a,
    _correlate_v,
    analytic=False,  # it conjugates its second operand
    math=r"#1 \star #2",
)
