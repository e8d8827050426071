"""Determinants of stacks, of complex and of nearly singular matrices, and powers of matrices."""

import itertools

import numpy as np
import pytest

import micrograd_np as mg
from rules.gradients import gradient
from rules.matrices import near, unlike


def of_lengths(*s):
    """Return a matrix with these singular values, and no other pattern."""
    n = len(s)
    u, v = (np.linalg.qr(unlike(2, n, n))[0][k] for k in (0, 1))
    return u * s @ v.T


def derivative(a, *directions):
    """Return the derivative of the determinant along the directions, and then by each element.

    The determinant is linear in each row: of the rows all but so many stay as they are.
    """
    n = len(a)
    wanted = np.zeros((n, n), a.dtype)
    for rows in itertools.permutations(range(n), len(directions) + 1):
        *moved, last = rows
        matrix = a.copy()
        for row, direction in zip(moved, directions, strict=True):
            matrix[row] = direction[row]
        for column in range(n):
            matrix[last] = np.eye(n)[column]
            wanted[last, column] += np.linalg.det(matrix)
    return wanted


def along(function, direction):
    return lambda a: np.sum(mg.grad(function)(a) * direction)


def sum_of_determinants(a):
    return np.sum(np.linalg.det(a))


# --- of determinants ---------------------------------------------------------------------------

RANK_TWO = of_lengths(2.0, 1.0, 0.0)
STACKS = {
    "one": RANK_TWO[None],
    "singular and regular": np.array([RANK_TWO, unlike(3, 3)]),
    "of four": np.array([of_lengths(3.0, 2.0, 1.0, 0.0), unlike(4, 4)]),
    "of many": np.array([RANK_TWO, unlike(3, 3), RANK_TWO.T, np.zeros((3, 3))]),
}
every_stack = pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)


@every_stack
def test_the_gradient_of_each_determinant_times_its_seed(stack):
    seed = 2.0 + np.arange(len(stack))
    given = gradient(np.linalg.det, stack, seed=seed)
    wanted = [g * derivative(a) for g, a in zip(seed, stack, strict=True)]
    np.testing.assert_allclose(given, wanted, rtol=1e-12, atol=1e-14)


@every_stack
def test_the_second_derivative_of_each_determinant(stack):
    direction = np.sin(1.0 + np.arange(stack.size)).reshape(stack.shape)
    given = mg.grad(along(sum_of_determinants, direction))(stack)
    wanted = [derivative(a, d) for a, d in zip(stack, direction, strict=True)]
    np.testing.assert_allclose(given, wanted, rtol=1e-12, atol=1e-13)


def test_the_gradient_of_a_singular_complex_matrix():
    a = unlike(3, 3) + 1j * np.sin(np.arange(9.0)).reshape(3, 3)
    a[2] = a[0] * 1j - a[1] * (2 + 1j)
    near(gradient(np.linalg.det, a, seed=np.array(1.0 + 0j)), np.conj(derivative(a)))


