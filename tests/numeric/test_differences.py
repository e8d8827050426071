"""Derivatives by differences: how far off they are is known, and kinks are seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_np.numeric.differences import slope


def of(f, x, dtype=np.longdouble):
    """Return the slope of a function of a number."""
    x = dtype(x)

    def difference(a, b):
        with np.errstate(all="ignore"):
            return f(x + b) - f(x + a)

    scales = [max(abs(float(x)), 1.0), abs(float(x)) or 1.0]
    return slope(difference, scales, dtype, np.finfo(dtype).eps * abs(f(x)))


SMOOTH = [
    (np.sin, np.cos),
    (np.exp, np.exp),
    (lambda x: x**7, lambda x: 7 * x**6),
    (lambda x: np.sqrt(x**2 + 1), lambda x: x / np.sqrt(x**2 + 1)),
    (lambda x: np.abs(x) ** 1.5, lambda x: 1.5 * np.sign(x) * np.sqrt(np.abs(x))),
    (np.arctan, lambda x: 1 / (1 + x**2)),
    (lambda x: np.maximum(x, 0.5) ** 2, lambda x: 2 * x * (x > 0.5)),
    (lambda x: 1e6 + np.cos(x), lambda x: -np.sin(x)),
    (lambda x: np.float32(1000) + np.float64(np.sin(x)), np.cos),  # rounded on the way
]


@pytest.mark.parametrize("dtype", [np.float64, np.longdouble])
@pytest.mark.parametrize("case", range(len(SMOOTH)))
@given(x=st.floats(-5, 5).filter(lambda x: abs(x) > 1e-6 and abs(x - 0.5) > 1e-4))
def test_the_error_is_as_small_as_it_is_said_to_be(dtype, case, x):
    f, derivative = SMOOTH[case]
    found, wanted = of(f, x, dtype), derivative(np.longdouble(x))
    assert not found.kink
    assert abs(found.value - wanted) <= found.error + 2 * np.spacing(abs(float(wanted)))
    assert found.error < 1e-4 * (1 + abs(wanted))


@pytest.mark.parametrize(
    ("f", "x", "left", "right"),
    [
        (np.abs, 0.0, -1, 1),
        (lambda x: np.maximum(x, 0), 0.0, 0, 1),
        (lambda x: np.maximum(x, 1e-8), 0.0, 0, 1),
        (lambda x: np.abs(np.sin(x)), np.longdouble(0), -1, 1),
        (lambda x: np.minimum(x**2, 3 * x - 2), 1.0, 3, 2),
    ],
)
def test_slopes_to_both_sides_of_a_kink(f, x, left, right):
    found = of(f, x)
    assert found.kink
    assert found.settled
    np.testing.assert_allclose([found.left, found.right], [left, right], atol=1e-6)


@given(distance=st.floats(1e-4, 0.3))
def test_a_kink_that_a_long_step_crosses_is_not_taken_for_the_slope(distance):
    found = of(lambda x: 2 * x + 1e-3 * np.maximum(x - distance, 0), 0.0)
    assert not found.kink
    assert abs(found.value - 2) <= found.error + 1e-15
    assert found.error < 1e-9


@pytest.mark.parametrize(
    ("f", "x"), [(np.sqrt, 0.0), (lambda x: np.where(x > 0, 1.0, 0.0), 0.0), (np.log, 0.0)]
)
def test_where_there_is_no_slope_nothing_settles(f, x):
    with np.errstate(divide="ignore"):
        found = of(f, x)
    assert not found.settled


def test_a_function_that_is_defined_nearby_only():
    found = of(np.log, 1e-9)
    assert found.settled
    np.testing.assert_allclose(found.value, 1e9, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float64, np.longdouble])
def test_rounding_that_does_not_show_in_the_result_is_measured(dtype):
    found = of(lambda x: (np.sin(x) + 1e6) - 1e6, 0.7, dtype)
    assert abs(found.value - np.cos(dtype(0.7))) <= found.error
    assert found.error < 1e-4
