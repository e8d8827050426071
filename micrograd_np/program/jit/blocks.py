"""Large arrays, a block of rows at a time: what one line writes is still in the cache for the next.

Lines that compute each row of their result from the same row of their operands form a group. Bits
are the same, since NumPy computes an element, or reduces a row, the same wherever it stands.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from micrograd_np.program.jit.folding import Folded
from micrograd_np.program.jit.form import is_array, is_fixed
from micrograd_np.program.jit.layout import layout
from micrograd_np.program.traced import Traced

LARGE = 1 << 18
"""Bytes from which on an array is computed in blocks."""
BLOCK = 1 << 17
"""Bytes of a block: several of them fit into the cache of one processor."""
WORTH = 3
"""How many lines make a group: of two, what is saved is less than what the slices cost."""
WINDOW = 200
"""How many lines further on one is looked for that belongs to a group."""

_ELEMENTWISE = (operator.pow, np.where, np.ndarray.astype, np.copy)
_REDUCTIONS = (np.sum, np.max, np.amax, np.min, np.amin, np.mean)


@dataclass(eq=False)
class Group:
    """Lines that are computed together, a block of rows after the other.

    Attributes
    ----------
    values
        What they compute, in order.
    rows
        How many there are.
    block
        How many of them at a time.
    """

    values: list[Traced]
    rows: int
    block: int


class Rows:
    """Tells which values are computed row by row.

    Parameters
    ----------
    folded
        What is not computed.
    has_lines
        Whether a value can be written into an array that is there.
    apart
        Values that stand in no group.
    """

    def __init__(
        self,
        folded: Folded,
        has_lines: Callable[[Traced], bool],
        apart: Collection[Traced] = (),
    ) -> None:
        self.folded = folded
        self.apart = apart
        self.has_lines = has_lines

    def of(self, value: Traced) -> int:
        """Return how many rows a value has if it is computed row by row, else 0."""
        operation = value.operation
        if operation is None or not _is_plain(value) or value in self.apart:
            return 0
        operands = [x for x in map(self.folded.of, value.args) if is_array(x)]
        largest = max(getattr(x.value, "nbytes", 0) for x in (value, *operands))
        if largest < LARGE or not value.shape or value.shape[0] < 2 or not value.value.size:
            return 0
        function = operation.called or operation.function
        if function is np.reshape:
            (x,) = operands
            return value.value.shape[0] if _keeps_rows(x, value) else 0
        if function in _REDUCTIONS:
            fits = len(operands) == 1 and self._reduces_rows(value, operands[0])
        else:
            is_ufunc = isinstance(operation.function, np.ufunc)
            elementwise = function in _ELEMENTWISE or (is_ufunc and operation.elementwise)
            simple = not value.options and value.part is None
            fits = elementwise and simple and all(self._fits(x, value) for x in operands)
        return value.value.shape[0] if fits and self.has_lines(value) else 0

    def _reduces_rows(self, value: Traced, x: Traced) -> bool:
        axis = value.options.get("axis")
        axes = axis if isinstance(axis, tuple) else (axis,)
        if axis is None or set(value.options) - {"axis", "keepdims"} or not _is_plain(x):
            return False
        return all(a % x.ndim for a in axes) and x.shape[0] == value.shape[0]

    def _fits(self, x: Traced, value: Traced) -> bool:
        """Whether an operand has the rows of a value, or the same for each of its rows."""
        if x.is_python_number or not isinstance(x.value, np.ndarray):
            return not x.shape
        if x.ndim < value.ndim or x.shape[0] == 1:
            return is_fixed(x)
        return _is_plain(x) and x.shape[0] == value.shape[0]


def is_sliced(x: Traced, value: Traced) -> bool:
    """Whether a value of a group is computed from a block of an operand, not from the whole."""
    function = value.operation.called or value.operation.function  # type: ignore[union-attr]
    by_rows = function is np.reshape or function in _REDUCTIONS
    return by_rows or (x.ndim == value.ndim and x.shape[:1] == value.shape[:1])


def _is_plain(value: Traced) -> bool:
    array = value.value
    fixed = is_fixed(value)
    return isinstance(array, np.ndarray) and fixed and layout(value).is_c


def _keeps_rows(x: Traced, value: Traced) -> bool:
    """Whether a reshape only inserts or drops axes of length one behind the first."""
    shapes = [[n for n in v.shape[1:] if n != 1] for v in (x, value)]
    return _is_plain(x) and x.shape[:1] == value.shape[:1] and shapes[0] == shapes[1]


def grouped(
    values: Sequence[Traced],
    rows: Callable[[Traced], int],
    operands: Callable[[Traced], list[Traced]],
    barriers: Collection[Traced],
) -> list[Traced | Group]:
    """Return the values in an order in which those that belong together are groups.

    Parameters
    ----------
    values
        In an order in which they can be computed.
    rows
        Gives the number of rows of a value that is computed row by row, else 0.
    operands
        Gives the values that a value is computed from.
    barriers
        Values that nothing after them may be computed before.
    """
    found: list[Traced | Group] = []
    known = {value: rows(value) for value in values}
    stack: list[list[Traced] | Group] = [list(values)] if any(known.values()) else []
    while stack:
        todo = stack.pop()
        if isinstance(todo, Group):
            found.append(todo)
            continue
        start = next((i for i, value in enumerate(todo) if known[value]), len(todo))
        found.extend(todo[:start])
        if start == len(todo):
            continue
        members, before, after = _collected(todo[start:], known, operands, barriers)
        if len(members) < WORTH:
            found.append(members[0])
            stack.append(todo[start + 1 :])
        else:  # what comes before, or after, may hold groups, too
            stack += [after, _group(members), before]
    return found or list(values)


def _collected(
    todo: Sequence[Traced],
    known: dict[Traced, int],
    operands: Callable[[Traced], list[Traced]],
    barriers: Collection[Traced],
) -> tuple[list[Traced], list[Traced], list[Traced]]:
    """Return the members of the group that the first one begins, what stands before, and after.

    A member reads what another one has read or computed. What else does not need the group stands
    before it if a member needs that, else where it stood: after it.
    """
    members = [todo[0]]
    inside, read = {todo[0]}, set(operands(todo[0]))
    waiting: dict[Traced, None] = {}  # what needs no member
    before: dict[Traced, None] = {}
    later: set[Traced] = set()  # what does
    last = end = 0
    for i, value in enumerate(todo[1:], 1):
        if value in barriers or i - last > WINDOW:
            break
        end = i
        needs = operands(value)
        whole = any(x in inside and not is_sliced(x, value) for x in needs)
        if whole or any(x in later for x in needs):
            later.add(value)
        elif known[value] == known[todo[0]] and any(x in inside or x in read for x in needs):
            for x in _needed(needs, waiting, operands):
                del waiting[x]
                before[x] = None
            members.append(value)
            inside.add(value)
            read.update(needs)
            last = i
        elif any(x in inside for x in needs):
            later.add(value)
        else:
            waiting[value] = None
    moved = inside | set(before)
    place = {value: i for i, value in enumerate(todo[: end + 1])}
    rest = [value for value in todo[: end + 1] if value not in moved]
    return members, sorted(before, key=place.__getitem__), [*rest, *todo[end + 1 :]]


def _needed(
    needs: list[Traced], waiting: dict[Traced, None], operands: Callable[[Traced], list[Traced]]
) -> list[Traced]:
    """Return those of the waiting that have to be computed before something is."""
    found: dict[Traced, None] = {}
    stack = [x for x in needs if x in waiting]
    while stack:
        value = stack.pop()
        if value not in found:
            found[value] = None
            stack += [x for x in operands(value) if x in waiting]
    return list(found)


def _group(members: list[Traced]) -> Group:
    rows = members[0].value.shape[0]
    widest = max(value.value.nbytes // rows for value in members)
    return Group(members, rows, max(1, BLOCK // widest))


def spans(rows: int, block: int) -> Iterator[tuple[int, int]]:
    """Yield where each block begins and ends."""
    for start in range(0, rows, block):
        yield start, min(start + block, rows)
