"""The gradients on the user's own inputs: whether rounding explains how far they are off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.finding.finding import Finding
from micrograd_np.compare.report.report import Gradient
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.following import name_of
from micrograd_np.compare.running.hand import Step
from micrograd_np.compare.running.meanings import tolerance
from micrograd_np.compare.running.paths import value_at
from micrograd_np.compare.running.wanted import Wanted
from micrograd_np.differing import places
from micrograd_np.rounding import Distance, Radius, distance

Array = NDArray[Any]


ZERO = 4500.0
"""How much a gradient that is zero but for rounding may be, in eps of the greatest one."""


class Own:
    """The gradients that a backward pass gives on one set of inputs, beside the automatic ones.

    Parameters
    ----------
    case
        The inputs.
    found
        What the backward pass has given on them.
    radii
        How far rounding moves the automatic gradients.
    """

    def __init__(self, case: Case, found: Mapping[str, Any], radii: Mapping[str, Radius]) -> None:
        self.case = case
        self.found = found
        self.radii = radii

    @cached_property
    def wrong(self) -> set[str]:
        """The gradients that are wrong, and rounding does not explain it."""
        return {w.name for w in self.case.wanted if self._is_wrong(w)}

    @cached_property
    def unsettled(self) -> bool:
        """Whether a gradient is another one where a kink is hit, or nearly: it is not compared."""
        return any(map(self._is_unsettled, self.case.wanted))

    def lost(self, steps: Sequence[Step]) -> Finding | None:
        """Return the first line that is not finite, if that is what makes gradients wrong."""
        values = [value_at(self.found, w.path) for w in self.case.wanted if w.name in self.wrong]
        if all(value is None or np.all(np.isfinite(value)) for value in values):
            return None
        for step in steps:
            for path, value in step.writes.items():
                lost = 0 if value.dtype.kind != "f" else int(np.sum(~np.isfinite(value)))
                if lost:
                    note = f"On the inputs given {path} is not finite, in {lost} of {value.size} "
                    note += "places; the loss is, and so are its gradients."
                    return Finding(step.node, step.code, "not finite", note=note)
        return None

    def distance(self, wanted: Wanted) -> Distance | None:
        """Return how far a gradient is off; None if there is nothing to compare."""
        value, radius = self._pair(wanted)
        if value is None or radius is None:
            return None
        far = distance(value, radius)
        if far.ok or far.problem:
            return far
        moved = self.case.moved.get(wanted.name)
        return far if moved is None else distance(value, _wider(radius, moved))

    def gradient(self, wanted: Wanted, wrong: set[str]) -> Gradient:
        """Return how one gradient fares, given which are wrong."""
        far, is_right = self.distance(wanted), wanted.name not in wrong
        if far is None:
            is_there = value_at(self.found, wanted.path) is not None
            return Gradient(wanted.name, wanted.source, is_right and is_there, 0.0)
        ok = is_right and not far.problem.startswith("shape")
        where = () if ok else self._places(wanted)
        return Gradient(wanted.name, wanted.source, ok, far.radii, far.problem, places=where)

    def _places(self, wanted: Wanted) -> tuple[str, ...]:
        value, radius = self._pair(wanted)
        sides = ("by hand", "automatic")
        return () if value is None or radius is None else tuple(places(value, radius, sides))

    def said(self, alone: set[str], settled: bool) -> Iterator[str]:
        """Yield what is to be said of the inputs given.

        Parameters
        ----------
        alone
            The gradients that are wrong on them alone.
        settled
            Whether it is known which slopes are taken at kinks.
        """
        if alone:
            off = ", ".join(
                f"{w.name} is {self._how_far(w)} off" for w in self.case.wanted if w.name in alone
            )
            yield f"only the inputs given show it, random ones do not: {off}"
        for wanted in self.case.wanted:
            radius = self._radius(wanted)
            lost = 0 if radius is None else int(np.sum(~np.isfinite(radius.value)))
            if radius is not None and lost:
                yield (
                    f"the automatic gradient of {wanted.source} is not finite in {lost} of "
                    f"{radius.value.size} places on the inputs given: not compared there"
                )
            far = self.distance(wanted)
            if radius is not None and far is not None and wanted.name not in self.wrong:
                yield from self._more_than_rounding(wanted, radius, far)
            if far is not None and far.undecided > lost and not settled:
                yield (
                    f"{wanted.name}: on the inputs given, {far.undecided - lost} elements hang "
                    "on a kink that rounding may cross: not compared"
                )

    def _more_than_rounding(self, wanted: Wanted, radius: Radius, far: Distance) -> Iterator[str]:
        size = float(np.max(np.abs(radius.value), initial=0))
        if not far.ok and not far.problem and size:
            yield (
                f"{wanted.name}: {self._how_far(wanted)} apart on the inputs given, by "
                f"{far.error / size:.0e} of its greatest element: more than rounding was seen to "
                "do, less than a mistake does"
            )

    def _how_far(self, wanted: Wanted) -> str:
        far = self.distance(wanted)
        return "far" if far is None or not np.isfinite(far.radii) else f"{far.radii:.0e} radii"

    def _is_wrong(self, wanted: Wanted) -> bool:
        value, radius = self._pair(wanted)
        if value is None or radius is None:
            return not self.case.agrees(wanted, self.found)
        far = self.distance(wanted)
        if far is None or far.problem or far.ok:
            return far is not None and bool(far.problem)
        right = self.case.right[wanted.source]
        if right.is_zero:
            eps = float(np.finfo(value.dtype).eps)
            size = float(np.max(np.abs(value), initial=0))
            return not size <= ZERO * eps * self.case.meanings.scale
        # What is off by little, beside the greatest element, may be what rounding does on a way
        # that is not so good.
        compared = ~radius.undecided
        with np.errstate(all="ignore"):
            error = np.abs(value - radius.value)[compared]
            size = float(np.max(np.abs(radius.value[compared]), initial=0))
        allowed = tolerance(value, radius.value, noise=right.noise) * size
        return not bool(np.all(error <= allowed))

    def _is_unsettled(self, wanted: Wanted) -> bool:
        value, radius = value_at(self.found, wanted.path), self._radius(wanted)
        if value is None or radius is None or value.shape != radius.value.shape:
            return False
        open_ = radius.undecided & np.isfinite(radius.value)
        size = float(np.max(np.abs(radius.value[open_]), initial=0))
        allowed = tolerance(value, radius.value) * size
        return bool(np.any(np.abs(value - radius.value)[open_] > allowed))

    def _pair(self, wanted: Wanted) -> tuple[Array | None, Radius | None]:
        """Return a gradient, in the dtype of the automatic one, and that with its radius."""
        value, radius = value_at(self.found, wanted.path), self._radius(wanted)
        if value is None or radius is None:
            return value, radius
        if value.shape == radius.value.shape:  # of another dtype it is still compared
            value = value.astype(radius.value.dtype)
        lost = ~np.isfinite(radius.value)
        return value, Radius(radius.value, radius.radius, radius.undecided | lost)

    def _radius(self, wanted: Wanted) -> Radius | None:
        return self.radii.get(name_of(self.case.right[wanted.source].key))


def _wider(radius: Radius, moved: Array) -> Radius:
    """Return a radius that holds what rounding does on both sides."""
    if moved.shape != radius.radius.shape:
        return radius
    return Radius(radius.value, radius.radius + moved, radius.undecided)
