"""Units of a hidden layer that are 0 for every example, and what would bring them to life."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.finding.repair import parsed
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.following import Quantity
from micrograd_np.compare.running.hand import Step
from micrograd_np.compare.running.stepping import RETURNED, OutOfTime, UserError
from micrograd_np.compare.unseen.mutants import Mutant, Place
from micrograd_np.compare.unseen.rows import listed
from micrograd_np.compare.unseen.trials import Trial, Trials, quantities
from micrograd_np.compare.unseen.variations import Variation, everything

Array = NDArray[Any]

FEWEST = 4
"""Of fewer examples it is nothing special that a unit is 0 for all of them."""

MOST_NAMED = 3
"""Of more units than these only some are named."""


@dataclass(frozen=True, eq=False)
class Units:
    """Units that are 0 for every example.

    Attributes
    ----------
    cause
        Which they are, in words.
    trial
        Inputs on which they are alive.
    numbers
        Which they are.
    count
        How many units there are in all.
    steps
        The lines of the backward pass, and what they wrote.
    """

    cause: str
    trial: Trial
    numbers: Sequence[int]
    count: int
    steps: Sequence[Step]

    def mutants(self, places: Sequence[Place]) -> Iterator[Mutant]:
        """Yield mistakes that concern these units alone: what a line writes of them is doubled."""
        runs = [step.node for step in self.steps]
        for step in self.steps:
            place = next((p for p in places if p.node is step.node), None)
            if place is None or runs.count(step.node) > 1 or step.depth:
                continue
            for path, value in step.writes.items():
                if path.startswith(RETURNED):
                    continue
                axis = _axis(value, self.numbers, self.count)
                if axis is not None:
                    added = f"{path}[{_index(axis, self.numbers)}] *= 2"
                    text = f"{place.code.span(step.node)}\n{added}"
                    yield Mutant(step.node, text, [step.node, *parsed(added)])
                    break


def dead_units(own: Case, trials: Trials) -> Iterator[Units]:
    """Yield the units of each hidden layer that are dead on the user's inputs."""
    dead = [found for q in quantities(own).values() if q.is_last for found in _dead(own, q)]
    if not dead or trials.is_over:
        return
    try:
        steps, _ = own.record(instead=trials.instead)
    except (UserError, OutOfTime):
        return
    done: set[tuple[int, ...]] = set()
    for q, axis, numbers in dead:
        if tuple(numbers) in done:  # the same units, with another factor
            continue
        count = q.value.shape[axis]
        best: tuple[list[int], Trial] | None = None
        for variation in _revivals(own, numbers, count):
            trial = trials.of(variation)
            if trial is None or trial.wrong:
                continue
            alive = _alive(trial, q, axis, numbers)
            if alive and (best is None or len(alive) > len(best[0])):
                best = alive, trial
            if len(alive) == len(numbers):
                break
        if best is not None:
            done.add(tuple(numbers))
            yield Units(_said(q.path, axis, best[0]), best[1], best[0], count, steps)


def _dead(own: Case, q: Quantity) -> Iterator[tuple[Quantity, int, list[int]]]:
    """Yield along which axis a quantity has units that are 0, and so have gradients of theirs."""
    for axis in range(q.value.ndim - 1, -1, -1) if q.value.ndim > 1 else ():
        count = q.value.shape[axis]
        zeros = _zeros(q.value, axis)
        if q.value.size < FEWEST * count:
            continue
        numbers = [i for i in np.flatnonzero(zeros).tolist() if _is_silent(own, i, count)]
        if numbers and not zeros.all():
            yield q, axis, numbers
            return


def _zeros(value: Array, axis: int) -> NDArray[np.bool_]:
    """Return where all elements along the other axes are 0."""
    others = tuple(i for i in range(value.ndim) if i != axis)
    return np.asarray(~np.any(value, axis=others))


def _axis(value: Array, numbers: Sequence[int], count: int) -> int | None:
    """Return the axis of that length along which the units are 0, and others are not."""
    if value.dtype.kind != "f":
        return None
    for axis in range(value.ndim - 1, -1, -1):
        if value.shape[axis] == count and value.any() and _zeros(value, axis)[list(numbers)].all():
            return axis
    return None


def _is_silent(own: Case, number: int, count: int) -> bool:
    """Whether a gradient at the end has nothing of a unit."""
    adjoints = [right.adjoint for right in own.right.values()]
    return any(a is not None and _axis(a, [number], count) is not None for a in adjoints)


def _index(axis: int, numbers: Sequence[int]) -> str:
    shown = str(list(numbers)) if len(numbers) > 1 else str(numbers[0])
    return ":, " * axis + shown


def _revivals(own: Case, numbers: Sequence[int], count: int) -> Iterator[Variation]:
    """Yield changes that may bring units to life: of biases first."""
    arrays = [
        (value.size != count, path, axis)
        for path, value in everything(own.inputs)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
        for axis in range(value.ndim)
        if value.shape[axis] == count
    ]
    for is_matrix, path, axis in sorted(arrays, key=lambda one: one[0]):
        place = f"{path}[{_index(axis, numbers)}]"
        for change in ("*= -1",) if is_matrix else ("= 1", "= 6", "= 40"):
            yield Variation("", (f"{place} {change}",))


def _alive(trial: Trial, q: Quantity, axis: int, numbers: Sequence[int]) -> list[int]:
    new = quantities(trial.case).get(q.key)
    if new is None or new.value.shape != q.value.shape:
        return []
    zeros = _zeros(new.value, axis)
    return [i for i in numbers if not zeros[i]]


def _said(path: str, axis: int, numbers: Sequence[int]) -> str:
    example = f"{path}[{_index(axis, numbers[:1])}] is 0"
    if len(numbers) == 1:
        return f"unit {numbers[0]} of {path} is dead ({example})"
    more = [f"{len(numbers) - MOST_NAMED} more"] if len(numbers) > MOST_NAMED else []
    shown = listed([*map(str, numbers[:MOST_NAMED]), *more])
    return f"units {shown} of {path} are dead ({example})"
