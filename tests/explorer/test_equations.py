"""A line of anybody's backward pass as mathematics, and nothing where it is none."""

import ast

import numpy as np
import pytest

from micrograd_np.explorer.equations import equations
from micrograd_np.explorer.message import equation

RNG = np.random.default_rng(0)
GIVEN = {
    "X": RNG.normal(size=(5, 2)),
    "hidden": RNG.normal(size=(5, 4)),
    "dhidden": RNG.normal(size=(5, 4)),
    "dscores": RNG.normal(size=(5, 3)),
    "W2": RNG.normal(size=(4, 3)),
    "dW2": RNG.normal(size=(4, 3)),
    "reg": 0.1,
    "N": 5,
    "rows": np.arange(5),
    "y": np.array([0, 1, 2, 0, 1]),
    "out": RNG.normal(size=(5, 3)),
    "d_before": RNG.normal(size=(5, 3)),
}
STEMS = {"dscores": "scores", "dhidden": "hidden", "dW2": "W2"}
SCORES = r"\frac{\partial L}{\partial \mathit{scores}}"
HIDDEN = r"\frac{\partial L}{\partial \mathit{hidden}}"
W2 = r"\frac{\partial L}{\partial W_{2}}"


def printed(code, made="", stems=STEMS, **changed):
    (node,) = ast.parse(code).body
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    read = {name: value for name, value in (GIVEN | changed).items() if name in names}
    return equations(node, read, stems, made)


def sides(code, made="", stems=STEMS, **changed):
    """Return the two sides of a line's only equation."""
    (text,) = printed(code, made, stems, **changed)
    left, right = text.split(" = ")
    return left, right


@pytest.mark.parametrize(
    ("code", "made", "left", "operands"),
    [
        ("dW2 = hidden.T @ dscores", "W2", W2, [r"\mathit{hidden}^{\top}", SCORES]),
        ("dhidden = dscores @ W2.T", "hidden", HIDDEN, [SCORES, r"W_{2}^{\top}"]),
        ("db2 = dscores.sum(axis=0)", "b2", r"\partial b_{2}", [r"\sum_{i}", r"scores}_{i,:}"]),
        ("dW2 = dW2 + reg * W2", "W2", W2, [W2, r"\mathit{reg}", r"W_{2}"]),
        ("dW2 += reg * W2", "W2", W2, [W2, r"\mathit{reg}", r"W_{2}"]),
        ("dhidden[hidden <= 0] = 0", "hidden", HIDDEN, [HIDDEN, r"\mathit{hidden} \leq 0", "0"]),
        ("dscores[rows, y] -= 1", "", "dscores", [SCORES, r"\mathit{rows},y", "- 1"]),
        ("dscores /= N", "", "dscores", [SCORES, "N"]),
        ("a = np.exp(X)", "", "a", [r"\exp(X)"]),
        ("a = X[0]", "", "a", ["X_{0,:}"]),
        ("lambda_ = X / N", "", r"\lambda", ["X", "N"]),
    ],
)
def test_a_line_is_printed_with_its_operands(code, made, left, operands):
    on_the_left, on_the_right = sides(code, made)
    assert left in on_the_left
    places = [on_the_right.find(operand) for operand in operands]
    assert -1 not in places, on_the_right
    assert equation(f"{on_the_left} = {on_the_right}").startswith("<math")


def test_what_is_no_gradient_has_its_own_name():
    left, right = sides("dW2 = hidden.T @ dscores", stems={})
    assert r"\partial" not in left + right
    assert r"\mathit{dW}_{2}" in left
    assert r"\mathit{dscores}" in right


def test_the_shape_stands_below():
    left, _ = sides("dW2 = hidden.T @ dscores", "W2")
    assert left.startswith(r"\underset{4 \times 3}{")
    assert r"\underset" not in sides("a = X.sum()")[0]


def test_the_order_of_a_product_is_that_of_the_code():
    _, right = sides("a = X.T @ hidden")
    assert right.index("X") < right.index("hidden")
    _, right = sides("a = hidden.T @ X")
    assert right.index("hidden") < right.index("X")


def test_a_long_line_has_several_equations_and_the_last_is_its_own():
    found = printed("dhidden *= 1 - hidden**2", "hidden")
    assert len(found) == 2
    assert HIDDEN in found[-1].split(" = ")[0]
    assert r"\mathit{hidden}^{\odot 2}" in found[0]


@pytest.mark.parametrize("made", ["", "scores"])
def test_a_variable_may_be_called_out(made):
    """So a layer's result is often called; the library calls what a function returns so, too."""
    left, right = sides("dscores = out - X.sum()", made, stems={})
    assert r"\mathit{out}" in right
    assert "scores" in left
    assert "scores" not in right


