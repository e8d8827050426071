"""What a backward pass returns for the nodes that are asked for, and what it leaves alone."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.engine import propagate
from rules.gradients import leaf


def test_the_gradients_by_one_of_several_results():
    """Those of what is asked for and reached, and no others."""
    x = leaf([1.0, 2.0, 3.0, 5.0])
    a, b = np.split(x, 2)
    loss = np.sum(a**2 * b)
    found = propagate([(loss._node, np.array(1.0))], targets={a._node, leaf(1.0)._node})
    assert found.keys() == {a._node}
    np.testing.assert_array_equal(found[a._node], [6.0, 20.0])


def test_what_is_older_than_all_that_is_asked_for_gets_no_gradient():
    """It cannot depend on any of it, so that its rule need not be called."""
    called = []
    product = mg.primitive(lambda x, y: x * y)
    mg.defvjp(
        product,
        lambda g, _out, _x, y: called.append("x") or g * y,
        lambda g, _out, x, _y: called.append("y") or g * x,
    )
    x, y = leaf(2.0), leaf(3.0)
    out = product(x, y)
    found = propagate([(out._node, np.array(1.0))], targets={y._node}, keep=True)
    assert (found, called) == ({y._node: 2.0}, ["y"])
    found = propagate([(out._node, np.array(1.0))], targets={x._node})
    assert (found, called) == ({x._node: 3.0}, ["y", "x", "y"])


def test_a_pass_frees_what_it_has_gone_through_unless_it_is_told_to_keep_it():
    x = leaf(3.0)
    out = x**2
    go = lambda **options: propagate([(out._node, np.array(1.0))], targets={x._node}, **options)
    assert go(keep=True) == go() == {x._node: 6.0}
    with pytest.raises(RuntimeError, match="freed"):
        go()
