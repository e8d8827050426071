"""How the operands and options of the operations in the table are drawn.

Numbers are drawn on a grid of eighths that is shifted by a sixteenth for the first operand and by
a thirty-second for the second: so no operand is ever 0 and no two are ever equal, and every
example is far from any kink. (Kinks have a file of their own.)

A strategy gives a list of operands and a dict of options.
"""

import math

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from micrograd_np.testing import strategies

# --- operands ----------------------------------------------------------------------------------


@st.composite
def one(draw, low=-3, high=3, options=None, unique=False, **shape):
    """One operand; `options` draws the options for a given shape."""
    a = draw(strategies.arrays(draw(strategies.shapes(**shape)), low, high, unique=unique))
    return [a], draw(options(a.shape)) if options else {}


@st.composite
def two(draw, low=-3, high=3, signature=None):
    """Two operands that broadcast against each other."""
    how_many = {"signature": signature} if signature else {"num_shapes": 2, "min_side": 0}
    drawn = draw(hnp.mutually_broadcastable_shapes(**how_many, max_dims=2, max_side=3))
    a, b = drawn.input_shapes
    return [
        draw(strategies.arrays(a, low, high)),
        draw(strategies.arrays(b, low, high, margin=1 / 32)),
    ], {}


@st.composite
def condition_and_two(draw):
    """Two operands and a condition, all three of which broadcast against each other."""
    drawn = draw(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=2, max_side=3))
    c, a, b = drawn.input_shapes
    condition = draw(hnp.arrays(bool, c))
    return [draw(strategies.arrays(a)), draw(strategies.arrays(b, margin=1 / 32))], {
        "condition": condition
    }


@st.composite
def several(draw, same_shape=False):
    """One to three operands to join, and the axis to join them along."""
    shape = draw(strategies.shapes(min_dims=0 if same_shape else 1, max_dims=2))
    ndim = len(shape)
    axis = draw(st.integers(-ndim - 1, ndim) if same_shape else st.none() | strategies.axis(ndim))
    operands = []
    for _ in range(draw(st.integers(1, 3))):
        part = list(shape)
        if not same_shape and axis is not None:
            part[axis] = draw(st.integers(0, 3))
        operands.append(draw(strategies.arrays(tuple(part))))
    return operands, {"axis": axis}


def of_shapes(*choices):
    """Draw one of some calls, each an option and the shapes of its operands."""

    @st.composite
    def strategy(draw):
        option, given = draw(st.sampled_from(choices))
        return [draw(strategies.arrays(shape)) for shape in given], {"option": option}

    return strategy()


# --- options: axes -----------------------------------------------------------------------------


def reducing(shape):
    return st.fixed_dictionaries({"axis": strategies.axes(len(shape)), "keepdims": st.booleans()})


def along(shape):
    return st.fixed_dictionaries({"axis": strategies.axis(len(shape))})


def along_or_flat(shape):
    return st.fixed_dictionaries({"axis": st.none() | strategies.axis(len(shape))})


def flipped(shape):
    return st.fixed_dictionaries({"axis": strategies.axes(len(shape))})


def permuted(shape):
    negative = lambda axes: tuple(axis - len(shape) for axis in axes)
    orders = st.permutations(range(len(shape))).map(tuple)
    return st.fixed_dictionaries({"axes": st.one_of(st.none(), orders, orders.map(negative))})


def moved(shape):
    axes = strategies.axis(len(shape))
    return st.fixed_dictionaries({"source": axes, "destination": axes})


def swapped(shape):
    axes = strategies.axis(len(shape))
    return st.fixed_dictionaries({"axis1": axes, "axis2": axes})


def inserted(shape):
    ndim = len(shape)
    return st.fixed_dictionaries({"axis": st.integers(-ndim - 1, ndim) | st.just((0, -1))})


def squeezable(shape):
    ones = [axis for axis, size in enumerate(shape) if size == 1]
    return st.fixed_dictionaries({"axis": st.sampled_from([None, tuple(ones), *ones])})


@st.composite
def spread(draw):
    """What a variance is taken of: three different elements or more."""
    (a,), options = draw(one(options=reducing, min_dims=1, max_dims=2, min_side=3, unique=True))
    return [a], {**options, "ddof": draw(st.integers(0, 1))}


# --- options: shapes and labels ----------------------------------------------------------------


def reshaped(shape):
    size = math.prod(shape)
    return st.fixed_dictionaries(
        {
            "shape": st.sampled_from(
                [(size,), (1, size), (size, 1, 1), *([(-1,), -1] if size else [])]
            )
        }
    )