def test_the_third_derivative_of_determinants_without_digits_of_their_own():
    """Of matrices that are regular, but of a determinant that is next to none of their size."""
    stack = np.array([of_lengths(1.0, 2e-4, 1e-4, 1e-4), unlike(4, 4)])
    first, second = np.sin(np.arange(64.0) ** 2).reshape(2, 2, 4, 4)
    given = mg.grad(along(along(sum_of_determinants, first), second))(stack)
    wanted = [derivative(*each) for each in zip(stack, first, second, strict=True)]
    np.testing.assert_allclose(given, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("scale", [1e-10, 1e-4, 1.0, 1e4, 1e10])
@pytest.mark.parametrize("gap", [0.0, 1e-9])
def test_the_second_derivative_of_a_nearly_singular_matrix_keeps_its_digits(scale, gap):
    """Of two rows it is the same anywhere; of three it grows with the matrix."""
    d = np.array([[3.0, -1.0], [0.5, 2.0]])
    given = mg.grad(along(np.linalg.det, d))(scale * np.array([[1.0, 2.0], [2.0, 4.0 + gap]]))
    near(given, [[2.0, -0.5], [1.0, 3.0]])
    three = scale * of_lengths(2.0, 1.0, gap)
    d = np.sin(np.arange(9.0)).reshape(3, 3)
    given = mg.grad(along(np.linalg.det, d))(three)
    np.testing.assert_allclose(given, derivative(three, d), atol=1e-13 * scale)


@pytest.mark.parametrize("least", [1e-6, 1e-12, 0.0])
@pytest.mark.parametrize("length", [3, 4, 5])
def test_derivatives_of_a_nearly_singular_matrix_up_to_the_fourth(length, least):
    """And so on: of a determinant of degree three, the fourth one is zero."""
    a = of_lengths(*np.linspace(2.0, 1.0, length - 1), least)
    directions = np.sin(np.arange(3.0 * length**2) ** 2).reshape(3, length, length)
    function = sum_of_determinants
    for count, direction in enumerate(directions, 1):
        function = along(function, direction)
        given = mg.grad(function)(a)
        wanted = derivative(a, *directions[:count]) if count < length else np.zeros_like(a)
        np.testing.assert_allclose(given, wanted, atol=1e-12)


def test_the_third_derivative_of_stacked_complex_matrices():
    """As that of a sum of determinants whose sum is real, by the real parts of the elements."""
    stack = unlike(2, 3, 3) + 1j * np.sin(np.arange(18.0)).reshape(2, 3, 3)
    stack[1, 2] = stack[1, 0] * 1j
    first, second = np.sin(np.arange(36.0) ** 2).reshape(2, 2, 3, 3)
    total = lambda a: np.sum(np.linalg.det(a)).real
    part = lambda f, d: lambda a: np.sum(mg.grad(f)(a).real * d)
    given = mg.grad(part(part(total, first), second))(stack)
    wanted = [np.conj(derivative(*each)) for each in zip(stack, first, second, strict=True)]
    np.testing.assert_allclose(given, wanted, atol=1e-12)


def test_the_second_derivative_is_the_same_by_either_direction():
    """It is linear in the first one, so its derivative by that is the one along the second."""
    first, second = np.sin(np.arange(32.0) ** 2).reshape(2, 4, 4)
    a = of_lengths(3.0, 2.0, 1.0, 0.0)
    twice = lambda d: np.sum(mg.grad(along(np.linalg.det, d))(a) * second)
    near(mg.grad(twice)(first), derivative(a, second))


@pytest.mark.parametrize("scale", [1e-10, 1.0, 1e10])
def test_the_third_derivative_of_three_rows_is_the_same_anywhere(scale):
    """It has as many digits where the matrix is large, of which it has no factor."""
    first, second = np.sin(np.arange(18.0) ** 2).reshape(2, 3, 3)
    a = scale * of_lengths(2.0, 1.5, 1.0)
    given = mg.grad(along(along(np.linalg.det, first), second))(a)
    np.testing.assert_allclose(given, derivative(a, first, second), atol=1e-13)


@pytest.mark.parametrize("place", [0, 1])
def test_the_third_derivative_is_linear_in_each_direction(place):
    """So its own derivative by one of them leaves what is along the other one."""
    kept, last, start = np.sin(np.arange(48.0) ** 2).reshape(3, 4, 4)
    a = of_lengths(3.0, 2.0, 1.0, 0.0)

    def third(d):
        one, two = (d, kept) if place == 0 else (kept, d)
        return np.sum(mg.grad(along(along(np.linalg.det, one), two))(a) * last)

    np.testing.assert_allclose(mg.grad(third)(start), derivative(a, kept, last), atol=1e-13)


REGULAR = {
    "very large": 1e10 * np.array([[1.0, 2.0], [3.0, 4.5]]),
    "large": 1e4 * np.array([[1.0, 2.0], [3.0, 4.5]]),
    "small": 1e-4 * np.array([[1.0, 2.0], [3.0, 4.5]]),
    "very small": 1e-9 * np.array([[1.0, 2.0], [3.0, 4.5]]),
    "with rows of any size": np.array([[1e-6, 2e-6], [3e6, 4.5e6]]),
    "with rows of no size": np.array([[1e-10, 2e-10], [3.0, 4.5]]),
    "of three": 1e3 * unlike(3, 3),
}


@pytest.mark.parametrize("a", REGULAR.values(), ids=REGULAR)
def test_a_regular_matrix_is_not_decomposed(a, monkeypatch):
    """An inverse takes a tenth of the time, whatever the size of the elements or rows."""
    monkeypatch.setattr(np.linalg, "svd", None)
    wanted = derivative(a)
    np.testing.assert_allclose(gradient(np.linalg.det, a), wanted, rtol=1e-10)


# --- of their logarithms -----------------------------------------------------------------------


def test_the_logarithm_of_one_singular_matrix_in_a_stack():
    """It grows without bound along each element's cofactor, and against those that are negative."""
    regular = unlike(3, 3)
    singular = np.array([[1.0, 2.0, 0.5], [2.0, 4.0, 1.0], [0.0, 1.0, 3.0]])
    with np.errstate(all="ignore"):
        given = gradient(lambda a: np.linalg.slogdet(a)[1], np.array([regular, singular]))
    near(given[0], np.linalg.inv(regular).T)
    cofactors = derivative(singular)
    clear = abs(cofactors) > 1e-9
    assert 0 < clear.sum() < 9
    np.testing.assert_array_equal(given[1][clear], np.inf * np.sign(cofactors[clear]))


def test_a_real_sign_adds_nothing_to_the_gradient():
    """Neither a number nor a dtype: only the phase of a complex determinant can turn."""
    a = unlike(2, 3, 3)

    def signed(a):
        sign, log = np.linalg.slogdet(a)
        return sign * log

    sign = np.linalg.det(a) > 0
    wanted = np.where(sign, 1.0, -1.0)[:, None, None] * np.linalg.inv(a).swapaxes(1, 2)
    near(gradient(signed, a), wanted)
    program = str(mg.derive(lambda a: np.sum(signed(a)), a))
    assert "1j" not in program


# --- powers and inverses -----------------------------------------------------------------------


@pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 3, 5, 6, 7, 11])
def test_a_power_is_numpys_to_the_last_bit(n):
    a = unlike(2, 3, 3) * 3
    leaf = mg.tensor(a, requires_grad=True)
    given = np.linalg.matrix_power(leaf, n)
    np.testing.assert_array_equal(given.data, np.linalg.matrix_power(a, n), strict=True)
    mg.gradcheck(lambda a: np.linalg.matrix_power(a, n), a)


