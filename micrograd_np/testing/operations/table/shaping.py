"""Functions that move the elements of one array about."""

import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing.operations import draws, in_torch
from micrograd_np.testing.operations import draws_moving as moving
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one
from micrograd_np.testing.operations.draws_moving import ORDERS, just
from micrograd_np.testing.operations.in_torch import dims, picked

SUBOK = st.fixed_dictionaries({"subok": st.booleans()})

# --- shapes: one operand -----------------------------------------------------------------------

case("reshape", np.reshape, np.reshape, one(options=moving.reshaped), picked(np.reshape))
case(
    "a.reshape", np.reshape, lambda a: a.reshape(-1, 1), one(min_side=1), lambda a: a.reshape(-1, 1)
)
case("ravel", np.ravel, np.ravel, one(options=just(order=ORDERS)), picked(np.ravel))
case("a.T", np.transpose, lambda a: a.T, one(), in_torch.permute)
case(
    "transpose",
    np.transpose,
    np.transpose,
    one(options=draws.permuted, min_dims=3),  # a.T and swapaxes have two
    in_torch.permute,
)
case(
    "swapaxes",
    np.swapaxes,
    np.swapaxes,
    one(options=draws.swapped, min_dims=1),
    lambda a, axis1, axis2: a.swapaxes(axis1, axis2),
)
case(
    "moveaxis",
    np.moveaxis,
    np.moveaxis,
    one(options=moving.moved, min_dims=1),
    lambda a, source, destination: a.movedim(source, destination),
)
case(
    "expand_dims",
    np.expand_dims,
    np.expand_dims,
    one(options=draws.inserted),
    in_torch.expand_dims,
)
case("squeeze", np.squeeze, np.squeeze, one(options=draws.squeezable), in_torch.squeeze)
case(
    "broadcast_to",
    np.broadcast_to,
    np.broadcast_to,
    one(options=lambda shape: st.tuples(draws.wider(shape), SUBOK).map(lambda o: o[0] | o[1])),
    lambda a, shape, subok: a.broadcast_to(shape),
)
for _function in (np.tril, np.triu):
    _draw = one(options=just(k=st.integers(-2, 2)), min_dims=1)
    case(_function.__name__, _function, _function, _draw, picked(_function))
case("flip", np.flip, np.flip, one(options=draws.flipped), lambda a, axis: a.flip(dims(a, axis)))
case(
    "copy",
    np.copy,
    np.copy,
    one(options=just(order=st.sampled_from("CFAK"), subok=st.booleans())),
    picked(np.copy),
)
case("a.astype", np.ndarray.astype, lambda a: a.astype(a.dtype), one(), lambda a: a.clone())
case(
    "astype",
    np.astype,
    lambda a, dtype=None, **options: np.astype(a, dtype or a.dtype, **options),
    one(options=moving.cast),
    lambda a, **_: a.clone(),
)

# --- other orders, repetition, diagonals -------------------------------------------------------

for _function, _draw in (
    (np.resize, one(options=moving.resized)),
    (np.rollaxis, one(options=moving.rolled_back, min_dims=1)),
    (np.fliplr, one(min_dims=2)),
    (np.flipud, one(min_dims=1)),
    (np.rot90, one(options=moving.turned, min_dims=2)),
    (np.roll, one(options=moving.rolled)),
    (np.repeat, one(options=moving.repeated)),
    (np.tile, one(options=moving.tiled)),
    (np.diag, one(options=just(k=st.integers(-3, 3)), min_dims=1, max_dims=2)),
    (np.diagflat, one(options=just(k=st.integers(-3, 3)))),
    (np.diagonal, one(options=moving.on_diagonals, min_dims=2)),
    (np.atleast_1d, one()),
    (np.atleast_2d, one()),
    (np.atleast_3d, one()),
):
    case(_function.__name__, _function, _function, _draw, picked(_function))
