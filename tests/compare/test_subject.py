"""The ways in which a forward and a backward pass are brought, and how their values meet."""

# ruff: noqa: F841, RET504, RUF059  (the gradients are variables)

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare.running.subject import Subject

RNG = np.random.default_rng(7)
X, W = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 4))


def gradients(forward, backward, *args, **inputs):
    """Compare, and return what is right: what each gradient is called, and what it belongs to."""
    report = mg.compare(forward, backward, *args, seconds=0.1, **inputs)
    assert report.ok, str(report)
    return {g.name: g.of for g in report.gradients}


def loss_of(x, W):
    h = np.tanh(x @ W)
    loss = np.sum(h**2)
    return loss


def dW_of(x, h):
    """Return the gradient; the passes below differ in how it comes to x and h."""
    return x.T @ (2 * h * (1 - h**2))


# --- what backward is given ----------------------------------------------------------------------


def test_parameters_are_matched_with_inputs_and_variables_by_name():
    def backward(h, W, x):
        dh = 2 * h
        da = dh * (1 - h**2)
        dx = da @ W.T
        dW = x.T @ da

    assert gradients(loss_of, backward, X, W) == {"dW": "W", "dx": "x"}
    assert gradients(loss_of, backward, W=W, x=X) == {"dW": "W", "dx": "x"}


def test_a_loss_that_is_only_an_expression_needs_no_name():
    def forward(x, W):
        h = np.tanh(x @ W)
        return float(np.sum(h**2))

    def backward(x, h):
        dW = dW_of(x, h)

    assert gradients(forward, backward, X, W) == {"dW": "W"}


class Kept(NamedTuple):
    x: object
    h: object


CACHES = {
    "tuple": (lambda x, h: (x, h), lambda c: c),
    "list": (lambda x, h: [x, h], lambda c: c),
    "dict": (lambda x, h: {"x": x, "h": h}, lambda c: (c["x"], c["h"])),
    "namespace": (lambda x, h: SimpleNamespace(x=x, h=h), lambda c: (c.x, c.h)),
    "named tuple": (lambda x, h: Kept(x, h), lambda c: (c.x, c.h)),
    "nested": (lambda x, h: ({"a": [x]}, (h,)), lambda c: (c[0]["a"][0], c[1][0])),
}


@pytest.mark.parametrize("kind", CACHES)
def test_a_cache_may_be_of_any_kind(kind):
    pack, unpack = CACHES[kind]

    def forward(x, W):
        h = np.tanh(x @ W)
        loss = np.sum(h**2)
        return loss, pack(x, h)

    def backward(cache):
        inp, out = unpack(cache)
        dW = dW_of(inp, out)

    assert gradients(forward, backward, X, W) == {"dW": "W"}


def test_a_cache_is_given_by_the_names_of_its_keys_too():
    def forward(x, W):
        a = np.tanh(x @ W)
        return np.sum(a**2), {"inp": x, "out": a}

    def backward(out, inp):
        dW = dW_of(inp, out)

    assert gradients(forward, backward, X, W) == {"dW": "W"}


def test_several_returned_values_are_given_in_order():
    def forward(x, W):
        a = np.tanh(x @ W)
        return np.sum(a**2), x, a

    def backward(inp, out):
        dW = dW_of(inp, out)

    assert gradients(forward, backward, X, W) == {"dW": "W"}


def test_backward_may_take_what_forward_does_not():
    def backward(x, h, scale, twice=2.0):
        dW = scale * x.T @ (twice * h * (1 - h**2))

    assert gradients(loss_of, backward, X, W, scale=1.0) == {"dW": "W"}
    assert not mg.compare(loss_of, backward, X, W, seconds=0.1, scale=3.0).ok


