"""Functions of each element where their derivative is a convention or a limit, and other dtypes."""

import itertools
from functools import partial

import mpmath
import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from micrograd_np.rules.special import bessel
from micrograd_np.testing.operations.this_numpy import since
from rules import gradients as rules

inf, nan = np.inf, np.nan


gradients, gradient = partial(rules.gradients, dtype=float), partial(rules.gradient, dtype=float)


def second(function, *data):
    """Return the matrix of second derivatives at numbers."""
    every = tuple(range(len(data)))
    rows = [
        mg.grad(lambda *x, k=k: mg.grad(function, argnums=every)(*x)[k], argnums=every)(*data)
        for k in every
    ]
    return np.array(rows, float)


def equal(given, wanted):
    np.testing.assert_array_equal(given, np.asarray(wanted, float))


# --- lengths, angles, sums of exponentials -----------------------------------------------------


@pytest.mark.parametrize("function", [np.hypot, np.arctan2])
def test_at_the_origin(function):
    equal(gradients(function, 0.0, 0.0), [0, 0])
    equal(second(function, 0.0, 0.0), np.zeros((2, 2)))
    a, b = gradients(function, [0.0, 3.0], [-0.0, 4.0])
    wanted = [[0.6, 0.8], [0.16, -0.12]][function is np.arctan2]
    assert_nearly_equal(a, np.array([0, wanted[0]]))
    assert_nearly_equal(b, np.array([0, wanted[1]]))


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_lengths_whose_square_no_number_holds(size):
    assert_nearly_equal(np.array(gradients(np.hypot, 3 * size, 4 * size)), np.array([0.6, 0.8]))
    turned = np.array(gradients(np.arctan2, 3 * size, 4 * size))
    assert_nearly_equal(turned, np.array([0.16, -0.12]) / size)


@pytest.mark.parametrize("function", [np.logaddexp, np.logaddexp2])
def test_sums_of_exponentials_at_the_extremes(function):
    a, b = gradients(
        function, [-inf, inf, inf, -inf, 1e4, -1e4, 0.0, 3.0], [-inf, inf, 0, 0, 0, 0, inf, -inf]
    )
    equal(a, [0.5, 0.5, 1, 0, 1, 0, 0, 1])
    equal(b, [0.5, 0.5, 0, 1, 0, 1, 1, 0])
    for x, y in itertools.product([-inf, -1e4, 0.0, 1e4, inf], repeat=2):
        assert np.isfinite(second(function, x, y)).all()
    equal(second(np.logaddexp, 2.0, 2.0), [[0.25, -0.25], [-0.25, 0.25]])


def test_a_small_share_in_a_sum_of_exponentials():
    assert_nearly_equal(np.array(gradients(np.logaddexp, 0.0, 700.0)), np.exp([-700.0, 0]))
    assert_nearly_equal(np.array(gradients(np.logaddexp, 1e9, 1e9 - 40)), [1, np.exp(-40.0)])


def test_softplus_of_any_size():
    x = mg.tensor([-inf, -1e4, -700.0, 0.0, 40.0, 1e4, inf], requires_grad=True)
    softplus = np.logaddexp(0.0, x)
    equal(softplus.data, np.logaddexp(0.0, x.data))
    softplus.backward(np.ones(7))
    assert_nearly_equal(x.grad, [0, 0, np.exp(-700.0), 0.5, 1, 1, 1])


@pytest.mark.parametrize("function", [np.exp2, np.tanh, np.arctan, np.arcsinh, np.cbrt])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_large_numbers_raise_no_warnings(function, dtype):
    top = np.finfo(dtype).max
    large = [-float(top), -600.0, 600.0, float(top)]
    if function is np.exp2:
        large = large[:2]
    given = gradient(function, large, dtype=dtype)
    assert np.isfinite(given).all()
    assert given.dtype == dtype


def test_inverses_far_away():
    assert_nearly_equal(gradient(np.arcsinh, [1e200, -1e200]), np.array([1e-200, 1e-200]))
    assert_nearly_equal(gradient(np.arccosh, [1e200]), np.array([1e-200]))
    assert_nearly_equal(gradient(np.arctan, [1e100, -1e100]), np.array([1e-200, 1e-200]))


def test_roots_and_inverses_where_their_slope_is_infinite():
    with np.errstate(divide="ignore"):
        equal(gradient(np.sqrt, 0.0), inf)
        equal(gradient(np.cbrt, [0.0, -0.0]), [inf, inf])
        equal(gradient(np.arcsin, [-1.0, 1.0]), [inf, inf])
        equal(gradient(np.arccos, [-1.0, 1.0]), [-inf, -inf])
        equal(gradient(np.arccosh, 1.0), inf)
        equal(gradient(np.arctanh, [-1.0, 1.0]), [inf, inf])


