"""How far apart the sides are in one example, and what is said if that is too far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.rounding import LIMIT, Distance, Radius, distance, first_beyond

Array = NDArray[Any]


class Disagreement(AssertionError):
    """Two sides differ by more than rounding explains."""


@dataclass(frozen=True)
class Pair:
    """What two sides say about one gradient.

    Attributes
    ----------
    gradient
        Its name, such as ``"dW1"``.
    sides
        The two, such as ``("hand", "auto")``.
    given
        What the first one says.
    wanted
        What the second one says, and how far rounding may move it.
    """

    gradient: str
    sides: tuple[str, str]
    given: Any
    wanted: Radius

    @cached_property
    def distance(self) -> Distance:
        """How far apart the two are."""
        return distance(self.given, self.wanted)

    def told(self) -> str:
        """Say where they differ first and most, with both values."""
        first, second = self.sides
        head = f"{self.gradient}: {first} and {second} disagree"
        found = self.distance
        if found.problem:
            return f"{head}: {first} has {found.problem}"
        places = [("first at", first_beyond(self.given, self.wanted)), ("most at", found.index)]
        if places[0][1] == places[1][1]:
            del places[1]
        lines = [f"  {where} {self._at(index)}" for where, index in places if index is not None]
        return "\n".join([head, *lines])

    def _at(self, index: tuple[int, ...]) -> str:
        given, wanted = np.asarray(self.given)[index].item(), self.wanted.value[index].item()
        value, radius, undecided = self.wanted.value, self.wanted.radius, self.wanted.undecided
        one = Radius(np.asarray(value[index]), radius[index], np.asarray(undecided[index]))
        found = distance(np.asarray(self.given)[index], one)
        first, second = self.sides
        return (
            f"{list(index)}: {first} {given!r}, {second} {wanted!r}, "
            f"{in_radii(found.radii)} radii apart (up to {LIMIT:g} is rounding)"
        )


@dataclass(frozen=True)
class Agreement:
    """How far apart the sides are in one example.

    Attributes
    ----------
    example
        What was computed, in one line.
    pairs
        Of all sides, for each gradient.
    seen
        What is worth knowing that it was among the examples.
    """

    example: str
    pairs: Sequence[Pair]
    seen: frozenset[str] = frozenset()

    @property
    def radii(self) -> float:
        """The largest distance."""
        return max((pair.distance.radii for pair in self.pairs), default=0.0)

    def raise_if_apart(self) -> None:
        """Raise a `Disagreement` that says of each gradient where it is not the same."""
        apart = [pair for pair in self.pairs if not pair.distance.ok]
        if apart:
            raise Disagreement("\n".join([*(pair.told() for pair in apart), self.example]).rstrip())


def in_radii(number: float) -> str:
    """Return a number of radii as it is printed everywhere."""
    return f"{number:.1f}" if number < 1000 else f"{number:.1e}"
