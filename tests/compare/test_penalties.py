"""A loss that lacks a penalty which the backward pass has: it is named, with the penalty added."""

import pytest

from compare.written import compared, last_line, normal, replaced, with_line, wrong_lines
from micrograd_np.compare.edits import penalties

PENALTY = "loss += 0.5 * reg * np.sum(W1**2) + 0.5 * reg * np.sum(W2**2)"
DATA = "loss = np.sum(error**2) / N"

LAYERS = f"""\
import numpy as np


def forward(X, y, W1, b1, W2, b2, reg):
    N = len(X)
    h = np.tanh(X @ W1 + b1)
    error = h @ W2 + b2 - y
    {DATA}
    {PENALTY}
    return loss


def backward(X, W1, b1, W2, b2, reg, N, h, error):
    dscores = 2 * error / N
    dW2 = h.T @ dscores + reg * W2
    db2 = dscores.sum(axis=0)
    dh = dscores @ W2.T
    da = dh * (1 - h**2)
    dW1 = X.T @ da + reg * W1
    db1 = da.sum(axis=0)
    return dW1, db1, dW2, db2
"""

GIVEN = {"X": normal(6, 4), "y": normal(6, 3), "W1": normal(4, 5), "b1": normal(5),
         "W2": normal(5, 3), "b2": normal(3), "reg": 0.1}  # fmt: skip

FIRST, SECOND = "0.5 * reg * np.sum(W1**2)", "0.5 * reg * np.sum(W2**2)"
BOTH = "0.5 * reg * (np.sum(W1**2) + np.sum(W2**2))"

LACKING = {
    "that of the second weight": (f"loss += {FIRST}", f"loss += {FIRST} + {SECOND}"),
    "that of the first weight": (f"loss += {SECOND}", f"loss += {SECOND} + {FIRST}"),
    "all of them": ("", f"{DATA} + {BOTH}"),
    "all of them after a division": ("loss /= N", f"loss += {BOTH}"),
    "all of them after a difference": ("loss -= N", f"loss += {BOTH}"),
}
"""What stands in the place of the penalty, and what is put in."""


@pytest.mark.parametrize("penalty", [PENALTY, f"loss = loss + {BOTH}"])
def test_a_loss_with_the_penalties_is_right(load, penalty):
    assert compared(load, with_line(LAYERS, PENALTY, penalty), GIVEN).ok


@pytest.mark.parametrize(("wrong", "right"), LACKING.values(), ids=LACKING)
def test_a_penalty_that_the_loss_lacks_is_added_to_it(load, wrong, right):
    text = with_line(LAYERS, PENALTY, wrong)
    if wrong == "loss /= N":
        text = with_line(text, DATA, "loss = np.sum(error**2)")
    report = compared(load, text, GIVEN)
    blamed = wrong or DATA
    assert wrong_lines(report) == [(blamed, "loss")]
    assert report.first_wrong.function == "forward"
    assert "another one" in report.explanation
    out, put_in = replaced(report)
    assert put_in == right
    assert out in (blamed, "")


def test_a_penalty_is_added_to_a_choice_in_brackets(load):
    choice = "np.sum(error**2) / N if N > 0 else 0.0"
    text = with_line(with_line(LAYERS, PENALTY, ""), DATA, f"loss = {choice}")
    assert replaced(compared(load, text, GIVEN))[1] == f"loss = ({choice}) + {BOTH}"


@pytest.mark.parametrize(
    ("bias", "line"),
    [("b1", "db1 = da.sum(axis=0)"), ("b2", "db2 = dscores.sum(axis=0)")],
)
def test_a_bias_is_not_taken_for_one_whose_penalty_is_forgotten(load, bias, line):
    wrong = f"{line} + reg * {bias}"
    report = compared(load, with_line(LAYERS, line, wrong), GIVEN)
    assert wrong_lines(report) == [(wrong, "extra term")]
    assert replaced(report) == (wrong, line)


def test_a_penalty_is_added_where_another_one_is(load):
    text = with_line(LAYERS, DATA, f"loss = {FIRST}")
    text = with_line(text, PENALTY, "loss += np.sum(error**2) / N")
    assert wrong_lines(compared(load, text, GIVEN)) == [(f"loss = {FIRST}", "loss")]


def test_gradients_of_another_shape_tell_of_no_penalty(load):
    text = with_line(LAYERS, PENALTY, "")
    text = with_line(text, "dW2 = h.T @ dscores + reg * W2", "dW2 = dscores.T @ h")
    report = compared(load, text, GIVEN)
    assert "loss" not in [kind for _, kind in wrong_lines(report)]
    assert len(wrong_lines(report)) == 2


@pytest.mark.parametrize("factor", ["2 * reg", "-reg", "3 * reg"])
def test_a_penalty_that_is_there_is_not_added_again(load, factor):
    line, wrong = "dW1 = X.T @ da + reg * W1", f"dW1 = X.T @ da + {factor} * W1"
    report = compared(load, with_line(LAYERS, line, wrong), GIVEN)
    assert [source for source, _ in wrong_lines(report)] == [wrong]


# --- its strength --------------------------------------------------------------------------------

