"""Singular values and vectors: of any shape, by each part alone, and what rounding may leave."""

import numpy as np
import pytest

import micrograd_np as mg
from rules.gradients import gradient
from rules.matrices import near, unlike

SQRT_EPS = 2.0**-26
SHAPES = [(4, 2), (2, 4), (3, 3), (2, 3, 2), (2, 2, 3)]


def matrices(shape, dtype):
    a = unlike(*shape)
    return (
        a
        if np.dtype(dtype).kind == "f"
        else a + 1j * np.sin(1.0 + np.arange(a.size)).reshape(shape)
    )


def hermitian(n, dtype):
    a = matrices((2, n, n), dtype)
    return a + np.conj(a.swapaxes(-2, -1))


def weighted(x):
    return np.sum(x * np.cos(1.0 + np.arange(x.size)).reshape(x.shape))


def squares(x):
    """Return what depends neither on the directions of vectors nor on their phases."""
    return np.real(x) ** 2 + np.imag(x) ** 2


def thin(a, full_matrices):
    """Return the values, and the vectors that belong to them."""
    u, s, vh = np.linalg.svd(a, full_matrices)
    k = s.shape[-1]
    return u[..., :k], s, vh[..., :k, :]


PARTS = {
    "left": lambda u, _s, _vh: weighted(squares(u)),
    "right": lambda _u, _s, vh: weighted(squares(vh)),
    "values": lambda _u, s, _vh: weighted(s**3),
    "left and right": lambda u, _s, vh: weighted(np.real(u @ vh)),
    "all": lambda u, s, vh: weighted(squares(u * s[..., None, :])) + weighted(np.imag(u @ vh)),
}


@pytest.mark.parametrize("full_matrices", [True, False])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [float, complex])
def test_the_gradient_by_each_part_alone(shape, dtype, part, full_matrices):
    f, a = lambda a: PARTS[part](*thin(a, full_matrices)), matrices(shape, dtype)
    mg.gradcheck(f, a)


def diagonal(*values, rows=None, dtype=float):
    a = np.zeros((rows or len(values), len(values)), dtype)
    np.fill_diagonal(a, values)
    return a


@pytest.mark.parametrize(
    ("large", "small", "dtype"),
    [(2.0, 0.5, float), (2.0, 0.5, complex), (2.0, 0.0, float), (2.0, 1e-17, complex)],
)
def test_a_singular_value_of_one_half_or_near_none_is_like_any_other(large, small, dtype):
    """Of a diagonal matrix, the first vectors turn by what is beside the diagonal."""
    a = diagonal(large, small, dtype=dtype)
    seed = np.linalg.svd(a).U[0, 0] * np.array([[0, 0], [1, 0]])
    given = gradient(lambda a: np.linalg.svd(a).U, a, seed=seed)
    near(given, np.array([[0, small], [large, 0]]) / (large**2 - small**2))


@pytest.mark.parametrize("weight", [1e-5, 1.0, 1e5])
def test_a_phase_turns_without_bound_where_a_singular_value_is_rounding(weight):
    """However little depends on it."""
    a = diagonal(1.0, 1e-17, dtype=complex)
    seed = np.array([[0, 0], [0, weight]])

    def f(a):
        u, _, vh = np.linalg.svd(a)
        return np.imag(u @ vh)

    with np.errstate(all="ignore"):
        assert not np.isfinite(gradient(f, a, seed=seed)[1, 1])


# --- vectors that belong to no singular value --------------------------------------------------

TALL = diagonal(2.0, 1.0, rows=4)


def by_rest(along, other):
    """Return the gradient by the left vectors of so much among the last two, and so much across."""
    seed = np.zeros((4, 4))
    seed[2, 3], seed[0, 2] = along, other
    return gradient(lambda a: np.linalg.svd(a).U, TALL, seed=seed)


# The gradient among the vectors that are arbitrary, and the largest of all by them.
TAKEN_FOR_ROUNDING = [
    (0.0, 0.0), (0.9, 0.0), (1 + SQRT_EPS + SQRT_EPS**2, 0.0), (1.9, 1.0), (100.0, 100.0)
]  # fmt: skip
REFUSED = [(1.1, 0.0), (2.1, 1.0), (102.0, 100.0), (1e8, 1.0)]


@pytest.mark.parametrize(("along", "other"), TAKEN_FOR_ROUNDING)
def test_what_may_be_rounding_among_arbitrary_vectors_is_left_out(along, other):
    """Up to half of the digits of the largest gradient and one together."""
    np.testing.assert_array_equal(by_rest(along * SQRT_EPS, other), by_rest(0.0, other))


@pytest.mark.parametrize(("along", "other"), REFUSED)
def test_a_gradient_among_arbitrary_vectors_is_refused_whichever_way_they_turn(along, other):
    for sign in (1, -1):
        with pytest.raises(ValueError, match="full_matrices=False"):
            by_rest(sign * along * SQRT_EPS, other)


# --- phases ------------------------------------------------------------------------------------

PHASES = diagonal(4.0, 2.0, 1.0, dtype=complex)


def by_phase(part, along):
    """Return the gradient by left or right vectors alone: along the phase of one, and another."""
    v = getattr(np.linalg.svd(PHASES), part)
    seed = np.zeros((3, 3), complex)
    seed[0, 0], seed[0, 1] = 1j * along * v[0, 0], 1e-3
    return gradient(lambda a: getattr(np.linalg.svd(a), part), PHASES, seed=seed)


def test_a_phase_of_right_vectors_that_may_be_rounding_is_left_out():
    np.testing.assert_array_equal(by_phase("Vh", 0.75 * SQRT_EPS), by_phase("Vh", 0.0))


@pytest.mark.parametrize("part", ["U", "Vh"])
def test_more_than_that_is_refused_of_either_vectors_alone(part):
    with pytest.raises(ValueError, match="phases of the singular vectors"):
        by_phase(part, 1.5 * SQRT_EPS)


# --- hermitian matrices ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [float, complex])
def test_of_hermitian_matrices_every_part_is_numpys(dtype):
    """One triangle is read; what is negative becomes positive, and largest come first."""
    a = np.tril(hermitian(3, dtype)) + np.triu(np.full((3, 3), 7.0), 1)
    t = mg.tensor(a, requires_grad=True)
    for given, wanted in zip(
        np.linalg.svd(t, hermitian=True), np.linalg.svd(a, hermitian=True), strict=True
    ):
        np.testing.assert_array_equal(given.data, wanted, strict=True)
    values = np.linalg.svd(t, compute_uv=False, hermitian=True)
    np.testing.assert_array_equal(
        values.data, np.linalg.svd(a, compute_uv=False, hermitian=True), strict=True
    )


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("dtype", [float, complex])
def test_the_gradient_of_hermitian_matrices(dtype, part):
    def f(a):
        a = (a + np.conj(a.swapaxes(-2, -1))) / 2
        return PARTS[part](*np.linalg.svd(a, hermitian=True))

    a = hermitian(3, dtype)
    mg.gradcheck(f, a)
