"""Functions that pass over nan: integers, complex numbers, what is left out, warnings, errors."""

from functools import partial

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from rules import gradients

inf, nan = np.inf, np.nan
GAPS = np.array([[1.0, nan, 4.0, 8.0], [nan, 3.0, nan, -5.0], [2.0, 7.0, 6.0, 0.5]])
COMPLEX = GAPS + 1j * np.array([[2.0, 1.0, 3.0, -1.0], [0.5, nan, 2.0, 4.0], [-3.0, 1.5, 2.5, 6.0]])
WHOLE = np.array([[1, 5, 2], [8, 2, 4]])
AVERAGES = (np.nanmean, np.nanvar, np.nanstd)
SUMS = (np.nansum, np.nanprod, np.nancumsum, np.nancumprod)
CHOSEN = np.array([[True, True, False, True], [False, True, True, True], [True, False, True, True]])


def named(function):
    return function.__name__


gradient = partial(gradients.gradient, seed=gradients.numbered)


@pytest.mark.parametrize("function", SUMS + AVERAGES, ids=named)
@pytest.mark.parametrize(
    "a",
    [WHOLE, WHOLE.astype(np.int8), WHOLE.astype(np.uint16), WHOLE > 2],
    ids=lambda a: a.dtype.name,
)
def test_integers_are_no_nan(function, a):
    for axis in (None, 1):
        found = function(mg.tensor(a), axis)
        np.testing.assert_array_equal(found.data, function(a, axis), strict=True)


@pytest.mark.parametrize("function", SUMS + AVERAGES, ids=named)
def test_a_program_looks_for_no_nan_among_integers(function):
    source = mg.derive(lambda x, n: np.sum(x) * np.sum(function(n, axis=1)), GAPS, WHOLE).source()
    assert "isnan" not in source
    assert "isnan" in mg.derive(lambda x: np.sum(function(x, axis=1)), GAPS).source()


@pytest.mark.parametrize("function", AVERAGES, ids=named)
@pytest.mark.parametrize(
    "options",
    [{"axis": 1}, {"axis": 0, "keepdims": True}, {"where": CHOSEN}, {"where": CHOSEN, "axis": 1}],
    ids=lambda options: "-".join(options) or "plain",
)
@pytest.mark.parametrize(
    "a",
    [GAPS, GAPS.astype(np.float32), COMPLEX, np.arange(12).reshape(3, 4) ** 2],
    ids=lambda a: a.dtype.name,
)
def test_values_are_numpys(function, options, a):
    found = function(mg.tensor(a), **options)
    np.testing.assert_array_equal(found.data, function(a, **options), strict=True)


@pytest.mark.parametrize("function", [np.nanvar, np.nanstd], ids=named)
@pytest.mark.parametrize("a", [GAPS, WHOLE])
def test_a_mean_and_degrees_of_freedom_may_be_given(function, a):
    mean = np.nanmean(a, axis=1, keepdims=True) + 0.25
    for options in ({"ddof": 1}, {"correction": 1}, {"mean": mean}, {"mean": mean, "ddof": 1.5}):
        found = function(mg.tensor(a), axis=1, **options)
        np.testing.assert_array_equal(found.data, function(a, axis=1, **options), strict=True)
    with pytest.raises(ValueError, match="ddof and correction can't be provided simultaneously"):
        function(mg.tensor(a), ddof=1, correction=2)


@pytest.mark.parametrize("function", SUMS + AVERAGES, ids=named)
@pytest.mark.parametrize("a", [GAPS, WHOLE], ids=["floats", "integers"])
def test_the_result_is_written_where_out_says(function, a):
    wanted = function(a, axis=1)
    for given in (mg.tensor(a), a.tolist()):
        out = mg.tensor(np.full(wanted.shape, 9, wanted.dtype))
        assert function(given, axis=1, out=out) is out
        np.testing.assert_array_equal(out.data, wanted)


@pytest.mark.parametrize("function", AVERAGES, ids=named)
def test_averages_of_floats_are_no_integers(function):
    with pytest.raises(TypeError, match="If a is inexact, then dtype must be inexact"):
        function(mg.tensor(GAPS), dtype=int)
    with pytest.raises(TypeError, match="If a is inexact, then out must be inexact"):
        function(mg.tensor(GAPS), out=mg.tensor(0))
    found = function(mg.tensor(GAPS), dtype=np.float32)
    np.testing.assert_array_equal(found.data, function(GAPS, dtype=np.float32), strict=True)


