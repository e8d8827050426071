"""Mistakes whose lines are found by what stands around them."""

import numpy as np
import pytest

import micrograd_np as mg


def report_of(load, text, old, new, inputs):
    assert text.count(old) == 1
    made = load(text.replace(old, new))
    return mg.compare(made.forward, getattr(made, "backward", None), **inputs)


def repaired(report):
    """Return what the first hunk of the repair puts in."""
    rows = report.repair.splitlines()
    return [row[1:].strip() for row in rows if row.startswith("+") and not row.startswith("+++")]


HELPERS = """
import numpy as np


def affine_backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def tanh_backward(dout, t):
    return dout * (1 - t**2)


def forward(X, y, W1, b1, W2, b2):
    h = np.tanh(X @ W1 + b1)
    out = h @ W2 + b2
    loss = np.sum((out - y) ** 2) / len(X)
    return loss, (X, y, h, out, W1, W2)


def backward(cache):
    X, y, h, out, W1, W2 = cache
    dout = 2 * (out - y) / len(X)
    dh, dW2, db2 = affine_backward(dout, h, W2)
    dpre = tanh_backward(dh, h)
    dX, dW1, db1 = affine_backward(dpre, X, W1)
    return {"X": dX, "W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
"""


def helped():
    rng = np.random.default_rng(0)
    shapes = {"X": (6, 4), "y": (6, 3), "W1": (4, 5), "b1": (5,), "W2": (5, 3), "b2": (3,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def test_helpers_that_compute_in_their_return_are_right(load):
    report = report_of(load, HELPERS, "t**2", "t**2", helped())
    assert report.ok


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("dout * (1 - t**2)", "dout * (1 - t)", "wrong derivative"),
        ("dout.sum(axis=0)", "dout.mean(axis=0)", "mean for sum"),
        ("x.T @ dout", "2 * x.T @ dout", "scale"),
        ("dout @ w.T,", "-dout @ w.T,", "sign"),
    ],
)
def test_what_a_helper_computes_in_its_return_is_blamed_there(load, old, new, kind):
    report = report_of(load, HELPERS, old, new, helped())
    assert report.first_wrong.source.startswith("return ")
    assert report.first_wrong.kind == kind
    assert not report.first_wrong.meaning.startswith("dL/")
    assert old.rstrip(",") in repaired(report)[0]


LOSS_AND_GRADIENT = """
import numpy as np


def softmax_loss(x, y):
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    N = len(x)
    loss = -np.log(p[np.arange(N), y]).sum() / N
    dx = p.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


def forward(X, y, W, b):
    scores = X @ W + b
    loss, dscores = softmax_loss(scores, y)
    dW = X.T @ dscores
    db = dscores.sum(axis=0)
    return loss, dW, db
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("dx[np.arange(N), y] -= 1", "dx[np.arange(N), y] += 1"),
        ("dx /= N", "dx /= 2 * N"),
    ],
)
def test_a_helper_that_returns_the_gradient_with_the_loss_is_looked_into(load, old, new):
    rng = np.random.default_rng(1)
    inputs = {
        "X": rng.normal(size=(6, 4)),
        "y": rng.integers(0, 3, 6),
        "W": rng.normal(size=(4, 3)),
        "b": rng.normal(size=3),
    }
    assert report_of(load, LOSS_AND_GRADIENT, old, old, inputs).ok
    report = report_of(load, LOSS_AND_GRADIENT, old, new, inputs)
    assert report.first_wrong.source == new
    assert report.repair is not None


LOGISTIC = """
import numpy as np


def forward(X, y, w):
    p = 1 / (1 + np.exp(-(X @ w)))
    loss = -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)) / len(X)
    dlog = -1 / len(X)
    dp = y / p
    dp -= (1 - y) / (1 - p)
    dp *= dlog
    dz = dp * p * (1 - p)
    dw = X.T @ dz
    return loss, dw
