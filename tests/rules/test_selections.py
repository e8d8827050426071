"""What lies between bounds: none of them, one, or two, by either of their names."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.testing.operations.this_numpy import since
from rules.gradients import gradients

inf, nan = np.inf, np.nan


@pytest.mark.parametrize("x", [[-inf, -0.0, nan, 2.5, inf], [complex(-inf, -1), complex(inf, 2)]])
def test_without_bounds_nothing_is_clipped(x):
    """Not even below -inf, where complex numbers are that have this real part."""
    clipped = np.clip(mg.tensor(x), None, None)
    np.testing.assert_array_equal(clipped.data, x)
    np.testing.assert_array_equal(np.signbit(clipped.data.imag), np.signbit(np.imag(x)))
    np.testing.assert_array_equal(
        gradients(lambda t: np.clip(t, None, None), x)[0], np.ones(len(x))
    )


@pytest.mark.parametrize("bounds", [(None, 2), (1, None)])
def test_one_bound_leaves_complex_numbers_at_infinity_as_they_are(bounds):
    x = np.array([complex(-inf, -1), complex(inf, 2), complex(1.5, -inf), complex(1.5, inf)])
    np.testing.assert_array_equal(np.clip(mg.tensor(x), *bounds).data, np.clip(x, *bounds))


def test_what_is_clipped_may_be_a_list_while_a_bound_has_a_gradient():
    (low,) = gradients(lambda t: np.clip([1.0, 5.0, 2.0], t, 4.0), [3.0, 2.0, 2.5])
    np.testing.assert_array_equal(low, [1, 0, 1])
    (high,) = gradients(lambda t: np.clip([1.0, 5.0, 2.0], 0.5, t), [3.0, 2.0, 1.5])
    np.testing.assert_array_equal(high, [0, 1, 1])


def test_where_the_bounds_are_the_wrong_way_round_the_upper_one_has_the_gradient():
    x, low, high = gradients(np.clip, [0.0, 1.5, 3.0, 1.0, 2.0], [2.0] * 5, [1.0] * 5)
    np.testing.assert_array_equal(x, np.zeros(5))
    np.testing.assert_array_equal(low, np.zeros(5))
    np.testing.assert_array_equal(high, np.ones(5))


# NumPy 2.0 wants one of the two.
BOUNDS = [(1, None), (None, 1), (1, 2), *([(None, None)] if since("2.1.0") else [])]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("bounds", BOUNDS)
def test_integers_stay_integers_with_either_bound_both_or_none(bounds, compiled):
    clip = lambda t: np.clip(np.argsort(t), *bounds)
    clipped = np.asarray((mg.jit(clip) if compiled else clip)(mg.tensor([7.0, 3.0, 9.0, 1.0])))
    np.testing.assert_array_equal(clipped, np.clip(np.array([3, 1, 0, 2]), *bounds), strict=True)


@pytest.mark.parametrize("numbers", [[3, 0, -2], np.int8([3, 0, -2])])
def test_a_tensor_of_integers_stays_one(numbers):
    clipped = np.clip(mg.tensor(numbers), 1, None)
    np.testing.assert_array_equal(clipped.data, [3, 1, 1])
    assert clipped.dtype == np.asarray(numbers).dtype


@pytest.mark.parametrize(
    ("bounds", "missing"), [({"a_min": 0.5}, "a_max"), ({"a_max": 0.5}, "a_min")]
)
def test_of_the_old_names_of_the_bounds_both_are_given_or_none(bounds, missing):
    with pytest.raises(TypeError, match=rf"clip.* missing .*{missing}"):
        np.clip(mg.tensor([1.0, 2.0]), **bounds)


@pytest.mark.parametrize("name", ["min", "max"])
def test_bounds_by_both_kinds_of_names_are_refused(name):
    with pytest.raises(ValueError, match="a_min and a_max, or min= and max=, and not some of both"):
        np.clip(mg.tensor([1.0, 2.0]), 0.0, 1.5, **{name: 1.0})


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_numbers_in_place_of_nan_have_a_gradient_of_zero(dtype):
    x = np.array([nan, 2.0, inf, -inf, -3.0], dtype)
    gradient = mg.vjp(np.nan_to_num, x)[1](np.array([2, 3, 4, 5, 7], dtype))[0]
    np.testing.assert_array_equal(gradient, np.array([0, 3, 0, 0, 7], dtype), strict=True)


def test_the_backward_pass_of_numbers_in_place_of_nan_is_real():
    program = mg.derive(lambda x: np.sum(np.nan_to_num(x) ** 2), np.array([1.0, nan]))
    texts = [statement.text for statement in program.backward]
    assert texts == ["2 * t1", "np.isfinite(x)", "np.where(u2, dt1, 0)"]
