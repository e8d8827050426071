"""Edits of calls: brackets are kept, whatever is put in their place."""

import ast

import numpy as np
import pytest

import micrograd_np as mg
from compare.written import compared, last_line, normal, replaced, with_line, wrong_lines
from micrograd_np.compare.edits import edits
from micrograd_np.compare.edits.calls import reductions
from micrograd_np.compare.edits.operators import operators, products, turns

ARRAYS = {name: normal(4, 4, seed=i) for i, name in enumerate("abw")}


def made_by(load, maker, line, **more):
    text, node, context = last_line(load, line, **{**ARRAYS, **more})
    return {edit.text: edit for edit in maker(text, node, context)}


def meaning(written):
    """Return an expression as it is understood: with every bracket."""
    return ast.dump(ast.parse(written).body[0])


WANTED = {
    "d = (a * b).mean(axis=1)": [
        "d = (a * b).sum(axis=1)", "d = (a * b).mean(axis=0)", "d = (a * b).mean(axis=-1)",
        "d = (a * b).mean(axis=1, keepdims=True)", "d = (a * b).mean()", "d = (a * b)",
        "d = (a * b).mean(axis=1).sum(axis=0)",
    ],
    "d = (a * b).sum(axis=-2, keepdims=True)": [
        "d = (a * b).mean(axis=-2, keepdims=True)", "d = (a * b).sum(axis=-1, keepdims=True)",
        "d = (a * b).sum(axis=-2)", "d = (a * b).sum(keepdims=True)", "d = (a * b)",
    ],
    "d = (a - b).max(1)": ["d = (a - b).min(1)", "d = (a - b).sum(1)", "d = (a - b).max(0)"],
    "d = 2 * (a + b).mean(axis=0)": ["d = 2 * (a + b).sum(axis=0)", "d = 2 * (a + b)"],
    "d = np.mean(a * b, axis=1)": ["d = np.sum(a * b, axis=1)", "d = np.mean(a * b, axis=0)"],
    "d = 2 * np.mean(a + b, axis=1)": ["d = 2 * (a + b)"],
    "d = 2 * np.mean(a + b, 1)": ["d = 2 * (a + b)", "d = 2 * np.sum(a + b, 1)"],
    "d = w + a * b": ["d = w + (a * b).sum(axis=0)", "d = w + (a * b).mean(axis=1)"],
    "d = w / np.exp(a + b)": ["d = w / (a + b)", "d = w / np.log(a + b)"],
    "d = a - b": ["d = (a - b).sum(axis=0)", "d = (a - b).T", "d = a.mean(axis=0) - b"],
}  # fmt: skip


@pytest.mark.parametrize(("line", "wanted"), WANTED.items())
def test_a_reduction_is_edited_with_its_brackets(load, line, wanted):
    found = made_by(load, reductions, line)
    assert [one for one in wanted if one not in found] == []


TURNED = {
    "d = (a - b).transpose(1, 0)": ["d = (a - b)"],
    "d = 2 * (a - b).transpose(1, 0)": ["d = 2 * (a - b)"],
    "d = (a * b).dot(w)": [
        "d = (a * b).T.dot(w)", "d = (a * b).dot(w.T)", "d = w.dot(a * b)", "d = w.T.dot(a * b)",
        "d = w.dot((a * b).T)",
    ],
    "d = w.dot(a + b)": ["d = (a + b).dot(w)", "d = w.dot((a + b).T)", "d = (a + b).T.dot(w)"],
    "d = np.dot(a + b, w)": ["d = np.dot(w, a + b)", "d = np.dot((a + b).T, w)"],
}  # fmt: skip


@pytest.mark.parametrize(("line", "wanted"), TURNED.items())
def test_a_transposition_is_edited_with_its_brackets(load, line, wanted):
    found = made_by(load, turns, line)
    assert [one for one in wanted if one not in found] == []


PRODUCTS = {
    "d = (a + b) @ w": ["d = (a + b) @ w.T", "d = w @ (a + b)", "d = w.T @ (a + b)"],
    "d = w @ (a * b)": ["d = w.T @ (a * b)", "d = a * b @ w", "d = w @ (a * b).T"],
    "d = (a * b) @ w": ["d = w @ (a * b)", "d = w.T @ (a * b)", "d = (a * b).T @ w"],
    "d = (a + b) - (w - a)": ["d = w - a - (a + b)", "d = (w - a - (a + b))"],
}


@pytest.mark.parametrize(("line", "wanted"), PRODUCTS.items())
def test_operands_are_exchanged_with_their_brackets(load, line, wanted):
    found = {meaning(new) for new in made_by(load, operators, line)}
    assert [one for one in wanted if meaning(one) not in found] == []


def test_no_exchange_loses_brackets(load):
    for line in ("d = (a + b) @ w", "d = w @ (a + b)", "d = w @ (a * b)"):
        found = made_by(load, operators, line)
        assert not [new for new in found if new.startswith(("d = a + b @", "d = w @ a "))]