"""


def rows():
    rng = np.random.default_rng(2)
    return {
        "X": rng.normal(size=(8, 3)),
        "y": rng.integers(0, 2, 8).astype(float),
        "w": rng.normal(size=3),
    }


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("dp = y / p", "dp = y * p", "wrong derivative"),
        ("dp -= (1 - y)", "dp += (1 - y)", "sign"),
        ("dp -= (1 - y) / (1 - p)", "dp = (1 - y) / (1 - p)", "= for +="),
    ],
)
def test_a_line_that_writes_no_gradient_is_told_by_the_next_ones(load, old, new, kind):
    report = report_of(load, LOGISTIC, old, new, rows())
    assert report.first_wrong.source.startswith(new)
    assert report.first_wrong.kind == kind
    assert repaired(report)[0].startswith(old)


def test_of_two_lines_that_are_the_same_the_last_is_one_too_many(load):
    report = report_of(load, LOGISTIC, "    dp *= dlog\n", "    dp *= dlog\n" * 2, rows())
    assert report.first_wrong.lineno == LOGISTIC.split("\n").index("    dp *= dlog") + 2
    assert report.first_wrong.kind == "extra term"


def test_a_count_that_is_wrong_is_blamed_where_it_is_counted(load):
    text = PENALTIES.replace("- y) ** 2)", "- y) ** 2) / len(X)")
    text = text.replace("dout = 2 * (out - y)", "N = X.shape[0]\n    dout = 2 * (out - y) / N")
    text = text.replace("0.5 * reg", "0.5 * reg / len(X)").replace("+ reg * W", "+ reg / N * W")
    report = report_of(load, text, "N = X.shape[0]", "N = X.shape[1]", penalised())
    assert report.first_wrong.source == "N = X.shape[1]"
    assert repaired(report) == ["N = X.shape[0]"]


BATCH_NORM = """
import numpy as np


def forward(X, W, b, gain, reg):
    a = X @ W + b
    centred = a - a.mean(axis=0)
    spread = np.sqrt((centred**2).mean(axis=0) + 1e-5)
    unit = centred / spread
    out = gain * unit
    loss = np.sum(out**3) + 0.5 * reg * np.sum(W**2)
    return loss, (X, W, gain, unit, spread, out, reg)


def backward(cache):
    X, W, gain, unit, spread, out, reg = cache
    grads = {}
    dout = 3 * out**2
    grads["gain"] = (dout * unit).sum(axis=0)
    dunit = dout * gain
    da = (dunit - dunit.mean(axis=0) - unit * (dunit * unit).mean(axis=0)) / spread
    grads["W"] = X.T @ da
    grads["b"] = da.sum(axis=0)
    grads["W"] += reg * W
    return grads
"""


def normalised():
    rng = np.random.default_rng(3)
    return {
        "X": rng.normal(size=(7, 4)),
        "W": rng.normal(size=(4, 5)),
        "b": rng.normal(size=5),
        "gain": rng.normal(size=5),
        "reg": 0.2,
    }


def test_zeros_that_rounding_leaves_are_no_mistake(load):
    report = report_of(load, BATCH_NORM, "reg * W\n", "reg * W\n", normalised())
    assert report.ok


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('grads["W"] += reg * W', 'grads["W"] += 3 * reg * W'),
        ('grads["gain"] = (dout * unit).sum(axis=0)', 'grads["gain"] = dout.sum(axis=0)'),
    ],
)
def test_items_of_the_dict_that_is_returned_are_known_as_gradients(load, old, new):
    report = report_of(load, BATCH_NORM, old, new, normalised())
    assert report.first_wrong.source == new
    assert repaired(report)[0].startswith(old[:14])


PENALTIES = """
import numpy as np


def forward(X, y, W1, W2, b2, reg):
    h = np.tanh(X @ W1)
    out = h @ W2 + b2
    loss = np.sum((out - y) ** 2)
    for W in (W1, W2):
        loss = loss + 0.5 * reg * np.sum(W**2)
    return loss


def backward(X, y, W1, W2, h, out, reg):
    dout = 2 * (out - y)
    dW2 = h.T @ dout + reg * W2
    db2 = dout.sum(axis=0)
    dh = dout @ W2.T
    dW1 = X.T @ (dh * (1 - h**2)) + reg * W1
    return {"W1": dW1, "W2": dW2, "b2": db2}
"""


def penalised():
    rng = np.random.default_rng(4)
    shapes = {"X": (6, 4), "y": (6, 3), "W1": (4, 5), "W2": (5, 3), "b2": (3,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()} | {"reg": 0.1}


def test_a_loop_over_weights_that_leaves_one_out_is_completed(load):
    report = report_of(load, PENALTIES, "(W1, W2):", "(W1,):", penalised())
    assert report.first_wrong.kind == "loss"
    assert report.first_wrong.source.startswith("for W in (W1,):")
    assert repaired(report) == ["for W in (W1, W2,):"]


def test_a_bias_that_is_regularised_is_a_mistake_of_the_backward_pass(load):
    new = "db2 = dout.sum(axis=0) + reg * b2"
    text = PENALTIES.replace("(X, y, W1, W2, h", "(X, y, W1, W2, b2, h")
    report = report_of(load, text, "db2 = dout.sum(axis=0)", new, penalised())
    assert report.first_wrong.source == new
    assert repaired(report) == ["db2 = dout.sum(axis=0)"]


ATTENTION = """
import numpy as np


