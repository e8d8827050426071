"""Pickling and copying a tensor."""

import copy
import pickle

import numpy as np
import pytest

import micrograd_np as mg

COPIES = {
    "pickle": lambda t: pickle.loads(pickle.dumps(t)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}
every_way = pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)


@every_way
def test_a_leaf_stays_a_leaf(duplicate):
    x = mg.tensor(np.float32([1.0, 2.0]), requires_grad=True)
    (x * 3).sum().backward()
    y = duplicate(x)
    assert y.is_leaf
    assert y.requires_grad
    np.testing.assert_array_equal(y.data, x.data, strict=True)
    np.testing.assert_array_equal(y.grad, x.grad, strict=True)
    assert not np.shares_memory(y.data, x.data)
    assert not np.shares_memory(y.grad, x.grad)
    (y * 3).sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])


@every_way
def test_a_constant_stays_a_constant(duplicate):
    y = duplicate(mg.tensor([1, 2]))
    assert not y.requires_grad
    np.testing.assert_array_equal(y.data, [1, 2], strict=True)


@every_way
def test_a_result_keeps_its_value_and_warns_that_its_graph_is_gone(duplicate):
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.warns(UserWarning, match="detached"):
        y = duplicate(x * x)
    assert not y.requires_grad
    np.testing.assert_array_equal(y.data, [1.0, 4.0])


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol(protocol):
    x = mg.tensor([[1.0]], requires_grad=True)
    y = pickle.loads(pickle.dumps([x, x], protocol))
    assert y[0] is y[1]
    assert y[0].requires_grad


def test_a_view_is_copied_without_what_it_is_a_view_of():
    x = mg.tensor(np.ones(1000))
    assert len(pickle.dumps(x[:1])) < 1000
