"""What derive prints, against what a careful person writes: the same numbers, no more lines."""

import ast
import inspect
from pathlib import Path

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.rounding import distance, rounding_radius
from program.networks import FUSED, NETWORKS

GOLDEN = Path(__file__).with_name("golden")
every_network = pytest.mark.parametrize("network", NETWORKS, ids=str)


def function_of(source):
    """Return the one function that a source defines."""
    namespace = {}
    exec(source, namespace)
    (function,) = (v for k, v in namespace.items() if inspect.isfunction(v))
    return function


def seed_for(program):
    """Return the last argument that a program has more than its function: a seed."""
    shape = program.inputs[-1].shape
    return np.cos(1.0 + np.arange(np.prod(shape, dtype=int))).reshape(shape)


def arguments(network, program):
    extra = len(program.inputs) - len(network.args)
    return [*network.args, *([seed_for(program)] if extra else [])]


def backward_statements(source):
    """Count the statements after the blank line in the function's body, the return left out."""
    (function,) = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    blank = max(i for i, line in enumerate(source.splitlines(), 1) if not line)
    after = [node for node in function.body if node.lineno > blank]
    assert isinstance(after[-1], ast.Return)
    return len(after) - 1


def statements_by_hand(function):
    (tree,) = ast.parse(inspect.getsource(function)).body
    assert not any(isinstance(node, (ast.For, ast.While)) for node in ast.walk(tree))
    return len(tree.body) - 1


def assert_gradients_agree(network, given):
    """Assert that gradients are the automatic ones, but for rounding."""
    program = network.derive()
    args = arguments(network, program)
    wanted = network.argnums or tuple(range(len(network.args)))

    def automatic(*differentiated):
        filled = list(network.args)
        for i, value in zip(wanted, differentiated, strict=True):
            filled[i] = value
        extra = args[len(network.args) :]
        total = lambda *inputs: np.sum(
            network.forward(*put(filled, wanted, inputs)) * (extra[0] if extra else 1)
        )
        grads = mg.grad(total, argnums=tuple(range(len(wanted))))(*differentiated)
        return {str(i): g for i, g in enumerate(grads)}

    radii = rounding_radius(automatic, *(network.args[i] for i in wanted))
    assert len(given) == len(radii)
    for i, gradient in enumerate(given):
        found = distance(gradient, radii[str(i)])
        assert found.ok, f"gradient {i}: {found}"


def put(values, positions, new):
    filled = list(values)
    for i, value in zip(positions, new, strict=True):
        filled[i] = value
    return filled


@every_network
def test_the_pair_gives_the_same_gradients(network):
    program = network.derive()
    args = arguments(network, program)
    _, *grads = function_of(program.source())(*args)
    assert_gradients_agree(network, grads)
    by_hand = network.backward(program.run(*args), *args)
    assert_gradients_agree(network, by_hand)


@every_network
def test_it_has_at_most_a_fifth_more_statements(network):
    derived = backward_statements(network.derive().source())
    assert derived <= 1.2 * statements_by_hand(network.backward)


@every_network
def test_the_printout_is_the_golden_one(network):
    golden = GOLDEN / f"{network}.txt"
    assert network.derive().source() == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("network", [NETWORKS[0], FUSED], ids=str)
def test_the_posts_backward_pass_is_the_posts(network):
    source = network.derive().source()
    backward = source[source.rindex("\n\n") :]
    assert backward_statements(source) <= 12
    for idiom in (
        "] -= 1\n",
        "    dscores /= ",
        "dscores @ W2.T",
        "hidden.T @ dscores",
        "dscores.sum(axis=0, keepdims=True)",
        "    dhidden[hidden <= 0] = 0\n",
        "X.T @ dhidden",
    ):
        assert idiom in backward
    _, *grads = function_of(source)(*network.args)
    assert_gradients_agree(network, grads)
