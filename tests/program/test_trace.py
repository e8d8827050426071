"""Recording a block: what becomes a statement, and what the tensors are afterwards."""

import threading

import numpy as np
import pytest

import micrograd_np as mg
from program.test_by_hand import function_of


def texts(program):
    return {statement.name: statement.text for statement in program.forward}


def test_every_call_becomes_a_statement_comparisons_and_creation_too():
    x = mg.tensor([0.5, -1.0, 2.0], requires_grad=True)
    labels = np.array([2, 0])
    with mg.trace() as program:
        positive = x > 0
        best = np.argmax(x)
        out = np.zeros(3)
        out[best] = 1.0
        chosen = x[labels]
        masked = np.where(positive, x * out, 0)
    np.testing.assert_array_equal(chosen.data, [2.0, 0.5])
    found = texts(program)
    assert found["positive"] == "x > 0"
    assert found["best"] == "np.argmax(x)"
    assert found["chosen"] == "x[labels]"
    assert "np.zeros(3)" in found.values()
    assert "out_1 with [best] = 1.0" in found.values()
    assert [item.name for item in program.inputs] == ["x", "labels"]
    assert set(program.outputs) == {"chosen", "masked"}
    np.testing.assert_array_equal(masked.data, [0, 0, 2.0])
    again = program.run(np.array([3.0, 1.0, 0.5]), np.array([1, 1]))
    np.testing.assert_array_equal(again["masked"], [3.0, 0, 0])
    np.testing.assert_array_equal(again["chosen"], [1.0, 1.0])


def test_the_source_of_a_block_is_a_function():
    a, b = mg.tensor([1.0, 2.0]), mg.tensor([3.0, 5.0])
    with mg.trace() as program:
        total = a + b
        ratio = a / b
    run = function_of(program.source())
    first, second = run(np.array([2.0]), np.array([4.0]))
    assert (first, second) == (6.0, 0.5)
    assert program.outputs == ("total", "ratio")
    assert total.data.tolist() == [4.0, 7.0]
    assert ratio.data.tolist() == [1 / 3, 0.4]


def test_lengths_of_tensors_stay_open():
    x = mg.tensor(np.arange(12.0).reshape(4, 3))
    w = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with mg.trace() as program:
        n, d = x.shape
        out = np.zeros((n, d))
        out[0] = x[0] * w
        loss = np.sum(out * x) / n + x.size / len(x) * np.sqrt(n)
    assert program.run(np.ones((9, 2)), np.ones(2))["loss"] == 2 / 9 + 2 * 3
    assert "    n = x.shape[0]\n    d = x.shape[1]\n" in program.source()
    loss.backward()
    assert w.grad.tolist() == [0, 1 / 4, 4 / 4]
    # Outside the block they are numbers like any other.
    assert x.shape == (4, 3)
    assert (n + 1, n == 4, np.sqrt(n), list(range(d))) == (5, True, 2.0, [0, 1, 2])
    assert np.zeros((n, d)).shape == (4, 3)


def test_a_length_that_a_block_counts_to_is_fixed():
    x = mg.tensor([1.0, 2.0, 3.0])
    with mg.trace() as program:
        total = 1.0
        for i in range(x.size):
            total = total * x[i]
    assert program.run(np.array([2.0, 2.0, 2.0]))[program.outputs[0]] == 8
    with pytest.raises(ValueError, match=r"x.shape\[0\] = 3: test_trace.py:\d+: `for i in range"):
        program.run(np.ones(4))


def test_tensors_are_ordinary_ones_afterwards():
    w = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    with mg.trace():
        h = np.tanh(w)
        first, _ = np.split(h, 2)
        loss = np.sum(h @ w) + np.sum(first**2)
    assert type(h.data) is np.ndarray
    assert type(first.data) is np.ndarray
    assert h.shape == (2, 2)
    assert bool(loss > 0)
    assert float(loss.detach()) == loss.item()
    loss.backward()
    traced = w.grad
    w.zero_grad()
    h = np.tanh(w)
    first, _ = np.split(h, 2)
    (np.sum(h @ w) + np.sum(first**2)).backward()
    np.testing.assert_array_equal(traced, w.grad)


