"""Numbers that are evenly spaced in their logarithms, between end points."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from micrograd_np.testing import strategies
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.in_torch import torch


@st.composite
def ends(draw, low, high, count=2, dtype=None):
    """End points that broadcast, and other operands; how many numbers, and along which axis."""
    drawn = draw(hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=2, max_side=3))
    arrays = [
        draw(strategies.arrays(shape, low, high, margin=1 / 2 ** (4 + k)))
        for k, shape in enumerate(drawn.input_shapes)
    ]
    ndim = max(a.ndim for a in arrays)
    options = {
        "num": draw(st.integers(0, 4)),
        "endpoint": draw(st.booleans()),
        "dtype": draw(st.sampled_from([None, dtype])),
        "axis": draw(st.integers(-ndim - 1, ndim)),
    }
    return arrays, options


def between(start, stop, num, endpoint, axis):
    start, stop = torch.broadcast_tensors(start, stop)
    share = torch.as_tensor(np.linspace(0, 1, num, endpoint=endpoint), dtype=start.real.dtype)
    share = share.reshape(-1, *[1] * start.ndim)
    return ((1 - share) * start + share * stop).movedim(0, axis)


def their_logspace(start, stop, base=None, *, num, endpoint, axis, dtype):
    del dtype
    if base is None:
        base = torch.tensor(10.0, dtype=start.dtype)
    if base.ndim:
        start, stop, base = torch.broadcast_tensors(start, stop, base)
        base = base.unsqueeze(axis)
    return base ** between(start, stop, num, endpoint, axis)


def their_geomspace(start, stop, *, num, endpoint, axis, dtype):
    del dtype
    if start.is_complex():
        start, stop = torch.broadcast_tensors(start, stop)
        turn = (start / start.abs()).detach()  # so that the logarithms are NumPy's
        logs = between((start / turn).log(), (stop / turn).log(), num, endpoint, 0)
        return (turn * logs.exp()).movedim(0, axis)
    return torch.exp(between(start.log(), stop.log(), num, endpoint, axis))


def cast(z, dtype):
    return z if dtype is None else z.to(getattr(torch, np.dtype(dtype).name))


for _name, _dtype in (("", None), (", dtype", np.float32)):
    case(
        "logspace" + _name,
        np.logspace,
        np.logspace,
        ends(-2, 2, dtype=_dtype),
        lambda *operands, **options: cast(their_logspace(*operands, **options), options["dtype"]),
        complex=_dtype is None,
    )
    # Squared, since one end point alone has no second derivative.
    case(
        "geomspace" + _name,
        np.geomspace,
        lambda *ends, **options: np.square(np.geomspace(*ends, **options)),
        ends(0, 3, dtype=_dtype),
        lambda *ends, **options: cast(their_geomspace(*ends, **options), options["dtype"]).square(),
        complex=_dtype is None,
    )
case(
    "logspace, base",
    np.logspace,
    lambda start, stop, base, **options: np.logspace(start, stop, base=base, **options),
    ends(1, 3, count=3),
    their_logspace,
)
