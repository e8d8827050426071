"""Eigenvalues and eigenvectors: which vectors are told apart, their phases, and their order."""

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from micrograd_np.program.traced import TraceError
from micrograd_np.rules.eigen import none_of_rounding
from rules.matrices import near, unlike

EPS = float(np.finfo(float).eps)
BOTH = pytest.mark.parametrize("function", [np.linalg.eigh, np.linalg.eig])


def by_vectors(function, a, seed):
    """Return the gradient of the sum of the elements of the eigenvectors times a seed."""
    leaf = mg.tensor(a, requires_grad=True)
    np.real(np.sum(function(leaf)[1] * seed)).backward()
    return leaf.grad


def by_values(function, a, seed):
    leaf = mg.tensor(a, requires_grad=True)
    np.sum(np.real(function(leaf)) * seed).backward()
    return leaf.grad


# --- values that are the same but for rounding -------------------------------------------------

SEEDS = {
    "of the second vector": [[0.0, 1.0], [0.0, 0.0]],
    "of the first vector": [[0.0, 0.0], [1.0, 0.0]],
    "of both alike": [[0.0, 1.0], [1.0, 0.0]],
    "of both against each other": [[0.0, 1.0], [-1.0, 0.0]],
}
every_seed = pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS)


@BOTH
@every_seed
@pytest.mark.parametrize("gap", [0, 1, 2])
@pytest.mark.parametrize("size", [1.0, 2.0**70, 2.0**-70])
def test_there_is_no_number_by_vectors_whose_values_are_a_rounding_apart(function, seed, gap, size):
    """Which is as many spacings of the largest value as there are rows."""
    a = size * np.diag([1 - gap * EPS, 1.0])
    with np.errstate(all="ignore"):
        assert np.isnan(by_vectors(function, a, np.array(seed))).all()


@every_seed
@pytest.mark.parametrize("part", [0, 2])
@pytest.mark.parametrize("gap", [0, 1])
def test_nor_by_singular_vectors(part, seed, gap):
    """Not even where the gradient asks for the one half of a turn alone."""
    a = np.diag([1.0, 1 - gap * EPS])
    with np.errstate(all="ignore"):
        given = by_vectors(lambda a: (None, np.linalg.svd(a)[part]), a, np.array(seed))
    assert np.isnan(given).all()


def of_diagonal(function, values, seed):
    """Return the gradient for a diagonal matrix, whose vectors are those of the axes."""
    inner = seed / (values - values[:, None] + np.eye(2)) * (1 - np.eye(2))
    return (inner + inner.T) / 2 if function is np.linalg.eigh else inner


@BOTH
@every_seed
@pytest.mark.parametrize("size", [1.0, 2.0**70, 2.0**-70])
def test_each_matrix_of_a_stack_has_a_rounding_of_its_own(function, seed, size):
    """However many there are, and whatever their sizes: three spacings of two rows are enough."""
    values = np.array([[1 - 3 * EPS, 1], [1, 2], [size, 2 * size], [-1, 3], [0, 1e-3]])
    given = by_vectors(function, values[:, None] * np.eye(2), np.array(seed))
    near(given, [of_diagonal(function, one, np.array(seed)) for one in values])


@BOTH
def test_vectors_are_turned_by_others_not_made_longer(function):
    a = np.array([[2.0, 1.0, 0.5], [1.0, -1.0, 0.25], [0.5, 0.25, 4.0]])
    v = function(a)[1]
    given = by_vectors(function, a, 1e6 * v)  # along the vectors themselves
    np.testing.assert_allclose(given, np.zeros((3, 3)), atol=1e-8)


@BOTH
@pytest.mark.parametrize("dtype", [float, complex])
def test_what_is_not_a_number_passes_through(function, dtype):
    """Nothing tells that it lies along the phases of vectors."""
    a = np.array([[2.0, 1.0], [1.0, -1.0]], dtype)
    assert np.isnan(by_vectors(function, a, np.full((2, 2), np.nan))).all()


# --- phases ------------------------------------------------------------------------------------

SQRT_EPS = 2.0**-26
COMPLEX = np.diag([1.0 + 0j, 2.0, 4.0])


