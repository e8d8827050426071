"""Forked processes say what they have found, and do not outlive their time."""

import os
import signal
import types

import pytest

from benchmarks.adequacy.children import each, limit_time
from benchmarks.adequacy.planting import Living, enters

# Python 3.12 and later warn of a fork where there are threads, as in a process of pytest-xdist.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


def work(task, say):
    say(["begins", task])
    if task == "hangs":
        limit_time(0.2)
        while True:
            pass
    if task == "crashes":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "raises":
        raise ValueError("why")
    say(["done"])


@pytest.mark.parametrize(
    ("task", "said", "by"),
    [
        ("is done", ["done"], 0),
        ("hangs", ["begins", "hangs"], signal.SIGALRM),
        ("crashes", ["begins", "crashes"], signal.SIGKILL),
        ("raises", ["raised", "ValueError: why"], 0),
    ],
)
def test_a_child_tells_how_it_ends(task, said, by):
    (ended,) = each([task], work, jobs=1)
    assert (ended.task, ended.said[-1], ended.by) == (task, said, by)


def test_every_task_is_done_once():
    tasks = [str(number) for number in range(7)]
    ended = list(each(tasks, work, jobs=3))
    assert sorted(one.task for one in ended) == tasks


def test_those_that_nobody_waits_for_are_ended(tmp_path):
    begun = tmp_path / "pid"

    def wait(task, say):
        if task == "waits":
            begun.write_text(f"{os.getpid()}\n")
            signal.pause()
        while not begun.exists() or not begun.read_text().endswith("\n"):
            pass

    children = each(["ends", "waits"], wait, jobs=2)
    assert next(children).task == "ends"
    children.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)


TEXT = """
def outer(n):
    return lambda x: x + n

add, same = outer(1), lambda x: x
first, second = (lambda x: x), (lambda x: x)
"""


@pytest.fixture
def module():
    made = types.ModuleType("made")
    exec(compile(TEXT, "made.py", "exec"), vars(made))
    return made


def test_functions_that_are_alive_compute_as_the_mutant_does(module):
    codes = Living({"made.py": TEXT}).plant("made.py", TEXT.replace("x + n", "x - n"))
    assert module.add(5) == 4
    assert module.outer(2)(5) == 3
    assert enters(codes, lambda: module.add(1))
    assert not enters(codes, lambda: module.same(1))


def test_what_is_odd_in_a_mutant_is_seen_when_it_runs(module):
    text = TEXT.replace("x + n", "1[x + n]")  # of which Python warns when it compiles it
    assert Living({"made.py": TEXT}).plant("made.py", text)
    with pytest.raises(TypeError, match="not subscriptable"):
        module.add(5)


def test_of_two_that_look_alike_only_the_one_that_is_meant_changes(module):
    text = TEXT.replace("x: x), (lambda x: x)", "x: x), (lambda x: -x)")
    assert Living({"made.py": TEXT}).plant("made.py", text)
    assert (module.first(1), module.second(1), module.same(1)) == (1, -1, 1)


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("outer(1)", "outer(2)"),  # has been computed
        TEXT.replace("x + n", "x"),  # closes over nothing any more
        TEXT.replace("return lambda x: x + n", "pass"),  # there is no such function any more
    ],
)
def test_nothing_is_concluded_from_what_cannot_be_changed_in_place(module, text):
    assert not Living({"made.py": TEXT}).plant("made.py", text)
    assert callable(module.add)
