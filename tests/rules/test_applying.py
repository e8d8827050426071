"""What a function that is applied along axes is given, and what it may return."""

import numpy as np
import pytest

import micrograd_np as mg

DATA = np.random.default_rng(3).normal(size=(2, 3, 4))


@pytest.mark.parametrize("keepdims", [False, True])
def test_a_function_is_given_each_axis_counted_from_the_front(keepdims):
    """As NumPy does it, however they were counted; and the axes that it takes away come back."""
    seen = []

    def total(a, axis):
        seen.append(axis)
        return np.sum(a, axis=axis, keepdims=keepdims)

    wanted = np.apply_over_axes(total, DATA, [-1, -3])
    np.testing.assert_array_equal(
        np.apply_over_axes(total, mg.tensor(DATA), [-1, -3]).data, wanted, strict=True
    )
    assert seen == [2, 0] * 2
    mg.gradcheck(lambda a: np.apply_over_axes(total, a, [-1, -3]) ** 2, DATA)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda a: np.apply_over_axes(lambda a, _axis: a.sum((0, 1)), a, [0]),
            "not returning an array of the correct shape",
        ),
        (
            lambda a: np.apply_along_axis(np.sum, 1, a[:0]),
            "Cannot apply_along_axis when any iteration dimensions are 0",
        ),
    ],
    ids=["two axes are taken away", "there is no row"],
)
def test_what_numpy_refuses(call, words):
    for a in (DATA, mg.tensor(DATA, requires_grad=True)):
        with pytest.raises(ValueError, match=words):
            call(a)


def test_all_results_get_the_dtype_of_the_first_one():
    """As in NumPy, which makes room for all of them when it knows one."""

    def given(a):
        dtypes = iter(["float32", "float64", "int64", "int64", "float64", "float16"])
        return np.apply_along_axis(lambda row: row.astype(next(dtypes))[:2], 1, a)

    a = np.round(8 * DATA[:, :, :3]) / 2
    leaf = mg.tensor(a, requires_grad=True)
    out, wanted = given(leaf), given(a)
    assert wanted.dtype == np.float32
    np.testing.assert_array_equal(out.data, wanted, strict=True)