def seed_of(along, other):
    """Return the seed of so much along the phase of the first vector, and so much elsewhere."""
    seed = np.zeros((3, 3), complex)
    seed[0, 0], seed[0, 2] = 1j * along, other
    return seed


# The gradient along a phase, and the largest of all.
TAKEN_FOR_ROUNDING = [
    (0.0, 0.0), (0.75 * SQRT_EPS, 0.0), (2 * SQRT_EPS, 1.0), (90 * SQRT_EPS, 100.0)
]  # fmt: skip
REFUSED = [
    (1.5 * SQRT_EPS, 0.0), (2.25 * SQRT_EPS, 1.0), (101.5 * SQRT_EPS, 100.0), (1.0, 1.0)
]  # fmt: skip


@BOTH
@pytest.mark.parametrize(("along", "other"), TAKEN_FOR_ROUNDING)
def test_a_gradient_along_a_phase_that_may_be_rounding_is_left_out(function, along, other):
    """Up to half of the digits of the largest gradient, or of one if that is less."""
    given = by_vectors(function, COMPLEX, seed_of(along, other))
    np.testing.assert_array_equal(given, by_vectors(function, COMPLEX, seed_of(0.0, other)))


@BOTH
@pytest.mark.parametrize(("along", "other"), REFUSED)
def test_a_gradient_along_a_phase_is_refused_in_any_matrix_of_a_stack(function, along, other):
    alone = seed_of(along, other)
    for seed in (alone, [alone, seed_of(0.0, 1e12)], [seed_of(0.0, 1e12), alone]):
        with pytest.raises(ValueError, match="phases of the eigenvectors"):
            by_vectors(function, np.broadcast_to(COMPLEX, np.shape(seed)), np.array(seed))


def test_the_phases_of_singular_vectors_in_a_stack():
    """Those to both sides of a matrix are turned together, by a value of that very matrix."""
    angles = np.arange(18.0).reshape(2, 3, 3) ** 2
    a, weights = np.exp(1j * angles) * [[[1.0]], [[0.25]]], np.sin(angles[0] + 1j)

    def loss(a):
        u, _, vh = np.linalg.svd(a)
        return np.sum(np.real(u @ vh * weights))

    given = mg.grad(loss)(a)
    assert given.shape == a.shape
    for one, found in zip(a, given, strict=True):
        near(found, mg.grad(loss)(one))
        step = 1e-5 * np.conj(weights)
        difference = (loss(one + step) - loss(one - step)) / 2e-5
        np.testing.assert_allclose(np.sum(np.real(np.conj(found) * step)) / 1e-5, difference, 1e-6)


# --- the order of eigenvalues ------------------------------------------------------------------

UNLIKE = np.cos(np.arange(9.0) ** 2).reshape(3, 3) + np.diag([0.0, 2.0, 5.0])
WITH_VALUES = {
    "one": UNLIKE,
    "stack": np.array([UNLIKE, UNLIKE.T - np.eye(3), 2 * UNLIKE, UNLIKE @ UNLIKE]),
    "with a pair": np.array([[1.0, -2.0, 0.5], [2.0, 1.0, 0.0], [0.0, 0.25, 4.0]]),
}


@pytest.mark.parametrize("a", WITH_VALUES.values(), ids=WITH_VALUES)
@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 0, 2]])
def test_eigenvalues_may_come_in_another_order_with_their_vectors(a, order, monkeypatch):
    """As LAPACK finds them by other steps then."""
    seed = np.array([1.0, -2.0, 5.0])
    wanted = by_values(lambda a: np.linalg.eig(a)[0], a, seed)
    eig = np.linalg.eig

    def in_another_order(a):
        w, v = eig(a)
        return w[..., order], v[..., order]

    leaf = mg.tensor(a, requires_grad=True)
    out = np.linalg.eigvals(leaf)
    monkeypatch.setattr(np.linalg, "eig", in_another_order)
    np.sum(np.real(out) * seed).backward()
    near(leaf.grad, wanted)


