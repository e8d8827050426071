"""Functions that move elements about."""

import numpy as np
from hypothesis import strategies as st

from rules import draws, in_torch
from rules.case import case
from rules.draws import one, several
from rules.in_torch import dims, torch

# --- shapes: one operand -----------------------------------------------------------------------

case(
    "reshape",
    np.reshape,
    np.reshape,
    one(options=draws.reshaped),
    lambda a, shape: a.reshape(shape),
)
case(
    "a.reshape", np.reshape, lambda a: a.reshape(-1, 1), one(min_side=1), lambda a: a.reshape(-1, 1)
)
case("ravel", np.ravel, np.ravel, one(), lambda a: a.reshape(-1))
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
    one(options=draws.moved, min_dims=1),
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
    one(options=draws.wider),
    lambda a, shape: a.broadcast_to(shape),
)
for _name, _function in [("tril", np.tril), ("triu", np.triu)]:
    _draw = one(options=lambda shape: st.fixed_dictionaries({"k": st.integers(-2, 2)}), min_dims=2)
    case(_name, _function, _function, _draw, lambda a, k, name=_name: getattr(torch, name)(a, k))
case("flip", np.flip, np.flip, one(options=draws.flipped), lambda a, axis: a.flip(dims(a, axis)))
case("copy", np.copy, np.copy, one(), lambda a: a.clone())
case("a.astype", np.ndarray.astype, lambda a: a.astype(a.dtype), one(), lambda a: a.clone())

# --- shapes: padding ---------------------------------------------------------------------------

case("pad", np.pad, np.pad, draws.padded("constant"), in_torch.pad)
case(
    "pad with elements",
    np.pad,
    np.pad,
    draws.padded("edge", "reflect", "symmetric", "wrap"),
    in_torch.pad,
)

# --- shapes: joining and splitting -------------------------------------------------------------

case(
    "concatenate",
    np.concatenate,
    lambda *arrays, axis: np.concatenate(arrays, axis=axis),
    several(),
    in_torch.concatenate,
)
case(
    "stack",
    np.stack,
    lambda *arrays, axis: np.stack(arrays, axis=axis),
    several(same_shape=True),
    lambda *arrays, axis: torch.stack(arrays, axis),
)


def split_and_use(a, where, last_only, split=np.split):
    """Something that depends on each part in its own way, or on the last alone."""
    used = split(a, where, 1)[-1 if last_only else 0 :]
    return sum((part * part).sum() * (k + 1) for k, part in enumerate(used))


case(
    "split",
    np.split,
    split_and_use,
    draws.parts(),
    lambda a, where, last_only: split_and_use(
        a, where, last_only, split=lambda a, where, axis: a.tensor_split(where, axis)
    ),
)
