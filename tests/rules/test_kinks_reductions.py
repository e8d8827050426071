"""Ties, zeros, nan and nothing at all, in reductions and in what goes by order."""

import warnings

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.testing.operations.this_numpy import since
from rules import gradients as rules

inf, nan = np.inf, np.nan


def gradient(function, data, dtype=float):
    found = rules.gradient(function, np.array(data, dtype))
    assert found.dtype == dtype
    return found


def equal(given, wanted):
    np.testing.assert_array_equal(given, np.asarray(wanted, float))


# --- products ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factors", "wanted"),
    [
        ([2, 0, 3], [0, 6, 0]),
        ([0, 0, 3], [0, 0, 0]),
        ([0, 0, 0], [0, 0, 0]),
        ([0], [1]),
        ([], []),
        ([2, 5], [5, 2]),
    ],
)
def test_a_product_with_zeros(factors, wanted):
    equal(gradient(np.prod, factors), wanted)
    equal(gradient(lambda x: np.prod(x, initial=3), factors), 3 * np.array(wanted, float))


def test_a_product_along_axes_with_zeros():
    data = [[2, 0, 3], [0, 0, 5], [1, 2, 3]]
    equal(gradient(lambda x: np.prod(x, axis=1), data), [[0, 6, 0], [0, 0, 0], [6, 3, 2]])
    equal(gradient(lambda x: np.prod(x, axis=(0, 1)), np.array(data)[:1]), [[0, 6, 0]])
    masked = lambda x: np.prod(x, axis=1, where=np.array([True, False, True]))
    equal(gradient(masked, data), [[3, 0, 2], [5, 0, 0], [3, 0, 1]])


def test_the_second_derivative_of_a_product_with_zeros():
    slope = lambda x: np.sum(mg.grad(np.prod)(x) * np.array([1.0, 10.0, 100.0]))
    equal(mg.grad(slope)(np.array([2.0, 0.0, 3.0])), [30, 203, 20])
    equal(mg.grad(slope)(np.array([0.0, 0.0, 3.0])), [30, 3, 0])


@pytest.mark.parametrize(
    ("factors", "wanted"),
    [
        ([2.0, 0.0, 3.0], [[1, 0, 0], [0, 2, 0], [0, 6, 0]]),
        ([0.0, 0.0, 3.0], [[1, 0, 0], [0, 0, 0], [0, 0, 0]]),
        ([0.0], [[1]]),
    ],
)
def test_a_running_product_with_zeros(factors, wanted):
    _, pullback = mg.vjp(np.cumprod, np.array(factors))
    equal([pullback(row)[0] for row in np.eye(len(factors))], wanted)


def test_the_second_derivative_of_a_running_product_with_zeros():
    torch = pytest.importorskip("torch", reason="PyTorch: another opinion")
    x = np.array([2.0, 0.0, 3.0, 0.0, 4.0])
    weights = np.array([1.0, -2.0, 3.0, 5.0, 7.0])
    slope = lambda x: np.sum(mg.grad(lambda x: np.sum(np.cumprod(x) * weights))(x) * weights)
    w = torch.tensor(weights)
    theirs = torch.autograd.functional.hessian(
        lambda x: (torch.stack([x[: k + 1].prod() for k in range(5)]) * w).sum(), torch.tensor(x)
    )
    equal(mg.grad(slope)(x), (theirs @ w).numpy())


# --- maxima ------------------------------------------------------------------------------------

EXTREMES = [(np.max, 1), (np.min, -1), (np.nanmax, 1), (np.nanmin, -1)]


@pytest.mark.parametrize(("function", "sign"), EXTREMES)
def test_an_initial_value_that_wins_or_ties(function, sign):
    data = sign * np.array([3.0, 3.0, 1.0])
    equal(gradient(lambda x: function(x, initial=sign * 5), data), [0, 0, 0])
    equal(gradient(lambda x: function(x, initial=sign * 3), data), [1 / 3, 1 / 3, 0])
    equal(gradient(lambda x: function(x, initial=sign * 2), data), [0.5, 0.5, 0])


@pytest.mark.parametrize(("function", "sign"), EXTREMES)
def test_a_maximum_of_nothing_but_its_initial_value(function, sign):
    none = lambda x: function(x, initial=sign * 2, where=np.zeros(3, bool))
    equal(gradient(none, sign * np.array([3.0, 2.0, 1.0])), [0, 0, 0])
    equal(gradient(lambda x: function(x, axis=1, initial=0.0), np.ones((2, 0))), np.ones((2, 0)))


