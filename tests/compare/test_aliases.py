"""Values of the forward pass that are overwritten through another name."""

import numpy as np
import pytest

import micrograd_np as mg

PASSES = """
import numpy as np

def forward(X, y, W, V):
    h = np.tanh(X @ W)
    scores = h @ V
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(p[np.arange(len(X)), y]))
    return loss

def backward(X, y, W, V, h, p):
    dscores = p
    dscores[np.arange(len(X)), y] -= 1
    dscores /= len(X)
    dV = h.T @ dscores
    dh = dscores @ V.T
    dW = X.T @ ((1 - h**2) * dh)
"""

HEAD, REST = PASSES.split("    return loss\n")
FUNCTION = HEAD + REST.split(":\n", 1)[1] + "    return loss\n"


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    return {"X": rng.normal(size=(6, 2)), "y": rng.integers(3, size=6),
            "W": rng.normal(size=(2, 5)), "V": rng.normal(size=(5, 3))}  # fmt: skip


def test_what_is_handed_over_is_spoiled_for_a_second_call(load, inputs):
    module = load(PASSES)
    report = mg.compare(module.forward, module.backward, **inputs)
    line = report.first_wrong
    assert not report.ok
    assert (line.source, line.kind, line.verdict) == ("dscores = p", "aliasing", "overwrites")
    assert "run again gives another dV, dW." in report.explanation
    assert "+    dscores = p.copy()" in report.repair
    assert all(one.ok for one in report.gradients)


BESIDE = PASSES.replace(
    "    loss = -np.mean(np.log(p[np.arange(len(X)), y]))\n",
    "    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))\n"
    "    loss = -np.mean(logs[np.arange(len(X)), y])\n",
)


def test_what_the_loss_is_not_made_of_is_spoiled_as_well(load, inputs):
    module = load(BESIDE)
    report = mg.compare(module.forward, module.backward, **inputs)
    line = report.first_wrong
    assert (line.source, line.kind, line.verdict) == ("dscores = p", "aliasing", "overwrites")
    assert "+    dscores = p.copy()" in report.repair


def test_what_neither_the_loss_nor_anything_else_reads_may_be_overwritten(load, inputs):
    text = BESIDE.replace("dscores = p\n", "dscores = p.copy()\n")
    text = text.replace("    logs =", "    unused = p * 1.0\n    logs =")
    text = text.replace("W, V, h, p):", "W, V, h, p, unused):\n    unused *= 2")
    module = load(text)
    report = mg.compare(module.forward, module.backward, **inputs)
    assert report.ok
    assert not any("unused is a value" in note for note in report.notes)


def test_a_variable_that_nothing_reads_again_may_be_overwritten(load, inputs):
    report = mg.compare(load(FUNCTION).forward, None, **inputs)
    assert report.ok
    assert report.first_wrong is None
    assert [line.verdict for line in report.lines if line.source == "dscores = p"] == ["overwrites"]
    assert any("p is a value of the forward pass" in note for note in report.notes)


def test_an_input_that_is_overwritten_is_another_the_next_time(load, inputs):
    text = FUNCTION.replace("    return loss\n", "    g = W\n    g -= 0.1 * dW\n    return loss\n")
    report = mg.compare(load(text).forward, None, **inputs)
    assert not report.ok
    assert report.first_wrong.source == "g = W"


def test_of_two_values_that_are_overwritten_both_are_named(load, inputs):
    text = PASSES.replace("(1 - h**2)", "(1 - g)")
    text = text.replace("    dW =", "    g = h\n    g *= g\n    dW =")
    module = load(text)
    report = mg.compare(module.forward, module.backward, **inputs)
    overwritten = [line.source for line in report.lines if line.verdict == "overwrites"]
    assert overwritten == ["dscores = p", "g = h"]
    assert "+    dscores = p.copy()" in report.repair


def test_names_that_a_list_gives_again_are_no_copies(load):
    text = """
    import numpy as np

    def forward(x, bs):
        h = x
        for b in bs:
            h = np.tanh(h + b)
        return np.sum(h**2), h

    def backward(x, bs, h):
        hs = [x]
        for b in bs:
            hs.append(np.tanh(hs[-1] + b))
        dbs = [b for b in bs]
        dh = 2 * h
        for i in range(len(bs) - 1, -1, -1):
            dh = dh * (1 - hs[i + 1] ** 2)
            dbs[i] += dh.sum(axis=0)
        return dbs
    """
    module = load(text)
    rng = np.random.default_rng(0)
    bs = [rng.normal(size=3), rng.normal(size=3)]
    report = mg.compare(module.forward, module.backward, x=rng.normal(size=(5, 3)), bs=bs)
    assert (report.first_wrong.source, report.first_wrong.kind) == (
        "dbs = [b for b in bs]", "aliasing")  # fmt: skip
    assert "dbs = [np.zeros_like(b) for b in bs]" in report.repair
    assert "overwritten through this name" in report.explanation
