"""Gradients kept on objects, in lists of layers, and those that no name tells about."""

# ruff: noqa: RET504, RUF059  (the gradients are variables)

from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare.running.likeness import columns, form
from micrograd_np.compare.running.subject import Mismatch
from micrograd_np.compare.running.wanted import holders, names_it

RNG = np.random.default_rng(3)
x, W, b = RNG.normal(size=(6, 4)), RNG.normal(size=(4, 3)), RNG.normal(size=3)
WEIGHTS, BIASES = [W, RNG.normal(size=(3, 2))], [b, RNG.normal(size=2)]
LAYERS = [{"W": w, "b": c} for w, c in zip(WEIGHTS, BIASES, strict=True)]


def compared(forward, backward, *args, **options):
    """Compare a right pass; return what each gradient is called, and what it belongs to."""
    report = mg.compare(forward, backward, *args, seconds=0.1, **options)
    assert report.ok, str(report)
    return {g.of: g.name for g in report.gradients}


def forward(x, W, b):
    h = np.tanh(x @ W + b)
    loss = np.sum(h**2)
    return loss


def of_both(x, h):
    da = 2 * h * (1 - h**2)
    return x.T @ da, da.sum(axis=0)


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["dloss_dW", "dLoss_dW", "d_loss_d_W", "dcost_dW", "dError_dW", "dC_dW", "dl_dW", "dldW",
     "grad_wrt_W", "gradient_of_W", "partial_W", "adj_W", "W_adjoint", "adjoint_W", "grads_W",
     "W_grads", "Wgrad", "W_delta", "deriv_W", "derivative_W", "dLoss_W", "dtotal_dW"],
)  # fmt: skip
def test_more_names_of_the_gradient_of_W(name):
    assert names_it(name, "W")
    assert not names_it(name, "b")


@pytest.mark.parametrize(("name", "of"), [("dp", "p"), ("dparams", "params"), ("gout", "out")])
def test_names_that_may_hold_gradients_may_be_gradients(name, of):
    assert names_it(name, of)


@pytest.mark.parametrize("name", ["dz_dW", "da_dW", "lossW", "W_old", "grads", "delta", "dW_dx"])
def test_names_of_something_else(name):
    assert not names_it(name, "W")


def test_a_name_in_small_letters_is_told_by_its_form():
    def backward(x, h):
        dw, db = of_both(x, h)

    def no_such(x, h):
        dX, db = of_both(x, h)  # not built like x

    assert compared(forward, backward, x, W, b) == {"W": "dw", "b": "db"}
    assert compared(forward, no_such, x, W, b) == {"b": "db"}


def test_updated_parameters_are_not_their_gradients():
    def backward(x, W, b, h):
        dW, db = of_both(x, h)
        W -= 0.1 * dW
        b = b - 0.1 * db
        return W, b

    assert compared(forward, backward, x, W.copy(), b) == {"W": "dW", "b": "db"}


# --- objects -------------------------------------------------------------------------------------

Gradients = namedtuple("Gradients", "W b")


@dataclass
class Kept:
    W: np.ndarray
    b: np.ndarray


@pytest.mark.parametrize("kind", [Gradients, Kept])
def test_returned_objects_hold_gradients_by_their_names(kind):
    def backward(x, h):
        return kind(*of_both(x, h))

    assert compared(forward, backward, x, W, b) == {"W": "dW", "b": "db"}


class Parameter:
    def __init__(self, data):
        self.data, self.grad = data.copy(), np.zeros_like(data)


def of_parameters(x, W, b):
    h = np.tanh(x @ W.data + b.data)
    return np.sum(h**2)


@pytest.mark.parametrize("adds", [False, True])
def test_a_parameter_keeps_its_gradient(adds):
    def backward(x, W, b, h):
        dW, db = of_both(x, h)
        if adds:
            W.grad += dW
            b.grad += db
        else:
            W.grad, b.grad = dW, db

    found = compared(of_parameters, backward, x, Parameter(W), Parameter(b))
    assert found == {"W.data": "W.grad", "b.data": "b.grad"}


class Layer:
    def __init__(self):
        self.params = {"W": W.copy(), "b": b.copy()}
        self.grads = {"W": np.zeros_like(W), "b": np.zeros_like(b)}

    def forward(self, x):
        h = np.tanh(x @ self.params["W"] + self.params["b"])
        self.cache = x, h
        return h

    def backward(self, dout):
        x, h = self.cache
        da = dout * (1 - h**2)
        self.grads["W"] += x.T @ da
        self.grads["b"] += da.sum(axis=0)
        return da @ self.params["W"].T


def test_a_layer_returns_one_gradient_and_keeps_others():
    layer = Layer()
    assert compared(layer.forward, layer.backward, x) == {
        "self.params['W']": "self.grads['W']",
        "self.params['b']": "self.grads['b']",
        "x": "dx",
    }


def test_what_is_there_for_gradients_is_told_by_names():
    paths = ["x", "dx", "W.data", "W.grad", "net.grads['b']", "net.params['b']", "net.dW", "net.W"]
    assert holders(paths) == {
        "W.grad": "W.data",
        "net.grads['b']": "net.params['b']",
        "net.dW": "net.W",
    }


# --- lists of layers -----------------------------------------------------------------------------


def of_lists(x, weights, biases):
    values = [x]
    for w, c in zip(weights, biases, strict=True):
        values.append(np.tanh(values[-1] @ w + c))
    return np.sum(values[-1] ** 2)


