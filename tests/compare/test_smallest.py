"""The smallest inputs that show a mistake, as an exercise."""

# ruff: noqa: F841  # gradients are found by the names of the variables

import copy
import itertools
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.compare.smallest import search
from micrograd_np.compare.smallest.exercise import number

pytest.importorskip("hypothesis", reason="the smallest inputs are found by Hypothesis")


def forward(X, y, W, b):
    N = len(X)
    h = np.maximum(X @ W + b, 0)
    errors = h - y
    return np.sum(errors**2) / N


def correct(X, y, W, h, errors, N):
    dh = 2 * errors / N
    dz = dh * (h > 0)
    dW = X.T @ dz
    db = dz.sum(axis=0)
    dX = dz @ W.T
    dy = -dh


def without_mask(X, y, W, h, errors, N):
    dh = 2 * errors / N
    dz = dh
    dW = X.T @ dz
    db = dz.sum(axis=0)
    dX = dz @ W.T
    dy = -dh


def without_N(X, y, W, h, errors):
    dh = 2 * errors
    dz = dh * (h > 0)
    dW = X.T @ dz
    db = dz.sum(axis=0)
    dX = dz @ W.T
    dy = -dh


def turned(X, y, W, h, errors, N):
    dh = 2 * errors / N
    dz = dh * (h > 0)
    dW = X.T @ dz
    db = dz.sum(axis=1)[: len(dh.T)]
    dX = dz @ W.T
    dy = -dh


def inputs(N=5, D=4, H=3):
    rng = np.random.default_rng(1)
    return {
        "X": rng.normal(size=(N, D)), "y": rng.normal(size=(N, H)), "W": rng.normal(size=(D, H)),
        "b": rng.normal(size=H),
    }  # fmt: skip


def found(backward):
    report = mg.compare(forward, backward, **inputs())
    assert not report.ok
    return report.counterexample()


def lengths(exercise):
    X, W = exercise.inputs["X"], exercise.inputs["W"]
    return (*X.shape, W.shape[1])


def test_a_missing_mask_shows_with_one_number_of_each():
    assert lengths(found(without_mask)) == (1, 1, 1)


def test_a_missing_division_by_N_shows_with_two_examples_and_never_with_one():
    assert lengths(found(without_N)) == (2, 1, 1)
    rng = np.random.default_rng(0)
    for D, H in itertools.product((1, 2, 3), repeat=2):
        X, y, W, b = (rng.normal(size=s) for s in ((1, D), (1, H), (D, H), H))
        h = np.maximum(X @ W + b, 0)
        assert np.array_equal(2 * (h - y), 2 * (h - y) / 1), "with one example nothing is wrong"


@pytest.mark.parametrize("backward", [without_mask, without_N, turned])
def test_the_numbers_are_small_and_whole_and_show_the_mistake(backward):
    given = found(backward).inputs
    for value in given.values():
        assert np.array_equal(value, np.rint(value))
        assert np.max(np.abs(value)) <= 3
    h = np.maximum(given["X"] @ given["W"] + given["b"], 0)
    assert np.all(given["X"] @ given["W"] + given["b"] != 0), "no kink is hit"
    scope = {**given, "h": h, "errors": h - given["y"], "N": len(given["X"]), "np": np}
    exec(body_of(backward), scope)
    right = dict(zip(given, mg.grad(forward, argnums=(0, 1, 2, 3))(*given.values()), strict=True))
    assert any(not same(scope[f"d{name}"], value) for name, value in right.items())


def same(a, b):
    return a.shape == b.shape and np.allclose(a, b)


def body_of(function):
    import inspect
    import textwrap

    rows = inspect.getsource(function).splitlines()[1:]
    return textwrap.dedent("\n".join(rows))


def test_the_exercise_asks_for_the_wrong_line_and_answers():
    exercise = found(without_mask)
    rows = str(exercise).splitlines()
    assert all(len(row) <= 100 for row in rows)
    assert "What is still missing after line" in str(exercise)
    assert "    dz = dh" in rows
    place = rows.index("Work it out with pencil and paper before you read on.")
    assert rows[:place] == exercise.question.splitlines()[:place]
    X, y, W, b = exercise.inputs.values()
    h = np.maximum(X @ W + b, 0)
    dh = 2 * (h - y) / len(X)
    assert f"dz is {number(dh)}" in exercise.answer
    assert f"it should be {number(dh * (h > 0))}" in exercise.answer
    assert number(dh) != number(dh * (h > 0))


def test_it_is_the_same_every_time():
    assert str(found(without_N)) == str(found(without_N))


def recurrent(params, xs):
    h = np.zeros(len(params["U"]))
    hs = [h]
    for x in xs:
        h = np.tanh(params["W"] @ x + params["U"] @ h)
        hs.append(h)
    return np.sum(h**2)


def recurrent_back(params, xs, hs):
    grads = {name: np.zeros_like(value) for name, value in params.items()}
    dh = 2 * hs[-1]
    for t in reversed(range(len(xs))):
        dz = dh * (1 - hs[t + 1] ** 2)
        grads["W"] += np.outer(dz, xs[t])
        grads["U"] += np.outer(dz, hs[t])
        dh = params["U"] @ dz
    return grads


