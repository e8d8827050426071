"""What a backward pass is called with."""

# ruff: noqa: F841, RET504, RUF059  (the gradients are variables)

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare.running.arguments import suggested
from micrograd_np.compare.running.subject import Mismatch

RNG = np.random.default_rng(3)
x, W, b = RNG.normal(size=(6, 4)), RNG.normal(size=(4, 3)), RNG.normal(size=3)


def right(forward, backward, *args):
    """Compare a right pass; return the inputs whose gradients it gives."""
    report = mg.compare(forward, backward, *args, seconds=0.1)
    assert report.ok, str(report)
    return {g.of for g in report.gradients}


@dataclass
class Cache:
    x: Any
    h: Any


def with_cache(kind):
    """Return a forward pass that hands over its hidden values in some way."""

    def as_dict(x, W, b):
        h = np.tanh(x @ W + b)
        return np.sum(h**2), {"x": x, "h": h}

    def as_tuple(x, W, b):
        h = np.tanh(x @ W + b)
        return np.sum(h**2), (x, h)

    def as_object(x, W, b):
        h = np.tanh(x @ W + b)
        return np.sum(h**2), Cache(x, h)

    def apart(x, W, b):
        h = np.tanh(x @ W + b)
        return np.sum(h**2), x, h

    return {"dict": as_dict, "tuple": as_tuple, "object": as_object, "apart": apart}[kind]


def of_both(x, h):
    da = 2 * h * (1 - h**2)
    return x.T @ da, da.sum(axis=0)


def test_a_cache_is_given_whatever_the_parameter_is_called():
    def of_dict(stuff):
        dW, db = of_both(stuff["x"], stuff["h"])

    def of_tuple(stuff):
        dW, db = of_both(*stuff)

    def of_object(stuff):
        dW, db = of_both(stuff.x, stuff.h)

    assert right(with_cache("dict"), of_dict, x, W, b) == {"W", "b"}
    assert right(with_cache("tuple"), of_tuple, x, W, b) == {"W", "b"}
    assert right(with_cache("object"), of_object, x, W, b) == {"W", "b"}
    assert right(with_cache("apart"), of_tuple, x, W, b) == {"W", "b"}


@pytest.mark.parametrize("kind", ["dict", "tuple", "object", "apart"])
def test_a_cache_is_taken_apart_by_stars(kind):
    def by_stars(*cache):
        dW, db = of_both(*cache)

    def by_two_stars(**cache):
        dW, db = of_both(cache["x"], cache["h"])

    if kind in ("tuple", "apart"):
        assert right(with_cache(kind), by_stars, x, W, b) == {"W", "b"}
    assert right(with_cache(kind), by_two_stars, x, W, b) == {"W", "b"}


def test_two_stars_without_a_cache_are_all_variables():
    def forward(x, W, b):
        h = np.tanh(x @ W + b)
        return np.sum(h**2)

    def backward(h, **rest):
        assert sorted(rest) == ["W", "b", "x"]
        dW, db = of_both(rest["x"], h)

    assert right(forward, backward, x, W, b) == {"W", "b"}


def test_a_cache_is_told_by_its_name_among_others():
    def backward(params, cache):
        dW, db = of_both(cache["x"], cache["h"])
        return {"W": dW, "b": db}

    def forward(x, params):
        h = np.tanh(x @ params["W"] + params["b"])
        return np.sum(h**2), {"x": x, "h": h}

    assert len(right(forward, backward, x, {"W": W, "b": b})) == 2


# --- the gradient that is given ------------------------------------------------------------------


def layer(x, W, b):
    h = np.tanh(x @ W + b)
    cache = (x, W, h)
    return h, cache


def unnamed(x, W, b):
    h = np.tanh(x @ W + b)
    return h, (x, W, h)


def all_three(dout, cache):
    x, W, h = cache
    da = dout * (1 - h**2)
    return da @ W.T, x.T @ da, da.sum(axis=0)


