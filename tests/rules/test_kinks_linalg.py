"""Where matrices are singular, or their eigenvalues or singular values are equal."""

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from rules.gradients import gradient

inf, nan = np.inf, np.nan
SINGULAR = {
    "of rank 1": np.array([[1.0, 2.0], [2.0, 4.0]]),
    "of rank 2": np.arange(1.0, 10.0).reshape(3, 3),
    "of rank 1 of 3": np.outer([1.0, 2.0, 3.0], [1.0, 1.0, 2.0]),
    "of rank 1 of 4": np.outer([1.0, 2.0, 3.0, -1.0], [1.0, 1.0, 2.0, 0.5]),
    "zeros": np.zeros((3, 3)),
    "one zero": np.zeros((1, 1)),
}


def near(given, wanted):
    np.testing.assert_allclose(given, wanted, rtol=1e-12, atol=1e-12)


def minor(a, rows, columns):
    return np.linalg.det(np.delete(np.delete(a, rows, -2), columns, -1))


def cofactors(a):
    n = len(a)
    return np.array([[(-1) ** (i + j) * minor(a, i, j) for j in range(n)] for i in range(n)])


# --- determinants ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SINGULAR)
def test_the_determinant_of_a_singular_matrix(name):
    """Torch gives 0 where the determinant is 0."""
    a = SINGULAR[name]
    near(gradient(np.linalg.det, a), cofactors(a))
    stack = np.array([a, 2 * np.eye(len(a))])
    near(gradient(np.linalg.det, stack), [cofactors(one) for one in stack])
    complex_one = a * (1 + 2j)
    near(gradient(np.linalg.det, complex_one), np.conj(cofactors(complex_one)))


@pytest.mark.parametrize("name", SINGULAR)
def test_the_second_derivative_of_the_determinant_of_a_singular_matrix(name):
    a = SINGULAR[name]
    n = len(a)
    direction = np.cos(np.arange(n * n)).reshape(n, n)
    slope = lambda a: np.sum(mg.grad(np.linalg.det)(a) * direction)
    wanted = np.zeros((n, n))
    for i, j, k, m in np.ndindex(n, n, n, n):
        if i != k and j != m:
            sign = (-1) ** (i + j + k + m) * (-1 if (i < k) != (j < m) else 1)
            wanted[k, m] += direction[i, j] * sign * minor(a, [i, k], [j, m])
    near(mg.grad(slope)(a), wanted)


def test_the_third_derivative_of_a_determinant():
    d = np.cos(np.arange(9.0)).reshape(3, 3)

    def third(a):
        once = lambda a: np.sum(mg.grad(np.linalg.det)(a) * d)
        twice = lambda a: np.sum(mg.grad(once)(a) * d)
        return mg.grad(twice)(a)

    # The determinant is of degree three: along d alone the third derivative is the same anywhere.
    wanted = 2 * cofactors(d)
    near(third(np.eye(3)), wanted)
    for least in (1 / 64, 1e-12, 0.0):
        near(third(np.diag([1.0, 1.0, least])), wanted)


def test_a_determinant_that_underflows_or_is_of_nothing():
    near(gradient(np.linalg.det, np.zeros((0, 0))), np.zeros((0, 0)))
    near(gradient(np.linalg.det, np.zeros((0, 3, 3))), np.zeros((0, 3, 3)))
    near(gradient(np.linalg.det, np.diag([1e-200, 1e-200, 1.0])), np.zeros((3, 3)))


@pytest.mark.parametrize("name", ["of rank 1", "of rank 2", "zeros"])
def test_the_logarithm_of_the_determinant_of_a_singular_matrix_has_no_slope(name):
    with np.errstate(all="ignore"):
        given = gradient(lambda a: np.linalg.slogdet(a)[1], SINGULAR[name])
    assert not np.isfinite(given).any()


def test_a_singular_matrix_in_a_stack_leaves_the_others_alone():
    stack = np.array([np.diag([2.0, 4.0]), SINGULAR["of rank 1"]])
    with np.errstate(all="ignore"):
        given = gradient(lambda a: np.linalg.slogdet(a).logabsdet, stack)
    near(given[0], np.diag([0.5, 0.25]))
    assert np.isinf(given[1]).all()


