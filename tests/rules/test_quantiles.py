"""Quantiles of several lines: ties, weights, elements that are nan, and the slope by the place."""

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from program.derived import assert_right_or_refused
from rules.gradients import gradient

nan = np.nan
LINES = np.array([[1.0, nan, 3.0, 7.0], [4.0, 2.0, 9.0, nan], [5.0, 1.0, 2.5, 8.0]])
STACK = np.argsort(np.sin(np.arange(1.0, 25.0))).reshape(2, 3, 4) ** 1.5
G = np.array([2.0, 3.0, 5.0])


def test_the_median_of_what_is_left_of_each_line():
    found = gradient(lambda a: np.nanmedian(a, axis=1), LINES, seed=G)
    assert found.tolist() == [[0, 0, 2, 0], [3, 0, 0, 0], [2.5, 0, 2.5, 0]]


def test_the_quartile_of_what_is_left_of_each_line():
    found = gradient(lambda a: np.nanquantile(a, 0.25, axis=1), LINES, seed=G)
    assert found.tolist() == [[1, 0, 1, 0], [1.5, 1.5, 0, 0], [0, 1.25, 3.75, 0]]


def test_the_slope_by_the_place_in_what_is_left_of_each_line():
    """Between two elements it is their distance, times the steps that there are in all."""
    found = gradient(lambda q: np.nanquantile(LINES, q, axis=1), np.array(0.3), seed=G)
    assert_nearly_equal(found, 2 * 2 * 2 + 3 * 2 * 2 + 5 * 3 * 1.5)


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), None])
@pytest.mark.parametrize("function", [np.quantile, np.nanquantile, np.percentile, np.nanpercentile])
def test_the_slope_by_several_places_along_any_axis(function, axis):
    q = np.array([[0.31, 0.55], [0.15, 0.83]][: 1 if axis == (0, 2) else 2])
    q = q[0] if axis == (0, 2) else q
    q = q * (100 if "percentile" in function.__name__ else 1)
    shape = np.shape(function(STACK, q, axis=axis))
    weights = np.cos(np.arange(np.prod(shape))).reshape(shape)
    found = gradient(lambda q: function(STACK, q, axis=axis), q, seed=weights)
    step = 1e-3 * q.max()
    kept = tuple(range(q.ndim, len(shape)))
    above, below = (function(STACK, q + s, axis=axis) for s in (step, -step))
    wanted = np.sum((above - below) / (2 * step) * weights, axis=kept)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def test_no_places_have_no_slope():
    found = gradient(lambda q: np.quantile(STACK, q, axis=1), np.zeros(0))
    assert found.shape == (0,)


TIED = np.array([[2.0, 1.0, 2.0, 2.0], [3.0, 3.0, 4.0, 3.0]])
"""In each line three are equal, and one is not."""


@pytest.mark.parametrize(
    ("weights", "wanted"),
    [
        ([1.0, 1.0, 1.0, 1.0], [[2 / 3, 0, 2 / 3, 2 / 3], [1, 1, 0, 1]]),
        ([1.0, 1.0, 0.0, 2.0], [[1, 0, 0, 1], [1, 1, 0, 1]]),
        ([0.0, 0.5, 0.0, 2.0], [[0, 0, 0, 2], [0, 1.5, 0, 1.5]]),
    ],
)
def test_equal_elements_share_if_they_have_a_weight(weights, wanted):
    found = gradient(
        lambda a: np.quantile(
            a, 0.5, axis=1, method="inverted_cdf", weights=np.broadcast_to(weights, (2, 4))
        ),
        TIED,
        seed=G[:2],
    )
    assert_nearly_equal(found, wanted)


def test_several_places_along_one_axis_that_stands_in_a_tuple():
    q = np.array([[0.25, 0.5]])
    found = np.nanquantile(mg.tensor(LINES, requires_grad=True), q, axis=(1,))
    np.testing.assert_array_equal(found.data, np.nanquantile(LINES, q, axis=(1,)), strict=True)
    with pytest.raises(NotImplementedError, match="along several axes"):
        np.nanquantile(mg.tensor(LINES, requires_grad=True), q, axis=(0, 1))


@pytest.mark.parametrize("recorded", [[3.0, 1.0, 7.0, 4.0, 9.0], [nan, 1.0, 7.0, nan, 9.0]])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_program_of_what_is_left_is_right_however_much_is(recorded, count):
    def total(x):
        return np.nanquantile(x, 0.3) * 2

    program = mg.derive(total, np.array(recorded))
    x = np.array([3.0, 1.0, 7.0, 4.0, 9.0])
    x[:count] = nan
    assert_nearly_equal(program.run(x)["dx"], mg.grad(total)(x))


@pytest.mark.parametrize("length", [2, 4, 8])
def test_a_program_of_quantiles_is_right_or_refuses_other_lengths(length):
    total = lambda x: np.nanquantile(x, 0.3) * 2
    program = mg.derive(total, np.array([3.0, 1.0, 7.0, 4.0, 9.0]))
    assert_right_or_refused(program, [np.cos(np.arange(float(length)))], total, [0])
