"""Each of the products in the table by itself: drawn at random, some would be left out."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.numeric.complex_step import complex_step
from micrograd_np.rounding import distance, rounding_radius
from micrograd_np.testing.operations.table.einsum import EINSUMS
from micrograd_np.testing.operations.table.products import DOTS


def operands(shapes):
    rng = np.random.default_rng(0)
    return [rng.uniform(0.5, 2, shape) for shape in shapes]


def assert_gradients_are_those_of_a_complex_step(product, arrays):
    seed = np.random.default_rng(1).normal(size=np.shape(product(*arrays)))
    weighted = lambda *a: np.sum(product(*a) * seed)
    every = tuple(range(len(arrays)))
    radii = rounding_radius(lambda *a: dict(enumerate(mg.grad(weighted, every)(*a))), *arrays)
    by_arrays = mg.grad(weighted, every)(*arrays)
    for k in every:
        step = complex_step(lambda z, k=k: weighted(*arrays[:k], z, *arrays[k + 1 :]), arrays[k])
        for given in (step, by_arrays[k]):
            found = distance(given, radii[k])
            assert found.ok, f"operand {k}: {found}"


@pytest.mark.parametrize(("subscripts", "shapes"), EINSUMS)
def test_einsum(subscripts, shapes):
    product = lambda *a: np.einsum(subscripts, *a)
    assert_gradients_are_those_of_a_complex_step(product, operands(shapes))


@pytest.mark.parametrize("shapes", DOTS, ids=str)
def test_dot(shapes):
    assert_gradients_are_those_of_a_complex_step(np.dot, operands(shapes))


@pytest.mark.parametrize(
    "shapes",
    [
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)), ((2, 2, 3), (3,)),
        ((3,), (2, 3, 2)), ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)), ((2, 1, 2, 3), (3, 3, 2)),
        ((0, 3), (3, 2)), ((2, 0), (0, 2)),
    ],
    ids=str,
)  # fmt: skip
def test_matmul(shapes):
    assert_gradients_are_those_of_a_complex_step(np.matmul, operands(shapes))


def test_the_path_of_an_einsum_is_that_of_its_shapes():
    a, b, c = operands([(2, 3), (3, 4), (4, 5)])
    leaves = [mg.tensor(x, requires_grad=True) for x in (a, b, c)]
    assert np.einsum_path("ij,jk,kl", *leaves) == np.einsum_path("ij,jk,kl", a, b, c)
    numbered = [
        part for pair in zip(leaves, ([0, 1], [1, 2], [2, 3]), strict=True) for part in pair
    ]
    assert np.einsum_path(*numbered)[0] == np.einsum_path("ij,jk,kl", a, b, c)[0]
