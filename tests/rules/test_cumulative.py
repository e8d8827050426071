"""Products and running products: of nothing, of lists, and their second derivatives."""

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from micrograd_np.testing.operations.this_numpy import since

DATA = np.random.default_rng(8).normal(size=(2, 3, 2))


def test_a_product_of_nothing_depends_on_nothing():
    """However large what is left out is."""
    x = mg.tensor([np.inf, 2.0, np.nan], requires_grad=True)
    out = np.prod(x, where=False)
    np.testing.assert_array_equal(out.data, 1.0)
    out.backward()
    np.testing.assert_array_equal(x.grad, np.zeros(3))


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_the_second_derivative_of_a_running_product(axis):
    """The gradient is a recurrence, which depends on what is multiplied with it, too."""
    seed = np.cos(np.arange(DATA.size)).reshape(np.cumprod(DATA, axis).shape)
    mg.gradcheck(mg.grad(lambda a: np.sum(np.cumprod(a, axis) ** 2 * seed)), DATA)


def test_the_second_derivative_of_a_running_product_with_a_zero():
    """Of a, ab, abc, by hand: where b is 0 the products without it are not."""
    a, b, c = 2.0, 0.0, 5.0
    slope = mg.grad(lambda x: np.sum(np.cumprod(x) ** 2))
    by_b = mg.grad(lambda x: slope(x)[1])(np.array([a, b, c]))
    assert_nearly_equal(by_b, [0, 2 * a**2 + 2 * (a * c) ** 2, 0])


def test_a_product_along_the_last_axis_moves_nothing():
    source = mg.derive(lambda x: np.sum(np.prod(x, -1)), DATA).source()
    assert "reshape" not in source
    assert "moveaxis" not in source


if since("2.1.0"):

    @pytest.mark.parametrize("f", [np.cumulative_sum, np.cumulative_prod])
    def test_a_list_can_be_written_to_a_tensor(f):
        out = mg.tensor(np.zeros((2, 3)))
        found = f([[1.0, 2.0, 4.0], [3.0, 5.0, 0.5]], axis=1, out=out)
        assert found is out
        wanted = f(np.array([[1.0, 2.0, 4.0], [3.0, 5.0, 0.5]]), axis=1)
        np.testing.assert_array_equal(out.data, wanted)
