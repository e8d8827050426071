"""Mistakes that more than one edit undoes: which line is named, and which edit is the other."""

import numpy as np
import pytest

from compare.written import compared, normal, replaced, with_line, wrong_lines

GATES = """\
import numpy as np


def forward(x, W, V):
    z = x @ W
    g = np.tanh(x @ V)
    i = 1 / (1 + np.exp(-z))
    c = i * g
    loss = np.sum(c**2) / len(x) + 0.1 * np.sum(W**2) + 0.1 * np.sum(V**2)
    return loss


def backward(x, W, V, g, i, c):
    N = len(x)
    dc = 2 * c / N
    di = dc * g
    dg = dc * i
    dz = di * i * (1 - i)
    dW = x.T @ dz
    dW += 0.2 * W
    dV = x.T @ (dg * (1 - g**2))
    dV += 0.2 * V
    return dW, dV
"""

SCALED = """\
import numpy as np


def forward(q, k, V):
    scale = 1 / np.sqrt(q.shape[1])
    s = q @ k.T * scale
    out = np.tanh(s) @ V
    return np.sum(out**2)


def backward(q, k, V, s, out, scale):
    dout = 2 * out
    dV = np.tanh(s).T @ dout
    ds = dout @ V.T * (1 - np.tanh(s) ** 2)
    dproduct = ds * scale
    dq = dproduct @ k
    dk = dproduct.T @ q
    dq = dq.reshape(q.shape)
    return dq, dk, dV
"""

MASKED = """\
import numpy as np


def forward(X, W, V, keep):
    hidden = np.maximum(X @ W, 0)
    dropped = hidden * keep / 0.5
    loss = np.sum((dropped @ V) ** 2)
    return loss


def backward(X, W, V, keep, hidden, dropped):
    dout = 2 * dropped @ V
    dV = dropped.T @ dout
    ddropped = dout @ V.T
    dhidden = ddropped * keep / 0.5
    dpre = np.where(hidden > 0, dhidden, 0)
    dW = X.T @ dpre
    return dW, dV
"""

PADDED = """\
import numpy as np


def forward(x, w):
    K = len(w)
    P = (K - 1) // 2
    padded = np.pad(x, P)
    out = np.zeros(len(x))
    for t in range(len(x)):
        out[t] = np.sum(padded[t : t + K] * w)
    return np.sum(out**3)


def backward(x, w, padded, out):
    K, L = len(w), len(x)
    P = (K - 1) // 2
    dout = 3 * out**2
    dw = np.zeros_like(w)
    dpadded = np.zeros_like(padded)
    for t in range(L):
        dw += dout[t] * padded[t : t + K]
        dpadded[t : t + K] += dout[t] * w
    dx = dpadded[P : P + L]
    return dx, dw
"""

SQUARE = """\
import numpy as np


def forward(x, W, reg):
    h = np.tanh(x @ W)
    return np.sum(h**2) + 0.5 * reg * np.sum(W * W)


def backward(x, W, reg, h):
    dh = 2 * h
    dbefore = dh * (1 - h**2)
    dW = x.T @ dbefore
    dW = dW + reg * W
    return dW
"""

RNG = np.random.default_rng(0)
KEEP = (np.random.default_rng(1).random((6, 3)) > 0.4).astype(float)

MISTAKES = [
    # What takes something over under another name, though a later line could make up for it.
    (GATES, {"x": (6, 4), "W": (4, 3), "V": (4, 3)}, "di = dc * g", "di = g", "wrong derivative"),
    (GATES, {"x": (6, 4), "W": (4, 3), "V": (4, 3)}, "di = dc * g", "di = dc", "wrong derivative"),
    # What is added twice: the line that is not as its siblings are.
    (
        GATES,
        {"x": (6, 4), "W": (4, 3), "V": (4, 3)},
        "dW = x.T @ dz",
        "dW = x.T @ dz + 0.2 * W",
        "double regularisation",
    ),
    # What is taken away, though a later line could make up for it.
    (SCALED, {"q": (5, 4), "k": (6, 4), "V": (6, 3)}, "dq = dproduct @ k",
     "dq = dproduct @ k * scale", "scale"),
    # What is not what it is called for.
    (MASKED, {"X": (6, 4), "W": (4, 3), "V": (3, 2), "keep": KEEP},
     "dhidden = ddropped * keep / 0.5", "dhidden = ddropped / 0.5", "missing mask"),
    # What is cut off at the wrong place, or not at all.
    (PADDED, {"x": (8,), "w": (3,)}, "dx = dpadded[P : P + L]", "dx = dpadded[:L]", "wrong index"),
    (PADDED, {"x": (8,), "w": (3,)}, "dx = dpadded[P : P + L]", "dx = dpadded", "shape"),
    # What is transposed, and square: there is no error where it is read.
    (SQUARE, {"x": (6, 4), "W": (4, 4), "reg": 0.1}, "dW = x.T @ dbefore", "dW = dbefore.T @ x",
     "transposed"),
]  # fmt: skip


def drawn(inputs):
    return {name: normal(*one) if isinstance(one, tuple) else one for name, one in inputs.items()}


@pytest.mark.parametrize(("text", "inputs"), {one[0]: one[:2] for one in MISTAKES}.values())
def test_the_passes_are_right_without_a_mistake(load, text, inputs):
    assert compared(load, text, drawn(inputs)).ok


@pytest.mark.parametrize(("text", "inputs", "right", "wrong", "kind"), MISTAKES)
def test_the_line_with_the_mistake_is_named(load, text, inputs, right, wrong, kind):
    report = compared(load, with_line(text, right, wrong), drawn(inputs))
    assert wrong_lines(report)[0] == (wrong, kind)
    assert replaced(report)[0] == wrong


def test_the_other_edit_is_shown(load):
    inputs = drawn({"q": (5, 4), "k": (6, 4), "V": (6, 3)})
    wrong = with_line(SCALED, "dq = dproduct @ k", "dq = dproduct @ k * scale")
    report = compared(load, wrong, inputs)
    assert "/ scale" in report.alternative
    assert report.otherwise == "Or with this edit, as well:"
    assert report.otherwise in str(report)
    assert report.otherwise in report._repr_html_()


def test_a_term_is_one_too_many_in_a_line_of_its_own_where_the_others_have_none(load):
    text = with_line(GATES, "dW = x.T @ dz", "dW = x.T @ dz + 0.2 * W")
    text = with_line(text, "dV = x.T @ (dg * (1 - g**2))", "dV = x.T @ (dg * (1 - g**2)) + 0.2 * V")
    text = with_line(text, "dV += 0.2 * V", "pass")
    report = compared(load, text, drawn({"x": (6, 4), "W": (4, 3), "V": (4, 3)}))
    assert report.first_wrong.source == "dW += 0.2 * W"
