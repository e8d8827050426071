"""When a complex number is as good as real."""

import numpy as np
import pytest

import micrograd_np as mg

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


@pytest.mark.parametrize("dtype", [np.int64, np.float32, bool])
def test_numbers_that_are_real_stay_as_they_are(dtype):
    data = np.array([1, 0, 3], dtype)
    out = np.real_if_close(mg.tensor(data))
    np.testing.assert_array_equal(out.data, data, strict=True)
