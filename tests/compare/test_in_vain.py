"""Lines that do nothing, carry nothing on, or make what nobody reads: that alone tells of them."""

import pytest

from compare.written import compared, normal, replaced, with_line, wrong_lines

RECURRENT = """\
import numpy as np


def forward(xs, W, U, h0):
    hs = {-1: h0}
    loss = 0.0
    for t in range(len(xs)):
        hs[t] = np.tanh(xs[t] @ W + hs[t - 1] @ U)
        loss = loss + np.sum(hs[t] ** 2)
    return loss


def backward(xs, W, U, h0, hs):
    dW, dU = np.zeros_like(W), np.zeros_like(U)
    dhnext = np.zeros_like(h0)
    for t in reversed(range(len(xs))):
        dh = 2 * hs[t] + dhnext
        draw = dh * (1 - hs[t] ** 2)
        dW += np.outer(xs[t], draw)
        dU += np.outer(hs[t - 1], draw)
        dhnext = U @ draw
    return {"W": dW, "U": dU, "h0": dhnext}
"""

LAYERS = """\
import numpy as np


def leaky(x):
    return np.where(x > 0, x, 0.1 * x), x


def leaky_backward(dout, x):
    dx = dout.copy()
    dx[x <= 0] *= 0.1
    return dx


def forward(x, W1, W2):
    kept = []
    out = x
    for W in (W1, W2):
        out, cache = leaky(out @ W)
        kept.append(cache)
    loss = np.sum(out**2) / len(out)
    return loss


def backward(x, out, kept, W1, W2):
    dout = 2 * out / len(out)
    dout = leaky_backward(dout, kept[1])
    hidden, _ = leaky(kept[0])
    dW2 = hidden.T @ dout
    dout = dout @ W2.T
    dout = leaky_backward(dout, kept[0])
    dW1 = x.T @ dout
    return {"W1": dW1, "W2": dW2}
"""

ATTENTION = """\
import numpy as np


def forward(x, Wq, Wk, Wv):
    q, k, v = x @ Wq, x @ Wk, x @ Wv
    s = np.tanh(q @ k.T)
    out = s @ v
    loss = np.sum(out**2)
    cache = {"x": x, "q": q, "k": k, "v": v, "s": s, "out": out}
    return loss, cache


def backward(cache):
    x, q, k, v = cache["x"], cache["q"], cache["k"], cache["v"]
    s = cache["s"]
    dout = 2 * cache["out"]
    dv = s.T @ dout
    ds = dout @ v.T
    ds *= 1 - s**2
    dq = ds @ k
    dk = ds.T @ q
    dWq = x.T @ dq
    dWk = x.T @ dk
    dWv = x.T @ dv
    return {"Wq": dWq, "Wk": dWk, "Wv": dWv}
"""

MASKED = """\
import numpy as np


def forward(x, W, V, reg):
    h = np.maximum(x @ W, 0)
    out = h @ V
    loss = np.sum(out**2) + reg * np.sum(W**2)
    return loss


def backward(x, W, V, reg, h, out):
    dout = 2 * out
    dh = dout @ V.T
    dh[h <= 0] = 0
    dgates = np.zeros((len(x), 2))
    dgates[:, :1] = dh[:, :1]
    dgates[:, 1:] = dh[:, 1:]
    dW = x.T @ dgates
    dW += 2 * reg * W
    dV = h.T @ dout
    return dW, dV
"""

INPUTS = {
    RECURRENT: {"xs": (4, 3), "W": (3, 5), "U": (5, 5), "h0": (5,)},
    LAYERS: {"x": (6, 4), "W1": (4, 5), "W2": (5, 3)},
    ATTENTION: {"x": (6, 4), "Wq": (4, 3), "Wk": (4, 3), "Wv": (4, 3)},
    MASKED: {"x": (7, 4), "W": (4, 2), "V": (2, 3), "reg": 0.1},
}

EDITED = [
    (RECURRENT, "dhnext = U @ draw", "dhnext = U @ dhnext", "wrong quantity"),
    (ATTENTION, 'x, q, k, v = cache["x"], cache["q"], cache["k"], cache["v"]',
     'x, q, k, v = cache["x"], cache["q"], cache["q"], cache["v"]', "wrong index"),
    (ATTENTION, 'x, q, k, v = cache["x"], cache["q"], cache["k"], cache["v"]',
     'x, q, k, v = cache["v"], cache["q"], cache["k"], cache["v"]', "wrong quantity"),
    (MASKED, "dh[h <= 0] = 0", "dh[h <= 0] += 0", "missing mask"),
    (MASKED, "dgates[:, :1] = dh[:, :1]", "dh[:, :1] = dh[:, :1]", "wrong quantity"),
]  # fmt: skip


def given(text):
    return {name: normal(*one) if isinstance(one, tuple) else one
            for name, one in INPUTS[text].items()}  # fmt: skip


@pytest.mark.parametrize("text", INPUTS, ids=["recurrent", "layers", "attention", "masked"])
def test_the_passes_are_right_without_a_mistake(load, text):
    assert compared(load, text, given(text)).ok


