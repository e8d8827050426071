"""What the page may ask, and the answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from micrograd_np.explorer import mistakes
from micrograd_np.explorer.code import backward
from micrograd_np.explorer.judge import Judge
from micrograd_np.explorer.knobs import Knobs, Refused, described, read
from micrograd_np.explorer.message import Arrays
from micrograd_np.explorer.pytorch import PyTorch
from micrograd_np.explorer.training import MOST_STEPS, Trainers
from micrograd_np.explorer.walk import as_html, as_message, walk

if TYPE_CHECKING:
    from micrograd_np.explorer.own import Own

Answer = Callable[[dict[str, Any]], Any]

MOST_VERSIONS = 10**9


class Questions:
    """The questions about the built-in network, each a name with what answers it.

    One is answered at a time: they share what is compiled, and two at once would only be slower.
    """

    def __init__(self) -> None:
        self._trainers = Trainers()
        self._lock = threading.Lock()
        self._first_lock = threading.Lock()
        self._first: dict[str, Any] | None = None
        self._torch = PyTorch()
        self._judge = Judge()

    def close(self) -> None:
        """End what runs beside."""
        self._judge.close()

    def answers(self) -> dict[str, Answer]:
        """Return all of them."""
        return {
            "start": self.start,
            "walk": self.walk,
            "report": self.report,
            "train": self.train,
            "derivation": self.derivation,
        }

    def first(self) -> dict[str, Any]:
        """Return the first walk, computed once: before it is asked for, if there is time."""
        with self._first_lock:
            if self._first is None or self._first["torch"] != self._torch.state():
                self._first = self.walk({})
            return self._first

    def picture(self) -> str:
        """Return the lines of the post as they stand, as HTML."""
        with self._lock:
            return as_html(walk(Knobs(), {}))

    def start(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the page needs to begin with, and the first walk."""
        _fields(asked)
        found = {"knobs": described(), "walk": self.first()}
        self._torch.fetch()
        self._judge.start_soon()
        return found

    def walk(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return every line in every opinion, and what may stand in its place."""
        knobs, instead = _network(asked)
        arrays = Arrays()
        with self._lock:
            found = as_message(knobs, walk(knobs, instead), arrays)
        return (
            found
            | {"arrays": arrays.sent, "torch": self._torch.state()}
            | offered(knobs.depth, knobs.activation)
        )

    def report(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return what `compare` says."""
        knobs, instead = _network(asked)
        return self._judge.report(knobs, instead)

    def train(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stretch of training."""
        knobs, instead = _network(asked, "since", "steps")
        since, steps = (_whole(asked, name, MOST_STEPS) for name in ("since", "steps"))
        with self._lock:
            return self._trainers.message(knobs, instead, since, steps)

    def derivation(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the program that is derived of the network."""
        from micrograd_np.explorer import derivation  # here: the first picture needs it not

        knobs, _ = _network(asked)
        with self._lock:
            return derivation.message(knobs)


class OwnQuestions:
    """The questions about code of the user's.

    Parameters
    ----------
    own
        The code.
    """

    def __init__(self, own: Own) -> None:
        self._own = own
        self._torch = PyTorch()

    def close(self) -> None:
        """Nothing runs beside."""

    def answers(self) -> dict[str, Answer]:
        """Return all of them."""
        return {"start": self.start, "own": self.own, "train": self.train}

    def start(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return everything about the code."""
        _fields(asked)
        found = self.own({})
        self._torch.fetch()
        return {"own": found, "knobs": described(["lr"])}

    def own(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return everything about the code, if it has changed since it was seen."""
        _fields(asked, "seen")
        found = self._own.message(_whole(asked, "seen", MOST_VERSIONS))
        return found | {"torch": self._torch.state()}

    def train(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stretch of gradient descent on what has gradients."""
        _fields(asked, "knobs", "since", "steps")
        since, steps = (_whole(asked, name, MOST_STEPS) for name in ("since", "steps"))
        if since > steps:
            raise Refused("steps: they go forwards, from since on")
        return self._own.train(read(asked.get("knobs", {})).lr, since, steps)


@cache
def offered(depth: int, activation: str) -> dict[str, Any]:
    """Return the mistakes that can be made in a network, for the page."""
    numbers = {w.line.name: i for i, w in enumerate(backward(depth, activation))}

    def plain(one: mistakes.Alternative) -> dict[str, Any]:
        return vars(one) | {"number": numbers[one.line] + 1}

    return {
        "menu": [plain(one) for one in mistakes.menu(depth, activation)],
        "alternatives": [plain(one) for one in mistakes.alternatives(depth, activation)],
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
