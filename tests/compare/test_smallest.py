"""The smallest inputs that show a mistake, as an exercise."""

# ruff: noqa: F841  # gradients are found by the names of the variables

import itertools
import json
import sys

import numpy as np
import pytest

import micrograd_np as mg
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