def test_a_loop_and_a_dict_of_weights():
    rng = np.random.default_rng(2)
    params = {"W": rng.normal(size=(4, 3)), "U": rng.normal(size=(4, 4))}
    report = mg.compare(recurrent, recurrent_back, params, rng.normal(size=(5, 3)))
    assert report.first_wrong is not None
    assert report.first_wrong.source == 'dh = params["U"] @ dz'
    exercise = report.counterexample()
    U = exercise.inputs["params"]["U"]
    assert len(U) == 2, "a matrix of one number is its own transpose"
    assert not np.array_equal(U, U.T)
    assert len(exercise.inputs["xs"]) == 2, "and it takes two steps"


def test_where_nothing_is_wrong_there_is_none():
    assert mg.compare(forward, correct, **inputs()).counterexample() is None


def test_without_hypothesis_it_says_how_to_get_it(monkeypatch):
    report = mg.compare(forward, without_mask, **inputs())
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install micrograd-np\[test\]"):
        report.counterexample()


def test_json_is_as_before():
    data = json.loads(mg.compare(forward, without_mask, **inputs()).to_json())
    assert "search" not in data
    assert data["ok"] is False


# --- what it leaves alone ------------------------------------------------------------------------

HOMEWORK = """
import numpy as np

def forward(x, w):
    h = x @ w
    loss = np.sum(h**2)
    return loss

def backward(x, h):
    dw = x.T @ h

def example_inputs():
    return np.arange(12.0).reshape(4, 3), np.array([0.5, -1, 2])
"""


def test_nothing_is_left_where_the_user_works(tmp_path):
    (tmp_path / "homework.py").write_text(HOMEWORK, encoding="utf-8")
    root = Path(__file__).parents[2]
    # In a process of its own: Hypothesis reads the modules of a process once.
    command = [sys.executable, "-B", "-m", "micrograd_np", "compare", "homework.py", "--smallest"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True
    )
    assert "Work it out with pencil and paper" in done.stdout, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["homework.py"]


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda r: pickle.loads(pickle.dumps(r))]
)
def test_a_report_can_be_copied_and_pickled_and_says_that_it_cannot_run_then(again):
    report = mg.compare(forward, without_mask, **inputs())
    made = again(report)
    assert made == report
    assert str(made) == str(report)
    with pytest.raises(RuntimeError, match="compare again"):
        made.counterexample()
    assert report.counterexample() is not None
    assert again(mg.compare(forward, correct, **inputs())).counterexample() is None


# --- the end of the time -------------------------------------------------------------------------


def size_of(exercise):
    return sum(float(np.abs(value).sum()) for value in exercise.inputs.values())


class Clock:
    """A time that goes on by one whenever it is asked for."""

    def __init__(self):
        self.now = 0

    def monotonic(self):
        self.now += 1
        return self.now


def test_the_simplest_that_was_found_is_kept_when_the_time_is_over(monkeypatch):
    sizes = []
    for seconds in (8, *range(10, 40, 5), 10**6):
        report = mg.compare(forward, without_N, **inputs())
        monkeypatch.setattr(search, "time", Clock())
        exercise = report.counterexample(seconds)
        monkeypatch.undo()
        assert lengths(exercise) == (2, 1, 1)
        sizes.append(size_of(exercise))
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 2, "what is found between the first and the simplest is kept"


# --- what has no line of its own to ask for ------------------------------------------------------


def test_what_no_numbers_show_is_not_searched_for(monkeypatch):
    def forward(x, w):
        p = np.exp(x @ w)
        return np.sum(p)

    def backward(x, p):
        da = p
        dw = x.T @ da
        da *= 0

    rng = np.random.default_rng(3)
    report = mg.compare(forward, backward, rng.normal(size=(5, 3)), rng.normal(size=3))
    assert not report.ok
    assert all(gradient.ok for gradient in report.gradients)
    monkeypatch.setattr(search.Search, "smallest", lambda _: pytest.fail("it is searched for"))
    assert report.counterexample() is None


def counted(xs, h0, w):
    hs = {-1: h0}
    for t in range(len(xs)):
        hs[t] = np.tanh(w * hs[t - 1] + xs[t])
    return np.sum(hs[len(xs) - 1] ** 2), hs


def counted_back(xs, w, hs):
    dw = np.zeros_like(w)
    dh = 2 * hs[len(xs) - 1]
    for t in range(len(xs)):
        dz = dh * (1 - hs[t] ** 2)
        dw += dz * hs[t - 1]
        dh = w * dz
    return dw


def test_of_the_head_of_a_loop_a_gradient_is_asked_for():
    rng = np.random.default_rng(4)
    xs, h0, w = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3)
    report = mg.compare(counted, counted_back, xs, h0, w)
    assert report.first_wrong is not None
    assert report.first_wrong.source == "for t in range(len(xs)):"
    exercise = report.counterexample()
    assert "What is dw, the gradient of the loss with respect to w?" in exercise.question
    assert "have to give" not in exercise.question
    assert "dz = dh" not in exercise.question, "the lines of the loop are for the reader to run"
    assert len(exercise.inputs["xs"]) == 2, "with one step the order is right"
