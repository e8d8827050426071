"""Polynomials: what NumPy gives and refuses, and gradients by every coefficient, zero or not."""

import warnings

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from rules.numpys import assert_numpys, assert_refused

f32 = np.float32
ROW = np.array([1.25, -2.0, 0.5, 3.0])
SHORT = np.array([0.75, 1.5])
ROUNDED = np.cos(np.arange(1.0, 8.0)), np.exp(np.sin(np.arange(7.0)))
"""Rows of one length, the products of which round otherwise in another order."""


def fitted(**options):
    return lambda x, y: np.polyfit(x, y, 1, **options)


CALLS = {
    "a value": (np.polyval, ROW, SHORT),
    "a value of a list": (np.polyval, [1, 2, 3], SHORT),
    "a longer second row": (np.polyadd, SHORT, ROW),
    "a longer first row": (np.polyadd, ROW, SHORT),
    "a number plus a row": (np.polyadd, np.array(2.0), ROW),
    "a list plus a row": (np.polyadd, [1.0, 2.0], ROW),
    "a row minus a shorter one": (np.polysub, ROW, SHORT),
    "a row minus a longer one": (np.polysub, SHORT, ROW),
    "a product": (np.polymul, *ROUNDED),
    "a product with a number": (np.polymul, np.array(2.0), ROW),
    "a product of nothing but zeros": (np.polymul, np.zeros(2), ROW),
    "a product with leading zeros": (np.polymul, np.array([0.0, 0, 0, 2, 1]), ROW),
    "a product of none": (np.polymul, np.array([0.0, 0, 1, 2]), np.zeros(0)),
    "none times a row": (np.polymul, np.zeros(0), np.array([0.0, 0, 1])),
    "a product of a matrix": (np.polymul, np.ones((2, 3)), ROW),
    "a quotient": (np.polydiv, np.append(ROW, 0.3), SHORT),
    "a quotient by a longer row": (np.polydiv, SHORT, ROW),
    "a quotient by a row longer by two": (np.polydiv, np.array([2.0]), np.array([1.0, 2, 3])),
    "a quotient without a rest": (np.polydiv, np.convolve(SHORT, [2.0, 4, 8]), SHORT),
    "a rest with small numbers first": (np.polydiv, np.array([1.0, 2, 1 + 1e-9, 3, 4]), ROW[:3]),
    "a quotient of a zero with a sign": (np.polydiv, np.array([-0.0, 1]), np.array([1.0])),
    "a quotient by a zero with a sign": (np.polydiv, np.array([1.0, 2]), np.array([-0.0, 1])),
    "a quotient of small integers": (np.polydiv, np.array([1, 2, 3], np.int16), SHORT.astype(f32)),
    "a quotient by small integers": (np.polydiv, ROW.astype(f32), np.array([3, 2], np.int16)),
    "a derivative": (np.polyder, ROW),
    "a second derivative": (lambda p: np.polyder(p, 2.0), ROW),
    "a negative derivative": (lambda p: np.polyder(p, -1), ROW),
    "an integral": (np.polyint, ROW),
    "a second integral": (lambda p: np.polyint(p, 2.0), ROW),
    "an integral of a list": (lambda k: np.polyint([1.0, 2.0], 2, k), SHORT),
    "an integral with one constant": (lambda p, k: np.polyint(p, 3, k), ROW, np.array(2.5)),
    "a negative integral": (lambda p: np.polyint(p, -1), ROW),
    "an integral without its constants": (lambda p, k: np.polyint(p, 3, k), ROW, SHORT),
    "a polynomial of zeros": (np.poly, ROW),
    "a polynomial of none": (np.poly, np.zeros(0)),
    "a polynomial of a matrix": (np.poly, np.array([[1.0, 2.0], [3.0, 5.0]])),
    "a polynomial of a matrix that is not square": (np.poly, np.ones((2, 3))),
    "a polynomial of an empty matrix": (np.poly, np.ones((0, 0))),
    "powers": (np.vander, ROW),
    "no powers": (lambda x: np.vander(x, 0), ROW),
    "one power": (lambda x: np.vander(x, 1), ROW),
    "two powers": (lambda x: np.vander(x, 2, increasing=True), ROW),
    "powers of a matrix": (np.vander, np.ones((2, 3))),
}