@pytest.mark.parametrize("n", [0, 2, 3])
@pytest.mark.parametrize("stacked", [False, True])
def test_all_of_the_gradient_by_equal_eigenvalues_arrives(n, stacked):
    """To add a number to the diagonal adds it to each eigenvalue, so the traces are the sums."""
    a = np.array([2 * np.eye(n), np.eye(n), np.zeros((n, n)), np.diag(1.0 + np.arange(n))])
    a = a if stacked else a[0]
    seed = np.array([1.0, -4.0, 5.5])[:n]
    given = by_values(np.linalg.eigvals, a, seed)
    assert given.shape == a.shape
    assert given.dtype == a.dtype
    near(np.trace(given, 0, -2, -1), np.full(a.shape[:-2], seed.sum()))


# --- recorded programs -------------------------------------------------------------------------

VALUES = pytest.mark.parametrize(
    "values", [np.linalg.eigvals, lambda a: np.linalg.eig(a)[0]], ids=["eigvals", "eig"]
)
REAL, TURNING = np.array([[2.0, 1.0], [0.5, 3.0]]), np.array([[1.0, -2.0], [2.0, 1.5]])


@VALUES
def test_a_jitted_function_takes_real_and_complex_eigenvalues_in_turn(values):
    seed = np.array([1.0, 3.0])
    f = lambda a: np.sum(np.abs(values(a)) ** 2 * seed)
    jitted, slope = mg.jit(f), mg.jit(mg.grad(f))
    for a in (REAL, TURNING, REAL + 0.25, TURNING - 0.5):
        near(jitted(a), f(a))
        near(slope(a), mg.grad(f)(a))
    kind = mg.jit(lambda a: values(a))
    for a in (REAL, TURNING, REAL):
        np.testing.assert_array_equal(kind(a), values(a), strict=True)


@VALUES
def test_it_is_recorded_once_for_all_matrices_of_real_eigenvalues(values):
    jitted = mg.jit(lambda a: np.sum(values(a) ** 3))
    for a in (REAL, np.zeros((2, 2)), REAL.T, -np.eye(2)):
        given = jitted(a)  # complex since NumPy 2.5, real before if all eigenvalues are
        assert given.dtype == np.linalg.eigvals(a).dtype
        assert_nearly_equal(given.real, np.sum(np.linalg.eigvals(a) ** 3).real)
    assert jitted.stats.traces == 1


@VALUES
def test_a_derived_program_may_have_eigenvalues_of_complex_matrices_alone(values):
    """Of real ones it depends on the values whether they are complex."""
    weights = np.array([1.0, -2.0])
    f = lambda a: np.sum(np.abs(values(a)) ** 2 * weights)
    with pytest.raises(TraceError, match="a branch"):
        mg.derive(f, REAL)
    a = mg.tensor(REAL)
    with pytest.raises(TraceError, match="a branch"), mg.trace():
        values(2 * a)
    mg.derive(lambda a: f(a * (1 + 2j)), REAL)


@VALUES
@pytest.mark.parametrize("a", [REAL, TURNING], ids=["real", "complex"])
def test_a_derived_program_may_have_those_of_a_constant(values, a):
    fixed, x = mg.tensor(a), np.array([1.0, 2.0])
    program = mg.derive(lambda x: np.sum(np.real(values(fixed)) * x**2), x)
    near(program.run(x)["dx"], 2 * x * np.real(np.linalg.eigvals(a)))


# --- triangles and roundings -------------------------------------------------------------------


@pytest.mark.parametrize("triangle", ["L", "U", "l", "u"])
def test_one_triangle_of_each_matrix_is_read(triangle):
    a = unlike(2, 3, 3)
    part = np.tril if triangle in "Ll" else np.triu
    whole = part(a) + part(a, -1 if part is np.tril else 1).swapaxes(1, 2)
    w, v = np.linalg.eigh(mg.tensor(a, requires_grad=True), triangle)
    near((v.data * w.data[:, None]) @ v.data.swapaxes(1, 2), whole)
    near(np.linalg.eigvalsh(mg.tensor(a, requires_grad=True), triangle).data, w.data)


def test_what_is_as_large_as_the_errors_of_eigenvalues_is_taken_for_one():
    """Those of two values are two roundings of the larger one."""
    eps = np.finfo(float).eps
    values, gaps = np.array([1.0, -4.0]), np.array([8 * eps, -8 * eps])
    assert none_of_rounding(gaps, values).tolist() == [0, 0]
    assert none_of_rounding(gaps * 1.5, values).tolist() == [12 * eps, -12 * eps]