def test_an_average_of_integers_may_be_one():
    found = np.nanmean(mg.tensor(WHOLE), dtype=int)
    np.testing.assert_array_equal(found.data, np.nanmean(WHOLE, dtype=int), strict=True)


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (np.nanmean, {}, "Mean of empty slice"),
        (np.nanvar, {}, "Degrees of freedom <= 0 for slice."),
        (np.nanstd, {}, "Degrees of freedom <= 0 for slice."),
        (np.nanvar, {"ddof": 2}, "Degrees of freedom <= 0 for slice."),
    ],
)
def test_a_warning_names_the_users_line(function, options, message):
    a = np.array([[1.0, nan, 2.0], [nan] * 3])[:1] if options else np.full((2, 3), nan)
    with pytest.warns(RuntimeWarning) as said:
        function(mg.tensor(a), axis=1, **options)
    assert [(str(one.message), one.filename) for one in said] == [(message, __file__)]


def test_too_few_samples_for_a_covariance_are_warned_of_at_the_users_line():
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="freedom") as said:
        np.cov(mg.tensor(GAPS[:1, :1]))
    assert said[0].filename == __file__


@pytest.mark.parametrize("function", AVERAGES, ids=named)
def test_where_nothing_is_left_the_result_is_nan_and_the_gradient_0(function):
    a = np.array([[1.0, nan, 4.0, 8.0], [nan] * 4, [3.0, 5.0, inf, 1.0]])
    where = np.array([[True, True, True, False], [True] * 4, [False] * 4])
    with pytest.warns(RuntimeWarning):
        found = function(mg.tensor(a), axis=1, where=where)
    np.testing.assert_array_equal(np.isnan(found.data), [False, True, True])
    with pytest.warns(RuntimeWarning):
        slopes = gradient(lambda x: function(x, axis=1, where=where), a)
    with np.errstate(all="ignore"):
        plain = {np.nanmean: np.mean, np.nanvar: np.var, np.nanstd: np.std}[function]
        row = gradient(lambda x: plain(x, keepdims=True), np.array([1.0, 4.0]))
    assert_nearly_equal(slopes, [[row[0], 0, row[1], 0], [0] * 4, [0] * 4])


@pytest.mark.parametrize("function", [np.nanvar, np.nanstd], ids=named)
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_the_gradient_of_the_spread_of_complex_numbers(function, axis):
    """It is that of the parts: they are two columns of real numbers."""
    z = COMPLEX.copy()
    gaps = np.isnan(z)
    spread = lambda re, im: np.nanvar(re, axis, where=~gaps) + np.nanvar(im, axis, where=~gaps)
    root = lambda v: np.sqrt(np.where(v > 0, v, 1))  # of one element the slope is 0
    finish = root if function is np.nanstd else lambda v: v
    found = gradient(lambda z: function(z, axis), z)
    assert not found[gaps].any()
    re = gradient(lambda re: finish(spread(re, z.imag)), z.real)
    im = gradient(lambda im: finish(spread(z.real, im)), z.imag)
    np.testing.assert_allclose(found[~gaps], (re + 1j * im)[~gaps], rtol=1e-12)


@pytest.mark.parametrize(("function", "start"), [(np.nanmax, -9.0), (np.nanmin, 9.0)])
def test_ties_that_are_left_out_get_nothing(function, start):
    sign = 1 if function is np.nanmax else -1
    a = sign * np.array([[3.0, 3.0, 1.0, 3.0], [nan, 2.0, 2.0, 5.0]])
    where = np.array([[True, False, True, True], [True, True, True, False]])
    found = gradient(lambda x: function(x, axis=1, initial=start, where=where), a)
    np.testing.assert_array_equal(found, [[0.5, 0, 0, 0.5], [0, 1, 1, 0]])
    found = gradient(lambda x: function(x, axis=1, initial=start), a)
    np.testing.assert_array_equal(found, [[1 / 3, 1 / 3, 0, 1 / 3], [0, 0, 0, 2]])
    start_ties = gradient(lambda x: function(x, axis=1, initial=sign * 3.0, where=where), a)
    np.testing.assert_array_equal(start_ties, [[1 / 3, 0, 0, 1 / 3], [0] * 4])
