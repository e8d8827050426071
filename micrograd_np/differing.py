"""Where two arrays are further apart than rounding explains, in words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.rounding import LIMIT, Radius, distance, first_beyond

Array = NDArray[Any]


def places(given: Array, wanted: Radius, sides: tuple[str, str]) -> list[str]:
    """Return a line each for where they differ first and most, with both values.

    Parameters
    ----------
    given
        An array.
    wanted
        What it should be. There is no line if the two cannot be compared, or agree.
    sides
        What the two are called.
    """
    found = distance(given, wanted)
    first = first_beyond(given, wanted)
    lines = [] if first is None else [_place("first", first, given, wanted, sides)]
    if first is not None and found.index is not None and found.index != first:
        lines.append(_place("most", found.index, given, wanted, sides))
    return lines


def _place(
    how: str, index: tuple[int, ...], given: Array, wanted: Radius, sides: tuple[str, str]
) -> str:
    value, radius, undecided = wanted.value, wanted.radius, wanted.undecided
    one = Radius(np.asarray(value[index]), radius[index], np.asarray(undecided[index]))
    element = np.asarray(np.asarray(given)[index])
    return place(how, index, (element, value[index]), distance(element, one).radii, sides)


def place(
    how: str, index: tuple[int, ...], values: tuple[Any, Any], radii: float, sides: tuple[str, str]
) -> str:
    """Return the line about an element, which differs first, or most."""
    given, wanted = (value.item() if hasattr(value, "item") else value for value in values)
    return (
        f"{how} at {list(index)}: {sides[0]} {given!r}, {sides[1]} {wanted!r}, "
        f"{in_radii(radii)} radii apart (up to {LIMIT:g} is rounding)"
    )


def in_radii(number: float) -> str:
    """Return a number of radii as it is printed everywhere."""
    return f"{number:.1f}" if number < 1000 else f"{number:.1e}"
