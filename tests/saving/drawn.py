"""Trees that can be saved, drawn at random, and what it means that two are the same."""

import struct

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

# Lone surrogates, too: in Python they are characters.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=6)
KEYS = st.one_of(
    TEXTS,
    st.sampled_from(["", ".", "..", "a", "a/b", "a.npy", "#0", "#1", "#tree.json", "0", "K" * 300]),
    st.integers(-3, 3),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
)
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**200), 2**200),
    st.floats(),
    st.complex_numbers(),
    TEXTS,
    st.binary(max_size=6),
)
PLAIN = st.one_of(npst.scalar_dtypes(), npst.unicode_string_dtypes(), npst.byte_string_dtypes())
DTYPES = st.one_of(PLAIN, npst.array_dtypes(PLAIN, max_size=3))


@st.composite
def arrays(draw):
    """Draw an array: also empty, of no dimension, by columns, or with gaps."""
    shape = draw(npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    array = draw(npst.arrays(draw(DTYPES), shape))
    layout = draw(st.sampled_from(["C", "F", "gaps"]))
    if layout == "gaps" and array.ndim:
        return array[::2]
    return np.array(array, order="F") if layout == "F" else array


def scalars():
    """Draw a NumPy scalar."""
    strings = st.one_of(TEXTS.map(np.str_), st.binary(max_size=3).map(np.bytes_))
    return st.one_of(npst.arrays(DTYPES, ()).map(lambda array: array[()]), strings)


def trees(leaves):
    """Draw containers of some leaves."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.lists(inner, max_size=3).map(tuple),
            st.dictionaries(KEYS, inner, max_size=4),
        ),
        max_leaves=8,
    )


TREES = trees(st.one_of(ATOMS, arrays(), scalars()))


def same(a, b):
    """Whether `b` is what `a` has to come back as: of the same types, and the same to the bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return len(a) == len(b) and all(
            map(same, (*a.keys(), *a.values()), (*b.keys(), *b.values()))
        )
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        by_columns = a.flags.f_contiguous and not a.flags.c_contiguous
        order = b.flags.f_contiguous if by_columns else b.flags.c_contiguous
        own = b.flags.owndata and b.flags.writeable
        return order and own and same_elements(a, b)
    if isinstance(a, np.generic) and not isinstance(a, (str, bytes)):
        return same_elements(np.asarray(a), np.asarray(b))
    if isinstance(a, (float, complex)):
        return struct.pack("dd", a.real, a.imag) == struct.pack("dd", b.real, b.imag)
    return a == b


def same_elements(a, b):
    """Whether two arrays are the same to the bit, wherever they are."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.names is not None:  # between fields there may be anything
        return all(same_elements(a[name], b[name]) for name in a.dtype.names)
    if a.dtype.char in "gG":  # and inside of a long double
        return a.astype("S60").tobytes() == b.astype("S60").tobytes()
    return a.tobytes() == b.tobytes()


class Layer:
    """An object with a state_dict()."""

    def __init__(self, **state):
        self.state = state

    def state_dict(self):
        return self.state
