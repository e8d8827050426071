"""In which order lines are computed: what overwrites an argument as soon as it can.

A gradient is then forgotten before the next one is computed, and is still in the cache when it is
used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from micrograd_np.program.traced import Traced

Operands = Callable[[Traced], list[Traced]]


def updates_first(
    values: Sequence[Traced],
    donated: Mapping[Traced, Traced],
    operands: Operands,
    barriers: Collection[Traced],
) -> list[Traced]:
    """Return values in an order in which each update stands where it can stand first.

    Parameters
    ----------
    values
        In an order in which they can be computed.
    donated
        By updated value, the argument whose memory it takes.
    operands
        Gives the values that a value is computed from.
    barriers
        Values that no update may stand before.
    """
    place = {value: i for i, value in enumerate(values)}
    readers: dict[Traced, list[Traced]] = {}
    for value in values:
        for x in operands(value):
            readers.setdefault(x, []).append(value)
    guarded = max((place[v] for v in barriers if v in place), default=-1)
    moved: dict[int, list[Traced]] = {}
    gone: set[Traced] = set()
    for updated, argument in donated.items():
        lines = _own_lines(updated, place, readers, operands)
        needed = {x for value in lines for x in operands(value) if x not in lines}
        others = {x for x in readers.get(argument, ()) if x not in lines}
        after = max([guarded, *(place.get(x, -1) for x in needed | others)])
        if not gone.isdisjoint(needed | others | lines):
            continue  # it hangs on another update
        if any(place[x] <= after or x in gone for x in readers.get(updated, ())):
            continue  # what reads the argument needs the update, or stands behind what does
        moved.setdefault(after, []).extend(sorted(lines, key=place.__getitem__))
        gone |= lines
    found = list(moved.get(-1, ()))
    for i, value in enumerate(values):
        if value not in gone:
            found.append(value)
        found += moved.get(i, ())
    return found


def _own_lines(
    updated: Traced,
    place: Mapping[Traced, int],
    readers: Mapping[Traced, list[Traced]],
    operands: Operands,
) -> set[Traced]:
    """Return a value, and elementwise what it is made of that nothing else reads."""
    found = {updated}
    stack = [updated]
    while stack:
        for x in operands(stack.pop()):
            mine = x in place and x.operation is not None and x.operation.elementwise
            if mine and x not in found and all(r in found for r in readers[x]):
                found.add(x)
                stack.append(x)
    return found
