"""Ending what does not end: loops inside one statement, and in functions that are run as they are.

Between statements it is enough to look at the clock. A thread of its own looks at it meanwhile, and
lets Python raise an error in the thread that runs the user's code, as an interrupt does: that costs
nothing while all goes well. Only loops written in Python can be ended so.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Any

TICK = 0.05
"""Seconds between two looks at the clock."""

AGAIN = 0.5
"""Seconds after which code is interrupted again that has caught the first interrupt."""

IDLE = 40
"""How many looks in vain end the thread."""


class Interrupted(BaseException):
    """Raised in the user's code when its time is over; no ``except Exception`` catches it."""


class Watch:
    """Runs functions, and interrupts them when their time is over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._until: float | None = None
        self._whose = 0
        self._has_interrupted = False

    def run(self, call: Callable[[], Any], deadline: float | None) -> Any:
        """Return what a function returns.

        Raises
        ------
        Interrupted
            If it is still running at the deadline, on the scale of ``time.monotonic``. Once this
            has returned or raised an error, nothing is interrupted any more.
        """
        if deadline is None or not CAN_INTERRUPT:
            return call()
        try:
            try:
                self._begin(deadline)
                return call()
            finally:
                self._end()
        except Interrupted:
            self._end()  # it may have come while that was at it
            raise

    def _begin(self, deadline: float) -> None:
        with self._lock:
            self._whose = threading.get_ident()
            self._until = deadline
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
                self._thread.start()

    def _end(self) -> None:
        with self._lock:
            self._until = None
        if self._has_interrupted:
            self._has_interrupted = False
            _interrupt(self._whose, None)

    def _look(self) -> None:
        idle, never = 0, threading.Event()
        while idle < IDLE:
            never.wait(TICK)
            with self._lock:
                idle = 0 if self._until is not None else idle + 1
                if idle >= IDLE:
                    self._thread = None
                elif self._until is not None and time.monotonic() > self._until:
                    self._has_interrupted = True
                    self._until = time.monotonic() + AGAIN
                    _interrupt(self._whose, Interrupted)


def _interrupt(thread: int, error: type[BaseException] | None) -> None:
    """Let an error be raised in a thread, or take back one that has not been raised yet."""
    what = ctypes.py_object(error) if error is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)


CAN_INTERRUPT = hasattr(ctypes, "pythonapi")
"""Whether this Python can: CPython does. Elsewhere only the clock between statements counts."""
