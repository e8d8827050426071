"""gradcheck: right gradients pass, and wrong ones that others accept are found."""

import math

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.testing.operations.table import CASES
from reference import iris, post

try:
    import torch
except ImportError:  # the tests that need it skip
    torch = None

needs_torch = pytest.mark.skipif(torch is None, reason="torch is not installed")
RNG = np.random.default_rng(0)
A, V = RNG.normal(size=(3, 4)), RNG.normal(size=4)


def check(f, *args, **options):
    return mg.gradcheck(f, *args, raise_exception=False, **options)


def own(f, rule):
    """Give a function a backward pass: ``rule(x, g)``."""
    g = mg.custom_vjp(f)
    g.defvjp(lambda x: (f(x), x), lambda x, g: (rule(x, g),))
    return g


# --- right gradients -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "by"),
    [
        (lambda x: np.tanh(x) @ np.exp(x.T), "complex step"),
        (lambda x: np.linalg.inv(x @ x.T + np.eye(3)), "complex step"),
        (lambda x: mg.softmax(3 * x), "complex step"),
        (lambda x: np.sort(x, axis=1)[:, :2], "complex step"),
        (lambda x: np.abs(x) ** 1.5, "differences in longdouble: np.absolute is not analytic"),
        (lambda x: np.linalg.norm(x, axis=1), "differences in longdouble: np.linalg.norm is not"),
        (lambda x: np.linalg.svd(x)[1], "differences in float64: np.linalg.svd is not analytic"),
        (lambda x: np.var(x, axis=0), "differences in longdouble: np.var is not analytic"),
        (mg.grad(lambda x: np.sum(np.sin(x) ** 3)), "differences in longdouble"),
        (lambda x: np.where(x > 0, x, np.expm1(x)), "complex step"),
    ],
)
def test_it_says_what_it_compared_with(f, by):
    found = mg.gradcheck(f, A)
    assert found.ok
    assert found
    (row,) = found.rows
    assert row.by.startswith(by)
    assert (row.kinks, row.unsettled, row.checked) == (0, 0, 12)
    assert row.radii < 8


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_network_of_the_post(dtype):
    X, y, _, _ = iris.split()
    weights = [w.astype(dtype) for w in post.init()]

    def loss(W1, b1, W2, b2):
        scores = mg.relu(X.astype(dtype) @ W1 + b1) @ W2 + b2
        return mg.cross_entropy(scores, y) + 0.5e-3 * (np.vdot(W1, W1) + np.vdot(W2, W2))

    assert mg.gradcheck(loss, *weights).ok


@pytest.mark.parametrize("case", [case for case in CASES if case.alike == 1][::7], ids=str)
def test_operations_of_the_table(case):
    """A sample of all: each of them is compared with the same oracles elsewhere."""
    from hypothesis import given, settings

    @settings(max_examples=3)
    @given(drawn=case.draw)
    def is_right(drawn):
        arrays, options = drawn
        assert check(lambda *xs: case.call(*xs, **options), *arrays).ok

    is_right()


def test_containers_keywords_and_other_arguments():
    def f(params, labels, *, scale):
        hidden = np.tanh(A @ params["layers"][0]) * scale
        return {"hidden": hidden, "labels": labels, "loss": [np.sum(hidden[labels]), "text"]}

    found = mg.gradcheck(f, {"layers": [V], "name": "net"}, np.array([0, 2]), scale=2.0)
    assert [row.name for row in found.rows] == ["argument 0['layers'][0]"]
    assert found.ok
    assert [row.name for row in mg.gradcheck(np.multiply, V, V).rows] == [
        "argument 0",
        "argument 1",
    ]
    assert [row.name for row in mg.gradcheck(np.multiply, V, V, argnums=1).rows] == ["argument 1"]


