"""Layers that are objects: what their methods leave in them, and what they return."""

import pytest

from compare.written import compared, normal, replaced

LAYERS = """\
import numpy as np


class Linear:
    def __init__(self, W, b):
        self.W = W
        self.b = b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        return grad @ self.W.T


class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, grad):
        return grad * self.out * (1 - self.out)


class MSE:
    def forward(self, pred, target):
        self.diff = pred - target
        return np.mean(self.diff**2)

    def backward(self):
        return 2 * self.diff / self.diff.size


def forward(x, t, W1, b1, W2, b2):
    l1, s, l2, crit = Linear(W1, b1), Sigmoid(), Linear(W2, b2), MSE()
    out = l2.forward(s.forward(l1.forward(x)))
    loss = crit.forward(out, t)
    return loss


def backward(l1, s, l2, crit):
    g = crit.backward()
    g = l2.backward(g)
    g = s.backward(g)
    dx = l1.backward(g)
    dW1, db1 = l1.dW, l1.db
    dW2, db2 = l2.dW, l2.db
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2, "x": dx}
"""
GIVEN = {"x": normal(6, 4), "t": normal(6, 2), "W1": normal(4, 5), "b1": normal(5),
         "W2": normal(5, 2), "b2": normal(2)}  # fmt: skip
MISTAKES = [
    ("self.db = grad.sum(axis=0)", "self.db = grad.mean(axis=0)"),
    ("return 2 * self.diff / self.diff.size", "return 2 * self.diff / self.diff.shape[0]"),
    ("return grad * self.out * (1 - self.out)", "return grad * self.out * (1 + self.out)"),
    ("g = s.backward(g)", "s.backward(g)"),
]


def test_they_are_right_without_a_mistake(load):
    assert compared(load, LAYERS, GIVEN).ok


@pytest.mark.parametrize(("right", "wrong"), MISTAKES)
def test_the_line_of_the_method_is_named(load, right, wrong):
    assert LAYERS.count(right) == 1
    report = compared(load, LAYERS.replace(right, wrong), GIVEN)
    assert report.first_wrong.source == wrong
    assert replaced(report) == (wrong, right)


HELPERS = """\
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def forward(X, y, W1, W2):
    z1 = X @ W1
    z2 = sigmoid(z1) @ W2
    loss = 0.5 * np.sum((sigmoid(z2) - y) ** 2) / len(X)
    return loss


def backward(X, y, W2, z1, z2):
    delta2 = (sigmoid(z2) - y) / len(X) * sigmoid_prime(z2)
    dW2 = sigmoid(z1).T @ delta2
    sp = sigmoid_prime(z1)
    delta1 = delta2 @ W2.T * sp
    dW1 = X.T @ delta1
    return dW1, dW2
"""
DATA = {"X": normal(6, 4), "y": normal(6, 2), "W1": normal(4, 5), "W2": normal(5, 2)}


def test_a_helper_function_of_values_is_repaired(load):
    assert compared(load, HELPERS, DATA).ok
    right, wrong = "return sigmoid(z) * (1 - sigmoid(z))", "return z * (1 - z)"
    report = compared(load, HELPERS.replace(right, wrong), DATA)
    assert report.first_wrong.source == wrong
    assert replaced(report) == (wrong, right)


def test_what_is_made_and_not_read_tells_the_line(load):
    right, wrong = "delta1 = delta2 @ W2.T * sp", "delta1 = delta2 @ W2.T"
    report = compared(load, HELPERS.replace(right, wrong), DATA)
    assert report.first_wrong.source == wrong
    assert replaced(report) == (wrong, "delta1 = (delta2 @ W2.T) * sp")
