"""Reports from a process of their own: they take a second, and a knob is not to wait for them.

Questions and answers are lines of JSON. The process ends when nobody is left to ask.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import IO, Any

from micrograd_np.explorer.knobs import Knobs

AFTER_THE_FIRST = 1.5
"""Seconds after the first picture at which the process is started."""


class Judge:
    """Asks the process, and starts it when it is needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    def report(self, knobs: Knobs, instead: Mapping[str, str]) -> dict[str, Any]:
        """Return what `compare` says of a network, as `judging.message` does.

        Raises
        ------
        RuntimeError
            If the process does not answer, twice.
        """
        question = json.dumps([asdict(knobs), dict(instead)])
        with self._lock:
            for _ in range(2):  # it may have been ended from outside
                answer = self._asked(question)
                if answer:
                    found: dict[str, Any] = json.loads(answer)
                    return found
                self._end()
        raise RuntimeError("the process that compares has ended; what it says is in the terminal")

    def start(self) -> None:
        """Start the process ahead of the first question."""
        with self._lock:
            if not self._is_closed:
                self._running()

    def start_soon(self) -> None:
        """Start it once the first picture is drawn, which needs the processor."""
        timer = threading.Timer(AFTER_THE_FIRST, self.start)
        timer.daemon = True
        timer.start()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._is_closed = True
            if self._process is not None:
                self._process.communicate()
                self._process = None

    def _end(self) -> None:
        """End what does not answer, and wait until it has ended."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # of a question that it has not read
                        pipe.close()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,  # an interrupt at the terminal is not for it
            )
        return self._process

    def _asked(self, question: str) -> str:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(question + "\n")
            process.stdin.flush()
            return process.stdout.readline()
        except OSError:
            return ""


def serve(questions: IO[str], answers: IO[str]) -> None:
    """Answer until there are no more questions."""
    from micrograd_np.explorer import judging

    for line in questions:
        knobs, instead = json.loads(line)
        found = judging.message(Knobs(**knobs), instead)
        answers.write(json.dumps(found, allow_nan=False) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
