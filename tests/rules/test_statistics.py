"""Averages with their weights, and covariances of rows, columns and few samples."""

import warnings

import numpy as np
import pytest

import micrograd_np as mg
from rules.gradients import gradients
from rules.matrices import unlike

X = unlike(2, 3, 4) + 2


def array(result):
    return result.data if isinstance(result, mg.Tensor) else np.asarray(result)


# --- averages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (2, 1)], ids=str)
def test_an_average_is_returned_with_how_many_elements_it_is_of(axis, keepdims):
    options = {"axis": axis, "returned": True, "keepdims": keepdims}
    for a in (X, X.astype(np.float32)):
        found = np.average(mg.tensor(a), **options)
        for given, wanted in zip(found, np.average(a, **options), strict=True):
            np.testing.assert_array_equal(array(given), np.asarray(wanted), strict=True)
            assert array(given).flags.writeable


WEIGHTS = {
    "for each element": (None, unlike(2, 3, 4) + 3),
    "for each element, along an axis": (1, unlike(2, 3, 4) + 3),
    "along the middle axis": (1, unlike(3) + 3),
    "along the last axis": (-1, unlike(4) + 3),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_an_average_is_returned_with_the_sum_of_its_weights(name):
    axis, weights = WEIGHTS[name]
    wanted = np.average(X, axis, weights, returned=True)
    for a, w in ((mg.tensor(X), weights), (X.tolist(), mg.tensor(weights))):
        for g, expected in zip(np.average(a, axis, w, returned=True), wanted, strict=True):
            assert array(g).shape == np.shape(expected)
            np.testing.assert_allclose(array(g), expected, rtol=1e-14)
    mg.gradcheck(lambda a, w: np.average(a, axis, w).sum(), X, weights)


@pytest.mark.parametrize(
    ("axis", "sum_of_products", "total"),
    [
        ((0, 2), "abc,ac->b", "ac->"),
        ((2, 0), "abc,ca->b", "ca->"),
        ((-1, 1), "abc,cb->a", "cb->"),
        ((2, 0, 1), "abc,cab->", "cab->"),
    ],
)
def test_weights_along_several_axes_are_in_the_order_in_which_these_are_named(
    axis, sum_of_products, total
):
    weights = unlike(*(X.shape[i] for i in axis)) + 3
    f = lambda a, w: np.average(a, axis, w)
    exact = lambda a, w: np.einsum(sum_of_products, a, w) / np.einsum(total, w)
    np.testing.assert_allclose(f(mg.tensor(X), weights).data, exact(X, weights), rtol=1e-14)
    for given, wanted in zip(gradients(f, X, weights), gradients(exact, X, weights), strict=True):
        np.testing.assert_allclose(given, wanted, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(("axis", "shape"), [(1, (4,)), (1, (1,)), ((0, 1), (3, 2)), (0, (2, 1))])
def test_weights_are_as_many_as_there_are_elements_along_the_axis(axis, shape):
    with pytest.raises(ValueError, match="Shape of weights must be consistent with shape of a"):
        np.average(mg.tensor(X), axis, np.ones(shape))


# --- covariances -------------------------------------------------------------------------------

M, Y = unlike(2, 3), unlike(5, 3)[3:]
SAMPLES = {
    "rows": (M, None, True),
    "columns": (M, None, False),
    "one variable": (M[0], None, True),
    "one variable is no column": (M[0], None, False),
    "one variable in a row": (M[:1], None, True),
    "two variables": (M[0], Y[0], False),
    "rows beside rows": (M, Y, True),
    "columns beside columns": (M, Y[:, :2], False),
    "columns beside one variable": (M, np.array([0.5, 2.0]), False),
    "columns beside one variable in a row": (M, np.array([[0.5, 2.0]]), False),
    "complex": (M + 1j * Y, Y, True),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_which_way_variables_lie(name):
    m, y, rowvar = SAMPLES[name]
    f = lambda m, y=None: np.cov(m, y, rowvar)
    wanted, weights = f(m, y), unlike(*f(m, y).shape) + 2
    given = [f(mg.tensor(m), y), f(mg.tensor(m, requires_grad=True), y)]
    if y is not None:
        given.append(f(m.tolist(), mg.tensor(y)))
    for g in given:
        assert g.shape == wanted.shape
        np.testing.assert_allclose(g.data, wanted, rtol=1e-13, atol=1e-15)
    operands = [m] if y is None else [m, y]
    mg.gradcheck(lambda *operands: np.sum(np.abs(f(*operands) * weights + 1) ** 2), *operands)


WEIGHED = {
    "how often": {"fweights": [1, 2, 3]},
    "how much": {"aweights": [0.5, 1.5, 0.25]},
    "both": {"fweights": [1, 2, 3], "aweights": [0.5, 1.5, 0.25]},
    "both, and a ddof of 0": {"fweights": (1, 2, 3), "aweights": (0.5, 1.5, 0.25), "ddof": 0},
    "both, and a ddof of 2": {"fweights": [1, 2, 3], "aweights": [0.5, 1.5, 0.25], "ddof": 2},
    "how often, without a bias": {"fweights": [1, 2, 3], "bias": True},
    "some that do not count": {"fweights": [2, 0, 3], "aweights": [0.0, 1.0, 2.0], "ddof": 0},
    "a ddof that is whole": {"ddof": 2.0},
}


@pytest.mark.parametrize("name", WEIGHED)
def test_samples_have_weights(name):
    f = lambda m: np.cov(m, **WEIGHED[name])
    np.testing.assert_allclose(f(mg.tensor(M)).data, f(M), rtol=1e-13)
    mg.gradcheck(lambda m: np.sum(f(m) * [[1.0, 2.0], [3.0, 5.0]]), M)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"ddof": 0.5}, ValueError, "ddof must be integer"),
        ({"fweights": [1, 1.5, 2]}, TypeError, "fweights must be integer"),
        ({"fweights": [[1, 1, 2]]}, RuntimeError, "cannot handle multidimensional fweights"),
        ({"aweights": [[1, 1, 2]]}, RuntimeError, "cannot handle multidimensional aweights"),
        ({"fweights": [1, 2]}, RuntimeError, "incompatible numbers of samples and fweights"),
        ({"aweights": [1, 2]}, RuntimeError, "incompatible numbers of samples and aweights"),
        ({"fweights": [1, -2, 3]}, ValueError, "fweights cannot be negative"),
        ({"aweights": [1, -2, 3]}, ValueError, "aweights cannot be negative"),
    ],
    ids=str,
)
def test_covariances_that_numpy_refuses(options, kind, words):
    with pytest.raises(kind, match=words):
        np.cov(mg.tensor(M), **options)
    with pytest.raises(kind, match=words):
        np.cov(M, **options)


