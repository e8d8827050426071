"""Dot products of stacks, matrices and rows: gradients by their definition."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.rounding import distance, rounding_radius
from rules.numpys import assert_numpys


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


SUMS = {
    "matmul": (np.matmul, (3,), (3, 4)),
    "matmul of a stack": (np.matmul, (2, 5, 3), (3, 4)),
    "dot": (np.dot, (3,), (3, 4)),
    "dot with a number": (np.dot, (3,), ()),
    "dot of a number": (np.dot, (), (3,)),
    "vecdot": (np.vecdot, (3,), (3,)),
    "vdot": (np.vdot, (3,), (3,)),
}
if hasattr(np, "vecmat"):  # since NumPy 2.2
    SUMS["vecmat"] = np.vecmat, (3,), (3, 4)
    SUMS["matvec"] = np.matvec, (2, 3), (3,)


@pytest.mark.parametrize("name", SUMS)
def test_how_far_the_sums_of_a_product_may_be_off(name):
    """By roundings of as many terms as are added up, and there is a radius for each sum."""
    function, *shapes = SUMS[name]
    a, b = map(numbers, shapes)
    radius = rounding_radius(lambda a, b: {"value": function(a, b)}, a, b)["value"]
    np.testing.assert_array_equal(radius.value, function(a, b))


LONG = 2000
LONG_SUMS = {
    "matmul of a row": (np.matmul, (LONG,), (LONG, 2)),
    "matmul of a stack": (np.matmul, (1, 2, LONG), (LONG, 3)),
    "dot of a row": (np.dot, (LONG,), (LONG, 2)),
    "dot of a stack": (np.dot, (1, 2, LONG), (LONG, 3)),
    "vdot": (np.vdot, (2, LONG // 2), (2, LONG // 2)),
    "vecdot of a stack": (np.vecdot, (1, 2, LONG), (3, 1, LONG)),
}
if hasattr(np, "vecmat"):  # since NumPy 2.2
    LONG_SUMS["vecmat of a stack"] = np.vecmat, (1, 2, LONG), (LONG, 3)
    LONG_SUMS["matvec of a stack"] = np.matvec, (3, 2, LONG), (1, LONG)


@pytest.mark.parametrize("name", LONG_SUMS)
def test_the_roundings_of_a_long_sum_are_within_the_radius_of_a_product(name):
    """Added up one by one, equal terms err to the same side again and again."""
    function, *shapes = LONG_SUMS[name]
    a, b = (np.full(shape, 0.1) for shape in shapes)
    radius = rounding_radius(lambda a, b: {"value": function(a, b)}, a, b)["value"]
    one_by_one = np.cumsum(np.full(LONG, 0.1 * 0.1))[-1]
    assert distance(np.full(radius.value.shape, one_by_one), radius).ok


@pytest.mark.parametrize("shapes", [((LONG,), ()), ((), (LONG,))])
def test_a_product_with_a_number_adds_up_nothing(shapes):
    a, b = (np.full(shape, 0.1) for shape in shapes)
    radius = rounding_radius(lambda a, b: {"value": np.dot(a, b)}, a, b)["value"]
    assert np.all(radius.radius < 20 * np.finfo(float).eps * np.abs(radius.value))


A, B = numbers((2, 3)), numbers((3, 4)) ** 2
ROW = np.array([1.5, -2.0, 0.25])
CALLS = {
    "an inner product of a list": (np.inner, [1.0, 2.0, 3.0], A),
    "an inner product with a list": (np.inner, A, [1.0, 2.0, 3.0]),
    "an inner product of a number": (np.inner, np.array(2.0), A),
    "an inner product with a number": (np.inner, A, np.array(2.0)),
    "kron of a list": (np.kron, [1.0, 2.0], A),
    "kron with a list": (np.kron, A, [1.0, 2.0]),
    "kron of a number": (np.kron, np.array(2.0), A),
    "kron with a number": (np.kron, A, np.array(2.0)),
    "kron of two numbers": (np.kron, np.array(3.0), np.array(2.0)),
    "tensordot of a list": (lambda a, b: np.tensordot(a, b, 1), [1.0, 2.0, 3.0], B),
    "tensordot with a list": (lambda a, b: np.tensordot(a, b, 1), A, [1.0, 2.0, 3.0]),
    "cross of a list": (np.cross, [1.0, 2.0, 3.0], ROW),
    "cross with a list": (np.cross, ROW, [1.0, 2.0, 3.0]),
    "cross of four": (np.cross, np.ones(4), ROW),
    "cross of shapes that do not fit": (np.cross, np.ones((2, 3)), np.ones((4, 3))),
    "a transposed row": (np.matrix_transpose, ROW),
}


@pytest.mark.parametrize("name", CALLS)
def test_numpys_products(name):
    call, *arrays = CALLS[name]
    assert_numpys(call, *arrays)


@pytest.mark.parametrize(
    ("axes", "error", "message"),
    [
        (([1, 1], [0, 0]), ValueError, "first array is named twice"),
        (([1, 0], [0, 0]), ValueError, "second array is named twice"),
        (([2], [0]), np.exceptions.AxisError, "axis 2 is out of bounds"),
        (([-3], [0]), np.exceptions.AxisError, "axis -3 is out of bounds"),
    ],
)
def test_axes_that_no_product_is_summed_over(axes, error, message):
    square = numbers((3, 3))
    with pytest.raises(error, match=message):
        np.tensordot(mg.tensor(square, requires_grad=True), square, axes)
