"""What ``np.pad`` puts around an array."""

import numpy as np

from micrograd_np.testing import strategies
from micrograd_np.testing.operations import draws, in_torch
from micrograd_np.testing.operations import draws_moving as moving
from micrograd_np.testing.operations.case import case

case("pad", np.pad, np.pad, draws.padded("constant"), in_torch.pad)
case(
    "pad with elements",
    np.pad,
    np.pad,
    draws.padded("edge", "reflect", "symmetric", "wrap"),
    in_torch.pad,
)


def inner(a, pad_width, mode):
    """What was padded, without what is put around it: whatever is there."""
    widths = np.broadcast_to(pad_width, (a.ndim, 2)).tolist()
    index = tuple(slice(before, -after or None) for before, after in widths)
    return np.pad(a, pad_width, mode)[index]


case("pad with nothing", np.pad, inner, draws.padded("empty"), lambda a, **_: a.clone())
case("pad with values", np.pad, np.pad, moving.padded_by_values(), analytic=False, exact=None)
case(
    "pad by reflection",
    np.pad,
    np.pad,
    moving.padded_by_reflection(),
    rounds_otherwise=True,  # an edge that is picked twice is one value of its program
)


def neighbours(vector, width, axis, kwargs):
    before, after = width
    vector[:before] = kwargs["factor"] * vector[before] ** 2
    vector[vector.size - after :] = vector[-after - 1] + axis


case(
    "pad by a function",
    np.pad,
    lambda a, pad_width: np.pad(a, pad_width, neighbours, factor=0.5),
    draws.one(
        options=moving.just(pad_width=draws.st.integers(0, 2)),
        low=-1,
        high=1,
        min_dims=1,
        max_dims=2,
        min_side=1,
    ),
)
case(
    "pad with values that have a gradient",
    np.pad,
    lambda a, b: np.pad(np.stack((a, b)), 1, constant_values=(a, b * b)),
    draws.st.builds(
        lambda a, b: ([a, b], {}), strategies.arrays(()), strategies.arrays((), margin=1 / 32)
    ),
)