def test_the_sign_of_a_determinant_is_constant():
    near(gradient(lambda a: np.linalg.slogdet(a).sign, np.diag([2.0, -3.0])), np.zeros((2, 2)))


def test_the_phase_of_a_complex_determinant():
    a = np.diag([2.0 + 1j, -3.0j])
    along = lambda a: np.real(np.linalg.slogdet(a)[0] * (1 - 2j))
    direct = lambda a: np.real(np.linalg.det(a) / np.abs(np.linalg.det(a)) * (1 - 2j))
    near(gradient(along, a), gradient(direct, a))


# --- equal eigenvalues and singular values -----------------------------------------------------

ROTATION = np.linalg.qr(np.cos(np.arange(9.0)).reshape(3, 3))[0]
REPEATED = [
    np.eye(3),
    np.diag([1.0, 1.0, 2.0]),
    ROTATION @ np.diag([1.0, 1.0, 2.0]) @ ROTATION.T,
    ROTATION @ np.diag([0.0, 0.0, 2.0]) @ ROTATION.T,
    np.zeros((3, 3)),
]
every_repeated = pytest.mark.parametrize("a", REPEATED, ids=["1", "diag", "turned", "rank 1", "0"])


@every_repeated
def test_functions_of_all_eigenvalues_alike(a):
    """Of sum(w**3) the gradient is 3 a**2, whichever the eigenvectors are."""
    a = (a + a.T) / 2
    for values in (
        np.linalg.eigvalsh,
        lambda a: np.linalg.eigh(a)[0],
        lambda a: np.linalg.eigh(a).eigenvalues,
        lambda a: np.real(np.linalg.eig(a)[0]),
        lambda a: np.real(np.linalg.eigvals(a)),
    ):
        near(gradient(lambda a, f=values: np.sum(f(a) ** 3), a), 3 * a @ a)
    for values in (np.linalg.svdvals, lambda a: np.linalg.svd(a)[1], lambda a: np.linalg.svd(a).S):
        near(gradient(lambda a, f=values: np.sum(f(a) ** 4), a), 4 * a @ a @ a)


@every_repeated
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_by_eigenvectors_of_equal_eigenvalues_no_wrong_number_comes_out(a, shift):
    """Even where the gradient by the eigenvectors is 0 at the point itself."""
    a = (a + a.T) / 2

    def again(a):
        w, v = np.linalg.eigh(a)
        return (v * (w - shift)) @ v.T * ROTATION

    def again_by_svd(a):
        u, s, vh = np.linalg.svd(a)
        return (u * (s - shift)) @ vh * ROTATION

    with np.errstate(all="ignore"):
        for f in (again, again_by_svd):
            given = gradient(f, a)
            largest = abs(given[np.isfinite(given)]).max(initial=0)
            assert not np.isfinite(given).all() or largest > 1e12


CENTRED = np.cos(np.arange(12.0) ** 2).reshape(3, 4)
WEIGHTS = np.arange(4.0)
OF_ONE_VECTOR = {
    "first component": lambda x: (np.linalg.eigh(np.cov(x.T))[1][:, -1] @ WEIGHTS) ** 2,
    "its variance": lambda x: np.linalg.eigvalsh(np.cov(x.T))[-1],
    "right vector": lambda x: (np.linalg.svd(x - x.mean(0), False).Vh[0] @ WEIGHTS) ** 2,
    "all right vectors": lambda x: (np.linalg.svd(x - x.mean(0)).Vh[0] @ WEIGHTS) ** 2,
    "left vector": lambda x: (np.linalg.svd(x - x.mean(0)).U[:, 0] @ WEIGHTS[1:]) ** 2,
    "norm": lambda x: np.linalg.norm(x - x.mean(0), 2),
    "two values": lambda x: np.sum(np.linalg.svdvals(x - x.mean(0))[:2] ** 3),
}


def assert_slope_is_a_difference(f, x):
    """Along a direction, and as nearly as a difference is a slope."""
    direction = np.sin(np.arange(x.size)).reshape(x.shape)
    step = 1e-5 * direction
    difference = (f(x + step) - f(x - step)) / 2e-5
    np.testing.assert_allclose(np.sum(mg.grad(f)(x) * direction), difference, rtol=1e-6)


