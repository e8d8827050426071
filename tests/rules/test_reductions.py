"""Variances about a given mean, masks, and maxima that tie or meet a nan."""

from functools import partial

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from rules import gradients
from rules.numpys import assert_numpys

nan = np.nan
A = np.array([[1.5, -2.0, 0.25, 3.0], [0.5, 4.0, -1.0, 2.0]])
MEAN = np.array([[0.75], [1.25]])
MASK = np.array([[True, False, True, True], [True, True, False, True]])
COMPLEX = A + 1j * np.cos(np.arange(8.0)).reshape(2, 4)


gradient = partial(gradients.gradient, seed=lambda shape: 1 + gradients.numbered(shape))


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("function", [np.sum, np.max])
def test_a_number_is_reduced_along_its_first_axis(function, axis):
    """NumPy takes the axes 0 and -1 of an array that has none."""
    assert gradient(lambda x: function(x, axis=axis), np.array(1.5)).tolist() == 2.0


@pytest.mark.parametrize("axis", [0, -1, None])
@pytest.mark.parametrize("function", [np.var, np.std])
def test_a_number_has_no_variance_along_its_first_axis(function, axis):
    mean = np.array(1.5)
    assert_numpys(lambda a, mean: function(a, axis=axis, mean=mean), np.array(1.5), mean)
    assert_numpys(lambda a: function(a, axis=axis), np.array(1.5))


ABOUT_A_MEAN = {
    "plain": {},
    "ddof": {"ddof": 1},
    "correction": {"correction": 1.5},
    "kept axes": {"keepdims": True},
    "masked": {"where": MASK},
    "masked, kept axes": {"where": MASK, "keepdims": True},
    "masked, more freedom than numbers": {"where": MASK, "ddof": 4},
    "nothing left": {"where": np.zeros((2, 4), bool)},
    "no freedom": {"ddof": 4},
    "less than no freedom": {"ddof": 5},
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ABOUT_A_MEAN)
@pytest.mark.parametrize("function", [np.var, np.std])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_spread_about_a_mean_that_is_a_tensor(function, name, dtype):
    options = ABOUT_A_MEAN[name]
    a, mean = A.astype(dtype), MEAN.astype(dtype)
    wanted = function(a, axis=1, mean=mean, **options)
    found = function(mg.tensor(a), axis=1, mean=mg.tensor(mean, requires_grad=True), **options)
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_allclose(found.data, wanted, rtol=4 * np.finfo(dtype).eps)
    if dtype == "float64" and np.isfinite(wanted).all():
        mg.gradcheck(lambda a, m: np.sum(function(a, axis=1, mean=m, **options)), a, mean)


@pytest.mark.parametrize("function", [np.var, np.std])
def test_a_spread_of_complex_numbers(function):
    mean = COMPLEX.mean(1, keepdims=True)
    found = function(mg.tensor(COMPLEX), axis=1, mean=mg.tensor(mean, requires_grad=True))
    assert_nearly_equal(found.data, function(COMPLEX, axis=1))
    wanted = (COMPLEX - mean) / 4 * np.array([[2.0], [3.0]])
    wanted *= 2 if function is np.var else 1 / function(COMPLEX, axis=1)[:, None]
    np.testing.assert_allclose(gradient(lambda a: function(a, axis=1), COMPLEX), wanted, rtol=1e-13)


def test_a_deviation_of_zero_about_a_tensor():
    mean = mg.tensor([1.5], requires_grad=True)
    out = np.std(np.full(3, 1.5), mean=mean)
    out.backward()
    assert (out.item(), mean.grad.tolist()) == (0.0, [0.0])


def test_a_deviation_that_is_rounded_to_zero_has_the_gradient_of_zero():
    assert gradient(np.std, np.array([1e-200, 2e-200, 4e-200])).tolist() == [0.0, 0.0, 0.0]


def test_a_spread_is_written_where_it_is_told():
    out = mg.tensor(np.zeros(2))
    a = mg.tensor(A, requires_grad=True)
    assert np.var(a, axis=1, out=out) is out
    assert_nearly_equal(out.data, A.var(1))


def test_two_corrections_are_refused():
    assert_numpys(lambda a: np.var(a, ddof=1, correction=1), A)


@pytest.mark.parametrize("ddof", [mg.tensor(1.0, requires_grad=True), "1"])
def test_what_is_no_number_of_degrees_is_refused(ddof):
    with pytest.raises(TypeError, match="ddof"):
        np.var(mg.tensor(A, requires_grad=True), ddof=ddof)


def test_a_mask_that_asks_for_a_gradient_is_refused():
    mask = mg.tensor([1.0, 0.0, 1.0, 1.0], requires_grad=True)
    with pytest.raises(TypeError, match="no derivative by where="):
        np.var(mg.tensor(A, requires_grad=True), where=mask)


def test_what_a_mask_leaves_out_ties_with_no_maximum():
    mask = np.array([True, False, True, True])
    found = gradient(lambda a: np.max(a, initial=-9, where=mask), np.array([3.0, 3.0, 1.0, 3.0]))
    assert found.tolist() == [1.0, 0.0, 0.0, 1.0]


def test_a_nan_in_one_row_leaves_the_maxima_of_the_others():
    found = gradient(lambda a: np.max(a, axis=1), np.array([[nan, 1.0, 2.0], [3.0, 3.0, 1.0]]))
    np.testing.assert_array_equal(found, [[nan, nan, nan], [1.5, 1.5, 0.0]])


def test_the_program_of_a_maximum_of_numbers_does_not_ask_for_nan():
    assert "isnan" not in mg.derive(lambda a: np.max(a, axis=0)[0], A).source()


def test_the_program_of_a_variance_about_a_mean_divides_by_a_length_alone():
    """A mask may leave fewer numbers than the freedom that is taken: then they are counted."""
    f = lambda a, mean: np.sum(np.var(a, axis=1, mean=mean, ddof=1))
    assert "maximum" not in mg.derive(f, A, MEAN).source()
    assert "maximum" in mg.derive(lambda a: np.var(a, mean=1.5, where=a > 0), A).source()