def of_layers(x, layers):
    values = [x]
    for p in layers:
        values.append(np.tanh(values[-1] @ p["W"] + p["b"]))
    return np.sum(values[-1] ** 2)


def from_the_last(weights, values):
    """Return the gradients of each layer."""
    found = []
    delta = 2 * values[-1]
    for w, h, below in zip(weights[::-1], values[:0:-1], values[-2::-1], strict=True):
        delta = delta * (1 - h**2)
        found.insert(0, (below.T @ delta, delta.sum(axis=0)))
        delta = delta @ w.T
    return found


def test_lists_of_another_name_are_told_by_their_form():
    def backward(weights, values):
        nabla_w, nabla_b = map(list, zip(*from_the_last(weights, values), strict=True))
        return nabla_b, nabla_w

    def not_returned(weights, values):
        nabla_w, nabla_b = map(list, zip(*from_the_last(weights, values), strict=True))

    assert compared(of_lists, backward, x, WEIGHTS, BIASES) == {
        "weights[0]": "nabla_w[0]",
        "weights[1]": "nabla_w[1]",
        "biases[0]": "nabla_b[0]",
        "biases[1]": "nabla_b[1]",
    }
    assert compared(of_lists, not_returned, x, WEIGHTS, BIASES)["weights[0]"] == "nabla_w[0]"


@pytest.mark.parametrize("keys", [("W", "b"), ("dW", "db"), None])
def test_a_list_of_layers_has_a_list_of_gradients(keys):
    def by_layers(layers, values):
        found = from_the_last([p["W"] for p in layers], values)
        grads = [dict(zip(keys, pair, strict=True)) for pair in found] if keys else found
        return grads

    def by_lists(weights, values):
        found = from_the_last(weights, values)
        grads = [dict(zip(keys, pair, strict=True)) for pair in found] if keys else found
        return grads

    layers = compared(of_layers, by_layers, x, LAYERS)
    assert set(layers) == {f"layers[{i}]['{k}']" for i in (0, 1) for k in "Wb"}
    lists = compared(of_lists, by_lists, x, WEIGHTS, BIASES)
    assert set(lists) == {f"{k}[{i}]" for i in (0, 1) for k in ("weights", "biases")}


def test_lists_of_gradients_belong_to_a_list_of_layers():
    def backward(layers, values):
        dWs, dbs = map(list, zip(*from_the_last([p["W"] for p in layers], values), strict=True))
        return dWs, dbs

    found = compared(of_layers, backward, x, LAYERS)
    assert set(found) == {f"layers[{i}]['{k}']" for i in (0, 1) for k in "Wb"}


def test_a_wrong_gradient_in_a_list_is_found():
    def backward(weights, values):
        nabla_w, nabla_b = map(list, zip(*from_the_last(weights, values), strict=True))
        nabla_w[1] = nabla_w[1] * 2
        return nabla_b, nabla_w

    report = mg.compare(of_lists, backward, x, WEIGHTS, BIASES)
    assert [g.name for g in report.gradients if not g.ok] == ["nabla_w[1]"]
    assert report.first_wrong is not None
    assert report.first_wrong.source == "nabla_w[1] = nabla_w[1] * 2"


# --- nothing but the form ------------------------------------------------------------------------


def test_expressions_are_told_by_the_shapes_of_the_inputs():
    def backward(x, W, h):
        da = 2 * h * (1 - h**2)
        return x.T @ da, da @ W.T, da.sum(axis=0)

    def one(x, h):
        return x.T @ (2 * h * (1 - h**2))

    assert compared(forward, backward, x, W, b) == {"W": "dW", "x": "dx", "b": "db"}
    assert compared(forward, one, x, W, b) == {"W": "dW"}


def test_all_parameters_in_one_array():
    def flat(x, theta):
        W, b = theta[:12].reshape(4, 3), theta[12:]
        h = np.tanh(x @ W + b)
        return np.sum(h**2)

    def backward(x, h):
        dW, db = of_both(x, h)
        return np.concatenate([dW.ravel(), db])

    assert compared(flat, backward, x, np.append(W, b)) == {"theta": "dtheta"}


@pytest.mark.parametrize(
    "shapes", [((6, 4), (4, 4), (4,)), ((3, 3), (3, 3), (3,))], ids=["one", "two"]
)
def test_shapes_that_tell_nothing_are_asked_about(shapes):
    def backward(x, h):
        da = 2 * h * (1 - h**2)
        return x.T @ da, da[0] * 2, da.sum(axis=0)

    with pytest.raises(Mismatch, match=r"gives no gradient of x, W, b: .* by names=\["):
        mg.compare(forward, backward, *(RNG.normal(size=shape) for shape in shapes))


def test_forms():
    assert form(3.0) is None
    assert form("text") is None
    assert form([W, 3]) is None
    assert form({"a": W, "b": [b]}) == ("holds", ("array", 4, 3), ("holds", ("array", 3)))
    assert columns("g", [(W, b), (W, b)]) == [
        (("holds", ("array", 4, 3), ("array", 4, 3)), ["g[0][0]", "g[1][0]"]),
        (("holds", ("array", 3), ("array", 3)), ["g[0][1]", "g[1][1]"]),
    ]
    assert columns("g", [(W, b), (W,)]) == []
    assert columns("g", [W, b]) == []
