"""Where the derivative is a convention or a limit: the table "Kinks and limits" decides."""

import itertools
from functools import partial

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from rules import gradients as rules

inf, nan = np.inf, np.nan


def ignore():
    """NumPy warns of what is infinite here on purpose."""
    return np.errstate(divide="ignore", invalid="ignore")


gradients, gradient = partial(rules.gradients, dtype=float), partial(rules.gradient, dtype=float)


def equal(given, wanted):
    np.testing.assert_array_equal(given, np.asarray(wanted, float))


# --- relu, abs, maximum ------------------------------------------------------------------------


def test_relu_at_0():
    """The post's rule: zero where hidden <= 0."""
    equal(gradient(mg.relu, [-1.0, -0.0, 0.0, 5e-324, 1.0, inf, -inf]), [0, 0, 0, 1, 1, 1, 0])


def test_abs_at_0():
    equal(gradient(np.abs, [-2.0, -0.0, 0.0, 3.0, inf, -inf]), [-1, 0, 0, 1, 1, -1])


@pytest.mark.parametrize("function", [np.maximum, np.minimum])
def test_a_tie_is_split_evenly(function):
    a, b = gradients(function, [1.0, 2.0, 3.0], [1.0, 3.0, 2.0])
    larger = [0.5, 0.0, 1.0] if function is np.maximum else [0.5, 1.0, 0.0]
    equal(a, larger)
    equal(b, 1 - np.array(larger))


@pytest.mark.parametrize("other", [1.0, 1, np.float64(1), np.array([1.0, 1.0]), [1.0, 1.0]])
@pytest.mark.parametrize("function", [np.maximum, np.minimum])
def test_a_tie_against_an_array_or_a_number_is_split_too(function, other):
    equal(gradient(lambda x: function(x, other), [1.0, 1.0]), [0.5, 0.5])
    equal(gradient(lambda x: function(other, x), [1.0, 1.0]), [0.5, 0.5])


@pytest.mark.parametrize("function", [np.maximum, np.minimum])
def test_the_maximum_of_a_thing_and_itself(function):
    equal(gradient(lambda x: function(x, x), [1.0, -2.0, 0.0]), [1, 1, 1])


@pytest.mark.parametrize("function", [np.maximum, np.minimum])
def test_infinite_ties(function):
    equal(gradients(function, [inf, -inf], [inf, -inf]), [[0.5, 0.5], [0.5, 0.5]])


def test_a_tie_of_broadcast_operands():
    a, b = gradients(np.maximum, [1.0, 2.0], [[1.0], [2.0]])
    equal(a, [0.5, 1.5])
    equal(b, [[0.5], [1.5]])


# --- max and min over axes ---------------------------------------------------------------------


@pytest.mark.parametrize("function", [np.max, np.min])
def test_ties_share_evenly(function):
    sign = 1 if function is np.max else -1
    data = sign * np.array([[3.0, 3.0, 1.0], [0.0, 3.0, -1.0]])
    third = 1 / 3
    equal(gradient(function, data), [[third, third, 0], [0, third, 0]])
    equal(gradient(lambda x: function(x, axis=1), data), [[0.5, 0.5, 0], [0, 1, 0]])
    equal(gradient(lambda x: function(x, axis=0), data), [[1, 0.5, 1], [0, 0.5, 0]])
    equal(gradient(lambda x: function(x, axis=(0, 1)), data), [[third, third, 0], [0, third, 0]])


@pytest.mark.parametrize("function", [np.max, np.min])
def test_a_nan_goes_to_every_element_it_decided(function):
    equal(gradient(function, [1.0, nan, 3.0]), [nan, nan, nan])
    equal(
        gradient(lambda x: function(x, axis=1), [[1.0, nan], [2.0, 1.0]]),
        [[nan, nan], [1, 0] if function is np.max else [0, 1]],
    )


@pytest.mark.parametrize("function", [np.max, np.min])
def test_infinite_elements(function):
    equal(gradient(function, [inf, inf]), [0.5, 0.5])
    equal(gradient(function, [-inf, -inf]), [0.5, 0.5])


def test_the_maximum_of_one_element():
    equal(gradient(np.max, 3.0), 1)
    equal(gradient(lambda x: np.max(x, axis=0), [[3.0, 3.0]]), [[1, 1]])


# --- powers ------------------------------------------------------------------------------------

POWERS = [0, 1, 2, 3, 0.5, 1.5, -1, -0.5]
BASES = [0.0, -0.0, 1.0, 2.0]


