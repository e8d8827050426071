"""Medians, percentiles and quantiles."""

import math
from functools import partial

import mpmath
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one, reducing
from micrograd_np.testing.operations.draws_reductions import with_nan
from micrograd_np.testing.operations.in_torch import dims, torch

_IN_TORCH = ["linear", "lower", "higher", "midpoint", "nearest"]
_OTHERS = [
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "median_unbiased",
    "normal_unbiased",
]
_QUANTILES = [0.5, 0, 1, 0.3, 1 / 3, [0.25, 0.9], [[0.1], [0.6]], (), [1, 0.5, 0.5]]


@st.composite
def _median(draw, shape):
    options = draw(reducing(shape))
    return options | ({"overwrite_input": draw(st.booleans())} if draw(st.booleans()) else {})


def _quantile(methods, percent=False, nan=False):
    @st.composite
    def options(draw, shape):
        q = draw(st.sampled_from(_QUANTILES))
        if percent:
            q = np.multiply(q, 100.0)
            q = q.item() if not q.ndim else q
        method = draw(st.sampled_from(methods))
        rest = draw(_median(shape))
        if np.ndim(q) > 1 and nan and isinstance(rest["axis"], tuple):
            q = np.ravel(q)  # NumPy mixes up the axes of the result
        return {"q": q, "method": method, **rest}

    return options


def lines(a, axis):
    """Return the reduced axes as the last one."""
    axes = [axis % a.ndim for axis in dims(a, axis)]
    kept = [n for i, n in enumerate(a.shape) if i not in axes]
    return a.movedim(axes, tuple(range(-len(axes), 0))).reshape([*kept, -1])


def reduced(a, axis, keepdims):
    """Return the shape of a reduction."""
    return np.empty(a.shape).sum(axis, keepdims=keepdims).shape


def _in_torch(percent=False, name="quantile"):
    def compute(a, q, axis, keepdims, method="linear", overwrite_input=False):
        q = torch.as_tensor(q, dtype=a.dtype) / (100 if percent else 1)
        if not q.numel():
            return (a * 0).sum() + torch.zeros(q.shape + reduced(a, axis, keepdims), dtype=a.dtype)
        flat = q.reshape(-1)
        out = getattr(torch, name)(lines(a, axis), flat, dim=-1, interpolation=method)
        return out.reshape(q.shape + reduced(a, axis, keepdims))

    return compute


def _median_in_torch(name):
    def compute(a, axis, keepdims, overwrite_input=False):
        return _in_torch(name=name)(a, 0.5, axis, keepdims)

    return compute


def of_a_copy(function):
    """Let ``overwrite_input=True`` overwrite a copy."""
    return lambda a, **options: function(a.copy(), **options)


def by_line(function):
    """Return a reduction of objects, a function of what is left of each line without nan."""

    def compute(a, q=None, *, axis, keepdims, overwrite_input=False, **options):
        axes = [i % a.ndim for i in dims(a, axis)]
        moved = np.moveaxis(a, axes, range(-len(axes), 0))
        given = moved.reshape((-1, math.prod(a.shape[i] for i in axes)))
        q = [] if q is None else [np.asarray(q)]
        found = [function(line[line == line], *q, **options) for line in given]
        stacked = np.stack([np.asarray(x, object) for x in found], -1)
        return stacked.reshape(np.shape(*q or [0]) + reduced(a, axis, keepdims))

    return compute


# --- with weights ------------------------------------------------------------------------------


@st.composite
def _weighted(draw, elements, largest):
    """Elements, and weights for them or for those along the axes; some of them are zero.

    Where nan are skipped none is zero, since no weight may be left; and NumPy (2.4) makes an
    IndexError there of weights along axes.
    """
    nan = elements is with_nan
    (a,), options = draw(elements(options=reducing, min_side=1, min_dims=1))
    axes = dims(a, options["axis"])
    alone = options["axis"] is not None and not nan and draw(st.booleans())
    shape = tuple(a.shape[axis] for axis in axes) if alone else a.shape
    some = st.sampled_from([0.5, 1.0, 2.25] if nan else [0.5, 1.0, 2.25, 0.0])
    weights = draw(hnp.arrays(float, shape, elements=some))
    sums = np.sum(weights, None if alone else tuple(axes), keepdims=True)
    weights = np.where(sums == 0, 1.0, weights)
    q = np.multiply(draw(st.sampled_from([0.5, 0, 1, 0.3, [0.25, 0.9]])), largest)
    return [a], {**options, "q": q, "weights": weights, "method": "inverted_cdf"}


