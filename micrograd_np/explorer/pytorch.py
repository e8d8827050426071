"""PyTorch as a third opinion: importing it takes seconds, which nothing waits for."""

from __future__ import annotations

import importlib.util
import sys
import threading

AFTER_THE_FIRST = 0.5
"""Seconds after the first picture at which PyTorch is imported."""


def torch_is_here() -> bool:
    """Whether PyTorch has been imported to the end."""
    torch = sys.modules.get("torch")
    is_loading = getattr(getattr(torch, "__spec__", None), "_initializing", False)
    return torch is not None and not is_loading


class PyTorch:
    """What is known of PyTorch, and its import in the background."""

    def __init__(self) -> None:
        self._is_coming = self._is_broken = False

    def state(self) -> str:
        """Return ``"here"``, ``"coming"`` or ``"absent"``."""
        if torch_is_here():
            return "here"
        if self._is_broken or importlib.util.find_spec("torch") is None:
            return "absent"
        return "coming"

    def fetch(self) -> None:
        """Import it in a thread of its own, once the first picture is drawn."""
        if self.state() == "coming" and not self._is_coming:
            self._is_coming = True
            timer = threading.Timer(AFTER_THE_FIRST, self._import)
            timer.daemon = True
            timer.start()

    def _import(self) -> None:
        try:
            import torch  # noqa: F401  (from here on it is there)
        except Exception:  # whatever a broken installation raises: then it is not asked
            self._is_broken = True
