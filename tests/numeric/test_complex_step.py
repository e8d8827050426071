"""The complex step: right where it is used, and loud where it would be silently wrong."""

import numpy as np
import pytest

import micrograd_np as mg
from compare.networks import WEIGHTS, draw_of_any_size, gradients
from micrograd_np.compare.demo.network import network
from micrograd_np.numeric.complex_step import complex_step
from micrograd_np.rounding import distance, rounding_radius

X = np.array([[0.3, -1.2, 2.5], [0.7, 1e-3, -0.4]])
ABOVE_0 = np.abs(X)

DERIVATIVES = {
    "cube": (lambda x: x**3, lambda x: 3 * x * x, X),
    "exp": (np.exp, np.exp, X),
    "log": (np.log, lambda x: 1 / x, ABOVE_0),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x), ABOVE_0),
    "sin": (np.sin, np.cos, X),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, X),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / (x * x), X),
    "sigmoid": (mg.sigmoid, lambda x: mg.sigmoid(x) * mg.sigmoid(-x), X),
    "relu": (mg.relu, lambda x: np.where(x > 0, 1.0, 0.0) + 0 * x, X),
    "power": (lambda x: x**2.5, lambda x: 2.5 * x**1.5, ABOVE_0),
    "logsumexp": (lambda x: mg.logsumexp(x, axis=1), lambda x: mg.softmax(x, 1), X),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_known_derivatives(name):
    f, derivative, x = DERIVATIVES[name]
    wanted = rounding_radius(lambda t: {"only": derivative(t)}, x)["only"]
    far = distance(complex_step(lambda t: f(t).sum(), x), wanted)
    assert far.ok, far
    assert far.undecided == 0


def two_layers(x):
    weights = np.cos(np.arange(12)).reshape(3, 4)
    hidden = np.tanh(x @ weights)
    return np.log(1 + np.exp(hidden @ np.sin(np.arange(8)).reshape(4, 2))).mean()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_of_tanh_exp_and_log(dtype):
    x = X.astype(dtype)
    wanted = rounding_radius(lambda t: {"only": mg.grad(two_layers)(t)}, x)["only"]
    assert distance(complex_step(two_layers, x).astype(dtype), wanted).ok


@pytest.mark.parametrize("seed", range(10))
def test_the_network_of_the_post(seed):
    given = draw_of_any_size(seed, "float64")
    wanted = gradients(given)
    for name in WEIGHTS:

        def loss(moved, name=name):
            return network({**given, name: moved})["loss"]

        assert distance(complex_step(loss, given[name]), wanted[f"d{name}"]).ok


def test_float32_is_differentiated_in_double_precision():
    x = X.astype("float32")
    found = complex_step(lambda t: (t**3).sum(), x)
    assert found.dtype == np.float64
    wide = rounding_radius(lambda t: {"only": 3 * t * t}, x.astype(float))["only"]
    assert distance(found, wide).ok
    np.testing.assert_array_equal(x, X.astype("float32"))


@pytest.mark.parametrize(
    "f",
    [
        np.abs,
        lambda x: np.exp(abs(x)),
        np.var,
        np.std,
        lambda x: x.var(axis=0),
        lambda x: mg.sigmoid(np.abs(x)),
    ],
)
def test_what_is_not_analytic_is_refused(f):
    with pytest.raises(TypeError, match="is not analytic: a complex step through it would be"):
        complex_step(lambda x: f(x).sum(), X)


def test_a_sample_of_the_elements():
    found = complex_step(lambda x: (x * x).sum(), X, [4, 1])
    left_out = np.array([[True, False, True], [True, False, True]])
    np.testing.assert_array_equal(np.isnan(found), left_out)
    whole = complex_step(lambda x: (x * x).sum(), X)
    np.testing.assert_array_equal(found[~left_out], whole[~left_out])
    assert np.isnan(complex_step(lambda x: (x * x).sum(), X, [])).all()
    assert np.isnan(complex_step(lambda x: (x * x).sum(), X, iter([0]))).sum() == 5


def test_a_single_number_and_nothing():
    assert complex_step(lambda x: x * x, np.array(3.0)) == 6.0
    assert complex_step(lambda x: x * x, np.array(3.0)).shape == ()
    assert complex_step(lambda x: (x * x).sum(), np.ones((0, 2))).shape == (0, 2)


def test_nothing_is_recorded_and_the_input_is_left_as_it_is():
    x, w, recorded = X.copy(), mg.tensor(3.0, requires_grad=True), []

    def f(t):
        out = (t * w).sum()
        recorded.append(out.requires_grad)
        return out

    np.testing.assert_allclose(complex_step(f, x), 3.0, rtol=1e-15)
    assert recorded == [False] * x.size
    np.testing.assert_array_equal(x, X)


LAYOUTS = {
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "Fortran": np.asfortranarray,
    "every other": lambda x: np.repeat(x, 2, axis=0)[::2],
    "backwards": lambda x: x[::-1].copy()[::-1],
    "read-only": lambda x: np.broadcast_to(x, x.shape),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_memory_layout_does_not_matter(layout):
    x = LAYOUTS[layout](X)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(
        complex_step(lambda t: (t * t).sum(), x), complex_step(lambda t: (t * t).sum(), X)
    )


def test_the_sign_is_constant():
    """For NumPy, the sign of a complex number is z / |z|, which is not."""
    found = complex_step(lambda t: (np.sign(t) * t).sum(), np.array([2.0, -3.0]))
    np.testing.assert_array_equal(found, [1.0, -1.0])


KINKS = {
    "relu": mg.relu,
    "maximum": lambda t: np.maximum(t, 0),
    "minimum": lambda t: np.minimum(0, t),
    "after another step": lambda t: mg.relu(3 * t),
    "before another step": lambda t: 3 * mg.relu(t),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_step_that_meets_a_kink_gives_nan_for_its_own_element_only(name):
    def f(t):
        return KINKS[name](t).sum()

    x = np.array([0.0, 2.0, -1.0, 0.0])
    found = complex_step(f, x)
    np.testing.assert_array_equal(np.isnan(found), x == 0)
    np.testing.assert_array_equal(found[x != 0], mg.grad(f)(x)[x != 0])


def test_only_steps_that_reach_a_kink_meet_it():
    found = complex_step(lambda t: (mg.relu(t[0] - t[1]) + t[2] * t[0]).sum(), np.ones(3))
    np.testing.assert_array_equal(found, [np.nan, np.nan, 1.0])


def test_a_function_made_an_operation_is_looked_into():
    f = mg.primitive(lambda x: np.abs(x) * x)
    with pytest.raises(TypeError, match="is not analytic"):
        complex_step(lambda x: f(x).sum(), np.array([1.0, -2.0]))
