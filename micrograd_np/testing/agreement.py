"""How far apart the sides are in one example, and what is said if that is too far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from micrograd_np.differing import places
from micrograd_np.rounding import Distance, Radius, distance

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
        lines = places(self.given, self.wanted, self.sides)
        return "\n".join([head, *(f"  {line}" for line in lines)])


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

    @property
    def ok(self) -> bool:
        """Whether rounding explains all distances."""
        return all(pair.distance.ok for pair in self.pairs)

    def raise_if_apart(self) -> None:
        """Raise a `Disagreement` that says of each gradient where it is not the same."""
        apart = [pair for pair in self.pairs if not pair.distance.ok]
        if apart:
            raise Disagreement("\n".join([*(pair.told() for pair in apart), self.example]).rstrip())
