"""custom_vjp and stop_gradient: derivatives of one's own."""

import math

import numpy as np
import pytest

import micrograd_np as mg


@mg.custom_vjp
def log1pexp(x):
    """Compute log(1 + exp(x)), whose derivative is a quotient of infinities for large x."""
    return np.log1p(np.exp(x))


log1pexp.defvjp(
    lambda x: (log1pexp(x), x),
    lambda x, g: (g * (1 - 1 / (1 + np.exp(x))),),
)


def test_the_rule_takes_the_place_of_the_derivative():
    x = np.array([0.0, 1.0])
    value, gradient = mg.value_and_grad(lambda x: np.sum(log1pexp(x)))(x)
    np.testing.assert_allclose(value, np.sum(np.log1p(np.exp(x))))
    np.testing.assert_allclose(gradient, 1 / (1 + np.exp(-x)))
    np.testing.assert_array_equal(log1pexp(x), np.log1p(np.exp(x)))
    assert log1pexp.__name__ == "log1pexp"
    assert "quotient" in log1pexp.__doc__


def test_it_is_differentiated_in_turn():
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    second = mg.grad(mg.grad(log1pexp))(0.5)
    np.testing.assert_allclose(second, sigmoid(0.5) * (1 - sigmoid(0.5)), rtol=1e-14)
    np.testing.assert_allclose(
        mg.grad(mg.grad(mg.grad(log1pexp)))(0.5), mg.grad(mg.grad(sigmoid))(0.5), rtol=1e-13
    )
    _, tangent = mg.jvp(log1pexp, (0.5,), (2.0,))
    np.testing.assert_allclose(tangent, 2 * sigmoid(0.5), rtol=1e-14)


def test_it_may_compute_by_any_means():
    """A loop over Python numbers, which no recorded operation could follow."""

    @mg.custom_vjp
    def gamma(x):
        return np.array([math.gamma(value) for value in x])

    def forward(x):
        digamma = [sum(1 / k for k in range(1, int(v))) - 0.5772156649015329 for v in x]
        return gamma(x), np.array(digamma)

    gamma.defvjp(forward, lambda digamma, g: (g * digamma,))
    x = np.array([10.0, 20.0])
    leaf = mg.tensor(x, requires_grad=True)
    gamma(leaf).backward(np.array([1.0, 3.0]))
    digamma = np.array([2.251752589066721, 2.9705239922421495])  # DLMF 5.4.14
    np.testing.assert_allclose(leaf.grad, [1, 3] * digamma, rtol=1e-14)


def test_containers_arguments_without_gradient_and_keywords():
    @mg.custom_vjp
    def f(params, x, n=1, name="f"):
        return {"y": params["a"] * x, "rest": [params["b"] ** n, n, name]}

    seen = []

    def forward(params, x, n, name):
        assert type(params["a"]) is np.ndarray
        return f(params, x, n, name), (params, x, n)

    def backward(residuals, g):
        params, x, n = residuals
        seen.append(g)
        db = n * params["b"] ** (n - 1) * g["rest"][0]
        return {"a": np.sum(g["y"] * x), "b": db}, g["y"] * params["a"], None, None

    f.defvjp(forward, backward)

    def loss(params, x):
        out = f(params, name="named", x=x, n=3)
        assert out["rest"][1:] == [3, "named"]
        return np.sum(out["y"]) + out["rest"][0]

    dp, dx = mg.grad(loss, (0, 1))({"a": 2.0, "b": 5.0}, np.array([1.0, 3.0]))
    assert (dp["a"], dp["b"]) == (4.0, 75.0)
    np.testing.assert_array_equal(dx, [2.0, 2.0])
    assert seen[0]["rest"][1:] == [None, "named"]
    # A result that nothing depends on has the gradient 0, an argument that is constant none.
    only = mg.grad(lambda p: np.sum(f(p, np.ones(2))["y"]))({"a": 2.0, "b": 5.0})
    assert (only["a"], only["b"]) == (2.0, 0.0)
    assert mg.grad(lambda a: np.sum(f({"a": a, "b": 1.0}, np.ones(2))["y"]))(3.0) == 2.0


def test_none_is_no_gradient():
    @mg.custom_vjp
    def straight_through(x, y):
        return np.round(x) + y

    straight_through.defvjp(lambda x, y: (np.round(x) + y, None), lambda _, g: (g, None))
    dx, dy = mg.grad(straight_through, (0, 1))(2.3, 1.0)
    assert (dx, dy) == (1.0, 0.0)


