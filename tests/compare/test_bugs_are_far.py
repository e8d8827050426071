"""Rounding keeps correct code within a few radii; a bug of one line is thousands away."""

from functools import cache

import numpy as np
import pytest

from compare.networks import (
    FLOATS,
    GRADIENTS,
    WEIGHTS,
    draw,
    draw_of_any_size,
    draw_on_iris,
    edited,
    gradients,
)
from micrograd_np.rounding import LIMIT, distance
from reference import post

SEEDS = range(5)
AT_LEAST = {"float32": 1000, "float64": 1e9}
"""How many radii away a bug is at the very least; the smallest measured are far above."""

DIVIDE = "dscores /= N"
MINUS_ONE = "dscores[rows, y] -= 1"
DW2 = "dW2 = hidden.T @ dscores"
DB2 = "db2 = dscores.sum(axis=0, keepdims=True)"
DHIDDEN = "dhidden = dscores @ W2.T"
MASK = "dhidden[hidden <= 0] = 0"
DW1 = "dW1 = X.T @ dhidden"
DB1 = "db1 = dhidden.sum(axis=0, keepdims=True)"
REG_W2 = "dW2 = dW2 + reg * W2"
REG_W1 = "dW1 = dW1 + reg * W1"

ON_IRIS = {
    "no 1/N": (DIVIDE, "pass"),
    "N - 1": (DIVIDE, "dscores /= N - 1"),
    "1/N twice": (DIVIDE, "dscores /= N * N"),
    "divided by the number of classes": (DIVIDE, "dscores /= dscores.shape[1]"),
    "no -1": (MINUS_ONE, "pass"),
    "+1 for -1": (MINUS_ONE, "dscores[rows, y] += 1"),
    "the next class": (MINUS_ONE, "dscores[rows, (y + 1) % 3] -= 1"),
    "the class of another row": (MINUS_ONE, "dscores[rows - 1, y] -= 1"),
    "-1 in every row": (MINUS_ONE, "dscores[:, y] -= 1"),
    "dW2 of what came before the ReLU": (DW2, "dW2 = (X @ W1 + b1).T @ dscores"),
    "dW2 of the mask": (DW2, "dW2 = (hidden > 0).astype(X.dtype).T @ dscores"),
    "dW2 of probs": (DW2, "dW2 = hidden.T @ probs / N"),
    "db2 a mean": (DB2, "db2 = dscores.mean(axis=0, keepdims=True)"),
    "db2 forgets 1/N": (DB2, "db2 = (N * dscores).sum(axis=0, keepdims=True)"),
    "db2 sums the classes too": (DB2, "db2 = 0 * b2 + dscores.sum()"),
    "dhidden of probs": (DHIDDEN, "dhidden = probs @ W2.T / N"),
    "sign of dhidden": (DHIDDEN, "dhidden = -dscores @ W2.T"),
    "no mask": (MASK, "pass"),
    "mask < 0": (MASK, "dhidden[hidden < 0] = 0"),
    "mask inverted": (MASK, "dhidden[hidden > 0] = 0"),
    "mask of the gradient": (MASK, "dhidden[dhidden <= 0] = 0"),
    "mask of X W1": (MASK, "dhidden[X @ W1 <= 0] = 0"),
    "hidden for its mask": (MASK, "dhidden *= hidden"),
    "dW1 without the mask": (DW1, "dW1 = X.T @ (dscores @ W2.T)"),
    "db1 a mean": (DB1, "db1 = dhidden.mean(axis=0, keepdims=True)"),
    "db1 regularized": (DB1, "db1 = dhidden.sum(axis=0, keepdims=True) + reg * b1"),
    "W2 not regularized": (REG_W2, "pass"),
    "W2 regularized twice": (REG_W2, "dW2 = dW2 + 2 * reg * W2"),
    "reg for reg W2": (REG_W2, "dW2 = dW2 + reg"),
    "W1 not regularized": (REG_W1, "pass"),
    "W1 regularized by half": (REG_W1, "dW1 = dW1 + 0.5 * reg * W1"),
    "sign of reg W1": (REG_W1, "dW1 = dW1 - reg * W1"),
}
SQUARE = {
    "hidden not transposed": (DW2, "dW2 = hidden @ dscores"),
    "W2 not transposed": (DHIDDEN, "dhidden = dscores @ W2"),
    "X not transposed": (DW1, "dW1 = X @ dhidden"),
    "factors of dW1 swapped": (DW1, "dW1 = dhidden.T @ X"),
    "W1 for W2": (REG_W2, "dW2 = dW2 + reg * W1"),
    "db1 of the wrong axis": (DB1, "db1 = dhidden.sum(axis=1).reshape(1, -1)"),
}
"""Bugs that NumPy refuses by their shapes, unless everything is square."""

