"""Joining arrays and taking them apart: what is refused, what is shared, what a program says."""

import re

import numpy as np
import pytest

import micrograd_np as mg

ROW, GRID = np.arange(1.0, 6.0), np.arange(1.0, 7.0).reshape(2, 3)


class Numbered:
    """A sequence of the old kind, which has items but does not say how many."""

    def __init__(self, *items):
        self.items = items

    def __getitem__(self, index):
        return self.items[index]


def test_what_is_stacked_may_be_a_sequence_of_the_old_kind():
    for function in (np.vstack, np.hstack, np.dstack, np.column_stack):
        found = function(Numbered(mg.tensor(GRID), mg.tensor(2 * GRID)))
        np.testing.assert_array_equal(found.data, function([GRID, 2 * GRID]), strict=True)


@pytest.mark.parametrize(
    ("blocks", "error", "message"),
    [
        (lambda x: [x, (x, x)], TypeError, "a tuple is not taken for an array"),
        (lambda x: [[x], []], ValueError, "a list of blocks cannot be empty"),
        (lambda x: [x, [x]], ValueError, "list depths are mismatched: [0, 1]"),
        (lambda x: [[x, [x]], [x, [x]]], ValueError, "list depths are mismatched: [0, 1]"),
        (lambda x: [[[x]], [x]], ValueError, "list depths are mismatched: [1, 2]"),
    ],
)
def test_blocks_that_are_refused(blocks, error, message):
    with pytest.raises(error):
        np.block(blocks(ROW))
    with pytest.raises(error, match=re.escape(message)):
        np.block(blocks(mg.tensor(ROW)))


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("flipped", [False, True])
def test_an_array_or_a_list_is_appended_or_appended_to(axis, flipped):
    """The gradient is that of the tensor alone."""
    given, weights = GRID[::-1].tolist(), np.arange(1.0, 13.0)
    ordered = lambda x, y: (y, x) if flipped else (x, y)
    x = mg.tensor(GRID, requires_grad=True)
    out = np.append(*ordered(x, given), axis)
    np.testing.assert_array_equal(out.data, np.append(*ordered(GRID, given), axis), strict=True)
    out.backward(weights.reshape(out.shape))
    places = np.append(*ordered(np.arange(6).reshape(2, 3), np.full((2, 3), -1)), axis)
    wanted = [weights[places.ravel() == place].sum() for place in range(6)]
    np.testing.assert_array_equal(x.grad, np.reshape(wanted, (2, 3)))


@pytest.mark.parametrize(
    "joined", [lambda x: np.append(x, 7.0), lambda x: np.concatenate((x, 7.0), axis=None)]
)
def test_a_plain_number_may_follow_what_is_flattened(joined):
    x = mg.tensor(GRID, requires_grad=True)
    out = joined(x)
    np.testing.assert_array_equal(out.data, [1, 2, 3, 4, 5, 6, 7])
    out.backward(np.arange(7.0))
    np.testing.assert_array_equal(x.grad, [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    "cuts", [[3, 1], [-1, 2], [2, -4], [-2, -4], [1, -1], [-4, -1], [0, 2, 2, 9], [4, 1, 3]]
)
def test_cuts_may_be_counted_from_the_end_and_go_back(cuts):
    """What lies between cuts that go back is there twice, or not at all."""
    x = mg.tensor(ROW, requires_grad=True)
    wanted = np.zeros(5)
    total = 0
    for weight, part, places in zip(
        (1.0, 10, 100, 1000, 10000),
        np.split(x, cuts),
        np.split(np.arange(5), cuts),
        strict=False,
    ):
        total = total + weight * part.sum()
        wanted[places] += weight
    total.backward()
    np.testing.assert_array_equal(x.grad, wanted)


@pytest.mark.parametrize(
    ("cuts", "joined"),
    [
        ([1, 3], True),
        ([1, 3, 3], True),
        ([1, -1], True),
        (np.array([-4, -4, 3]), True),
        ([np.int64(-4), -1], True),
        ([-1, 2], False),
    ],
)
def test_a_program_joins_the_gradients_of_parts_that_follow_each_other(cuts, joined):
    program = mg.derive(lambda x: sum(np.sum(part**2) for part in np.split(x, cuts)), ROW)
    assert ("np.concatenate" in program.source()) is joined


@pytest.mark.parametrize(
    ("function", "ndim"),
    [(np.hsplit, 1), (np.vsplit, 2), (np.dsplit, 3)],
    ids=lambda it: getattr(it, "__name__", it),
)
def test_what_has_too_few_axes_to_be_split(function, ndim):
    name = function.__name__
    with pytest.raises(ValueError, match=f"{name} only works on arrays of {ndim} or more"):
        function(mg.tensor(np.ones((2,) * (ndim - 1))), 2)
    assert len(function(mg.tensor(np.ones((2,) * ndim)), 2)) == 2


@pytest.mark.parametrize("function", [np.atleast_1d, np.atleast_2d, np.atleast_3d])
def test_what_has_enough_axes_is_given_back_as_it_is(function):
    x = mg.tensor(np.ones((2, 1, 3)))
    assert function(x) is x
    for shape in [(), (2,), (2, 3)]:
        a = np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape)
        np.testing.assert_array_equal(function(mg.tensor(a)).data, function(a), strict=True)


def test_a_grid_has_rows_and_columns_or_axes_in_the_order_of_the_arguments():
    with pytest.raises(ValueError, match="indexing must be 'xy' or 'ij'"):
        np.meshgrid(mg.tensor(ROW), indexing="yx")
    for count in (1, 2, 3, 4):
        arrays = [np.arange(1.0, 3 + k) for k in range(count)]
        for options in ({}, {"indexing": "ij"}, {"sparse": True}, {"sparse": True, "copy": False}):
            found = np.meshgrid(*map(mg.tensor, arrays), **options)
            wanted = np.meshgrid(*arrays, **options)
            for ours, numpys in zip(found, wanted, strict=True):
                np.testing.assert_array_equal(ours.data, numpys, strict=True)


@pytest.mark.parametrize("sparse", [False, True])
def test_a_grid_is_a_copy_unless_that_is_not_wanted(sparse):
    x, y = mg.tensor(ROW), mg.tensor(ROW[:2])
    for copy in (True, False):
        for grid, of in zip(np.meshgrid(x, y, sparse=sparse, copy=copy), (x, y), strict=True):
            assert np.shares_memory(grid.data, of.data) is not copy


@pytest.mark.parametrize("indexing", ["xy", "ij"])
def test_the_gradient_of_a_grid(indexing):
    x, y = mg.tensor(ROW[:3], requires_grad=True), mg.tensor(ROW[:2], requires_grad=True)
    across, down = np.meshgrid(x, y, indexing=indexing)
    (across**2 * down).sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * x.data * y.data.sum())
    np.testing.assert_array_equal(y.grad, [np.sum(x.data**2)] * 2)


if hasattr(np, "unstack"):

    def test_a_number_cannot_be_unstacked():
        with pytest.raises(ValueError, match="needs an array of at least one dimension"):
            np.unstack(mg.tensor(1.0))
        parts = np.unstack(mg.tensor(GRID), axis=1)
        assert [part.tolist() for part in parts] == [[1, 4], [2, 5], [3, 6]]
