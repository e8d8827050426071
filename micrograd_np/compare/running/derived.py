"""Lengths that follow from others: the ``4 * H`` gates of an LSTM, the ``D + H`` rows of weights.

Such a length cannot be changed alone, nor can those that it is made of. How it is made of them is
found by trying.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Axis = tuple[str, int]

MOST_TIMES = 8
"""How often one length may be taken for another."""

MOST_TRIALS = 60
"""How many ways are tried in which the others may follow one length."""


@dataclass(frozen=True)
class Derived:
    """Axes whose length is a sum or product of others.

    Attributes
    ----------
    axes
        The axes.
    parts
        One axis of each length that theirs is made of.
    times, plus
        By which number their product is multiplied, and what is added to it.
    is_sum
        Whether they are added, and not multiplied.
    """

    axes: tuple[Axis, ...]
    parts: tuple[Axis, ...]
    times: int = 1
    plus: int = 0
    is_sum: bool = False

    def length(self, lengths: Mapping[Axis, int]) -> int:
        """Return their length where the others have these."""
        several = [lengths[axis] for axis in self.parts]
        return self.times * (sum if self.is_sum else math.prod)(several) + self.plus


def completed(lengths: Mapping[Axis, int], derived: Sequence[Derived]) -> dict[Axis, int]:
    """Return lengths with those that follow from them."""
    found = dict(lengths)
    for one in derived:
        found.update(dict.fromkeys(one.axes, one.length(found)))
    return found


Works = Callable[[Mapping[Axis, int]], bool]
"""Whether the forward pass runs where some axes have other lengths."""


def find_derived(
    lengths: Mapping[Axis, int], works: Works
) -> tuple[list[list[Axis]], list[Derived]]:
    """Return the axes that can be changed together with those that follow them, and these.

    Parameters
    ----------
    lengths
        The axes that cannot be changed alone, with their lengths.
    works
        Whether the forward pass runs with some lengths.

    Examples
    --------
    >>> lengths = {("x", 1): 3, ("h", 1): 5, ("W", 0): 8, ("W", 1): 20}
    >>> def works(changed):
    ...     D, H, rows, gates = (lengths | changed).values()
    ...     return rows == D + H and gates == 4 * H
    >>> bases, derived = find_derived(lengths, works)
    >>> bases
    [[('x', 1)], [('h', 1)]]
    >>> [one.length({("x", 1): 7, ("h", 1): 11}) for one in derived]
    [18, 44]
    """
    by_length: dict[int, list[Axis]] = {}
    for axis, n in lengths.items():
        by_length.setdefault(n, []).append(axis)
    bases: list[list[Axis]] = []
    known: dict[int, Derived] = {}
    for n in sorted(by_length):
        if n in known:
            continue
        for chosen in itertools.islice(_choices(n, by_length, known), MOST_TRIALS):
            derived = [one for _, one in sorted({**known, **chosen}.items())]
            longer = (completed({**lengths, **dict.fromkeys(by_length[n], n + more)}, derived)
                      for more in (1, 3))  # fmt: skip
            if all(map(works, longer)):
                bases.append(by_length[n])
                known.update(chosen)
                break
    return bases, [one for _, one in sorted(known.items())]


def _choices(
    n: int, by_length: Mapping[int, list[Axis]], known: Mapping[int, Derived]
) -> Iterator[dict[int, Derived]]:
    """Yield in which ways others may follow a length, those first in which few do."""
    ways: list[list[tuple[int, Derived] | None]] = []
    for m in sorted(by_length):
        if m > n and m not in known:
            ways.append([None, *((m, one) for one in _ways(m, n, by_length))])
    choices = itertools.islice(itertools.product(*ways), 40 * MOST_TRIALS)
    for chosen in sorted(choices, key=lambda one: sum(way is not None for way in one)):
        yield dict(way for way in chosen if way is not None)


def _ways(m: int, n: int, by_length: Mapping[int, list[Axis]]) -> Iterator[Derived]:
    """Yield in which ways a length may be made of a shorter one, the simplest first."""
    axes, first = tuple(by_length[m]), by_length[n][0]
    for other, others in by_length.items():
        if other * n == m:
            yield Derived(axes, (first, others[0]))
        if other + n == m:
            yield Derived(axes, (first, others[0]), is_sum=True)
    if m % n == 0 and m // n <= MOST_TIMES:
        yield Derived(axes, (first,), times=m // n)
    if m - n == 1:
        yield Derived(axes, (first,), plus=1)
