"""Which slopes a backward pass takes where a kink is hit exactly: found by trying."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.following import follow
from micrograd_np.compare.running.hand import run
from micrograd_np.compare.running.kinks import Kinks, Met, Side, Site, sides_of
from micrograd_np.compare.running.meanings import same, tolerance
from micrograd_np.compare.running.paths import value_at
from micrograd_np.compare.running.stepping import OutOfTime, UserError
from micrograd_np.compare.running.values import copied

Array = NDArray[Any]

SECONDS = 2.0
"""How long to try."""


@dataclass(frozen=True)
class Convention:
    """A kink that is hit exactly, at which the backward pass takes another slope.

    Attributes
    ----------
    site
        The operation and its line.
    side
        The slope that is taken.
    met
        How often it is hit, and which slopes there are.
    """

    site: Site
    side: Side
    met: Met

    @property
    def text(self) -> str:
        """Both slopes, in a sentence."""
        operation, place = self.site.operation, self.site.text
        times = f"in {self.met.count} of {self.met.total} places"
        if self.side == "other":
            came, other = _outcomes(self.met.slopes[""])
            sign = operation.prints.replace("{0}", "").replace("{1}", "").strip()
            return (
                f"{place}: {sign} compares equal numbers {times}, a kink. The automatic gradient "
                f"there is that of {came}, yours that of {other}: both are right."
            )
        if self.side in ("first", "last"):
            return (
                f"{place}: {operation.name} has several equal elements to choose from {times}, a "
                "kink. The automatic gradient is shared evenly among them, yours goes to the "
                f"{self.side} one: both are right."
            )
        automatic, yours = (_slopes(self.met.slopes[side]) for side in ("", self.side))
        return (
            f"{place}: {operation.name} is exactly at its kink {times}. The automatic gradient "
            f"takes the slope {automatic} there, yours {yours}: both are right."
        )


def _outcomes(values: set[float]) -> tuple[str, str]:
    """Return what a comparison gave, and what it did not give."""
    if len(values) > 1:
        return "what it gives", "the opposite"
    came = bool(next(iter(values)))
    return str(came), str(not came)


def _slopes(values: set[float]) -> str:
    return " or ".join(f"{value:g}" for value in sorted(values))


def conventions(case: Case) -> list[Convention]:
    """Return the slopes by which the gradients on some inputs are right; [] if there are none."""
    try:
        with np.errstate(all="ignore"):
            found = run(case.subject, case.state, deadline=time.monotonic() + SECONDS)
    except (UserError, OutOfTime):
        return []
    return _Trial(case, found).run()


def ties(case: Case) -> Iterator[str]:
    """Yield where several elements are the largest, so that what each gets matters."""
    trial = _Trial(case, {})
    watch = Kinks(case.subject.sides)
    followed = follow(case.subject, copied(case.inputs), trial.numbers, kinks=watch)
    right = {path: q.adjoint for path, q in followed.inputs.items() if q.adjoint is not None}
    for site, met in watch.found().items():
        if "first" not in met.sides:
            continue
        other = trial.followed({site: "first"})
        if other is not None and any(
            q.adjoint is not None and not same(q.adjoint, right[path])
            for path, q in other.inputs.items()
            if path in right
        ):
            yield (
                f"{site.text}: {site.operation.name} has several equal elements to choose from in "
                f"{met.count} of {met.total} places: what they get of the gradient has to add up "
                "to the whole"
            )


class _Trial:
    """Follows the forward pass with other slopes at its kinks, and compares."""

    def __init__(self, case: Case, found: Mapping[str, Any]) -> None:
        self.case = case
        self.found = found
        self.numbers = frozenset(w.source for w in case.wanted)
        self.deadline = time.monotonic() + SECONDS

    def run(self) -> list[Convention]:
        """Take one site after the other, the last first, and keep the slope that is nearest."""
        watch = Kinks(self.case.subject.sides)
        followed = follow(self.case.subject, copied(self.case.inputs), self.numbers, kinks=watch)
        taken: dict[Site, Side] = dict(self.case.subject.sides)
        left = self._wrong(taken)
        met = watch.found()
        if not left or not met:
            return []
        options = list(self._options(met, followed.loss))
        for trial in self._trials(options):
            sides = {**taken, **trial}
            wrong = self._wrong(sides)
            if wrong < left:
                taken, left = sides, wrong
            if not left:
                return [Convention(s, side, met[s]) for s, side in taken.items() if s in met]
            if time.monotonic() > self.deadline:
                break
        return []

    def _trials(self, options: list[tuple[Site, Side]]) -> Iterator[dict[Site, Side]]:
        """Yield slopes to take: at one site after the other, twice, then at several at once."""
        for _ in range(2):
            yield from ({site: side} for site, side in reversed(options))
        for count in range(2, 4):
            yield from map(dict, itertools.combinations(options, count))

    def _options(self, met: Mapping[Site, Met], loss: Array) -> Iterator[tuple[Site, Side]]:
        """Yield the slopes with which the loss is the same: others are of another function."""
        for site, side in sides_of(met):
            if time.monotonic() > self.deadline:
                return
            followed = self.followed({**self.case.subject.sides, site: side})
            if followed is not None and same(followed.loss, loss):
                yield site, side

    def followed(self, sides: Mapping[Site, Side]) -> Any:
        """Follow the forward pass with some slopes; return None if that fails."""
        subject, inputs = self.case.subject, copied(self.case.inputs)
        try:
            with np.errstate(all="ignore"):
                return follow(subject, inputs, self.numbers, self.deadline, kinks=Kinks(sides))
        except Exception:  # on another branch the user's code may do anything
            return None

    def _wrong(self, sides: Mapping[Site, Side]) -> float:
        """Return how many elements of the gradients are wrong."""
        followed = self.followed(sides)
        if followed is None:
            return np.inf
        given, total = followed.inputs, 0.0
        for wanted in self.case.wanted:
            value, right = value_at(self.found, wanted.path), given[wanted.source]
            adjoint = right.gradient
            if value is None or value.shape != adjoint.shape:
                return np.inf
            noise = self.case.right[wanted.source].noise
            total += _count(value, adjoint, noise)
        return total


def _count(value: Array, adjoint: Array, noise: float) -> int:
    """Return how many elements differ by more than rounding."""
    with np.errstate(all="ignore"):
        size = max(float(np.max(np.abs(a), initial=0)) for a in (value, adjoint))
        least = 1e3 * float(np.finfo(adjoint.dtype).tiny)
        allowed = tolerance(value, adjoint, noise=noise) * size + least
        return int(np.sum(~(np.abs(value - adjoint) <= allowed)))
