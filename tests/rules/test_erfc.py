"""The complementary error function in each precision."""

import mpmath
import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.rules.erfc import erfc


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_it_is_right_to_a_few_roundings(dtype):
    """Of half precision, to one: it is computed with numbers that are longer."""
    x = np.linspace(-3.5, 3.25, 55).astype(dtype)
    out = erfc(x)
    assert out.dtype == dtype
    exact = np.array([float(mpmath.erfc(float(v))) for v in x])
    off = np.abs(out.astype(float) - exact) / np.spacing(exact.astype(dtype)).astype(float)
    roundings = 0.51 if dtype == np.float16 else 4 + 4 * x.astype(float) ** 2
    assert (off <= roundings).all(), off.max()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_it_is_1_at_0_whatever_the_sign(dtype):
    x = mg.tensor([0.0, -0.0], requires_grad=True, dtype=dtype)
    out = erfc(x)
    np.testing.assert_array_equal(out.data, np.ones(2, dtype), strict=True)
    out.sum().backward()
    np.testing.assert_allclose(x.grad, np.full(2, -2 / np.sqrt(np.pi)), rtol=np.finfo(dtype).eps)
