"""The rounding radius on its own: what it covers, what it leaves alone, what it does not decide."""

import math

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.rounding import (
    LIMIT,
    RUNS,
    Radius,
    distance,
    estimated_radius,
    rounding_radius,
)

FLOATS = ("float16", "float32", "float64")


def floor(value):
    """Return the radius of an array that no rounding has touched."""
    info = np.finfo(value.dtype)
    return float(info.eps) * np.abs(value).astype(np.float64) + float(info.tiny)


def cancelling(seed, dtype, size=200):
    """Return terms of very different magnitude whose sum is close to zero, in random order."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=size) * 10 ** rng.uniform(-3, 2, size)
    x = np.append(x, 1e-5 - x.sum())
    return rng.permutation(x).astype(dtype)


def only(f, *args, **options):
    """Return the one radius of a function that returns one array."""
    return rounding_radius(lambda *a: {"only": f(*a)}, *args, **options)["only"]


# --- what a radius covers ----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", range(30))
def test_the_radius_of_a_sum_covers_every_order_of_its_terms(seed, dtype):
    x = cancelling(seed, dtype)
    wanted = only(np.sum, x)
    rng = np.random.default_rng(seed)
    for _ in range(20):
        assert distance(np.sum(rng.permutation(x)), wanted).ok
    assert distance(one_by_one(x), wanted).ok
    assert distance(np.array(math.fsum(x.tolist())).astype(dtype), wanted).ok


def one_by_one(terms):
    """Return the sum of terms along the first axis, rounded after each addition."""
    total = np.zeros_like(terms[0])
    for term in terms:
        total = total + term
    return total


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("distinct", [1, 2, 3, 20000], ids=lambda n: f"{n} distinct")
def test_the_radius_covers_what_the_partial_sums_lose(distinct, dtype):
    """In data that repeats itself all additions err to the same side."""
    rng = np.random.default_rng(distinct)
    X = np.resize(rng.normal(size=(distinct, 2)) + 1, (20000, 2)).astype(dtype)
    d = np.resize(rng.normal(size=(distinct, 3)), (20000, 3)).astype(dtype)
    exact = (X.T.astype(np.longdouble) @ d).astype(dtype)
    for wanted in (
        only(lambda X, d: X.T @ d, X, d),
        only(lambda X, d: np.einsum("ni,nj->ij", X, d), X, d),
        only(lambda X, d: np.sum(X[:, :, None] * d[:, None, :], axis=0), X, d),
        only(lambda X, d: np.cumsum(X[:, :, None] * d[:, None, :], axis=0)[-1], X, d),
    ):
        assert distance(exact, wanted).ok
        assert distance(one_by_one(X[:, :, None] * d[:, None, :]), wanted).ok
        most = 20000 * np.finfo(dtype).eps / 2  # if all additions err to one side, by all they can
        assert not distance(exact * exact.dtype.type(1 + 10 * most), wanted).ok


def test_the_terms_of_a_scalar_product_are_covered_too():
    a = np.full(20000, 0.1)
    exact = np.asarray(np.longdouble(a) @ np.longdouble(a)).astype(float)
    for f in (np.dot, np.vdot, np.matmul, lambda a, b: np.mean(a * b) * 20000):
        wanted = only(f, a, a)
        assert distance(exact, wanted).ok
        assert distance(np.asarray(one_by_one(a * a)), wanted).ok


@pytest.mark.parametrize("seed", range(30))
def test_the_radius_is_about_what_reordering_really_does(seed):
    """Not a bound so wide that nothing is ever outside: a lost term of the usual size is."""
    x = cancelling(seed, "float64")
    wanted = only(np.sum, x)
    assert wanted.radius > 1000 * np.finfo(float).eps * abs(float(wanted.value))
    rng = np.random.default_rng(seed)
    sums = [float(one_by_one(rng.permutation(x))) for _ in range(100)]
    worst = max(abs(total - math.fsum(x.tolist())) for total in sums)
    assert worst / 4 < wanted.radius < 2 * worst
    lost = np.sum(np.delete(x, np.argsort(np.abs(x))[len(x) // 2]))
    assert distance(lost, wanted).radii > 1e9


@pytest.mark.parametrize("seed", range(10))
def test_gradients_inside_are_perturbed_too(seed):
    """The gradient of (sum of x)^2 is twice the sum, and cancels as it does."""
    x = cancelling(seed, "float64")
    for differentiate in (mg.grad(lambda t: t.sum() ** 2), by_backward):
        wanted = only(differentiate, x)
        assert (wanted.radius > 1000 * np.finfo(float).eps * np.abs(wanted.value)).all()
        assert distance(np.full(x.shape, 2 * math.fsum(x.tolist())), wanted).ok


def by_backward(x):
    leaf = mg.tensor(x.data, requires_grad=True)
    (leaf.sum() ** 2).backward()
    return leaf.grad


def test_writes_into_a_tensor_are_perturbed_as_well():
    def f(x):
        y = x.copy()
        y[0] = 0.1 * x[1]
        y += x
        np.add.at(y, np.array([0, 0]), x[:2])
        return y

    x = np.array([1.3, 0.7, -0.2])
    wanted = only(f, x)
    np.testing.assert_array_equal(wanted.value, f(mg.tensor(x)).data)
    assert (wanted.radius[:2] > 2 * floor(wanted.value[:2])).all()


# --- what it leaves alone ----------------------------------------------------------------------

MOVES = {
    "reshape": lambda x: x.reshape(3, 2),
    "transpose": lambda x: x.T,
    "index": lambda x: x[1, ::-1],
    "negative": lambda x: -x,
    "relu": mg.relu,
    "maximum": lambda x: np.maximum(x, -x),
    "max": lambda x: x.max(axis=0),
    "abs": abs,
    "where": lambda x: np.where(x > 0, x, 0),
    "stack": lambda x: np.stack([x, -x]),
    "concatenate": lambda x: np.concatenate([x, x], axis=1),
    "broadcast": lambda x: np.broadcast_to(x, (4, 2, 3)),
    "flip": lambda x: np.flip(x, 0),
    "copy": lambda x: x.copy(),
    "nothing": lambda x: x,
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("move", MOVES)
def test_an_operation_that_only_moves_values_gets_the_floor(move, dtype):
    x = np.array([[1.5, -0.3, 0.0], [7e3, -2e-3, 11.0]], dtype)
    found = only(MOVES[move], x)
    np.testing.assert_array_equal(found.value, np.asarray(MOVES[move](mg.tensor(x)).data))
    np.testing.assert_array_equal(found.radius, floor(found.value))
    assert not found.undecided.any()
    assert not found.estimated


def test_zeros_stay():
    x = np.array([0.0, 0.0, 2.0])
    found = only(lambda t: 3.7 * t * t + t, x)
    assert found.value[0] == 0
    np.testing.assert_array_equal(found.radius[:2], np.finfo(float).tiny)
    assert not distance(np.array([1e-300, 0, found.value[2]]), found).ok


# --- how it scales -----------------------------------------------------------------------------


def test_the_radius_scales_with_eps():
    x = np.array([1.25, -0.5, 3.0, 0.75])  # exact in every dtype, as are the products
    radii = [only(lambda t: (t * t).sum(), x.astype(dtype)).radius for dtype in FLOATS]
    in_eps = [float(r / np.finfo(dtype).eps) for r, dtype in zip(radii, FLOATS, strict=True)]
    assert max(in_eps) < 2 * min(in_eps)
    assert min(in_eps) > 1


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_python_constant_is_rounded_to_the_dtype_beside_it(dtype):
    """0.1 is another number in each dtype, and x holds only zeros and ones."""
    eps = float(np.finfo(dtype).eps)
    found = only(lambda t: t + 0.1, np.zeros(3, dtype))
    assert found.value.dtype == dtype
    assert (found.radius > 1.4 * eps * 0.1).all()
    assert (found.radius < 3 * eps * 0.1).all()


def test_a_whole_python_number_is_exact():
    for f in (lambda t: t**2, lambda t: t**2.0, lambda t: 90 * t, lambda t: t / 90.0):
        assert only(f, np.zeros(3) + 1.1).radius.max() < 90 * 4 * 4 * np.finfo(float).eps
    exponent = only(lambda t: t**2.5, np.array([1e100]))  # here the exponent's rounding shows
    assert exponent.radius > 100 * floor(exponent.value)


def test_integers_and_options_are_left_alone():
    labels = np.array([0, 2])
    x = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.9]])

    def f(x, labels):
        assert labels.dtype.kind == "i"
        return mg.cross_entropy(x, labels) + np.sum(x, axis=0, keepdims=True)[0, labels].sum()

    assert only(f, x, labels).radius < 1e-14


def test_the_seed_determines_the_radius():
    x = cancelling(0, "float64")
    assert only(np.sum, x, seed=3).radius == only(np.sum, x, seed=3).radius
    assert len({float(only(np.sum, x, seed=seed).radius) for seed in range(5)}) > 1
    assert only(np.sum, x, seed=3, runs=2).radius <= only(np.sum, x, seed=3, runs=RUNS).radius
    np.testing.assert_array_equal(only(np.sum, x, runs=0).radius, floor(np.sum(x)))


# --- what is undecided -------------------------------------------------------------------------


def kinked(x):
    """Return the gradient of relu(x0 - x1) x2: 0 or not, as the difference is rounded."""
    return mg.grad(lambda t: mg.relu(t[0] - t[1]) * t[2])(x)


def test_what_cancels_to_zero_before_a_relu_is_undecided_and_not_compared():
    """A run flips it one time in four, so that it takes more than a few of them."""
    for seed in range(20):
        wanted = only(kinked, np.array([0.3, 0.3, 1.0]), seed=seed, runs=64)
        np.testing.assert_array_equal(wanted.undecided, [True, True, False])
        np.testing.assert_array_equal(wanted.value, [0, 0, 0])
        other_side = distance(np.array([1.0, -1.0, 0.0]), wanted)
        assert other_side.ok
        assert other_side.undecided == 2
        assert not distance(np.array([1.0, -1.0, 1.0]), wanted).ok


def test_the_usual_runs_mostly_notice_it():
    """With a chance of one in four each, eight runs leave one of ten unnoticed."""
    x = np.array([0.3, 0.3, 5.0])
    assert sum(bool(only(kinked, x, seed=seed).undecided[0]) for seed in range(50)) >= 40


def test_exact_zeros_are_decided():
    for x in (np.array([0.0, 0.0, 5.0]), np.array([0.3, 0.2, 5.0])):
        assert not only(kinked, x).undecided.any()


def test_decisions_are_kept_while_the_radius_is_measured():
    """Else the other side of the kink would count as rounding, and the radius be enormous."""

    def f(x):
        return np.where(x[0] - x[1] > 0, 1.0, 1000.0) * x

    x = np.array([0.3, 0.3, 5.0])
    found = only(f, x, runs=64)
    assert found.undecided.all()
    assert (found.radius <= 8 * floor(found.value)).all()


def test_a_change_of_the_path_through_the_program_is_undecided():
    def f(x):
        return 2 * x if x[0] - x[1] > 0 else 3 * x

    found = only(f, np.array([0.3, 0.3, 5.0]), runs=64)
    np.testing.assert_array_equal(found.value, 3 * np.array([0.3, 0.3, 5.0]))
    assert found.undecided.all()
    assert (found.radius <= 8 * floor(found.value)).all()
    far = distance(found.value * 7, found)
    assert (far.ok, far.index, far.undecided) == (True, None, 3)


def test_a_loop_that_runs_longer_is_no_error():
    def f(x):
        total, rest = x[0] * 0.1, x[0] - x[1]
        while rest <= 0:
            total, rest = total + rest * rest + 1.0, rest + 1.0
        return total

    found = only(f, np.array([0.3, 0.3]), runs=64)
    assert found.undecided
    assert found.radius <= 8 * floor(found.value)


def test_another_number_of_selected_elements_is_undecided():
    x = np.array([1.0, 2, 3, 1, 2, 3])
    assert only(lambda t: t[:3][t[:3] - t[3:] >= 0], x).undecided.all()


@pytest.mark.parametrize("write", ["zeros_like", "mask"])
def test_writing_into_a_mask_does_not_change_what_was_decided(write):
    def f(x):
        if write == "mask":
            mask = x > 0
            mask ^= True
            return x * mask
        buffer = np.zeros_like(x)
        buffer += 1.0
        return x * buffer

    found = only(f, np.array([1.0, -2.0]))
    assert (found.radius <= 8 * floor(found.value)).all()


# --- infinities and nans -----------------------------------------------------------------------


def test_infinities_and_nans_equal_themselves_only():
    values = [np.inf, -np.inf, np.nan, 1.0]
    wanted = only(lambda t: t * 1.5, np.array(values))
    np.testing.assert_array_equal(wanted.value, np.array(values) * 1.5)
    assert not wanted.undecided.any()
    same = distance(wanted.value, wanted)
    assert (same.ok, same.radii, same.error) == (True, 0.0, 0.0)
    for place in range(4):
        for other in (np.inf, -np.inf, np.nan, 1.5):
            moved = wanted.value.copy()
            moved[place] = other
            far = distance(moved, wanted)
            if np.array_equal(moved, wanted.value, equal_nan=True):
                assert far.ok
            else:
                assert far.radii == np.inf
                assert far.index == (place,)


# --- distance ----------------------------------------------------------------------------------


def test_a_distance_says_where_the_error_is_largest_in_radii():
    value = np.array([[1.0, 1e-3, 100.0], [0.0, -2.0, 5.0]])
    radius = np.array([[1e-16, 1e-19, 1e-14], [1e-300, 1e-16, 1e-16]])
    wanted = Radius(value, radius, np.zeros(value.shape, bool))
    given = value.copy()
    given[0, 2] += 1e-10  # the larger error, the fewer radii
    given[0, 1] += 1e-12
    far = distance(given, wanted)
    assert far.index == (0, 1)
    assert far.error == abs(given[0, 1] - value[0, 1])
    assert far.radii == far.error / 1e-19
    assert (far.ok, far.undecided, far.problem) == (False, 0, "")


def test_a_distance_is_ok_up_to_the_limit():
    wanted = Radius(np.zeros(2), np.full(2, 2.0**-60), np.zeros(2, bool))
    assert distance(np.array([0, LIMIT * 2.0**-60]), wanted).ok
    assert not distance(np.array([0, LIMIT * 2.0**-60 * (1 + 2**-52)]), wanted).ok


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (np.ones(64), "shape (64,), wanted (1, 64)"),
        (np.ones((64, 1)), "shape (64, 1), wanted (1, 64)"),
        (np.float64(1), "shape (), wanted (1, 64)"),
        (np.ones((1, 64), "float32"), "dtype float32, wanted float64"),
        (np.ones((1, 64), int), "dtype int64, wanted float64"),
        (np.ones((1, 64), complex), "dtype complex128, wanted float64"),
    ],
)
def test_nothing_is_broadcast_or_cast(given, problem):
    far = distance(given, estimated_radius(np.ones((1, 64))))
    assert far.problem == problem
    assert far.radii == far.error == np.inf
    assert far.index is None
    assert not far.ok


def test_nothing_is_equal_to_nothing():
    far = distance(np.ones((0, 3)), estimated_radius(np.ones((0, 3))))
    assert (far.ok, far.index, far.radii) == (True, None, 0.0)
    assert distance(np.ones((0, 3)), estimated_radius(np.ones((3, 0)))).problem


def test_a_single_number_has_the_empty_index():
    far = distance(np.float64(2), estimated_radius(np.float64(1)))
    assert far.index == ()
    assert far.error == 1.0


def test_a_large_error_where_zero_is_wanted_is_infinitely_far():
    assert distance(np.array([5.0]), estimated_radius(np.array([0.0]))).radii == np.inf


# --- without a computation ---------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
def test_an_estimated_radius_is_eps_of_the_largest_finite_magnitude(dtype):
    info = np.finfo(dtype)
    value = np.array([1.0, -8.0, np.inf, np.nan, 0.0], dtype)
    found = estimated_radius(value)
    assert found.estimated
    assert not found.undecided.any()
    np.testing.assert_array_equal(found.radius, np.full(5, 8 * float(info.eps) + float(info.tiny)))
    for nothing in (np.zeros(3, dtype), np.full(3, np.nan, dtype)):
        np.testing.assert_array_equal(estimated_radius(nothing).radius, np.full(3, info.tiny))
    assert estimated_radius(np.ones((0, 2), dtype)).radius.shape == (0, 2)


def test_rotations_mix_the_elements_of_a_matrix():
    """So a small eigenvalue is known no better than the largest element of its matrix."""
    a = np.diag(np.array([1e-6, 1.0], np.float32))
    found = rounding_radius(lambda a: {"eigenvalues": np.linalg.eigvalsh(a)}, a)["eigenvalues"]
    eps = np.finfo(np.float32).eps
    assert found.radius[0] > eps / 2
    assert found.radius.max() < 8 * eps
