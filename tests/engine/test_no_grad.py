"""Switching recording off: here, and nowhere else."""

import asyncio
import threading

import numpy as np
import pytest

import micrograd_np as mg


@pytest.fixture
def x():
    return mg.tensor([1.0, 2.0], requires_grad=True)


def test_nothing_is_recorded_inside_and_everything_after(x):
    with mg.no_grad():
        assert not (x * 2).requires_grad
        assert not np.sum(x).requires_grad
        assert x.requires_grad
    assert (x * 2).requires_grad


def test_an_operation_with_several_results_is_not_recorded_either():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with mg.no_grad():
        parts = np.split(x, 2)
    assert [part.requires_grad for part in parts] == [False, False]


def test_it_nests(x):
    with mg.no_grad():
        with mg.no_grad():
            pass
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_an_exception_ends_it(x):
    with pytest.raises(ZeroDivisionError), mg.no_grad():
        _ = 1 / 0
    assert (x * 2).requires_grad


def test_as_a_decorator(x):
    @mg.no_grad()
    def evaluate(n):
        if n:
            return evaluate(n - 1)
        return x * 2

    assert not evaluate(0).requires_grad
    assert not evaluate(3).requires_grad
    assert (x * 2).requires_grad


def test_a_result_made_outside_can_be_sent_back_inside(x):
    y = (x * x).sum()
    with mg.no_grad():
        y.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])


def test_a_result_made_inside_is_a_constant(x):
    with mg.no_grad():
        mean = x.mean()
    (x - mean).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


def test_transforms_record_all_the_same():
    with mg.no_grad():
        np.testing.assert_array_equal(mg.grad(lambda x: x * x)(3.0), 6.0)


def test_it_does_not_reach_another_thread(x):
    """Another library's does: gradients vanish from a training thread while one evaluates."""
    inside, done, seen = threading.Event(), threading.Event(), []

    def evaluate():
        with mg.no_grad():
            inside.set()
            done.wait(10)
            seen.append((x * 2).requires_grad)

    thread = threading.Thread(target=evaluate)
    thread.start()
    assert inside.wait(10)
    assert (x * 2).requires_grad
    done.set()
    thread.join()
    assert seen == [False]


def test_it_does_not_reach_a_new_thread(x):
    seen = []
    with mg.no_grad():
        thread = threading.Thread(target=lambda: seen.append((x * 2).requires_grad))
        thread.start()
        thread.join()
    assert seen == [True]


def test_a_decorator_needs_no_parentheses(x):
    @mg.no_grad
    def step():
        return x * 2

    assert not step().requires_grad
    assert step.__name__ == "step"
    for nothing in (3, False):
        with pytest.raises(TypeError, match=r"mg\.no_grad takes a function to decorate"):
            mg.no_grad(nothing)


def test_threads_may_share_one():
    shared, barrier, found = mg.no_grad(), threading.Barrier(4), []

    def work():
        for _ in range(100):
            barrier.wait()
            with shared:
                barrier.wait()
                inside = (leaf() * 2).requires_grad
            found.append((inside, (leaf() * 2).requires_grad))

    def leaf():
        return mg.tensor(1.0, requires_grad=True)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(False, True)] * 400


def test_it_does_not_reach_another_task(x):
    """Between two awaits of the one, the other runs."""

    async def evaluate(turn, other):
        with mg.no_grad():
            turn.set()
            await other.wait()
            return (x * 2).requires_grad

    async def train(turn, other):
        await other.wait()
        recorded = (x * 2).requires_grad
        turn.set()
        return recorded

    async def both():
        one, two = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(evaluate(one, two), train(two, one))

    assert asyncio.run(both()) == [False, True]