@pytest.mark.parametrize(("text", "right", "wrong", "kind"), EDITED)
def test_the_line_is_named_and_edited(load, text, right, wrong, kind):
    report = compared(load, with_line(text, right, wrong), given(text))
    assert wrong_lines(report) == [(wrong, kind)]
    assert replaced(report) == (wrong, right)


def test_a_loop_that_carries_nothing_on_is_told_where_it_ends(load):
    report = compared(load, with_line(RECURRENT, "    dhnext = U @ draw", ""), given(RECURRENT))
    assert report.first_wrong.source == "dU += np.outer(hs[t - 1], draw)"
    assert report.first_wrong.kind == "missing term"
    assert "dhnext, which is zeros each time" in str(report)


def test_a_helper_that_gives_back_what_it_is_given_is_told(load):
    report = compared(load, with_line(LAYERS, "dx[x <= 0] *= 0.1", ""), given(LAYERS))
    assert report.first_wrong.source == "dx = dout.copy()"
    assert report.first_wrong.kind in ("missing term", "missing mask")


def test_a_sum_that_only_one_line_adds_to_does_not_begin_with_zeros(load):
    text = """\
import numpy as np


def forward(x, W):
    out = x + np.tanh(x @ W)
    loss = np.sum(out**2)
    return loss


def backward(x, W, out):
    dout = 2 * out
    dx = np.zeros_like(dout)
    da = dout * (1 - np.tanh(x @ W) ** 2)
    dx += da @ W.T
    dW = x.T @ da
    return {"x": dx, "W": dW}
"""
    report = compared(load, text, {"x": normal(6, 4), "W": normal(4, 4)})
    assert wrong_lines(report) == [("dx = np.zeros_like(dout)", "missing term")]
    assert replaced(report)[1] == "dx = dout.copy()"
    assert "+ dout" in report.alternative


def test_one_who_adds_rarely_means_to_subtract(load):
    text = """\
import numpy as np


def forward(x, W):
    size = np.sqrt(np.mean(x**2, axis=1, keepdims=True) + 1e-5)
    n = x / size
    loss = np.sum(np.tanh(n @ W) ** 2) + np.sum(x**2)
    return loss


def backward(x, W, n, size):
    dx = 2 * x
    h = np.tanh(n @ W)
    dout = 2 * h * (1 - h**2)
    dW = n.T @ dout
    dn = dout @ W.T
    r = n * np.mean(n * dn, axis=1, keepdims=True) - dn
    dx += r / size
    return {"x": dx, "W": dW}
"""
    report = compared(load, text, {"x": normal(6, 4), "W": normal(4, 3)})
    wrong = "r = n * np.mean(n * dn, axis=1, keepdims=True) - dn"
    assert wrong_lines(report)[0] == (wrong, "sign")
    assert replaced(report) == (wrong, "r = dn - n * np.mean(n * dn, axis=1, keepdims=True)")
    assert "dx -= r / size" in report.alternative


def test_gradients_under_each_others_names_are_told(load):
    text = """\
import numpy as np


def forward(x, W, V):
    loss = np.sum(np.tanh(x @ W) ** 2) + np.sum(np.tanh(x @ V) ** 2)
    return loss


def backward(x, W, V):
    h, g = np.tanh(x @ W), np.tanh(x @ V)
    first = x.T @ (2 * h * (1 - h**2))
    second = x.T @ (2 * g * (1 - g**2))
    return {"W": second, "V": first}
"""
    given = {"x": normal(6, 4), "W": normal(4, 3), "V": normal(4, 3, seed=2)}
    report = compared(load, text, given)
    wrong = 'return {"W": second, "V": first}'
    assert wrong_lines(report) == [(wrong, "wrong index")]
    assert replaced(report) == (wrong, 'return {"W": first, "V": second}')


def test_the_number_in_a_key_is_one_off(load):
    text = """\
import numpy as np


def forward(x, p):
    h = {0: x}
    for i in range(3):
        h[i + 1] = np.tanh(h[i] @ p["W" + str(i + 1)])
    loss = np.sum(h[3] ** 2)
    return loss


def backward(p, h):
    grads = {}
    dh = 2 * h[3]
    for i in reversed(range(3)):
        da = dh * (1 - h[i + 1] ** 2)
        grads["W" + str(i + 1)] = h[i].T @ da
        dh = da @ p["W" + str(i + 1)].T
    return grads
"""
    weights = {f"W{i}": normal(4, 4, seed=i) for i in (1, 2, 3)}
    given = {"x": normal(6, 4), "p": weights}
    assert compared(load, text, given).ok
    right = 'grads["W" + str(i + 1)] = h[i].T @ da'
    wrong = 'grads["W" + str(i)] = h[i].T @ da'
    report = compared(load, with_line(text, f"    {right}", f"    {wrong}"), given)
    assert wrong_lines(report) == [(wrong, "wrong index")]
    assert replaced(report) == (wrong, right)
