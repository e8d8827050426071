"""How a line makes its value: as a tree, which gives the value again when it is worked out."""

import ast

import numpy as np
import pytest

from micrograd_np.compare.running.subject import Subject
from micrograd_np.explorer import knobs, mistakes, taken
from micrograd_np.explorer.knobs import Knobs
from micrograd_np.explorer.message import Arrays
from micrograd_np.explorer.terms import MOST_ELEMENTS, term_of
from micrograd_np.explorer.walk import walk

RNG = np.random.default_rng(5)
GIVEN = {
    "np": np,
    "X": RNG.normal(size=(5, 3)),
    "W": RNG.normal(size=(3, 4)),
    "d": RNG.normal(size=(5, 4)),
    "row": RNG.normal(size=(1, 4)),
    "u": RNG.normal(size=5),
    "v": RNG.normal(size=5),
    "T": RNG.normal(size=(2, 5, 3)),
    "one": RNG.normal(size=(2, 1, 5, 1)),
    "labels": np.array([0, 3, 1, 1, 2]),
    "N": 5,
    "reg": 0.1,
    "far": np.zeros((1000, 1000)),
    "words": np.array(["a"]),
    "z": 1j * np.ones(3),
    "unknown": lambda value: value,
    "random": np.random.default_rng(0),
}


def made(code, **changed):
    """Return the tree of a statement, what its leaves give, and what it writes."""
    (node,) = ast.parse(code).body
    namespace = {k: np.copy(v) if isinstance(v, np.ndarray) else v for k, v in GIVEN.items()}
    namespace |= changed

    def evaluate(part):
        return eval(compile(ast.Expression(ast.fix_missing_locations(part)), "", "eval"), namespace)

    term = term_of(node, evaluate)
    found = None if term is None else worked_out(term)
    exec(code, namespace)
    target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
    while isinstance(target, ast.Subscript):
        target = target.value
    return term, found, np.asarray(namespace[ast.unparse(target)])


def worked_out(term):
    """Return the value of a tree from the values of its leaves alone."""
    parts = [worked_out(part) for part in term.parts]
    match term.kind, parts:
        case "", []:
            return term.value
        case "product", [left, right]:
            return left @ right
        case "sum" | "mean", [one]:
            keeps = one.ndim == term.value.ndim
            return getattr(np, term.kind)(one, axis=term.axis, keepdims=keeps)
        case "negative", [one]:
            return -one
        case "add" | "subtract" | "multiply" | "divide" as name, [left, right]:
            return getattr(np, name)(left, right)
        case "kept", [before, mask]:
            return np.where(mask, term.value, before)
        case "changed", [before, added]:
            return before + added
    raise AssertionError(term)


def skeleton(term):
    """Return a tree as its kinds, nested; a leaf as its text."""
    return (term.kind, *map(skeleton, term.parts)) if term.kind else term.text


TREES = {
    "a = X @ W": ("product", "X", "W"),
    "a = X.T @ d": ("product", "X.T", "d"),
    "a = np.dot(X, W)": ("product", "X", "W"),
    "a = X.dot(W)": ("product", "X", "W"),
    "a = np.matmul(X.T, d)": ("product", "X.T", "d"),
    "a = u @ v": ("product", "u", "v"),
    "a = u @ X": ("product", "u", "X"),
    "a = d @ W.T @ W": ("product", ("product", "d", "W.T"), "W"),
    "a = d + row": ("add", "d", "row"),
    "a = d / N": ("divide", "d", "N"),
    "a = d - reg * W.sum()": ("subtract", "d", ("multiply", "reg", ("sum", "W"))),
    "a = -(X @ W)": ("negative", ("product", "X", "W")),
    "a = -d + d * d": ("add", ("negative", "d"), ("multiply", "d", "d")),
    "a = d * (d > 0)": ("multiply", "d", "d > 0"),
    "d *= 1 - d**2": ("multiply", "d", ("subtract", "1", "d ** 2")),
    "d /= N": ("divide", "d", "N"),
    "d += reg * row": ("add", "d", ("multiply", "reg", "row")),
    "d -= d.mean(axis=0)": ("subtract", "d", ("mean", "d")),
    "d[d <= 0] = 0": ("kept", "d before", "d <= 0"),
    "d[~(d > 0)] = 1": ("kept", "d before", "~(d > 0)"),
    "a = np.exp(d) / np.exp(d).sum()": ("divide", "np.exp(d)", ("sum", "np.exp(d)")),
    "a = d.sum(axis=0) @ d.T": ("product", ("sum", "d"), "d.T"),
    "a = X": "X",
    "a = X.copy()": "X.copy()",
    "a = T @ W": "T @ W",
    "a = np.matmul(T, W)": "np.matmul(T, W)",
    "a = d**2": "d ** 2",
    "a = np.sum(d, where=d > 0)": "np.sum(d, where=d > 0)",
    "a = np.dot(X, W, out=None)": "np.dot(X, W, out=None)",
}


@pytest.mark.parametrize("code", TREES)
def test_the_tree_is_that_of_the_code_and_gives_the_value(code):
    term, found, value = made(code)
    assert skeleton(term) == TREES[code]
    assert np.array_equal(term.value, value)
    assert np.allclose(found, value, rtol=1e-14, atol=0)