@pytest.mark.parametrize(("function", "sign"), EXTREMES)
def test_a_maximum_under_a_mask(function, sign):
    data = sign * np.array([3.0, 2.0, 2.0])
    some = lambda x: function(x, initial=-sign * 9, where=np.array([False, True, True]))
    equal(gradient(some, data), [0, 0.5, 0.5])


@pytest.mark.parametrize("function", [np.max, np.min])
def test_a_nan_under_a_mask(function):
    mask = np.array([True, True, False])
    some = lambda x: function(x, initial=0.5, where=mask)
    equal(gradient(some, [nan, 2.0, 3.0]), [nan, nan, 0])
    assert np.isfinite(gradient(some, [1.0, 2.0, nan])).all()


def test_the_extent_of_a_constant():
    equal(gradient(np.ptp, [2.0, 2.0]), [0, 0])
    equal(gradient(np.ptp, [1.0, 3.0, 3.0]), [-1, 0.5, 0.5])


def test_the_maximum_of_complex_numbers():
    x = mg.tensor([1 + 2j, 1 + 3j, 0 + 9j], requires_grad=True)
    np.max(x).real.backward()
    np.testing.assert_array_equal(x.grad, [0, 1, 0])


# --- variances ---------------------------------------------------------------------------------

SPREADS = [np.var, np.std, np.nanvar, np.nanstd]


@pytest.mark.parametrize("function", SPREADS)
@pytest.mark.parametrize("data", [[2.0, 2.0, 2.0], [5.0], [[0.5, 0.5], [0.25, 0.25]]])
@pytest.mark.parametrize("dtype", [float, np.float32, np.float16, complex])
def test_the_spread_of_a_constant(function, data, dtype):
    given = gradient(lambda x: function(x, axis=-1), data, dtype)
    np.testing.assert_array_equal(given, np.zeros(np.shape(data)))


@pytest.mark.parametrize("function", SPREADS)
def test_a_mask_that_leaves_one(function):
    mask = np.array([[True, False, False], [True, True, False]])
    given = gradient(lambda x: function(x, axis=1, where=mask), [[7.0, inf, nan], [1.0, 3.0, nan]])
    half = 0.5 if function in (np.std, np.nanstd) else 1
    equal(given, [[0, 0, 0], [-half, half, 0]])


@pytest.mark.parametrize("function", SPREADS)
def test_the_spread_about_a_mean_that_depends_on_the_same(function):
    data = np.array([[1.0, 2.0, 4.0], [3.0, 3.5, 1.0]])
    alone = gradient(lambda x: function(x, axis=1), data)
    about = lambda x: function(x, axis=1, mean=np.mean(x, axis=1, keepdims=True))
    np.testing.assert_allclose(gradient(about, data), alone, rtol=1e-14)
    twice = lambda x: function(x, axis=1, mean=2 * np.mean(x, axis=1, keepdims=True))
    shifted = gradient(twice, data)
    assert not np.allclose(shifted, alone)
    if function is np.var:
        mean = data.mean(1, keepdims=True)
        np.testing.assert_allclose(shifted, 2 * (data - 2 * mean) / 3 + 4 * mean / 3)


# --- nan that is passed over -------------------------------------------------------------------

WITHOUT = {
    np.nansum: np.sum,
    np.nanprod: np.prod,
    np.nanmean: np.mean,
    np.nanvar: np.var,
    np.nanstd: np.std,
    np.nanmax: np.max,
    np.nanmin: np.min,
    np.nanmedian: np.median,
}


@pytest.mark.parametrize("function", WITHOUT, ids=lambda f: f.__name__)
def test_nan_has_the_gradient_0(function):
    given = gradient(function, [nan, 1.0, nan, 4.0, 2.5])
    wanted = gradient(WITHOUT[function], [1.0, 4.0, 2.5])
    np.testing.assert_allclose(given, [0, wanted[0], 0, *wanted[1:]], rtol=1e-15)


@pytest.mark.parametrize("function", WITHOUT, ids=lambda f: f.__name__)
def test_nothing_but_nan(function):
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("ignore")
        equal(gradient(lambda x: function(x, axis=1), [[nan, nan], [nan, nan]]), np.zeros((2, 2)))


def test_running_sums_pass_over_nan():
    equal(gradient(np.nancumsum, [1.0, nan, 2.0]), [3, 0, 1])
    equal(gradient(np.nancumprod, [2.0, nan, 3.0]), [1 + 1 + 3, 0, 2])


def test_a_quantile_of_lines_of_which_one_is_nothing_but_nan():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = gradient(
            lambda x: np.nanquantile(x, [0.25, 1], axis=1), [[nan, nan, nan], [1, nan, 2]]
        )
    equal(given, [[0, 0, 0], [0.75, 0, 1.25]])