# --- sinc and the Bessel function --------------------------------------------------------------


def derivative(function, x, order=1):
    """Return a derivative with many digits."""
    with mpmath.workdps(60):
        return float(mpmath.diff(function, mpmath.mpf(float(x)), order))


def exact_sinc(x):
    return mpmath.sincpi(x)


def test_sinc_at_0():
    equal(gradient(np.sinc, [0.0, -0.0]), [0, 0])
    assert_nearly_equal(gradient(np.sinc, 1e-300), np.array(-(np.pi**2) / 3 * 1e-300))
    slope = mg.grad(np.sinc)
    assert_nearly_equal(mg.grad(slope)(0.0), -(np.pi**2) / 3)
    equal(mg.grad(mg.grad(slope))(0.0), 0)
    assert_nearly_equal(mg.grad(mg.grad(mg.grad(slope)))(0.0), np.pi**4 / 5)


@pytest.mark.parametrize("x", [1e-20, 1e-8, 1e-3, 0.1, 0.3, 0.318, 0.319, 0.5, 1.3])
def test_sinc_near_0(x):
    """Where the difference of its terms has no digits left."""
    scale = 1 + abs(derivative(exact_sinc, x, 2) / derivative(exact_sinc, x))
    np.testing.assert_allclose(
        gradient(np.sinc, x), derivative(exact_sinc, x), rtol=1e-15 * (2 + scale * x)
    )
    np.testing.assert_allclose(
        mg.grad(mg.grad(np.sinc))(x), derivative(exact_sinc, x, 2), rtol=1e-14
    )


@pytest.mark.parametrize(
    "x", [0.0, 1e-300, 1e-5, 0.5, 3.0, 8.0, 15.0, 29.99, 30.0, 31.0, 100.0, 700.0]
)
@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_bessel_functions_of_any_size(x, order):
    wanted = float(mpmath.besseli(order, x))
    np.testing.assert_allclose(bessel(x, order), wanted, rtol=1e-15 * (2 + x / 100))
    np.testing.assert_allclose(
        bessel(-x, order), (-1) ** order * wanted, rtol=1e-15 * (2 + x / 100)
    )


def test_i0_at_0():
    equal(gradient(np.i0, [0.0, -0.0]), [0, 0])
    equal(mg.grad(mg.grad(np.i0))(0.0), 0.5)
    equal(mg.grad(mg.grad(mg.grad(mg.grad(np.i0))))(0.0), 0.375)


# --- magnitudes, signs and steps ---------------------------------------------------------------


def test_magnitudes_at_0():
    equal(gradient(np.fabs, [-2.0, -0.0, 0.0, 3.0, inf, -inf]), [-1, 0, 0, 1, 1, -1])
    x, y = gradients(np.copysign, [-2.0, -2, 2, 0, -0.0, 0], [3.0, -0.0, -1, -1, 2, -0.0])
    equal(x, [-1, 1, -1, 0, 0, 0])
    equal(y, np.zeros(6))
    equal(second(np.copysign, 0.0, 0.0), np.zeros((2, 2)))


def test_the_magnitude_of_complex_numbers_at_0():
    x = mg.tensor([0j, 3 - 4j], requires_grad=True)
    np.abs(x).backward(np.ones(2))
    np.testing.assert_allclose(x.grad, [0, 0.6 - 0.8j])
    again = mg.grad(lambda z: np.sum(np.real(mg.grad(lambda z: np.abs(z).sum())(z))))(x.data)
    assert np.isfinite(again).all()


def test_the_sign_of_complex_numbers_is_refused():
    with pytest.raises(NotImplementedError, match=r"np\.sign of complex.*np\.abs\(z\)"):
        np.sign(mg.tensor([1j], requires_grad=True))
    assert np.sign(mg.tensor([2j]))[0] == 1j


def test_heaviside():
    x, y = gradients(np.heaviside, [-1.0, 0.0, -0.0, 2.0, nan], [0.5, 0.5, 1, 1, 1])
    equal(x, np.zeros(5))
    equal(y, [0, 1, 1, 0, 0])


def test_neighbours_move_along():
    x, y = gradients(np.nextafter, [1.0, 0.0, 2.0], [2.0, 1.0, 2.0])
    equal(x, [1, 1, 1])
    equal(y, [0, 0, 0])


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated")
@pytest.mark.parametrize("function", [np.round, np.around, np.fix, np.spacing, np.rint])
def test_rounded_numbers_are_constants(function):
    x = mg.tensor([1.2, -2.7], requires_grad=True)
    assert type(function(x)) is np.ndarray
    np.testing.assert_array_equal(function(x), function(x.data))


