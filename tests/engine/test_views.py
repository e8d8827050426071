"""Views share memory: what is written through one is refused, what changes under one is seen."""

import threading

import numpy as np
import pytest

import micrograd_np as mg


def leaf(values):
    return mg.tensor(values, requires_grad=True)


def test_the_parts_of_a_split_are_views():
    t = mg.tensor(np.arange(4.0))
    first, _second = np.split(t, 2)
    with pytest.raises(RuntimeError, match="view"):
        first[0] = 1.0
    with pytest.raises(RuntimeError, match="view"):
        t[0] = 1.0


def test_a_step_is_detected_through_the_parts_of_a_split():
    w = leaf([1.0, 2.0])
    a, b = np.split(w, 2)
    y = (a * b).sum()
    w.data -= 0.5
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


@pytest.mark.parametrize("same", [np.real, np.squeeze])
def test_a_step_is_detected_through_what_gives_back_the_very_array(same):
    w = leaf([1.0, 2.0])
    a = same(w)
    y = (a * a).sum()
    assert np.shares_memory(a.data, w.data)
    w.data -= 0.5
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_a_step_does_not_matter_to_what_was_copied():
    w = leaf([[1.0, 2.0], [3.0, 4.0]])
    a = np.ravel(w.T)  # its elements cannot be had in order without a copy
    y = (a * a).sum()
    w.data -= 0.5
    y.backward()
    np.testing.assert_array_equal(w.grad, [[2.0, 4.0], [6.0, 8.0]])


@pytest.mark.parametrize("view", [lambda t: t.reshape(4), lambda t: t.T, lambda t: t[:]])
def test_a_long_chain_of_views(view):
    x = leaf(np.ones(4))
    h = x
    for _ in range(5000):
        h = view(h)
    h.sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones(4))


def test_many_live_views_of_one_tensor():
    t = leaf(np.zeros(3000))
    parts = [t[i] for i in range(3000)]
    np.stack(parts).sum().backward()
    np.testing.assert_array_equal(t.grad, np.ones(3000))


def test_threads_that_go_back_to_one_leaf_lose_nothing():
    w = leaf([0.0])

    def work():
        for _ in range(3000):
            (w * 1.0).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(w.grad, [12000.0])