def pow_in_torch(x, y):
    torch = pytest.importorskip("torch", reason="the table says: torch's")
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = torch.tensor(y, dtype=torch.float64, requires_grad=True)
    (x**y).backward()
    return [x.grad.numpy(), y.grad.numpy()]


@pytest.mark.parametrize(("x", "y"), list(itertools.product(BASES, POWERS)))
def test_a_power_of_tensors_is_torchs(x, y):
    with ignore():
        by_base, by_exponent = gradients(np.power, x, y)
    wanted = pow_in_torch(x, y)
    assert_nearly_equal(by_base, wanted[0])
    assert_nearly_equal(by_exponent, wanted[1])


@pytest.mark.parametrize(("x", "y"), list(itertools.product([*BASES, -2.0], POWERS)))
@pytest.mark.parametrize("kind", [float, np.float64, np.array, int])
def test_a_power_of_a_tensor_by_a_number_is_torchs(x, y, kind):
    if kind is int and y != int(y):
        return
    if x == 0 and np.signbit(x) and y == 0.5:
        return  # torch takes rsqrt(-0.0), -inf; by IEEE 754 (-0.0)**-0.5 is inf
    with ignore():
        by_base = gradient(lambda x: x ** kind(y), x)
    torch = pytest.importorskip("torch", reason="the table says: torch's")
    wanted = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (wanted ** (int(y) if kind is int else float(y))).backward()
    assert_nearly_equal(by_base, wanted.grad.numpy())


@pytest.mark.parametrize("base", [0, 0.0, np.float64(0)])
def test_a_power_of_0_by_a_tensor(base):
    equal(gradient(lambda y: base**y, [0.0, 1.0, 2.0, 0.5]), [0, 0, 0, 0])


def test_a_negative_base_with_an_integer_exponent():
    equal(gradient(lambda x: x**3, [-2.0, 0.0]), [12, 0])
    equal(gradient(lambda x: x ** np.array([3, 2]), [-2.0, -3.0]), [12, -6])
    equal(gradient(lambda x: x ** np.array([3.0, 2.0]), [-2.0, -3.0]), [12, -6])


@pytest.mark.parametrize(("power", "wanted"), [(0, 0), (1, 0), (2, 2), (3, 0)])
def test_second_derivatives_of_powers_at_0(power, wanted):
    equal(mg.grad(mg.grad(lambda x: x**power))(0.0), wanted)


# --- roots, variances --------------------------------------------------------------------------


@pytest.mark.parametrize("function", [np.std, np.var])
@pytest.mark.parametrize("data", [[2.0, 2.0, 2.0], [5.0], [[0.1, 0.1], [0.3, 0.3]]])
def test_the_spread_of_a_constant(function, data):
    axis = -1
    equal(gradient(lambda x: function(x, axis=axis), data), np.zeros(np.shape(data)))


def test_the_standard_deviation_of_a_constant_row_among_others():
    given = gradient(lambda x: np.std(x, axis=1), [[2.0, 2.0], [1.0, 3.0]])
    equal(given, [[0, 0], [-0.5, 0.5]])


NORMS = [None, 0, 1, 2, 3, 2.5, 1.5, 0.5, -1, -2, inf, -inf]


@pytest.mark.parametrize("data", [[0.0, 0.0, 0.0], [0.0], [0.0, 1.0, -2.0], [1.0, -1.0, 0.5]])
@pytest.mark.parametrize("order", NORMS)
def test_a_norm_is_torchs_at_its_kinks(order, data):
    """Of nothing but zeros, with zeros in it, and with ties."""
    with ignore():
        given = gradient(lambda x: np.linalg.norm(x, order), data)
        squared = gradient(lambda x: np.linalg.norm(x, order) ** 2, data)
    torch = pytest.importorskip("torch", reason="the table says: torch's")
    x = torch.tensor(data, dtype=torch.float64, requires_grad=True)
    norm = torch.linalg.norm(x, order)
    (wanted,) = torch.autograd.grad(norm, x, materialize_grads=True)
    assert_nearly_equal(given, wanted.numpy())
    assert_nearly_equal(squared, (2 * norm.detach() * wanted).numpy())


@pytest.mark.parametrize("order", [n for n in NORMS if n is None or n >= 0])
def test_the_norm_of_zeros(order):
    """The subgradient of least norm: without a warning, row by row, and of a square, too."""
    data = np.zeros((2, 3))
    equal(gradient(lambda x: np.linalg.norm(x, order, axis=1), data), data)
    equal(gradient(lambda x: np.linalg.norm(x, order, axis=0) ** 2, data), data)
    equal(gradient(lambda x: np.linalg.norm(x[0], order) * 3, data), data)


