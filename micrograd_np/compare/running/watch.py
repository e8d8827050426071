"""Ending what does not end: loops inside one statement, and in functions that are run as they are.

Between statements it is enough to look at the clock. A thread of its own looks at it meanwhile, and
lets Python raise an error in the thread that runs the user's code, as an interrupt does: that costs
nothing while all goes well. Only loops written in Python can be ended so.
"""

from __future__ import annotations

import ctypes
import sys
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
    """Runs functions, and interrupts them when their time is over.

    What is run between `arm` and `disarm` may be many short calls, so entering and leaving one
    costs three attributes and no lock. The watching thread first sets `alarm` and then looks
    whether a call is inside; the other one first leaves and then looks at `alarm`. So whichever
    comes first, no interrupt is left over.
    """

    def __init__(self) -> None:
        self.inside = False
        self.alarm = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._until: float | None = None
        self._whose = 0
        self._hook: Any = None
        self._around: Any = None

    def arm(self, deadline: float | None) -> None:
        """Interrupt calls from now on that are running at the deadline.

        It is on the scale of ``time.monotonic``; None: none are.
        """
        if deadline is None or not CAN_INTERRUPT:
            return
        with self._lock:
            self._whose = threading.get_ident()
            self._until = deadline
            self._listen()
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
                self._thread.start()

    def hurry(self) -> None:
        """Interrupt what is running at once; any thread may ask for it."""
        with self._lock:
            if self._until is not None:
                self._until = time.monotonic()

    def disarm(self) -> None:
        """Interrupt nothing any more."""
        if self._until is not None:
            with self._lock:
                self._until = None
                if sys.unraisablehook is self._hook:
                    sys.unraisablehook = self._around
                self._hook = self._around = None  # it refers to this object

    def _listen(self) -> None:
        """Hear of interrupts that do not arrive: they came in what swallows every error.

        Finalizers and callbacks of the garbage collector do, and Python prints that it ignores it.
        """
        if self._hook is None:
            self._around, self._hook = sys.unraisablehook, self._heard
            sys.unraisablehook = self._hook

    def _heard(self, unraisable: Any) -> None:
        if unraisable.exc_type is Interrupted:
            self._until = time.monotonic()  # again, and soon
        else:
            (self._around or sys.__unraisablehook__)(unraisable)

    def run(self, call: Callable[..., Any], *args: Any) -> Any:
        """Return what a function returns.

        Raises
        ------
        Interrupted
            If it is still running at the deadline. Once this has returned or raised an error,
            nothing is interrupted.
        """
        around = self.inside  # of a statement that calls a function which is run line by line
        try:
            try:
                self.inside = True
                return call(*args)
            finally:
                self.inside = around
                if self.alarm:
                    self._settle()
        except Interrupted:
            self.inside = around  # it may have come while leaving
            self._settle()
            raise

    def _settle(self) -> None:
        """Wait until the other thread has done, and let no interrupt be left over.

        One that is only taken back leaves CPython 3.11 looking for it in every function that is
        entered; where that is traced, by a debugger or for coverage, it never comes to an end.
        So one is asked for here, in the place of any other, and waited for.
        """
        with self._lock:
            self.alarm = False
            try:
                _interrupt(self._whose, Interrupted)
                while True:
                    pass
            except Interrupted:
                return

    def _look(self) -> None:
        idle, never = 0, threading.Event()
        while idle < IDLE:
            never.wait(TICK)
            with self._lock:
                idle = 0 if self._until is not None else idle + 1
                if idle >= IDLE:
                    self._thread = None
                elif self._until is not None and time.monotonic() > self._until:
                    self.alarm = True
                    if self.inside:
                        self._until = time.monotonic() + AGAIN
                        _interrupt(self._whose, Interrupted)
                    else:
                        self.alarm = False


def _interrupt(thread: int, error: type[BaseException]) -> None:
    """Let an error be raised in a thread, instead of one that has not been raised yet."""
    which = ctypes.c_ulong(thread)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(which, ctypes.py_object(error))


CAN_INTERRUPT = hasattr(ctypes, "pythonapi")
"""Whether this Python can: CPython does. Elsewhere only the clock between statements counts."""