# --- order -------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [np.sort, lambda x: np.partition(x, 1)])
def test_ties_in_order_are_one_assignment(function):
    weights = np.array([1.0, 10.0, 100.0])
    given = gradient(lambda x: function(x) * weights, [2.0, 1.0, 1.0])
    assert given[0] == 100
    assert sorted(given[1:]) == [1, 10]


@pytest.mark.parametrize(
    "function",
    [np.median, lambda x: np.percentile(x, 40), lambda x: np.quantile(x, 0.75, method="hazen")],
)
@pytest.mark.parametrize("data", [[1.0, 1.0, 1.0], [2.0, 1.0, 2.0, 2.0], [3.0]])
def test_the_shares_of_ties_add_up_to_1(function, data):
    given = gradient(function, data)
    np.testing.assert_allclose(given.sum(), 1, rtol=1e-15)
    assert (given >= 0).all()


def test_a_nan_in_a_quantile_goes_to_every_element():
    equal(gradient(np.median, [1.0, nan, 2.0]), [nan] * 3)
    given = gradient(lambda x: np.quantile(x, 0.5, axis=1), [[1.0, nan, 2.0], [1.0, 3.0, 2.0]])
    equal(given, [[nan, nan, nan], [0, 0, 1]])


def test_infinite_elements_in_order():
    equal(gradient(np.median, [-inf, 1.0, inf]), [0, 1, 0])
    equal(gradient(lambda x: np.sort(x)[1:], [inf, 1.0, -inf]), [1, 1, 0])
    equal(gradient(lambda x: np.sort(x)[:2], [nan, 1.0, 2.0]), [0, 1, 1])


def test_the_slope_by_the_quantile_between_elements_and_at_one():
    elements = np.array([4.0, 1.0, 2.0])
    slopes = gradient(lambda q: np.quantile(elements, q), [0.0, 0.25, 0.5, 0.75, 1.0])
    equal(slopes, [0, 2, 0, 4, 0])  # at an element torch says 0, too
    equal(gradient(lambda q: np.percentile(elements, q), [25.0, 75.0]), [0.02, 0.04])
    equal(gradient(lambda q: np.quantile(elements, q, method="nearest"), [0.3]), [0])
    equal(gradient(lambda q: np.nanquantile([4.0, nan, 1.0, 2.0], q), [0.25]), [2])
    equal(gradient(lambda q: np.quantile([4.0, nan, 1.0, 2.0], q), [0.25]), [nan])


@pytest.mark.parametrize("function", [np.nanquantile, np.nanpercentile])
def test_what_numpy_returns_in_a_wrong_shape_is_refused(function):
    x = mg.tensor(np.ones((2, 3, 2)), requires_grad=True)
    q = np.array([[0.1], [0.6]])
    with pytest.raises(NotImplementedError, match="several axes"):
        function(x, q, axis=(0, 1))
    assert function(x, q, axis=0).shape == (2, 1, 3, 2)


def test_an_input_is_never_overwritten():
    x = mg.tensor([3.0, 1.0, 2.0], requires_grad=True)
    np.median(x, overwrite_input=True)
    np.quantile(x, 0.5, overwrite_input=True)
    equal(x.data, [3, 1, 2])


# --- sets --------------------------------------------------------------------------------------


def test_of_equal_elements_the_first_one_has_the_gradient():
    weights = np.array([1.0, 10.0])
    equal(gradient(lambda x: np.unique(x) * weights, [2.0, 1.0, 2.0, 1.0]), [10, 1, 0, 0])
    equal(gradient(lambda x: np.unique_values(x)[:1] * 0, [1.0]), [0])
    rows = [[2.0, 1.0], [1.0, 1.0], [2.0, 1.0]]
    equal(gradient(lambda x: np.unique(x, axis=0), rows), [[1, 1], [1, 1], [0, 0]])
    a = mg.tensor([1.0, 2.0, 2.0], requires_grad=True)
    b = mg.tensor([2.0, 3.0], requires_grad=True)
    (np.union1d(a, b) * np.array([1.0, 10.0, 100.0])).sum().backward()
    equal(a.grad, [1, 10, 0])
    equal(b.grad, [0, 100])


def test_nan_is_one_element_or_several():
    equal(gradient(np.unique, [nan, 1.0, nan]), [1, 1, 0])
    equal(gradient(lambda x: np.unique(x, equal_nan=False), [nan, 1.0, nan]), [1, 1, 1])
    equal(gradient(lambda x: np.unique_all(x).values, [nan, 1.0, nan]), [1, 1, 1])


