"""Dot products of stacks, matrices and rows: gradients by their definition."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.rounding import rounding_radius


def numbers(shape):
    return np.cos(np.arange(1.0, np.prod(shape) + 1)).reshape(shape)


SHAPES = [
    ((3, 4), (4, 5)),
    ((4,), (4, 5)),
    ((4,), (4,)),
    ((2, 3, 4), (4,)),
    ((2, 3, 4), (4, 5)),
    ((4,), (2, 4, 5)),
    ((3, 4), (2, 4, 5)),
    ((2, 3, 4), (6, 4, 5)),
]


@pytest.mark.parametrize(("of_a", "of_b"), SHAPES)
def test_the_gradient_of_a_dot_product(of_a, of_b):
    """The last axis of the one is summed with the last but one of the other, or its only one."""
    a, b = numbers(of_a), numbers(of_b) ** 2
    value, pullback = mg.vjp(np.dot, a, b)
    np.testing.assert_array_equal(value, np.dot(a, b))
    g = numbers(value.shape) + 2
    rows, columns = "xy"[: a.ndim - 1], "uv"[: max(b.ndim - 2, 0)] + "w" * (b.ndim > 1)
    b_axes = columns[:-1] + "k" + columns[-1:]
    by_a, by_b = pullback(g)
    wanted = np.einsum(f"{rows}{columns},{b_axes}->{rows}k", g, b)
    np.testing.assert_allclose(by_a, wanted, rtol=1e-13, atol=1e-13)
    wanted = np.einsum(f"{rows}{columns},{rows}k->{b_axes}", g, a)
    np.testing.assert_allclose(by_b, wanted, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(("of_a", "of_b"), [((3,), (3, 4)), ((2, 5, 3), (3, 4))])
def test_how_far_the_sums_of_a_product_may_be_off(of_a, of_b):
    """By roundings of as many terms as are added up: the last axis of the first operand."""
    a, b = numbers(of_a), numbers(of_b)
    radii = rounding_radius(lambda a, b: {"value": a @ b}, a, b)
    assert radii["value"].value.shape == (a @ b).shape
