"""How the options of reductions are drawn: masks, first values, dtypes, weights."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from micrograd_np.testing import strategies
from micrograd_np.testing.operations.draws import along_or_flat, one, reducing

DTYPES = st.sampled_from([None, np.float64])
"""Those that no operand of the tests is too wide for."""


@st.composite
def masks(draw, shape):
    """Draw a mask that broadcasts to a shape."""
    keep = draw(st.tuples(*(st.booleans() for _ in shape)))
    small = tuple(n if kept else 1 for n, kept in zip(shape, keep, strict=True))
    return draw(hnp.arrays(bool, small[draw(st.integers(0, len(shape))) :]))


@st.composite
def reducing_some(draw, shape, first=None, at_least=0):
    """Draw axes, a mask that leaves at least so many elements, and a value to begin with."""
    options = draw(reducing(shape))
    if draw(st.booleans()):
        mask = draw(masks(shape))
        if np.all(np.broadcast_to(mask, shape).sum(options["axis"]) >= at_least):
            options["where"] = mask
    if first is not None and draw(st.booleans()):
        options["initial"] = draw(first)
    return options


def reducing_in(shape):
    """Draw axes and a dtype to compute in."""
    return st.builds(lambda dtype, options: {"dtype": dtype, **options}, DTYPES, reducing(shape))


def along_or_flat_in(shape):
    """Draw an axis, or none, and a dtype to compute in."""
    return st.builds(
        lambda dtype, options: {"dtype": dtype, **options}, DTYPES, along_or_flat(shape)
    )


@st.composite
def extremes(draw, shape):
    """The options of a maximum, which under a mask must begin with something."""
    options = draw(reducing(shape))
    if draw(st.booleans()):
        options["initial"] = draw(st.sampled_from([-100.0, 100.0, 0.0, 1.0]))
        if draw(st.booleans()):
            options["where"] = draw(masks(shape))
    return options


@st.composite
def spreading(draw, computed_in=False):
    """What a variance is taken of: three different elements or more, of which a mask leaves two."""
    (a,), options = draw(one(options=reducing, min_dims=1, max_dims=2, min_side=3, unique=True))
    options[draw(st.sampled_from(["ddof", "correction"]))] = draw(st.integers(0, 1))
    if computed_in:
        options["dtype"] = draw(DTYPES)
    if draw(st.booleans()):
        mask = draw(hnp.arrays(bool, a.shape))
        if np.all(mask.sum(options["axis"]) >= 2):
            options["where"] = mask
    return [a], options


@st.composite
def running_along(draw, shape):
    """The options of ``np.cumulative_sum``."""
    options = draw(along_or_flat(shape))
    if len(shape) > 1 and options["axis"] is None:
        options["axis"] = 0
    if draw(st.booleans()):
        options["include_initial"] = draw(st.booleans())
    return options


def factors(**shape):
    """Draw what may be multiplied up without leaving float16."""
    return one(-2, 2, **shape)


@st.composite
def about_a_mean(draw):
    """An array, and a mean of some axes of it that is an operand, too."""
    a = draw(
        strategies.arrays(draw(strategies.shapes(min_dims=1, max_dims=2, min_side=2)), unique=True)
    )
    axis = draw(st.none() | st.integers(-a.ndim, a.ndim - 1))
    mean = np.mean(a, axis, keepdims=True)
    mean = draw(strategies.arrays(mean.shape, margin=1 / 32))
    return [a, mean], {"axis": axis, "ddof": draw(st.integers(0, 1))}


@st.composite
def with_nan(draw, low=-3, high=3, options=None, left=1, **shape):
    """An array with nan, options for its shape, and so many numbers for each of the results."""
    a = draw(strategies.arrays(draw(strategies.shapes(**shape)), low, high, unique=True))
    chosen = draw(options(a.shape))
    nan = draw(hnp.arrays(bool, a.shape))
    if "axis" in chosen and not np.all((~nan).sum(chosen["axis"]) >= left):
        nan = np.zeros_like(nan)
    return [np.where(nan, np.nan, a)], chosen


def second_as_option(strategy, name):
    """Give the second operand as an option: one that no gradient is asked of."""
    return strategy.map(lambda drawn: (drawn[0][:1], drawn[1] | {name: drawn[0][1]}))