def test_only_rows_and_columns_have_covariances():
    with pytest.raises(ValueError, match="m has more than 2 dimensions"):
        np.cov(mg.tensor(X))
    with pytest.raises(ValueError, match="y has more than 2 dimensions"):
        np.cov(M, mg.tensor(X))


@pytest.mark.parametrize(
    ("m", "y"),
    [
        (np.zeros((0, 3)), None),
        (np.zeros((0, 3)), M),
        (np.zeros((0, 3), complex), M),
        (np.zeros((2, 0)), None),
        (np.zeros((2, 0)), np.zeros((3, 0))),
        (np.zeros(0), None),
    ],
    ids=lambda a: "none" if a is None else f"{a.dtype} {a.shape}",
)
def test_covariances_of_no_variables_or_no_samples(m, y):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # NumPy warns of the degrees of freedom
        given, wanted = np.cov(mg.tensor(m), y), np.cov(m, y)
    np.testing.assert_array_equal(array(given), wanted, strict=True)


# --- correlations ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_correlations(name):
    m, y, rowvar = SAMPLES[name]
    f = lambda m, y=None: np.corrcoef(m, y, rowvar)
    wanted = f(m, y)
    given = f(mg.tensor(m), y)
    assert given.shape == np.shape(wanted)
    np.testing.assert_allclose(given.data, wanted, rtol=1e-13, atol=1e-15)
    if name.startswith("rows"):  # of two samples alone it is 1 or -1
        operands = [m] if y is None else [m, y]
        weights = unlike(*wanted.shape) + 2
        mg.gradcheck(lambda *operands: np.sum(f(*operands) * weights), *operands)


def test_correlations_of_complex_numbers():
    z = np.array([[1.0 + 2j, -0.5j, 3.0], [2.0 - 1j, 0.25, 1j], [1j, 2.0, -1.0 - 1j]])
    given = np.corrcoef(mg.tensor(z)).data
    np.testing.assert_allclose(given, np.corrcoef(z), rtol=1e-13, atol=1e-15)
    assert {np.sign(n) for n in np.round(given.real, 3).ravel()} == {-1.0, 1.0}
    weights = unlike(3, 3) + 1j * unlike(2, 3, 3)[1]
    mg.gradcheck(lambda z: np.sum((np.corrcoef(z) * weights).real), z)


def test_correlations_are_never_beyond_one():
    """Where rounding would have them there, of the one sign or of the other."""
    x = np.array([0.1, 0.2, 0.7]) / 3
    rows = np.stack([x * by for by in (1.0, -3.0, 0.7, -0.1, 1 / 3, 7.7)])
    other = np.array([0.1, -0.1, 0.6]) / 3
    opposite = np.stack([other, -7.7 * other])
    for m in (rows, rows * (1 + 2j), np.stack([*rows, *(1j * rows)]), opposite * (1 + 2j)):
        given = np.corrcoef(mg.tensor(m)).data
        np.testing.assert_array_equal(given, np.corrcoef(m))
        assert max(abs(given.real).max(), abs(given.imag).max()) == 1


# --- sums by bin -------------------------------------------------------------------------------


def test_weights_are_summed_by_bin():
    x, weights = np.array([3, 0, 3, 1, 5, 1]), [0.5, 2.0, -1.0, 0.25, 8.0, 1.0]
    for bins in (x, x.tolist(), mg.tensor(x)):
        for least in (0, 9):
            given = np.bincount(bins, mg.tensor(weights), least)
            np.testing.assert_array_equal(given.data, np.bincount(x, weights, least), strict=True)
    by_bin = np.arange(6.0) ** 2
    grad = gradients(lambda w: np.bincount(x, w), np.array(weights), seed=by_bin)[0]
    np.testing.assert_array_equal(grad, by_bin[x])
    bins = np.bincount(mg.tensor(x))
    np.testing.assert_array_equal(array(bins), np.bincount(x), strict=True)
    np.testing.assert_array_equal(
        array(np.bincount(mg.tensor(x), weights)), np.bincount(x, weights)
    )


def test_what_is_summed_by_bin_are_real_numbers():
    with pytest.raises(TypeError, match=r"np\.bincount: weights are real numbers"):
        np.bincount([0, 1], mg.tensor([1j, 2.0]))
    with pytest.raises(ValueError, match="The weights and list don't have the same length"):
        np.bincount([0, 1], mg.tensor([1.0, 2.0, 3.0]))
    nothing = np.bincount(np.array([], int), mg.tensor([]))
    np.testing.assert_array_equal(array(nothing), np.bincount(np.array([], int)), strict=True)
