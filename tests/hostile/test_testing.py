"""What assertions and strategies refuse: one line that says what was given and is expected."""

import re

import numpy as np
import pytest
from hypothesis import find

from micrograd_np.testing import assert_gradients_agree, gradcheck, strategies

X = np.ones(3)
MASKED = np.ma.array(X, mask=[True, False, False])
HOLDS_ITSELF = [1.0]
HOLDS_ITSELF.append(HOLDS_ITSELF)

NO_GRADIENTS = {
    "None": (None, TypeError, "is None, expected an array of numbers"),
    "a string": ("dx", TypeError, "is 'dx', expected an array of numbers"),
    "objects": (np.array([1, None]), TypeError, "is an array of object"),
    "a generator": ((x for x in X), TypeError, "is a generator, expected an array of numbers"),
    "fields": (np.zeros(2, "f,f"), TypeError, r"is an array of \[\("),
    "dates": (np.array(["2020-01-01"], "M8[D]"), TypeError, r"an array of datetime64\[D\]"),
    "a mask": (MASKED, TypeError, "a masked array would lose its mask"),
    "itself": (HOLDS_ITSELF, ValueError, "a list holds itself"),
}


@pytest.mark.parametrize("case", NO_GRADIENTS)
@pytest.mark.parametrize("side", ["given", "wanted"])
def test_what_holds_no_gradients(case, side):
    value, error, why = NO_GRADIENTS[case]
    for both in ({"given": X, "wanted": X}, {"given": lambda: X, "wanted": X}):
        with pytest.raises(error, match=why) as found:
            assert_gradients_agree(**{**both, side: value})
        assert "\n" not in str(found.value)


@pytest.mark.parametrize("value", [None, "dx", (x for x in X), MASKED, HOLDS_ITSELF, [1, 2]])
def test_a_function_that_is_right_returns_floating_point_arrays(value):
    with pytest.raises((TypeError, ValueError)) as found:
        assert_gradients_agree(X, lambda: value)
    assert "\n" not in str(found.value)


def test_integers_are_no_gradients():
    with pytest.raises(TypeError, match=r"wanted\['dx'\] has dtype int64"):
        assert_gradients_agree({"dx": X}, {"dx": np.ones(3, np.int64)})
    with pytest.raises(AssertionError, match="given has dtype int64, wanted float64"):
        assert_gradients_agree({"dx": np.ones(3, np.int64)}, {"dx": X})


@pytest.mark.parametrize("value", [None, "x", np.ones(3, int), MASKED, HOLDS_ITSELF, [None]])
def test_what_has_no_slope(value):
    with pytest.raises((TypeError, ValueError)) as found:
        gradcheck(np.sin, value)
    assert "\n" not in str(found.value)


# --- strategies ---------------------------------------------------------------------------------

REFUSED = {
    "integers": (lambda s: s.arrays((3,), dtype=int), "dtype is int64, expected a floating-point"),
    "complex": (lambda s: s.arrays((3,), dtype=complex), "dtype is complex128"),
    "objects": (lambda s: s.special_arrays((3,), dtype=object), "dtype is object"),
    "complex specials": (lambda s: s.special_floats(complex), "dtype is complex128"),
    "integers that broadcast": (lambda s: s.broadcastable(2, dtype=int), "dtype is int64"),
    "too coarse": (lambda s: s.arrays((3,), margin=1 / 4096, dtype="f2"), "float16 does not hold"),
    "too large": (lambda s: s.arrays((3,), 0, 10**6, dtype="f2"), "float16 does not hold"),
    "a margin of 0": (lambda s: s.arrays((3,), margin=0), "margin must be between 0 and 1/8"),
    "a margin of 1/8": (lambda s: s.arrays((3,), margin=1 / 8), "margin must be between 0 and 1/8"),
    "a word": (lambda s: s.arrays((3,), margin="x"), "margin is 'x', expected a number"),
    "a fraction": (lambda s: s.arrays((3,), low=1.5), "low is 1.5, expected a whole number"),
    "nan": (lambda s: s.arrays((3,), high=np.nan), "high is nan, expected a whole number"),
    "upside down": (lambda s: s.arrays((3,), 2, 2), "low must be less than high"),
    "a kink": (lambda s: s.arrays((3,), kinks="a"), "one of kinks is 'a', expected a number"),
    "less than none": (lambda s: s.arrays((2, -1)), "a length in shape is -1, expected 0 or more"),
    "no shape": (lambda s: s.arrays(None), "a length in shape is None, expected a whole number"),
    "a shape in words": (lambda s: s.special_arrays("23"), "a length in shape is '23'"),
    "an index of nothing": (lambda s: s.indices(None), "a length in shape is None"),
    "none": (lambda s: s.broadcastable(0), "count must be from 1 to 7, got 0"),
    "eight": (lambda s: s.broadcastable(8), "count must be from 1 to 7, got 8"),
    "a count in words": (lambda s: s.broadcastable("a"), "count is 'a', expected a whole number"),
    "an axis of less": (lambda s: s.axis(-1), "ndim is -1, expected 0 or more"),
    "axes in words": (lambda s: s.axes("a"), "ndim is 'a', expected a whole number"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_drawn_is_refused(case):
    strategy, why = REFUSED[case]
    with pytest.raises((TypeError, ValueError), match=re.escape(why)) as found:
        find(strategy(strategies), lambda _: True)
    assert "\n" not in str(found.value)


def test_a_shape_may_be_one_length():
    assert find(strategies.arrays(3), lambda _: True).shape == (3,)
    assert find(strategies.special_arrays(3), lambda _: True).shape == (3,)
    find(strategies.indices(3), lambda index: np.ones(3)[index].ndim == 2)
