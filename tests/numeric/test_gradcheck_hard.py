"""gradcheck where it is hard: kinks of comparisons, casts, rules that are wrong in odd ways."""

import math

import numpy as np
import pytest

import micrograd_np as mg

X = np.array([1.0, 2.0, 3.0])
RNG = np.random.default_rng(0)


def check(f, *args, **options):
    return mg.gradcheck(f, *args, raise_exception=False, **options)


def own(f, *rules):
    """Give a function a backward pass: ``rule(g, *operands)`` for each operand."""
    g = mg.custom_vjp(f)
    g.defvjp(
        lambda *operands: (f(*operands), operands),
        lambda operands, g: tuple(rule(g, *operands) for rule in rules),
    )
    return g


# --- right ones ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.log(x, where=x > 0, out=np.zeros(3)), np.array([0.0, 1.0, 4.0])),
        (lambda x: np.divide(1.0, x, where=x > 0, out=np.zeros(3)), np.array([0.0, 1.0, 4.0])),
        (lambda x: x.mean(dtype=np.float32), X),
        (lambda x: np.sin(x.astype(np.float32)), X),
        (lambda x: np.linalg.inv(x.astype(np.float32)), np.array([[1, 2], [3, 4.5]], np.float32)),
        (lambda x: np.imag(x.astype(complex) * 2j), X),
    ],
)
def test_what_loses_a_complex_step_is_compared_with_differences(f, x):
    found = mg.gradcheck(f, x)
    assert found.rows[0].by.startswith("differences in longdouble")


def test_long_doubles_are_compared_with_long_doubles():
    x = X.astype(np.longdouble)
    assert mg.gradcheck(np.tanh, x).rows[0].by == "complex step"
    off = own(np.tanh, lambda g, x: g * (1 - np.tanh(x) ** 2) * (1 + np.longdouble(1e-15)))
    assert check(off, x).ok == (np.finfo(np.longdouble).eps > 1e-17)


def test_nothing_is_printed_about_what_is_no_number():
    assert mg.gradcheck(np.exp, np.array([0.0, -np.inf])).rows[0].unsettled == 0
    assert mg.gradcheck(np.sqrt, np.array([0.0, 1.0])).rows[0].unsettled == 1
    found = mg.gradcheck(lambda x: 1 / x, np.array([0.0, 1.0]))
    assert (found.rows[0].checked, found.rows[0].unsettled) == (1, 1)
    assert mg.gradcheck(lambda x: np.where([True, False], x, np.nan), X[:2]).rows[0].checked == 2
    third = own(lambda x: 1 / x, lambda g, x: -g / x**3)
    assert not check(third, np.array([0.0, 2.0])).ok


def test_numbers_beside_a_nan_that_was_given_are_compared():
    f = lambda x: np.nancumsum(x, dtype=np.float64)
    assert mg.gradcheck(f, np.array([1.5, np.nan, -2.0])).rows[0].checked == 3
    assert mg.gradcheck(f, np.array(np.nan)).ok
    off = own(np.nancumsum, lambda g, x: np.where(np.isnan(x), 0, 2.0) * np.cumsum(g[::-1])[::-1])
    assert not check(off, np.array([1.5, np.nan, -2.0])).ok


# --- kinks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "kinks"),
    [
        (own(lambda x: np.where(x > 0, x, 0.0), lambda g, x: g * (x >= 0)), [0.0, 1.0], 1),
        (own(lambda x: np.where(x > 0, x, -x), lambda g, x: g * np.sign(x)), [0.0, 1.0], 1),
        (own(lambda x: x * (x > 0), lambda g, x: g * (x >= 0)), [0.0, 0.0, 1.0], 2),
        (lambda x: x[np.argmax(x)] ** 2, [1.0, 2.0, 2.0], 2),
        (lambda x: x[np.argsort(x)] * X, [1.0, 2.0, 2.0], 2),
        (np.median, [1.0, 1.0, 2.0], 2),
        (np.sort, [1.0, 1.0, 2.0, 2.0], 4),
        (np.max, [1.0, 1.0, 1.0], 3),
    ],
)
def test_a_kink_that_a_comparison_makes(f, x, kinks):
    assert mg.gradcheck(f, np.array(x)).rows[0].kinks == kinks


