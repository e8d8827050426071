"""Activations keep their digits where formulas that one would write lose them."""

import mpmath
import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.nn import functional as F

X = np.array([-37.5, -20.0, -8.0, -3.0, -0.75, -1e-3, -1e-9, 1e-9, 0.5, 2.0, 6.0, 19.0, 36.0])


def normal_below(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def tanh_gelu(x):
    u = mpmath.sqrt(2 / mpmath.mpf(mpmath.pi)) * (x + mpmath.mpf(0.044715) * x**3)
    return x / (1 + mpmath.exp(-2 * u))


EXACT = {
    "gelu": (F.gelu, lambda x: x * normal_below(x)),
    "gelu tanh": (lambda x: F.gelu(x, "tanh"), tanh_gelu),
    "silu": (F.silu, lambda x: x / (1 + mpmath.exp(-x))),
    "softplus": (lambda x: F.softplus(x, threshold=np.inf), lambda x: mpmath.log1p(mpmath.exp(x))),
    "elu": (F.elu, lambda x: x if x > 0 else mpmath.expm1(x)),
    "sigmoid": (F.sigmoid, lambda x: 1 / (1 + mpmath.exp(-x))),
    "tanh": (F.tanh, mpmath.tanh),
}


@pytest.mark.parametrize("name", EXACT)
def test_value_and_slope_have_all_their_digits(name):
    """To the roundings of an exponent of up to x^2 / 2, which become ones of the result."""
    function, exact = EXACT[name]
    x = mg.tensor(X, requires_grad=True)
    out = function(x)
    out.sum().backward()
    with mpmath.workdps(60):
        wanted = [float(exact(mpmath.mpf(float(v)))) for v in X]
        slopes = [float(mpmath.diff(exact, mpmath.mpf(float(v)))) for v in X]
    tolerance = 4e-16 * (4 + X**2)
    assert (np.abs(out.data - wanted) <= tolerance * np.abs(wanted) + 1e-300).all()
    if name == "tanh":
        return  # 1 - tanh(x)^2, as in PyTorch
    # The slope of gelu crosses 0 near -0.75: there its terms cancel.
    assert (np.abs(x.grad - slopes) <= tolerance * np.abs(slopes) + 1e-16 * (X > -1)).all()


@pytest.mark.parametrize("name", [*EXACT, "leaky_relu", "relu", "softmax", "log_softmax"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nothing_overflows(name, dtype):
    function = EXACT[name][0] if name in EXACT else getattr(F, name)
    x = mg.tensor([-6e4, -700.0, 0.0, 700.0, 6e4], requires_grad=True, dtype=dtype)
    if dtype == "float16":
        x = mg.tensor([-30.0, -11.0, 0.0, 11.0, 30.0], requires_grad=True, dtype=dtype)
    out = function(x)
    out.backward(np.ones(5, dtype))
    assert out.dtype == x.grad.dtype == dtype
    assert np.isfinite(out.data).all()
    assert np.isfinite(x.grad).all()


def test_softplus_is_a_line_beyond_its_threshold_as_in_pytorch():
    x = np.array([19.0, 21.0])
    np.testing.assert_array_equal(F.softplus(x) == x, [False, True])
    assert (F.softplus(x, threshold=np.inf) > x).all()
    assert F.softplus(x, beta=0.1)[1] > 21


def test_slopes_at_the_kink_are_pytorchs():
    x = mg.tensor([0.0], requires_grad=True)
    for function, slope in (
        (F.relu, 0.0),
        (lambda x: F.leaky_relu(x, 0.2), 0.2),
        (lambda x: F.elu(x, 3.0), 3.0),
        (F.softplus, 0.5),
        (F.silu, 0.5),
    ):
        x.grad = None
        function(x).sum().backward()
        assert x.grad == [slope]
