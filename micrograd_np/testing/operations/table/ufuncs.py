"""The methods and keywords that every ufunc has."""

import operator

import mpmath
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from micrograd_np.testing import strategies
from micrograd_np.testing.operations import draws
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one, two
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.table.indexing import target

# --- methods -----------------------------------------------------------------------------------


@st.composite
def reduced(draw, several=True, empty=True):
    """An array and what a reduction takes; `several` axes where the order does not matter."""
    a = draw(
        strategies.arrays(
            draw(strategies.shapes(min_dims=1, min_side=0 if empty else 1)), unique=True
        )
    )
    ndim = a.ndim
    axes = strategies.axes(ndim) if several else strategies.axis(ndim)
    options = {"axis": draw(axes), "keepdims": draw(st.booleans())}
    if draw(st.booleans()):
        options["initial"] = draw(st.sampled_from([0.5, 2.0]))
        if draw(st.booleans()):
            options["where"] = draw(hnp.arrays(bool, a.shape))
    if draw(st.booleans()):
        options["dtype"] = np.float64
    return [a], options


def reduce_of(ufunc):
    return lambda a, **options: ufunc.reduce(a, **options)


for _ufunc, _several, _empty in [
    (np.add, True, True),
    (np.multiply, True, True),
    (np.maximum, True, False),
    (np.minimum, True, False),
    (np.subtract, False, False),
    (np.divide, False, False),
    (np.fmax, False, False),
]:
    case(
        f"{_ufunc.__name__}.reduce",
        np.ufunc.reduce,
        reduce_of(_ufunc),
        reduced(_several, _empty),
        analytic=_ufunc not in (np.maximum, np.minimum, np.fmax),
    )


@st.composite
def accumulated(draw):
    a = draw(strategies.arrays(draw(strategies.shapes(min_dims=1)), unique=True))
    options = {"axis": draw(strategies.axis(a.ndim))}
    if draw(st.booleans()):
        options["dtype"] = np.float64
    return [a], options


for _ufunc, _torch in [
    (np.add, lambda a, axis, dtype=None: a.cumsum(axis)),
    (np.multiply, lambda a, axis, dtype=None: a.cumprod(axis)),
    (np.maximum, None),
    (np.subtract, None),
]:
    case(
        f"{_ufunc.__name__}.accumulate",
        np.ufunc.accumulate,
        lambda a, ufunc=_ufunc, **options: ufunc.accumulate(a, **options),
        accumulated(),
        _torch,
        analytic=_ufunc is not np.maximum,
    )


@st.composite
def cut(draw):
    """An array, and positions along one of its axes, in any order."""
    a = draw(strategies.arrays(draw(strategies.shapes(min_dims=1, min_side=1)), low=1))
    axis = draw(strategies.axis(a.ndim))
    places = st.lists(st.integers(0, a.shape[axis] - 1), min_size=1, max_size=4)
    return [a], {"indices": draw(places), "axis": axis, "dtype": draw(st.sampled_from([None, "d"]))}


for _ufunc in (np.add, np.multiply):
    case(
        f"{_ufunc.__name__}.reduceat",
        np.ufunc.reduceat,
        lambda a, ufunc=_ufunc, **options: ufunc.reduceat(a, **options),
        cut(),
    )


@st.composite
def any_two(draw):
    """Two operands of any shapes."""
    pair = [
        draw(strategies.arrays(draw(strategies.shapes(max_dims=2)), margin=shift))
        for shift in (1 / 16, 1 / 32)
    ]
    return pair, {}


def outer_in_torch(function):
    return lambda a, b: function(a.reshape(a.shape + (1,) * b.ndim), b)


for _ufunc, _torch in [
    (np.multiply, operator.mul),
    (np.subtract, operator.sub),
    (np.divide, operator.truediv),
]:
    case(
        f"{_ufunc.__name__}.outer",
        np.ufunc.outer,
        lambda a, b, ufunc=_ufunc: ufunc.outer(a, b),
        any_two(),
        outer_in_torch(_torch),
    )


