"""Products along axes, and running sums and products."""

import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing.operations import draws, in_torch
from micrograd_np.testing.operations import draws_reductions as options
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one, reducing
from micrograd_np.testing.operations.in_torch import dims, kept, torch


def _prod(a, axis, keepdims, initial=1, where=True, dtype=None):
    a = kept(a, where, 1)
    for along in sorted(axis % a.ndim for axis in dims(a, axis))[::-1]:
        a = a.prod(along, keepdim=keepdims)
    return a * initial


def _cumprod(a, axis, dtype=None):
    return a.reshape(-1).cumprod(0) if axis is None else a.cumprod(axis)


case("prod", np.prod, np.prod, one(-2, 2, options=reducing), _prod, complex=True)
case(
    "prod of some",
    np.prod,
    np.prod,
    one(-2, 2, options=lambda shape: options.reducing_some(shape, st.sampled_from([0.5, 2, -1]))),
    _prod,
    complex=True,
)
case(
    "prod in a dtype",
    np.prod,
    np.prod,
    one(-2, 2, options=options.reducing_in),
    _prod,
)
for _name, _function, _torch in (
    ("cumsum", np.cumsum, in_torch.cumsum),
    ("cumprod", np.cumprod, _cumprod),
):
    case(
        _name,
        _function,
        _function,
        one(-2, 2, options=draws.along_or_flat),
        _torch,
        complex=True,
    )
    case(
        f"{_name} in a dtype",
        _function,
        _function,
        one(-2, 2, options=options.along_or_flat_in),
        lambda a, axis, dtype, run=_torch: run(a, axis),
    )


def _with_first(run, first):
    def compute(a, axis, dtype=None, include_initial=False):
        a = a if a.ndim else a.reshape(1)
        axis = 0 if axis is None else axis
        out = run(a, axis)
        if not include_initial:
            return out
        shape = list(a.shape)
        shape[axis] = 1
        return torch.cat([torch.full(shape, first, dtype=a.dtype), out], axis)

    return compute


if hasattr(np, "cumulative_sum"):
    for _name, _first, _torch in (
        ("cumulative_sum", 0.0, in_torch.cumsum),
        ("cumulative_prod", 1.0, _cumprod),
    ):
        _function = getattr(np, _name)
        case(
            _name,
            _function,
            _function,
            one(-2, 2, options=options.running_along),
            _with_first(_torch, _first),
            complex=True,
        )
        case(
            f"{_name} in a dtype",
            _function,
            _function,
            one(-2, 2, options=options.along_or_flat_in, max_dims=1),
            _with_first(_torch, _first),
        )
