"""The derived program beside the lines by hand: every line is found in a statement of it."""

import ast
import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from micrograd_np.explorer import code, derivation, knobs
from micrograd_np.explorer.knobs import Knobs

POST = Knobs()
NETWORKS = [(depth, activation) for depth in (1, 2, 3) for activation in knobs.ACTIVATIONS]


@cache
def derived(depth, activation, **changed):
    return derivation.message(replace(POST, depth=depth, activation=activation, **changed))


def written(row):
    """Return what the statements of a row assign to."""
    names = set()
    for statement in row["statements"]:
        (node,) = ast.parse(statement["code"]).body
        target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
        while isinstance(target, (ast.Subscript, ast.Attribute)):
            target = target.value
        names.add(target.id)
    return names


def links(found, name):
    """Return the lines that the rows which write a variable are linked with, in order."""
    return [
        line
        for row in found["backward"]
        if name in written(row)
        for statement in row["statements"]
        for line in statement["lines"]
    ]


@pytest.mark.parametrize(("depth", "activation"), NETWORKS)
@pytest.mark.parametrize("changed", [{}, {"scale": 0.5, "reg": 0.1}], ids=["post", "larger"])
def test_every_line_is_linked(depth, activation, changed):
    found = derived(depth, activation, **changed)
    assert found["unlinked"] == []
    names = {line.line.name for line in code.backward(depth, activation)}
    linked = [
        line for row in found["backward"] for one in row["statements"] for line in one["lines"]
    ]
    assert set(linked) == names


@pytest.mark.parametrize(("depth", "activation"), NETWORKS)
def test_each_row_is_a_statement_with_an_equation(depth, activation):
    found = derived(depth, activation)
    for row in [*found["forward"], *found["backward"]]:
        assert row["statements"]
        for statement in row["statements"]:
            (node,) = ast.parse(statement["code"]).body
            assert isinstance(node, (ast.Assign, ast.AugAssign))
        assert all(text.startswith("<math") for text in row["equations"])
        assert all("style=" not in text for text in row["equations"])
    assert any(row["equations"] for row in found["backward"])
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(("depth", "activation"), NETWORKS)
def test_the_forward_pass_is_linked_with_its_lines(depth, activation):
    found = derived(depth, activation)
    labels = {
        ast.unparse(ast.parse(text).body[0].targets[0]): f"F{i}"
        for i, text in enumerate(code.forward(depth, activation), start=1)
    }
    statements = {
        name: one["lines"]
        for row in found["forward"]
        for one in row["statements"]
        for name in written({"statements": [one]})
    }
    for name in ("scores", "loss", *code.hidden_names(depth)):
        assert labels[name] in statements[name]
    assert statements["scores"] == [labels["scores"]]


@pytest.mark.parametrize(("depth", "activation"), NETWORKS)
def test_a_gradient_is_linked_with_the_line_of_its_name(depth, activation):
    found = derived(depth, activation)
    for name in code.weights(depth):
        assert f"d{name}" in links(found, f"d{name}"), name


LINKS = {
    "dscores": ["dscores_probs", "dscores_minus_onehot", "dscores"],
    "dW2": ["dW2_data", "dW2"],
    "db2": ["db2"],
    "dW1": ["dW1_data", "dW1"],
    "db1": ["db1"],
}


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("seed", [0, 3])
def test_the_links_are_right_by_name(name, seed):
    assert links(derived(1, "relu", seed=seed), name) == LINKS[name]


def test_the_mask_and_what_comes_before_it_are_linked_too():
    found = derived(1, "relu")
    others = {line for name in LINKS for line in LINKS[name]}
    rest = [
        (one["code"], one["lines"])
        for row in found["backward"]
        for one in row["statements"]
        if set(one["lines"]) - others
    ]
    (first, lines), *more = rest
    assert "dscores @ W2.T" in first
    assert lines[0] == "dhidden_before_mask"
    assert [line for _, names in rest for line in names] == ["dhidden_before_mask", "dhidden"]
    assert len(more) <= 1


def test_the_rows_are_in_the_order_of_the_lines():
    found = derived(1, "relu")
    seen = [line for row in found["backward"] for one in row["statements"] for line in one["lines"]]
    assert seen.index("dscores") < seen.index("dW2_data") < seen.index("dW1_data")
    assert seen.index("dhidden_before_mask") < seen.index("dhidden") < seen.index("dW1_data")


def test_a_line_that_no_statement_computes_is_told():
    inputs = derivation.built.inputs(POST)
    names = list(inputs)
    wrt = tuple(names.index(name) for name in code.weights(1))
    program = derivation.derive(derivation.built.loss(1, "relu"), *inputs.values(), argnums=wrt)
    rows = {row.written.line.name: [row.wanted] for row in derivation.walk(POST, {}).rows}
    (wanted,) = rows["dW2"]
    odd = replace(wanted, value=wanted.value + 1)
    found = derivation.linked(program, list(inputs.values()), rows | {"dW2": [odd]}, {})
    assert found["unlinked"] == ["dW2"]


def test_nothing_that_is_given_is_changed():
    inputs = derivation.built.inputs(POST)
    kept = {name: np.copy(value) for name, value in inputs.items()}
    names = list(inputs)
    program = derivation.derive(
        derivation.built.loss(1, "relu"), *inputs.values(), argnums=names.index("W1")
    )
    derivation.linked(program, list(inputs.values()), {}, {})
    for name, value in inputs.items():
        assert np.array_equal(value, kept[name]), name
