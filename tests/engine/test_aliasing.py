"""Gradients share memory with nothing: not with each other, the seed, or what was saved."""

import itertools

import numpy as np
import pytest

import micrograd_np as mg


def assert_apart(*arrays):
    for a, b in itertools.combinations(arrays, 2):
        assert not np.shares_memory(a, b)


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: np.concatenate([a, b]),
        lambda a, b: np.stack([a, b]),
        lambda a, b: np.maximum(a, b),
        lambda a, b: a.reshape(3, 1) + b.reshape(3, 1),
        lambda a, b: np.broadcast_to(a, (2, 3)) + b,
    ],
)
def test_two_leaves_and_the_seed(function):
    a = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    b = mg.tensor([4.0, 5.0, 6.0], requires_grad=True)
    out = function(a, b)
    seed = np.ones(out.shape)
    out.backward(seed)
    assert_apart(a.grad, b.grad, seed, a.data, b.data, out.data)
    a.grad += 100
    np.testing.assert_array_equal(seed, np.ones(out.shape))


def test_a_leaf_and_its_seed():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    seed = np.ones(2)
    x.backward(seed)
    x.backward(seed)
    seed[:] = 7
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])


def test_a_gradient_and_the_value_that_the_rule_saved():
    a = mg.tensor([1.0, 2.0], requires_grad=True)
    kept = np.array([3.0, 4.0])
    out = a * kept
    out.backward(np.ones(2), retain_graph=True)
    assert_apart(a.grad, kept, a.data)
    a.grad *= 0
    a.zero_grad()
    out.backward(np.ones(2))
    np.testing.assert_array_equal(a.grad, [3.0, 4.0])


def test_a_broadcast_gradient_can_be_written_to():
    x = mg.tensor(np.ones(10_000), requires_grad=True)
    x.sum().backward()
    x.grad[0] = 5.0
    np.testing.assert_array_equal(x.grad[:2], [5.0, 1.0])


def test_accumulating_does_not_write_into_a_gradient_that_was_taken_away():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    (2 * x).sum().backward()
    taken = x.grad
    (2 * x).sum().backward()
    np.testing.assert_array_equal(taken, [2.0, 2.0])
    np.testing.assert_array_equal(x.grad, [4.0, 4.0])


def test_an_assigned_gradient_is_copied():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    mine = np.array([1.0, 1.0])
    x.grad = mine
    (2 * x).sum().backward()
    np.testing.assert_array_equal(mine, [1.0, 1.0])
    assert_apart(mine, x.grad)


def test_a_tensor_is_a_copy_of_its_data():
    data = np.array([1.0, 2.0])
    x = mg.tensor(data, requires_grad=True)
    data[:] = 9
    np.testing.assert_array_equal(x.data, [1.0, 2.0])


def test_the_gradients_of_a_transform():
    a, b = np.ones(3), np.ones(3)
    da, db = mg.grad(lambda a, b: np.sum(a + b), argnums=(0, 1))(a, b)
    assert_apart(a, b, da, db)
    seed = np.ones(3)
    _out, pullback = mg.vjp(np.add, a, b)
    da, db = pullback(seed)
    assert_apart(a, b, da, db, seed, *pullback(seed))
    da[:] = 5
    np.testing.assert_array_equal(pullback(seed)[0], np.ones(3))


def test_an_index_is_copied_when_it_is_used():
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    rows = np.array([0, 0])
    y = x[rows]
    rows[:] = 2
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 0.0, 0.0])


def test_an_index_is_copied_when_it_is_assigned_to():
    value = mg.tensor([1.0, 2.0], requires_grad=True)
    target = mg.tensor(np.zeros(3))
    rows = np.array([0, 1])
    target[rows] = value
    rows[:] = 2
    (target * np.array([1.0, 10.0, 100.0])).sum().backward()
    np.testing.assert_array_equal(value.grad, [1.0, 10.0])
