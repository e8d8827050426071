"""ravel, and scipy's optimisers on what it gives."""

import numpy as np
import pytest

import micrograd_np as mg

try:
    from scipy import optimize
except ImportError:
    optimize = None

needs_scipy = pytest.mark.skipif(optimize is None, reason="scipy is not installed")


def test_there_and_back():
    tree = {"W": np.arange(6.0).reshape(2, 3), "b": [np.float32([7.0]), 8.0], "name": "net"}
    flat, unravel = mg.ravel(tree)
    np.testing.assert_array_equal(flat, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0], strict=True)
    again = unravel(flat)
    assert again["name"] == "net"
    np.testing.assert_array_equal(again["W"], tree["W"], strict=True)
    np.testing.assert_array_equal(again["b"][0], tree["b"][0], strict=True)
    np.testing.assert_array_equal(again["b"][1], 8.0)
    assert not np.shares_memory(again["W"], flat)
    np.testing.assert_array_equal(unravel(2 * flat)["b"][1], 16.0)


def test_an_array_and_nothing():
    flat, unravel = mg.ravel(np.ones((2, 2)))
    assert flat.shape == (4,)
    assert unravel(flat).shape == (2, 2)
    flat, unravel = mg.ravel({"a": [], "b": None})
    assert flat.shape == (0,)
    assert unravel(flat) == {"a": [], "b": None}


def test_complex_numbers():
    flat, unravel = mg.ravel((np.array([1.0]), np.array([1j])))
    assert flat.dtype == np.complex128
    assert [part.dtype.kind for part in unravel(flat)] == ["f", "c"]


def test_it_is_differentiated_both_ways():
    params = {"W": np.arange(4.0).reshape(2, 2), "b": np.ones(2)}
    loss = lambda p: np.sum(np.tanh(p["W"] @ p["b"]))
    flat, unravel = mg.ravel(params)
    found = mg.grad(lambda flat: loss(unravel(flat)))(flat)
    wanted = mg.grad(loss)(params)
    np.testing.assert_array_equal(found, mg.ravel(wanted)[0])
    squares = mg.grad(lambda p: np.sum(mg.ravel(p)[0] ** 2))(params)
    np.testing.assert_array_equal(squares["W"], 2 * params["W"])
    assert mg.hessian(lambda flat: loss(unravel(flat)))(flat).shape == (6, 6)


def test_one_line_errors():
    with pytest.raises(TypeError, match=r"tree\['n'\] is int64"):
        mg.ravel({"n": 3})
    for nothing in (None, {1.0, 2.0}, object()):
        with pytest.raises(TypeError, match=r"tree is .*, expected an array or a container"):
            mg.ravel(nothing)
    with pytest.raises(TypeError, match="masked array would lose its mask"):
        mg.ravel({"a": np.ma.array([1.0, 2.0], mask=[0, 1])})
    _, unravel = mg.ravel(np.ones(3))
    with pytest.raises(TypeError, match="takes float64 numbers, got complex128"):
        unravel(np.ones(3) * 1j)
    with pytest.raises(ValueError, match=r"shape \(3,\), got shape \(4,\)"):
        unravel(np.ones(4))


# --- scipy -------------------------------------------------------------------------------------


@needs_scipy
def test_scipy_minimizes_what_value_and_grad_gives():
    rosenbrock = lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
    for method in ("BFGS", "L-BFGS-B", "CG"):
        found = optimize.minimize(
            mg.value_and_grad(rosenbrock), np.zeros(4), jac=True, method=method
        )
        assert found.success
        np.testing.assert_allclose(found.x, np.ones(4), atol=1e-4)


@needs_scipy
def test_scipy_minimizes_over_containers_and_passes_arguments():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 3)), rng.normal(size=50)

    def loss(params, X, y):
        return np.mean((X @ params["w"] + params["b"] - y) ** 2)

    flat, unravel = mg.ravel({"w": np.zeros(3), "b": 0.0})
    objective = mg.value_and_grad(lambda flat, X, y: loss(unravel(flat), X, y))
    found = optimize.minimize(objective, flat, args=(X, y), jac=True)
    assert found.success
    with_ones = np.column_stack([X, np.ones(50)])
    wanted = np.linalg.lstsq(with_ones, y)[0]
    fitted = unravel(found.x)
    np.testing.assert_allclose([*fitted["w"], fitted["b"]], wanted, atol=1e-5)


@needs_scipy
def test_scipy_takes_second_derivatives():
    f = lambda x: np.sum((x - 1) ** 4) + np.sum(x[0] * x) ** 2
    found = optimize.minimize(
        mg.value_and_grad(f),
        np.array([2.0, -1.0, 0.5]),
        jac=True,
        hessp=lambda x, v: mg.hvp(f, x, v),
        method="trust-ncg",
    )
    assert found.success
    np.testing.assert_allclose(mg.grad(f)(found.x), 0, atol=1e-4)
    x, v = np.array([2.0, -1.0, 0.5]), np.array([1.0, 0.3, -2.0])
    rosenbrock = lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
    wanted = optimize.rosen_hess_prod(x, v)
    np.testing.assert_allclose(mg.hvp(rosenbrock, x, v), wanted, rtol=1e-13)
    np.testing.assert_allclose(mg.hessian(rosenbrock)(x), optimize.rosen_hess(x), rtol=1e-13)
    root = optimize.root(lambda x: x**3 - 8, np.ones(2), jac=mg.jacobian(lambda x: x**3 - 8))
    np.testing.assert_allclose(root.x, 2.0)
