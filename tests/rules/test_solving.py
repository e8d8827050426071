"""Tensor equations, and what leaves out small singular values; condition numbers."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.rounding import rounding_radius
from rules.gradients import gradient, gradients
from rules.matrices import near, unlike

inf = np.inf


# --- tensor equations --------------------------------------------------------------------------

EQUATIONS = {
    "one axis by two": ((6, 2, 3), (6,), None),
    "two axes by one": ((2, 3, 6), (2, 3), None),
    "the first axis is last": ((2, 6, 3), (6,), (0,)),
    "the axes go last in turn": ((3, 2, 6), (6,), (1, 0)),
    "a right side of more axes": ((3, 3), (1, 1, 3), None),
    "a right side of as many axes": ((1, 1), (1, 1), None),
}


@pytest.mark.parametrize("name", EQUATIONS)
def test_a_tensor_equation(name):
    of_a, of_b, axes = EQUATIONS[name]
    a, b = unlike(*of_a), 1.0 + np.arange(np.prod(of_b)).reshape(of_b)
    f = lambda a, b: np.linalg.tensorsolve(a, b, axes)
    wanted = f(a, b)
    for given in (f(mg.tensor(a), b), f(mg.tensor(a), b.tolist()), f(a.tolist(), mg.tensor(b))):
        np.testing.assert_array_equal(given.data, wanted, strict=True)
    mg.gradcheck(lambda a, b: np.sum(f(a, b) ** 2), a, b)


@pytest.mark.parametrize(("of_a", "of_b"), [((2, 3, 4), (2,)), ((4, 2), (4,)), ((2, 3), (2, 3, 1))])
def test_a_tensor_equation_of_more_or_fewer_unknowns_than_equations(of_a, of_b):
    with pytest.raises(np.linalg.LinAlgError, match="Input arrays must satisfy the requirement"):
        np.linalg.tensorsolve(mg.tensor(unlike(*of_a)), np.ones(of_b))


# --- pseudo-inverses that leave something out --------------------------------------------------


def spread(*shape):
    """Return a stack of matrices whose singular values are far from each other, and complex."""
    m, n = shape[-2:]
    large = np.zeros((m, n), complex)
    np.fill_diagonal(large, [5.0, 2.0, 0.75][: min(m, n)])
    return large + (unlike(*shape) + 1j * unlike(2, *shape)[1]) / 8


@pytest.mark.parametrize("shape", [(3, 2), (2, 3), (2, 4, 3), (3, 2, 2)])
@pytest.mark.parametrize("part", [np.real, np.asarray], ids=["real", "complex"])
def test_a_pseudo_inverse_of_stacked_matrices_that_leaves_out_what_is_small(part, shape):
    """How small is told for each of them: of a smaller one all is kept that is left out here."""
    a = part(spread(*shape))
    if a.ndim > 2:
        a[0] /= 8
    cutoff = 0.5 if a.ndim == 2 else np.array([0.01, 0.3, 0.5])[: len(a)]
    weights = unlike(*np.linalg.pinv(a).shape)
    f = lambda a: np.linalg.pinv(a, rcond=cutoff)
    near(f(mg.tensor(a)).data, f(a))
    mg.gradcheck(lambda a: np.sum(np.abs(f(a) * weights + 1) ** 2), a)


def test_a_singular_value_as_large_as_the_limit_is_left_out():
    a = np.diag([4.0, 2.0, 3.0])
    wanted = np.diag([0.25, 0.0, 1 / 3])
    near(np.linalg.pinv(mg.tensor(a), rcond=0.5).data, wanted)
    near(np.linalg.pinv(mg.tensor(a), rcond=0.4).data, np.diag([0.25, 0.5, 1 / 3]))
    given = gradient(lambda a: np.linalg.pinv(a, rcond=0.5)[0, 1], a)
    near([given[1, 0], given[0, 1]], [1 / (4**2 - 2**2), 2 / 4 / (4**2 - 2**2)])


@pytest.mark.parametrize("least", [2.0**-26, 2.0**-20, 0.25])
def test_what_is_left_out_has_a_part_in_the_derivative_down_to_half_the_digits(least):
    a = np.diag([1.0, least])
    given = gradient(lambda a: np.linalg.pinv(a, rcond=0.5)[0, 1], a)
    np.testing.assert_allclose(given[1, 0], 1 / (1 - least**2), rtol=1e-15)
    np.testing.assert_allclose(given[0, 1], least / (1 - least**2), rtol=1e-8)


def test_the_gradient_of_a_hermitian_pseudo_inverse_is_shared_by_both_triangles():
    b = unlike(3, 3)
    a = b + b.T
    found = gradient(lambda a: np.linalg.pinv(a, hermitian=True), a, seed=b)
    p = np.linalg.pinv(a, hermitian=True)
    np.testing.assert_allclose(found, -p @ (b + b.T) @ p / 2, rtol=1e-12)


@pytest.mark.parametrize("rcond", [None, 0.5])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 0, 3)])
def test_the_pseudo_inverse_of_nothing(shape, rcond):
    a = np.zeros(shape)
    f = lambda a: np.linalg.pinv(a, rcond=rcond)
    np.testing.assert_array_equal(f(mg.tensor(a)).data, f(a), strict=True)
    np.testing.assert_array_equal(gradient(f, a), a, strict=True)


@pytest.mark.parametrize("hermitian", [False, True])
def test_singular_values_that_are_equal_or_zero_do_no_harm_where_nothing_else_is_left_out(
    hermitian,
):
    """The vectors of equal singular values have no derivative, but the pseudo-inverse does."""
    rotated = np.diag([2.0, 2.0, 1.0]) + 0.0
    f = lambda a: np.linalg.pinv(a, rcond=1e-10, hermitian=hermitian)
    weights = unlike(3, 3) + unlike(3, 3).T
    wanted = gradient(lambda a: np.linalg.inv(a), rotated, seed=weights)
    near(gradient(f, rotated, seed=weights), wanted)
    for vector in ([1.0, 2.0, 2.0], [0.0, 3.0, 0.0]):
        p = np.outer(vector, vector) / 9  # a projection, which is its own pseudo-inverse
        rest = np.eye(3) - p
        wanted = -p @ weights @ p + p @ weights @ rest + rest @ weights @ p
        np.testing.assert_allclose(gradient(f, p, seed=weights), wanted, atol=1e-14)
    np.testing.assert_array_equal(gradient(f, np.zeros((3, 3)), seed=weights), np.zeros((3, 3)))


# --- least squares -----------------------------------------------------------------------------

RIGHTS = {"a vector": unlike(4) + 1, "columns": unlike(4, 3) + 1}


@pytest.mark.parametrize("shape", [(4, 3), (4, 4), (4, 5)])
@pytest.mark.parametrize("right", RIGHTS)
def test_a_least_squares_solution_that_leaves_out_what_is_small(right, shape):
    """What is left out is not 0, and turns with the matrix: it has its part in the derivative."""
    a = np.zeros(shape)
    np.fill_diagonal(a, [5.0, 3.0, 0.75, 0.25])
    a, b = a + unlike(*shape) / 8, RIGHTS[right]
    f = lambda a, b: np.linalg.lstsq(a, b, rcond=0.3)
    given, wanted = f(mg.tensor(a), b), f(a, b)
    assert given[2] == wanted[2] == 2
    for g, w in zip(given, wanted, strict=True):
        np.testing.assert_array_equal(g.data if isinstance(g, mg.Tensor) else g, w, strict=True)
    mg.gradcheck(lambda a, b: np.sum(f(a, b)[0] ** 2) + np.sum(f(a, b)[3] ** 2), a, b)


def test_the_second_derivative_of_a_least_squares_solution_that_leaves_out_what_is_small():
    a, b = np.array([[5.0, 0.5], [1.0, 0.75], [0.25, 1.5]]), unlike(3)
    slope = mg.grad(lambda a, b: np.sum(np.linalg.lstsq(a, b, rcond=0.5)[0] ** 2))
    mg.gradcheck(lambda a, b: np.sum(slope(a, b) * unlike(3, 2)), a, b)


def test_a_fit_that_leaves_out_what_is_small():
    x, y = np.array([0.0, 1.0, 2.0, 4.0]), np.array([1.0, -1.0, 2.0, 0.5])
    f = lambda x, y: np.sum(np.polyfit(x, y, 2, rcond=0.3) ** 2)
    with pytest.warns(np.exceptions.RankWarning):
        mg.gradcheck(f, x, y)


@pytest.mark.parametrize(("rcond", "least"), [(None, 5e-16), (1e-10, 1e-12)])
def test_what_lstsq_takes_for_rounding_gives_no_gradient(rcond, least):
    """By default up to eps times the greater of the lengths of the axes."""
    a = np.zeros((6, 2))
    a[0, 0], a[1, 1] = 1.0, least
    b = 1.0 + np.arange(6.0)
    f = lambda a, b: np.linalg.lstsq(a, b, rcond)
    x, squares, rank, _ = f(mg.tensor(a), b)
    assert (x.data.tolist(), squares.data.tolist(), rank) == ([1.0, 0.0], [], 1)
    by_a, by_b = gradients(lambda a, b: f(a, b)[0], a, b)
    near(by_b, [1, 0, 0, 0, 0, 0])
    # x is a' b / |a|^2 for the first column; the other takes the part 1 of it that is b[0].
    wanted = np.zeros((6, 2))
    wanted[:, 0] = b
    wanted[0] = [-1.0, 1.0]
    np.testing.assert_allclose(by_a, wanted, atol=1e-11)


@pytest.mark.parametrize("a", [np.eye(3), np.diag([2.0, 2.0, 1.0])], ids=["the identity", "two"])
def test_a_limit_that_leaves_out_nothing_leaves_equal_singular_values_their_derivative(a):
    b = unlike(3) + 2
    given = gradients(lambda a, b: np.linalg.lstsq(a, b, rcond=1e-10)[0], a, b)
    for g, w in zip(given, gradients(np.linalg.solve, a, b), strict=True):
        near(g, w)


FITS = {
    "a vector": (unlike(4, 2), unlike(4) + 1),
    "columns": (unlike(4, 2), unlike(4, 3) + 1),
    "complex": (unlike(4, 2) + 1j * unlike(2, 4, 2)[1], unlike(4, 3) + 1j),
}


@pytest.mark.parametrize("rcond", [None, 1e-10])
@pytest.mark.parametrize("name", FITS)
def test_least_squares_of_more_equations_than_unknowns(name, rcond):
    a, b = FITS[name]
    f = lambda a, b: np.linalg.lstsq(a, b, rcond)
    weights = 1.0 + np.arange(f(a, b)[1].size)

    def loss(a, b):
        x, squares, _, s = f(a, b)
        return np.sum(np.abs(x) ** 2) + np.sum(squares * weights) + s[0] - s[1]

    mg.gradcheck(loss, a, b)
    # How far off it is, by the right side, is twice what is left.
    rest = b - a @ f(a, b)[0]
    by_b = gradients(lambda a, b: f(a, b)[1], a, b)[1]
    np.testing.assert_allclose(by_b, 2 * rest, rtol=1e-12, atol=1e-14)
    for given in (f(a.tolist(), mg.tensor(b)), f(mg.tensor(a), b.tolist())):
        np.testing.assert_allclose(given[0].data, f(a, b)[0], rtol=1e-14)


@pytest.mark.parametrize("rcond", [None, 0.5])
def test_least_squares_of_nothing(rcond):
    a, b = np.zeros((0, 3)), np.zeros((0, 2))
    f = lambda a, b: np.linalg.lstsq(a, b, rcond)
    assert np.array_equal(f(mg.tensor(a), b)[0].data, np.zeros((3, 2)))
    by_a, by_b = gradients(lambda a, b: f(a, b)[0], a, b)
    assert (by_a.shape, by_b.shape) == (a.shape, b.shape)


# --- what else is known ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [np.linalg.pinv, lambda a: np.linalg.lstsq(a, np.eye(2))[0]],
    ids=["pinv", "lstsq"],
)
def test_each_element_is_rounded_as_the_largest(function):
    """Rotations mix them: what is 0 may come out as a rounding of another element."""
    found = rounding_radius(lambda a: {"x": function(a)}, np.diag([1.0, 1e6]))["x"]
    assert found.value[0, 1] == 0
    assert found.radius[0, 1] > np.finfo(float).eps / 16


@pytest.mark.parametrize(
    "function",
    [np.linalg.pinv, lambda a: np.linalg.lstsq(a, np.ones(3))[0], np.linalg.cond],
    ids=["pinv", "lstsq", "cond"],
)
def test_no_complex_step_goes_through_what_conjugates(function):
    """It is differences that it is compared with."""
    report = mg.gradcheck(lambda a: np.sum(function(a) ** 2), unlike(3, 2))
    assert "differences" in str(report)
    assert "complex step" not in str(report)


@pytest.mark.parametrize(
    ("of_a", "of_b"), [((3, 3), (2, 3, 4)), ((2, 3, 3), (3, 1)), ((3, 3), (3,))]
)
def test_systems_broadcast(of_a, of_b):
    a, b = unlike(*of_a) + np.eye(3), unlike(*of_b) + 1
    mg.gradcheck(lambda a, b: np.sum(np.linalg.solve(a, b) ** 2), a, b)


@pytest.mark.parametrize("right", [unlike(3), unlike(3, 2)], ids=["a vector", "columns"])
@pytest.mark.parametrize("shape", [(3, 3), (3, 4)])
def test_where_everything_fits_there_are_no_squares_and_no_gradient(shape, right):
    def squares(a, b):
        return np.linalg.lstsq(a, b)[1]

    by_a, by_b = gradients(squares, unlike(*shape), right)
    np.testing.assert_array_equal(by_a, np.zeros(shape), strict=True)
    np.testing.assert_array_equal(by_b, np.zeros(right.shape), strict=True)


@pytest.mark.parametrize("right", [unlike(4), unlike(4, 2)], ids=["a vector", "columns"])
def test_a_tall_matrix_of_low_rank_has_no_squares_either(right):
    a = np.outer(unlike(4), [1.0, 2.0])
    x, squares, _, s = np.linalg.lstsq(mg.tensor(a), right)
    assert squares.shape == (0,)

    def loss(a):
        x, squares, _, s = np.linalg.lstsq(a, right)
        return np.sum(x**2) + np.sum(squares) + s[0]

    by_x = gradient(lambda a: np.sum((np.linalg.pinv(a, 1e-12) @ right) ** 2), a)
    by_s = gradient(lambda a: np.linalg.norm(a), a)  # of rank one it is the only one
    np.testing.assert_allclose(gradient(loss, a), by_x + by_s, rtol=1e-10)
    assert (x.shape[1:], s.shape) == (right.shape[1:], (2,))


# --- condition numbers -------------------------------------------------------------------------


@pytest.mark.parametrize("p", [None, 2, 1, -1, inf, "fro"])
def test_the_condition_of_a_matrix_of_zeros_is_infinite(p):
    with np.errstate(all="ignore"):
        stack = np.array([np.zeros((2, 2)), [[2.0, 1.0], [0.0, 1.0]], np.zeros((2, 2))])
        for a in (stack, stack[0]):
            given = np.linalg.cond(mg.tensor(a), p)
            np.testing.assert_allclose(given.data, np.linalg.cond(a, p), rtol=1e-14)
        assert given.data == inf


@pytest.mark.parametrize("p", [1, -1, inf, "fro"])
def test_the_condition_of_a_singular_matrix_in_a_stack_leaves_the_gradient_of_the_rest(p):
    """More matrices than rows: each is taken for itself."""
    stack = np.array(
        [[[3.0, 1.0], [0.5, 2.0]], [[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.25], [2.0, 5.0]]]
    )
    with np.errstate(all="ignore"):
        given = gradient(lambda a: np.linalg.cond(a, p), stack)
        value = np.linalg.cond(mg.tensor(stack), p).data
        np.testing.assert_allclose(value, np.linalg.cond(stack, p), rtol=1e-14)
    for k in (0, 2):
        near(given[k], gradient(lambda a: np.linalg.cond(a, p), stack[k]))
    assert value[1] == inf


@pytest.mark.parametrize("p", [1, "fro"])
def test_a_nan_in_a_matrix_makes_its_condition_nan(p):
    stack = np.array([[[3.0, 1.0], [0.5, 2.0]], [[1.0, np.nan], [2.0, 4.0]], np.zeros((2, 2))])
    with np.errstate(all="ignore"):
        given = np.linalg.cond(mg.tensor(stack), p).data
    np.testing.assert_array_equal(np.isnan(given), [False, True, False])
    assert given[2] == inf
