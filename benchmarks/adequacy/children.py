"""Forked processes: each does one piece of work, and says in lines what has come of it."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

MOST_MEMORY = 6 << 30
"""How many bytes a child may have beyond what it begins with: a mutant may ask for any number."""

Task = TypeVar("Task")
Say = Callable[[Any], None]


class Failed(Exception):
    """The measurement could not be made."""


@dataclass
class Ended(Generic[Task]):
    """A child that has ended.

    Attributes
    ----------
    task
        What it was to do.
    said
        What it has said, in order.
    by
        The signal that has ended it, or 0.
    """

    task: Task
    said: list[Any]
    by: int


def each(
    tasks: Iterable[Task], work: Callable[[Task, Say], None], jobs: int, quiet: bool = True
) -> Iterator[Ended[Task]]:
    """Do every task in a child of its own, a few at a time, and yield the children as they end.

    Parameters
    ----------
    tasks
        The next one is asked for when there is a child free to do it.
    work
        Does a task. What it says can be written as JSON.
    jobs
        How many at a time.
    quiet
        Whether what they write to standard error is lost, as what they write to standard output is.
    """
    running: dict[int, tuple[Task, IO[bytes]]] = {}
    try:
        for task in tasks:
            file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when the child has ended
            sys.stdout.flush()
            sys.stderr.flush()
            pid = os.fork()
            if not pid:
                _child(task, work, file, quiet)
            running[pid] = (task, file)
            if len(running) >= jobs:
                yield _ended(running)
        while running:
            yield _ended(running)
    finally:  # nobody asks for the others any more
        for pid in running:
            os.kill(pid, signal.SIGKILL)
        while running:
            _ended(running)


def _ended(running: dict[int, tuple[Task, IO[bytes]]]) -> Ended[Task]:
    pid, status = _waited_for(running)
    task, file = running.pop(pid)
    with file:
        file.seek(0)
        whole = [line for line in file if line.endswith(b"\n")]
    by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return Ended(task, [json.loads(line) for line in whole], by)


def _waited_for(pids: Iterable[int]) -> tuple[int, int]:
    """Wait until one of some children ends; not for others, as `os.wait` would."""
    while True:
        for pid in pids:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return pid, status
        time.sleep(0.01)


def _child(task: Task, work: Callable[[Task, Say], None], file: IO[bytes], quiet: bool) -> None:
    """Do a task, and end the process without what its parent would do at its end."""

    def say(what: Any) -> None:
        os.write(file.fileno(), json.dumps(what).encode() + b"\n")

    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2)[: 1 + quiet]:
            os.dup2(nowhere, stream)
        _limit_memory()
        work(task, say)
    except BaseException as error:
        say(["raised", f"{type(error).__name__}: {error}"])
    finally:
        os._exit(0)


def _limit_memory() -> None:
    with suppress(OSError, ValueError):  # only Linux tells how much there is
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MOST_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def limit_time(seconds: float) -> None:
    """End this process after so many seconds, whatever it is doing then; 0 takes that back."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