def usual(dout, cache):
    dx, dW, db = all_three(dout, cache)
    return dx, dW, db


def of_the_result(dh, cache):
    dx, dW, db = all_three(dh, cache)
    return dx, dW, db


def of_any_name(upstream_gradient, cache):
    dx, dW, db = all_three(upstream_gradient, cache)
    return dx, dW, db


def first_of_two(from_above, memory_of_forward):
    dx, dW, db = all_three(from_above, memory_of_forward)
    return dx, dW, db


def in_other_order(cache, delta):
    dx, dW, db = all_three(delta, cache)
    return dx, dW, db


@pytest.mark.parametrize("forward", [layer, unnamed])
@pytest.mark.parametrize(
    "backward", [usual, of_the_result, of_any_name, first_of_two, in_other_order]
)
def test_the_gradient_of_an_array_is_given(forward, backward):
    assert right(forward, backward, x, W, b) == {"x", "W", "b"}


def test_the_gradient_of_a_loss_is_one():
    def forward(x, W):
        h = np.tanh(x @ W)
        loss = np.sum(h)
        return loss

    def backward(x, h, dloss=1.0):
        dW = x.T @ (dloss * (1 - h**2))

    def of_any_name(x, h, upstream_grad):
        dW = x.T @ (upstream_grad * (1 - h**2))

    assert right(forward, backward, x, W) == {"W"}
    assert right(forward, of_any_name, x, W) == {"W"}


def test_a_method_is_given_a_gradient_and_itself():
    class Layer:
        def __init__(self):
            self.W = W.copy()

        def forward(self, x):
            self.cache = x, np.tanh(x @ self.W)
            return self.cache[1]

        def backward(self, grad):
            x, h = self.cache
            da = grad * (1 - h**2)
            self.dW = x.T @ da
            return da @ self.W.T

    layer = Layer()
    assert right(layer.forward, layer.backward, x) == {"self.W", "x"}


# --- what does not fit ---------------------------------------------------------------------------


def test_a_parameter_that_there_is_not_is_named_with_those_that_there_are():
    def forward(x, weights):
        hidden = np.tanh(x @ weights)
        return np.sum(hidden)

    def backward(X, hiden, weight, other):
        dweights = X.T @ (1 - hiden**2)

    line = backward.__code__.co_firstlineno
    with pytest.raises(Mismatch) as caught:
        mg.compare(forward, backward, x, W)
    assert str(caught.value).partition("test_arguments.py")[2] == (
        f":{line}: backward takes X (did you mean x?), hiden (did you mean hidden?), "
        "weight (did you mean weights?), other, which forward does not leave: its inputs and "
        "variables are hidden, weights, x"
    )


@pytest.mark.parametrize(
    ("names", "known", "told"),
    [
        (["W1"], ["w1", "W2"], "W1 (did you mean w1?)"),
        (["p"], ["params"], "p"),
        (["par"], ["params"], "par (did you mean params?)"),
        (["score"], ["scores", "loss"], "score (did you mean scores?)"),
        (["foo"], [], "foo"),
        (["a", "b"], ["A", "B"], "a (did you mean A?), b (did you mean B?)"),
    ],
)
def test_names_that_may_have_been_meant(names, known, told):
    assert suggested(names, known) == told


def test_a_cache_that_is_handed_over_is_no_variable_of_that_name():
    def forward(x, W):
        h, caches = x, []
        for _ in range(2):
            h, cache = np.tanh(h @ W), (h,)
            caches.append((*cache, h))
        return np.sum(h**2), caches

    def backward(cache, W):
        dh, dW = 2 * cache[-1][-1], np.zeros_like(W)
        for below, h in reversed(cache):
            dz = dh * (1 - h**2)
            dW += below.T @ dz
            dh = dz @ W.T
        return {"dW": dW, "dx": dh}

    assert right(forward, backward, RNG.normal(size=(5, 3)), RNG.normal(size=(3, 3))) == {"W", "x"}
