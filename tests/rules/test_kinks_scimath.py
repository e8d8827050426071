"""Functions that go on into complex numbers: their gradients beside the cuts, and on each side."""

import numpy as np
import pytest

import micrograd_np as mg

H = 1e-6
scimath = np.lib.scimath


def derivative(function, z):
    """Return the complex derivative at a number."""
    value, pullback = mg.vjp(function, np.array(z))
    return pullback(np.ones_like(value))[0]


INVERSES = [np.arccos, np.arcsin, np.arccosh, np.arctanh, np.sqrt, np.log, np.log2, np.log10]


@pytest.mark.parametrize("function", INVERSES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize("x", [2.0, -2.0])
def test_on_a_cut_the_derivative_is_that_of_the_side_of_the_value(function, x, zero):
    along = [function(np.complex128(complex(x + h, zero))) for h in (H, -H)]
    found = derivative(function, complex(x, zero))
    np.testing.assert_allclose(found, (along[0] - along[1]) / (2 * H), rtol=1e-8)


@pytest.mark.parametrize("function", [np.arcsinh, np.arctan], ids=lambda f: f.__name__)
@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize("y", [2.0, -2.0])
def test_on_a_cut_of_the_imaginary_axis(function, y, zero):
    along = [function(np.complex128(complex(zero, y + h))) for h in (H, -H)]
    found = derivative(function, complex(zero, y))
    np.testing.assert_allclose(found, (along[0] - along[1]) / (2j * H), rtol=1e-8)


def test_one_element_outside_makes_all_complex_and_the_gradients_stay_real():
    x = mg.tensor([4.0, -4.0], requires_grad=True)
    root = scimath.sqrt(x)
    assert root.dtype == np.complex128
    (root.real + 3 * root.imag).sum().backward()
    np.testing.assert_array_equal(x.grad, [0.25, -0.75])


def test_inside_it_is_the_plain_function():
    x = mg.tensor([4.0, 9.0], requires_grad=True, dtype=np.float32)
    root = scimath.sqrt(x)
    assert root.dtype == np.float32
    root.sum().backward()
    np.testing.assert_array_equal(x.grad, np.array([1 / 4, 1 / 6], np.float32), strict=True)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_the_dtypes_are_numpys(dtype):
    data = np.array([2.0, -2.0], dtype)
    for function in (scimath.sqrt, scimath.log, scimath.arccos, scimath.arctanh):
        x = mg.tensor(data, requires_grad=True)
        out = function(x)
        np.testing.assert_array_equal(out.data, function(data), strict=True)
        out.imag.sum().backward()
        assert x.grad.dtype == dtype
