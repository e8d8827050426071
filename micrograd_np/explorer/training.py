"""Training with the hand-written gradients, broken or not, and the automatic ones side by side."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.demo.network import network
from micrograd_np.compare.demo.training import COPIES, automatic_step, radii_apart
from micrograd_np.explorer import built, code
from micrograd_np.explorer.knobs import Knobs, Refused
from micrograd_np.explorer.message import Arrays, number
from micrograd_np.making import tensor
from micrograd_np.rounding import Rounding

Array = NDArray[Any]
Weights = list[Array]

MOST_STEPS = 5000
MOST_AT_ONCE = 100
MOST_KEPT = 6


@dataclass
class Side:
    """One of the trainings.

    Attributes
    ----------
    weights
        As they stand.
    losses, accuracies
        Before each step, on the rows that are trained on; accuracy on those that are not.
    error
        What has stopped it, or "".
    """

    weights: Weights
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    error: str = ""


class Trainer:
    """Both trainings of one network.

    Parameters
    ----------
    knobs
        The network.
    instead
        Statements that stand in place of lines of the hand-written pass.
    """

    def __init__(self, knobs: Knobs, instead: Mapping[str, str]) -> None:
        self.knobs = knobs
        self.step_by_hand = built.build(knobs, instead).step
        self.inputs = built.inputs(knobs)
        self.names = code.weights(knobs.depth)
        start = [self.inputs.pop(name) for name in self.names]
        self.hand = Side(start)
        self.automatic = Side(start)
        self.radii: list[float] = []
        self._tensors = [tensor(w, requires_grad=True) for w in start]
        # Further trainings, with random rounding errors, tell what rounding explains.
        self._rounded = [tensor(np.stack([w] * COPIES), requires_grad=True) for w in start]
        self._rounding = Rounding(np.random.default_rng(0), freeze=False)
        self._copied = {**self.inputs, "y": np.stack([self.inputs["y"]] * COPIES)}
        self._test = built.test_rows(knobs)

    def run(self, steps: int) -> None:
        """Take steps until there are so many."""
        with np.errstate(all="ignore"):
            while len(self.automatic.losses) < steps:
                self._step()

    def _step(self) -> None:
        for side in (self.hand, self.automatic):
            side.accuracies.append(self._accuracy(side.weights))
        self.radii.append(radii_apart(self.hand.weights, self._tensors, self._rounded))
        self.hand.losses.append(self._step_by_hand())
        lr, activation = self.knobs.lr, self.knobs.activation
        loss = automatic_step(self.inputs, self._tensors, lr, activation=activation)
        self.automatic.losses.append(loss)
        self.automatic.weights = [w.data for w in self._tensors]
        automatic_step(self._copied, self._rounded, lr, self._rounding, activation)

    def _step_by_hand(self) -> float:
        """Take a step with the hand-written gradients; return the loss before it."""
        side = self.hand
        if side.error:
            return float("nan")
        given = {**self.inputs, **dict(zip(self.names, side.weights, strict=True))}
        try:
            loss, *gradients = self.step_by_hand(**given)
            pairs = zip(side.weights, gradients, strict=True)
            side.weights = [w - self.knobs.lr * gradient for w, gradient in pairs]
        except (ValueError, IndexError, TypeError) as error:
            side.error = f"{type(error).__name__}: {error}"
            return float("nan")
        return float(loss)

    def _accuracy(self, weights: Weights) -> float:
        X, y = self._test
        named = dict(zip(self.names, weights, strict=True))
        given = {**self.inputs, "X": X, "y": y, **named}
        try:
            scores = network(given, activation=self.knobs.activation)["scores"]
        except ValueError:  # a gradient of another shape has made weights of another shape
            return float("nan")
        return float((scores.argmax(axis=1) == y).mean())


class Trainers:
    """The trainings that have been asked for of late, so that they go on where they stood."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, Trainer] = OrderedDict()
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
        with self._lock:
            key = (knobs, tuple(sorted(instead.items())))
            trainer = self._kept.pop(key, None) or Trainer(knobs, instead)
            self._kept[key] = trainer
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            done = len(trainer.automatic.losses)
            trainer.run(min(steps, done + MOST_AT_ONCE))
            return _as_message(trainer, since, steps)


def _as_message(trainer: Trainer, since: int, steps: int) -> dict[str, Any]:
    arrays = Arrays()
    until = min(steps, len(trainer.automatic.losses))

    def side(one: Side) -> dict[str, Any]:
        return {
            "losses": [number(loss) for loss in one.losses[since:until]],
            "accuracies": [number(share) for share in one.accuracies[since:until]],
            "weights": [arrays.add(w) for w in one.weights],
            "error": one.error,
        }

    return {
        "since": since,
        "steps": until,
        "most": MOST_STEPS,
        "names": trainer.names,
        "hand": side(trainer.hand),
        "automatic": side(trainer.automatic),
        "radii": [number(radii) for radii in trainer.radii[since:until]],
        "arrays": arrays.sent,
    }
