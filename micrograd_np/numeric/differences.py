"""Derivatives by differences whose uncertainty is known, and that see kinks.

Differences over smaller and smaller steps are extrapolated to a step of none (L. F. Richardson; the
error is estimated as in C. J. F. Ridders, Advances in Engineering Software 4, 1982). The slopes to
both sides are found alike: where they differ, there is a kink. How far rounding changes the values
is measured (J. J. More and S. M. Wild, SIAM Journal on Scientific Computing 33, 2011).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

LEVELS = 18
"""How many steps, each half as long as the one before."""
FIRST = 0.1
"""The longest step, in units of the scale of what is moved."""
ORDERS = 6
"""How often the differences are extrapolated, at most."""
SPACINGS = (1.1e-9, 1.3e-7, 6.1e-7, 1.7e-6)
"""How far apart the points are at which the noise is measured, in units of the scale."""
SAFETY = 10
"""By how much the estimate of an error is enlarged."""
WELL = 1e-12
"""How uncertain a derivative may be, relative to its size, without trying other steps."""


Difference = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Slope:
    """A derivative by differences.

    Attributes
    ----------
    value
        The derivative; at a kink the mean of the slopes to both sides.
    error
        How uncertain it is.
    left, right
        The slopes to both sides.
    kink
        Whether they differ.
    """

    value: float
    error: float
    left: float
    right: float
    kink: bool

    @property
    def settled(self) -> bool:
        """Whether the differences agree on a number at all."""
        largest = max(abs(self.left), abs(self.right))
        return bool(np.isfinite(self.error) and self.error <= 1e-4 * largest + 1e-12)


def slope(difference: Difference, scales: list[float], dtype: Any, floor: Any = 0.0) -> Slope:
    """Return the derivative of a function of a number at 0.

    Parameters
    ----------
    difference
        ``difference(a, b)``: the value at `b` less that at `a`.
    scales
        Over what lengths it may change, the longest first: others are tried where that does not do.
    dtype
        What to compute steps in.
    floor
        By how much rounding changes the values at least.
    """
    best: Slope | None = None
    for scale in scales:
        found = _slope(difference, dtype(scale), floor)
        if best is None or not best.error <= found.error:
            best = found
        if best.error <= WELL * max(abs(best.left), abs(best.right)):
            break
    assert best is not None
    return best


def _slope(difference: Difference, scale: Any, floor: Any) -> Slope:
    rounding = max(floor, *(_noise(difference, scale * space) for space in SPACINGS))
    rights, lefts, noise = [], [], []
    for level in range(LEVELS):
        step = scale * FIRST / 2**level
        rights.append(difference(0, step) / step)
        lefts.append(difference(-step, 0) / step)
        noise.append(rounding / step)
    with np.errstate(all="ignore"):
        middle = [(left + right) / 2 for left, right in zip(lefts, rights, strict=True)]
        central, error = _extrapolated(middle, noise, 4)  # errors are of even powers of the step
        right, right_error = _extrapolated(rights, noise, 2)
        left, left_error = _extrapolated(lefts, noise, 2)
        apart = abs(right - left)
        rounding = WELL * max(abs(left), abs(right))
        kink = bool(apart > right_error + left_error + rounding)
    if kink:
        central, error = (left + right) / 2, max(left_error, right_error)
    return Slope(float(central), float(error), float(left), float(right), kink)


def _noise(difference: Difference, step: Any) -> Any:
    """Return by how much rounding changes the values of a function at points close together.

    Of a smooth function high differences vanish; what is left of them is noise, in known numbers.
    """
    table = np.array([difference(0, i * step) for i in range(9)])
    with np.errstate(all="ignore"):
        high = ((order, np.diff(table, order)) for order in (5, 6, 7))
        return max(np.sqrt(np.mean(d**2) / math.comb(2 * order, order)) for order, d in high)


def _extrapolated(values: list[Any], noise: list[Any], factor: int) -> tuple[Any, Any]:
    """Return the limit of differences over halved steps, and how uncertain it is.

    Parameters
    ----------
    values
        Differences; nan where the function is not defined.
    noise
        By how much rounding may have changed each.
    factor
        By how much their error shrinks when the step is halved.
    """
    by_step = []
    previous: list[Any] = [values[0]]
    for value, rounding in zip(values[1:], noise[1:], strict=True):
        row, power = [value], factor
        best, best_error = value, np.inf
        for order, before in enumerate(previous[:ORDERS]):
            better = row[-1] + (row[-1] - before) / (power - 1)
            known = [row[-1], before, *previous[order + 1 : order + 2]]
            error = max(abs(better - other) for other in known)
            if error < best_error:
                best, best_error = better, error
            row.append(better)
            power *= factor
        previous = row
        by_step.append((best, (best_error + rounding) * SAFETY))
    # Long steps may lead beyond a kink, and agree by chance: shorter ones must confirm them.
    confirmed = []
    for place, (value, error) in enumerate(by_step):
        shorter = by_step[place + 1 :]
        if all(not abs(other - value) > error + e for other, e in shorter):
            confirmed.append((value, error))
    known_errors = [pair for pair in confirmed if np.isfinite(pair[1])]
    return min(known_errors, key=lambda pair: pair[1]) if known_errors else (values[-1], np.inf)
