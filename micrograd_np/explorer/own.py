"""A forward and a backward pass of the user's own, read again whenever it has changed."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from micrograd_np.compare.running.watch import Interrupted, Watch
from micrograd_np.explorer.descent import Descent
from micrograd_np.explorer.knobs import Refused
from micrograd_np.explorer.pytorch import torch_is_here
from micrograd_np.explorer.views import Given, Views

LONGEST = 20.0
"""Seconds after which reading a file is given up."""

LOOK = 0.3
"""Seconds between two looks whether it has been saved while it is read."""


class Own:
    """Code of the user's, read again when it has changed.

    Parameters
    ----------
    name
        What it is called on the page.
    opened
        Reads it: a context in which it may be run.
    stamp
        Returns something that changes when the code does.
    """

    def __init__(
        self,
        name: str,
        opened: Callable[[], AbstractContextManager[Given]],
        stamp: Callable[[], Any],
    ) -> None:
        self.name = name
        self._opened = opened
        self._stamp = stamp
        self._lock = threading.Lock()
        self._seen: Any = object()
        self._version = 0
        self._message: dict[str, Any] = {}
        self._views: Views | None = None
        self._descent: Descent | None = None

    def message(self, seen: int) -> dict[str, Any]:
        """Return everything about the code as it stands; little, if that version has been seen."""
        with self._lock:
            message = None
            while message is None:  # it has been saved while it was read
                stamp = (self._stamp(), torch_is_here())
                message = self._message
                if stamp != self._seen:
                    self._seen = stamp
                    self._version += 1
                    message = self._read()
            self._message = message
            if seen == self._version:
                return {"version": self._version}
            return self._message | {"version": self._version}

    def train(self, lr: float, since: int, steps: int) -> dict[str, Any]:
        """Return a stretch of training, from where it stood.

        Raises
        ------
        Refused
            If the code cannot be run.
        """
        with self._lock:
            descent = self.descent(lr)
            return descent.message(min(since, len(descent.radii)), steps)

    def descent(self, lr: float) -> Descent:
        """Return the training with a learning rate, as far as it has come.

        Raises
        ------
        Refused
            If the code cannot be run.
        """
        if self._views is None:
            raise Refused("the code cannot be run yet")
        if self._descent is None or self._descent.lr != lr:
            self._descent = Descent(self._views.comparison, lr)
        return self._descent

    def _read(self) -> dict[str, Any] | None:
        """Return everything about the code; None if it was saved anew before it had been read."""
        watch, begun = Watch(), self._stamp()
        watch.arm(time.monotonic() + LONGEST)
        opened = self._opened()
        try:
            with contextlib.ExitStack() as stack, np.errstate(all="ignore"):
                with self._watched(begun, watch):
                    given = watch.run(stack.enter_context, opened)
                watch.disarm()
                self._views, self._descent = Views(given, self.name), None
                return self._views.message()
        except Interrupted:
            if self._stamp() != begun:
                return None
            return {"error": f"{self.name}: does not come to an end: given up after {LONGEST:g} s"}
        except Exception as error:  # the user's code may raise anything; it is shown on the page
            return {"error": str(error) or type(error).__name__}
        finally:
            watch.disarm()

    @contextlib.contextmanager
    def _watched(self, begun: Any, watch: Watch) -> Iterator[None]:
        """End what runs meanwhile when the code is saved."""
        over = threading.Event()

        def look() -> None:
            while not over.wait(LOOK):
                if self._stamp() != begun:
                    watch.hurry()
                    return

        thread = threading.Thread(target=look, name="saved", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
