"""When memory goes: with the last reference, without the garbage collector."""

import contextlib
import gc
import weakref

import numpy as np
import pytest

import micrograd_np as mg


@pytest.fixture(autouse=True)
def no_garbage_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def nodes_of(tensor):
    """Return every node behind a tensor."""
    seen, stack = [], [tensor._node]
    while stack:
        node = stack.pop()
        if node is None or any(node is other for other in seen):
            continue
        seen.append(node)
        stack.extend(node.parents)
    return seen


def watched_operation():
    """Return an operation whose results are watched, and the list of weak references to them.

    Its rule reads the result, so that the node keeps it alive.
    """
    alive = []

    def note(array):
        alive.append(weakref.ref(array))
        return array

    @mg.primitive
    def double(x):
        return note(np.asarray(x * 2))

    mg.defvjp(double, lambda g, out, x: g * 2 + 0 * (out + x))
    return double, alive


def network():
    W = mg.tensor(np.ones((3, 2)), requires_grad=True)
    b = mg.tensor(np.ones(2), requires_grad=True)
    double, alive = watched_operation()
    hidden = mg.relu(double(np.ones((4, 3)) @ W + b))
    return W, b, mg.cross_entropy(double(hidden), [0, 1, 0, 1]), alive


@pytest.mark.parametrize("after", ["forward", "backward", "retained backward", "error"])
def test_nothing_of_the_graph_is_alive_once_the_loss_is_gone(after):
    W, _b, loss, alive = network()
    assert len(alive) == 2
    assert all(array() is not None for array in alive)
    if "backward" in after:
        loss.backward(retain_graph=after.startswith("retained"))
        assert W.grad is not None
    if after == "error":
        with contextlib.suppress(ValueError):
            loss.backward(np.ones(7))
    del loss
    assert [array() for array in alive] == [None, None]


def test_the_values_go_when_the_graph_is_freed_though_the_loss_is_kept():
    _W, _b, loss, alive = network()
    loss.backward()
    assert [array() for array in alive] == [None, None]
    assert loss.requires_grad


def test_transforms_leave_nothing_behind():
    double, alive = watched_operation()
    mg.grad(lambda x: np.sum(double(x) ** 2))(np.ones(3))
    mg.grad(lambda x: mg.grad(lambda y: double(y) ** 3)(x) * x)(2.0)
    out, pullback = mg.vjp(lambda x: double(x) * 2, np.ones(3))
    pullback(np.ones(3))
    del out, pullback
    assert alive
    assert all(array() is None for array in alive)


def test_views_writes_and_several_results_leave_nothing_behind():
    x = mg.tensor(np.arange(4.0), requires_grad=True)
    double, alive = watched_operation()
    y = double(x)
    y[0] = 7.0
    left, _right = np.split(y.reshape(2, 2).T, 2)
    loss = np.sum(left * left) + np.sum(y)
    loss.backward()
    del y, left, _right, loss
    assert all(array() is None for array in alive)


def test_there_are_no_cycles():
    """All that a training step makes goes by itself: the collector finds nothing."""
    x = mg.tensor(np.ones((3, 2)), requires_grad=True)

    def step():
        y = np.tanh(np.ones((4, 3)) @ x).copy()
        y[0] = 7.0
        left, right = np.split(y.reshape(2, 4).T, 2)
        mg.softmax(left * right).sum().backward()
        mg.grad(lambda a: np.sum(mg.grad(lambda b: np.sum(b**3))(a)))(np.ones(2))

    step()
    gc.collect()
    for _ in range(10):
        step()
    assert gc.collect() == 0


def test_nodes_hold_no_tensors():
    """So that no cycle is possible: a tensor refers to its node, and a node never to a tensor."""
    *_, loss, _alive = network()
    nodes = nodes_of(loss)
    assert len(nodes) > 5
    for node in nodes:
        assert not any(isinstance(held, mg.Tensor) for held in gc.get_referents(node))
        assert not any(isinstance(held, mg.Tensor) for held in node.args or ())


def test_an_array_that_no_rule_reads_is_not_kept():
    """The sum of two arrays keeps neither of them: their parameters are written `_a` and `_b`."""

    def alive_after(operation):
        double, alive = watched_operation()
        mg.defvjp(double, lambda g, _out, _x: g * 2)
        out = operation(double(mg.tensor(np.ones(3), requires_grad=True)))
        assert out.requires_grad
        return alive[0]() is not None

    assert not alive_after(lambda a: a + 1)
    assert not alive_after(lambda a: np.sum(a))
    assert not alive_after(lambda a: np.exp(a))
    assert alive_after(lambda a: np.sin(a))


def test_views_of_a_long_lived_tensor_do_not_pile_up():
    """A data set is indexed once per step: what is noted of each view must go with it."""
    X = mg.tensor(np.ones((10, 3)))
    for _ in range(1_000):
        X[2:4]
        X.detach()
    assert len(X._relatives or ()) < 100


def test_a_chain_of_a_million_operations():
    """Forward, backward and deletion: none of them recurses."""
    x = mg.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = y + 1.0
    np.testing.assert_array_equal(y.data, 1_000_001.0)
    y.backward()
    np.testing.assert_array_equal(x.grad, 1.0)


def test_deleting_a_chain_of_a_million_operations_that_was_never_used():
    x = mg.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = y * 1.0
    del y
    assert x.grad is None


def test_what_the_rules_of_several_results_do_not_read_is_not_kept():
    both = mg.primitive(lambda x, y: (x + y, x - y))
    rules = (
        lambda g, _out, _x, _y: g[0] + g[1] + np.zeros(_y.shape),
        lambda g, _out, _x, _y: g[0] - g[1] + np.zeros(_x.shape),
    )
    mg.defvjp(both, *rules, results=2)
    w, constant = mg.tensor([1.0, 2.0], requires_grad=True), np.ones(2)
    x = w * 2
    alive = [weakref.ref(x.data), weakref.ref(constant)]
    a, b = both(x, constant)
    del x, constant
    assert [array() for array in alive] == [None, None]
    (a * b).sum().backward()
    np.testing.assert_array_equal(w.grad, [8.0, 16.0])  # of (2 w + 1) (2 w - 1)