@pytest.mark.parametrize("order", [None, "fro"])
def test_the_norm_of_a_matrix_of_zeros(order):
    equal(gradient(lambda x: np.linalg.norm(x, order), np.zeros((2, 3))), np.zeros((2, 3)))
    stacked = np.array([np.zeros((2, 2)), np.full((2, 2), 2.0)])
    given = gradient(lambda x: np.linalg.norm(x, order, axis=(1, 2)), stacked)
    equal(given, stacked / 4)


def test_the_second_derivative_of_a_norm_of_zeros():
    for f in (np.linalg.norm, lambda x: np.linalg.norm(x) ** 2, lambda x: np.linalg.norm(x, 3)):
        slope = lambda x, f=f: np.sum(mg.grad(f)(x) * np.array([1.0, -2.0]))
        equal(mg.grad(slope)(np.zeros(2)), [0, 0])


def test_a_norm_that_is_0_because_no_square_of_its_elements_can_be_held():
    equal(gradient(np.linalg.norm, [3e-170, 4e-170]), [0, 0])
    equal(gradient(lambda x: np.linalg.norm(x, inf), [3e-170, -4e-170]), [0, -1])


@pytest.mark.parametrize("order", [None, 2, 3, 0.5, inf, -inf])
def test_a_nan_in_a_norm_goes_to_every_element(order):
    """As in the maximum; torch gives 0 to all where the norm is the largest."""
    equal(gradient(lambda x: np.linalg.norm(x, order), [1.0, nan, 3.0]), [nan, nan, nan])


def test_norms_that_numpy_refuses():
    x = mg.tensor(np.ones((2, 3, 2)), requires_grad=True)
    for axis, order in ((None, 2), (0, "fro"), (0, "nuc"), ((0, 1, 2), None), (3, None)):
        with pytest.raises(ValueError, match=r"norm|axis|axes"):
            np.linalg.norm(x, order, axis)


def test_where_keeps_the_nan_of_the_branch_not_taken():
    """Any finite answer would be wrong for exp(log(x)) at 0."""
    with ignore():
        given = gradient(lambda x: np.where(x > 0, np.log(x), 0), [0.0, 2.0])
    equal(given, [nan, 0.5])


# --- the extremes of what networks are made of -------------------------------------------------


def test_sigmoid_at_the_extremes():
    x = [-inf, -1000.0, -50.0, 0.0, 50.0, 1000.0, inf]
    small = np.exp(-50.0)
    assert_nearly_equal(mg.sigmoid(np.array(x)), [0, 0, small, 0.5, 1, 1, 1])
    # Not torch's: its s (1 - s) is 0 at 50.
    assert_nearly_equal(gradient(mg.sigmoid, x), [0, 0, small, 0.25, small, 0, 0])


def test_sigmoid_of_nan_is_nan():
    equal(gradient(mg.sigmoid, [nan, 0.0]), [nan, 0.25])


def test_softmax_of_ten_thousand():
    x = np.array([1e4, 1e4, -1e4, 0.0])
    equal(mg.softmax(x), [0.5, 0.5, 0, 0])
    equal(gradient(lambda x: mg.softmax(x) * np.array([1.0, 3.0, 5.0, 7.0]), x), [-0.5, 0.5, 0, 0])


def test_softmax_with_infinities():
    weights = np.array([1.0, 3.0, 5.0])
    f = lambda x: mg.softmax(x) * weights
    equal(mg.softmax(np.array([0.0, -inf, 0.0])), [0.5, 0, 0.5])
    equal(gradient(f, [0.0, -inf, 0.0]), [-1, 0, 1])
    equal(mg.softmax(np.array([0.0, inf, 0.0])), [0, 1, 0])
    equal(gradient(f, [0.0, inf, 0.0]), [0, 0, 0])
    equal(mg.softmax(np.array([inf, inf, 0.0])), [0.5, 0.5, 0])
    equal(gradient(f, [inf, inf, 0.0]), [-0.5, 0.5, 0])


def test_log_softmax_at_the_extremes():
    equal(mg.log_softmax(np.array([1e4, 0.0])), [0, -1e4])
    equal(gradient(lambda x: mg.log_softmax(x) * np.array([0.0, 1.0]), [1e4, 0.0]), [-1, 1])
    equal(mg.log_softmax(np.array([0.0, -inf])), [0, -inf])
    equal(gradient(lambda x: mg.log_softmax(x)[0], [0.0, -inf]), [0, 0])
    equal(gradient(lambda x: mg.log_softmax(x)[0], [0.0, inf]), [1, -1])