def wider(shape):
    """Draw a shape to broadcast to: more axes, and more than one where there was one."""
    more = st.lists(st.integers(0, 3), max_size=2)
    sizes = st.tuples(*(st.integers(0, 3) if n == 1 else st.just(n) for n in shape))
    return st.builds(lambda more, sizes: {"shape": (*more, *sizes)}, more, sizes)


def labels_for(shape):
    labels = hnp.arrays(np.int64, shape[:-1], elements=st.integers(0, shape[-1] - 1))
    return st.fixed_dictionaries({"labels": labels})


@st.composite
def parts(draw):
    """An array to split, where, and which of the parts are used."""
    a = draw(strategies.arrays((draw(st.integers(0, 2)), 4)))
    where = draw(st.sampled_from([1, 2, 4, (1,), (1, 3), (0, 2), (2, 2)]))
    return [a], {"where": where, "last_only": draw(st.booleans())}


# --- options: what goes around an array --------------------------------------------------------


def spelled(ndim, numbers):
    """Draw a pair of `numbers` for each axis, in each of the forms that ``np.pad`` takes."""
    pair = st.tuples(numbers, numbers)
    forms = [numbers, st.tuples(numbers), pair, pair.map(lambda pair: (pair,))]
    if ndim:
        forms.append(st.tuples(*[pair] * ndim))
        forms.append(st.tuples(*[pair] * ndim).map(np.array))
        forms.append(
            st.tuples(*[st.tuples(numbers)] * ndim).map(lambda widths: [*map(list, widths)])
        )
    return st.one_of(forms)


@st.composite
def padded(draw, *modes):
    """An array to pad, by up to twice its length; without any elements only by constants."""
    constant = modes == ("constant",)
    a = draw(strategies.arrays(draw(strategies.shapes(max_dims=2, min_side=0 if constant else 1))))
    options = {
        "pad_width": draw(spelled(a.ndim, st.integers(0, 4))),
        "mode": draw(st.sampled_from(modes)),
    }
    if constant and draw(st.booleans()):
        options["constant_values"] = draw(spelled(a.ndim, st.integers(-2, 2) | st.just(0.5)))
    return [a], options


# --- options: norms ----------------------------------------------------------------------------


@st.composite
def measured(draw, *orders):
    """An array none of whose elements is the negative of another, and a norm of its vectors."""
    order = draw(st.sampled_from(orders))
    nothing = order is not None and (abs(order) == np.inf or order < 0)  # has no norm
    shape = draw(strategies.shapes(min_dims=0 if order is None else 1, min_side=int(nothing)))
    a = draw(strategies.arrays(shape, margin=1 / 32, unique=True))
    axes = (
        strategies.axis(a.ndim) | strategies.axis(a.ndim).map(lambda axis: (axis,))
        if a.ndim
        else st.nothing()
    )
    if order is None or a.ndim == 1:
        axes = axes | st.none()
    return [a], {"ord": order, "axis": draw(axes), "keepdims": draw(st.booleans())}


@st.composite
def measured_as_matrices(draw):
    """An array, and the norm of its matrices that takes them for long vectors."""
    a = draw(strategies.arrays(draw(strategies.shapes(min_dims=2)), margin=1 / 32))
    axes = hnp.valid_tuple_axes(a.ndim, min_size=2, max_size=2)
    if a.ndim == 2:
        axes = axes | st.none()
    order = draw(st.sampled_from([None, "fro"]))
    return [a], {"ord": order, "axis": draw(axes), "keepdims": draw(st.booleans())}


# --- options: indices --------------------------------------------------------------------------


def indexed(shape):
    return st.fixed_dictionaries({"index": strategies.indices(shape)})


@st.composite
def target_index_value(draw, adding=False):
    """An array, an index into it and something to put there, broadcast or not."""
    a = draw(strategies.arrays(draw(strategies.shapes())))
    index = draw(strategies.indices(a.shape))
    hole = np.array(a[index]).shape
    keep = draw(st.tuples(*(st.booleans() for _ in hole)))
    drop = draw(st.integers(0, len(hole)))
    if adding and a.ndim == 1:
        drop = 0  # np.add.at of NumPy 2.4 reads past the end of a 1-d value where the index is 2-d
    shape = tuple(n if kept else 1 for n, kept in zip(hole, keep, strict=True))[drop:]
    return [a, draw(strategies.arrays(shape, margin=1 / 32))], {"index": index}
