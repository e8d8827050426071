"""Gradients that several lines add up, in loops too: which of the terms is wrong, or missing."""

import pytest

from compare.written import compared, normal, replaced, with_line, wrong_lines

GATED = """\
import numpy as np


def forward(x, h, m, Wz, Uz, Wc, Uc):
    z = 1 / (1 + np.exp(-(x @ Wz + h @ Uz)))
    c = np.tanh(x @ Wc + (z * h) @ Uc)
    n = m * ((1 - z) * h + z * c) + (1 - m) * h
    loss = np.sum(n**2) / len(x)
    return loss


def backward(x, h, m, Wz, Uz, Wc, Uc, z, c, n):
    dn = 2 * n / len(x)
    dnew = m * dn
    dh = (1 - m) * dn
    dh += dnew * (1 - z)
    dz = dnew * (c - h)
    dc = dnew * z
    dac = dc * (1 - c**2)
    dWc = x.T @ dac
    dUc = (z * h).T @ dac
    dzh = dac @ Uc.T
    dz += dzh * h
    dh += dzh * z
    daz = dz * z * (1 - z)
    dWz = x.T @ daz
    dUz = h.T @ daz
    dh += daz @ Uz.T
    return {"h": dh, "Wz": dWz, "Uz": dUz, "Wc": dWc, "Uc": dUc}
"""

PATCHES = """\
import numpy as np


def forward(x, W, reg):
    P = len(W)
    out = np.zeros((len(x), x.shape[1] - P + 1))
    for i in range(out.shape[1]):
        out[:, i] = x[:, i : i + P] @ W
    h = np.tanh(out)
    loss = np.sum(h**2) + 0.5 * reg * np.sum(W**2)
    return loss


def backward(x, W, reg, P, h):
    dout = 2 * h * (1 - h**2)
    dW = reg * W
    dx = np.zeros_like(x)
    for i in range(dout.shape[1]):
        g = dout[:, i]
        dW += x[:, i : i + P].T @ g
        dx[:, i : i + P] += np.outer(g, W)
    return {"x": dx, "W": dW}
"""

CELL = """\
import numpy as np


def forward(x, W):
    H = W.shape[1] // 2
    a = x @ W
    c = np.tanh(a[:, :H]) * np.exp(a[:, H:])
    loss = np.sum(c**2)
    return loss


def backward(x, W, H, a, c):
    dc = 2 * c
    left = np.tanh(a[:, :H])
    right = np.exp(a[:, H:])
    first = dc * right * (1 - left**2)
    second = dc * left * right
    da = np.concatenate([first, second], axis=1)
    dW = x.T @ da
    dx = da @ W.T
    return {"x": dx, "W": dW}
"""

INPUTS = {
    GATED: {"x": (6, 4), "h": (6, 3), "m": (6, 1), "Wz": (4, 3), "Uz": (3, 3), "Wc": (4, 3),
            "Uc": (3, 3)},
    PATCHES: {"x": (5, 7), "W": (3,), "reg": 0.1},
    CELL: {"x": (6, 4), "W": (4, 6)},
}  # fmt: skip

MISTAKES = [
    (GATED, "dh += dnew * (1 - z)", "dh += dnew * z", "wrong derivative"),
    (GATED, "dh += dzh * z", "dh = dzh * z", "= for +="),
    (GATED, "dh += dzh * z", "dh += dzh", "wrong derivative"),
    (PATCHES, "dW = reg * W", "dW = np.zeros_like(W)", "missing regularisation"),
    (CELL, "first = dc * right * (1 - left**2)", "first = dc * right * (1 - right**2)",
     "wrong quantity"),
]  # fmt: skip


def given(text):
    return {name: normal(*one) if isinstance(one, tuple) else one
            for name, one in INPUTS[text].items()}  # fmt: skip


@pytest.mark.parametrize("text", INPUTS, ids=["gated", "patches", "cell"])
def test_the_passes_are_right_without_a_mistake(load, text):
    assert compared(load, text, given(text)).ok


@pytest.mark.parametrize(("text", "right", "wrong", "kind"), MISTAKES)
def test_the_term_is_named(load, text, right, wrong, kind):
    report = compared(load, with_line(text, right, wrong), given(text))
    assert wrong_lines(report) == [(wrong, kind)]
    assert replaced(report)[0] == wrong


def test_a_part_that_is_never_written_is_told_where_the_part_before_it_is(load):
    parts = """\
    H = W.shape[1] // 2
    da = np.zeros((len(x), 2 * H))
    da[:, :H] = dc * right * (1 - left**2)
    da[:, H:] = dc * left * right
"""
    begin = CELL.index("    first = ")
    text = CELL[:begin] + parts + CELL[CELL.index("    dW = x.T") :]
    assert compared(load, text, given(CELL)).ok
    report = compared(load, with_line(text, "da[:, H:] = dc * left * right", ""), given(CELL))
    assert wrong_lines(report) == [("da[:, :H] = dc * right * (1 - left**2)", "missing term")]


def test_the_line_of_a_helper_is_named_whose_result_another_line_takes_over(load):
    text = """\
import numpy as np


def slope(x, d):
    g = d.copy()
    g[x <= 0] = 0
    return g


def forward(x, W1, W2):
    h = x @ W1
    h = np.where(h > 0, h, 0.1 * h)
    kept = x @ W1
    loss = np.sum((h @ W2) ** 2)
    return loss


def backward(x, W1, W2, h, kept):
    dout = 2 * (h @ W2)
    dW2 = h.T @ dout
    dh = slope(kept, dout @ W2.T)
    dW1 = x.T @ dh
    return {"W1": dW1, "W2": dW2}
"""
    report = compared(load, text, {"x": normal(6, 4), "W1": normal(4, 5), "W2": normal(5, 3)})
    assert report.first_wrong.source == "g[x <= 0] = 0"
