"""Functions that pass over nan."""

import mpmath
import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing.operations import draws_reductions as options
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import reducing
from micrograd_np.testing.operations.draws_reductions import with_nan
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.table.cumulative import _cumprod, _prod
from micrograd_np.testing.operations.table.reductions import (
    _extreme,
    _mean,
    _std,
    _sum,
    _var,
    exact_std,
    exact_var,
)


def _skipping(function, value):
    """Return a reduction in torch with `value` in place of nan."""
    return lambda a, **rest: function(torch.where(a.isnan(), value, a), **rest)


def _of_numbers(function):
    """Return a reduction in torch that is not given nan, but a mask."""
    return lambda a, where=True, **rest: function(
        torch.where(a.isnan(), 0.0, a), where=~a.isnan() & torch.as_tensor(where), **rest
    )


def _exactly(function):
    return lambda a, where=True, **rest: function(
        np.where(a != a, 0, a), where=(a == a) & where, **rest
    )


for _name, _function, _value, _first, _torch in (
    ("nansum", np.nansum, 0.0, st.sampled_from([0.0, 1.0, -2.5, 3]), _sum),
    ("nanprod", np.nanprod, 1.0, st.sampled_from([0.5, 2, -1]), _prod),
):
    for _how, _options in (
        ("", lambda shape, first=_first: options.reducing_some(shape, first)),
        (" in a dtype", options.reducing_in),
    ):
        case(
            f"{_name}{_how}",
            _function,
            _function,
            with_nan(-2, 2, options=_options, left=0),
            _skipping(_torch, _value),
        )
for _name, _function, _value, _torch in (
    ("nancumsum", np.nancumsum, 0.0, lambda a, axis: np.cumsum(a, axis)),
    ("nancumprod", np.nancumprod, 1.0, _cumprod),
):
    _run = (
        _cumprod
        if "prod" in _name
        else (lambda a, axis: a.reshape(-1).cumsum(0) if axis is None else a.cumsum(axis))
    )
    case(
        _name,
        _function,
        _function,
        with_nan(-2, 2, options=options.along_or_flat_in, left=0),
        lambda a, axis, dtype, run=_run, value=_value: run(torch.where(a.isnan(), value, a), axis),
    )


@st.composite
def _some(draw, at_least, spread=False, first=None):
    """An array with nan, and options that leave so many numbers for each result."""
    (a,), axes = draw(with_nan(options=reducing, min_side=at_least, min_dims=1, left=at_least))
    if draw(st.booleans()):
        mask = draw(options.masks(a.shape))
        if np.all((mask & ~np.isnan(a)).sum(axes["axis"]) >= at_least):
            axes["where"] = mask
    if first is not None:
        if "where" in axes or draw(st.booleans()):
            axes["initial"] = draw(first)
        return [a], axes
    if spread:
        axes[draw(st.sampled_from(["ddof", "correction"]))] = draw(st.integers(0, 1))
    if draw(st.booleans()):
        axes["dtype"] = draw(options.DTYPES)
    return [a], axes


def _about(a, mean, axis, ddof):
    axis = tuple(range(a.ndim)) if axis is None else axis
    count = np.prod(a.shape) // np.prod(mean.shape)
    return ((a - mean) ** 2).sum(axis) / (count - ddof)


def _about_a_mean():
    """NumPy tells a Tensor only of an array that is one, not of a mean that is one."""
    return options.about_a_mean().map(
        lambda drawn: (drawn[0][:1], drawn[1] | {"mean": drawn[0][1]})
    )


case("nanmean", np.nanmean, np.nanmean, _some(1), _of_numbers(_mean))
for _name, _function, _torch, _exact in (
    ("nanvar", np.nanvar, _var, exact_var),
    ("nanstd", np.nanstd, _std, exact_std),
):
    case(
        _name,
        _function,
        _function,
        _some(2, spread=True),
        _of_numbers(_torch),
        exact=_exactly(_exact),
    )
    case(
        f"{_name} about a mean",
        _function,
        _function,
        _about_a_mean(),
        lambda a, mean, axis, ddof, root=_name == "nanstd": (
            _about(a, torch.tensor(mean, dtype=a.dtype), axis, ddof) ** (0.5 if root else 1)
        ),
        exact=lambda a, mean, axis, ddof, root=_name == "nanstd": (
            _about(a, mean, axis, ddof) ** mpmath.mpf(0.5 if root else 1)
        ),
    )
for _name, _function in (("nanmax", np.nanmax), ("nanmin", np.nanmin)):
    _torch = _extreme("a" + _name[-3:])
    _none = -np.inf if _name == "nanmax" else np.inf
    case(
        _name,
        _function,
        _function,
        _some(1, first=st.sampled_from([-100.0, 100.0, 0.0, 1.0])),
        lambda a, torch_call=_torch, none=_none, **rest: torch_call(
            torch.where(a.isnan(), none, a), **rest
        ),
    )
