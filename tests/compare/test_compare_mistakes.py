"""Mistakes that people make: the line that is named, their kind, and the edit that repairs them."""

import re

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare.edits import edits
from micrograd_np.compare.finding.snapshot import Snapshot
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.subject import Subject
from micrograd_np.compare.running.wanted import Wanted

RELU = """\
import numpy as np


def forward(X, y, W1, b1, W2, b2, reg):
    N = len(X)
    pre = X @ W1 + b1
    h = np.maximum(pre, 0)
    scores = h @ W2 + b2
    probs = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = probs / probs.sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(N), y]).mean()
    loss += 0.5 * reg * (np.sum(W1**2) + np.sum(W2**2))
    return loss


def backward(X, y, W1, W2, reg, N, pre, h, probs):
    dscores = probs.copy()
    dscores[np.arange(N), y] -= 1
    dscores /= N
    dW2 = h.T @ dscores
    dW2 += reg * W2
    db2 = dscores.sum(axis=0)
    dh = dscores @ W2.T
    dpre = dh * (pre > 0)
    dW1 = X.T @ dpre
    dW1 += reg * W1
    db1 = dpre.sum(axis=0)
"""

TANH = """\
import numpy as np


def forward(tokens, E, W, y):
    x = E[tokens]
    h = np.tanh(x @ W)
    error = h - y
    loss = np.sum(error**2) / len(y)
    return loss


def backward(tokens, E, W, y, x, h, error):
    dh = 2 * error / len(y)
    da = dh * (1 - h**2)
    dW = x.T @ da
    dx = da @ W.T
    dE = np.zeros_like(E)
    np.add.at(dE, tokens, dx)
"""

HIDDEN = "dpre = dh * (pre > 0)"
BIAS = "db2 = dscores.sum(axis=0)"

MISTAKES = [
    ("dscores[np.arange(N), y] -= 1", "dscores[np.arange(N), y] += 1", "sign"),
    ("dscores /= N", "dscores *= N", "scale"),
    ("dscores /= N", "", "scale"),
    ("dW2 = h.T @ dscores", "dW2 = dscores.T @ h", "transposed"),
    ("dW2 = h.T @ dscores", "dW2 = pre.T @ dscores", "wrong quantity"),
    ("dW2 += reg * W2", "dW2 = reg * W2", "= for +="),
    ("dW2 += reg * W2", "", "missing regularisation"),
    ("dW2 += reg * W2", "dW2 += 2 * reg * W2", "double regularisation"),
    ("dW2 += reg * W2", "dW2 -= reg * W2", "sign"),
    (BIAS, "db2 = dscores", "not summed"),
    (BIAS, "db2 = dscores.sum(axis=1)", "wrong axis"),
    (BIAS, "db2 = dscores.mean(axis=0)", "mean for sum"),
    (BIAS, "db2 = dscores.sum(axis=0, keepdims=True)", "shape"),
    ("dh = dscores @ W2.T", "dh = dscores @ W2", "transposed"),
    ("dh = dscores @ W2.T", "dh = -dscores @ W2.T", "sign"),
    ("dh = dscores @ W2.T", "dh = probs @ W2.T", "wrong quantity"),
    (HIDDEN, "dpre = dh", "missing mask"),
    (HIDDEN, "dpre = dh * (pre < 0)", "inverted mask"),
    (HIDDEN, "dpre = dh * (dh > 0)", "wrong mask"),
    (HIDDEN, "dpre = dh * pre", "wrong derivative"),
    ("dW1 = X.T @ dpre", "dW1 = X.T @ dh", "wrong quantity"),
    ("dW1 += reg * W1", "", "missing regularisation"),
    ("db1 = dpre.sum(axis=0)", "db1 = dpre.sum(axis=1)", "wrong axis"),
    ("da = dh * (1 - h**2)", "da = dh * (1 - h)", "wrong derivative"),
    ("dh = 2 * error / len(y)", "dh = error / len(y)", "scale"),
    ("dh = 2 * error / len(y)", "dh = -2 * error / len(y)", "sign"),
    ("np.add.at(dE, tokens, dx)", "dE[tokens] += dx", "= for +="),
    ("np.add.at(dE, tokens, dx)", "dE[tokens] = dx", "= for +="),
]

BEFORE = {
    "dscores /= N": "dscores[np.arange(N), y] -= 1",
    "dW2 += reg * W2": "dW2 = h.T @ dscores",
    "dW1 += reg * W1": "dW1 = X.T @ dpre",
}
"""The line that is blamed where a line is missing: the one before it."""


def normal(*shape):
    return np.random.default_rng([5, *shape]).normal(size=shape)


