"""Functions that join arrays and take them apart."""

import numpy as np

from micrograd_np.testing.operations import draws, in_torch
from micrograd_np.testing.operations import draws_moving as moving
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import of_shapes, several
from micrograd_np.testing.operations.in_torch import picked, torch

# --- joining -----------------------------------------------------------------------------------

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
for _function, _shapes in (
    (np.concatenate, [[(2, 3), (1, 3)], [(2,), (3,), (0,)]]),
    (np.stack, [[(2, 3), (2, 3)], [(), ()]]),
    (np.vstack, [[(2, 3), (3,)], [(), ()], [(3,), (3,)], [(2, 3), (1, 3), (0, 3)], [(2, 1, 2)]]),
    (np.hstack, [[(2, 3), (2, 1)], [(), (2,)], [(3,), (0,)], [(2, 1, 2), (2, 3, 2)], [(3,)]]),
):
    _joined = lambda *arrays, f=_function, **options: f(arrays, **options)
    case(
        f"{_function.__name__} in a dtype",
        _function,
        _joined,
        moving.joined(*_shapes),
        lambda *arrays, dtype, casting, f=_joined: picked(f)(*arrays),
    )
for _function, _shapes in (
    (np.dstack, [[(2, 3), (2, 3, 2)], [(), ()], [(3,), (3,)], [(0, 3), (0, 3)], [(1, 2, 3)]]),
    (np.column_stack, [[(2,), (2, 3)], [(), ()], [(3,), (3,)], [(0,), (0, 2)]]),
):
    _joined = lambda *arrays, option, f=_function: f(arrays)
    _draw = of_shapes(*((None, shapes) for shapes in _shapes))
    case(_function.__name__, _function, _joined, _draw, picked(_joined))
case("append", np.append, np.append, moving.appended(), picked(np.append))

BLOCKS = {
    "a number": lambda a: a,
    "a row": lambda a, b: [a, b],
    "rows": lambda a, b, c: [[a, b], [c]],
    "with numbers": lambda a, b: [[a, np.zeros((2, 1))], [b, 1]],
    "deep": lambda a, b: [[[a, b]], [[b, a]]],
}


def block(*arrays, option):
    return np.block(BLOCKS[option](*arrays))


case(
    "block",
    np.block,
    block,
    of_shapes(
        ("a number", [()]),
        ("a number", [(2, 3)]),
        ("a row", [(2,), ()]),
        ("a row", [(2, 3), (2, 0)]),
        ("rows", [(2, 1), (2, 2), (1, 3)]),
        ("rows", [(), (2,), (3,)]),
        ("deep", [(2,), (1,)]),
    ),
    picked(block),
)
case("block with numbers", np.block, block, of_shapes(("with numbers", [(2, 2), (2,)])))


def all_of(function):
    """Return all results of a function in one array, each twice: in order and together."""

    def call(*arrays, **options):
        return np.concatenate([np.ravel(part) for part in function(*arrays, **options)])

    return call


for _function, _draw in (
    (np.meshgrid, moving.grids()),
    (np.broadcast_arrays, moving.broadcast_together()),
):
    _call = all_of(_function)
    case(_function.__name__, _function, _call, _draw, picked(_call))

# --- taking apart ------------------------------------------------------------------------------


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
for _function, _draw in (
    (np.split, moving.cut(even=True)),
    (np.array_split, moving.cut()),
    (np.hsplit, moving.cut(min_dims=1, even=True, along=False)),
    (np.vsplit, moving.cut(min_dims=2, even=True, along=False)),
    (np.dsplit, moving.cut(min_dims=3, even=True, along=False)),
    *(
        [(np.unstack, draws.one(options=draws.along, min_dims=1, min_side=1))]
        if hasattr(np, "unstack")
        else []
    ),
):
    if _function is not None:  # NumPy 2.0 has no unstack
        _call = all_of(_function)
        case(f"{_function.__name__} in parts", _function, _call, _draw, picked(_call))
