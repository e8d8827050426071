"""Norms: axes, zeros and infinities, and singular values of any size."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.rounding import distance, rounding_radius
from rules.gradients import gradient

inf = np.inf
REAL = np.cos(np.arange(24.0) ** 1.5).reshape(2, 3, 4) * 3
COMPLEX = REAL + 1j * np.sin(np.arange(24.0) ** 1.3).reshape(2, 3, 4)
eps = np.finfo(float).eps


@pytest.mark.parametrize("a", [REAL, COMPLEX], ids=["real", "complex"])
@pytest.mark.parametrize("order", [2, 1, 3, 0.5, inf, -inf])
@pytest.mark.parametrize("axis", [None, -2, (2, 0), (-1, 1)])
def test_norms_of_vectors_along_any_axes(axis, order, a):
    f = lambda x, keepdims=True: np.linalg.vector_norm(x, axis=axis, ord=order, keepdims=keepdims)
    for keepdims in (False, True):
        found = f(mg.tensor(a), keepdims)
        np.testing.assert_array_equal(found.data, f(a, keepdims), strict=True)
    mg.gradcheck(f, a, elements=3)


@pytest.mark.parametrize("axis", [-1, (0, 2), (2, -2)], ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("order", [None, inf])
def test_lengths_of_reduced_axes_may_stay(axis, keepdims, order):
    mg.gradcheck(lambda x: np.linalg.norm(x, order, axis, keepdims), REAL, elements=4)


@pytest.mark.parametrize("order", [1, 2, 3, 1.5, 0.5, inf])
def test_the_gradient_at_complex_zeros_and_units(order):
    """An element of 0 gets 0, and none is taken for it because it has the length of one."""
    z = np.array([0, 1j, -1, 3 + 4j])
    found = gradient(lambda z: np.linalg.norm(z, order), z)
    length = np.abs(z)
    norm = np.linalg.norm(z, order)
    share = length == 5 if order == inf else (length[1:] / norm) ** (order - 1)
    wanted = np.zeros(4, complex)
    wanted[1:] = (share[1:] if order == inf else share) * z[1:] / length[1:]
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


def test_the_slope_of_an_infinite_element_of_a_sum_is_its_sign():
    found = gradient(lambda x: np.linalg.norm(x, 1), np.array([-inf, 2.0, 0.0, -3.0]))
    np.testing.assert_array_equal(found, [-1, 1, 0, -1])


def test_a_program_raises_to_no_power_where_none_is_needed():
    source = lambda order: mg.derive(lambda x: np.linalg.norm(x, order), REAL[0, 0]).source()
    assert "**" not in source(1)
    assert "| (" not in source(1)
    for order in (1.5, 2.5, 3):
        assert "**" in source(order)
        assert "| (" not in source(order)
    assert "| (" in source(0.5)


# --- singular values ---------------------------------------------------------------------------


def polar(a, picked):
    """Return the gradient of a sum of some singular values."""
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return u[..., :, picked] @ vh[..., picked, :]


PICKED = {2: slice(0, 1), -2: slice(-1, None), "nuc": slice(None)}


@pytest.mark.parametrize("order", PICKED)
@pytest.mark.parametrize("size", [1e-30, 0.125, 1.0, 1e30])
def test_singular_values_of_any_size(order, size):
    """What counts for 0, and for a tie, is so beside the largest of the same matrix."""
    found = gradient(lambda x: np.linalg.norm(x, order, (-2, -1)), REAL * size)
    np.testing.assert_allclose(found, polar(REAL * size, PICKED[order]), rtol=1e-10, atol=1e-12)
    moved = np.moveaxis(REAL * size, (1, 2), (2, 0))
    turned = gradient(lambda x: np.linalg.norm(x, order, (2, 0)), moved)
    np.testing.assert_allclose(np.moveaxis(turned, (2, 0), (1, 2)), found, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("order", PICKED)
def test_each_matrix_of_a_stack_by_itself(order):
    """A stack of more matrices than they have rows, each of another size."""
    stack = np.concatenate([REAL * size for size in (1e-9, 2.0, 300.0)])
    found = gradient(lambda x: np.linalg.matrix_norm(x, ord=order), stack)
    np.testing.assert_allclose(found, polar(stack, PICKED[order]), rtol=1e-9, atol=1e-12)


def test_how_small_a_singular_value_is_0():
    """As for the rank of a matrix: by its longer side, not by how many are stacked."""
    small = lambda shape, times: np.pad(np.diag([1.0, times * eps]), [(0, n - 2) for n in shape])
    for shape in ((64, 2), (2, 64)):
        counted = gradient(lambda x: np.linalg.norm(x, "nuc"), small(shape, 100))
        assert counted[:2, :2].tolist() == [[1, 0], [0, 1]]
        ignored = gradient(lambda x: np.linalg.norm(x, "nuc"), small(shape, 20))
        assert ignored[:2, :2].tolist() == [[1, 0], [0, 0]]
    stack = np.stack([small((2, 2), 20)] * 100)
    found = gradient(lambda x: np.linalg.norm(x, "nuc", (1, 2)), stack)
    np.testing.assert_array_equal(found, [np.eye(2)] * 100)


@pytest.mark.parametrize("axis", [None, 0])
def test_the_roundings_of_a_long_sum_of_squares_are_within_the_radius_of_a_norm(axis):
    """Added up one by one, equal squares err to the same side again and again."""
    x = np.full(2000 if axis is None else (2000, 2), 0.1)
    radius = rounding_radius(lambda x: {"norm": np.linalg.norm(x, axis=axis)}, x)["norm"]
    one_by_one = np.sqrt(np.cumsum(np.full(2000, 0.1 * 0.1))[-1])
    assert distance(np.full(radius.value.shape, one_by_one), radius).ok