def test_the_gradient_of_out_is_printed_beside_it():
    left, right = sides("dout = out - X.sum()", "out", stems={})
    assert left.endswith(r"{\frac{\partial L}{\partial \mathit{out}}}")
    assert right.startswith(r"\mathit{out} -")


def test_items_and_attributes_are_called_by_their_last_name():
    (node,) = ast.parse("grads['W2'] = cache['hidden'].T @ self.d + reg * params['W2']").body
    read = {"cache['hidden']": np.ones((5, 4)), "self.d": np.ones((5, 3)),
            "params['W2']": np.ones((4, 3)), "reg": 0.1}  # fmt: skip
    found = equations(node, read, {"self.d": "scores"}, "params['W2']")
    assert found[-1].partition(" = ")[0].endswith(r"{\frac{\partial L}{\partial W_{2}}}")
    assert r"\mathit{hidden}^{\top}" in " ".join(found)
    assert r"\frac{\partial L}{\partial \mathit{scores}}" in " ".join(found)


def test_an_item_of_a_list_is_called_by_the_list():
    (node,) = ast.parse("dz = dh * (1 - hs[t + 1] ** 2)").body
    read = {"dh": np.ones(4), "hs[t + 1]": np.ones(4), "t": 1}
    assert r"\mathit{hs}^{\odot 2}" in " ".join(equations(node, read, {"dh": "h"}))


def test_a_range_is_an_index():
    (node,) = ast.parse("ds[range(N), y] -= 1").body
    read = {"ds": np.ones((4, 3)), "N": 4, "y": np.array([0, 1, 2, 1])}
    (found,) = equations(node, read, {"ds": "s"}, "s")
    assert r"\mathrm{arange}(N),y" in found


def test_another_name_is_an_equation():
    (node,) = ast.parse("dp = derr").body
    (found,) = equations(node, {"derr": np.ones(4)}, {"derr": "err"}, "p")
    left, right = found.split(" = ")
    assert left.endswith(r"{\frac{\partial L}{\partial p}}")
    assert right == r"\frac{\partial L}{\partial \mathit{err}}"


def test_a_variable_may_end_in_before():
    _, right = sides("a = 2 * d_before", stems={})
    assert "before" in right


def test_the_inputs_are_not_changed():
    kept = {name: np.copy(value) for name, value in GIVEN.items()}
    for code in ("dscores /= N", "dscores[rows, y] -= 1", "dhidden[hidden <= 0] = 0"):
        printed(code)
    for name, value in GIVEN.items():
        assert np.array_equal(value, kept[name]), name


ODD = [
    "pass", "a = 1", "a = None", "a = []", "a = [X, W2]", "a = {'x': X}", "a = 'text'",
    "a, b = X, W2", "a = undefined + X", "a = helper(X)", "a = X @ W2", "a = lambda: X",
    "a = 1 / 0", "a = b = 2 * X", "a.b = undefined", "grads[0] += X",
    "del X", "return X", "return", "yield X", "a = yield", "a = await X", "import os", "global a",
    "raise X", "assert X.sum() > 99", "for i in range(3): a = X * i", "while True: a = 1; break",
    "if N: a = 1", "with X: a = 1", "def f(): return 1", "class A: pass", "a = exit()",
    "a = __import__('sys').exit(3)", "a = np.nothing(X)", "a = float(X.sum())", "*a, b = X",
    "a = X.astype(object)", "a = np.array(['x'])", "X.sort()", "np.add.at(X, 0, 1)", "a: int",
    "...", "a = X if X.sum() else W2", "a = [x for x in X]", "a = eval('X')", "a = X.shape",
    "a = len(X)",
    "try:\n    a = 2 * X\nfinally:\n    pass", "match N:\n    case 5: a = 2 * X", "a = f'{X}'",
]  # fmt: skip


@pytest.mark.parametrize("code", ODD)
def test_an_odd_statement_raises_nothing(code):
    found = printed(code)
    assert isinstance(found, list)
    assert all(isinstance(text, str) for text in found)


NONE = ODD[: ODD.index("a = np.nothing(X)") + 1]


@pytest.mark.parametrize("code", NONE)
def test_what_cannot_be_recorded_has_no_equation(code):
    assert printed(code) == []


@pytest.mark.parametrize(
    "read",
    [
        {},
        {"class": 1.0, "X": GIVEN["X"]},
        {"g[0]": GIVEN["X"]},
        {"X": None},
        {"X": "text"},
        {"X": np.array([object()])},
        {"X": np.zeros((0, 2))},
        {"X": np.array(1j)},
        {"a": 1.0, "a_before": 2.0, "X": GIVEN["X"]},
        {"X): pass\ndef line(": 1.0},
    ],
)
def test_odd_inputs_raise_nothing(read):
    (node,) = ast.parse("a = X * 2").body
    found = equations(node, read, {"X": "", "a": "", "nothing": "nowhere"}, "a")
    assert isinstance(found, list)