def inputs_of(text):
    """Return the inputs of a pass: all lengths that can be equal are."""
    if "tokens" in text:
        tokens = np.array([0, 2, 2, 1])
        return {"tokens": tokens, "E": normal(4, 4), "W": normal(4, 4) / 2, "y": normal(4, 4) + 1}
    weights = {"W1": normal(4, 4), "b1": normal(4), "W2": normal(4, 4).T + 0.1, "b2": normal(4)}
    return {"X": normal(6, 4), "y": np.array([0, 1, 2, 3, 0, 1]), **weights, "reg": 0.1}


def changed(old, new):
    """Return the pass that has a line, with the line replaced, or left out."""
    (text,) = (text for text in (RELU, TANH) if text.count(f"    {old}\n") == 1)
    return text.replace(f"    {old}\n", f"    {new}\n" if new else "")


def patched(text, diff):
    """Apply a unified diff of one hunk."""
    header, *hunk = diff.split("\n")[2:-1]
    start = int(re.match(r"@@ -(\d+)", header)[1]) - 1
    rows = text.split("\n")
    before = [row[1:] for row in hunk if row[0] in " -"]
    assert rows[start : start + len(before)] == before
    rows[start : start + len(before)] = [row[1:] for row in hunk if row[0] in " +"]
    return "\n".join(rows)


def called(f, variables):
    """Call a function with those of the variables that it names; return its own variables."""
    names = f.__code__.co_varnames[: f.__code__.co_argcount]
    return f(**{name: variables[name] for name in names})


def gradients_by_hand(load, text, inputs):
    """Return the variables of the backward pass when both are run as Python runs them."""
    module = load(
        text.replace("    return loss\n", "    return locals()\n") + "    return locals()\n"
    )
    copies = {name: np.copy(value) for name, value in inputs.items()}
    return called(module.backward, called(module.forward, copies))


def gradients_by_machine(load, text, inputs):
    forward = load(text).forward
    names = [name for name, value in inputs.items() if np.ndim(value) and value.dtype.kind == "f"]
    found = mg.grad(lambda *arrays: forward(**{**inputs, **dict(zip(names, arrays, strict=True))}),
                    argnums=tuple(range(len(names))))  # fmt: skip
    gradients = found(*(inputs[name] for name in names))
    return dict(zip(names, gradients, strict=True))


def are_right(load, text):
    """Whether the gradients of a pass are right, and found without mg.compare."""
    inputs = inputs_of(text)
    by_hand = gradients_by_hand(load, text, inputs)
    wanted = gradients_by_machine(load, text, inputs)
    pairs = [(by_hand[f"d{name}"], g) for name, g in wanted.items() if f"d{name}" in by_hand]
    assert len(pairs) >= 2
    return all(a.shape == b.shape and np.allclose(a, b, rtol=1e-9) for a, b in pairs)


@pytest.mark.parametrize("text", [RELU, TANH], ids=["relu", "tanh"])
def test_the_passes_are_right_without_a_mistake(load, text):
    assert are_right(load, text)
    module = load(text)
    assert mg.compare(module.forward, module.backward, **inputs_of(text)).ok


@pytest.mark.parametrize(("old", "new", "kind"), MISTAKES)
def test_a_mistake_is_named_and_its_repair_makes_the_gradients_right(load, old, new, kind):
    text = changed(old, new)
    assert not are_right(load, text)
    module = load(text)
    report = mg.compare(module.forward, module.backward, seconds=10, **inputs_of(text))
    assert not report.ok
    blamed = new or BEFORE[old]
    assert (report.first_wrong.source, report.first_wrong.kind) == (blamed, kind)
    assert [line.source for line in report.lines if line.verdict == "wrong"] == [blamed]
    repaired = patched(text, report.repair)
    assert repaired != text
    assert are_right(load, repaired)


def test_lines_before_the_mistake_are_right_and_later_ones_follow(load):
    text = changed("dh = dscores @ W2.T", "dh = -dscores @ W2.T")
    module = load(text)
    report = mg.compare(module.forward, module.backward, **inputs_of(text))
    verdicts = {line.source: line.verdict for line in report.lines}
    assert verdicts["dscores /= N"] == verdicts[BIAS] == "ok"
    assert verdicts[HIDDEN] == verdicts["dW1 = X.T @ dpre"] == "follows"
    right = {one.name: one.ok for one in report.gradients}
    assert right == {"dW2": True, "db2": True, "dW1": False, "db1": False}


def test_overwriting_a_forward_value_through_another_name_is_told(load):
    text = changed("dscores = probs.copy()", "dscores = probs")
    module = load(text)
    report = mg.compare(module.forward, module.backward, **inputs_of(text))
    assert not report.ok
    assert all(one.ok for one in report.gradients)
    line = report.first_wrong
    assert (line.source, line.kind, line.verdict) == ("dscores = probs", "aliasing", "overwrites")
    assert "probs is a value of the forward pass" in report.explanation


