"""What does not end is ended, wherever it runs, and nothing else is."""

# ruff: noqa: C416, F841, RET503, RET504, SIM105  (the gradients are variables)

import contextlib
import gc
import re
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import micrograd_np as mg
from compare.stepped import stepped
from micrograd_np.compare import comparing
from micrograd_np.compare.running import subject as subjects
from micrograd_np.compare.running.signals import OutOfTime, UserError
from micrograd_np.compare.running.watch import Interrupted, Watch

x, W = np.ones((4, 3)), np.full((3, 2), 0.5)


def endless():
    while True:
        pass


def in_a_helper():
    endless()


def in_a_comprehension():
    n = 1
    return [i for i in iter(int, 1)]


def in_a_generator_expression():
    return sum(0 for _ in iter(int, 1))


def in_a_callback():
    return sorted(range(3), key=lambda i: endless())


def in_a_condition():
    if all(True for _ in iter(int, 1)):
        return 1


def catches_errors():
    def stubborn():
        while True:
            try:
                endless()
            except Exception:
                pass

    stubborn()


def in_numpy():
    a = np.ones(3)
    while True:
        a = np.tanh(a)


ENDLESS = (in_a_helper, in_a_comprehension, in_a_generator_expression, in_a_callback,
           in_a_condition, catches_errors, in_numpy)  # fmt: skip


def times_out(f, seconds=0.15):
    began = time.monotonic()
    with pytest.raises(OutOfTime) as caught:
        stepped(f, deadline=began + seconds)
    assert seconds <= time.monotonic() - began < 5
    assert nothing_is_pending()
    return str(caught.value)


def nothing_is_pending():
    for _ in range(20_000):  # an interrupt that is pending would be raised here
        pass
    return True


@pytest.mark.parametrize("f", ENDLESS, ids=lambda f: f.__name__)
def test_it_is_ended_with_the_line(f):
    why = times_out(f)
    place, line, rest = why.split(":", 2)
    assert place == "test_watch.py"
    assert rest.startswith(" still running after the time allowed: is there a loop")
    inner = {"in_a_helper", "in_a_callback", "catches_errors"}
    first = (endless if f.__name__ in inner else f).__code__.co_firstlineno
    assert first < int(line) <= first + 5
    called_from = f.__code__.co_firstlineno + (8 if f is catches_errors else 1)
    assert why.endswith(f"(called from line {called_from})") == (f.__name__ in inner)


def test_it_is_ended_in_any_thread():
    found = []

    def work():
        found.append(times_out(in_a_comprehension))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert len(found) == 1
    assert "test_watch.py" in found[0]


def test_what_catches_everything_is_interrupted_again(monkeypatch):
    def f():
        count = [0]

        def stubborn():
            while count[0] < 2:
                try:
                    endless()
                except:  # noqa: E722
                    count[0] += 1

        stubborn()
        endless()

    monkeypatch.setattr("micrograd_np.compare.running.watch.AGAIN", 0.05)
    times_out(f)


def test_nothing_is_interrupted_that_ends_in_time():
    watch = Watch()
    watch.arm(time.monotonic() + 60)
    for _ in range(50):
        assert watch.run(lambda a: a, 3) == 3
    watch.disarm()
    assert nothing_is_pending()


def test_between_calls_nothing_is_interrupted():
    watch = Watch()
    watch.arm(time.monotonic() + 0.05)
    began = time.monotonic()
    while time.monotonic() < began + 0.5:
        with contextlib.suppress(Interrupted):  # inside a call it may come
            watch.run(lambda: None)
        for _ in range(20):
            pass
    watch.disarm()
    assert nothing_is_pending()


def test_an_interrupt_never_comes_after_the_end():
    watch = Watch()
    ended = interrupted = 0
    for i in range(60):
        watch.arm(time.monotonic() + 0.05)
        try:
            # Ends as near as can be to the moment at which it would be interrupted.
            watch.run(lambda: time.sleep(0.049 + 0.0005 * (i % 40)))  # noqa: B023
            ended += 1
        except Interrupted:
            interrupted += 1
        watch.disarm()
        nothing_is_pending()
    assert ended + interrupted == 60


def test_the_thread_ends_and_begins_again(monkeypatch):
    monkeypatch.setattr("micrograd_np.compare.running.watch.IDLE", 2)
    watch = Watch()
    for _ in range(2):
        watch.arm(time.monotonic() + 5)
        watch.run(lambda: None)
        watch.disarm()
        (thread,) = [t for t in threading.enumerate() if t is watch._thread]
        thread.join(5)
        assert not thread.is_alive()
    watch.arm(time.monotonic() + 0.1)
    with pytest.raises(Interrupted):
        watch.run(endless)