# --- the larger and the smaller ----------------------------------------------------------------


@pytest.mark.parametrize("function", [np.fmax, np.fmin])
def test_a_tie_is_split_evenly(function):
    a, b = gradients(function, [1.0, 2.0, 3.0, inf], [1.0, 3.0, 2.0, inf])
    larger = [0.5, 0, 1, 0.5] if function is np.fmax else [0.5, 1, 0, 0.5]
    equal(a, larger)
    equal(b, 1 - np.array(larger))
    equal(gradient(lambda x: function(x, x), [1.0, -2.0]), [1, 1])
    for other in (1.0, 1, np.array([1]), [1.0], True):
        equal(gradient(lambda x, other=other: function(x, other), [1.0]), [0.5])
        equal(gradient(lambda x, other=other: function(other, x), [1.0]), [0.5])


@pytest.mark.parametrize("function", [np.fmax, np.fmin])
def test_a_nan_that_is_passed_over_has_no_gradient(function):
    a, b = gradients(function, [nan, 1.0, nan], [1.0, nan, nan])
    equal(a, [0, 1, 0])
    equal(b, [1, 0, 0])


@pytest.mark.parametrize("function", [np.maximum, np.minimum])
def test_a_nan_goes_to_both(function):
    equal(gradients(function, [nan, 1.0], [1.0, nan]), [[1, 1], [1, 1]])


# --- between bounds ----------------------------------------------------------------------------


@pytest.mark.parametrize("bounds", [(-1, 1), (-1.0, 1.0), ([-1.0] * 6, 1), (mg.tensor(-1.0), 1)])
def test_clip_at_its_bounds(bounds):
    x = [-2.0, -1.0, 0.0, 1.0, 2.0, nan]
    low, high = bounds
    equal(gradient(lambda x: np.clip(x, low, high), x), [0, 1, 1, 1, 0, 1])
    equal(gradient(lambda x: np.clip(x, low, None), x), [0, 1, 1, 1, 1, 1])
    equal(gradient(lambda x: np.clip(x, None, high), x), [1, 1, 1, 1, 0, 1])
    equal(gradient(lambda x: x.clip(low, high), x), [0, 1, 1, 1, 0, 1])


@pytest.mark.skipif(not since("2.1.0"), reason="this NumPy has no min= and max= of clip")
def test_clip_by_the_names_of_the_array_api():
    x = [-2.0, -1.0, 0.0, 1.0, 2.0, nan]
    equal(gradient(lambda x: np.clip(x, min=-1, max=1), x), [0, 1, 1, 1, 0, 1])
    equal(gradient(lambda x: np.clip(x, max=1), x), [1, 1, 1, 1, 0, 1])
    equal(gradient(lambda x: np.clip(x), x), [1, 1, 1, 1, 1, 1])


def test_the_bounds_of_clip():
    x, low, high = gradients(
        np.clip,
        [-2.0, -1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0],
        [-1.0, -1.0, -1.0, -1.0, -1.0, 3.0, 1.0, 0.0],
        [1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 1.0, 0.0],
    )
    equal(x, [0, 1, 1, 1, 0, 0, 0, 1])
    equal(low, [1, 0, 0, 0, 0, 0, 1, 0])
    equal(high, [0, 0, 0, 0, 1, 1, 0, 0])
    with pytest.raises(TypeError, match="a_max"):
        np.clip(mg.tensor([1.0]), 0)
    with pytest.raises(ValueError, match="min="):
        np.clip(mg.tensor([1.0]), 0, 1, min=0)


def test_clip_has_the_keywords_of_a_ufunc():
    x = mg.tensor([-2.0, 0.5, 2.0], requires_grad=True)
    out = mg.tensor(np.zeros(3))
    assert np.clip(x, 0, 1, out=out) is out
    out.backward(np.ones(3))
    equal(x.grad, [0, 1, 0])
    x.grad = None
    np.clip(x, 0, None, out=mg.tensor(np.ones(3)), where=[True, False, True]).backward(np.ones(3))
    equal(x.grad, [0, 0, 1])
    assert np.clip(x, 0, 1, dtype=np.float32).dtype == np.float32
    assert np.clip(mg.tensor([1, 5]), None, 3).dtype == np.int64
    assert np.clip(mg.tensor(np.float32([1, 5])), None, 3).dtype == np.float32


