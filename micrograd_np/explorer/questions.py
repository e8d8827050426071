"""What the page may ask, and the answers."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Mapping
from typing import Any

from micrograd_np.explorer import derivation, judging, mistakes
from micrograd_np.explorer.code import backward
from micrograd_np.explorer.knobs import Knobs, Refused, described, read
from micrograd_np.explorer.message import Arrays
from micrograd_np.explorer.training import MOST_STEPS, Trainers
from micrograd_np.explorer.walk import as_message, torch_is_here, walk

AFTER_THE_FIRST = 0.5
"""Seconds after the first picture at which PyTorch is imported."""

Answer = Callable[[dict[str, Any]], Any]


class Questions:
    """The questions about the built-in network, each a name with what answers it.

    One is answered at a time: they share what is compiled, and two at once would only be slower.
    """

    def __init__(self) -> None:
        self._trainers = Trainers()
        self._lock = threading.Lock()
        self._torch_is_coming = self._torch_is_broken = False

    def answers(self) -> dict[str, Answer]:
        """Return all of them."""
        return {
            "start": self.start,
            "walk": self.walk,
            "report": self.report,
            "train": self.train,
            "derivation": self.derivation,
        }

    def start(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the page needs to begin with, and the first walk."""
        _fields(asked)
        found = {"knobs": described(), "walk": self.walk({})}
        self._fetch_torch()
        return found

    def torch(self) -> str:
        """Return ``"here"``, ``"coming"`` or ``"absent"``.

        Importing it takes seconds, which the first picture does not wait for.
        """
        if torch_is_here():
            return "here"
        if self._torch_is_broken or importlib.util.find_spec("torch") is None:
            return "absent"
        return "coming"

    def _fetch_torch(self) -> None:
        """Import PyTorch in a thread of its own, once the first picture is drawn."""
        if self.torch() == "coming" and not self._torch_is_coming:
            self._torch_is_coming = True
            timer = threading.Timer(AFTER_THE_FIRST, self._import_torch)
            timer.daemon = True
            timer.start()

    def _import_torch(self) -> None:
        try:
            import torch  # noqa: F401
        except Exception:  # whatever a broken installation raises: then it is not asked
            self._torch_is_broken = True

    def walk(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return every line in every opinion, and what may stand in its place."""
        knobs, instead = _network(asked)
        arrays = Arrays()
        with self._lock:
            found = as_message(knobs, walk(knobs, instead), arrays)
        return found | {"arrays": arrays.sent, "torch": self.torch()} | offered(knobs)

    def report(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return what `compare` says."""
        knobs, instead = _network(asked)
        with self._lock:
            return judging.message(knobs, instead)

    def train(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stretch of training."""
        knobs, instead = _network(asked, "since", "steps")
        since, steps = (_whole(asked, name, MOST_STEPS) for name in ("since", "steps"))
        with self._lock:
            return self._trainers.message(knobs, instead, since, steps)

    def derivation(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the program that is derived of the network."""
        knobs, _ = _network(asked)
        with self._lock:
            return derivation.message(knobs)


def offered(knobs: Knobs) -> dict[str, Any]:
    """Return the mistakes that can be made in a network, for the page."""
    numbers = {w.line.name: i for i, w in enumerate(backward(knobs.depth, knobs.activation))}

    def plain(one: mistakes.Alternative) -> dict[str, Any]:
        return vars(one) | {"number": numbers[one.line] + 1}

    return {
        "menu": [plain(one) for one in mistakes.menu(knobs.depth, knobs.activation)],
        "alternatives": [
            plain(one) for one in mistakes.alternatives(knobs.depth, knobs.activation)
        ],
    }


def _fields(asked: Mapping[str, Any], *names: str) -> None:
    unknown = asked.keys() - set(names)
    if unknown:
        raise Refused(f"there is nothing else to say than {', '.join(names) or 'nothing'}")


def _network(asked: Mapping[str, Any], *others: str) -> tuple[Knobs, dict[str, str]]:
    """Return the network of a question, and the statements that stand in place of lines."""
    _fields(asked, "knobs", "edits", *others)
    knobs = read(asked.get("knobs", {}))
    return knobs, mistakes.chosen(asked.get("edits", {}), knobs.depth, knobs.activation)


def _whole(asked: Mapping[str, Any], name: str, most: int) -> int:
    value = asked.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise Refused(f"{name}: give a whole number from 0 to {most}")
    return value