@pytest.mark.parametrize("name", CALLS)
def test_numpys_polynomials(name):
    call, *arrays = CALLS[name]
    assert_numpys(call, *arrays)


def test_the_polynomial_of_no_zeros_is_a_plain_number():
    assert type(np.poly(mg.tensor(np.zeros(0), requires_grad=True))) is float


def test_a_list_that_is_integrated_no_times_becomes_an_array():
    assert type(np.polyint([1.0, 2.0], 0, mg.tensor(SHORT, requires_grad=True))) is np.ndarray


@pytest.mark.parametrize(
    "call",
    [
        lambda t: np.polyadd(np.poly1d([1.0, 2.0]), t),
        lambda t: np.polydiv(t, np.poly1d([1.0, 2.0])),
        lambda t: np.polyval(np.poly1d([1.0, 2.0]), t),
        lambda t: np.polyval(t, np.poly1d([1.0, 2.0])),
    ],
)
def test_a_poly1d_next_to_a_tensor_is_refused(call):
    assert_refused(call, ROW, error=TypeError, message=r"give its coefficients, p\.coeffs")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([0.0, 2.0, 1.0], [0.0, 0.0, 3.0, 1.0]),
        ([0.0, 0.0], [1.0, 2.0, 3.0]),
        ([2.0, 1.0], [0.0, 3.0, 1.0]),
    ],
)
def test_the_product_depends_on_leading_zeros_too(a, b):
    """What is left of the product has the gradient of the same part of the whole one."""
    a, b = np.array(a), np.array(b)
    value, pullback = mg.vjp(np.polymul, a, b)
    weights = np.cos(np.arange(1.0, len(value) + 1))
    found = pullback(weights)
    left_out = len(a) + len(b) - 1 - len(value)
    whole = np.concatenate((np.zeros(left_out), weights))
    wanted = np.correlate(whole, b, "valid"), np.correlate(whole, a, "valid")
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-13)


def test_a_product_with_no_coefficients_depends_on_nothing():
    a, b = mg.tensor([0.0, 0.0, 1.0], requires_grad=True), mg.tensor(np.zeros(0))
    np.polymul(a, b).sum().backward()
    assert a.grad.tolist() == [0.0, 0.0, 0.0]


def test_a_product_without_leading_zeros_is_computed_once():
    program = mg.derive(lambda a, b: np.polymul(a, b)[1], ROW, SHORT)
    assert program.source().count("np.convolve(a") == 1


def test_a_jitted_polynomial_of_real_zeros_does_not_look_for_pairs():
    f = mg.jit(lambda a: np.sum(np.poly(a) ** 2))
    f(ROW)
    assert "sort" not in f.source


@pytest.mark.parametrize(
    "call",
    [
        lambda x, y: np.polyfit(x, y, 2),
        lambda x, y: np.polyfit(x, y, 0),
        lambda x, y: np.polyfit(x, y, 1, w=[1.0, 3.0, 2.0, 0.5, 1.5]),
        lambda x, y: np.polyfit(x, np.stack([y, y**2 - x], 1), 1, w=[1.0, 3.0, 2.0, 0.5, 1.5]),
        lambda x, y: np.polyfit(x, y, 1, cov=True)[1],
        lambda x, y: np.polyfit(x, y, 1, cov="unscaled")[1],
        lambda x, y: np.polyfit(x, np.stack([y, y**2 - x], 1), 1, cov=True)[1],
    ],
)
def test_fits(call):
    x, y = np.array([0.5, 2.0, -1.0, 3.0, 1.25]), np.array([1.0, -2.0, 0.75, 4.0, 3.5])
    value = call(mg.tensor(x), mg.tensor(y))
    np.testing.assert_allclose(value.data, call(x, y), rtol=1e-12, atol=1e-12)
    mg.gradcheck(
        lambda x, y: np.sum(call(x, y) * np.cos(np.arange(value.size)).reshape(value.shape)), x, y
    )