def test_elements_that_move_the_result_only_together():
    """The median of four equal numbers: moving one of them does not move it."""
    found = mg.gradcheck(np.median, np.array([1.0, 1.0, 1.0, 1.0, 2.0, 2.0]))
    assert found.rows[0].kinks + found.rows[0].unsettled > 0
    found = mg.gradcheck(lambda x: np.median(x, axis=0), np.ones((4, 2)))
    assert found.rows[0].unsettled > 0
    wrong = check(own(lambda x: x[0] * x[1], lambda g, x: g * np.array([x[1], 2 * x[0]])), X[:2])
    assert wrong.rows[0].problem == "at [1]: 2, expected 1"


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "f",
    [np.sort, lambda x: np.quantile(x, [0.1, 0.3, 0.6]), np.maximum.accumulate, np.median],
)
def test_ties_of_many(f, seed):
    assert mg.gradcheck(f, np.random.default_rng(seed).integers(3, size=6) * 1.0).ok


@pytest.mark.parametrize("seed", range(3))
def test_a_layer_that_begins_with_zeros(seed):
    """Every hidden unit is at its kink, and moves the loss only together with others."""
    rng = np.random.default_rng(seed)
    X, y, V = rng.normal(size=(8, 5)), rng.integers(3, size=8), rng.normal(size=(6, 3))
    f = lambda W, b, V: mg.cross_entropy(mg.relu(X @ W + b) @ V, y)
    assert mg.gradcheck(f, np.zeros((5, 6)), np.zeros(6), V).rows[0].kinks == 30


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (mg.logsumexp, [0.0, -300.0]),
        (mg.softmax, [0.0, -300.0]),
        (np.exp, [-690.0, 0.0]),
        (np.sqrt, [1e220]),
        (lambda x: x**3, [1e-110, 1.0]),
        (lambda x: x**1.01, [0.0, 1.0]),
        (lambda x: x**1.5, [0.0, 1.0]),
    ],
)
def test_what_a_complex_step_cannot_tell_from_zero(f, x):
    assert mg.gradcheck(f, np.array(x)).ok


def test_a_gradient_of_nan_among_many():
    off = np.where(np.arange(300) == 293, np.nan, 1.0)
    found = check(own(np.sin, lambda g, x: g * np.cos(x) * off), np.linspace(0, 1, 300))
    assert found.rows[0].problem.startswith("at [293]: nan, expected")


def test_shares_of_a_slope_that_are_too_much_together():
    thrice = own(np.max, lambda g, x: g * (x == x.max()))
    assert check(thrice, np.ones(3)).rows[0].problem == (
        "along all kinks together: 3, expected 1 (off by 2)"
    )
    assert check(thrice, np.array([1.0, 2.0])).ok
    assert check(own(np.max, lambda g, x: g * (x == x.max()) / 3), np.ones(3)).ok


# --- wrong ones ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule",
    [
        lambda _g, x: mg.softmax(x) - np.array([1.0, 0.0, 0.0]),
        lambda g, x: np.clip(g, 0.0, 1.0) * (mg.softmax(x) - np.array([1.0, 0.0, 0.0])),
        lambda g, x: np.abs(g) * (mg.softmax(x) - np.array([1.0, 0.0, 0.0])),
    ],
)
def test_a_rule_that_is_not_linear_in_the_gradient_that_came(rule):
    """With a single result, whose gradient is 1, it looks right."""
    f = own(lambda x: np.log(np.exp(x).sum()) - x[0], rule)
    assert "not in proportion" in check(f, X).rows[0].problem
    right = own(f, lambda g, x: g * (mg.softmax(x) - np.array([1.0, 0.0, 0.0])))
    assert check(right, X).ok


@pytest.mark.parametrize("size", [1.0, 1e-3, 1e-8])
def test_a_backward_pass_that_draws_random_numbers(size):
    f = own(lambda x: x * 2, lambda g, x: g * (2 + size * RNG.normal(size=x.shape)))
    assert "another gradient each time" in check(f, X).rows[0].problem