@pytest.mark.parametrize("f", OF_ONE_VECTOR.values(), ids=OF_ONE_VECTOR)
def test_equal_values_that_nothing_depends_on_are_no_obstacle(f):
    """Such as the components without variance of fewer samples than variables."""
    assert_slope_is_a_difference(f, CENTRED)


def test_nor_is_a_single_value_of_zero():
    singular = np.diag([3.0, 1.0, 0.0]) @ ROTATION
    for part in (lambda a: np.linalg.svd(a).U[:, 0], lambda a: np.linalg.svd(a).Vh[1]):
        assert_slope_is_a_difference(lambda a, part=part: (part(a) @ WEIGHTS[1:]) ** 2, singular)


@pytest.mark.parametrize("name", ["its variance", "norm", "two values"])
def test_nor_to_second_order_where_the_vectors_are_not_asked_for(name):
    gradient = mg.grad(OF_ONE_VECTOR[name])

    def turned(x):
        return np.sum(gradient(x) * np.cos(x))

    assert_slope_is_a_difference(turned, CENTRED)


def test_vectors_of_complex_matrices_have_phases():
    a = np.array([[2.0, 1j], [-1j, 5.0]])
    for f in (
        lambda a: np.real(np.linalg.eigh(a)[1] * (1 + 2j)),
        lambda a: np.real(np.linalg.eig(a)[1] * (1 + 2j)),
        lambda a: np.real(np.linalg.svd(a)[0] * (1 + 2j)),
    ):
        with pytest.raises(ValueError, match="phases"):
            gradient(f, a)


def test_the_singular_vectors_that_complete_a_space_are_arbitrary():
    a = np.arange(1.0, 4.0).reshape(3, 1)
    with pytest.raises(ValueError, match="full_matrices=False"):
        gradient(lambda a: np.linalg.svd(a)[0] * np.cos(np.arange(9.0)).reshape(3, 3), a)


# --- norms of matrices -------------------------------------------------------------------------

ORDERS = [1, -1, 2, -2, inf, -inf, "fro", "nuc"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", [(3, 3), (2, 3), (1, 1), (2, 2, 3)])
def test_the_norm_of_zeros(order, shape):
    """The subgradient of least norm, and of a square, too."""
    zeros = np.zeros(shape)
    for power in (1, 2):
        f = lambda x, power=power: np.linalg.norm(x, order, axis=(-2, -1)) ** power
        np.testing.assert_array_equal(gradient(f, zeros), zeros)


@pytest.mark.parametrize("order", [2, -2])
def test_equal_singular_values_share_evenly(order):
    f = lambda x: np.linalg.norm(x, order)
    near(gradient(f, np.eye(3)), np.eye(3) / 3)
    near(gradient(f, 2 * ROTATION), ROTATION / 3)
    near(gradient(f, np.diag([3.0, 3.0, 5.0])), np.diag([0, 0, 1] if order == 2 else [0.5, 0.5, 0]))


def test_equal_sums_share_evenly():
    a = np.array([[1.0, -2.0], [2.0, 1.0]])
    near(gradient(lambda x: np.linalg.norm(x, 1), a), np.sign(a) / 2)
    near(gradient(lambda x: np.linalg.norm(x, -1), a), np.sign(a) / 2)
    near(gradient(lambda x: np.linalg.norm(x, inf), a), np.sign(a) / 2)
    near(gradient(lambda x: np.linalg.norm(x, -inf), a), np.sign(a) / 2)
    apart = np.array([[1.0, -2.0], [2.0, 0.5]])
    near(gradient(lambda x: np.linalg.norm(x, 1), apart), [[1, 0], [1, 0]])
    near(gradient(lambda x: np.linalg.norm(x, -inf), apart), [[0, 0], [1, 1]])


def test_the_nuclear_norm_of_a_singular_matrix():
    """Of all subgradients the shortest: directions without a singular value have no part in it."""
    near(gradient(lambda x: np.linalg.norm(x, "nuc"), np.diag([3.0, 0.0])), np.diag([1.0, 0.0]))
    near(gradient(lambda x: np.linalg.norm(x, "nuc"), np.eye(3)), np.eye(3))


@pytest.mark.parametrize("order", [1, inf, "fro", 2, "nuc"])
def test_a_nan_in_a_norm_of_a_matrix(order):
    a = np.array([[1.0, nan], [2.0, 3.0]])
    try:
        given = gradient(lambda x: np.linalg.norm(x, order), a)
    except np.linalg.LinAlgError:  # NumPy's svd does not converge
        return
    assert np.isnan(given[0, 1])


# --- pseudo-inverses and condition numbers -----------------------------------------------------


def test_the_pseudo_inverse_of_a_matrix_of_low_rank_is_torchs():
    torch = pytest.importorskip("torch", reason="the table says: torch's")
    for a in (*SINGULAR.values(), np.ones((3, 2)), np.ones((2, 3))):
        weights = np.cos(np.arange(a.size)).reshape(a.T.shape)
        given = gradient(lambda x, w=weights: np.linalg.pinv(x) * w, a)
        x = torch.tensor(a, requires_grad=True)
        (wanted,) = torch.autograd.grad((torch.linalg.pinv(x) * torch.tensor(weights)).sum(), x)
        near(given, wanted.numpy())


@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (3, 4)])
def test_a_pseudo_inverse_that_leaves_out_small_singular_values(shape):
    """What is left out is not 0, and has its part in the derivative; torch forgets it."""
    a = np.diag([4.0, 3.0, 1.0, 1.0])[: shape[0], : shape[1]]
    a = a + np.cos(np.arange(a.size)).reshape(shape) / 8
    weights = np.cos(np.arange(a.size)).reshape(a.T.shape)
    f = lambda x: np.sum(np.linalg.pinv(x, rcond=0.5) * weights)
    given = gradient(f, a)
    for index in np.ndindex(a.shape):
        step = np.zeros(a.shape)
        step[index] = 1e-6
        np.testing.assert_allclose(given[index], (f(a + step) - f(a - step)) / 2e-6, atol=1e-8)