def _weighted_lines(a, q, axis, keepdims, weights, method, largest):
    """Return the elements at which the sum of the weights comes to that share of them all."""
    axes = [k % a.ndim for k in dims(a, axis)]
    if weights.shape != a.shape:
        weights = weights.transpose(np.argsort(axes))
        weights = weights.reshape([n if k in axes else 1 for k, n in enumerate(a.shape)])
    pairs = np.stack([a, np.broadcast_to(weights, a.shape).astype(object)], -1)
    lines = np.moveaxis(pairs, axes, range(-len(axes) - 1, -1))
    lines = lines.reshape((-1, math.prod(a.shape[k] for k in axes), 2))
    found = [[_at_share(line, share) for line in lines] for share in np.ravel(q) / largest]
    return np.reshape(found, np.shape(q) + reduced(a, axis, keepdims))


def _at_share(line, share):
    line = sorted((value, weight) for value, weight in line if weight > 0 and value == value)
    sums = np.cumsum([weight for _, weight in line])
    return line[np.searchsorted(sums / sums[-1], share)][0]


# --- which quantile ----------------------------------------------------------------------------


_ALPHA_AND_BETA = {
    "linear": (1, 1),
    "weibull": (0, 0),
    "hazen": (1 / mpmath.mpf(2), 1 / mpmath.mpf(2)),
    "median_unbiased": (1 / mpmath.mpf(3), 1 / mpmath.mpf(3)),
    "normal_unbiased": (3 / mpmath.mpf(8), 3 / mpmath.mpf(8)),
    "interpolated_inverted_cdf": (0, 1),
}
"""From the documentation of ``np.quantile``."""


def _at_places(line, q, method, largest):
    found = [_at_place(np.sort(line), mpmath.mpf(p) / largest, method) for p in q.ravel()]
    return np.reshape(np.array(found, object), q.shape)


def _at_place(line, q, method):
    if method not in _ALPHA_AND_BETA:  # it jumps
        return np.quantile(line, float(q), method=method)
    alpha, beta = _ALPHA_AND_BETA[method]
    place = len(line) * q + alpha + q * (1 - alpha - beta) - 1
    place = min(max(place, mpmath.mpf(0)), mpmath.mpf(len(line) - 1))
    below = int(place)
    above = min(below + 1, len(line) - 1)
    return line[below] + (place - below) * (line[above] - line[below])


@st.composite
def _placed(draw, elements, methods, largest):
    """Elements, and which quantiles as the second operand: none at an element or a jump."""
    (a,), options = draw(elements(options=reducing, min_side=1))
    method = draw(st.sampled_from(methods))
    flat = isinstance(options["axis"], tuple)  # NumPy mixes up the axes of the result
    shape = draw(st.sampled_from([(), (2,), (0,), (2,) if flat else (1, 2)]))
    q = draw(hnp.arrays(float, shape, elements=st.sampled_from([7 / 64, 21 / 64, 43 / 64])))
    return [a, np.asarray(q * largest)], {**options, "method": method}


case(
    "median",
    np.median,
    of_a_copy(np.median),
    one(options=_median, min_side=1, unique=True),
    _median_in_torch("quantile"),
    exact=by_line(np.median),
)
case(
    "nanmedian",
    np.nanmedian,
    of_a_copy(np.nanmedian),
    with_nan(options=_median, min_side=1),
    _median_in_torch("nanquantile"),
    exact=by_line(np.median),
)
for _name, _function, _percent in (
    ("quantile", np.quantile, False),
    ("percentile", np.percentile, True),
):
    _nan = getattr(np, f"nan{_name}")
    _both = ((_function, partial(one, unique=True)), (_nan, with_nan))
    _largest = 100.0 if _percent else 1.0
    for _methods, _how, _torch in (
        (_IN_TORCH, "", True),
        (_OTHERS, " by other methods", False),
    ):
        case(
            f"{_name}{_how}",
            _function,
            of_a_copy(_function),
            one(options=_quantile(_methods, _percent), min_side=1, unique=True),
            _in_torch(_percent) if _torch else None,
            exact=by_line(_function),
        )
        case(
            f"nan{_name}{_how}",
            _nan,
            of_a_copy(_nan),
            with_nan(options=_quantile(_methods, _percent, nan=True), min_side=1),
            _in_torch(_percent, "nanquantile") if _torch else None,
            exact=by_line(_function),
        )
        for _of, _elements in _both:
            _torch_name = "nanquantile" if _of is _nan else "quantile"
            case(
                f"{_of.__name__}{_how}, by place",
                _of,
                _of,
                _placed(_elements, _methods, _largest),
                _in_torch(_percent, _torch_name) if _torch else None,
                exact=by_line(partial(_at_places, largest=_largest)),
            )
    for _of, _elements in _both:
        case(
            f"{_of.__name__} with weights",
            _of,
            _of,
            _weighted(_elements, _largest),
            exact=partial(_weighted_lines, largest=_largest),
        )
