"""Training with the hand-written gradients, broken or not, and the automatic ones side by side."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.demo.network import network
from micrograd_np.compare.demo.training import COPIES, automatic_step, rounding_of
from micrograd_np.explorer import built, code
from micrograd_np.explorer.knobs import Knobs, Refused
from micrograd_np.explorer.message import Arrays, number
from micrograd_np.making import tensor
from micrograd_np.perturbing import Rounding

Array = NDArray[Any]

MOST_STEPS = 5000
MOST_AT_ONCE = 100
MOST_KEPT = 6


@dataclass
class Course:
    """How a training went.

    Attributes
    ----------
    losses, accuracies
        Before each step, on the rows that are trained on; accuracy on those that are not.
    weights
        Before each step, and after the last one.
    error
        What has stopped it, or "".
    """

    weights: list[list[Array]]
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    error: str = ""

    def message(self, arrays: Arrays, since: int, until: int) -> dict[str, Any]:
        """Return it from one step to another for the page, and the weights after the last."""
        return {
            "losses": [number(loss) for loss in self.losses[since:until]],
            "accuracies": [number(share) for share in self.accuracies[since:until]],
            "weights": [arrays.add(w) for w in self.weights[until]],
            "error": self.error,
        }


class Automatic:
    """The training with automatic gradients.

    Parameters
    ----------
    knobs
        The network.

    Attributes
    ----------
    radii
        Before each step, how far rounding may have moved each array of weights.
    """

    def __init__(self, knobs: Knobs) -> None:
        self.knobs = knobs
        self.inputs = built.inputs(knobs)
        start = [self.inputs.pop(name) for name in code.weights(knobs.depth)]
        self.course = Course([start])
        self.radii: list[list[float]] = []
        self._tensors = [tensor(w, requires_grad=True) for w in start]
        # Further trainings, with random rounding errors, tell what rounding explains.
        self._rounded = [tensor(np.stack([w] * COPIES), requires_grad=True) for w in start]
        self._rounding = Rounding(np.random.default_rng(0), freeze=False)
        self._copied = {**self.inputs, "y": np.stack([self.inputs["y"]] * COPIES)}

    def run(self, steps: int) -> None:
        """Take steps until there are so many."""
        knobs, course = self.knobs, self.course
        while len(course.losses) < steps:
            moved = [w.data for w in self._rounded]
            self.radii.append(rounding_of(course.weights[-1], moved))
            course.accuracies.append(_accuracy(knobs, course.weights[-1]))
            loss = automatic_step(self.inputs, self._tensors, knobs.lr, None, knobs.activation)
            course.losses.append(loss)
            course.weights.append([w.data for w in self._tensors])
            automatic_step(self._copied, self._rounded, knobs.lr, self._rounding, knobs.activation)


class ByHand:
    """The training with hand-written gradients.

    Parameters
    ----------
    knobs
        The network.
    instead
        Statements that stand in place of lines.
    """

    def __init__(self, knobs: Knobs, instead: Mapping[str, str]) -> None:
        self.knobs = knobs
        self._gradients = built.build(knobs, instead).step
        self._inputs = built.inputs(knobs)
        self._names = code.weights(knobs.depth)
        self.course = Course([[self._inputs.pop(name) for name in self._names]])

    def run(self, steps: int) -> None:
        """Take steps until there are so many."""
        while len(self.course.losses) < steps:
            self.course.accuracies.append(_accuracy(self.knobs, self.course.weights[-1]))
            self.course.losses.append(self._step())

    def _step(self) -> float:
        """Take a step; return the loss before it."""
        course = self.course
        weights = course.weights[-1]
        if not course.error:
            try:
                given = dict(zip(self._names, weights, strict=True))
                loss, *gradients = self._gradients(**self._inputs, **given)
                pairs = zip(weights, gradients, strict=True)
                course.weights.append([w - self.knobs.lr * gradient for w, gradient in pairs])
                return float(loss)
            except (ValueError, IndexError, TypeError) as error:
                course.error = f"{type(error).__name__}: {error}"
        course.weights.append(weights)
        return float("nan")


def _accuracy(knobs: Knobs, weights: list[Array]) -> float:
    X, y = built.test_rows(knobs)
    named = dict(zip(code.weights(knobs.depth), weights, strict=True))
    try:
        scores = network({"X": X, "y": y, "reg": 0.0, **named}, activation=knobs.activation)
    except ValueError:  # a gradient of another shape has made weights of another shape
        return float("nan")
    return float((scores["scores"].argmax(axis=1) == y).mean())


def apart(hand: ByHand, automatic: Automatic, step: int) -> float:
    """Return how far both are apart before a step, in what rounding does to each array."""
    weights, right = hand.course.weights[step], automatic.course.weights[step]
    return apart_of(weights, right, automatic.radii[step])


def apart_of(weights: list[Array], right: list[Array], radii: list[float]) -> float:
    """Return the largest distance of two arrays, each counted in a radius of its own."""
    largest = 0.0
    for w, wanted, radius in zip(weights, right, radii, strict=True):
        if w.shape != wanted.shape:
            return float("inf")
        far = float(np.abs(w - wanted).max(initial=0)) / radius
        largest = max(largest, far if np.isfinite(far) else np.inf)
    return largest


T = TypeVar("T")


class Trainers:
    """The trainings that have been asked for of late, so that they go on where they stood."""

    def __init__(self) -> None:
        self._automatic: OrderedDict[Any, Automatic] = OrderedDict()
        self._by_hand: OrderedDict[Any, ByHand] = OrderedDict()
        self._lock = threading.Lock()

    def message(
        self, knobs: Knobs, instead: Mapping[str, str], since: int, steps: int
    ) -> dict[str, Any]:
        """Return both trainings from one step to another, for the page.

        Raises
        ------
        Refused
            If they are too many.
        """
        if not 0 <= since <= steps <= MOST_STEPS:
            raise Refused(f"steps: give whole numbers, since <= steps <= {MOST_STEPS}")
        with self._lock, np.errstate(all="ignore"):
            edits = tuple(sorted(instead.items()))
            automatic = _kept(self._automatic, knobs, lambda: Automatic(knobs))
            hand = _kept(self._by_hand, (knobs, edits), lambda: ByHand(knobs, instead))
            until = min(steps, len(automatic.course.losses) + MOST_AT_ONCE)
            automatic.run(until)
            hand.run(until)
            return as_message(hand, automatic, since, until)


def _kept(kept: OrderedDict[Any, T], key: Any, make: Callable[[], T]) -> T:
    """Return what is kept under a key, made if it is not; the oldest is let go."""
    found = kept.pop(key, None) or make()
    kept[key] = found
    if len(kept) > MOST_KEPT:
        kept.popitem(last=False)
    return found


def as_message(hand: ByHand, automatic: Automatic, since: int, until: int) -> dict[str, Any]:
    """Return both trainings from one step to another, and the weights after the last."""
    arrays = Arrays()

    return {
        "since": since,
        "steps": until,
        "most": MOST_STEPS,
        "names": code.weights(hand.knobs.depth),
        "hand": hand.course.message(arrays, since, until),
        "automatic": automatic.course.message(arrays, since, until),
        "radii": [number(apart(hand, automatic, step)) for step in range(since, until)],
        "arrays": arrays.sent,
    }
