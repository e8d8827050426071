"""``np.pad`` in the modes that compute what they put around: NumPy's bits, integers, edges."""

import numpy as np
import pytest

import micrograd_np as mg

GRID = (np.arange(15.0) ** 2 / 7).reshape(3, 5)
STATISTICS = ["mean", "median", "maximum", "minimum"]
ODD = [("reflect", {"reflect_type": "odd"}), ("symmetric", {"reflect_type": "odd"})]
COMPUTED = [*((mode, {}) for mode in STATISTICS), ("linear_ramp", {}), *ODD]
every_computed = pytest.mark.parametrize(("mode", "options"), COMPUTED, ids=str)


def assert_numpys(x, width, mode, **options):
    found = np.pad(mg.tensor(x), width, mode, **options)
    np.testing.assert_array_equal(found.data, np.pad(x, width, mode, **options), strict=True)


@pytest.mark.parametrize(("mode", "options"), ODD, ids=str)
@pytest.mark.parametrize("shape", [(1,), (2,), (3,), (5,), (1, 4), (4, 1), (2, 3)], ids=str)
@pytest.mark.parametrize("width", [1, (3, 0), (0, 7), (1, 13), (13, 1), (4, 17)], ids=str)
def test_mirrored_in_place_and_in_value(mode, options, shape, width):
    x = (np.arange(np.prod(shape)) ** 2 / 7 + 1).reshape(shape)
    assert_numpys(x, width, mode, **options)
    assert_numpys(x.astype(np.float32), width, mode, **options)
    if len(shape) == 2:
        assert_numpys(x, (np.broadcast_to(width, 2), (2, 5)), mode, **options)


@pytest.mark.parametrize(("mode", "options"), ODD, ids=str)
@pytest.mark.parametrize("shape", [(1,), (3,), (1, 4), (3, 2)], ids=str)
def test_the_gradient_of_what_is_mirrored(mode, options, shape):
    x = np.cos(np.arange(np.prod(shape)) ** 2.0).reshape(shape)
    mg.gradcheck(lambda x: np.pad(x, (2, 5), mode, **options), x, elements=4)


@pytest.mark.parametrize("mode", STATISTICS)
@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint16])
def test_statistics_of_integers_are_rounded(mode, dtype):
    x = np.array([[1, 2, 2, 5], [7, 0, 3, 4], [2, 9, 8, 6]]).astype(dtype)
    for options in ({}, {"stat_length": 2}, {"stat_length": (1, 3)}):
        assert_numpys(x, (2, 1), mode, **options)


@pytest.mark.parametrize("mode", ["mean", "median"])
@pytest.mark.parametrize("stat_length", [0, (1, 0), (0, 2)])
def test_averages_of_no_elements_are_nan(mode, stat_length):
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="empty slice"):
        wanted = np.pad(GRID[0], 1, mode, stat_length=stat_length)
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="empty slice"):
        found = np.pad(mg.tensor(GRID[0]), 1, mode, stat_length=stat_length)
    np.testing.assert_array_equal(found.data, wanted)


@pytest.mark.parametrize("mode", ["maximum", "minimum"])
@pytest.mark.parametrize("stat_length", [0, (1, 0), (0, 2)])
def test_no_elements_have_no_extreme(mode, stat_length):
    with pytest.raises(ValueError, match="stat_length of 0 yields no value for padding"):
        np.pad(mg.tensor(GRID[0]), 1, mode, stat_length=stat_length)


@pytest.mark.parametrize("mode", STATISTICS)
def test_a_program_of_statistics_is_for_one_length_only_if_they_are_cut_off(mode):
    source = lambda **options: mg.derive(
        lambda x: np.sum(np.pad(x, 1, mode, **options) ** 2), GRID[0]
    ).source()
    needed = "x.shape[0] = 5, as test_padding_modes.py"
    assert needed in source(stat_length=2)
    assert needed not in source()


ENDS = [
    5, 0.1, (1.5, -0.3), [0.1], np.array(0.1), np.float32(0.1), np.array([0.1, 0.7]),
    np.array([0.1, 0.7], np.float32), ((0.1, 0.7),), np.array([[0.1, 0.7]], np.float16),
    ((0.1,), (0.7,)), np.array([[0.1], [0.7]]), np.array([[0.1], [0.7]], np.float32),
    ((0.1, 0.7), (1.1, 1.3)), np.array([[0.1, 0.7], [1.1, 1.3]], np.float32),
]  # fmt: skip


@pytest.mark.parametrize("ends", ENDS, ids=repr)
@pytest.mark.parametrize("dtype", [float, np.float32, np.float16, int])
def test_a_ramp_is_computed_in_the_precision_of_numpys(ends, dtype):
    x = (GRID * 10).astype(dtype)
    assert_numpys(x, ((7, 13), (3, 11)), "linear_ramp", end_values=ends)
    three = ((0.1,), (0.7,), (1.1,)), np.array([[0.1], [0.7], [1.1]])
    for given in three:
        assert_numpys(np.stack([x, x + 1]), (7, 3), "linear_ramp", end_values=given)


@every_computed
def test_axes_without_elements_and_widths(mode, options):
    """There is nothing to compute from, and nothing is warned of."""
    x = mg.tensor(np.ones((0, 3)), requires_grad=True)
    assert np.pad(x, ((0, 0), (1, 2)), mode, **options).shape == (0, 6)
    with pytest.raises(ValueError, match="can't extend empty axis 0"):
        np.pad(x, 1, mode, **options)


@every_computed
def test_what_is_put_around_is_not_less_than_nothing(mode, options):
    for width in (-1, (2, -1), ((1, 1), (-2, 0))):
        with pytest.raises(ValueError, match="index can't contain negative values"):
            np.pad(mg.tensor(GRID), width, mode, **options)


def test_keywords_of_other_modes_are_named():
    with pytest.raises(ValueError, match="mode='edge' does not take constant_values, stat_length="):
        np.pad(mg.tensor(GRID), 1, "edge", stat_length=1, constant_values=2)
    with pytest.raises(ValueError, match="mode 'other' is not supported; known are constant, edge"):
        np.pad(mg.tensor(GRID), 1, "other")


def test_the_gradient_of_an_array_between_anything():
    """In the mode "empty" what is around is whatever was there: of the array itself it is known."""
    x = mg.tensor(GRID, requires_grad=True)
    out = np.pad(x, ((1, 2), (0, 3)), "empty")
    np.testing.assert_array_equal(out.data[1:-2, :-3], GRID)
    out.backward(np.arange(48.0).reshape(6, 8))
    np.testing.assert_array_equal(x.grad, np.arange(48.0).reshape(6, 8)[1:-2, :-3])
