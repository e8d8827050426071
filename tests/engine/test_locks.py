"""detect_anomaly locks what the backward pass will read, and nothing else, and unlocks it."""

import gc
import itertools
import threading

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.mode import EAGER, MODE


def leaf(data):
    return mg.tensor(data, requires_grad=True)


def test_saved_arrays_cannot_be_written_to():
    X, W = np.ones((2, 3)), leaf(np.ones(3))
    with mg.detect_anomaly():
        out = (X @ W).sum()
        with pytest.raises(ValueError, match="read-only"):
            X[0] = 5.0
        with pytest.raises(ValueError, match="read-only"):
            X += 1.0
        out.backward()
        X[0] = 5.0  # the next batch
    np.testing.assert_array_equal(W.grad, [2.0, 2.0, 2.0])


def test_what_several_results_have_saved_is_locked():
    product_and_sum = mg.primitive(lambda x, y: (x * y, x + y))
    rules = lambda g, _out, x, y: g[0] * y + g[1], lambda g, _out, x, y: g[0] * x + g[1]
    mg.defvjp(product_and_sum, *rules, results=2)
    X, W = np.ones(3), leaf(np.ones(3))
    with mg.detect_anomaly():
        a, b = product_and_sum(X, W)
        with pytest.raises(ValueError, match="read-only"):
            X[0] = 5.0
        (a + b).sum().backward()
        X[0] = 5.0
    np.testing.assert_array_equal(W.grad, [2.0, 2.0, 2.0])


def test_what_a_saved_view_shows_is_locked_as_well():
    X, W = np.ones((4, 3)), leaf(np.ones(3))
    with mg.detect_anomaly():
        out = (X[1:3] @ W).sum()
        with pytest.raises(ValueError, match="read-only"):
            X[0] = 5.0
        out.backward()
    X[0] = 5.0


def test_what_is_not_saved_is_not_locked():
    X, W = np.ones(3), leaf(np.ones(3))
    with mg.detect_anomaly():
        out = (X + W).sum()
        X[0] = 5.0
        out.backward()


def test_locks_of_several_nodes_and_of_graphs_that_are_kept():
    X, W = np.ones(3), leaf(np.ones(3))
    frozen = np.ones(3)
    frozen.flags.writeable = False
    with mg.detect_anomaly():
        one, other = (X * W).sum(), (X * W * frozen).sum()
        one.backward(retain_graph=True)
        other.backward()
        with pytest.raises(ValueError, match="read-only"):
            X[0] = 5.0
        one.backward()
        X[0] = 5.0
        (X * W).sum()  # never gone back through
    X[0] = 6.0
    assert not frozen.flags.writeable


def test_recorded_writes_go_on_working():
    x = leaf([1.0, 2.0, 3.0])
    with mg.detect_anomaly():
        y = x * x
        before = y * y
        y[0] = 0.0
        y[1:] *= 2.0
        (y + before).sum().backward()
        with mg.no_grad():
            x -= 0.1
    np.testing.assert_allclose(x.grad, [4.0, 8 * 4 + 8, 27 * 4 + 12])


@pytest.mark.parametrize("back", [True, False])
def test_nothing_is_kept_of_a_graph_that_is_gone(back):
    X, W = np.ones((2, 3)), leaf(np.ones(3))
    gc.disable()
    try:
        with mg.detect_anomaly():
            for _ in range(20):
                out = np.tanh(X @ W).sum()
                if back:
                    out.backward()
                del out
                X[0] += 1.0
                W.data -= 0.5
            assert len(MODE.get().call.locks) == 0
    finally:
        gc.enable()


VIEWS = [
    lambda x, B: (x[:1] * x[1:]).sum(),
    lambda x, B: (B[:1] * x).sum() + (B[1:] * x).sum(),
    lambda x, B: (x * B[0]).sum() + (x * B).sum(),
    lambda x, B: (x * B).sum() + (x * B[0]).sum() + (x * B[0][:1]).sum(),
    lambda x, B: np.maximum(B * x, (B * x).T).sum(),
    lambda x, B: (np.diag(B * x) * x).sum(),
    lambda x, B: np.kron(x, B).sum() + np.tensordot(B, x, 1).sum(),
    lambda x, B: np.linalg.cholesky(B @ B.T * x + 9 * np.eye(2)).sum(),
]


@pytest.mark.parametrize("f", VIEWS)
def test_views_of_one_array_are_locked_and_unlocked_together(f):
    x, y, B = leaf([1.0, 2.0]), leaf([1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 5.0]])
    f(y, B).backward()
    with mg.detect_anomaly():
        out = f(x, B)
        out.backward(retain_graph=True)
        assert len(MODE.get().call.locks) > 0
        out.backward()
        B[0, 0] = x.data[0] = 1.0
        again = f(x, B)
    assert x.data.flags.writeable
    assert B.flags.writeable
    assert again.requires_grad
    np.testing.assert_array_equal(x.grad, 2 * y.grad)


