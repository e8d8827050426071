import numpy as np
import pytest

from reference._shapes import expect_shape


@pytest.mark.parametrize(
    ("given", "wanted"), [((), ()), ((3,), (3,)), ((0, 2), ("N", 2)), ((4, 5, 6), ("T", 5, "D"))]
)
def test_a_shape_that_fits_is_let_through(given, wanted):
    expect_shape("x", np.zeros(given), *wanted)


@pytest.mark.parametrize(
    ("given", "wanted", "message"),
    [
        ((3,), (4,), r"expected x of shape \(4,\), given shape \(3,\)"),
        ((1, 4), (4,), r"expected x of shape \(4,\), given shape \(1, 4\)"),
        ((), (4,), r"expected x of shape \(4,\), given shape \(\)"),
        ((1, 2), (3, "D"), r"expected x of shape \(3, D\), given shape \(1, 2\)"),
    ],
)
def test_another_one_is_refused(given, wanted, message):
    with pytest.raises(ValueError, match=message):
        expect_shape("x", np.zeros(given), *wanted)