def test_a_forward_pass_that_gives_something_else_where_it_is_recorded():
    for other in (lambda x: x * 5, lambda x: (x * 2).sum()):
        f = mg.custom_vjp(lambda x: x * 2)
        f.defvjp(lambda x, other=other: (other(x), None), lambda _, g: (g * 2,))
        assert "another result where gradients are taken" in check(f, X).rows[0].problem


def test_where_nothing_can_be_compared_it_does_not_pass():
    found = check(own(np.log, lambda g, x: g * 7), np.array([-1.0, -2.0]))
    assert not found.ok
    assert "nothing to compare with: no result is finite" in repr(found)


def test_a_rule_that_computes_with_plain_numbers_alone():
    gamma = lambda x: np.array([math.gamma(v) for v in x])
    f = mg.custom_vjp(gamma)
    f.defvjp(lambda x: (gamma(x), x), lambda _, g: (np.array([2 * float(v) for v in g]),))
    assert check(f, np.array([1.5, 3.0])).rows[0].problem.startswith("at [")


def test_a_function_that_returns_no_tensor_is_named():
    for f, text in [
        (np.floor, "floor returned an ndarray of shape"),
        (lambda x: None, "<lambda> returned None, not"),
        (lambda x: 3.0, "returned a float, not a Tensor"),
    ]:
        with pytest.raises(TypeError, match=text):
            mg.gradcheck(f, X)
    with pytest.raises(TypeError, match="pass integers beside them as an argument of their own"):
        mg.gradcheck(lambda p: p["w"] * p["n"], {"w": 1.0, "n": 3})


def test_wrong_in_the_imaginary_part_alone():
    z = np.array([1 + 2j, 3 - 1j])
    assert not check(own(lambda z: z.real * 2.0, lambda g, z: 2 * g + 5j * g), z).ok


def test_errors_that_would_cancel_in_a_sum():
    assert not check(own(lambda x: x[::-1] * 1.0, lambda g, x: g), X).ok


def test_a_gradient_that_is_nan():
    f = own(np.sin, lambda g, x: g * np.where(x == 2, np.nan, np.cos(x)))
    assert check(f, X).rows[0].problem.startswith("at [1]: nan, expected")


def test_which_result_and_which_argument_are_said():
    f = mg.custom_vjp(lambda x: (x * 1.0, x * 2.0))
    f.defvjp(lambda x: ((x * 1.0, x * 2.0), None), lambda _, g: (g[0] + 3 * g[1],))
    assert "of the result number 1 at [" in check(f, X).rows[0].problem
    product = own(np.multiply, lambda g, a, b: 2 * g * b, lambda g, a, b: g * a)
    assert [row.ok for row in check(product, X, X + 1).rows] == [False, True]


def test_a_difference_beyond_six_digits_is_printed():
    found = check(own(lambda x: x * 1.0, lambda g, x: g * (1 + 1e-9)), np.array([1.0]))
    assert found.rows[0].problem == "at [0]: 1.000000001, expected 1.0"


def test_every_element_of_a_complex_step_is_confirmed():
    found = check(lambda x: x[0] + x[1] * abs(x[1].item()), np.array([1.0, 3.0]))
    assert found.rows[0].problem == "at [1]: 3, expected 6"


def test_rounding_decides_on_which_side_of_a_kink_an_element_lies():
    found = mg.gradcheck(lambda x: mg.relu(x + 0.2 - 0.3), np.array([0.1, 1.0]))
    assert found.rows[0].kinks + found.rows[0].unsettled == 1


@pytest.mark.parametrize("f", [lambda x: -np.abs(x), lambda x: np.minimum(x, 0) - mg.relu(x)])
def test_kinks_along_a_random_direction(f):
    x = np.zeros(300)
    assert mg.gradcheck(f, x).ok
    x[::3] = RNG.normal(size=100)
    assert mg.gradcheck(f, x).ok
    off = own(f, lambda g, x: g * -np.sign(x) * np.where(np.arange(300) == 33, 1.1, 1.0))
    assert check(off, x, elements=5).rows[0].problem.startswith("at [33]: ")


def test_what_is_left_out_is_told_apart_from_what_cannot_be_compared():
    assert "random direction" not in repr(mg.gradcheck(np.sqrt, np.array([0.0, 1.0])))
