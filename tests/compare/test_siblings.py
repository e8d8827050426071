"""A statement written as its sibling is: found where one was copied and not adapted."""

import pytest

from compare.written import compared, last_line, normal, replaced, with_line, wrong_lines
from micrograd_np.compare import edits
from micrograd_np.compare.edits.siblings import siblings
from micrograd_np.compare.edits.text import Context
from micrograd_np.compare.finding.nearby import LIKELY

ATTENTION = """\
import numpy as np


def forward(x, Wq, Wk, Wv):
    B, T, C = x.shape
    H, D = 2, C // 2
    q = (x @ Wq).reshape(B, T, H, D).transpose(0, 2, 1, 3)
    k = (x @ Wk).reshape(B, T, H, D).transpose(0, 2, 1, 3)
    v = (x @ Wv).reshape(B, T, H, D).transpose(0, 2, 1, 3)
    scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(D)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    a = e / e.sum(axis=-1, keepdims=True)
    out = a @ v
    loss = np.sum(np.sin(out))
    return loss


def backward(x, Wq, Wk, Wv, B, T, C, D, q, k, v, a, out):
    dout = np.cos(out)
    da = dout @ v.transpose(0, 1, 3, 2)
    dv = a.transpose(0, 1, 3, 2) @ dout
    dscores = a * (da - (da * a).sum(axis=-1, keepdims=True)) / np.sqrt(D)
    dq = dscores @ k
    dk = dscores.transpose(0, 1, 3, 2) @ q
    dq = dq.transpose(0, 2, 1, 3).reshape(B, T, C)
    dk = dk.transpose(0, 2, 1, 3).reshape(B, T, C)
    dv = dv.transpose(0, 2, 1, 3).reshape(B, T, C)
    dWq = (x.transpose(0, 2, 1) @ dq).sum(axis=0)
    dWk = (x.transpose(0, 2, 1) @ dk).sum(axis=0)
    dWv = (x.transpose(0, 2, 1) @ dv).sum(axis=0)
"""

LAYERS = """\
import numpy as np


def forward(x, W1, b1, W2, b2):
    a1 = x @ W1 + b1
    h1 = np.tanh(a1)
    a2 = h1 @ W2 + b2
    h2 = np.tanh(a2)
    loss = np.sum(h2**3)
    return loss


def backward(x, W1, W2, h1, h2):
    grads = {}
    dh2 = 3 * h2**2
    da2 = dh2 * (1 - h2**2)
    grads["W2"] = h1.T @ da2
    grads["b2"] = da2.sum(axis=0)
    dh1 = da2 @ W2.T
    da1 = dh1 * (1 - h1**2)
    grads["W1"] = x.T @ da1
    grads["b1"] = da1.sum(axis=0)
    return grads
"""

HEADS = {"x": normal(2, 3, 4), "Wq": normal(4, 4), "Wk": normal(4, 4, seed=6),
         "Wv": normal(4, 4, seed=7)}  # fmt: skip
SQUARE = {"x": normal(6, 4), "W1": normal(4, 4), "b1": normal(4), "W2": normal(4, 4, seed=6),
          "b2": normal(4, seed=6)}  # fmt: skip

PAIRS = {
    "another letter": (
        "ds = q @ k\ndq = ds @ k",
        "dk = ds.T",
        "dk = ds @ q",
    ),
    "another number": (
        "dh1, dh2 = q, k\ndW1 = x.T @ dh1",
        "dW2 = x.T",
        "dW2 = x.T @ dh2",
    ),
    "another word": (
        "gamma, beta = q, k\ndgamma = (x * gamma).sum(axis=0)",
        "dbeta = x",
        "dbeta = (x * beta).sum(axis=0)",
    ),
    "another item": (
        "dh1, dh2, grads = q, k, {}\ngrads['W1'] = x.T @ dh1",
        "grads['W2'] = x",
        "grads['W2'] = x.T @ dh2",
    ),
    "names the other way round": (
        "dx1 = q @ dx1 - dx2",
        "dx2 = q",
        "dx2 = q @ dx2 - dx1",
    ),
    "the last of its letters": (
        "seq_q, seq_k = q, k\ndq = x @ seq_q",
        "dk = x",
        "dk = x @ seq_k",
    ),
    "added up": (
        "reg1, reg2 = 1, 2\ndW1 += reg1 * W1\nW2 = k",
        "dW2 += W2",
        "dW2 += reg2 * W2",
    ),
    "added at indices": (
        "i1, i2, dx1, dx2 = 0, 1, q, k\nnp.add.at(dE1, i1, dx1)",
        "np.add.at(dE2, i1, dx2)",
        "np.add.at(dE2, i2, dx2)",
    ),
}


