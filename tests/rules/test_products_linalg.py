"""Products of np.linalg: what they refuse, and chains in the order that NumPy decides."""

import itertools

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from rules.numpys import assert_numpys

A = np.cos(np.arange(6.0)).reshape(2, 3)
B = np.sin(np.arange(12.0)).reshape(3, 4)
ROW = np.array([1.5, -2.0, 0.25])
LONG = np.array([1.5, -2.0, 0.25, 3.0])

CALLS = {
    "an outer product with a list": (np.linalg.outer, [1.0, 2.0], ROW),
    "an outer product of a list": (np.linalg.outer, ROW, [1.0, 2.0]),
    "an outer product of a matrix": (np.linalg.outer, A, ROW),
    "an outer product with a matrix": (np.linalg.outer, ROW, A),
    "a cross product with a list": (np.linalg.cross, [1.0, 2.0, 4.0], ROW),
    "a cross product of a list": (np.linalg.cross, ROW, [1.0, 2.0, 4.0]),
    "a cross product of four": (np.linalg.cross, LONG, ROW),
    "a cross product with four": (np.linalg.cross, ROW, LONG),
    "a cross product of two": (np.linalg.cross, ROW[:2], ROW),
    "a cross product with two": (np.linalg.cross, ROW, ROW[:2]),
    "a chain of one": (lambda a: np.linalg.multi_dot([a]), A),
    "a chain of two": (lambda a, b: np.linalg.multi_dot([a, b]), A, B),
    "a chain of rows": (lambda a, b, c: np.linalg.multi_dot([a, b, c]), ROW, B, LONG),
    "a chain from a row": (lambda a, b, c: np.linalg.multi_dot([a, b, c]), ROW, B, B.T),
    "a chain to a row": (lambda a, b, c: np.linalg.multi_dot([a, b, c]), A, B, LONG),
    "a chain of stacks": (lambda a, b, c: np.linalg.multi_dot([a, b, c]), A, B[None], LONG),
    "a chain over a row": (lambda a, b, c: np.linalg.multi_dot([a, b, c]), A, ROW, LONG),
}


@pytest.mark.parametrize("name", CALLS)
def test_numpys_products(name):
    call, *arrays = CALLS[name]
    assert_numpys(call, *arrays)


def test_a_chain_of_one_is_told_that_it_is_too_short():
    with pytest.raises(ValueError, match="at least two arrays"):
        np.linalg.multi_dot([mg.tensor(A, requires_grad=True)])


def chain(sizes):
    """Return matrices that fit together, whose product rounds otherwise in another order."""
    random = np.random.default_rng(sizes)
    return [random.normal(size=size) for size in itertools.pairwise(sizes)]


SIZES = (2, 3, 5, 9)


@pytest.mark.parametrize("first", SIZES)
def test_a_chain_of_three_is_multiplied_in_the_order_that_numpy_decides(first):
    for others in itertools.product(SIZES, repeat=3):
        matrices = chain((first, *others))
        found = np.linalg.multi_dot([mg.tensor(matrices[0]), *matrices[1:]])
        np.testing.assert_array_equal(found.data, np.linalg.multi_dot(matrices))


@pytest.mark.parametrize("count", [4, 5])
def test_a_longer_chain_is_multiplied_in_the_order_that_numpy_decides(count):
    random = np.random.default_rng(count)
    for _ in range(40):
        matrices = chain(tuple(map(int, random.choice(SIZES, count + 1))))
        found = np.linalg.multi_dot([mg.tensor(matrices[0]), *matrices[1:]])
        np.testing.assert_array_equal(found.data, np.linalg.multi_dot(matrices))


def test_a_chain_is_written_where_it_is_told():
    out = mg.tensor(np.zeros((2, 3)))
    a, b = mg.tensor(A, requires_grad=True), mg.tensor(B, requires_grad=True)
    result = np.linalg.multi_dot([a, b, B.T], out=out)
    assert result is out
    assert_nearly_equal(out.data, A @ B @ B.T)
    out.sum().backward()
    assert_nearly_equal(a.grad, np.ones((2, 3)) @ B @ B.T)