def test_views_whose_graphs_go_in_any_order():
    x, B = leaf([1.0, 2.0]), np.ones((2, 2))
    for order in itertools.permutations(range(3)):
        with mg.detect_anomaly():
            outs = [(x * B[0]).sum(), (x * B).sum(), (x * B[0][:]).sum()]
            for i in order:
                outs[i].backward()
            B[0] = 1.0


def test_memory_that_could_not_be_unlocked_is_not_locked():
    class Memory:
        """Somebody else's: NumPy cannot ask whether it may be written to."""

        def __init__(self, array):
            self.array = array
            self.__array_interface__ = array.__array_interface__

    x, foreign = leaf([1.0, 2.0]), np.asarray(Memory(np.ones(2)))
    with mg.detect_anomaly():
        (x * foreign).sum().backward()
        (x * foreign[:1]).sum().backward()
    foreign[0] = 5.0
    borrowed = np.frombuffer(bytearray(16))
    with mg.detect_anomaly():
        out = (x * borrowed).sum()
        with pytest.raises(ValueError, match="read-only"):
            borrowed[0] = 5.0
        out.backward()
    borrowed[0] = 5.0


def test_an_array_that_is_gone_leaves_no_lock_behind():
    """Others get its address, and must be opened again."""
    W = leaf(np.ones(50))
    with mg.detect_anomaly():
        for _ in range(50):
            np.tanh(np.ones(50) * W)  # dropped, never gone back through
        fresh = [np.ones(50) for _ in range(100)]
        for X in fresh:
            (X * W).sum().backward()
            X[0] = 5.0
    assert all(X.flags.writeable for X in fresh)


def test_what_two_nodes_need_is_locked_until_both_are_gone():
    X, W = np.ones(3), leaf(np.ones(3))
    with mg.detect_anomaly():
        one, other = (X * W).sum(), (X * W).sum()
        one.backward()
        with pytest.raises(ValueError, match="read-only"):
            X[0] = 5.0
        other.backward()
        X[0] = 5.0
    np.testing.assert_array_equal(W.grad, [2.0, 2.0, 2.0])


# --- blocks inside others, and threads ------------------------------------------------------------


def test_an_inner_block_leaves_the_locks_of_the_outer_one():
    X, t = np.ones(4), leaf(np.ones(4))
    with mg.detect_anomaly():
        y = (t * X).sum()
        with mg.detect_anomaly():
            z = (t * X).sum()
            y.backward()
            with pytest.raises(ValueError, match="read-only"):
                X[0] = 5.0
            z.backward()
            X[0] = 5.0
            y = (t * X).sum()
        X[0] = 6.0
        y = (t * X).sum()
        with mg.detect_anomaly():
            (t * X).sum()
        with pytest.raises(ValueError, match="read-only"):
            X[0] = 5.0
    X[0] = 7.0
    assert y.requires_grad


def test_a_thread_leaves_the_locks_of_another():
    X, t, barrier = np.ones(4), leaf(np.ones(4)), threading.Barrier(2)

    def work():
        with mg.detect_anomaly():
            out = (leaf(np.ones(4)) * X).sum()
            barrier.wait()
            barrier.wait()
        del out
        barrier.wait()

    thread = threading.Thread(target=work)
    thread.start()
    with mg.detect_anomaly():
        barrier.wait()
        out = (t * X).sum()
        barrier.wait()
        barrier.wait()  # the other block has ended
        with pytest.raises(ValueError, match="read-only"):
            X[0] = 5.0
        out.backward()
        X[0] = 5.0
    thread.join()


def test_what_a_rule_of_ones_own_keeps_and_a_mask_are_locked():
    kept, mask, t = np.ones(2), np.array([True, False]), leaf(np.ones(2))
    f = mg.custom_vjp(lambda x: x * kept)
    f.defvjp(lambda x: (x * kept, {"by": kept}), lambda r, g: (g * r["by"],))
    with mg.detect_anomaly():
        out = f(t).sum() + np.sum(t, where=mask)
        for array in (kept, mask):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0
        out.backward()
        kept[0] = mask[0] = 0
    np.testing.assert_array_equal(t.grad, [2.0, 1.0])


def test_a_writeable_view_of_what_is_read_only_is_left_alone():
    X, t = np.ones(4), leaf(np.ones(4))
    view = X[:]
    X.flags.writeable = False
    with mg.detect_anomaly():
        (t * view).sum().backward()
    view[0] = 5.0
    wide, tall = np.broadcast_arrays(np.ones(4), np.ones((2, 1)))
    with mg.detect_anomaly():
        (t * wide * tall).sum().backward()


def test_a_block_that_was_not_entered_is_not_left():
    with pytest.raises(RuntimeError, match="left that this thread has not entered"):
        mg.no_grad().__exit__(None, None, None)

    def block(manager):
        with manager:
            yield

    first, second = block(mg.no_grad()), block(mg.detect_anomaly())
    next(first)
    next(second)
    first.close()
    second.close()
    assert MODE.get() == EAGER
