"""checkpoint: compute again instead of keeping, with exactly the same gradients."""

import functools
import gc
import random
import weakref

import numpy as np
import pytest

import micrograd_np as mg

SHARED = np.random.default_rng(7)
"""A generator that a function refers to as a variable of its module."""


def weights(count=6, size=4):
    rng = np.random.default_rng(0)
    return [mg.tensor(rng.normal(size=(size, size)), requires_grad=True) for _ in range(count)]


def gradients(wrap, layer, Ws):
    """Return all gradients of a network in whose backward pass each pair of layers is wrapped."""
    for W in Ws:
        W.zero_grad()
    x = mg.tensor(np.random.default_rng(1).normal(size=(3, 4)), requires_grad=True)
    h = x
    for k in range(0, len(Ws), 2):
        h = wrap(functools.partial(pair, layer, Ws[k : k + 2], Ws[0]))(h)
    (h * h).sum().backward()
    return [x.grad, *(W.grad for W in Ws)]


def pair(layer, Ws, first, h):
    for W in Ws:
        h = layer(h @ W) + h
    return h + h @ first  # used in every segment


def assert_the_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


def test_gradients_are_the_same_to_the_last_bit():
    Ws = weights()
    assert_the_same(gradients(lambda f: f, np.tanh, Ws), gradients(mg.checkpoint, np.tanh, Ws))


def test_checkpoints_nest():
    Ws = weights()
    wrap = lambda f: mg.checkpoint(lambda h: mg.checkpoint(f)(mg.checkpoint(np.sin)(h)))
    plain = lambda f: lambda h: f(np.sin(h))
    assert_the_same(gradients(plain, np.tanh, Ws), gradients(wrap, np.tanh, Ws))


class Dropout:
    def __init__(self, rng):
        self.rng = rng

    def __call__(self, x):
        return x * (self.rng.random(x.shape) > 0.3)


def layers():
    """Name layers that draw random numbers, each with what starts them anew."""
    own = np.random.default_rng(0)
    legacy = np.random.RandomState(0)
    python = random.Random(0)
    method = Dropout(np.random.Generator(np.random.Philox(0)))

    def restart(bits, kind=np.random.PCG64):
        bits.state = kind(0).state

    return {
        "np.random": (
            lambda x: x * (np.random.random(x.shape) > 0.3),
            lambda: np.random.seed(0),
        ),
        "random": (lambda x: x * random.random(), lambda: random.seed(0)),
        "a cell": (
            lambda x: x * (own.random(x.shape) > 0.3),
            lambda: restart(own.bit_generator),
        ),
        "a RandomState": (lambda x: x * legacy.uniform(), lambda: legacy.seed(0)),
        "a random.Random": (lambda x: x * python.random(), lambda: python.seed(0)),
        "a module": (
            lambda x: x * SHARED.normal(size=x.shape),
            lambda: restart(SHARED.bit_generator),
        ),
        "an object": (method, lambda: restart(method.rng.bit_generator, np.random.Philox)),
        "a default": (
            lambda x, rng=own: x * rng.normal(),
            lambda: restart(own.bit_generator),
        ),
        "a function that is called": (
            lambda x: helper(x),
            lambda: restart(SHARED.bit_generator),
        ),
    }


def helper(x):
    return x * SHARED.normal(size=x.shape)


@pytest.mark.parametrize("name", layers())
def test_random_numbers_are_drawn_again(name):
    layer, restart = layers()[name]
    Ws = weights()
    restart()
    wanted = gradients(lambda f: f, layer, Ws)
    following = layer(np.ones(5))
    restart()
    assert_the_same(wanted, gradients(mg.checkpoint, layer, Ws))
    np.testing.assert_array_equal(layer(np.ones(5)), following)  # and drawn once, for the others
    assert np.ptp(wanted[0]) > 0


def test_a_generator_may_be_an_argument():
    def f(x, rng):
        return x * rng.normal(size=x.shape)

    x = mg.tensor(np.ones(3), requires_grad=True)
    out = mg.checkpoint(f)(x, rng=np.random.default_rng(0))
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, np.random.default_rng(0).normal(size=3))


def test_random_numbers_that_cannot_be_drawn_again_are_noticed():
    x = mg.tensor(np.ones(3), requires_grad=True)
    out = mg.checkpoint(lambda x: x * np.random.default_rng().normal(size=3))(x)
    with pytest.raises(RuntimeError, match=r"gave another result.*called it again"):
        out.sum().backward()


def test_what_was_changed_in_between_is_noticed():
    scale = np.ones(3)
    x = mg.tensor(np.ones(3), requires_grad=True)
    out = mg.checkpoint(lambda x: x * scale)(x)
    scale[0] = 5.0
    with pytest.raises(RuntimeError, match="gave another result"):
        out.sum().backward()
    W = mg.tensor(np.ones(3), requires_grad=True)
    out = mg.checkpoint(lambda x: x * W)(x)
    with mg.no_grad():
        W += 1.0
    with pytest.raises(RuntimeError, match="gave another result"):
        out.sum().backward()


