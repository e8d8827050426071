"""The built-in network: its text is that of the post, and every line of it is right."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from micrograd_np.compare.demo import lines
from micrograd_np.explorer import built, code, knobs
from micrograd_np.explorer.knobs import Knobs
from micrograd_np.explorer.walk import as_html, walk
from reference import iris, post

POST = Knobs()
WALKS = [
    POST,
    replace(POST, dtype="float32"),
    replace(POST, hidden=5, rows=7, seed=3, scale=1.0, reg=0.1),
    replace(POST, hidden=16, rows=1, seed=99, scale=10.0, dtype="float32"),
]


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def shown(one):
    return " ".join(str(value) for value in vars(one).values())


# --- the text ----------------------------------------------------------------------------------


def test_the_lines_are_those_of_the_post():
    found = {written.line.name: written.code for written in code.backward(1, "relu")}
    assert found == lines.statements(post.backward)
    assert list(found) == [line.name for line in lines.LINES]


@pytest.mark.parametrize("activation", knobs.ACTIVATIONS)
@pytest.mark.parametrize("depth", range(1, knobs.MOST_DEPTH + 1))
def test_a_deeper_network_repeats_the_lines_of_a_layer(depth, activation):
    roles = [written.role for written in code.backward(depth, activation)]
    layer = ["dW", "db", "dhidden", "mask"]
    assert roles == [
        *["probs", "onehot", "mean"], *layer * depth, "dW", "db", *["reg"] * (depth + 1)
    ]  # fmt: skip
    names = [written.line.name for written in code.backward(depth, activation)]
    assert len(set(names)) == len(names) == 7 + 5 * depth - 1


def test_a_statement_stands_in_place_of_a_line_or_is_left_out():
    whole = code.module(1, "relu")
    assert code.module(1, "relu", {}) == whole
    other = code.module(1, "relu", {"dscores": "dscores /= N - 1"})
    assert other == whole.replace("dscores /= N\n", "dscores /= N - 1\n")
    without = code.module(1, "relu", {"dscores": ""})
    assert without == whole.replace("    dscores /= N\n", "")


def test_a_network_is_compiled_once_and_few_are_kept():
    first = built.build(POST)
    assert built.build(replace(POST, seed=5, rows=3, reg=0.0)) is first
    for place in range(2 * built.MOST_KEPT):
        built.build(POST, {"dscores": f"dscores /= {place + 1}"})
    assert built.build(POST) is not first
    assert built.build(POST).text == first.text


# --- bitwise -----------------------------------------------------------------------------------


def test_the_weights_are_those_of_the_post():
    found = built.weights(POST)
    assert list(found) == ["W1", "b1", "W2", "b2"]
    for array, wanted in zip(found.values(), post.init(), strict=True):
        assert same(array, wanted)
    X, y, X_test, y_test = iris.split()
    given = built.inputs(POST)
    assert list(given) == ["X", "y", "W1", "b1", "W2", "b2", "reg"]
    assert same(given["X"], X)
    assert same(given["y"], y)
    assert given["reg"] == 1e-3
    for array, wanted in zip(built.test_rows(POST), (X_test, y_test), strict=True):
        assert same(array, wanted)


def test_the_rows_are_the_first_and_the_inputs_are_new_each_time():
    few = built.inputs(replace(POST, rows=5))
    assert same(few["X"], np.ascontiguousarray(iris.split()[0][:5]))
    for array in (few["X"], few["y"], few["W1"], few["b1"]):
        array[...] = 2
    again = built.inputs(replace(POST, rows=5))
    assert not any((again[name] == 2).all() for name in ("X", "y", "W1", "b1"))


@pytest.mark.parametrize("chosen", WALKS, ids=shown)
def test_the_lines_compute_what_those_of_the_post_do(chosen):
    given = built.inputs(chosen)
    wanted = post.backward(**given)
    for row in walk(chosen, {}).rows:
        assert same(row.value, wanted[row.written.line.name]), row.written.code


@pytest.mark.parametrize("chosen", WALKS, ids=shown)
def test_the_forward_pass_computes_what_that_of_the_post_does(chosen):
    given = built.inputs(chosen)
    values = walk(chosen, {}).values
    for name, wanted in post.forward(**given).items():
        assert same(values[name], np.asarray(wanted)), name
    assert same(np.asarray(built.build(chosen).forward(**given)), np.asarray(values["loss"]))


@pytest.mark.parametrize("chosen", WALKS, ids=shown)
def test_a_step_returns_the_loss_and_the_gradients_of_the_post(chosen):
    given = built.inputs(chosen)
    loss, *gradients = built.build(chosen).step(**given)
    assert same(np.asarray(loss), np.asarray(post.forward(**given)["loss"]))
    wanted = post.backward(**given)
    for name, gradient in zip(("dW1", "db1", "dW2", "db2"), gradients, strict=True):
        assert same(gradient, wanted[name]), name


# --- every line of every network is right ------------------------------------------------------

CHOICES = st.builds(
    Knobs,
    hidden=st.integers(1, knobs.MOST_HIDDEN),
    depth=st.integers(1, knobs.MOST_DEPTH),
    activation=st.sampled_from(knobs.ACTIVATIONS),
    rows=st.integers(1, knobs.MOST_ROWS),
    seed=st.integers(0, knobs.MOST_SEED),
    scale=st.floats(-4, 1).map(lambda power: 10.0**power),
    reg=st.one_of(st.just(0.0), st.floats(0, 1)),
    lr=st.just(1e-2),
    dtype=st.sampled_from(knobs.DTYPES),
)


@given(chosen=CHOICES)
@example(chosen=Knobs(13, 2, "sigmoid", 2, 10, scale=1.0027397909284836, reg=0.12618133819701294))
@settings(max_examples=30)
def test_every_line_of_any_network_is_right(chosen):
    found = walk(chosen, {})
    assert found.error == ""
    for row in found.rows:
        assert row.verdict == "ok", (row.written.line.name, row.by_hand)


@given(chosen=CHOICES)
@example(chosen=Knobs(2, 3, "leaky_relu", 1, 4, scale=5.623413251903491, reg=0.0))
@settings(max_examples=30)
def test_every_line_of_any_network_agrees_with_pytorch(chosen):
    pytest.importorskip("torch")
    found = walk(chosen, {})
    # PyTorch's gradient of logsumexp(s) is exp(s - logsumexp(s)): of large s it has lost digits.
    is_large = bool(np.abs(found.values["scores"]).max() > 300)
    for row in found.rows[is_large:]:
        assert row.by_torch.ok, (row.written.line.name, row.by_torch)
        assert row.by_torch.undecided == row.by_hand.undecided


def test_the_picture_has_every_line():
    text = as_html(walk(POST, {}))
    for row in walk(POST, {}).rows:
        assert row.code.replace("<", "&lt;") in text
    assert text.count(">ok<") == 11
    assert "left out" in as_html(walk(POST, {"dscores": ""}))


def test_a_walk_leaves_the_output_of_other_threads_alone(monkeypatch):
    """The command prints its address while the first walk is computed in another thread."""
    out, replaced = sys.stdout, []

    class Watched(type(sys)):
        def __setattr__(self, name, value):
            if name == "stdout" and value is not out:
                replaced.append(value)
            super().__setattr__(name, value)

    monkeypatch.setattr(sys, "__class__", Watched)
    for _ in range(2):  # what is printed is heard in the first run alone
        walk(POST, {})
    assert replaced == []
