"""The edits that are tried: what they change and what they leave as it is."""

import ast

import numpy as np
import pytest

from micrograd_np.compare.edits import Context, Text, averages, by_value, edits, penalties
from micrograd_np.compare.running.code import Code, reads

RNG = np.random.default_rng(0)
VALUES = {
    "a": RNG.normal(size=(3, 4)),
    "b": RNG.normal(size=(3, 4)),
    "w": RNG.normal(size=(4, 2)),
    "da": RNG.normal(size=(3, 4)),
    "dout": RNG.normal(size=(3, 2)),
}
NUMBERS = {"N": 7.0, "reg": 0.3}


def context():
    shapes = {name: value.shape for name, value in VALUES.items()}
    return Context(shapes, NUMBERS, VALUES, {"np": np, **VALUES, **NUMBERS})


@pytest.fixture
def statement(load):
    """Return a function that gives a statement's text and tree, the last of a function."""

    def make(*rows):
        body = "".join(f"    {row}\n" for row in rows)
        made = load(f"import numpy as np\n\ndef f(a, b, w, da, dout, N, reg):\n{body}")
        code = Code(made.f)
        node = code.body[-1]
        return code, node, Text(code, node)

    return make


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("c = (a * b).mean(axis=1)", "c = (a * b).sum(axis=1)"),
        ("c = (a * b).sum(axis=0)", "c = (a * b).sum(axis=1)"),
        ("c = (a - b).transpose(1, 0)", "c = (a - b)"),
        ("c = np.exp(a - b) * a", "c = (a - b) * a"),
        ("c = (a * b).dot(w)", "c = w.dot((a * b).T)"),
        ("c = a / (b * a)", "c = a"),
        ("c = a - (b - a)", "c = (b - a) - a"),
        ("c = np.sum(a)", "c = np.sum(a, axis=1, keepdims=True)"),
        ("c = np.exp(a)", "c = (np.exp(a) - 1)"),
        ("c = a.sum(axis=0)", "c = (a * b).sum(axis=0)"),
        ("c = a @ w", "c = a @ (w * N)"),
    ],
)
def test_brackets_are_kept_where_they_are_needed(statement, row, wanted):
    code, node, _ = statement(row)
    trees = set()
    for edit in edits(code, node, context()):
        try:
            trees.add(ast.dump(ast.parse(edit.text)))
        except SyntaxError:
            continue
    assert ast.dump(ast.parse(wanted)) in trees


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (("dq = dscores @ k", "dk = dscores"), "dk = dscores @ q"),
        (("grads['W1'] = x1.T @ dh1", "grads['W2'] = dh2"), "grads['W2'] = x2.T @ dh2"),
        (("dW1 = np.outer(h1, x1)", "dW2 = h2"), "dW2 = np.outer(h2, x2)"),
    ],
)
def test_a_statement_is_written_as_its_sibling(statement, rows, wanted):
    names = "    dscores = q = k = x1 = x2 = h1 = h2 = dh1 = dh2 = a; grads = {}"
    code, node, _ = statement(names.strip(), *rows)
    assert wanted in {edit.text for edit in edits(code, node, context())}
    nothing = Context({}, {}, {}, {})  # what a sibling reads may not be there
    assert wanted not in {edit.text for edit in edits(code, node, nothing)}


@pytest.mark.parametrize(
    ("row", "right", "wanted"),
    [
        ("c = a", lambda v: v["a"] + v["b"], "c = a + b"),
        ("c = a", lambda v: v["a"] - v["b"] / 7, "c = a - b / N"),
        ("c = a", lambda v: v["a"] + 0.3 * v["b"], "c = a + reg * b"),
        ("c = a", lambda v: v["a"] + v["dout"] @ v["w"].T, "c = a + dout @ w.T"),
        ("c = a", lambda v: v["a"] + v["da"] * v["b"], "c = a + da * b"),
        ("c = a", lambda v: v["a"] * v["b"], "c = a * b"),
        ("c = a", lambda v: v["a"] * (1 - v["b"] ** 2), "c = a * (1 - b**2)"),
        ("c = a * b", lambda v: v["a"] * v["b"] * (v["da"] > 0), "c = (a * b) * (da > 0)"),
        ("return b, a", lambda v: v["a"] + v["da"], "return b, a + da"),
    ],
)
def test_what_a_difference_or_a_quotient_is_made_of_is_offered(statement, row, right, wanted):
    _, node, text = statement(row)
    written = VALUES["a"] * VALUES["b"] if row == "c = a * b" else VALUES["a"]
    item = 1 if isinstance(node, ast.Return) else 0
    found = by_value(text, node, context(), written, right(VALUES), item)
    assert wanted in {edit.text for edit in found}


def test_a_shape_is_offered_where_the_elements_are_right(statement):
    _, node, text = statement("c = a")
    wanted = VALUES["a"].reshape(4, 3)
    there = context()
    there.shapes["x"] = (4, 3)
    found = {edit.text: edit.kind for edit in by_value(text, node, there, VALUES["a"], wanted)}
    assert found["c = a.reshape(x.shape)"] == "shape"


@pytest.mark.parametrize(
    ("strengths", "wanted"),
    [
        ({"w": 0.3}, "loss = a.sum() + 0.5 * reg * np.sum(w**2)"),
        ({"w": 0.6}, "loss = a.sum() + reg * np.sum(w**2)"),
        ({"w": 1.0}, "loss = a.sum() + 0.5 * np.sum(w**2)"),
        ({"w": 2.0}, "loss = a.sum() + np.sum(w**2)"),
        ({"w": 0.3, "b": 0.3}, "loss = a.sum() + 0.5 * reg * (np.sum(w**2) + np.sum(b**2))"),
    ],
)
def test_penalties_are_those_whose_gradients_are_there(statement, strengths, wanted):
    _, node, text = statement("loss = a.sum()")
    assert [e.text for e in penalties(text, node, context(), strengths)] == [wanted]


def test_a_gradient_that_is_too_small_is_no_penalty(statement):
    _, node, text = statement("loss = a.sum()")
    assert not list(penalties(text, node, context(), {"w": -0.3}))
    assert not list(penalties(text, node, context(), {}))


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("loss = np.mean(a**2)", "loss = np.sum(a**2) / N"),
        ("loss = (a - b).mean()", "loss = (a - b).sum() / N"),
        ("loss = np.sum(a**2) / N", "loss = np.mean(a**2)"),
    ],
)
def test_means_stand_for_sums_and_the_other_way_round(statement, row, wanted):
    _, node, text = statement(row)
    assert wanted in {edit.text for edit in averages(text, node, context())}


@pytest.mark.parametrize(
    ("row", "path", "is_read"),
    [
        ("x = grads['W1'] * 2", "grads['W1']", True),
        ("x = grads['W2'] * 2", "grads['W1']", False),
        ("grads['W2'] += 1", "grads['W1']", False),
        ("x = f(grads)", "grads['W1']", True),
        ("x = grads[key]", "grads['W1']", True),
        ("x = dh @ w", "dh", True),
        ("x = w", "dh", False),
    ],
)
def test_items_of_dicts_are_told_apart(row, path, is_read):
    assert reads(ast.parse(row).body[0], path) is is_read


def test_a_mean_that_is_forgotten_is_divided_by_the_size_of_what_is_read(statement):
    code, node, _ = statement("dout = 2 * (a - b)")
    found = {edit.text for edit in edits(code, node, context())}
    assert "dout = (2 * (a - b)) / a.size" in found
