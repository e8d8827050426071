"""Pieces of memory: which of them are free, and which of those is best taken."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

ALIGNMENT = 64
"""Bytes: what a vector instruction loads at once."""
_PRECIOUS = 1 << 16
"""Bytes from which on a piece is kept for something as large."""


@dataclass(eq=False)
class Slab:
    """A piece of memory.

    Attributes
    ----------
    size
        In bytes.
    """

    number: int
    size: int = 0


class Memory:
    """Memory that is used again.

    Parameters
    ----------
    slabs
        All pieces of it: new ones are added.
    """

    def __init__(self, slabs: list[Slab]) -> None:
        self.slabs = slabs
        self._free: list[tuple[int, int, Slab]] = []
        """What nothing is in, by size, and of one size the last that has become free first."""
        self._numbers: set[int] = set()
        self._count = 0

    def give(self, slabs: Iterable[Slab]) -> None:
        """Note that nothing is in some pieces any more."""
        for slab in slabs:
            if slab.number not in self._numbers:
                self._numbers.add(slab.number)
                self._count -= 1
                insort(self._free, (slab.size, self._count, slab))

    def take(self, size: int, first: list[Slab] | None = None) -> Slab:
        """Return a free piece of a size: the smallest that is enough, else the largest, made so.

        Parameters
        ----------
        size
            In bytes.
        first
            Pieces that are better than others, where they are large enough.
        """
        for better in first or ():
            if first is not None and better.size >= size:
                first.remove(better)
                return better
        place = self._best(size)
        if place is None:
            slab = Slab(len(self.slabs))
            self.slabs.append(slab)
        else:
            _, _, slab = self._free.pop(place)
            self._numbers.remove(slab.number)
        slab.size = max(slab.size, size)
        return slab

    def _best(self, size: int) -> int | None:
        """Return where the best free piece stands."""
        place = bisect_left(self._free, size, key=itemgetter(0))
        if place < len(self._free):
            return place if self._free[place][0] <= max(4 * size, _PRECIOUS) else None
        return place - 1 if self._free and 4 * self._free[-1][0] >= size else None