def test_complex_numbers():
    z = V + 1j * V[::-1]
    assert mg.gradcheck(lambda z: np.abs(z) ** 2 * z, z).ok
    assert mg.gradcheck(lambda x: np.exp(1j * x), V).ok
    assert mg.gradcheck(lambda z: np.conj(z) * np.real(z), z).ok
    wrong = own(lambda z: z * z, lambda z, g: 2 * np.conj(z) * g)
    assert not check(wrong, z).ok


def test_code_that_knows_no_complex_numbers():
    f = own(
        lambda x: np.array([math.gamma(v) for v in x]),
        lambda x, g: g * np.array([math.gamma(v) * _digamma(v) for v in x]),
    )
    found = mg.gradcheck(f, np.array([1.5, 3.0]))
    assert found.rows[0].by.startswith("differences")


def _digamma(v):
    shifted, total = v, 0.0
    while shifted < 20:
        total -= 1 / shifted
        shifted += 1
    terms = 1 / (12 * shifted**2) - 1 / (120 * shifted**4) + 1 / (252 * shifted**6)
    return total + math.log(shifted) - 1 / (2 * shifted) - terms


# --- kinks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f", [mg.relu, np.abs, lambda x: np.maximum(x, 0), lambda x: np.maximum(x, -x), np.fabs]
)
def test_a_kink_is_said_and_does_not_fail(f):
    found = mg.gradcheck(f, np.array([0.0, 1.0, -2.0]))
    assert found.rows[0].kinks == 1
    assert "argument 0: 1 at a kink, where any slope between" in repr(found)


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-9, 1e-12])
def test_a_kink_that_a_usual_step_would_cross(distance):
    """Central differences with a step of 1e-5 are wrong about three of these by half the slope."""
    assert mg.gradcheck(lambda x: np.abs(x), np.array([distance, -distance, 1.0])).ok
    assert mg.gradcheck(lambda x: mg.relu(x) ** 1.0 * 3, np.array([distance, -distance])).ok


def test_a_gradient_that_is_none_of_the_slopes_at_a_kink_is_wrong():
    found = check(own(np.abs, lambda x, g: g * np.where(x == 0, 5.0, np.sign(x))), np.zeros(2))
    assert found.rows[0].problem == "at [0]: 5, expected between -1 and 1 of the result at [0]"
    off = own(np.abs, lambda x, g: g * np.where(x == 0, 0.5, np.sign(x)))
    assert check(off, np.zeros(2)).ok  # a subgradient as good as others


def test_where_there_is_no_slope_nothing_is_compared():
    with np.errstate(divide="ignore"):
        found = mg.gradcheck(np.sqrt, np.array([0.0, 1.0]))
    assert found.rows[0].unsettled == 1
    assert found.rows[0].checked == 1
    assert "1 not compared" in repr(found)


# --- wrong gradients that torch's gradcheck accepts ----------------------------------------------


def torch_accepts(f, rule, *data):
    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *xs):
            ctx.save_for_backward(*xs)
            return f(*xs)

        @staticmethod
        def backward(ctx, g):
            return rule(g, *ctx.saved_tensors)

    leaves = [torch.tensor(x, requires_grad=True) for x in data]
    return torch.autograd.gradcheck(Function.apply, leaves)


@needs_torch
def test_a_bias_gradient_that_is_not_summed():
    X, b = RNG.normal(size=(8, 6)), RNG.normal(size=6)
    assert torch_accepts(lambda X, b: X + b, lambda g, X, b: (g, g), X, b)

    @mg.custom_vjp
    def shifted(X, b):
        return X + b

    shifted.defvjp(lambda X, b: (X + b, None), lambda _, g: (g, g))
    found = check(shifted, X, b)
    assert not found.ok
    assert "gradient 1 of shifted must have shape (6,)" in found.rows[1].problem

    @mg.primitive
    def plus(X, b):
        return X + b

    mg.defvjp(plus, lambda g, _out, _X, _b: g, lambda g, _out, _X, _b: g)
    assert "returned shape (8, 6) for an operand of shape (6,)" in check(plus, X, b).rows[1].problem


