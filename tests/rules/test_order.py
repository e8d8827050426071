"""Sorted arrays: equal elements keep their order if that is asked for, dtypes are NumPy's."""

import numpy as np
import pytest

import micrograd_np as mg

TIES = (np.arange(300.0) * 7919 % 3).reshape(2, 3, 50)


@pytest.mark.parametrize("options", [{"kind": "stable"}, {"stable": True}], ids=repr)
@pytest.mark.parametrize("axis", [-1, 2, 0, None])
def test_the_gradient_of_equal_elements_follows_a_stable_sort(options, axis):
    x = mg.tensor(TIES, requires_grad=True)
    out = np.sort(x, axis=axis, **options)
    weights = np.arange(1.0, 301.0).reshape(out.shape)
    out.backward(weights)
    places = np.argsort(TIES, axis=axis, stable=True)
    wanted = np.empty(TIES.size if axis is None else TIES.shape)
    np.put_along_axis(wanted, places, weights, 0 if axis is None else axis)
    np.testing.assert_array_equal(x.grad, wanted.reshape(TIES.shape))


@pytest.mark.parametrize("kind", [None, "quicksort", "heapsort", "stable"])
def test_any_order_of_equal_elements_gives_each_gradient_once(kind):
    x = mg.tensor(TIES, requires_grad=True)
    out = np.sort(x, axis=1, kind=kind)
    weights = np.arange(1.0, 301.0).reshape(out.shape)
    out.backward(weights)
    np.testing.assert_array_equal(np.sort(x.grad, axis=1), weights)
    np.testing.assert_array_equal(
        np.take_along_axis(TIES, np.argsort(x.grad, axis=1), 1), np.sort(TIES, axis=1)
    )


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_the_gradient_of_a_partition_goes_where_the_element_stood(axis):
    x = np.cos(np.arange(105.0) ** 2).reshape(5, 3, 7)
    leaf = mg.tensor(x, requires_grad=True)
    out = np.partition(leaf, 1, axis=axis)
    out.backward(np.exp(out.data))
    np.testing.assert_array_equal(leaf.grad, np.exp(x))


@pytest.mark.parametrize("dtype", ["b", "H", "i", "e", "f", "d", "g", "F", "D", "G"])
def test_the_dtype_of_sorted_complex_numbers(dtype):
    a = np.array([[3, 1, 2], [6, 5, 4]]).astype(dtype)
    found = np.sort_complex(mg.tensor(a))
    np.testing.assert_array_equal(found.data, np.sort_complex(a), strict=True)