INTEGERS = np.array([1, 2, 4, 7], np.int8)
NUMBERS = np.array([0.3, 1.7, 0.2, 5.1])


@pytest.mark.parametrize(
    ("x", "y", "w"),
    [
        (INTEGERS, NUMBERS, None),
        (NUMBERS, INTEGERS, NUMBERS),
        (NUMBERS, np.stack([INTEGERS, INTEGERS**2], 1), NUMBERS),
        (NUMBERS, NUMBERS[::-1].copy(), INTEGERS),
        (NUMBERS[:1], NUMBERS[1:2], None),
    ],
)
def test_fits_of_integers(x, y, w):
    degree = min(len(x) - 1, 1)
    for given in ((mg.tensor(x * 1.0), y), (x, mg.tensor(y * 1.0))):
        found = np.polyfit(*given, degree, w=w)
        assert_nearly_equal(found.data, np.polyfit(x, y, degree, w=w))


def test_a_fit_to_negative_zeros_is_zero_as_numpys_is():
    assert_numpys(lambda x, y: np.polyfit(x, y, 0), NUMBERS[:1], np.array([-0.0]))


def test_a_full_fit_tells_what_it_neglects():
    x, y = NUMBERS, NUMBERS**2
    found, wanted = np.polyfit(mg.tensor(x), y, 1, full=True), np.polyfit(x, y, 1, full=True)
    assert found[2] == wanted[2]
    assert found[4] == wanted[4] == 4 * np.finfo(float).eps
    assert np.polyfit(mg.tensor(x), y, 1, rcond=0.25, full=True)[4] == 0.25


def test_a_fit_to_equal_places_warns_where_it_is_called():
    x = mg.tensor([1.0, 1.0, 1.0])
    with pytest.warns(np.exceptions.RankWarning, match="poorly conditioned") as caught:
        np.polyfit(x, [1.0, 2.0, 4.0], 1)
    assert [one.filename for one in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.polyfit(x, [1.0, 2.0, 4.0], 1, full=True)


@pytest.mark.parametrize(
    ("x", "y", "degree", "options"),
    [
        (ROW, ROW, -1, {}),
        (np.ones((2, 2)), np.ones(2), 1, {}),
        (np.zeros(0), np.zeros(0), 1, {}),
        (ROW, np.array(1.0), 1, {}),
        (ROW, np.ones((4, 2, 2)), 1, {}),
        (ROW, ROW[:3], 1, {}),
        (ROW, ROW, 1, {"w": np.ones((4, 1))}),
        (ROW, ROW, 1, {"w": np.ones(3)}),
        (SHORT, SHORT, 1, {"cov": True}),
    ],
)
def test_what_numpy_does_not_fit(x, y, degree, options):
    assert_numpys(lambda x, y: np.polyfit(x, y, degree, **options), x, y)


@pytest.mark.parametrize("m", [1, 2, 3])
def test_a_program_of_a_derivative_is_for_other_lengths_or_refuses(m):
    """Where only one coefficient is left over, others have as many as that only by chance."""

    def total(p):
        return np.sum(np.polyder(p, m) ** 2)

    longer = np.cos(np.arange(m + 6.0))
    program = mg.derive(total, longer[: m + 2])
    assert_nearly_equal(program.run(longer)["dp"], mg.grad(total)(longer))
    with pytest.raises(ValueError, match="the program holds for"):
        mg.derive(total, longer[: m + 1]).run(longer)


def test_a_jitted_sum_of_roots_goes_on_with_complex_ones():
    f = mg.jit(lambda p: np.sum(np.roots(p) ** 3 * np.array([1.0, 2.0])).real)
    for row in ([1.0, -3.0, 2.0], [1.0, 0.0, 2.0], [2.0, -9.0, 4.0]):
        row = np.array(row)
        wanted = np.sum(np.roots(row) ** 3 * np.array([1.0, 2.0])).real
        np.testing.assert_allclose(f(row), wanted, rtol=1e-12, atol=1e-12)
