"""Lengths that a source refuses, where NumPy would compute something else without a word."""

import ast

import numpy as np
import pytest

import micrograd_np as mg
from program.derived import assert_right, wanted_of
from program.networks import NETWORKS, normal
from program.test_by_hand import function_of

POST, TANH, *_ = NETWORKS


def layer(x, y, W, b):
    error = x @ W + b - y
    return np.sum(error * error) / y.shape[1]


ARGS = normal(5, 3), normal(5, 2), normal(3, 2), normal(2)


@pytest.mark.parametrize(
    ("position", "shape"),
    [(3, (1,)), (1, (5, 1)), (1, (1, 2)), (2, (3, 1)), (0, (1, 3))],
)
def test_what_would_be_broadcast_is_refused(position, shape):
    function = function_of(mg.derive(layer, *ARGS).source())
    args = [normal(*shape) if i == position else arg for i, arg in enumerate(ARGS)]
    assert layer(*args).shape == ()  # NumPy computes it
    with pytest.raises(ValueError, match="the shape of y or b does not fit"):
        function(*args)


def test_other_lengths_that_fit_are_answered():
    function = function_of(mg.derive(layer, *ARGS).source())
    args = normal(7, 4), normal(7, 6), normal(4, 6), normal(6)
    assert_right(function(*args), wanted_of(layer, range(4), args), "other lengths")


@pytest.mark.parametrize(("position", "shape"), [(1, (1,)), (3, (1, 1)), (3, (9, 6)), (5, (9, 3))])
def test_the_post_with_a_bias_for_each_example_or_one_label_is_refused(position, shape):
    function = function_of(POST.derive().source())
    value = np.zeros(shape, int if position == 1 else float)
    args = [value if i == position else arg for i, arg in enumerate(POST.args)]
    with pytest.raises(ValueError, match="the shape of y, b1 or b2 does not fit"):
        function(*args)


def test_matrix_products_refuse_by_themselves():
    source = mg.derive(lambda x, W: np.sum(np.tanh(x @ W)), normal(4, 3), normal(3, 2)).source()
    assert "raise" not in source
    with pytest.raises(ValueError, match="mismatch"):
        function_of(source)(normal(4, 3), normal(1, 2))


def test_a_seed_of_another_shape_is_refused():
    function = function_of(mg.derive(lambda x, w: x * w, normal(3, 2), normal(2)).source())
    with pytest.raises(ValueError, match="dout has to have the shape of out"):
        function(normal(3, 2), normal(2), np.ones(2))


def test_what_a_mask_leaves_is_looked_at_where_it_is_there():
    def f(x, y):
        positive = x[x > 0]
        return np.sum(positive * y)

    function = function_of(mg.derive(f, np.array([1.0, -1.0, 2.0]), np.ones(2)).source())
    _, dx, _ = function(np.array([1.0, 2.0, 3.0]), np.ones(3))
    assert dx.tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="does not fit"):
        function(np.array([1.0, 2.0, 3.0]), np.ones(1))


def test_a_slice_that_is_as_long_as_another_input_is_compared_with_it():
    def f(x, b):
        return np.sum((x[1:] - x[:-1]) * b)

    source = mg.derive(f, normal(4), normal(3)).source()
    assert "if b.shape != (x.shape[0] - 1,):" in source
    assert source.count("raise") == 1  # x[:-1] is as long as x[1:], whatever x is
    with pytest.raises(ValueError, match="the shape of b does not fit"):
        function_of(source)(normal(4), normal(1))
    assert function_of(source)(normal(6), normal(5))[1].shape == (6,)


def test_slices_that_are_as_long_only_in_a_long_array_are_compared():
    source = mg.derive(lambda x: np.sum(x[:2] * x[1:3]), normal(5)).source()
    assert function_of(source)(normal(3))[1].shape == (3,)
    with pytest.raises(ValueError, match="does not fit"):
        function_of(source)(normal(2))


def gates(x, h, W, U):
    H = h.shape[1]
    z = x @ W + h @ U
    i, o = np.tanh(z[:, :H]), np.tanh(z[:, H : 2 * H])
    g = np.tanh(z[:, 2 * H :])
    return np.sum(i * g * o)


def test_slices_are_told_by_the_lengths_that_they_were_cut_from():
    source = mg.derive(gates, normal(5, 2), normal(5, 4), normal(2, 12), normal(4, 12)).source()
    (guard,) = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.If))
    conditions = {ast.unparse(node) for node in guard.test.values}
    assert conditions == {
        "h.shape[0] != x.shape[0]",
        "W.shape[1] != 3 * H",
        "U.shape[1] != W.shape[1]",
    }
    function = function_of(source)
    _, dx, *_ = function(normal(3, 2), normal(3, 1), normal(2, 3), normal(1, 3))
    assert dx.shape == (3, 2)
    with pytest.raises(ValueError, match="the shape of h, W or U does not fit"):
        function(normal(3, 2), normal(3, 4), normal(2, 9), normal(4, 9))


def stencil(x):
    y = np.zeros_like(x)
    y[1:-1] = (x[:-2] + x[2:]) / 2
    return np.sum(y * y)


def test_a_stencil_takes_any_length():
    source = mg.derive(stencil, normal(6)).source()
    assert "raise" not in source
    for n in (2, 3, 9):
        wanted = wanted_of(lambda x: np.sum(((x[:-2] + x[2:]) / 2) ** 2), [0], [normal(n)])
        assert_right(function_of(source)(normal(n)), wanted, "other lengths")


def test_lengths_of_axes_that_are_taken_whole_are_those_of_the_array():
    source = mg.derive(lambda x: x[::-1, 0].mean() + x[:, None, 1].mean(), normal(4, 3)).source()
    assert "[::-1].shape" not in source
    assert "/ x.shape[0]" in source


def test_a_place_of_one_element_stays_one():
    def f(a, v):
        out = a.copy()
        out[:-2] = v
        return np.sum(out * out)

    function = function_of(mg.derive(f, normal(3), normal(1)).source())
    assert function(normal(3), normal(1))[2].shape == (1,)
    with pytest.raises(ValueError, match=r"written for a.shape\[0\] = 3, as test_guards.py:\d+"):
        function(normal(2), normal(1))


def test_a_long_list_of_lengths_fits_the_width():
    names = [f"a_rather_long_name_{i}" for i in range(9)]

    def f(*arrays):
        total = arrays[0]
        for array in arrays[1:]:
            total = total * array
        return np.sum(total)

    source = mg.derive(f, *[normal(3, seed=i) for i in range(9)], names=names).source()
    assert max(map(len, source.splitlines())) <= 100
    with pytest.raises(ValueError, match="does not fit"):
        function_of(source)(*[normal(3)] * 8, normal(1))