ONE = """\
import numpy as np


def forward(x, W, lam):
    N = len(x)
    h = np.tanh(x @ W)
    loss = np.sum(np.sin(h)) / N
    return loss


def backward(x, W, lam, N, h):
    dW = x.T @ (np.cos(h) * (1 - h**2)) / N
    dW += {} * W
    return dW
"""

STRENGTHS = {
    "lam": "0.5 * lam * np.sum(W**2)",
    "2 * lam": "lam * np.sum(W**2)",
    "lam / N": "0.5 * lam / N * np.sum(W**2)",
    "2 * lam / N": "lam / N * np.sum(W**2)",
    "2": "np.sum(W**2)",
    "1": "0.5 * np.sum(W**2)",
}


@pytest.mark.parametrize(("factor", "penalty"), STRENGTHS.items())
def test_the_strength_of_the_penalty_is_the_one_whose_derivative_is_there(load, factor, penalty):
    inputs = {"x": normal(6, 4), "W": normal(4, 3), "lam": 0.3}
    report = compared(load, ONE.format(factor), inputs)
    assert wrong_lines(report) == [("loss = np.sum(np.sin(h)) / N", "loss")]
    assert replaced(report)[1] == f"loss = np.sum(np.sin(h)) / N + {penalty}"


@pytest.mark.parametrize(
    ("strengths", "wanted"),
    [
        ({"a": 0.3}, ["loss = b + 0.5 * reg * np.sum(a**2)"]),
        ({"a": 0.3, "b": 0.6}, ["loss = b + 0.5 * reg * np.sum(a**2) + reg * np.sum(b**2)"]),
        ({"a": 0.3, "b": 0.3}, ["loss = b + 0.5 * reg * (np.sum(a**2) + np.sum(b**2))"]),
        ({"a": -0.3}, []),
        ({"a": 0.77}, []),
        ({}, []),
    ],
)
def test_a_penalty_has_a_strength_that_is_written_somewhere(load, strengths, wanted):
    text, node, context = last_line(load, "loss = b", a=normal(3), b=normal(3), reg=0.3)
    found = list(penalties(text, node, context, strengths))
    assert [edit.text for edit in found] == wanted
    assert {edit.kind for edit in found} <= {"missing regularisation"}


def test_what_is_subtracted_is_no_penalty(load):
    inputs = {"x": normal(6, 4), "W": normal(4, 3), "lam": 0.3}
    report = compared(load, ONE.format("-lam"), inputs)
    assert wrong_lines(report) == [("dW += -lam * W", "extra term")]


# --- parameters in a dict ------------------------------------------------------------------------

DICT = """\
import numpy as np


def forward(x, params, reg):
    h = np.tanh(x @ params["W1"] + params["b1"])
    out = h @ params["W2"] + params["b2"]
    loss = np.sum(np.sin(out))
    loss += 0.5 * reg * np.sum(params["W1"] ** 2)
    loss += 0.5 * reg * np.sum(params["W2"] ** 2)
    return loss


def backward(x, params, reg, h, out):
    grads = {}
    dout = np.cos(out)
    grads["W2"] = h.T @ dout + reg * params["W2"]
    grads["b2"] = dout.sum(axis=0)
    da = dout @ params["W2"].T * (1 - h**2)
    grads["W1"] = x.T @ da + reg * params["W1"]
    grads["b1"] = da.sum(axis=0)
    return grads
"""

PARAMS = {"W1": normal(4, 5), "b1": normal(5), "W2": normal(5, 3), "b2": normal(3)}


@pytest.mark.parametrize("lacking", ["W1", "W2"])
def test_a_penalty_of_an_item_of_a_dict_is_added(load, lacking):
    text = with_line(DICT, f'loss += 0.5 * reg * np.sum(params["{lacking}"] ** 2)', "")
    report = compared(load, text, {"x": normal(6, 4), "params": PARAMS, "reg": 0.1})
    assert [kind for _, kind in wrong_lines(report)] == ["loss"]
    assert replaced(report)[1].endswith(f"+ 0.5 * reg * np.sum(params['{lacking}']**2)")


# --- a loop over the weights ---------------------------------------------------------------------

LOOP = """\
import numpy as np


def forward(x, W1, W2, W3, b, reg):
    h1 = np.tanh(x @ W1)
    h2 = np.tanh(h1 @ W2)
    out = h2 @ W3 + b
    loss = np.sum(np.sin(out))
    for W in (W1, W2, W3):
        loss += 0.5 * reg * np.sum(W**2)
    return loss


def backward(x, W1, W2, W3, reg, h1, h2, out):
    dout = np.cos(out)
    dW3 = h2.T @ dout + reg * W3
    db = dout.sum(axis=0)
    da2 = dout @ W3.T * (1 - h2**2)
    dW2 = h1.T @ da2 + reg * W2
    da1 = da2 @ W2.T * (1 - h1**2)
    dW1 = x.T @ da1 + reg * W1
"""

THREE = {"x": normal(6, 4), "W1": normal(4, 5), "W2": normal(5, 3), "W3": normal(3, 2),
         "b": normal(2), "reg": 0.1}  # fmt: skip