def test_defaults_of_forward_are_inputs():
    def forward(x, W, reg=0.25):
        h = np.tanh(x @ W)
        loss = np.sum(h**2) + reg * np.sum(W**2)
        return loss

    def backward(x, W, h, reg):
        dW = dW_of(x, h) + 2 * reg * W

    assert gradients(forward, backward, X, W) == {"dW": "W"}
    assert gradients(forward, backward, X, W, reg=2.0) == {"dW": "W"}


# --- layers --------------------------------------------------------------------------------------


def layer(x, W):
    out = np.tanh(x @ W)
    return out


def of_dout(dout, x, W, out):
    da = dout * (1 - out**2)
    dx, dW = da @ W.T, x.T @ da
    return dx, dW


def of_grad_output(grad_output, x, W, out):
    dx, dW = of_dout(grad_output, x, W, out)


def of_upstream(W, out, x, upstream=None):
    dx, dW = of_dout(upstream, x, W, out)
    return {"x": dx, "W": dW}


@pytest.mark.parametrize("backward", [of_dout, of_grad_output, of_upstream])
def test_a_layer_is_given_the_gradient_of_its_result(backward):
    assert gradients(layer, backward, X, W) == {"dx": "x", "dW": "W"}


def test_the_gradient_that_a_layer_is_given_is_no_ones():
    def backward(dout, x, W, out):
        dW = x.T @ (1 - out**2)
        return dW

    assert not mg.compare(layer, backward, X, W, seconds=0.1).ok


class Layer:
    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.x = x
        self.out = np.tanh(x @ self.W)
        return self.out

    def backward(self, dout):
        da = dout * (1 - self.out**2)
        self.dW = self.x.T @ da
        return da @ self.W.T


class Net:
    def __init__(self, W):
        self.params = {"W": W}

    def loss(self, x):
        self.x = x
        self.h = np.tanh(x @ self.params["W"])
        return np.sum(self.h**2)

    def backward(self):
        grads = {"W": dW_of(self.x, self.h)}
        return grads


def test_methods_keep_values_on_their_object():
    layer = Layer(W.copy())
    assert gradients(layer.forward, layer.backward, X) == {"self.dW": "self.W", "dx": "x"}
    net = Net(W.copy())
    assert gradients(net.loss, net.backward, X) == {"dW": "self.params['W']"}


def test_the_object_itself_is_left_alone():
    layer = Layer(W.copy())
    mg.compare(layer.forward, layer.backward, X)
    assert vars(layer).keys() == {"W"}
    assert np.array_equal(layer.W, W)


# --- one function --------------------------------------------------------------------------------


def test_one_function_is_divided_after_its_loss():
    def step(x, W):
        h = np.tanh(x @ W)
        loss = np.sum(h**2)
        loss += np.sum(x)
        dW = x.T @ (2 * h * (1 - h**2))
        dx = 2 * h * (1 - h**2) @ W.T + 1
        return loss, dW, dx

    assert gradients(step, None, X, W) == {"dW": "W", "dx": "x"}
    lines = [line.source for line in mg.compare(step, None, X, W).lines]
    assert lines == ["dW = x.T @ (2 * h * (1 - h**2))", "dx = 2 * h * (1 - h**2) @ W.T + 1"]


def test_one_function_may_return_the_gradients_in_a_dict():
    def step(x, W):
        h = np.tanh(x @ W)
        cost = np.sum(h**2)
        grads = {"W": dW_of(x, h)}
        return cost, grads

    assert gradients(step, None, X, W) == {"grads['W']": "W"}


def backward_of(x, h):
    dW = dW_of(x, h)


def test_helpers_of_the_same_file_are_stepped_into_unless_others_are_named():
    assert Subject(loss_of, backward_of).into(dW_of).name == "dW_of"
    assert Subject(loss_of, backward_of).into(np.linalg.norm) is None
    assert Subject(loss_of, backward_of, into=[backward_of]).into(dW_of) is None
    assert Subject(loss_of, backward_of, into=[dW_of]).into(dW_of).name == "dW_of"
    assert Subject(loss_of, backward_of).into([]) is None