def test_nan_to_num():
    equal(gradient(np.nan_to_num, [nan, inf, -inf, 2.0]), [0, 0, 0, 1])
    x = mg.tensor([complex(nan, 1), complex(1, -inf), 2 + 2j], requires_grad=True)
    out = np.nan_to_num(x, posinf=3.0)
    np.testing.assert_array_equal(out.data, np.nan_to_num(x.data, posinf=3.0))
    out.backward(np.full(3, 1 + 2j))
    np.testing.assert_array_equal(x.grad, [2j, 1, 1 + 2j])
    leaf = mg.tensor([nan], requires_grad=True)
    with pytest.raises(NotImplementedError, match="copy=False"):
        np.nan_to_num(leaf, copy=False)
    with pytest.raises(TypeError):
        np.nan_to_num(leaf, nan=mg.tensor(1.0, requires_grad=True))


# --- what a division leaves --------------------------------------------------------------------


def test_a_quotient_that_rounds_up_to_the_next_integer():
    """1.0 / 0.1 is 10.0, but 0.1 goes into 1.0 nine times."""
    for function in (np.fmod, np.remainder, lambda a, b: np.divmod(a, b)[1]):
        equal(gradients(function, 1.0, 0.1), [1, -9])


def test_the_fraction_of_negative_numbers():
    equal(gradients(np.fmod, [-7.5, 7.5], [2.0, -2.0]), [[1, 1], [3, 3]])
    equal(gradients(np.remainder, [-7.5, 7.5], [2.0, -2.0]), [[1, 1], [4, 4]])
    equal(gradient(lambda x: np.modf(x)[0], [-1.5, 0.0, 2.0]), [1, 1, 1])
    equal(gradient(lambda x: np.modf(x)[1], [-1.5, 0.0, 2.0]), [0, 0, 0])


def test_mantissas():
    equal(gradient(lambda x: np.frexp(x)[0], [12.0, 0.0, -0.375]), [1 / 16, 1, 2])
    equal(gradient(lambda x: np.ldexp(x, [1, -2, 0]), [1.0, 2.0, 0.0]), [2, 0.25, 1])


# --- other dtypes ------------------------------------------------------------------------------

BINARY = [
    np.add, np.subtract, np.multiply, np.divide, np.remainder, np.fmod, np.power, np.float_power,
    np.hypot, np.arctan2, np.logaddexp, np.logaddexp2, np.maximum, np.minimum, np.fmax, np.fmin,
    np.copysign, np.heaviside, np.nextafter,
]  # fmt: skip
OTHERS = [
    3, True, np.int64(3), np.uint8(3), np.array([3, 1, 2]), np.array([1, 2, 3], np.uint8),
    np.array([True, True, True]), np.array(2, np.int16), [1, 2, 3],
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.longdouble])
@pytest.mark.parametrize("function", BINARY)
def test_integers_and_truths_beside_floats(function, dtype):
    """They count as the numbers they are, and the gradient keeps its dtype."""
    data = np.array([1.25, 0.75, 2.5], dtype)
    for other in OTHERS:
        as_floats = np.asarray(other, float)
        tolerance = 8 * max(np.finfo(dtype).eps, np.finfo(np.float64).eps)
        for f, g in [
            (lambda x: function(x, other), lambda x: function(x, as_floats)),  # noqa: B023
            (lambda x: function(other, x), lambda x: function(as_floats, x)),  # noqa: B023
        ]:
            given = gradient(f, data, dtype=dtype)
            assert given.dtype == dtype
            np.testing.assert_allclose(given, gradient(g, data), rtol=tolerance, atol=tolerance)


def test_a_power_of_two_precisions():
    base = np.array([1.3, 2.7], np.float16)
    for function in (np.power, np.float_power):
        given = gradient(lambda y, f=function: f(base, y), [0.5, 2.0])
        wanted = gradient(lambda y, f=function: f(base.astype(float), y), [0.5, 2.0])
        equal(given, wanted)


def test_an_unsigned_exponent_of_0():
    for zero in (np.uint8(0), np.array(0, np.uint8), np.zeros(2, np.uint8), False):
        equal(gradient(lambda x, zero=zero: x**zero, [0.0, 2.0]), [0, 0])


@pytest.mark.parametrize(("x", "y"), list(itertools.product([0.0, 2.0], [0, 1, 2, 3, 0.5, -1])))
def test_float_power_is_torchs(x, y):
    torch = pytest.importorskip("torch", reason="the table says: torch's")
    with np.errstate(divide="ignore", invalid="ignore"):
        given = gradients(np.float_power, x, y)
    leaves = [torch.tensor(float(v), dtype=torch.float64, requires_grad=True) for v in (x, y)]
    wanted = torch.autograd.grad(torch.float_power(*leaves), leaves)
    assert_nearly_equal(np.array(given), np.array([w.item() for w in wanted]))
