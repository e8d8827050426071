"""Medians, percentiles and quantiles."""

import math

import numpy as np
from hypothesis import strategies as st

from rules.case import case
from rules.draws import one, reducing
from rules.draws_reductions import with_nan
from rules.in_torch import dims, torch

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
        q = np.asarray(q, float) / (100 if percent else 1)
        if not q.size:
            return (a * 0).sum() + torch.zeros(q.shape + reduced(a, axis, keepdims), dtype=a.dtype)
        flat = torch.tensor(q.reshape(-1))
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

    def compute(a, axis, keepdims, q=None, overwrite_input=False, **options):
        axes = [i % a.ndim for i in dims(a, axis)]
        moved = np.moveaxis(a, axes, range(-len(axes), 0))
        given = moved.reshape((-1, math.prod(a.shape[i] for i in axes)))
        q = [] if q is None else [np.asarray(q)]
        found = [function(line[line == line], *q, **options) for line in given]
        stacked = np.stack([np.asarray(x, object) for x in found], -1)
        return stacked.reshape(np.shape(*q or [0]) + reduced(a, axis, keepdims))

    return compute


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
            unsupported={"weights": 1.0},
        )
        _nan = getattr(np, f"nan{_name}")
        case(
            f"nan{_name}{_how}",
            _nan,
            of_a_copy(_nan),
            with_nan(options=_quantile(_methods, _percent, nan=True), min_side=1),
            _in_torch(_percent, "nanquantile") if _torch else None,
            exact=by_line(_function),
            unsupported={"weights": 1.0},
        )