WRONG_SHAPE = {
    "db2 not summed": (DB2, "db2 = dscores"),
    "db2 summed along the wrong axis": (DB2, "db2 = dscores.sum(axis=1, keepdims=True)"),
    "db1 summed to a vector": (DB1, "db1 = dhidden.sum(axis=0)"),
    "dW1 transposed": (REG_W1, "dW1 = (dW1 + reg * W1).T"),
}


def farthest(lines, wanted):
    """Return the distance of the gradient that is farthest from the wanted one."""
    return max((distance(lines[name], wanted[name]) for name in GRADIENTS), key=lambda d: d.radii)


def smallest(dtype):
    """Return, for every bug, how far away it is where it is hardest to see."""
    found = {}
    square = [draw(seed, dtype, 6, 6, 6, 6) for seed in SEEDS]
    for bugs, networks in (
        (ON_IRIS, [draw_on_iris(seed, dtype) for seed in SEEDS]),
        (SQUARE, square),
    ):
        for given in networks:
            wanted = gradients(given)
            for name, (old, new) in bugs.items():
                far = farthest(edited(old, new)(**given), wanted)
                assert not far.problem, name
                found[name] = min(far.radii, found.get(name, np.inf))
    return found


@pytest.mark.parametrize("dtype", FLOATS)
def test_every_bug_of_one_line_is_far(dtype):
    found = smallest(dtype)
    assert len(found) == len(ON_IRIS) + len(SQUARE) >= 21
    nearest = min(found, key=found.get)
    print(f"{dtype}: the nearest of {len(found)} bugs: {nearest}, {found[nearest]:.2g} radii")
    assert found[nearest] >= AT_LEAST[dtype], nearest


@pytest.mark.parametrize("bug", WRONG_SHAPE)
def test_a_gradient_of_another_shape_is_not_compared(bug):
    given = draw_on_iris(0, "float64")
    far = farthest(edited(*WRONG_SHAPE[bug])(**given), gradients(given))
    assert far.problem.startswith("shape ")
    assert not far.ok


def test_a_missing_regularization_of_1e_minus_5_is_far():
    given = draw_on_iris(0, "float64", reg=1e-5)
    wanted = gradients(given)
    for line in (REG_W1, REG_W2):
        assert farthest(edited(line, "pass")(**given), wanted).radii >= AT_LEAST["float64"]


@cache
def network_and_radii(seed, dtype):
    given = draw_of_any_size(seed, dtype)
    return given, gradients(given)


@pytest.mark.parametrize("dtype", FLOATS)
def test_correct_code_by_hand_is_near(dtype):
    worst = 0.0
    for seed in range(300):
        given, wanted = network_and_radii(seed, dtype)
        far = farthest(post.backward(**given), wanted)
        assert far.ok, (seed, far)
        worst = max(worst, far.radii)
    print(f"{dtype}: by hand within {worst:.2f} radii")
    assert worst <= LIMIT


@pytest.mark.parametrize("dtype", FLOATS)
def test_torch_is_near(dtype):
    pytest.importorskip("torch")
    worst = 0.0
    for seed in range(300):
        given, wanted = network_and_radii(seed, dtype)
        far = farthest(in_torch(given), wanted)
        assert far.ok, (seed, far)
        worst = max(worst, far.radii)
    print(f"{dtype}: torch within {worst:.2f} radii")
    assert worst <= LIMIT


def in_torch(given):
    import torch

    weights = {name: torch.tensor(given[name], requires_grad=True) for name in WEIGHTS}
    hidden = torch.relu(torch.tensor(given["X"]) @ weights["W1"] + weights["b1"])
    scores = hidden @ weights["W2"] + weights["b2"]
    data_loss = torch.nn.functional.cross_entropy(scores, torch.tensor(given["y"]))
    squares = weights["W1"].square().sum() + weights["W2"].square().sum()
    (data_loss + 0.5 * given["reg"] * squares).backward()
    return {f"d{name}": weight.grad.numpy() for name, weight in weights.items()}


@pytest.mark.parametrize("dtype", FLOATS)
def test_units_exactly_at_their_kink_are_decided(dtype):
    """Zeros of zero inputs stay zero whatever is rounded: there is one right answer."""
    given = draw_on_iris(0, dtype)
    before_relu = given["X"] @ given["W1"] + given["b1"]
    assert (before_relu == 0).any()
    wanted, lines = gradients(given), post.backward(**given)
    for name in GRADIENTS:
        far = distance(lines[name], wanted[name])
        assert far.ok
        assert far.undecided == 0