def test_a_branch_inside_names_its_line():
    x = mg.tensor([1.0])

    def branches():
        with mg.trace():
            if x.sum() > 0:
                pass

    with pytest.raises(TypeError, match=r"test_trace.py:\d+: `if x.sum\(\) > 0:`"):
        branches()
    assert bool(x.sum() > 0)


def test_after_an_error_numpy_and_tensors_are_themselves():
    before = np.zeros
    x = mg.tensor([1.0], requires_grad=True)
    made = []

    def fails():
        with mg.trace():
            made.append(np.exp(x))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert np.zeros is before
    assert type(made[0].data) is np.ndarray


def test_a_program_that_was_not_recorded_to_the_end_says_so():
    kept = []

    def fails():
        with mg.trace() as program:
            kept.append(program)
            kept.append(repr(program))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    program, inside = kept
    assert inside == repr(program) == str(program) == "<Program, not recorded to the end>"
    with pytest.raises(AttributeError, match="ended with an error: ask for inputs after"):
        program.inputs  # noqa: B018


def test_the_program_is_complete_only_after_the_block():
    x = mg.tensor([1.0])
    with mg.trace() as program:
        np.exp(x)
        with pytest.raises(AttributeError, match="still being recorded"):
            program.forward  # noqa: B018
    assert len(program.forward) == 1


def test_another_thread_is_not_recorded():
    x = mg.tensor([1.0, 2.0])
    made = []

    def elsewhere():
        made.append(np.zeros(2))
        made.append(np.exp(x))

    with mg.trace() as program:
        y = x * x
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert [s.text for s in program.forward] == ["x * x"]
    assert type(made[0]) is np.ndarray
    assert type(made[1].data) is np.ndarray
    assert y.data.tolist() == [1.0, 4.0]


def test_packages_that_use_numpy_are_not_recorded():
    x = mg.tensor([1.0, 2.0])
    with mg.trace() as program:
        noise = np.random.default_rng(0).normal(size=2)
        x * noise
    assert type(noise) is np.ndarray
    assert [item.name for item in program.inputs] == ["x", "noise"]


def test_equal_calls_are_recorded_once():
    x = mg.tensor([1.0, 2.0])
    with mg.trace() as program:
        a = np.exp(x)
        b = np.exp(x)
        a + b
    assert [s.text for s in program.forward] == ["np.exp(x)", "a + a"]
    assert b.data.tolist() == a.data.tolist()


def test_what_is_recorded_already_is_refused_with_its_line():
    x = mg.tensor([1.0, 2.0])

    def inside():
        with mg.trace():
            x * 2
            with mg.trace():
                x * 3

    with pytest.raises(TypeError, match=r"test_trace.py:\d+: `with mg.trace\(\):`.*already"):
        inside()
    with pytest.raises(TypeError, match=r"test_trace.py:\d+: .*already"):
        mg.derive(lambda x: mg.derive(np.sum, x).run(x)["value"], x.data)
    with mg.trace() as program:
        x + 1
    assert [s.text for s in program.forward] == ["x + 1"]


def test_what_was_kept_from_another_recording_is_refused_with_its_line():
    kept = []

    def f(x):
        kept.append(x * 2)
        return np.sum(kept[-1] * x)

    mg.derive(f, np.ones(2))
    with pytest.raises(TypeError, match=r"test_trace.py:\d+: .*was kept"):
        kept[0] + 1
    with pytest.raises(TypeError, match=r"test_trace.py:\d+: .*was kept"):
        mg.derive(lambda x: np.sum(kept[0] * x), np.ones(2))


def test_positions_in_an_array_that_is_made_in_the_block_are_written_out():
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with mg.trace() as program:
        first, last = np.split(x, np.array([1]))  # noqa: RUF059  # both are outputs
    assert "np.split(x, [1])" in texts(program).values()
    with pytest.raises(TypeError, match="frozen"), mg.trace():
        np.split(x, np.array([x.shape[0] - 1]))