AXES = {
    "d.sum()": None, "np.sum(d)": None, "d.sum(axis=None)": None, "d.sum(keepdims=True)": None,
    "d.sum(0)": (0,), "d.sum(axis=0)": (0,), "np.sum(d, 0)": (0,), "np.sum(d, axis=0)": (0,),
    "d.sum(axis=-1)": (1,), "d.sum(1, keepdims=True)": (1,), "d.mean(axis=(0, 1))": (0, 1),
    "np.mean(d, axis=(0, -1), keepdims=True)": (0, 1), "d.mean(axis=N - 4)": (1,),
    "T.sum(axis=(0, 2))": (0, 2), "T.mean((-3, -2), keepdims=True)": (0, 1), "u.sum(-1)": (0,),
    "one.sum(axis=(1, 3))": (1, 3), "d.sum(axis=())": (),
}  # fmt: skip


@pytest.mark.parametrize("code", AXES)
def test_a_sum_knows_its_axes_however_they_are_written(code):
    term, found, value = made(f"a = {code}")
    assert term.kind == ("mean" if "mean" in code else "sum")
    assert term.axis == AXES[code]
    assert np.allclose(found, value, rtol=1e-14, atol=0)
    assert Arrays().term(term)["axis"] == (None if AXES[code] is None else list(AXES[code]))


NOTHING = [
    "a = undefined", "a = (b := X) @ W", "a = words", "a = z", "a = far", "a = X @ d",
    "a, b = u, v", "d[0] = 0", "d[labels == 0] = 0",
    "d **= 2",
    "a = np.sum", "a = None", "a = [X, W]",
]  # fmt: skip


@pytest.mark.parametrize("code", NOTHING)
def test_what_cannot_be_taken_apart_is_not_shown(code):
    (node,) = ast.parse(code).body

    def evaluate(part):
        if any(isinstance(one, ast.NamedExpr) for one in ast.walk(part)):
            raise ValueError("as take does")
        return eval(compile(ast.Expression(ast.fix_missing_locations(part)), "", "eval"), {**GIVEN})

    assert term_of(node, evaluate) is None


def test_a_large_array_is_not_shown_and_one_that_is_not_too_large_is():
    term, *_ = made("a = b", b=np.zeros(MOST_ELEMENTS))
    assert term.value.size == MOST_ELEMENTS
    assert made("a = b", b=np.zeros(MOST_ELEMENTS + 1))[0] is None


# --- in a backward pass ------------------------------------------------------------------------


def consistent(found):
    """Assert that every tree gives what its line has written, whatever later lines have done."""
    for one in found:
        names = {node.id for node in ast.walk(one.step.node) if isinstance(node, ast.Name)}
        assert one.read.keys() <= names, ast.unparse(one.step.node)
        if one.term is not None:
            code = ast.unparse(one.step.node)
            assert np.array_equal(one.term.value, one.value), code
            assert np.allclose(worked_out(one.term), one.value, rtol=1e-12, atol=1e-15), code


@pytest.mark.parametrize("activation", knobs.ACTIVATIONS)
@pytest.mark.parametrize("depth", [1, 3])
def test_the_trees_of_a_walk_give_what_its_lines_have_written(depth, activation):
    chosen = Knobs(depth=depth, activation=activation, scale=1.0, reg=0.1)
    rows = walk(chosen, {}).rows
    assert all(row.taken.term for row in rows)
    consistent([row.taken for row in rows])


@pytest.mark.parametrize("name", ["alias", "sign"])
def test_the_tree_of_a_second_name_is_of_what_it_named_then(name):
    instead = mistakes.chosen({"dscores_probs": name}, 1, "relu")
    consistent([row.taken for row in walk(Knobs(), instead).rows])


CALLS = []
ELEMENTS = np.arange(4)


def counted(value):
    CALLS.append(1)
    return 2.0 * value


def forward(x, w):
    hidden = x @ w
    loss = (hidden * hidden).sum()
    return loss  # noqa: RET504  # the loss is found by its name


def backward(x, hidden):
    dhidden = counted(hidden)
    noise = np.random.normal(size=2)
    drawn = np.random.random(2) + noise
    more = dhidden + 0 * counted(dhidden)
    total = more + drawn
    total += counted(hidden)
    dw = x.T @ (named := more)
    dw = dw + 0 * named.sum()
    dw[ELEMENTS, 0] -= 1
    dw[dw > 0] = 0
    kept = (lambda value: value)(dw) + 0
    last = np.random.random()
    calls = np.array(len(CALLS))
    return [dhidden, noise, drawn, more, total, dw, kept, last, calls]


def test_evaluating_parts_calls_nothing_a_second_time():
    x, w = RNG.normal(size=(5, 4)), RNG.normal(size=(4, 2))
    subject = Subject(forward, backward)
    state = subject.run_forward({"x": x, "w": w})
    found, error = taken.take(subject, state)
    assert error is None
    consistent(found)
    own = [one for one in found if one.step.code.name == "backward" and "return" not in one.name]
    assert [(one.name, one.term and one.term.kind) for one in own] == [
        ("dhidden", None), ("noise", None), ("drawn", None), ("more", None), ("total", "add"),
        ("total", "changed"), ("dw", None), ("dw", "add"), ("dw", "changed"), ("dw", "kept"),
        ("kept", None), ("last", None), ("calls", ""),
    ]  # fmt: skip
    written = {one.name: one.value for one in own}
    assert written["calls"] == 3
    plain = backward(x, x @ w)
    CALLS.clear()
    names = ["dhidden", "noise", "drawn", "more", "total", "dw", "kept", "last", "calls"]
    for name, value in zip(names, plain, strict=True):
        assert np.array_equal(written[name], value), name