HEADS = {
    "(W1, W2)": "(W1, W2, W3)",
    "(W1, W3)": "(W1, W3, W2)",
    "(W2, W3)": "(W2, W3, W1)",
    "[W1, W2]": "[W1, W2, W3]",
    "(W1, W2,)": "(W1, W2, W3,)",
    "W1, W2": "W1, W2, W3",
    "(W1,)": "(W1, W3, W2,)",
}


@pytest.mark.parametrize(("wrong", "right"), HEADS.items())
def test_the_weights_that_a_loop_leaves_out_are_added_to_it(load, wrong, right):
    text = with_line(LOOP, "for W in (W1, W2, W3):", f"for W in {wrong}:")
    report = compared(load, text, THREE)
    assert wrong_lines(report) == [(f"for W in {wrong}:", "loss")]
    assert replaced(report) == (f"for W in {wrong}:", f"for W in {right}:")


def test_a_loop_over_several_lines_gets_the_weight_that_it_leaves_out(load):
    text = with_line(LOOP, "for W in (W1, W2, W3):", "for W in (\n        W1,\n        W2,\n    ):")
    assert replaced(compared(load, text, THREE)) == ("W2,", "W2, W3,")


def test_a_loop_over_nothing_stops_no_comparison(load):
    text = with_line(LOOP, "for W in (W1, W2, W3):", "for W in ():")
    assert not compared(load, text, THREE).ok


# --- other lines of the loss ---------------------------------------------------------------------

OVERWRITTEN = {
    "another penalty": (
        "l2 = np.sum(W1**2)\n    l2 = np.sum(W2**2)\n    loss += 0.5 * reg * l2",
        "l2 = np.sum(W2**2)",
    ),
    "another penalty with its strength": (
        f"l2 = {FIRST}\n    l2 = {SECOND}\n    loss = loss + l2",
        f"l2 = {SECOND}",
    ),
    "one penalty after the other": (
        "l2 = 0\n    for W in (W1, W2):\n        l2 = np.sum(W**2)\n    loss += 0.5 * reg * l2",
        "l2 = np.sum(W**2)",
    ),
    "the loss itself": (f"loss = {BOTH}", f"loss = {BOTH}"),
}


@pytest.mark.parametrize(("penalty", "wrong"), OVERWRITTEN.values(), ids=OVERWRITTEN)
def test_what_overwrites_a_part_of_the_loss_is_added_to_it(load, penalty, wrong):
    report = compared(load, with_line(LAYERS, PENALTY, penalty), GIVEN)
    assert wrong_lines(report) == [(wrong, "loss")]
    assert replaced(report) == (wrong, wrong.replace("=", "+=", 1))


RETURNED = with_line(
    with_line(LAYERS, DATA, ""), PENALTY, ""
).replace("return loss", f"return np.sum(error**2) / N + {FIRST} + {SECOND}")  # fmt: skip


@pytest.mark.parametrize("also", ["", ", h"], ids=["alone", "before a cache"])
@pytest.mark.parametrize(
    ("wrong", "added"),
    [(f"np.sum(error**2) / N + {FIRST}", SECOND), ("np.sum(error**2) / N", BOTH)],
    ids=["one weight", "both weights"],
)
def test_a_loss_that_is_computed_where_it_is_returned_gets_its_penalty(load, wrong, added, also):
    text = RETURNED.replace(f"np.sum(error**2) / N + {FIRST} + {SECOND}", wrong + also)
    report = compared(load, text, GIVEN)
    assert wrong_lines(report) == [(f"return {wrong}{also}", "loss")]
    assert replaced(report)[1] == f"return {wrong} + {added}{also}"


def test_a_loss_that_is_returned_as_a_number_gets_its_penalty_before(load):
    text = with_line(LAYERS, PENALTY, "").replace("return loss", "return float(loss)")
    assert wrong_lines(compared(load, text, GIVEN)) == [(DATA, "loss")]


def test_a_loss_that_is_put_together_where_it_is_returned_gets_its_penalty_before(load):
    text = with_line(LAYERS, DATA, "error2 = np.sum(error**2) / N")
    text = with_line(text, PENALTY, f"penalty = {FIRST}")
    report = compared(load, text.replace("return loss", "return error2 + penalty"), GIVEN)
    assert wrong_lines(report) == [(f"penalty = {FIRST}", "loss")]
    assert replaced(report)[1] == f"penalty = {FIRST} + {SECOND}"


def test_half_a_penalty_is_doubled_and_not_written_twice(load):
    text = """\
import numpy as np


def forward(x, W, reg):
    h = np.maximum(x @ W, 0)
    loss = np.sum(h**2) + reg * np.sum(W**2)
    return loss


def backward(x, W, reg, h):
    dh = 2 * h
    dh[h <= 0] = 0
    dW = x.T @ dh + reg * W
    return {"W": dW}
"""
    report = compared(load, text, {"x": normal(6, 3), "W": normal(3, 2), "reg": 0.1})
    assert replaced(report) == ("dW = x.T @ dh + reg * W", "dW = x.T @ dh + (reg * W) * 2")
