"""A loss that is a mean where the backward pass differentiates a sum over N, or the other way."""

import pytest

from compare.written import compared, last_line, normal, replaced, with_line, wrong_lines
from micrograd_np.compare.edits import averages

SQUARES = """\
import numpy as np


def forward(x, y, W1, W2):
    N = len(x)
    h = np.tanh(x @ W1)
    error = h @ W2 - y
    loss = np.mean(error**2)
    return loss


def backward(x, W1, W2, N, h, error):
    dW2 = h.T @ (2 * error / error.size)
    dh = (2 * error / error.size) @ W2.T
    dW1 = x.T @ (dh * (1 - h**2))
    return dW1, dW2
"""

BY_ROWS = SQUARES.replace("error.size", "N")

GIVEN = {"x": normal(6, 4), "y": normal(6, 3), "W1": normal(4, 5), "W2": normal(5, 3)}


@pytest.mark.parametrize(
    ("text", "loss"),
    [
        (SQUARES, "np.mean(error**2)"),
        (SQUARES, "np.sum(error**2) / error.size"),
        (BY_ROWS, "np.sum(error**2) / N"),
        (BY_ROWS, "(error**2).sum(axis=1).mean()"),
    ],
)
def test_what_is_divided_by_on_both_sides_is_right(load, text, loss):
    assert compared(load, with_line(text, "loss = np.mean(error**2)", f"loss = {loss}"), GIVEN).ok


MISTAKES = [
    (BY_ROWS, "np.mean(error**2)", "np.sum(error**2) / N"),
    (BY_ROWS, "(error**2).mean()", "(error**2).sum() / N"),
    (SQUARES, "np.sum(error**2) / N", "np.mean(error**2)"),
    (SQUARES, "(error**2).sum() / N", "(error**2).mean()"),
    (BY_ROWS.replace("/ N)", ")"), "np.mean(error**2)", "np.sum(error**2)"),
]


@pytest.mark.parametrize(("text", "wrong", "right"), MISTAKES)
@pytest.mark.parametrize("statement", ["loss = {}", "return {}", "return {}, h"])
def test_the_loss_is_averaged_as_the_backward_pass_is(load, text, wrong, right, statement):
    line = statement.format(wrong)
    text = with_line(text, "loss = np.mean(error**2)", line)
    if statement.startswith("return"):
        text = with_line(text, "return loss", "")
    report = compared(load, text, GIVEN)
    assert wrong_lines(report) == [(line, "loss")]
    assert replaced(report) == (line, statement.format(right))


@pytest.mark.parametrize("statement", ["loss = {}", "return {}"])
def test_a_division_that_the_loss_lacks_is_added(load, statement):
    line = statement.format("np.sum(error**2)")
    text = with_line(BY_ROWS, "loss = np.mean(error**2)", line)
    if statement.startswith("return"):
        text = with_line(text, "return loss", "")
    report = compared(load, text, GIVEN)
    assert wrong_lines(report) == [(line, "loss")]
    assert replaced(report) == (line, f"{line} / N")


def test_a_division_that_one_line_lacks_is_looked_for_in_the_backward_pass(load):
    line = "dscores = 2 * error / N"
    text = SQUARES.replace("    dW2", f"    {line}\n    dW2", 1)
    text = text.replace("(2 * error / error.size)", "dscores")
    report = compared(load, text, GIVEN)
    assert wrong_lines(report) == [(line, "scale")]


def test_a_sign_is_not_looked_for_in_the_loss(load):
    report = compared(load, SQUARES.replace("(2 *", "(-2 *"), GIVEN)
    assert not report.ok
    assert "loss" not in [kind for _, kind in wrong_lines(report)]


EDITS = {
    "np.mean(a)": {"np.sum(a) / N"},
    "np.mean(a - b, axis=0)": {"np.sum(a - b, axis=0) / N"},
    "(a - b).mean(axis=0)": {"(a - b).sum(axis=0) / N"},
    "np.sum(a) / N": {"np.mean(a)"},
    "(a * b).sum() / N": {"(a * b).mean()"},
    "np.sum(a) / N + np.mean(b)": {"np.mean(a) + np.mean(b)", "np.sum(a) / N + np.sum(b) / N"},
    "np.max(a) / N": set(),
    "np.sum(a) * N": set(),
    "mean(a)": set(),
}


@pytest.mark.parametrize(("written", "wanted"), EDITS.items())
def test_means_and_sums_are_exchanged(load, written, wanted):
    text, node, context = last_line(load, f"loss = {written}", a=normal(3), b=normal(3), N=3)
    found = list(averages(text, node, context))
    assert {edit.text for edit in found} == {f"loss = {new}" for new in wanted}
    assert {edit.kind for edit in found} <= {"mean for sum"}


def test_only_what_has_a_name_is_divided_by(load):
    text, node, context = last_line(load, "loss = np.mean(a)", a=normal(3))
    context.numbers["a.shape[0]"] = 3.0
    assert not list(averages(text, node, context))
