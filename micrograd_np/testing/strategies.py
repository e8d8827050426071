"""Hypothesis strategies for gradients: what to draw, and how far it stays from where they jump.

>>> import numpy as np
>>> from hypothesis import given
>>> from micrograd_np.testing import strategies
>>> @given(strategies.arrays((2, 3)))
... def squares_are_not_negative(x):
...     assert np.all(x * x > 0)  # no element is 0
>>> squares_are_not_negative()

They need Hypothesis (the extra ``[test]``). `arrays` keeps a distance from kinks, `broadcastable`
draws several that no element is shared between, `special_arrays` holds what floating point has
beside ordinary numbers, `indices` draws whatever NumPy takes between brackets, and `networks` draws
data and weights with what makes the gradients of a network hard to get right.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import DTypeLike, NDArray

from micrograd_np.checks import number, whole
from micrograd_np.testing.networks import Network, networks

Array = NDArray[Any]
Shape = tuple[int, ...]
Draw = Callable[[st.SearchStrategy[Any]], Any]

__all__ = [
    "Network",
    "arrays",
    "axes",
    "axis",
    "broadcastable",
    "indices",
    "networks",
    "shapes",
    "special_arrays",
    "special_floats",
]

# --- shapes and axes ---------------------------------------------------------------------------


def shapes(
    min_dims: int = 0, min_side: int = 0, max_dims: int = 3, max_side: int = 3
) -> st.SearchStrategy[Shape]:
    """Draw a shape: 0-d and empty ones too, unless told otherwise.

    Parameters
    ----------
    min_dims, max_dims
        The least and the largest number of axes.
    min_side, max_side
        The least and the largest length of an axis.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(shapes(), lambda shape: len(shape) == 2)
    (0, 0)
    """
    found = hnp.array_shapes(
        min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side
    )
    return found | (st.just(()) if min_dims == 0 else st.nothing())


def axis(ndim: int) -> st.SearchStrategy[int]:
    """Draw an axis of an array with `ndim` axes, from either end; nothing if it has none."""
    ndim = whole("ndim", ndim, 0)
    return st.integers(-ndim, ndim - 1) if ndim else st.nothing()


def axes(ndim: int) -> st.SearchStrategy[int | Shape | None]:
    """Draw None, an axis or a tuple of axes, as reductions take them."""
    ndim = whole("ndim", ndim, 0)
    several = hnp.valid_tuple_axes(ndim, min_size=1) if ndim else st.nothing()
    return st.none() | axis(ndim) | several


# --- arrays ------------------------------------------------------------------------------------


def arrays(
    shape: Shape | st.SearchStrategy[Shape],
    low: int = -3,
    high: int = 3,
    margin: float = 1 / 16,
    unique: bool = False,
    *,
    kinks: Sequence[float] = (),
    dtype: DTypeLike = np.float64,
) -> st.SearchStrategy[Array]:
    """Draw an array of numbers between `low` and `high` that keep a distance from kinks.

    They are multiples of 1/8 plus `margin`: no element is 0, nor any other multiple of 1/8, nor
    closer to one than that, so that ReLU, ``abs``, rounding and comparisons with round numbers are
    differentiable there. Two arrays of different margins have no element in common. All of them are
    exact in single and in half precision.

    Parameters
    ----------
    shape
        Of the array, or a strategy that draws it.
    low, high
        Between which whole numbers elements lie.
    margin
        From multiples of 1/8: more than 0 and less than 1/8, such as 1/16 or 1/32.
    unique
        Whether no two elements of the array are equal: so that ``max`` and ``sort`` have no ties.
    kinks
        Other places that elements are not to come closer to than `margin`.
    dtype
        A floating-point type.

    Raises
    ------
    TypeError
        If an option is of another type than is said here.
    ValueError
        If `margin` is not between 0 and 1/8, `low` not less than `high`, or `dtype` too coarse for
        such numbers.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(arrays((2,)), lambda x: x[0] > 1)
    array([1.0625, 1.0625])
    """
    low, high, dtype = whole("low", low), whole("high", high), _floating(dtype)
    if not 0 < number("margin", margin) < 1 / 8:
        raise ValueError(f"margin must be between 0 and 1/8, such as 1/16; got {margin}")
    if not low < high:
        raise ValueError(f"low must be less than high; got low={low}, high={high}")
    ends = np.array([low + margin, high - 1 / 8 + margin])
    with np.errstate(over="ignore"):
        if (ends.astype(dtype) != ends).any():
            raise ValueError(f"{dtype} does not hold multiples of 1/8 plus {margin} up to {ends}")
    eighths = st.integers(8 * low, 8 * high - 1)
    places = [number("one of kinks", kink) for kink in kinks]
    if places:
        eighths = eighths.filter(
            lambda n: all(abs(n / 8 + margin - place) >= margin for place in places)
        )
    drawn = hnp.arrays(np.int64, _shaped(shape), elements=eighths, unique=unique)
    return drawn.map(lambda n: np.asarray(n / 8 + margin, dtype))


def _floating(dtype: DTypeLike) -> np.dtype[Any]:
    found = np.dtype(dtype)
    if found.kind != "f":
        raise TypeError(f"dtype is {found}, expected a floating-point type, such as np.float32")
    return found


def _shaped(shape: Any) -> Any:
    """Return a shape as a tuple, or a strategy for shapes as it is."""
    if isinstance(shape, st.SearchStrategy):
        return shape
    lengths = shape if isinstance(shape, (tuple, list)) else (shape,)
    return tuple(whole("a length in shape", length, 0) for length in lengths)


@st.composite
def broadcastable(
    draw: Draw,
    count: int = 2,
    max_dims: int = 2,
    max_side: int = 3,
    dtype: DTypeLike = np.float64,
) -> list[Array]:
    """Draw arrays of shapes that broadcast against each other, no two with an element in common.

    Parameters
    ----------
    count
        How many: up to 7.
    max_dims, max_side
        The largest number of axes, and length of one.
    dtype
        A floating-point type.

    Examples
    --------
    >>> from hypothesis import find
    >>> a, b = find(broadcastable(), lambda pair: pair[0].shape != pair[1].shape)
    >>> bool(np.any(a == b))
    False
    """
    if not 1 <= whole("count", count) <= 7:
        raise ValueError(f"count must be from 1 to 7, got {count}")
    drawn = draw(
        hnp.mutually_broadcastable_shapes(
            num_shapes=count, min_side=0, max_dims=max_dims, max_side=max_side
        )
    )
    # Each on a grid of its own, so that no two elements are ever equal.
    return [
        draw(arrays(shape, margin=(k + 1) / 64, dtype=dtype))
        for k, shape in enumerate(drawn.input_shapes)
    ]


def special_floats(dtype: DTypeLike = np.float64) -> st.SearchStrategy[Any]:
    """Draw what floating point has beside ordinary numbers.

    That is nan, both infinities and zeros, the largest, the smallest normal and the smallest number
    of all, the neighbours of 1, and numbers whose squares overflow or underflow.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(special_floats("float32"), np.isnan)
    np.float32(nan)
    """
    info = np.finfo(_floating(dtype))
    positive = [
        0.0, np.inf, info.max, info.tiny, info.smallest_subnormal, 1.0, 1 + info.eps,
        1 - info.epsneg, 2 * np.sqrt(info.max), np.sqrt(info.tiny) / 2,
    ]  # fmt: skip
    numbers = [info.dtype.type(x) for x in positive]
    return st.sampled_from([*numbers, *(-x for x in numbers), info.dtype.type(np.nan)])


@st.composite
def special_arrays(
    draw: Draw,
    shape: Shape | st.SearchStrategy[Shape],
    dtype: DTypeLike = np.float64,
    allow_nan: bool = True,
    allow_infinity: bool = True,
) -> Array:
    """Draw an array of ordinary numbers, among which there are `special_floats`.

    Parameters
    ----------
    shape
        Of the array, or a strategy that draws it.
    dtype
        A floating-point type.
    allow_nan, allow_infinity
        Whether they may be among them.

    Examples
    --------
    >>> from hypothesis import find
    >>> bool(find(special_arrays((3,)), lambda x: np.isinf(x).any()).any())
    True
    """
    special = special_floats(dtype)
    if not allow_nan:
        special = special.filter(lambda x: not np.isnan(x))
    if not allow_infinity:
        special = special.filter(lambda x: not np.isinf(x))
    info = np.finfo(_floating(dtype))
    ordinary = st.integers(-24, 23).map(lambda n: info.dtype.type(n / 8 + 1 / 16))
    return np.asarray(draw(hnp.arrays(info.dtype, _shaped(shape), elements=special | ordinary)))


# --- indices -----------------------------------------------------------------------------------


@st.composite
def indices(draw: Draw, shape: Shape) -> Any:
    """Draw an index into an array of a shape, of any kind that NumPy takes.

    Numbers, slices, ``...`` and ``None``; masks, arrays and lists of numbers; and mixtures.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(indices((3, 2)), lambda index: isinstance(index, list) and len(index) == 2)
    [0, 0]
    """
    shape = _shaped(shape)
    ndim = len(shape)
    kinds: list[st.SearchStrategy[Any]] = [
        hnp.basic_indices(shape, allow_newaxis=True, max_dims=ndim + 2)
    ]
    kinds.append(hnp.arrays(bool, shape))
    kinds.append(st.sampled_from([True, False, None, ..., ()]))
    if ndim and shape[0]:
        first = st.integers(-shape[0], shape[0] - 1)
        kinds.append(st.lists(first, max_size=4))
        kinds.append(st.lists(first, min_size=1, max_size=4).map(lambda rows: (tuple(rows), ...)))
        kinds.append(st.lists(first, min_size=1, max_size=3).map(lambda rows: (None, rows)))
        kinds.append(first.map(np.array))
        kinds.append(st.lists(st.booleans(), min_size=shape[0], max_size=shape[0]))
    if ndim and min(shape) > 0:
        kinds.append(hnp.integer_array_indices(shape))
        rows = hnp.integer_array_indices(shape[:1])
        kinds.append(rows.map(lambda rows: (*rows, slice(None, None, -1))[:ndim]))
    return draw(st.one_of(kinds))
