"""jvp and linearize: forward mode, by transposing twice."""

import re
import warnings

import numpy as np
import pytest

import micrograd_np as mg
from transforms import functions
from transforms.functions import ALONG, POINT, in_torch

needs_torch = pytest.mark.skipif(functions.torch is None, reason="torch is not installed")


@needs_torch
@pytest.mark.parametrize("f", functions.EVERY)
def test_a_jvp_is_torchs(f):
    torch = functions.torch
    out, tangent = mg.jvp(f, (POINT,), (ALONG,))
    given = torch.tensor(POINT), torch.tensor(ALONG)
    wanted = torch.autograd.functional.jvp(in_torch(f), *given)
    np.testing.assert_allclose(out, wanted[0].numpy(), rtol=1e-13)
    np.testing.assert_allclose(tangent, wanted[1].numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("f", functions.EVERY)
def test_a_linear_approximation_is_linear_and_calls_nothing_again(f):
    calls = []

    def counted(x):
        calls.append(x)
        return f(x)

    out, push = mg.linearize(counted, POINT)
    one, other = push(ALONG), push(np.ones(6))
    np.testing.assert_allclose(push(2 * ALONG + np.ones(6)), 2 * one + other, rtol=1e-12)
    np.testing.assert_array_equal(push(np.zeros(6)), np.zeros(np.shape(out)))
    assert len(calls) == 1


@pytest.mark.parametrize("f", functions.EVERY)
def test_forward_and_reverse_are_transposes(f):
    out, tangent = mg.jvp(f, (POINT,), (ALONG,))
    _, pullback = mg.vjp(f, POINT)
    cotangent = np.cos(np.arange(1.0, np.size(out) + 1)).reshape(np.shape(out))
    np.testing.assert_allclose(
        np.sum(cotangent * tangent), np.sum(pullback(cotangent)[0] * ALONG), rtol=1e-12
    )


def test_several_arguments_and_containers():
    def f(params, x, scale):
        hidden = np.tanh(x @ params["W"] + params["b"])
        return {"hidden": hidden, "loss": [np.sum(hidden**2) * scale, 7, "text"]}

    rng = np.random.default_rng(1)
    params = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
    moves = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
    x, dx = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    out, tangent = mg.jvp(f, (params, x, 2.0), (moves, dx, 1.0))
    assert out["loss"][1:] == [7, "text"]
    np.testing.assert_array_equal(tangent["loss"][1], 0.0)
    h = 1e-200j
    moved = {name: params[name] + h * moves[name] for name in params}
    wanted = f(moved, x + h * dx, 2.0 + h)
    np.testing.assert_allclose(tangent["hidden"], wanted["hidden"].imag / 1e-200, rtol=1e-13)
    np.testing.assert_allclose(tangent["loss"][0], wanted["loss"][0].imag / 1e-200, rtol=1e-13)


def test_aux_is_handed_through():
    f = lambda x: (x**2, {"x": x, "name": "aux"})
    out, tangent, aux = mg.jvp(f, (3.0,), (1.0,), has_aux=True)
    assert (out, tangent, aux["name"]) == (9.0, 6.0, "aux")
    assert type(aux["x"]) is np.ndarray
    assert mg.linearize(f, 3.0, has_aux=True)[1](2.0) == 12.0


def test_complex_numbers_move_by_the_derivative():
    z, dz = np.array([1 + 2j, 0.5j]), np.array([1j, 2 - 1j])
    for f, df in ((np.exp, np.exp), (lambda z: z**3, lambda z: 3 * z**2)):
        np.testing.assert_allclose(mg.jvp(f, (z,), (dz,))[1], df(z) * dz, rtol=1e-13)
    _, moved = mg.jvp(np.abs, (z,), (dz,))  # d|z| = Re(conj(z) dz) / |z|
    np.testing.assert_allclose(moved, (np.conj(z) * dz).real / np.abs(z), rtol=1e-13)
    np.testing.assert_array_equal(mg.jvp(np.conj, (z,), (dz,))[1], np.conj(dz))


def test_a_tangent_takes_the_dtype_of_its_primal():
    out, tangent = mg.jvp(np.sin, (np.float32([1.0]),), (np.array([1]),))
    assert out.dtype == tangent.dtype == np.float32


def test_an_infinite_slope_warns_of_nothing_that_the_result_does_not_have():
    _, tangent = mg.jvp(np.log, (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    np.testing.assert_array_equal(tangent, [1.0, 0.0])
    _, tangent = mg.jvp(lambda x: np.log(x, where=x > 0, out=np.zeros(2)), ([0.0, 2.0],), ([1, 1],))
    np.testing.assert_array_equal(tangent, [0.0, 0.5])


# --- nesting -----------------------------------------------------------------------------------


def test_derivatives_of_any_order_by_forward_mode():
    f = lambda x: x**5
    for wanted in (5.0, 20.0, 60.0, 120.0, 120.0, 0.0):
        f = lambda x, inner=f: mg.jvp(inner, (x,), (1.0,))[1]
        np.testing.assert_array_equal(f(1.0), wanted)


def test_forward_over_reverse_and_reverse_over_forward():
    f = functions.reduced
    wanted = mg.hessian(f)(POINT) @ ALONG
    _, moved = mg.jvp(mg.grad(f), (POINT,), (ALONG,))
    np.testing.assert_allclose(moved, wanted, rtol=1e-12)
    slope = lambda x: mg.jvp(f, (x,), (ALONG,))[1]
    np.testing.assert_allclose(mg.grad(slope)(POINT), wanted, rtol=1e-12)


def test_a_derivative_by_a_tangent():
    x = np.array([1.0, 2.0])
    pushed = mg.grad(lambda t: np.sum(mg.jvp(np.sin, (x,), (t,))[1]))(np.ones(2))
    np.testing.assert_array_equal(pushed, np.cos(x))
    _, push = mg.linearize(np.sin, x)
    np.testing.assert_array_equal(mg.grad(lambda t: np.sum(push(t)))(np.ones(2)), np.cos(x))


def test_perturbations_are_not_confused():
    """Derivatives by two things must not be taken for one (Siskind and Pearlmutter)."""
    slope = lambda f, x: mg.jvp(f, (x,), (1.0,))[1]
    np.testing.assert_array_equal(slope(lambda x: x * slope(lambda y: x + y, 1.0), 1.0), 1.0)
    np.testing.assert_array_equal(slope(lambda x: x * slope(lambda y: x * y, 2.0), 3.0), 6.0)
    both = lambda x: mg.grad(lambda y: x**2 * y**3)(x)  # 3 x**4
    np.testing.assert_array_equal(slope(both, 2.0), 96.0)
    both = lambda x: slope(lambda y: x**2 * y**3, x)
    np.testing.assert_array_equal(mg.grad(both)(2.0), 96.0)


def test_tensors_in_tensors_out():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    out, tangent = mg.jvp(np.square, (x,), (np.ones(2),))
    assert type(out) is type(tangent) is mg.Tensor
    tangent.sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])


def test_integers_and_keywords_are_handed_through():
    def f(x, index, params, scale=1.0):
        return scale * x[index] * params["w"]

    x, index, params = np.array([1.0, 2.0, 3.0]), np.array([2, 0, 2]), {"w": 2.0}
    moves = (np.array([1.0, 0.0, 10.0]), None, {"w": 1.0})
    out, moved = mg.jvp(f, (x, index, params), moves, scale=3.0)
    np.testing.assert_array_equal(out, [18.0, 6.0, 18.0])
    np.testing.assert_array_equal(moved, [69.0, 9.0, 69.0])
    again, push = mg.linearize(f, x, index, params, scale=3.0)
    np.testing.assert_array_equal(again, out)
    np.testing.assert_array_equal(push(*moves), moved)
    out, pullback = mg.vjp(f, x, index, params, scale=3.0)
    np.testing.assert_array_equal(out, again)
    by_x, by_index, by_params = pullback(np.array([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(by_x, [60.0, 0.0, 606.0])
    assert by_index is None
    np.testing.assert_array_equal(by_params["w"], 3 * (3 + 10 + 300))


def test_the_tangent_of_a_constant_has_its_dtype():
    f = lambda x: (x, np.ones(2, np.float32), np.ones(2, complex), np.arange(2))
    _, moved = mg.jvp(f, (1.0,), (1.0,))
    assert [m.dtype for m in moved] == [np.float64, np.float32, np.complex128, np.float64]


def test_an_infinite_slope_that_is_never_pushed_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mg.linearize(np.sqrt, np.array([4.0, 0.0]))


# --- errors ------------------------------------------------------------------------------------


def test_tangents_that_do_not_fit():
    with pytest.raises(ValueError, match=r"tangent 0 must have shape \(2,\).*got \(3,\)"):
        mg.jvp(np.sin, (np.ones(2),), (np.ones(3),))
    with pytest.raises(ValueError, match=r"got 2 tangents, expected 1"):
        mg.jvp(np.sin, (np.ones(2),), (np.ones(2), np.ones(2)))
    f = lambda p: p["a"] * p["b"][0]
    primal = {"a": np.ones(2), "b": (np.ones(2),)}
    with pytest.raises(TypeError, match=r"tangent 0 is an ndarray.*, expected a dict of a, b"):
        mg.jvp(f, (primal,), (np.ones(2),))
    with pytest.raises(ValueError, match="tangent 0 is a dict of a, expected a dict of a, b"):
        mg.jvp(f, (primal,), ({"a": np.ones(2)},))
    with pytest.raises(ValueError, match=r"tangent 0\['b'\]\[0\] must have shape"):
        mg.jvp(f, (primal,), ({"a": np.ones(2), "b": (1.0,)},))
    for given in ("an ndarray of shape (2,)", np.ones(2)), ("a float", 1.0):
        text = f"the tangents are {re.escape(given[0])}, expected a tuple of 1"
        with pytest.raises(TypeError, match=text):
            mg.jvp(np.sin, (np.ones(2),), given[1])
    with pytest.raises(ValueError, match=r"tangent 0 must have shape \(2,\).*got \(1, 2\)"):
        mg.jvp(np.sin, np.ones(2), (np.ones(2),))
    with pytest.raises(ValueError, match=r"tangent 0 is None, expected shape \(2,\)"):
        mg.jvp(np.sin, (np.ones(2),), (None,))
    with pytest.raises(TypeError, match="tangent 0 is complex128, its primal float64"):
        mg.jvp(np.sin, (1.0,), (1j,))


def test_primals_that_have_no_tangent():
    with pytest.raises(TypeError, match=r"argument 0: .*int64"):
        mg.jvp(np.sin, (2,), (1.0,))
    with pytest.raises(ValueError, match="tangent 1 is a float, expected None: argument 1 holds"):
        mg.jvp(np.multiply, (1.0, 2), (1.0, 1.0))
    with pytest.raises(TypeError, match="not a Tensor"):
        mg.jvp(lambda x: 3.0, (1.0,), (1.0,))
