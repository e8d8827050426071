"""Functions that pick elements, leave some out or put some in."""

import numpy as np

from micrograd_np.testing.operations import draws_moving as moving
from micrograd_np.testing.operations import in_torch
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one
from micrograd_np.testing.operations.in_torch import picked, torch


def compress(a, condition, axis):
    return np.compress(condition, a, axis=axis)


def extract(arr, condition):
    return np.extract(condition, arr)


def insert(arr, values, obj, axis):
    return np.insert(arr, obj, values, axis=axis)


def choose(*choices, a, mode):
    return np.choose(a, choices, mode=mode)


def select(*choices, condlist, default):
    return np.select(condlist, choices, default)


for _name, _function, _call, _draw in (
    ("take", np.take, np.take, one(options=moving.taken)),
    (
        "take_along_axis",
        np.take_along_axis,
        np.take_along_axis,
        one(options=moving.indices_along, min_dims=1),
    ),
    ("compress", np.compress, compress, one(options=moving.compressed)),
    ("extract", np.extract, extract, one(options=moving.extracted)),
    ("delete", np.delete, np.delete, one(options=moving.deleted)),
    ("insert", np.insert, insert, moving.inserted()),
    ("choose", np.choose, choose, moving.chosen()),
    (
        "sliding_window_view",
        np.lib.stride_tricks.sliding_window_view,
        np.lib.stride_tricks.sliding_window_view,
        one(options=moving.windows, min_dims=1, min_side=1),
    ),
):
    case(_name, _function, _call, _draw, picked(_call))


case("select", np.select, select, moving.selected(), in_torch.select)


def by_parts(x, condlist, with_rest):
    functions = [
        lambda v, p, q=1: v * v * p,
        2.5,
        *([lambda v, p, q=1: q * v] if with_rest else []),
    ]
    return np.piecewise(x, condlist, functions, 3.0, q=2)


case(
    "piecewise",
    np.piecewise,
    by_parts,
    one(options=moving.pieces),
    analytic=False,
    exact=lambda x, condlist, with_rest: np.select(
        condlist[::-1], [x * 0 + 2.5, x * x * 3], x * 2 if with_rest else x * 0
    ),
)

# --- by conditions on the values themselves ----------------------------------------------------

for _name, _function, _call in (
    ("select", np.select, lambda x: np.select([x > 0, x <= 0], [x * x, 3 * x], 5)),
    (
        "piecewise",
        np.piecewise,
        lambda x: np.piecewise(x, [x > 0], [lambda v: v * v, lambda v: 3 * v]),
    ),
    ("choose", np.choose, lambda x: np.choose((x > 0).astype(int), [3 * x, x * x])),
):
    case(
        f"{_name} by values",
        _function,
        _call,
        one(),
        lambda x: torch.where(x > 0, x * x, 3 * x),
        exact=lambda x: np.where(x > 0, x * x, 3 * x),
        analytic=False,
    )
