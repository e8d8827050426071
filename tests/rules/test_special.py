"""The derivatives of sinc in more digits than doubles have, and Bessel functions."""

import mpmath
import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.rules.special import bessel
from rules.gradients import gradient

EPS = max(float(np.finfo(np.longdouble).eps), 2.0**-63)  # some have more digits: not so many terms


def exactly(x):
    """Return a long double as a number of mpmath."""
    high = float(x)
    return mpmath.mpf(high) + mpmath.mpf(float(x - high))


def exact_sinc(x):
    """Return what NumPy computes, whose pi is a double."""
    return mpmath.sin(mpmath.mpf(np.pi) * x) / (mpmath.mpf(np.pi) * x)


def assert_nearly_exact(given, x, order):
    assert given.dtype == np.longdouble
    with mpmath.workdps(60):
        wanted = mpmath.diff(exact_sinc, exactly(x), order)
        assert abs(exactly(given) - wanted) <= 4 * EPS * abs(wanted)


@pytest.mark.parametrize("x", [0.05, 0.2, 0.318])
def test_near_0_four_derivatives_of_sinc_have_all_digits_of_a_long_double(x):
    x, derivative = np.longdouble(x), np.sinc
    for order in (1, 2, 3, 4):
        derivative = mg.grad(derivative)
        assert_nearly_exact(derivative(x), x, order)


@pytest.mark.parametrize("x", [0.319, 0.45, 0.6, 0.63, 1.25])
def test_further_on_the_slope_of_sinc_has_all_digits_of_a_long_double(x):
    x = np.longdouble(x)
    assert_nearly_exact(mg.grad(np.sinc)(x), x, 1)


def test_a_program_calls_sinc_by_its_name():
    """And not what NumPy's is made of."""
    x = mg.tensor([0.0, 0.5], requires_grad=True)
    with mg.trace() as program:
        out = np.sinc(x)
        np.sum(out).backward()
    assert "out = np.sinc(x)" in program.source()


# --- Bessel functions --------------------------------------------------------------------------

SIZES = np.array([0.25, 1.5, 7.0, 29.0, 30.0, 30.5, 45.0, 300.0])


@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_the_slope_of_a_bessel_function(order):
    """It is that of the functions of the orders beside it (DLMF 10.29.1)."""
    besseli = lambda order, x: float(mpmath.besseli(abs(order), x))
    x = np.concatenate([SIZES, -SIZES])
    wanted = [besseli(order - 1, t) / 2 + besseli(order + 1, t) / 2 for t in x]
    np.testing.assert_allclose(gradient(lambda x: bessel(x, order), x), wanted, rtol=1e-14)
    if order == 0:
        np.testing.assert_allclose(gradient(np.i0, x), wanted, rtol=1e-14)


@pytest.mark.parametrize("function", [np.i0, lambda x: bessel(x, 3)], ids=["i0", "bessel"])
def test_no_complex_step_goes_through_a_magnitude(function):
    report = str(mg.gradcheck(lambda x: np.sum(function(x)), SIZES[:3]))
    assert "differences" in report
    assert "complex step" not in report
