"""Reports come from a process of their own, which ends with the explorer."""

import io
import json
import os
import signal
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from explorer.serving import ask, serving
from micrograd_np.explorer import judging
from micrograd_np.explorer.judge import Judge, serve
from micrograd_np.explorer.knobs import Knobs

MISTAKE = {"db2": "db2 = dscores.mean(axis=0, keepdims=True)"}


@pytest.fixture
def judge():
    judge = Judge()
    yield judge
    judge.close()


def test_it_says_what_would_be_said_here(judge):
    for instead in ({}, MISTAKE):
        assert judge.report(Knobs(), instead) == judging.message(Knobs(), instead)


def test_it_is_started_anew_if_it_has_been_ended(judge):
    judge.start()
    process = judge._process
    process.send_signal(signal.SIGKILL)
    assert not judge.report(Knobs(), MISTAKE)["ok"]
    assert judge._process is not process
    assert process.poll() is not None


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
def test_it_ends_with_the_explorer():
    with serving() as server:
        assert ask(server, "report", {})[1]["ok"]
        children = [int(pid) for pid in running() if parent(pid) == os.getpid()]
        assert children
    deadline = time.monotonic() + 20
    while any(str(pid) in running() for pid in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def running():
    """Return the processes that answer, by their numbers."""
    pids = [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    return [pid for pid in pids if b"micrograd_np.explorer.judge" in told(pid, "cmdline")]


def told(pid, what):
    try:
        with open(f"/proc/{pid}/{what}", "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return b""


def parent(pid):
    return int(told(pid, "stat").rpartition(b")")[2].split()[1] or 0)


def test_lines_are_answered_one_by_one():
    questions = "".join(json.dumps([asdict(Knobs()), one]) + "\n" for one in ({}, MISTAKE))
    answers = io.StringIO()
    serve(io.StringIO(questions), answers)
    first, second = map(json.loads, answers.getvalue().splitlines())
    assert first["ok"]
    assert second["first"] == "db2"