def test_two_mistakes_are_both_named(load):
    text = changed("dh = dscores @ W2.T", "dh = -dscores @ W2.T").replace(
        "    db2 = dscores.sum(axis=0)\n", "    db2 = dscores.mean(axis=0)\n"
    )
    module = load(text)
    report = mg.compare(module.forward, module.backward, **inputs_of(text))
    wrong = [line.source for line in report.lines if line.verdict == "wrong"]
    assert wrong == ["db2 = dscores.mean(axis=0)", "dh = -dscores @ W2.T"]
    assert report.first_wrong.source == wrong[0]


def test_a_mistake_in_a_helper_is_named_there(load):
    text = changed("dW2 = h.T @ dscores", "dW2 = product(h, dscores)")
    text += "\n\ndef product(a, b):\n    c = a.T @ b\n    return 2 * c\n"
    module = load(text)
    report = mg.compare(module.forward, module.backward, **inputs_of(text))
    assert not report.ok
    assert report.first_wrong.source == "return 2 * c"
    assert {one.name for one in report.gradients if not one.ok} == {"dW2"}


def test_a_mistake_that_the_inputs_given_hide_is_found(load):
    text = changed(HIDDEN, "dpre = dh")
    inputs = inputs_of(text)
    inputs["X"], inputs["W1"][0] = np.abs(inputs["X"]) + 0.5, 50.0
    assert np.all(inputs["X"] @ inputs["W1"] + inputs["b1"] > 0)
    module = load(text)
    assert mg.compare(module.forward, module.backward, **inputs).first_wrong.kind == "missing mask"


def test_a_missing_mask_is_seen_where_the_inputs_given_are_all_positive():
    def forward(x, W):
        a = x @ W
        h = np.maximum(a, 0)
        return np.sum(h**2)

    def backward(x, a):
        dW = x.T @ (2 * a)
        return dW  # noqa: RET504  # a value is assigned for its name

    x, W = np.linspace(0.1, 2, 12).reshape(3, 4), np.linspace(0.3, 1, 8).reshape(4, 2)
    report = mg.compare(forward, backward, x, W)
    assert not report.ok
    assert report.first_wrong.kind == "missing mask"


def test_a_transpose_that_square_matrices_hide_is_found_on_other_lengths():
    def forward(X, W1, W2):
        h = np.tanh(X @ W1)
        s = h @ W2
        return np.sum(s**2)

    def backward(X, W2, h, s):
        ds = 2 * s
        dW2 = h.T @ ds
        dh = ds @ W2
        dW1 = X.T @ (dh * (1 - h**2))
        return dW1, dW2

    inputs = np.random.default_rng(0).normal(size=(3, 4, 4))
    report = mg.compare(forward, backward, *inputs)
    assert report.first_wrong.source == "dh = ds @ W2"
    assert report.first_wrong.kind == "transposed"
    assert "+        dh = ds @ W2.T" in report.repair
    assert {one.name: one.ok for one in report.gradients} == {"dW1": False, "dW2": True}


def test_a_mask_in_a_variable_of_its_own_is_named_and_repaired():
    def forward(x, W):
        a = x @ W
        largest = a == a.max(axis=1, keepdims=True)
        return np.sum((a * largest) ** 2)

    def backward(x, a):
        largest = a != a.max(axis=1, keepdims=True)
        dW = x.T @ (2 * a * largest)
        return dW  # noqa: RET504  # a value is assigned for its name

    report = mg.compare(forward, backward, *np.random.default_rng(1).normal(size=(2, 4, 4)))
    assert report.first_wrong.source.startswith(("largest =", "dW ="))
    assert "mask" in report.first_wrong.kind
    assert report.repair is not None


def test_making_edits_of_a_call_that_writes_leaves_what_it_writes_alone():
    def forward(table, rows):
        return np.sum(table[rows] ** 2)

    def backward(table, rows):
        dpicked = 2 * table[rows]
        dtable = np.zeros_like(table)
        np.add.at(dtable, rows, dpicked)
        return dtable

    subject = Subject(forward, backward)
    inputs = subject.bind((np.arange(12.0).reshape(6, 2), np.array([0, 3, 3, 5, 1])), {})
    case = Case(subject, inputs, [Wanted("dtable", "return", "table")])
    node = subject.backward_body[2]
    snapshot = Snapshot.before(case, node, subject.backward)
    assert edits(subject.backward, node, snapshot.context)
    assert not snapshot.namespace["dtable"].any()