def test_logsumexp_at_the_extremes():
    equal(mg.logsumexp(np.array([1e4, -1e4])), 1e4)
    equal(gradient(mg.logsumexp, [1e4, -1e4]), [1, 0])
    equal(mg.logsumexp(np.array([-1e4, -1e4])), -1e4 + np.log(2))
    equal(gradient(mg.logsumexp, [-1e4, -1e4]), [0.5, 0.5])
    equal(mg.logsumexp(np.array([1.0, -inf])), 1)
    equal(gradient(mg.logsumexp, [1.0, -inf]), [1, 0])
    equal(mg.logsumexp(np.array([1.0, inf])), inf)
    equal(gradient(mg.logsumexp, [1.0, inf]), [0, 1])
    equal(gradient(mg.logsumexp, [inf, inf]), [0.5, 0.5])


def test_logsumexp_of_nothing_likely():
    """log(0 + 0): minus infinity; softmax's own limit along the diagonal is the gradient."""
    equal(mg.logsumexp(np.array([-inf, -inf])), -inf)
    given = gradient(mg.logsumexp, [-inf, -inf])
    assert np.isfinite(given).all()
    equal(given.sum(), 1)


def test_an_infinite_row_leaves_the_others_alone():
    x = [[inf, 0.0], [-inf, -inf], [0.0, 0.0]]
    equal(mg.logsumexp(np.array(x), axis=1), [inf, -inf, np.log(2)])
    equal(gradient(lambda x: mg.logsumexp(x, axis=1), x)[[0, 2]], [[1, 0], [0.5, 0.5]])
    equal(mg.softmax(np.array(x))[[0, 2]], [[1, 0], [0.5, 0.5]])


def test_nan_is_not_hidden():
    for function in (mg.softmax, mg.log_softmax, mg.logsumexp):
        assert np.isnan(function(np.array([nan, 0.0]))).all()


def test_cross_entropy_at_the_extremes():
    f = lambda x: mg.cross_entropy(x, [0])
    equal(f(np.array([[1e4, 0.0]])), 0)
    equal(gradient(f, [[1e4, 0.0]]), [[0, 0]])
    equal(f(np.array([[0.0, 1e4]])), 1e4)
    equal(gradient(f, [[0.0, 1e4]]), [[-1, 1]])
    equal(f(np.array([[0.0, -inf]])), 0)
    equal(gradient(f, [[0.0, -inf]]), [[0, 0]])
    equal(f(np.array([[inf, 0.0]])), 0)
    equal(gradient(f, [[inf, 0.0]]), [[0, 0]])
    equal(f(np.array([[-inf, 0.0]])), inf)
    equal(gradient(f, [[-inf, 0.0]]), [[-1, 1]])


@pytest.mark.parametrize("function", [mg.softmax, mg.log_softmax, mg.logsumexp])
def test_the_largest_numbers_of_float32(function):
    top = np.finfo(np.float32).max
    given = gradient(lambda x: function(x), np.float32([top, 0, top / 2]), dtype=np.float32)
    assert np.isfinite(given).all()


def test_cross_entropy_says_which_labels_do_not_fit():
    x = mg.tensor(np.zeros((2, 3)), requires_grad=True)
    with pytest.raises(TypeError, match="float64"):
        mg.cross_entropy(x, [0.0, 1.0])
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        mg.cross_entropy(x, [0, 1, 2])
    for labels, first in (([0, 3], r"3 at \(1,\)"), ([-1, 4], r"-1 at \(0,\)")):
        with pytest.raises(IndexError, match=rf"label {first} is out of range: expected 0\.\.2"):
            mg.cross_entropy(x, labels)
    assert mg.cross_entropy(x, np.uint8([0, 1])).requires_grad
    assert mg.cross_entropy(x, mg.tensor([0, 1])).requires_grad


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_no_rows_and_no_columns(shape):
    """The sum over nothing is 0, and its logarithm minus infinity, as in torch."""
    for function in (mg.softmax, mg.log_softmax):
        equal(gradient(lambda x, f=function: f(x, axis=-1), np.ones(shape)), np.ones(shape))
    x = mg.tensor(np.ones(shape), requires_grad=True)
    out = mg.logsumexp(x, axis=-1)
    equal(out.data, np.full(shape[:1], -inf))
    out.backward(np.ones(out.shape))
    assert x.grad.shape == shape
