"""Functions of the user's that are applied along axes."""

import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing import strategies
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.in_torch import torch

OF_ROWS = {
    "a number": lambda row, factor: (row * row).sum() * factor,
    "a row": lambda row, factor: row[::-1] * factor,
    "a matrix": lambda row, factor: row[:, None] * row * factor,
}


def of_row(row, factor, kind):
    return OF_ROWS[kind](row, factor)


def of_their_row(row, factor, kind):
    return row.flip(0) * factor if kind == "a row" else OF_ROWS[kind](row, factor)


@st.composite
def along(draw):
    shape = list(draw(strategies.shapes(min_dims=1, min_side=1)))
    axis = draw(strategies.axis(len(shape)))
    shape[axis] = draw(st.integers(0, 3))
    return [draw(strategies.arrays(tuple(shape)))], {
        "axis": axis,
        "kind": draw(st.sampled_from([*OF_ROWS])),
    }


def their_along(a, axis, kind):
    rows = a.movedim(axis, -1)
    others = rows.shape[:-1]
    made = (
        [of_their_row(row, 2.0, kind) for row in rows.reshape(-1, rows.shape[-1])]
        if rows.numel()
        else [of_their_row(rows[index], 2.0, kind) for index in np.ndindex(*others)]
    )
    stacked = torch.stack(made).reshape((*others, *made[0].shape))
    axis = axis % a.ndim
    places = range(len(others), stacked.ndim)
    return stacked.movedim(tuple(places), tuple(range(axis, axis + len(places))))


case(
    "apply_along_axis",
    np.apply_along_axis,
    lambda a, axis, kind: np.apply_along_axis(
        func1d=of_row, axis=axis, arr=a, factor=2.0, kind=kind
    ),
    along(),
    their_along,
    complex=True,
)


@st.composite
def over(draw):
    a = draw(strategies.arrays(draw(strategies.shapes(min_dims=1, min_side=1))))
    axes = draw(strategies.axes(a.ndim).filter(lambda axes: axes is not None))
    return [a], {"axes": axes, "keepdims": draw(st.booleans())}


def their_over(a, axes, keepdims):
    for axis in axes if isinstance(axes, tuple) else (axes,):
        a = (a * a).sum(axis, keepdim=True)
    return a


case(
    "apply_over_axes",
    np.apply_over_axes,
    lambda a, axes, keepdims: np.apply_over_axes(
        func=lambda a, axis: (a * a).sum(axis, keepdims=keepdims), a=a, axes=axes
    ),
    over(),
    their_over,
    complex=True,
)
