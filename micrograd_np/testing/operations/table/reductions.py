"""Functions that reduce axes."""

import mpmath
import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing.operations import draws
from micrograd_np.testing.operations import draws_reductions as options
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one, reducing
from micrograd_np.testing.operations.in_torch import dims, kept, torch

_HALVES = st.sampled_from([0.0, 1.0, -2.5, 3])


# --- sums, means -------------------------------------------------------------------------------


def _sum(a, axis, keepdims, where=True, initial=0, dtype=None):
    return kept(a, where, 0).sum(dims(a, axis), keepdim=keepdims) + initial


def _mean(a, axis, keepdims, where=True, dtype=None):
    ones = kept(torch.ones(a.shape, dtype=a.dtype), where, 0)
    return _sum(a, axis, keepdims, where) / _sum(ones, axis, keepdims)


for _name, _call in (("sum", np.sum), ("a.sum", lambda a, **options: a.sum(**options))):
    case(_name, np.sum, _call, one(options=reducing), _sum, complex=True)
case(
    "sum of some",
    np.sum,
    np.sum,
    one(options=lambda shape: options.reducing_some(shape, _HALVES)),
    _sum,
    complex=True,
)
case(
    "sum in a dtype",
    np.sum,
    np.sum,
    one(options=options.reducing_in),
    _sum,
)
case("mean", np.mean, np.mean, one(options=reducing, min_side=1), _mean, complex=True)
case(
    "mean of some",
    np.mean,
    np.mean,
    one(options=lambda shape: options.reducing_some(shape, at_least=1), min_side=1),
    _mean,
    complex=True,
)
case(
    "mean in a dtype",
    np.mean,
    np.mean,
    one(options=options.reducing_in, min_side=1),
    _mean,
)

# --- maxima and minima -------------------------------------------------------------------------


def _extreme(name):
    def compute(a, axis, keepdims, initial=None, where=True):
        none = -torch.inf if name == "amax" else torch.inf
        out = getattr(torch, name)(kept(a, where, none), dims(a, axis), keepdim=keepdims)
        if initial is None:
            return out
        pick = torch.maximum if name == "amax" else torch.minimum
        return pick(out, torch.tensor(initial, dtype=a.dtype))

    return compute


for _name, _function in (("max", np.max), ("min", np.min), ("amax", np.amax), ("amin", np.amin)):
    case(
        _name,
        _function,
        _function,
        one(options=reducing, min_side=1, unique=True),
        _extreme("a" + _name[-3:]),
    )
    case(
        f"{_name} of some",
        _function,
        _function,
        one(options=options.extremes, min_side=1, unique=True),
        _extreme("a" + _name[-3:]),
    )
case(
    "ptp",
    np.ptp,
    np.ptp,
    one(options=reducing, min_side=1, unique=True),
    lambda a, **axes: _extreme("amax")(a, **axes) - _extreme("amin")(a, **axes),
)

# --- variances ---------------------------------------------------------------------------------


def _var(a, axis, keepdims, ddof=0, correction=0, where=True, dtype=None):
    centred = a - _mean(a, axis, True, where)
    ones = kept(torch.ones(a.shape, dtype=a.real.dtype), where, 0)
    squares = (centred * centred.conj()).real
    count = _sum(ones, axis, keepdims) - (ddof + correction)
    return _sum(squares, axis, keepdims, where) / count


def _std(a, **options):
    return _var(a, **options).sqrt()


def exact_var(a, axis, keepdims, ddof=0, correction=0, where=True, dtype=None):
    """NumPy itself does not take a mask for objects."""
    total = lambda terms: np.sum(terms, axis, keepdims=True, initial=0, where=where)
    count = total(np.ones(a.shape, int))
    variance = total((a - total(a) / count) ** 2) / (count - ddof - correction)
    return variance if keepdims else np.squeeze(variance, axis)


def exact_std(a, **options):
    return exact_var(a, **options) ** mpmath.mpf(0.5)


for _name, _function, _torch, _exact in (
    ("var", np.var, _var, exact_var),
    ("std", np.std, _std, exact_std),
):
    case(
        _name,
        _function,
        _function,
        draws.spread(),
        lambda a, axis, keepdims, ddof, name=_name: getattr(torch, name)(
            a, dims(a, axis), correction=ddof, keepdim=keepdims
        ),
    )
    case(
        f"{_name} of some",
        _function,
        _function,
        options.spreading(),
        _torch,
        exact=_exact,
        complex=True,
    )
    case(
        f"{_name} in a dtype",
        _function,
        _function,
        options.spreading(computed_in=True),
        _torch,
        exact=_exact,
    )
    case(
        f"{_name} about a mean",
        _function,
        lambda a, mean, function=_function, **rest: function(a, mean=mean, **rest),
        options.about_a_mean(),
        lambda a, mean, axis, ddof, root=_name == "std": (
            (
                (a - mean).square().sum(dims(a, axis))
                / (torch.ones(a.shape).sum(dims(a, axis)) - ddof)
            )
            ** (0.5 if root else 1)
        ),
    )

# --- masks that are computed -------------------------------------------------------------------


def without_the_least(function, **options):
    """Reduce all but the least."""
    return lambda a: function(a, where=a > np.min(a), **options)


def of_all_but_the_least(function):
    return lambda a: function(a[a > np.min(a)], axis=None, keepdims=False)


def without_their_least(function):
    def compute(a):
        where = (a > a.min()).numpy()
        return function(a, axis=None, keepdims=False, where=where)

    return compute


for _name, _function, _options, _exact, _torch in (
    ("sum", np.sum, {}, np.sum, _sum),
    ("prod", np.prod, {}, np.prod, None),
    ("mean", np.mean, {}, np.mean, _mean),
    ("max", np.max, {"initial": -9.0}, np.max, None),
    ("min", np.min, {"initial": 9.0}, np.min, None),
    ("nansum", np.nansum, {}, np.sum, _sum),
    ("nanmean", np.nanmean, {}, np.mean, _mean),
    ("var", np.var, {}, exact_var, _var),
    ("std", np.std, {}, exact_std, _std),
):
    case(
        f"{_name} without the least",
        _function,
        without_the_least(_function, **_options),
        one(min_side=3, min_dims=1, max_dims=2, unique=True),
        _torch and without_their_least(_torch),
        exact=of_all_but_the_least(_exact),
        analytic=False,
    )
