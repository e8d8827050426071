"""What NumPy warns of, and what a recording leaves behind."""

import gc
import linecache
import warnings

import numpy as np
import pytest

import micrograd_np as mg


def test_warnings_are_those_of_eager_code():
    def f(x):
        with np.errstate(all="ignore"):
            y = np.log(x)
        return np.where(x > 0, y, 0.0) + np.sqrt(x)

    jitted = mg.jit(f)
    jitted(np.ones(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(jitted(np.array([0.0, 1.0, 4.0])), [0.0, 1.0, np.log(4) + 2])
        with pytest.raises(RuntimeWarning, match="sqrt"):
            jitted(np.array([-1.0, 1.0, 4.0]))


def reciprocal(x):
    with np.errstate(divide="ignore"):
        return 1 / x


@pytest.mark.parametrize("around", ["ignore", "warn", "raise"])
def test_what_a_function_says_of_errors_holds_whatever_was_said_around_it_first(around):
    jitted = mg.jit(lambda x: reciprocal(x) + np.log(x + 1))
    with np.errstate(divide=around):
        jitted(np.ones(2))
    with np.errstate(all="raise"):
        assert jitted(np.zeros(2)).tolist() == [np.inf, np.inf]
        with pytest.raises(FloatingPointError, match="log"):
            jitted(-np.ones(2))
    assert jitted.stats.traces == 1


def test_of_the_first_call_numpy_warns_once():
    jitted = mg.jit(lambda x: 1 / x)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert jitted(np.zeros(2)).tolist() == [np.inf, np.inf]
    assert [str(one.message) for one in heard] == ["divide by zero encountered in divide"]


def test_errors_are_raised_in_the_first_call_where_that_is_asked_for():
    jitted = mg.jit(lambda x: 1 / x)
    for _ in range(2):
        with np.errstate(all="raise"), pytest.raises(FloatingPointError, match="divide"):
            jitted(np.zeros(2))
    assert jitted(np.ones(2)).tolist() == [1, 1]


def test_a_callback_inside_is_refused():
    def f(x):
        with np.errstate(all="call", call=lambda *_: None):
            return np.log(x)

    with pytest.raises(TypeError, match=r"test_errors.py:\d+: .*np.errstate\(call="):
        mg.jit(f)(np.zeros(2))


def test_source_is_forgotten_with_its_function():
    jitted = mg.jit(lambda x: x * 7)
    jitted(np.ones(2))
    (file,) = (name for name, (_, _, lines, _) in linecache.cache.items()
               if name.startswith("<jit") and "".join(lines) == jitted.source)  # fmt: skip
    del jitted
    gc.collect()
    assert file not in linecache.cache