def forward(x, Wq, Wk, heads):
    B, T, C = x.shape
    size = C // heads
    q = (x @ Wq).reshape(B, T, heads, size).transpose(0, 2, 1, 3)
    k = (x @ Wk).reshape(B, T, heads, size).transpose(0, 2, 1, 3)
    scores = q @ k.swapaxes(-1, -2)
    loss = np.sum(scores**3)
    return loss, (x, q, k, scores)


def backward(cache):
    x, q, k, scores = cache
    B, T, C = x.shape
    dscores = 3 * scores**2
    dq = dscores @ k
    dk = dscores.swapaxes(-1, -2) @ q
    dq = dq.transpose(0, 2, 1, 3).reshape(B, T, C)
    dk = dk.transpose(0, 2, 1, 3).reshape(B, T, C)
    dWq = np.einsum("bti,btj->ij", x, dq)
    dWk = np.einsum("bti,btj->ij", x, dk)
    return dWq, dWk
"""


def test_a_line_that_was_not_adapted_as_its_sibling_was_is_repaired(load):
    rng = np.random.default_rng(5)
    inputs = {
        "x": rng.normal(size=(2, 3, 4)),
        "Wq": rng.normal(size=(4, 4)),
        "Wk": rng.normal(size=(4, 4)),
        "heads": 2,
    }
    new = "dk = dk.reshape(B, T, C)"
    old = "dk = dk.transpose(0, 2, 1, 3).reshape(B, T, C)"
    report = report_of(load, ATTENTION, old, new, inputs)
    assert (report.first_wrong.source, report.first_wrong.kind) == (new, "transposed")
    assert repaired(report) == [old]


STEPS = """
import numpy as np


def forward(x, c0, w):
    kept = []
    c = c0
    total = 0.0
    for t in range(len(x)):
        f = np.tanh(x[t] * w)
        kept.append((f, c, x[t]))
        c = f * c
        total = total + np.sum(c**2)
    loss = total
    return loss, kept


def step_backward(dc, cache, w):
    f, before, one = cache
    dc = dc + 2 * f * before
    df = dc * before
    dbefore = dc * f
    da = df * (1 - f**2)
    return da * w, dbefore, da * one


def backward(x, c0, w, kept):
    dx = np.zeros_like(x)
    dw = 0
    dc = np.zeros_like(c0)
    for t in range(len(x))[::-1]:
        dx[t], dc, own = step_backward(dc, kept[t], w)
        dw += own
    dc0 = dc
    return dx, dc0, dw
"""


def steps():
    rng = np.random.default_rng(6)
    return {"x": rng.normal(size=(4, 3)), "c0": rng.normal(size=3), "w": rng.normal(size=3)}


def test_a_helper_that_is_given_back_what_it_has_returned_is_followed(load):
    assert report_of(load, STEPS, "2 * f", "2 * f", steps()).ok


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("dc = dc + 2 * f * before", "dc = 2 * f * before"),
        ("df = dc * before", "df = dc * f"),
    ],
)
def test_a_mistake_in_a_step_is_found_in_its_helper(load, old, new):
    report = report_of(load, STEPS, old, new, steps())
    assert report.first_wrong.source == new
    assert report.repair is not None


def test_a_helper_that_is_given_what_forward_hands_over_is_looked_into(load):
    text = HELPERS.replace("def backward(cache):", "def backward(dout, cache):")
    text = text.replace("    loss = np", "    dout = 2 * (out - y) / len(X)\n    loss = np")
    text = text.replace("    dout = 2 * (out - y) / len(X)\n    dh, dW2", "    dh, dW2")
    assert report_of(load, text, "dout.sum(axis=0)", "dout.sum(axis=0)", helped()).ok
    report = report_of(load, text, "dout.sum(axis=0)", "dout.mean(axis=0)", helped())
    assert report.first_wrong.source.startswith("return dout @ w.T")
    assert report.first_wrong.kind == "mean for sum"
