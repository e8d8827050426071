"""Reading and writing parts of an array."""

import operator

import numpy as np

import micrograd_np as mg
from micrograd_np.testing.operations import draws, in_torch
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one

# --- indexing ----------------------------------------------------------------------------------


def target(a, value=None):
    """Return a copy of `a` that `value` can be written into: a tensor if that is one."""
    if isinstance(value, mg.Tensor) and not isinstance(a, mg.Tensor):
        return mg.tensor(a)
    return np.copy(a, order="C", subok=True)


def assign(a, value, index):
    a = target(a, value)
    a[index] = value
    return a


def add_at(a, value, index):
    a = target(a, value)
    np.add.at(a, index, value)
    return a


case(
    "a[index]",
    operator.getitem,
    lambda a, index: a[index],
    one(options=draws.indexed),
    in_torch.getitem,
)
case(
    "a[index] = value",
    operator.setitem,
    assign,
    draws.target_index_value(),
    in_torch.setitem,
)
case("np.add.at", np.add.at, add_at, draws.target_index_value(adding=True), in_torch.add_at)