def test_factors_of_a_product_keep_their_brackets(load):
    found = {meaning(new) for new in made_by(load, products, "d = a * w * 2 / (b @ w)")}
    assert meaning("d = a / (b @ w)") in found
    assert meaning("d = a / b @ w") not in found


@pytest.mark.parametrize("line", [*WANTED, *TURNED, *PRODUCTS])
def test_every_edit_can_be_read(load, line):
    for maker in (reductions, turns, operators, products):
        for new in made_by(load, maker, line):
            ast.parse(new)


def test_kinds_tell_what_was_wrong(load):
    found = made_by(load, reductions, "d = (a * b).mean(axis=1)")
    assert found["d = (a * b).sum(axis=1)"].kind == "mean for sum"
    assert found["d = (a * b).mean(axis=0)"].kind == "wrong axis"
    assert found["d = (a * b).mean(axis=1, keepdims=True)"].kind == "shape"
    assert found["d = (a * b)"].kind == "extra term"
    assert found["d = (a * b).mean(axis=1).T"].kind == "transposed"


def test_the_edits_of_a_statement_are_those_of_all_makers(load):
    text, node, context = last_line(load, "d = (a * b).mean(axis=1)", **ARRAYS)
    found = [edit.text for edit in edits(text.code, node, context)]
    assert "d = (a * b).sum(axis=1)" in found
    assert "d = (a * b).mean(axis=1)" not in found


# --- end to end ----------------------------------------------------------------------------------

LAYER = """\
import numpy as np


def forward(x, W, gamma, beta):
    out = gamma * (x @ W) + beta
    loss = np.sum(np.sin(out))
    return loss


def backward(x, W, gamma, out):
    h = x @ W
    dout = np.cos(out)
    dgamma = (dout * h).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dh = dout * gamma
    dW = x.T @ (dout * gamma)
    dx = (dout * gamma) @ W.T
    return dx, dW, dgamma, dbeta
"""

SQUARE = {"x": normal(4, 4), "W": normal(4, 4, seed=6), "gamma": normal(4), "beta": normal(4)}
MISTAKES = [
    ("dgamma = (dout * h).sum(axis=0)", "dgamma = (dout * h).mean(axis=0)", "mean for sum"),
    ("dgamma = (dout * h).sum(axis=0)", "dgamma = (dout * h).sum(axis=1)", "wrong axis"),
    ("dgamma = (dout * h).sum(axis=0)", "dgamma = (dout * h).sum(axis=-1)", "wrong axis"),
    ("dgamma = (dout * h).sum(axis=0)", "dgamma = (dout * h).sum(axis=0, keepdims=True)", "shape"),
    ("dbeta = dout.sum(axis=0)", "dbeta = dout.mean(axis=0)", "mean for sum"),
    ("dW = x.T @ (dout * gamma)", "dW = (dout * gamma).T @ x", "transposed"),
    ("dW = x.T @ (dout * gamma)", "dW = (dout * gamma) @ x.T", "transposed"),
    ("dx = (dout * gamma) @ W.T", "dx = W @ (dout * gamma)", "transposed"),
    ("dx = (dout * gamma) @ W.T", "dx = (dout * gamma).dot(W)", "transposed"),
]


@pytest.mark.parametrize(("right", "wrong", "kind"), MISTAKES)
def test_what_is_in_brackets_is_repaired_with_them(load, right, wrong, kind):
    assert compared(load, LAYER, SQUARE).ok
    report = compared(load, with_line(LAYER, right, wrong), SQUARE)
    assert wrong_lines(report) == [(wrong, kind)]
    written = replaced(report)[1]
    assert meaning(written) in (meaning(right), meaning("dx = (dout * gamma).dot(W.T)"))


def test_what_a_helper_is_given_later_is_wrong_if_it_is_right_the_first_time(load):
    text = """
    import numpy as np

    def layer_backward(dout, cache):
        x, W = cache
        dx = dout @ W.T
        dW = x.T @ dout
        return dx, dW

    def forward(x, Ws):
        h, caches = x, []
        for W in Ws:
            caches.append((h, W))
            h = np.maximum(h @ W, 0)
        return np.sum(h**2)

    def backward(Ws, caches, h):
        dWs = [None] * len(Ws)
        dh = 2 * h
        for i in range(len(Ws) - 1, -1, -1):
            dh, dWs[i] = layer_backward(dh, caches[i])
        return dWs
    """
    module = load(text)
    rng = np.random.default_rng(0)
    Ws = [rng.normal(size=(4, 5)), rng.normal(size=(5, 6)), rng.normal(size=(6, 3))]
    report = mg.compare(module.forward, module.backward, x=rng.normal(size=(7, 4)), Ws=Ws)
    assert report.first_wrong.source == "dh, dWs[i] = layer_backward(dh, caches[i])"
    assert "layer_backward is right the first time" in report.explanation