def test_a_rule_may_read_what_an_outer_transform_differentiates_by():
    x, w = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])

    def by_custom_vjp(w):
        f = mg.custom_vjp(lambda a: a * 2)
        f.defvjp(lambda a: (a * 2, None), lambda _, g: (g * w,))
        return f

    def by_primitive(w):
        f = mg.primitive(lambda a: a * 2)
        mg.defvjp(f, lambda g, _out, _a: g * w)
        return f

    def gradient(make, w):
        return mg.grad(lambda a: make(w)(a).sum())(x)

    for make in (by_custom_vjp, by_primitive):
        squares = lambda w, make=make: (gradient(make, w) * w).sum()
        np.testing.assert_array_equal(mg.grad(squares)(w), 2 * w)
        np.testing.assert_array_equal(mg.hessian(squares)(w), 2 * np.eye(3))
        leaf = mg.tensor(w, requires_grad=True)
        np.testing.assert_array_equal(gradient(make, leaf), w)


def test_a_program_follows_the_rule():
    x = np.array([0.5, 1.0])
    program = mg.derive(lambda x: np.sum(log1pexp(x)), x)
    np.testing.assert_allclose(program.run(x)["dx"], 1 / (1 + np.exp(-x)), rtol=1e-14)


def test_one_line_errors():
    @mg.custom_vjp
    def f(x, y):
        return x * y

    w = mg.tensor(1.0, requires_grad=True)
    with pytest.raises(TypeError, match=r"f has no backward pass yet: f\.defvjp\(fwd, bwd\)"):
        f(w, 2.0)
    assert f(1.0, 2.0) == 2.0
    with pytest.raises(TypeError, match="bwd of f is None"):
        f.defvjp(f, None)
    f.defvjp(lambda x, y: x * y, lambda _, g: (g, g))
    with pytest.raises(TypeError, match=r"fwd of f returned .*expected \(out, residuals\)"):
        f(w, 2.0)
    pair = lambda x, y: (x * y, None)
    f.defvjp(pair, lambda _, g: g)
    with pytest.raises(TypeError, match=r"bwd of f returned .* expected a tuple of 2"):
        f(w, 2.0).backward()
    f.defvjp(pair, lambda _, g: (np.ones(3), None))
    with pytest.raises(ValueError, match=r"gradient 0 of f must have shape \(\).*\(3,\)"):
        f(w, 2.0).backward()
    f.defvjp(lambda x, y: (x * y * w, None), lambda _, g: (g, None))
    with pytest.raises(TypeError, match=r"f reads a Tensor .* Pass it as an argument"):
        f(w, 2.0)


def test_a_keyword_that_has_no_position():
    @mg.custom_vjp
    def f(x, *, n):
        return x * n

    with pytest.raises(TypeError, match="f takes n by keyword alone"):
        f(mg.tensor(1.0, requires_grad=True), n=2)


def test_stop_gradient():
    np.testing.assert_array_equal(mg.grad(lambda x: x * mg.stop_gradient(x))(3.0), 3.0)
    np.testing.assert_array_equal(mg.grad(mg.grad(lambda x: mg.stop_gradient(x) * x**2))(3.0), 6.0)
    tree = {"a": mg.tensor(1.0, requires_grad=True), "b": [np.ones(2), None, "text", 3]}
    stopped = mg.stop_gradient(tree)
    assert not stopped["a"].requires_grad
    assert stopped["b"][1:] == [None, "text", 3]
    np.testing.assert_array_equal(stopped["b"][0], np.ones(2))
    f = lambda x: mg.grad(lambda y: y * mg.stop_gradient(x * y))(x)  # x**2, a constant in y
    np.testing.assert_array_equal(mg.grad(f)(3.0), 0.0)


def test_none_for_a_container():
    @mg.custom_vjp
    def f(params, x):
        return x * 2

    f.defvjp(lambda params, x: (x * 2, None), lambda _, g: (None, 2 * g))
    by_params, by_x = mg.grad(f, (0, 1))({"a": 1.0, "b": [np.float32(2)]}, 1.0)
    assert (by_params["a"], by_params["b"][0], by_x) == (0, 0, 2)


def test_residuals_that_have_a_gradient_are_refused():
    w = mg.tensor(3.0, requires_grad=True)
    f = mg.custom_vjp(lambda x: x)
    f.defvjp(lambda x: (x, w), lambda r, g: (g * r,))
    with pytest.raises(TypeError, match="Pass it as an argument"):
        f(mg.tensor(1.0, requires_grad=True))