def test_errors_of_the_users_pass():
    with pytest.raises(KeyError):
        Watch().run(lambda: {}[1])


def test_without_a_deadline_nothing_is_watched():
    watch = Watch()
    watch.arm(None)
    assert watch.run(lambda: 1) == 1
    assert watch._thread is None


# --- in compare ----------------------------------------------------------------------------------


def forward(x, W):
    return np.sum(np.tanh(x @ W))


def backward(x, W):
    dW = x.T @ (1 - np.tanh(x @ W) ** 2)


def endless_forward(x, W):
    scores = [W for _ in iter(int, 1)]
    return np.sum(x @ W)


def endless_backward(x, W):
    dW = x.T @ (1 - np.tanh(x @ W) ** 2)
    endless()


@pytest.mark.parametrize(
    ("one", "other", "broken"),
    [(endless_forward, backward, endless_forward), (forward, endless_backward, endless)],
    ids=["forward", "backward"],
)
def test_compare_ends_what_does_not_end(one, other, broken, monkeypatch):
    monkeypatch.setattr(comparing, "TIMEOUT", 0.2)
    zeros = np.zeros
    with pytest.raises(TimeoutError) as caught:
        mg.compare(one, other, x, W)
    line = broken.__code__.co_firstlineno + 1
    assert re.match(rf"test_watch.py:({line}|{line + 1}): still running", str(caught.value))
    assert np.zeros is zeros
    assert np.sum(mg.tensor(x, requires_grad=True)).requires_grad
    assert mg.compare(forward, backward, x, W).ok


def test_a_loop_that_ends_only_on_the_users_inputs_costs_little(monkeypatch):
    def iterates(x, W):
        while np.abs(W).max() > 0.5:
            W = W * 1.0
        return np.sum(np.tanh(x @ W))

    def its_backward(x, W):
        dW = x.T @ (1 - np.tanh(x @ W) ** 2)

    monkeypatch.setattr(subjects, "TRIAL", 0.2)
    monkeypatch.setattr(subjects, "LONGEST", 1.0)
    began = time.monotonic()
    assert mg.compare(iterates, its_backward, x, W).ok
    assert time.monotonic() - began < 20


def test_a_recursion_without_end_is_an_error_with_its_line():
    def again(h):
        return again(np.tanh(h))

    def deep(x, W):
        h = again(x @ W)
        return np.sum(h)

    with pytest.raises(UserError, match=r"test_watch.py:\d+: `return again.*RecursionError"):
        mg.compare(deep, backward, x, W)


def test_a_deep_recursion_is_none():
    def power(h, n):
        if n == 0:
            return h
        g = power(h, n - 1)
        return g * 1.01

    def deep(x, W):
        h = np.tanh(x @ W)
        total = power(h, 120)
        loss = np.sum(total)
        return loss

    def its_backward(x, W, h):
        dW = 1.01**120 * x.T @ (1 - h**2)

    assert mg.compare(deep, its_backward, x, W).ok


def test_the_state_of_the_caller_is_untouched():
    def sets(x, W):
        np.seterr(all="raise")
        return np.sum(np.tanh(x @ W))

    before = np.geterr()
    assert mg.compare(sets, backward, x, W).ok
    assert np.geterr() == before


def test_an_interrupt_that_is_swallowed_comes_again_and_nothing_is_printed(capsys):
    class Held:
        def __del__(self):
            while time.monotonic() < end:  # here an interrupt is swallowed
                pass

    def call():
        held = Held()
        del held
        while True:
            pass

    watch, hook = Watch(), sys.unraisablehook
    begin = time.monotonic()
    end = begin + 0.3
    watch.arm(begin + 0.1)
    try:
        with pytest.raises(Interrupted):
            watch.run(call)
    finally:
        watch.disarm()
    assert sys.unraisablehook is hook
    assert capsys.readouterr().err == ""


TRACED = """
import sys, time
from micrograd_np.compare.running.watch import Interrupted, Watch

def short():
    return 1

watch = Watch()
for _ in range(30):
    end = time.monotonic() + 0.01
    watch.arm(end)
    try:
        while time.monotonic() < end + 0.1:
            watch.run(short)
    except Interrupted:
        pass
    watch.disarm()
sys.settrace(lambda frame, event, arg: None)
short()
print("ended")
"""


def test_what_is_traced_afterwards_comes_to_an_end():
    done = subprocess.run(
        [sys.executable, "-c", TRACED], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "ended\n"


def test_a_watch_goes_by_itself():
    watch = Watch()
    watch.arm(time.monotonic() + 60)
    watch.run(len, ())
    watch.disarm()
    held = [getattr(one, "__name__", "") for one in gc.get_referrers(watch)]
    assert "_heard" not in held  # else it would be a cycle, which waits for the collector
