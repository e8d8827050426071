"""What a value is a multiple of."""

import numpy as np
import pytest

from micrograd_np.compare.running.meanings import ratio

ARRAY = np.array([1.0, -2.0, 3.0])


@pytest.mark.parametrize("factor", [2.0, -0.5, 1e-6])
def test_a_multiple_has_its_factor(factor):
    assert ratio(factor * ARRAY, ARRAY) == pytest.approx(factor)


@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_is_a_multiple_of_nothing_and_warns_of_nothing(odd):
    other = np.array([odd, 0.0, 1.0])
    assert ratio(other, ARRAY) is None
    assert ratio(ARRAY, other) is None
    assert ratio(other, np.array([0.0, 1.0, 2.0])) is None


def test_other_arrays_and_zeros_are_no_multiples():
    assert ratio(np.array([1.0, -2.0, 3.1]), ARRAY) is None
    assert ratio(0 * ARRAY, ARRAY) is None
    assert ratio(ARRAY, 0 * ARRAY) is None