@needs_torch
def test_nothing_instead_of_something_small():
    x = np.array([1.0, 2.0])
    assert torch_accepts(lambda x: 1e-9 * x, lambda g, x: 0 * g, x)
    found = check(own(lambda x: 1e-9 * x, lambda x, g: 0 * g), x)
    assert found.rows[0].problem == "at [0]: 0, expected 1e-09 of the result at [0]"
    assert found.rows[0].radii > 1e6


@needs_torch
def test_a_small_penalty_that_is_missing():
    W = np.array([1.0, -2.0, 0.5])
    loss = lambda W: (W**3).sum() + 0.5e-5 * (W * W).sum()
    assert torch_accepts(loss, lambda g, W: g * 3 * W**2, W)
    found = check(own(loss, lambda W, g: g * 3 * W**2), W)
    assert not found.ok
    assert found.rows[0].radii > 1e6
    # Likewise where only differences can tell.
    loss = lambda W: np.abs(W**3).sum() + 0.5e-5 * (W * W).sum()
    found = check(own(loss, lambda W, g: g * 3 * np.abs(W) * W), W)
    assert not found.ok
    assert found.rows[0].by.startswith("differences")


def test_a_gradient_of_another_shape():
    found = check(own(lambda x: x * 2, lambda x, g: 2 * g[None]), np.ones(64))
    assert "must have shape (64,), that of the argument; bwd returned (1, 64)" in (
        found.rows[0].problem
    )


# --- other wrong gradients -----------------------------------------------------------------------


def test_the_error_is_raised_with_the_table():
    wrong = own(np.sin, lambda x, g: -g * np.cos(x))
    with pytest.raises(AssertionError) as caught:
        mg.gradcheck(wrong, V)
    text = str(caught.value)
    assert text.startswith("gradcheck of sin\ngradient by")
    assert "complex step" in text
    assert "WRONG at [" in text
    assert caught.value.found.rows[0].index is not None


def test_what_is_detached_is_wrong():
    found = check(lambda x: x * x.item(), np.array(3.0))
    assert found.rows[0].problem == "at []: 3, expected 6"
    found = check(lambda x: x * abs(x.item()), np.array(3.0))  # no complex step sees this
    assert found.rows[0].problem == "at []: 3, expected 6"
    assert found.rows[0].by.startswith("differences")
    found = check(lambda x: x * mg.stop_gradient(x), V)
    assert not found.ok


def test_one_wrong_element_of_many_is_found_along_a_random_direction():
    x = RNG.normal(size=(40, 50))
    off = np.ones(x.shape)
    off[17, 3] = 1.01
    wrong = own(np.sin, lambda x, g: g * np.cos(x) * off)
    assert not check(wrong, x, elements=None).ok
    found = check(wrong, x)
    assert found.rows[0].problem.startswith("at [17, 3]: ")
    off[17, 3], off[20:] = 1.0, 1 + 1e-4  # each is hardly off, all together are
    assert not check(wrong, x).ok
    found = check(np.sin, x)
    assert found.rows[0].checked == 200
    assert found.ok
    assert "200 of 2000 elements and a random direction of all" in repr(found)


def test_one_line_errors():
    with pytest.raises(ValueError, match="gives another result when it is called again"):
        mg.gradcheck(lambda x: x * RNG.random(), np.ones(2))
    with pytest.raises(TypeError, match="nothing to check: none of 1 arguments"):
        mg.gradcheck(lambda n: n * 1.0, 3)
    with pytest.raises(TypeError, match="argument 1 is int64"):
        mg.gradcheck(np.multiply, 1.0, 3, argnums=1)
    with pytest.raises(ValueError, match="argnums has 2"):
        mg.gradcheck(np.multiply, 1.0, 3, argnums=2)
    with pytest.raises(TypeError, match="not a Tensor"):
        mg.gradcheck(lambda x: 3.0, 1.0)