@pytest.mark.parametrize("dtype", ["float32", "complex128"])
@pytest.mark.parametrize("a", [np.full((2, 3, 3), np.inf), np.zeros((3, 3)), np.zeros((2, 0, 0))])
def test_the_zeroth_power_is_one_of_any_matrix(a, dtype):
    """Of infinite and of singular ones, too."""
    leaf = mg.tensor(a.astype(dtype), requires_grad=True)
    with np.errstate(all="raise"):
        out = np.linalg.matrix_power(leaf, 0)
        out.backward(np.full(out.shape, 2.0, dtype))
    np.testing.assert_array_equal(out.data, np.linalg.matrix_power(leaf.data, 0), strict=True)
    np.testing.assert_array_equal(leaf.grad, np.zeros(a.shape, dtype), strict=True)


@pytest.mark.parametrize("shape", [(), (3,), (1, 2), (2, 3, 1), (0, 3)])
@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_there_is_no_power_of_what_is_not_square(shape, n):
    a = mg.tensor(np.ones(shape), requires_grad=True)
    with pytest.raises(np.linalg.LinAlgError, match="of an array of shape") as caught:
        np.linalg.matrix_power(a, n)
    assert str(shape) in str(caught.value)


def test_an_inverse_of_two_leading_axes_unless_it_is_said_otherwise():
    a = unlike(3, 4, 2, 6)
    given = np.linalg.tensorinv(mg.tensor(a, requires_grad=True))
    np.testing.assert_array_equal(given.data, np.linalg.tensorinv(a), strict=True)


@pytest.mark.parametrize("ind", [0, -1])
@pytest.mark.parametrize("shape", [(1, 1), (4, 2, 2)])
def test_an_inverse_of_no_leading_axes_is_refused(shape, ind):
    a = mg.tensor(np.ones(shape), requires_grad=True)
    with pytest.raises(ValueError, match=r"Invalid ind argument"):
        np.linalg.tensorinv(a, ind)
