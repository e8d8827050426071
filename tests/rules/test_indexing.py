"""Reading and writing parts of an array: the gradients, whose memory is whose, and how often."""

import tracemalloc

import numpy as np
import pytest

import micrograd_np as mg

GRID = np.arange(1.0, 13.0).reshape(3, 4)


def written(x, index, value):
    out = x * 1.0
    out[index] = value
    return out


@pytest.mark.parametrize(
    ("index", "shape"),
    [
        (0, (4,)),
        (0, (1, 4)),
        (0, (1, 1, 4)),
        (0, (1, 1, 1, 1)),
        ((slice(1), 2), (1, 1, 1)),
        ((slice(None), [3, 0]), (1, 3, 2)),
        ([2, 0], (1, 1, 2, 4)),
    ],
    ids=str,
)
def test_a_value_may_begin_with_axes_of_length_one(index, shape):
    value = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    wanted = written(GRID, index, value)
    x, v = mg.tensor(GRID, requires_grad=True), mg.tensor(value, requires_grad=True)
    out = written(x, index, v)
    np.testing.assert_array_equal(out.data, wanted)
    weights = GRID**2
    out.backward(weights)
    np.testing.assert_array_equal(x.grad, written(weights, index, 0))
    part = np.broadcast_to(weights[index], np.broadcast_shapes(weights[index].shape, shape))
    sums = part.sum(axis=tuple(k for k, n in enumerate(shape) if n == 1), keepdims=True)
    np.testing.assert_array_equal(v.grad, sums.reshape(shape), strict=True)


@pytest.mark.parametrize(
    "index",
    [
        [0, 0, 1],
        [2, 1, 2],
        ([0, 2, 0, 0], [1, 3, 1, 2]),
        (slice(None), [3, 3, -1, 0]),
        (np.array([[0, 1], [1, -3]]), 2),
    ],
    ids=str,
)
def test_of_what_is_written_to_one_place_the_last_counts(index):
    value = np.zeros_like(GRID[index])
    places = np.arange(1, 1 + value.size).reshape(value.shape)
    left = written(np.zeros(GRID.shape), index, places)
    weights = GRID**2
    wanted = [weights[left == place].sum() for place in places.ravel()]
    v = mg.tensor(value, requires_grad=True)
    written(mg.tensor(GRID), index, v).backward(weights)
    np.testing.assert_array_equal(v.grad, np.reshape(wanted, value.shape))
    source = mg.derive(lambda x, v: np.sum(written(x, index, v) ** 3), GRID, value + 0.5).source()
    space = {"np": np}
    exec(source, space)  # the program that is printed
    _, dx, dv = space["value_and_gradients"](GRID, value + 0.5)
    np.testing.assert_array_equal(dx, written(3 * GRID**2, index, 0))
    np.testing.assert_array_equal(dv, np.where(np.isin(places, left), 0.75, 0))


def test_a_program_reshapes_no_gradient_that_has_the_axes_of_its_value():
    source = mg.derive(lambda x, v: np.sum(written(x, 1, v) ** 3), GRID, GRID[0]).source()
    assert "reshape" not in source
    source = mg.derive(lambda x, v: np.sum(written(x, 1, v) ** 3), GRID, GRID[:1]).source()
    assert "reshape" in source


def test_the_gradients_of_written_values_do_not_hold_those_of_the_whole():
    """Of each large gradient only a part is kept until the end of the backward pass."""
    n = 20_000
    values = [mg.tensor(np.ones(4), requires_grad=True) for _ in range(10)]
    squares = [written(mg.tensor(np.zeros(n)), slice(3, 7), v) ** 2 for v in values]
    loss = sum(np.sum(square) for square in squares)
    tracemalloc.start()
    try:
        loss.backward()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * n * 8
    for v in values:
        np.testing.assert_array_equal(v.grad, [2] * 4)


def test_writing_many_parts_copies_their_gradient_only_once(monkeypatch):
    """A loop that writes row by row does not cost a copy of all rows for each."""
    copies = []
    copy = np.copy
    x = mg.tensor(GRID, requires_grad=True)
    out = x * 1.0
    for row in range(3):
        out[row] = 2.0 * out[row]
    monkeypatch.setattr(np, "copy", lambda a, *args: copies.append(a.shape) or copy(a, *args))
    out.backward(GRID)
    np.testing.assert_array_equal(x.grad, 2 * GRID)
    assert len(copies) <= 1
