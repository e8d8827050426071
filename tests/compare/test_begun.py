"""Backward passes that begin in the forward pass: ``loss, dscores = softmax_loss(scores, y)``."""

import numpy as np
import pytest

import micrograd_np as mg

HELPERS = """
import numpy as np

def affine_forward(x, w, b):
    return x @ w + b, (x, w)

def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)

def relu_backward(dout, x):
    return dout * (x > 0)

def affine_relu_backward(dout, cache):
    fc, a = cache
    return affine_backward(relu_backward(dout, a), fc)

def softmax_loss(x, y):
    N = x.shape[0]
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N
    dx = p.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx
"""

BY_NAME = (
    HELPERS
    + """
def forward(X, y, W1, b1, W2, b2):
    a, fc1 = affine_forward(X, W1, b1)
    c1 = fc1, a
    scores, fc2 = affine_forward(np.maximum(a, 0), W2, b2)
    loss, dscores = softmax_loss(scores, y)
    return loss

def backward(c1, fc2, dscores):
    grads = {}
    dh, grads["W2"], grads["b2"] = affine_backward(dscores, fc2)
    _, grads["W1"], grads["b1"] = affine_relu_backward(dh, c1)
    return grads
"""
)

IN_A_CACHE = BY_NAME.replace("return loss\n", "return loss, [c1, (fc2, dscores)]\n").replace(
    "def backward(c1, fc2, dscores):\n",
    "def backward(cache):\n    c1, (fc2, dscores) = cache\n",
)

IN_A_VARIABLE = IN_A_CACHE.replace(
    "return loss, [c1, (fc2, dscores)]\n", "kept = [c1, (fc2, dscores)]\n    return loss, kept\n"
)


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    return {"X": rng.normal(size=(6, 3)), "y": rng.integers(4, size=6),
            "W1": rng.normal(size=(3, 5)), "b1": rng.normal(size=5),
            "W2": rng.normal(size=(5, 4)), "b2": rng.normal(size=4)}  # fmt: skip


def compared(load, text, old, new, inputs):
    assert old in text
    module = load(text.replace(old, new))
    return mg.compare(module.forward, module.backward, seconds=6, **inputs)


@pytest.mark.parametrize("text", [BY_NAME, IN_A_CACHE, IN_A_VARIABLE])
def test_right_ones_are_right(load, text, inputs):
    assert compared(load, text, "dx /= N", "dx /= N", inputs).ok


@pytest.mark.parametrize("text", [BY_NAME, IN_A_CACHE, IN_A_VARIABLE])
@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [("dx /= N", "dx *= N", "scale"), ("-= 1", "+= 1", "sign"), ("dx /= N", "pass", "scale")],
)
def test_a_mistake_there_is_blamed_there(load, text, old, new, kind, inputs):
    report = compared(load, text, old, new, inputs)
    line = report.first_wrong
    assert (line.function, line.kind) == ("softmax_loss", kind)
    assert report.repair is not None
    if new != "pass":
        assert new in line.source
        assert f"-    {line.source}" in report.repair


def test_a_loss_that_lacks_a_factor_is_blamed_in_its_helper(load, inputs):
    report = compared(load, BY_NAME, "y])) / N", "y]))", inputs)
    assert (report.first_wrong.function, report.first_wrong.kind) == ("softmax_loss", "loss")
    assert "+    loss = -np.mean(" in report.repair or "/ N" in report.repair
    assert "dx /= N" in report.alternative


def test_a_mistake_in_a_call_among_arguments_is_blamed_there(load, inputs):
    report = compared(load, BY_NAME, "(x > 0)", "(x < 0)", inputs)
    assert report.first_wrong.source == "return dout * (x < 0)"
    assert report.first_wrong.kind == "inverted mask"
    assert "+    return dout * (x > 0)" in report.repair


def test_a_helper_that_is_right_elsewhere_is_not_blamed(load, inputs):
    call = "affine_backward(relu_backward(dout, a), fc)"
    report = compared(load, BY_NAME, call, "affine_backward(dout, fc)", inputs)
    assert report.first_wrong.source == "return affine_backward(dout, fc)"
    assert "affine_backward is right where line" in report.explanation


def test_a_call_that_is_given_another_cache_is_repaired(load):
    rng = np.random.default_rng(0)
    square = {name: rng.normal(size=(4, 4)) for name in ("X", "W1", "W2")}
    square |= {"b1": np.zeros(4), "b2": np.zeros(4), "y": np.array([0, 3, 1, 2])}
    report = compared(
        load, BY_NAME, "affine_backward(dscores, fc2)", "affine_backward(dscores, c1[0])", square
    )
    assert "affine_backward(dscores, c1[0])" in report.first_wrong.source
    assert "affine_backward(dscores, fc2)" in report.repair
