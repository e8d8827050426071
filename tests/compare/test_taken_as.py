"""Inputs that are taken as others: whole numbers as fractions, large ones as small ones."""

import numpy as np
import pytest

from compare.written import compared, normal, replaced, with_line, wrong_lines

AFFINE = """\
import numpy as np


def forward(X, tokens, E, W, b):
    h = np.tanh(X @ W + b)
    loss = np.sum(h * E[tokens]) / len(X)
    return loss


def backward(X, tokens, E, W, h):
    dh = E[tokens] / len(X)
    dE = np.zeros_like(E)
    np.add.at(dE, tokens, h / len(X))
    da = dh * (1 - h**2)
    dW = X.T @ da
    db = da.sum(axis=0)
    dtokens = np.zeros(tokens.shape)
    return {"E": dE, "W": dW, "b": db}
"""

CLIPPED = """\
import numpy as np


def forward(X, y, W):
    error = np.tanh(X @ W) - y
    loss = np.sum(error**2)
    return loss


def backward(X, y, W, error):
    dz = 2 * error * (1 - (error + y) ** 2)
    dW = X.T @ dz
    dX = dz @ W.T
    norm = np.sqrt(np.sum(dW**2) + np.sum(dX**2))
    if norm > 5:
        dW *= 5 / norm
        dX *= 5 / norm
    return {"X": dX, "W": dW}
"""


def whole(dtype=int):
    rng = np.random.default_rng(0)
    return {"X": normal(6, 4), "tokens": rng.integers(0, 5, 6),
            "E": rng.integers(-3, 4, (5, 3)).astype(dtype),
            "W": rng.integers(-2, 3, (4, 3)).astype(dtype), "b": np.zeros(3, dtype)}  # fmt: skip


@pytest.mark.parametrize("dtype", [int, np.int8])
def test_weights_of_whole_numbers_are_compared(load, dtype):
    report = compared(load, AFFINE, whole(dtype))
    assert report.ok
    assert {gradient.name for gradient in report.gradients} == {"dE", "dW", "db"}
    assert any("taken as float64" in note for note in report.notes)


def test_a_mistake_in_the_gradient_of_whole_numbers_is_found(load):
    report = compared(load, with_line(AFFINE, "dW = X.T @ da", "dW = 2 * X.T @ da"), whole())
    assert wrong_lines(report) == [("dW = 2 * X.T @ da", "scale")]
    assert replaced(report)[1] == "dW = X.T @ da"


def test_nothing_is_said_of_fractions(load):
    assert not compared(load, AFFINE, whole(float)).notes


def test_gradients_that_are_clipped_elsewhere_are_right(load):
    given = {"X": 0.1 * normal(6, 4), "y": 0.1 * normal(6, 3), "W": 0.1 * normal(4, 3)}
    report = compared(load, CLIPPED, given)
    assert report.ok
    assert any("as clipping does" in note for note in report.notes)


def test_a_mistake_beside_clipping_is_found(load):
    given = {"X": 0.1 * normal(6, 4), "y": 0.1 * normal(6, 3), "W": 0.1 * normal(4, 3)}
    wrong = "dz = 2 * error * (1 - error**2)"
    text = with_line(CLIPPED, "dz = 2 * error * (1 - (error + y) ** 2)", wrong)
    report = compared(load, text, given)
    assert report.first_wrong.source == wrong
