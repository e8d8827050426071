"""The gradient by one array, compared with derivatives from values alone."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np

from micrograd_np.differing import place
from micrograd_np.numeric.derivatives import Derivatives, Found, unit_of
from micrograd_np.numeric.differences import Slope
from micrograd_np.numeric.report import NOTHING, Row
from micrograd_np.rounding import LIMIT, Radius
from micrograd_np.transforms import jvp

FEW = 32
"""Of so many elements each is looked at by differences if one is at a kink."""


class Comparison:
    """A gradient and what it is compared with.

    Parameters
    ----------
    derivatives
        Finds derivatives from values.
    which
        The array that the gradient is by.
    ours
        The gradient, with its rounding radii.
    """

    def __init__(self, derivatives: Derivatives, which: int, ours: Radius) -> None:
        self.derivatives, self.which, self.ours = derivatives, which, ours
        self.subject = derivatives.subject
        self.x = self.subject.arrays[which]

    def row(self, elements: int | None) -> Row:
        """Compare so many elements, drawn at random, and all along a direction; None: all."""
        name, x, value = self.subject.names[self.which], self.x, self.ours.value
        if value.shape != x.shape or value.dtype != x.dtype:
            note = f"shape {value.shape} and dtype {value.dtype}"
            return Row(name, x.shape, x.dtype, "", note=note)
        if elements is None or x.size <= elements:
            return self._of_elements(list(range(x.size)))
        rng = np.random.default_rng(0)
        row = self._of_elements(sorted(rng.choice(x.size, elements, replace=False).tolist()))
        if row.ok:
            direction = rng.integers(0, 2, x.shape) * 2.0 - 1.0
            slope = self.derivatives.along(self.which, direction)
            if slope.kink:
                direction *= x != 0  # where most kinks are
                slope = self.derivatives.along(self.which, direction)
            row = replace(row, note=self._along(direction, slope, "a random direction"))
            if row.note and (place := self._blamed(direction)) is not None:
                return self._of_elements([place])
        return row

    def _of_elements(self, chosen: list[int]) -> Row:
        found = self._found(chosen)
        radii = self._radii(found)
        settled = [k for k in chosen if not np.isnan(radii.flat[k])]
        row = Row(
            self.subject.names[self.which], self.x.shape, self.x.dtype, found.by,
            checked=len(settled), kinks=found.kinks, unsettled=len(chosen) - len(settled),
        )  # fmt: skip
        could_be = found.kinks == 0 and np.isfinite(self.x.flat[chosen]).any()
        if not settled and could_be:
            return replace(row, note=f"{NOTHING}: there is no slope at any element")
        if settled:
            worst = _worst(radii, chosen)
            row = replace(
                row,
                radii=float(radii.flat[worst]),
                index=tuple(map(int, np.unravel_index(worst, self.x.shape))),
                given=self.ours.value.flat[worst].item(),
                wanted=_wanted(found, worst),
            )
            if not row.ok:
                places = self._places(found, chosen, worst)
                return replace(row, places=places, **self._of_one_result(worst))
        at_kinks = (found.low != found.high) & np.isfinite(found.low)
        if self.x.size <= FEW and np.sum(at_kinks) > 1:
            # Shares of a slope that are possible one by one may be too much together.
            direction = np.where(at_kinks, 1.0, 0.0)
            slope = self.derivatives.along(self.which, direction)
            row = replace(row, note=self._along(direction, slope, "all kinks together"))
        return row

    def _found(self, chosen: list[int]) -> Found:
        """Return derivatives by some elements; by differences where there may be kinks."""
        found = self.derivatives.by_elements(self.which, chosen, self.ours.undecided)
        if not chosen:
            return found
        if not self.subject.is_finite:  # 0 times infinity
            found.errors[~np.isfinite(self.ours.value)] = np.inf
        # A complex step takes one side of a kink that a comparison makes, and tells nobody.
        while found.by_step(worst := self._wrong(found, chosen)):
            seen = copy.deepcopy(found)
            self.derivatives.by_differences(seen, self.which, worst)
            is_at_an_edge = np.isnan(seen.values.flat[worst])  # of where the function is defined
            if seen.kinks == found.kinks and not is_at_an_edge:
                break  # differences say less exactly what is wrong
            found = seen
        if found.kinks and self.x.size <= FEW:
            for k in filter(found.by_step, chosen):  # they may be at kinks, too
                self.derivatives.by_differences(found, self.which, k)
        while (worst := self._wrong(found, chosen)) >= 0:
            if not self.derivatives.is_at_kink_of_several(self.which, worst):
                break
            found.errors.flat[worst] = np.inf
        return found

    def _wrong(self, found: Found, chosen: list[int]) -> int:
        """Return the element that is furthest off; -1 if none is."""
        radii = self._radii(found)
        worst = _worst(radii, chosen)
        return worst if radii.flat[worst] > LIMIT else -1

    def _radii(self, found: Found) -> Any:
        """Return the error of each element in radii: 0 between the slopes to both sides."""
        g = self.ours.value.astype(found.values.dtype)
        error = _outside(g.real, found.low.real, found.high.real)
        if g.dtype.kind == "c":
            error = np.hypot(error, _outside(g.imag, found.low.imag, found.high.imag))
        radii = np.where(error == 0, 0, error / (self.ours.radius + found.errors))
        radii = np.where(np.isnan(radii) & np.isfinite(found.errors), np.inf, radii)
        return np.where(np.isinf(found.errors), np.nan, radii)  # compared with nothing

    def _places(self, found: Found, chosen: list[int], worst: int) -> tuple[str, ...]:
        """Return where elements are off, first and most."""
        radii = self._radii(found)
        first = next(k for k in chosen if radii.flat[k] > LIMIT)
        sum_of = "" if self.subject.is_of_one_number else ", of the weighted sum of all results"
        return tuple(
            place(
                how,
                tuple(map(int, np.unravel_index(k, self.x.shape))),
                (self.ours.value.flat[k], _wanted(found, k)),
                float(radii.flat[k]),
                ("given", "expected"),
            )
            + sum_of
            for how, k in {"first": first, "most": worst}.items()
            if how == "first" or k != first
        )

    def _of_one_result(self, k: int) -> dict[str, Any]:
        """Return what is wrong about the one result whose derivative is furthest off."""
        subject, which = self.subject, self.which
        if subject.is_of_one_number:
            return {}
        unit = unit_of(self.x, k)
        tangents = [np.zeros(x.shape, x.dtype) for x in subject.arrays]
        tangents[which] = unit
        try:
            ours = jvp(lambda *xs: subject.call(xs), tuple(subject.arrays), tuple(tangents))[1]
        except Exception:  # a wrong rule need not compute with Tensors
            return {}
        theirs = self.derivatives.roughly(which, unit)
        apart = [np.abs(o - r) for o, r in zip(ours, theirs, strict=True)]
        place = max(range(len(apart)), key=lambda i: np.max(apart[i], initial=-1.0))
        index = np.unravel_index(np.argmax(apart[place]), apart[place].shape)
        one = subject.of_one(place, index)
        found = Derivatives(one).by_elements(which, [k], np.zeros(unit.shape, bool))
        number = f" number {place}" if len(apart) > 1 else ""
        return {
            "given": one.recorded(subject.arrays)[1]()[which].flat[k].item(),
            "wanted": _wanted(found, k),
            "of": f" of the result{number} at {list(map(int, index))}",
        }

    def _blamed(self, direction: Any) -> int | None:
        """Return an element that is off along a direction; None if none is alone."""
        suspects = np.arange(direction.size)
        while suspects.size > 1:
            halves = []
            for half in np.array_split(suspects, 2):
                part = np.zeros(direction.shape)
                part.flat[half] = direction.flat[half]
                slope = self.derivatives.along(self.which, part)
                halves.append((self._off(part, slope)[0], half))
            off, suspects = max(halves, key=lambda pair: pair[0])
            if not off:
                return None
        return int(suspects[0])

    def _along(self, direction: Any, slope: Slope, what: str) -> str:
        """Check elements together, along a direction; return what is wrong, or ""."""
        off, given, wanted = self._off(direction, slope)
        return f"along {what}: {given:.6g}, expected {wanted:.6g} (off by {off:.1g})" if off else ""

    def _off(self, direction: Any, slope: Slope) -> tuple[float, float, float]:
        """Return by how much it is off along a direction, what it is there, and should be.

        Where several elements are at kinks, nothing can be said of the sum of their slopes.
        """
        given = float(np.sum(np.where(direction, self.ours.value.real * direction, 0)))
        allowed = LIMIT * (float(np.sum(self.ours.radius * np.abs(direction))) + slope.error)
        off = abs(given - slope.value) if np.isfinite(given) else np.inf
        known = slope.settled and not slope.kink
        return (off if known and off > allowed else 0.0), given, slope.value


def _worst(radii: Any, chosen: list[int]) -> int:
    """Return which of some elements is furthest off, of those that are compared."""
    return max(chosen, key=lambda k: np.nan_to_num(radii.flat[k], nan=-1.0))


def _outside(g: Any, low: Any, high: Any) -> Any:
    return np.maximum(np.maximum(low - g, g - high), 0)


def _wanted(found: Found, k: int) -> Any:
    low, high = found.low.flat[k].item(), found.high.flat[k].item()
    return low if low == high else (low, high)
