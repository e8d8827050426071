"""Numbers made of arrays in a forward pass keep their gradients."""

# ruff: noqa: F841, RET504  (the gradients are variables)

import math
from math import exp as exponential

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare.running.stepping import UserError

RNG = np.random.default_rng(3)
x, W = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2))


def backward(x, W):
    dW = x.T @ np.ones((len(x), W.shape[1]))
    return dW


def float_is_a_type(x, W):
    assert isinstance(0.5, float)
    assert not isinstance(1, float)
    assert float.fromhex("0x1p-1") == float("0.5")
    zeros = np.zeros(len(x), dtype=float) + np.ones(len(x), float)
    assert zeros.dtype == float
    return np.sum((x.astype(float) @ W.astype(float)).T * zeros)


def by_item(x, W):
    total = 0.0
    for value in (x @ W).ravel():
        total += value.item()
    return total


def by_lists(x, W):
    return sum(sum(row) for row in (x @ W).tolist())


def by_float(x, W):
    return float(sum(float(value) for value in (x @ W).ravel()))


def by_asarray(x, W):
    scores = np.asarray(x, dtype=float) @ np.ascontiguousarray(W)
    return np.asarray(scores).sum().item()


def by_helper(x, W):
    return helper(x, W)


def helper(x, W):
    return float(np.sum(np.asarray(x) @ np.asanyarray(W)))


def by_math(x, W):
    s = np.sum(x @ W)
    return math.log(math.exp(s * 0.1)) * 10 + math.pow(2.0, 3) + 0 * exponential(math.tanh(s))


def by_text(x, W):
    loss = np.sum(x @ W)
    text = f"{loss.item():.3f} {float(loss):5.2f} {loss}"
    return loss


@pytest.mark.parametrize(
    "forward",
    [
        float_is_a_type,
        by_item,
        by_lists,
        by_float,
        by_asarray,
        by_helper,
        by_math,
        by_text,
    ],
)
def test_a_right_pass_is_right(forward):
    originals = np.asarray, np.ascontiguousarray, np.array
    report = mg.compare(forward, backward, x, W)
    assert report.ok, str(report)
    assert (np.asarray, np.ascontiguousarray, np.array) == originals


def test_elsewhere_numbers_are_plain():
    t = mg.tensor(x, requires_grad=True)
    assert type(t[0, 0].item()) is float
    assert t.tolist() == x.tolist()
    with pytest.raises(TypeError, match="would lose the gradient"):
        np.asarray(t)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("math.exp(x @ W)", "math.exp takes one number, not an array; write np.exp"),
        ("math.gamma(np.sum(x @ W))", "math.gamma cannot be differentiated here"),
    ],
)
def test_what_cannot_be_followed_is_told(line, why):
    def of_arrays(x, W):
        return math.exp(x @ W)

    def of_gamma(x, W):
        return math.gamma(np.sum(x @ W))

    forward = of_arrays if "exp" in line else of_gamma
    with pytest.raises(UserError, match=r"test_conversions.py:\d+: `return math") as caught:
        mg.compare(forward, backward, x, W)
    assert why in str(caught.value)