def test_arguments_and_results_may_be_containers():
    def f(params, x, *, scale):
        hidden = np.tanh(x @ params["W"])
        return {"hidden": hidden, "loss": np.sum(hidden**2) * scale, "count": len(x), "x": x}

    params, x = {"W": np.ones((3, 2)) / 3}, np.arange(6.0).reshape(2, 3)

    def total(f):
        def loss(params, x):
            out = f(params, x, scale=2)
            assert out["count"] == 2
            return out["loss"] + np.sum(out["hidden"]) + np.sum(out["x"] ** 2)

        return mg.grad(loss, (0, 1))(params, x)

    (dp, dx), (dp_again, dx_again) = total(f), total(mg.checkpoint(f))
    np.testing.assert_array_equal(dp["W"], dp_again["W"], strict=True)
    np.testing.assert_array_equal(dx, dx_again, strict=True)


def test_derivatives_of_any_order():
    f = g = lambda x: np.sin(x) * x**3
    for _ in range(4):
        f, g = mg.grad(f), mg.grad(mg.checkpoint(g))
        np.testing.assert_array_equal(f(1.5), g(1.5))
    W = np.array([0.5, 2.0])
    f = lambda x: np.sum(np.sin(x * W) ** 2)
    x = np.array([1.0, 3.0])
    np.testing.assert_array_equal(mg.hessian(f)(x), mg.hessian(mg.checkpoint(f))(x))
    np.testing.assert_array_equal(mg.jvp(f, (x,), (W,))[1], mg.jvp(mg.checkpoint(f), (x,), (W,))[1])


def test_a_closure_over_the_outer_argument():
    f = lambda x: mg.grad(mg.checkpoint(lambda y: x**2 * y**3))(x)  # 3 x**4
    np.testing.assert_array_equal(mg.grad(f)(2.0), 96.0)


def test_backward_twice():
    x = mg.tensor(2.0, requires_grad=True)
    out = mg.checkpoint(lambda x: x**3)(x)
    out.backward(retain_graph=True)
    out.backward()
    np.testing.assert_array_equal(x.grad, 24.0)
    with pytest.raises(RuntimeError, match="freed by an earlier backward"):
        out.backward()


def test_nothing_is_recorded_where_nothing_needs_a_gradient():
    f = mg.checkpoint(np.sin)
    assert type(f(1.0)) is np.float64
    assert not f(mg.tensor(1.0)).requires_grad
    with mg.no_grad():
        assert not f(mg.tensor(1.0, requires_grad=True)).requires_grad


def test_what_is_computed_inside_is_not_kept():
    alive = []

    def f(x):
        inside = np.exp(x)
        alive.append(weakref.ref(inside))
        return np.sin(inside * x)

    x = mg.tensor(np.ones(3), requires_grad=True)
    gc.disable()
    try:
        out = mg.checkpoint(f)(x)
        assert alive[0]() is None
        node = weakref.ref(out)
        out.sum().backward()
        assert alive[1]() is None
        del out
        assert node() is None
    finally:
        gc.enable()


def test_a_view_of_an_argument_is_known_as_one():
    y = mg.tensor(np.ones(3), requires_grad=True) * 2
    view = mg.checkpoint(lambda x: x[1:])(y)
    with pytest.raises(RuntimeError, match="view"):
        view[0] = 5.0


def test_a_program_is_recorded_through_it():
    f = lambda x: np.sum(np.sin(x) ** 2)
    x = np.array([1.0, 2.0])
    assert mg.derive(mg.checkpoint(f), x).source() == mg.derive(f, x).source().replace(
        "<lambda>", "f"
    )


def test_a_nan_is_the_same_again():
    x = mg.tensor([1.0, np.nan], requires_grad=True)
    mg.checkpoint(lambda x: x * 2)(x).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])


def test_operands_go_when_nothing_needs_them():
    x = mg.tensor(np.ones(3), requires_grad=True)
    gc.disable()
    try:
        h = x * 2
        tensor = weakref.ref(h)
        out = mg.checkpoint(np.sin)(h)
        del h
        assert tensor() is None
        h = np.exp(x)
        array = weakref.ref(h.data)
        out = mg.checkpoint(lambda h: h * 3)(h)
        del h
        assert array() is not None
        out.sum().backward()
        assert array() is None
    finally:
        gc.enable()


def test_after_an_exception_random_numbers_go_on_where_they_were():
    rng, calls = np.random.default_rng(0), []

    def f(x):
        out = x * rng.normal()
        calls.append(out)
        if len(calls) == 2:
            raise ZeroDivisionError
        return out

    out = mg.checkpoint(f)(mg.tensor(1.0, requires_grad=True))
    rng.normal()
    state = rng.bit_generator.state
    with pytest.raises(ZeroDivisionError):
        out.backward()
    assert rng.bit_generator.state == state


@pytest.mark.parametrize(
    "inner",
    [
        lambda y: mg.grad(lambda x: x * x * y)(3.0),
        lambda y: mg.value_and_grad(lambda x: x * x * y)(3.0)[0],
        lambda y: mg.jvp(lambda x: x * x * y, (3.0,), (1.0,))[1],
        lambda y: mg.hvp(lambda x: x**3 * y, 3.0, 1.0),
        lambda y: mg.jacobian(lambda x: x * x * y)(2.0),
    ],
)
def test_transforms_inside_that_read_an_argument_of_the_outside(inner):
    for f in (inner, lambda y: inner(y) * y):
        wanted = mg.grad(f)(2.0)
        assert mg.grad(mg.checkpoint(f))(2.0) == wanted != 0
        assert mg.vjp(mg.checkpoint(f), 2.0)[1](1.0) == (wanted,)
        assert mg.grad(mg.grad(mg.checkpoint(f)))(2.0) == mg.grad(mg.grad(f))(2.0)