def proposed(load, body):
    text, node, context = last_line(load, body, x=normal(3, 3), q=normal(3, 3), k=normal(3, 3))
    return [edit.text for edit in siblings(text, node, context)]


@pytest.mark.parametrize(("sibling", "line", "wanted"), PAIRS.values(), ids=PAIRS)
def test_a_sibling_is_proposed_with_the_names_of_the_line(load, sibling, line, wanted):
    assert wanted in proposed(load, f"{sibling}\n{line}")


@pytest.mark.parametrize("made_of", ["dh", "h1"])
def test_a_name_stays_where_there_is_no_other_one_like_it(load, made_of):
    assert f"dW2 = x.T @ {made_of}" in proposed(
        load, f"{made_of} = q\ndW1 = x.T @ {made_of}\ndW2 = x"
    )


def test_a_line_that_is_as_its_sibling_is_has_no_edit(load):
    assert not proposed(load, "dq = q\ndk = k")
    assert proposed(load, "dq = q\ndk = q") == ["dk = k"]


@pytest.mark.parametrize(
    "body",
    ["dq = (\n    x\n    @ k\n)\ndk = x", "dq, dv = x, k\ndk = x.T", "dq = x\ndk, dv = x, x",
     "gradient_of_q = x @ x\nsomething_different = x"],
    ids=["of several lines", "that writes several things", "where several are written",
         "whose name has nothing in common"],
)  # fmt: skip
def test_no_sibling_is_proposed(load, body):
    assert not proposed(load, body)


def test_siblings_are_among_the_likely_edits(load):
    text, node, context = last_line(load, "dq = q @ k\ndk = k", q=normal(3, 3), k=normal(3, 3))
    (edit,) = siblings(text, node, context)
    assert edit == ("dk = k @ q", "wrong derivative", edit.cost)
    assert 1.0 < edit.cost <= LIKELY


def test_nothing_is_proposed_where_it_is_not_known_what_is_there(load):
    text, node, _ = last_line(load, "dq = q @ k\ndk = q", q=normal(3, 3), k=normal(3, 3))
    assert not list(siblings(text, node, Context({}, {}, {})))


@pytest.mark.parametrize("name", ["dq", "dk", "dv"])
def test_only_a_sibling_tells_the_transposition_that_a_line_lacks(load, monkeypatch, name):
    right = f"{name} = {name}.transpose(0, 2, 1, 3).reshape(B, T, C)"
    wrong = f"{name} = {name}.reshape(B, T, C)"
    text = with_line(ATTENTION, right, wrong)
    report = compared(load, text, HEADS)
    assert wrong_lines(report) == [(wrong, "transposed")]
    assert replaced(report) == (wrong, right)
    monkeypatch.setattr(edits, "_MAKERS", [m for m in edits._MAKERS if m is not siblings])
    assert compared(load, text, HEADS).repair is None


LINES = {
    "copied and not adapted": (
        "da1 = dh1 * (1 - h1**2)",
        "da1 = dh2 * (1 - h2**2)",
    ),
    "another function's derivative": (
        "da1 = dh1 * (1 - h1**2)",
        "da1 = dh1 / np.cosh(h1)",
    ),
    "an item": (
        'grads["b1"] = da1.sum(axis=0)',
        'grads["b1"] = np.cumsum(dh1 + da1)[-1]',
    ),
}


@pytest.mark.parametrize(("right", "wrong"), LINES.values(), ids=LINES)
def test_a_line_is_repaired_as_its_sibling_is_written(load, monkeypatch, right, wrong):
    text = with_line(LAYERS, right, wrong)
    report = compared(load, text, SQUARE)
    assert [source for source, _ in wrong_lines(report)] == [wrong]
    assert replaced(report) == (wrong, right)
    monkeypatch.setattr(edits, "_MAKERS", [m for m in edits._MAKERS if m is not siblings])
    assert compared(load, text, SQUARE).repair is None


@pytest.mark.parametrize(("text", "inputs"), [(ATTENTION, HEADS), (LAYERS, SQUARE)])
def test_the_passes_are_right_without_a_mistake(load, text, inputs):
    assert compared(load, text, inputs).ok
