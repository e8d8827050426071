"""Gradient descent on what a pass of the user's own has gradients of, by hand and automatically."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.comparing import Comparison
from micrograd_np.compare.demo.training import COPIES, rounding_of
from micrograd_np.compare.running.following import follow
from micrograd_np.compare.running.paths import leaves, value_at
from micrograd_np.compare.running.stepping import OutOfTime, UserError
from micrograd_np.compare.running.subject import Mismatch
from micrograd_np.compare.running.values import copied
from micrograd_np.explorer.message import Arrays, number
from micrograd_np.explorer.training import Course, apart_of
from micrograd_np.mode import mode
from micrograd_np.perturbing import Rounding

Array = NDArray[Any]
Inputs = Mapping[str, Any]

MOST_STEPS = 2000

AT_ONCE = 0.25
"""Seconds after which a stretch ends, however many steps it was to have."""


class Descent:
    """The same steps with both gradients.

    Parameters
    ----------
    comparison
        The pass, and its inputs: those change that are arrays and have gradients.
    lr
        The learning rate.
    """

    def __init__(self, comparison: Comparison, lr: float) -> None:
        self.lr = lr
        self.subject = comparison.subject
        self.wanted = [w for w in comparison.wanted if w.source in _arrays(comparison.inputs)]
        self._numbers = frozenset(w.source for w in comparison.wanted)
        self._hand, self._automatic, *self._rounded = (
            copied(dict(comparison.inputs)) for _ in range(2 + COPIES)
        )
        self._roundings = [
            Rounding(np.random.default_rng(copy), freeze=False) for copy in range(COPIES)
        ]
        self.hand = Course([self._weights(self._hand)])
        self.automatic = Course([self._weights(self._automatic)])
        self.radii: list[float] = []

    def run(self, steps: int, seconds: float = AT_ONCE) -> None:
        """Take steps until there are so many, or the time is over."""
        end = time.monotonic() + seconds
        with np.errstate(all="ignore"):
            while len(self.radii) < steps and time.monotonic() < end:
                self.radii.append(self._apart())
                self._step(self.hand, self._hand, self._by_hand)
                self._step(self.automatic, self._automatic, self._automatically)
                for inputs, rounding in zip(self._rounded, self._roundings, strict=True):
                    with mode(call=rounding):
                        self._step(None, inputs, self._automatically)

    def _step(
        self,
        course: Course | None,
        inputs: dict[str, Any],
        gradients: Callable[[Inputs], tuple[float, dict[str, Array]]],
    ) -> None:
        loss = float("nan")
        if course is None or not course.error:
            try:
                loss, found = gradients(inputs)
                arrays = _arrays(inputs)
                for source, gradient in found.items():
                    arrays[source] -= self.lr * gradient
            except (UserError, OutOfTime, Mismatch, ValueError, TypeError) as error:
                if course is not None:
                    course.error = str(error)
        if course is not None:
            course.losses.append(loss)
            course.weights.append(self._weights(inputs))

    def _by_hand(self, inputs: Inputs) -> tuple[float, dict[str, Array]]:
        state = self.subject.run_forward(copied(dict(inputs)))
        loss = float(np.sum(self.subject.loss(state)))
        found = self.subject.run_backward(state)
        gradients = {}
        for wanted in self.wanted:
            value = value_at(found, wanted.path)
            if value is None:
                raise Mismatch(f"{wanted.name} is not given")
            gradients[wanted.source] = value
        return loss, gradients

    def _automatically(self, inputs: Inputs) -> tuple[float, dict[str, Array]]:
        followed = follow(self.subject, copied(dict(inputs)), self._numbers)
        given = followed.inputs
        gradients = {w.source: given[w.source].gradient for w in self.wanted}
        return float(np.sum(followed.loss)), gradients

    def _weights(self, inputs: Inputs) -> list[Array]:
        arrays = _arrays(inputs)
        return [arrays[w.source].copy() for w in self.wanted]

    def _apart(self) -> float:
        plain = self.automatic.weights[-1]
        others = (self._weights(inputs) for inputs in self._rounded)
        moved = [np.stack(copies) for copies in zip(*others, strict=True)]
        return apart_of(self.hand.weights[-1], plain, rounding_of(plain, moved))

    def message(self, since: int, steps: int) -> dict[str, Any]:
        """Return both trainings from one step on, for the page, as far as they have come."""
        self.run(steps)
        until = min(steps, len(self.radii))
        arrays = Arrays()

        return {
            "since": since,
            "steps": until,
            "most": MOST_STEPS,
            "names": [w.source for w in self.wanted],
            "hand": self.hand.message(arrays, since, until),
            "automatic": self.automatic.message(arrays, since, until),
            "radii": [number(one) for one in self.radii[since:until]],
            "arrays": arrays.sent,
        }


def _arrays(inputs: Inputs) -> dict[str, Array]:
    """Return the floating-point arrays among the inputs by path, to be written into."""
    return dict(_each(inputs))


def _each(inputs: Inputs) -> Iterator[tuple[str, Array]]:
    for name, value in inputs.items():
        for path, leaf in leaves(value, name):
            if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f":
                yield path, leaf