def written_at(ufunc):
    def call(a, *values, index):
        a = target(a, *values)
        ufunc.at(a, index, *values)
        return a

    return call


for _ufunc in (np.subtract, np.multiply, np.divide):
    case(
        f"{_ufunc.__name__}.at",
        np.ufunc.at,
        written_at(_ufunc),
        draws.target_index_value(adding=True),
        refused="which elements are picked repeatedly",
    )
case(
    "negative.at",
    np.ufunc.at,
    written_at(np.negative),
    one(options=draws.indexed),
    refused="which elements are picked repeatedly",
)

# --- keywords ----------------------------------------------------------------------------------


@st.composite
def masked(draw, low=-3, operands=2):
    """Operands, a mask, and what stands where it is false."""
    arrays, _ = draw(two(low) if operands == 2 else one(low))
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    mask = draw(hnp.arrays(bool, shape))
    return [*arrays, draw(strategies.arrays(shape, margin=1 / 64))], {"where": mask}


def where_of(ufunc):
    """Return a call that writes into a copy of its last operand, where a mask is true."""
    if ufunc.nin == 1:
        return lambda a, fill, where: ufunc(a, where=where, out=fill.copy())
    return lambda a, b, fill, where: ufunc(a, b, where=where, out=fill.copy())


def where_in_torch(function):
    def call(*operands, where):
        *operands, fill = operands
        return torch.where(torch.as_tensor(where), function(*operands), fill)

    return call


for _ufunc, _low, _torch in [
    (np.log, 0, torch and torch.log),
    (np.sqrt, 0, torch and torch.sqrt),
    (np.multiply, -3, operator.mul),
    (np.divide, -3, operator.truediv),
]:
    case(
        f"{_ufunc.__name__}(where=, out=)",
        np.ufunc.__call__,
        where_of(_ufunc),
        masked(_low, _ufunc.nin),
        where_in_torch(_torch),
    )

for _name, _call in (
    ("log", lambda x: np.log(x, where=x > 0, out=np.zeros(x.shape, x.dtype))),
    ("sqrt", lambda x: np.sqrt(x, where=x > 0, out=np.zeros(x.shape, x.dtype))),
):
    case(
        f"{_name} of positive ones",
        np.ufunc.__call__,
        _call,
        one(),
        lambda x, name=_name: torch.where(
            x > 0, getattr(torch, name)(torch.where(x > 0, x, 1.0)), torch.zeros_like(x)
        ),
        exact=np.frompyfunc(
            lambda v, name=_name: getattr(mpmath, name)(v) if v > 0 else mpmath.mpf(0), 1, 1
        ),
        analytic=False,
    )

case(
    "add(dtype=, casting=, order=)",
    np.ufunc.__call__,
    lambda a, b, **options: np.add(a, b, **options),
    two().flatmap(
        lambda drawn: st.fixed_dictionaries(
            {
                "dtype": st.sampled_from([None, "float64"]),
                "casting": st.sampled_from(["safe", "same_kind", "unsafe"]),
                "order": st.sampled_from(["K", "C", "F"]),
                "subok": st.booleans(),
            }
        ).map(lambda options: (drawn[0], options))
    ),
    lambda a, b, **options: a + b,
)


@st.composite
def on_axes(draw):
    a = draw(strategies.arrays((2, 3, 2)))
    b = draw(strategies.arrays((2, 3, 2), margin=1 / 32))
    axes = draw(st.sampled_from([[(0, 1), (1, 2), (0, 1)], [(-3, 1), (-2, 0), (1, -1)]]))
    return [a, b], {"axes": axes}


case(
    "matmul(axes=)",
    np.ufunc.__call__,
    lambda a, b, axes: np.matmul(a, b, axes=axes),
    on_axes(),
)
