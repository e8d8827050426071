"""Parts of complex numbers, and when one is as good as real."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.numeric.complex_step import complex_step
from micrograd_np.operation import OPERATIONS

EPS = np.finfo(float).eps


@pytest.mark.parametrize(
    ("imaginary", "tol"),
    [
        (50 * EPS, 100),  # more than 1: that many roundings
        (150 * EPS, 100),
        (1.5 * EPS, 1.75),
        (0.5, 2),
        (0.5, 1),  # no more than 1: a number
        (0.5, 0.5),  # which imaginary parts are to be less than
        (0.25, 0.5),
        (0.0, 0.0),
    ],
)
def test_imaginary_parts_are_left_out_where_numpy_leaves_them_out(imaginary, tol):
    data = np.array([[1.0, -2.0, 4.0], [3.0, 5.0, 2.0]]) - 1j * imaginary
    z = mg.tensor(data, requires_grad=True)
    out = np.real_if_close(z, tol)
    np.testing.assert_array_equal(out.data, np.real_if_close(data, tol), strict=True)
    (np.abs(out) ** 2).sum().backward()
    np.testing.assert_allclose(z.grad, 2 * np.real_if_close(data, tol), rtol=1e-14)


def test_a_hundred_roundings_are_left_out_unless_it_is_said_otherwise():
    for number, dtype in ((99.5, "float64"), (100.5, "complex128")):
        data = np.array([1.0, -2.0]) + 1j * number * EPS
        out = np.real_if_close(mg.tensor(data, requires_grad=True))
        assert out.dtype == np.real_if_close(data).dtype == dtype


def test_an_angle_is_in_radians_unless_it_is_said_otherwise():
    data = np.array([1 + 2j, -3 - 1j, 2j])
    z = mg.tensor(data, requires_grad=True)
    for options in ({}, {"deg": False}, {"deg": True}):
        np.testing.assert_array_equal(np.angle(z, **options).data, np.angle(data, **options))


@pytest.mark.parametrize("part", [np.real, np.imag])
def test_a_part_of_complex_numbers_changes_with_them(part):
    """It shares their memory, so that a product of it could not be passed back any more."""
    z = mg.tensor([1 + 2j, 3 - 1j], requires_grad=True)
    a = part(z)
    y = (a * a).sum()
    assert np.shares_memory(a.data, z.data)
    z.data *= 2
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


@pytest.mark.parametrize("function", [np.conjugate, np.real, np.imag])
def test_no_part_has_a_complex_derivative(function):
    with pytest.raises(TypeError, match="is not analytic"):
        complex_step(lambda x: function(x).sum(), np.array([1.0, -2.0]))


@pytest.mark.parametrize("function", [np.conjugate, np.real, np.imag])
def test_a_part_is_none_the_less_exact(function):
    """It has no rounding error of its own."""
    assert OPERATIONS[function].exact


@pytest.mark.parametrize("dtype", [np.int64, np.float32, bool])
def test_numbers_that_are_real_stay_as_they_are(dtype):
    data = np.array([1, 0, 3], dtype)
    out = np.real_if_close(mg.tensor(data))
    np.testing.assert_array_equal(out.data, data, strict=True)
