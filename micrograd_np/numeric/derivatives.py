"""Derivatives of a subject from its values alone, each by the best way that there is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from micrograd_np.numeric.complex_step import complex_step
from micrograd_np.numeric.differences import FIRST, Slope, slope
from micrograd_np.numeric.subject import Subject
from micrograd_np.tensor import Tensor
from micrograd_np.values import value_of

FAR = 1e60
"""A complex step gives more than this where there is no derivative, as of a root at 0."""

UNDERFLOW = 1e-100
"""What a complex step of 1e-200 cannot tell from 0, on the way through smaller numbers."""
TRIES = 4
"""How many directions are tried to tell whether an element moves a result only with others."""


@dataclass
class Found:
    """Derivatives by some elements of one array.

    Attributes
    ----------
    by
        How they were found.
    values, errors
        The derivatives and how uncertain they are, each of the shape of the array; nan for those
        that were not asked for.
    low, high
        Where a kink was met: the slopes to both sides; else both are `values`.
    kinks
        How many elements lie at a kink.
    """

    by: str
    values: Any
    errors: Any
    low: Any = field(init=False)
    high: Any = field(init=False)
    kinks: int = 0

    def __post_init__(self) -> None:
        self.low, self.high = self.values.copy(), self.values.copy()
        self._by_step = np.asarray(~np.isnan(self.values))

    def by_step(self, k: int) -> bool:
        """Whether the derivative by an element was found by a complex step."""
        return k >= 0 and bool(self._by_step.flat[k])


class Derivatives:
    """Finds the derivatives of the weighted sum of a subject's results."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.wide = [x.astype(np.result_type(x.dtype, np.longdouble)) for x in subject.arrays]
        self.number: Any = np.longdouble
        try:
            self.start = subject.results(self.wide)
        except (TypeError, NotImplementedError):  # linear algebra has no wider numbers
            self.wide = [x.astype(np.result_type(x.dtype, np.float64)) for x in subject.arrays]
            self.number = np.float64
            self.start = subject.results(self.wide)
        self.why_not_by_step = ""
        self._rounding = max(np.finfo(self.number).eps, subject.coarsest(self.wide))

    def by_elements(self, which: int, elements: list[int], doubtful: Any) -> Found:
        """Return the derivatives by elements of an array.

        Parameters
        ----------
        which
            The array.
        elements
            The places of the elements in it, flattened.
        doubtful
            Where a kink is suspected: there differences tell the slopes to both sides.
        """
        x = self.subject.arrays[which]
        values = self._by_step(which, elements)
        if values is not None and self._confirmed(which, elements, values):
            found = Found("complex step", values, np.full(x.shape, UNDERFLOW))
            by_differences = [
                k for k in elements if not abs(values.flat[k]) < FAR or doubtful.flat[k]
            ]
        else:
            found = Found(
                f"differences in {self.number.__name__}: {self.why_not_by_step}", *_nothing(x)
            )
            by_differences = elements
        for k in by_differences:
            self.by_differences(found, which, k)
        return found

    def is_at_kink_of_several(self, which: int, k: int) -> bool:
        """Whether an element has another slope when others move, too; then there is no derivative.

        So it is with the median of equal numbers: none of them moves it alone.
        """
        unit = unit_of(self.subject.arrays[which], k)
        alone, rng = self.along(which, unit), np.random.default_rng(k)
        if unit.size < 2 or not alone.settled:
            return False
        for _ in range(TRIES):
            direction = rng.uniform(0.5, 1.5, unit.shape)
            direction *= rng.integers(0, 2, unit.shape) * 2 - 1
            others = np.where(unit, 0, direction)
            both, rest = self.along(which, direction), self.along(which, others)
            step = direction.flat[k]
            error = 2 * (both.error + rest.error + alone.error) + 1e-6 * abs(both.right)
            wanted = step * (alone.right if step > 0 else alone.left)
            off = abs(both.right - rest.right - wanted)
            if both.settled and rest.settled and off > error:
                return True
        return False

    def along(self, which: int, direction: Any) -> Slope:
        """Return the derivative along a direction of one array."""
        x, moved = self.wide[which], partial(self._moved, which, direction)

        def difference(a: Any, b: Any) -> Any:
            pairs = zip(moved(a), moved(b), strict=True)
            return self.subject.weighted([there - here for here, there in pairs]).real

        if not np.any(direction):
            return Slope(0.0, 0.0, 0.0, 0.0, kink=False)
        here, all_over = map(_size, (x[direction != 0], x))
        scales = dict.fromkeys([all_over or 1.0, here or all_over or 1.0])
        floor, unseen = self._rounding_of(moved, all_over or 1.0)
        found = slope(difference, list(scales), self.number, floor)
        return replace(found, error=found.error + float(unseen / (FIRST * min(scales))))

    def roughly(self, which: int, direction: Any) -> list[Any]:
        """Return about how all results move along a direction of one array."""
        x = self.wide[which]
        step = self.number(_size(x) or 1.0) / 10**6
        ends = (self._moved(which, direction, step), self._moved(which, direction, -step))
        return [(there - back) / (2 * step) for there, back in zip(*ends, strict=True)]

    def _moved(self, which: int, direction: Any, amount: Any) -> list[Any]:
        """Return the results where one array is moved along a direction."""
        if not amount:
            return self.start
        arrays = list(self.wide)
        arrays[which] = arrays[which] + amount * direction
        return self.subject.results(arrays)

    def _rounding_of(self, moved: Any, scale: float) -> tuple[Any, Any]:
        """Return by how much rounding changes the weighted sum: of results that move, and others.

        Others may move by less than their rounding.
        """
        nearby = moved(self.number(scale) / 10)
        moving = still = self.number(0)
        for out, w, y in zip(self.start, self.subject.weights, nearby, strict=True):
            sizes = self._rounding * np.abs(out * w)
            moving += np.sum(np.where(y != out, sizes, 0))
            still += np.sum(np.where(y == out, sizes, 0))
        return (moving, still) if moving else (still, 0.0)

    def _by_step(self, which: int, elements: list[int]) -> Any:
        """Return derivatives by a complex step, nan where it meets a kink; None if it cannot be."""
        if self.why_not_by_step:
            return None
        if any(array.dtype.kind == "c" for array in (*self.subject.arrays, *self.start)):
            self.why_not_by_step = "there are complex numbers"
            return None
        arrays: list[Any] = [
            array.astype(np.result_type(array.dtype, np.float64)) for array in self.subject.arrays
        ]

        def f(z: Any) -> Any:
            given = [Tensor(array) for array in arrays]
            given[which] = z
            outs = [value_of(out) for out in self.subject.call(given)]
            return Tensor(np.asarray(self.subject.weighted(outs)))

        try:
            return complex_step(f, arrays[which], elements)
        except Exception as error:
            # Whatever code does not compute with complex numbers, differences still can.
            self.why_not_by_step = str(error).partition(":")[0].splitlines()[0]
            return None

    def _confirmed(self, which: int, elements: list[int], values: Any) -> bool:
        """Check a complex step along one direction by differences.

        What code does to a number that it has taken out of a Tensor is not seen, and need not be
        analytic.
        """
        direction = np.zeros(values.shape)
        chosen = [k for k in elements if abs(values.flat[k]) < FAR]
        direction.flat[chosen] = np.where(np.arange(len(chosen)) % 3 == 1, -1.0, 1.0)
        if not chosen:
            return True
        found = self.along(which, direction)
        total = float(np.sum(values.flat[chosen] * direction.flat[chosen]))
        size = float(np.sum(np.abs(values.flat[chosen])))
        same = abs(total - found.value) <= found.error + 1e-6 * size
        if same or found.kink or not found.settled:
            return True
        self.why_not_by_step = "a complex step gives something else"
        return False

    def by_differences(self, found: Found, which: int, k: int) -> None:
        """Find the derivative by one element anew by differences, which see kinks."""
        x = self.subject.arrays[which]
        found._by_step.flat[k] = False
        direction = unit_of(x, k)
        slopes = [self.along(which, direction)]
        if x.dtype.kind == "c":
            slopes.append(self.along(which, 1j * direction))
        found.kinks += any(s.kink and s.settled for s in slopes)
        units = (1, 1j)[: len(slopes)]

        def put(into: Any, numbers: list[float]) -> None:
            into.flat[k] = sum(n * unit for n, unit in zip(numbers, units, strict=True))

        put(found.values, [s.value for s in slopes])
        put(found.low, [min(s.left, s.right) if s.kink else s.value for s in slopes])
        put(found.high, [max(s.left, s.right) if s.kink else s.value for s in slopes])
        found.errors.flat[k] = max(s.error if s.settled else np.inf for s in slopes)


def unit_of(x: Any, k: int) -> Any:
    """Return the direction in which one element of an array moves."""
    unit = np.zeros(x.shape)
    unit.flat[k] = 1
    return unit


def _size(x: Any) -> float:
    """Return the largest magnitude of numbers that have one."""
    return float(np.max(np.abs(x), initial=0, where=np.isfinite(x)))


def _nothing(x: Any) -> tuple[Any, Any]:
    return np.full(x.shape, np.nan, np.result_type(x.dtype, np.float64)), np.zeros(x.shape)
