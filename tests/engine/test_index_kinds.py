"""An index of any kind means what it means to NumPy, also where gradients are differentiated."""

import array
from collections import UserList

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.rounding import rounding_radius

TWICE = [0, 0, 1]
KINDS = {
    "list": TWICE,
    "tuple": (TWICE,),
    "array": np.array(TWICE),
    "tensor": mg.tensor(TWICE),
    "array.array": array.array("l", TWICE),
    "memoryview": memoryview(array.array("l", TWICE)),
    "sequence": UserList(TWICE),
    "in a tuple": (array.array("l", TWICE), ...),
}


def both(f, x):
    """The gradient of f by plain arrays, and by Tensors, which records the rules too."""
    return mg.grad(f)(x), mg.grad(f)(mg.tensor(x)).data


@pytest.mark.parametrize("kind", KINDS)
def test_elements_read_twice_count_twice(kind):
    for found in both(lambda x: x[KINDS[kind]].sum(), np.ones(3)):
        np.testing.assert_array_equal(found, [2.0, 1.0, 0.0])


@pytest.mark.parametrize("kind", KINDS)
def test_of_elements_written_twice_the_last_counts(kind):
    weights = np.array([1.0, 2.0, 3.0])

    def f(v):
        t = mg.tensor(np.zeros(3))
        t[KINDS[kind]] = v
        return (t * weights).sum()

    for found in both(f, np.array([10.0, 20.0, 30.0])):
        np.testing.assert_array_equal(found, [0.0, 1.0, 2.0])


def test_the_judge_of_rounding_sees_the_same():
    def f(v):
        t = mg.tensor(np.zeros(3))
        t[[0, 0]] = v
        return t.sum()

    found = rounding_radius(lambda v: {"g": mg.grad(f)(v)}, np.array([1.0, 2.0]))["g"]
    np.testing.assert_array_equal(found.value, [0.0, 1.0])


def test_second_order_through_a_repeated_assignment():
    def f(x):
        t = x * 1
        t[[0, 0, 2]] = x**2
        return (t * t).sum()  # x1^4 + x1^2 + x2^4: x0 is overwritten

    def total(x):
        return mg.grad(f)(x).sum()

    x = np.array([3.0, 1.5, 2.0])
    np.testing.assert_array_equal(mg.grad(f)(x), [0.0, 4 * 1.5**3 + 2 * 1.5, 4 * 2.0**3])
    np.testing.assert_array_equal(mg.grad(total)(x), [0.0, 12 * 1.5**2 + 2, 12 * 2.0**2])
