"""Which of what a function returns is the loss."""

import numpy as np
import pytest

import micrograd_np as mg

TEXT = """
import numpy as np


def propagate(X, y, w, b):
    z = X @ w + b
    {early}
    p = 1 / (1 + np.exp(-z))
    cost = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    dz = (p - y) / len(X)
    grads = {{"w": X.T @ dz, "b": dz.sum()}}
    return {returned}
"""


def inputs():
    rng = np.random.default_rng(0)
    return {
        "X": rng.normal(size=(7, 3)),
        "y": rng.integers(0, 2, 7).astype(float),
        "w": rng.normal(size=3),
        "b": 0.1,
    }


@pytest.mark.parametrize(
    "returned", ["cost, grads", "grads, cost", "grads, float(cost)", "cost, p, grads"]
)
@pytest.mark.parametrize("early", ["", "if y is None:\n        return z"])
def test_what_is_called_as_losses_are_is_the_loss(load, returned, early):
    text = TEXT.format(early=early, returned=returned)
    made = load(text)
    assert mg.compare(made.propagate, None, **inputs()).ok
    made = load(text.replace("(p - y)", "(y - p)"))
    report = mg.compare(made.propagate, None, **inputs())
    assert report.first_wrong.source == "dz = (y - p) / len(X)"
    assert report.first_wrong.kind == "sign"


LAYERS = """
import numpy as np


class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, d):
        out = d * (1 - self.y**2)
        return out


def forward(x, layers):
    h = x
    for layer in layers:
        h = layer.forward(h)
    loss = np.sum(h**2)
    return loss, h


def backward(h, layers):
    d = 2 * h
    for layer in layers[::-1]:
        d = layer.backward(d)
    dx = d
    return dx
"""


def test_a_method_that_is_called_for_one_layer_after_another_is_followed(load):
    made = load(LAYERS)
    x = np.random.default_rng(1).normal(size=(3, 4))
    assert mg.compare(made.forward, made.backward, x, [made.Tanh(), made.Tanh()]).ok
    made = load(LAYERS.replace("1 - self.y**2", "1 + self.y**2"))
    report = mg.compare(made.forward, made.backward, x, [made.Tanh(), made.Tanh()])
    assert report.first_wrong.source == "out = d * (1 + self.y**2)"
    assert "1 - self.y" in report.repair