def test_what_sets_return_beside_their_values_is_plain():
    x = mg.tensor([2.0, 1.0, 2.0], requires_grad=True)
    values, index, inverse, counts = np.unique(x, True, True, True)
    assert values.requires_grad
    assert [type(a) for a in (index, inverse, counts)] == [np.ndarray] * 3
    assert (index.tolist(), inverse.tolist(), counts.tolist()) == ([1, 0], [1, 0, 1], [1, 2])
    assert type(np.unique_counts(x)).__name__ == "UniqueCountsResult"
    _, left, right = np.intersect1d(x, [2.0, 3.0], return_indices=True)
    assert (left.tolist(), right.tolist()) == ([0], [0])


def test_a_difference_of_sets_that_need_not_be_sets():
    f = lambda x: np.setdiff1d(x, [3.0], assume_unique=True) * np.array([1.0, 10.0, 100.0])
    equal(gradient(f, [1.0, 1.0, 3.0, 2.0]), [1, 10, 0, 100])


def test_zeros_that_are_trimmed():
    equal(gradient(np.trim_zeros, [0.0, 1.0, 0.0, 2.0, 0.0]), [0, 1, 1, 1, 0])
    equal(gradient(lambda x: np.trim_zeros(x, "b"), [0.0, 1.0, 0.0]), [1, 1, 0])
    equal(gradient(np.trim_zeros, [0.0, 0.0]), [0, 0])


# --- half precision, and nothing at all --------------------------------------------------------

MANY = 70_000


@pytest.mark.parametrize("function", [np.mean, np.nanmean, np.average])
def test_a_mean_of_more_than_float16_can_count(function):
    given = gradient(function, np.zeros(MANY), np.float16)
    equal(given, np.full(MANY, np.float16(1 / MANY)))
    some = {"where": np.ones(MANY, bool)} if function is not np.average else {}
    equal(gradient(lambda x: function(x, **some), np.zeros(MANY), np.float16), given)


def test_a_variance_of_more_than_float16_can_count():
    data = np.tile(np.array([0.0, 1.0], np.float16), MANY // 2)
    wanted = np.where(data > 0, 1, -1) / MANY
    for options in ({}, {"where": np.ones(MANY, bool)}):
        with np.errstate(all="ignore"):
            given = gradient(lambda x: np.var(x, dtype=np.float32, **options), data, np.float16)  # noqa: B023
        np.testing.assert_allclose(given, wanted, rtol=1e-2)


@pytest.mark.parametrize("function", [np.sum, np.prod, np.nansum, np.nanprod])
def test_reductions_of_nothing(function):
    equal(gradient(lambda x: function(x, axis=1), np.ones((3, 0))), np.ones((3, 0)))
    equal(gradient(lambda x: function(x, axis=0), np.ones((0, 3))), np.ones((0, 3)))
    equal(gradient(function, np.ones((0, 3))), np.ones((0, 3)))
    equal(gradient(lambda x: function(x, axis=()), np.ones((2, 3))), np.ones((2, 3)))


@pytest.mark.parametrize("function", [np.mean, np.var, np.std, np.nanmean])
def test_a_mean_of_nothing_is_nan_and_warns(function):
    x = mg.tensor(np.ones((0, 3)), requires_grad=True)
    with pytest.warns(RuntimeWarning), np.errstate(all="ignore"):
        out = function(x, axis=0)
    assert np.isnan(out.data).all()
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out.backward(np.ones(3))
    assert x.grad.shape == (0, 3)


def test_a_bincount_of_nothing():
    out = np.bincount(np.array([], int), mg.tensor([], requires_grad=True), 2)
    assert type(out) is np.ndarray  # NumPy's own answer: no weights, but whole numbers
    assert out.tolist() == [0, 0]


# --- options that are no operands --------------------------------------------------------------


def test_an_option_that_requires_a_gradient_is_refused():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="initial="):
        np.sum(x, initial=x[0])
    with pytest.raises(TypeError, match="fweights"):
        np.cov(x, fweights=x)
    assert np.sum(x, initial=mg.tensor(3.0)).item() == 6


def test_averages_that_numpy_refuses():
    x = mg.tensor([[1.0, 2.0]], requires_grad=True)
    with pytest.raises(ZeroDivisionError):
        np.average(x, weights=np.zeros((1, 2)))
    with pytest.raises(TypeError, match="Axis"):
        np.average(x, weights=[1.0, 2.0])
    with pytest.raises(ValueError, match="weights"):
        np.average(x, axis=1, weights=[1.0, 2.0, 3.0])


@pytest.mark.skipif(not since("2.1.0"), reason="this NumPy has no cumulative_sum")
def test_a_cumulative_sum_of_several_axes_that_numpy_refuses():
    with pytest.raises(ValueError, match="axis"):
        np.cumulative_sum(mg.tensor([[1.0, 2.0]]))
