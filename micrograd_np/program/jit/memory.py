"""Pieces of memory: which of them are free, and which of those is best taken."""

from __future__ import annotations

from dataclasses import dataclass

ALIGNMENT = 64
"""Bytes: what a vector instruction loads at once."""
_PRECIOUS = 1 << 16
"""Bytes from which on a piece is kept for something as large."""


@dataclass
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

    Attributes
    ----------
    free
        Those that nothing is in.
    """

    def __init__(self, slabs: list[Slab]) -> None:
        self.slabs = slabs
        self.free: list[Slab] = []

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
        slab = self._best(size)
        if slab is None:
            slab = Slab(len(self.slabs))
            self.slabs.append(slab)
        else:
            self.free.remove(slab)
        slab.size = max(slab.size, size)
        return slab

    def _best(self, size: int) -> Slab | None:
        enough = [slab for slab in self.free if slab.size >= size]
        if enough:
            smallest = min(enough, key=lambda slab: slab.size)
            return None if smallest.size > max(4 * size, _PRECIOUS) else smallest
        largest = max(self.free, key=lambda slab: slab.size, default=None)
        return largest if largest is not None and 4 * largest.size >= size else None