def test_the_least_squares_solution_of_low_rank_is_that_of_the_pseudo_inverse():
    b = np.array([1.0, -2.0, 0.5])
    for a in (SINGULAR["of rank 2"], SINGULAR["of rank 1 of 3"], np.ones((3, 2))):
        by_inverse = gradient(lambda x: (np.linalg.pinv(x, 1e-12) @ b) ** 2, a)
        near(gradient(lambda x: np.linalg.lstsq(x, b, rcond=1e-12)[0] ** 2, a), by_inverse)


def test_the_condition_of_a_singular_matrix_has_no_slope():
    for p in (None, 1, "fro"):
        a = mg.tensor(np.diag([1.0, 0.0]), requires_grad=True)
        with np.errstate(all="ignore"):
            value = np.linalg.cond(a, p)
            value.backward()
        assert value.data == np.linalg.cond(a.data, p) == inf
        assert not np.isfinite(a.grad).all()


# --- what the results are ----------------------------------------------------------------------


def test_results_have_names():
    a = mg.tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
    assert_nearly_equal(np.linalg.svd(a).S.data, np.linalg.svd(a.data).S)
    assert_nearly_equal(np.linalg.qr(a).R.data, np.linalg.qr(a.data).R)
    for f in (np.linalg.svd, np.linalg.eigh, np.linalg.eig, np.linalg.qr, np.linalg.slogdet):
        assert type(f(a)) is type(f(a.data))
        for part in f(a):
            assert isinstance(part, mg.Tensor)


def test_the_rank_is_a_number():
    a = mg.tensor(np.eye(3, 2), requires_grad=True)
    assert isinstance(np.linalg.lstsq(a, np.ones(3))[2], np.integer)
    assert np.linalg.matrix_rank(a) == 2


def test_factors_to_second_order():
    """What is made of a factor, and what its own rule makes of it, add up."""
    a = np.array([[2.0, 0.5], [0.25, 3.0]])

    def loss(x):
        q, r = np.linalg.qr(x)
        return np.sum((q @ r) ** 3)

    near(mg.grad(loss)(a), 3 * a**2)
    near(mg.grad(lambda x: np.sum(mg.grad(loss)(x)))(a), 6 * a)
