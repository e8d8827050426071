"""Mistakes about an activation with two slopes, such as a leaky ReLU."""

import pytest

from compare.written import compared, normal, replaced, with_line, wrong_lines

LEAKY = """\
import numpy as np


def forward(x, W, b, V, alpha):
    before = x @ W + b
    hidden = np.where(before > 0, before, 0.2 * before)
    scores = hidden @ V
    return np.sum(scores**2)


def backward(x, W, b, V, alpha, hidden, scores):
    dscores = 2 * scores
    dV = hidden.T @ dscores
    dhidden = dscores @ V.T
    dhidden[hidden <= 0] *= 0.2
    dW = x.T @ dhidden
    db = dhidden.sum(axis=0)
    return dW, db, dV
"""

NAMED = LEAKY.replace("0.2", "alpha")
"""The slope is an argument."""

INPUTS = {"x": normal(6, 4), "W": normal(4, 5), "b": normal(5), "V": normal(5, 3), "alpha": 0.2}

MASK = "dhidden[hidden <= 0] *= {}"
SLOPED = "np.where(hidden > 0, 1, {})"


@pytest.mark.parametrize("text", [LEAKY, NAMED], ids=["a number", "a name"])
def test_the_pass_is_right_without_a_mistake(load, text):
    assert compared(load, text, INPUTS).ok


@pytest.mark.parametrize(
    ("text", "slope"), [(LEAKY, "0.2"), (NAMED, "alpha")], ids=["a number", "a name"]
)
class TestMistakes:
    """The line is named, and the edit has the slope as the forward pass writes it."""

    def test_zero_stands_for_the_slope(self, load, text, slope):
        wrong = "dhidden[hidden <= 0] = 0"
        report = compared(load, with_line(text, MASK.format(slope), wrong), INPUTS)
        assert wrong_lines(report) == [(wrong, "wrong derivative")]
        assert replaced(report) == (wrong, MASK.format(slope))

    def test_the_mask_is_missing(self, load, text, slope):
        report = compared(load, with_line(text, MASK.format(slope), ""), INPUTS)
        assert wrong_lines(report) == [("dhidden = dscores @ V.T", "missing mask")]
        assert replaced(report)[1] == f"dhidden = (dscores @ V.T) * {SLOPED.format(slope)}"

    def test_another_line_computes_it_again_without_the_mask(self, load, text, slope):
        wrong = "dW = x.T @ (dscores @ V.T)"
        report = compared(load, with_line(text, "dW = x.T @ dhidden", wrong), INPUTS)
        assert wrong_lines(report)[0] == (wrong, "missing mask")
        added = SLOPED.format(slope)
        assert replaced(report)[1] == f"dW = x.T @ ((dscores @ V.T) * {added})"


COMPUTED = """\
import numpy as np


def forward(x, W, b, V):
    hidden = np.cosh(x @ W + b)
    scores = hidden @ V
    return np.sum(scores**2)


def backward(x, W, b, V, hidden, scores):
    dscores = 2 * scores
    dV = hidden.T @ dscores
    dhidden = dscores @ V.T
    dbefore = dhidden * np.sinh(x @ W + b)
    dW = x.T @ dbefore
    db = dbefore.sum(axis=0)
    return dW, db, dV
"""


def test_what_is_computed_again_has_a_name(load):
    wrong = "dW = x.T @ (dscores @ V.T)"
    inputs = {"x": normal(6, 4), "W": normal(4, 5), "b": normal(5), "V": normal(5, 3)}
    report = compared(load, with_line(COMPUTED, "dW = x.T @ dbefore", wrong), inputs)
    assert wrong_lines(report)[0] == (wrong, "wrong quantity")
    assert replaced(report)[1] == "dW = x.T @ dbefore"
