"""Maxima and sums of rows: NumPy's bits, faster where the rows are short."""

from unittest import mock

import numpy as np
import pytest

from agree import assert_nearly_equal
from micrograd_np.rules.rows import is_finite, row_max, row_sum

WIDE = np.exp(3 * np.sin(np.arange(60.0))).reshape(5, 12)
"""Sums of more than two of these round otherwise in another order."""


@pytest.mark.parametrize("columns", range(1, 13))
@pytest.mark.parametrize("axis", [-1, 0, 1, -2, (-1,), (0, 1), None, np.int64(-1)])
def test_rows_are_reduced_as_numpy_reduces_them(columns, axis):
    for x in (WIDE[:, :columns].copy(), WIDE[:, :columns], WIDE[:columns].T.copy()):
        np.testing.assert_array_equal(row_sum(x, axis), x.sum(axis, keepdims=True), strict=True)
        np.testing.assert_array_equal(row_max(x, axis), x.max(axis, keepdims=True), strict=True)


def test_a_fraction_is_no_axis():
    for reduce in (row_sum, row_max):
        with pytest.raises(TypeError, match="integer"):
            reduce(WIDE[:, :3].copy(), -1.0)


@pytest.mark.parametrize("shape", [(12,), (3, 4, 5), (4, 0), (0, 3)])
def test_rows_of_other_shapes(shape):
    x = np.resize(WIDE, shape)
    np.testing.assert_array_equal(row_sum(x), x.sum(-1, keepdims=True), strict=True)
    if x.shape[-1]:
        np.testing.assert_array_equal(row_max(x), x.max(-1, keepdims=True), strict=True)


@pytest.mark.parametrize("columns", [2, 3, 7])
def test_short_rows_are_reduced_by_columns(columns):
    """NumPy's own loop over rows is not run: it is slow for many short ones."""
    x = WIDE[:, :columns].copy()
    with mock.patch("micrograd_np.rules.rows.np") as numpy:
        numpy.ndarray, numpy.add = np.ndarray, mock.Mock(wraps=np.add)
        assert_nearly_equal(row_sum(x), x.sum(-1, keepdims=True))
        assert numpy.add.call_count == columns - 1
        numpy.add.reduce.assert_not_called()


@pytest.mark.parametrize("layout", ["not contiguous", "eight columns"])
def test_other_rows_are_reduced_by_numpy(layout):
    x = WIDE[:, :8].copy() if layout == "eight columns" else WIDE[:, :5]
    with mock.patch("micrograd_np.rules.rows.np") as numpy:
        numpy.ndarray, numpy.add = np.ndarray, mock.Mock(wraps=np.add)
        row_sum(x)
        numpy.add.assert_not_called()


@pytest.mark.parametrize("size", [3, (1 << 16) - 1, 1 << 16, (1 << 16) + 1])
def test_one_number_that_is_not_finite_is_found(size):
    x = np.ones(size)
    assert is_finite(x) is True
    x[-2] = np.nan
    assert is_finite(x) is False
