"""Which values of a program become lines of their own, and which lines write into an old array.

A value that has a name, or is used more than once, is a line; all else is a part of the
expression that uses it. Where an operand is not needed any more, the line writes into it:
``dscores /= N``, ``dhidden[hidden <= 0] = 0``.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import arange

from micrograd_np.program.printing.idioms import (
    AUGMENTED,
    COMPARISONS,
    augmentation,
    is_view,
    picks_view,
    placed_sum,
    scales_some,
)
from micrograd_np.program.record import numbers_in, operands
from micrograd_np.program.recording import TAKE
from micrograd_np.program.simplify.forms import (
    made_by,
    number_of,
    picks_once,
    same_index,
    same_shape,
)
from micrograd_np.program.traced import Traced
from micrograd_np.rules.indexing import scatter

_NOWHERE = 1 << 60

IN_PASSING = 6
"""How many elements an array may have that is written out inside an expression."""

DEEPEST = 30
"""How many operations an expression may have inside each other."""


@dataclass(frozen=True, eq=False)
class Line:
    """One line to print.

    Attributes
    ----------
    value
        What it computes.
    form
        ``"="``: assigns the expression of the value. ``"begin"``: assigns `base`, which the next
        line writes into. ``"unpack"``: assigns several results, `operand`. An augmented operator:
        `operand` is on the right of it. ``"mask"``, ``"set"``, ``"add"``, ``"add.at"``: writes
        `operand` at `index`.
    """

    value: Traced
    form: str
    base: Any = None
    index: Any = None
    operand: Any = None
    sign: str = "="


class Plan:
    """The lines of a program, and the storage that each value lives in.

    Parameters
    ----------
    values
        What is computed, in order.
    outputs
        What is returned.
    in_place
        Whether lines may write into arrays that are not needed any more.
    """

    def __init__(
        self, values: Sequence[Traced], outputs: Collection[Traced], in_place: bool = True
    ) -> None:
        self.in_place = in_place
        self.outputs = set(outputs)
        self.values = [v for v in values if v.operation is not None]
        self.uses: dict[Traced, int] = {}
        self.user: dict[Traced, Traced] = {}
        for value in self.values:
            for operand in operands(value):
                self.uses[operand] = self.uses.get(operand, 0) + 1
                self.user[operand] = value
        for number in numbers_in(self.values):
            for it in number.atoms():  # a value whose length is read has to be there
                self.uses[it.array] = self.uses.get(it.array, 0) + 2
        self.spelled_out = self._spelled_out(values)
        self.absorbed = set(self._absorbed())
        self.kept: list[Traced] = []
        self.position: dict[Traced, int] = {}
        depth: dict[Traced, int] = {}
        for value in self.values:
            depth[value] = 1 + max((depth.get(v, 0) for v in operands(value)), default=0)
            if self._is_line(value) or depth[value] > DEEPEST:
                depth[value] = 0
                self.position[value] = len(self.kept)
                self.kept.append(value)
        self.last_use = self._last_uses()
        self.storage: dict[Traced, Traced] = {}
        self.called: dict[Traced, str] = {}
        self.lines = [self._assigned(value) for value in self.spelled_out]
        self.lines += [line for value in self.kept for line in self._lines(value)]

    def is_line(self, value: Traced) -> bool:
        """Whether a value has a line, and so a name, of its own."""
        return value in self.position or value in self.spelled_out

    def last_line(self, value: Traced) -> Traced | None:
        """Return the last line that has to be there for a value to be written, None if none."""
        if value.operation is TAKE and self._unpacked(value.args[0]):
            whole: Traced = value.args[0]
            return whole
        if self.is_line(value):
            return value
        return self.latest(map(self.last_line, operands(value)))

    def latest(self, lines: Iterable[Traced | None]) -> Traced | None:
        """Return the last of some lines, None if there is none."""
        known = [line for line in lines if line is not None]
        place = lambda line: (self.position.get(line, -1), line.sequence)
        return max(known, key=place, default=None)

    # --- which values are lines ----------------------------------------------------------------

    def _spelled_out(self, values: Sequence[Traced]) -> list[Traced]:
        """Return the arrays that are written out in a line of their own: long, or used again."""
        arrays = [v for v in values if v.role == "constant" and np.size(v.value) > 1]
        return [v for v in arrays if v.name or self.uses.get(v, 0) > 1 or v.value.size > IN_PASSING]

    def _absorbed(self) -> Iterator[Traced]:
        """Yield what is placed into a sum: the line adds it there."""
        for value in self.values:
            placed = placed_sum(value)
            if placed is not None and self.uses[placed[1]] == 1:
                yield placed[1]

    def _is_line(self, value: Traced) -> bool:
        if value in self.absorbed or self._is_short(value):
            return value in self.outputs or bool(value.name and not value.backward)
        if value.operation is TAKE and not value.name and value not in self.outputs:
            return False
        return (
            (bool(value.name) and not self._is_summand(value))
            or value in self.outputs
            or self.uses.get(value, 0) > 1
            or self._writes(value)
            or value.part is not None
            or self._is_first_mask(value)
        )

    def _is_first_mask(self, value: Traced) -> bool:
        """Whether some elements are scaled, before others are set: as at a tie of ``maximum``."""
        user = self.user.get(value)
        return (
            scales_some(value)
            and user is not None
            and made_by(user, np.where)
            and user.args[2] is value
            and number_of(user.args[1]) is not None
        )

    def _is_summand(self, value: Traced) -> bool:
        """Whether an adjoint is only broadcast into another: a part of one expression."""
        return (
            value.backward
            and self.uses.get(value, 0) == 1
            and not same_shape(self.user[value].shape, value.shape)
            and made_by(self.user[value], *AUGMENTED)
        )

    def _is_short(self, value: Traced) -> bool:
        """Whether one would rather write it again than give it a name: ``W.T``, ``x[0]``."""
        if made_by(value, arange) or (not value.shape and not operands(value)):
            return True
        if made_by(value, *COMPARISONS) and number_of(value.args[1]) is not None:
            return isinstance(value.args[0], Traced) and self._has_name(value.args[0])
        if (made_by(value, operator.getitem) and picks_view(value.args[1])) or made_by(
            value, np.transpose, np.swapaxes
        ):
            return self._has_name(value.args[0])
        return False

    def _has_name(self, value: Traced) -> bool:
        return value.role == "input" or value in self.position

    def _writes(self, value: Traced) -> bool:
        placed = placed_sum(value)
        return made_by(value, operator.setitem, np.add.at, scatter) or (
            placed is not None and placed[1] in self.absorbed
        )

    # --- how long they are needed --------------------------------------------------------------

    def _last_uses(self) -> dict[Traced, int]:
        found: dict[Traced, int] = {}
        for i, value in enumerate(self.kept):
            stack = list(operands(value))
            seen: set[Traced] = set()
            while stack:
                operand = stack.pop()
                if operand in seen:
                    continue
                seen.add(operand)
                found[operand] = i
                if operand not in self.position:
                    stack.extend(operands(operand))
                elif is_view(operand):
                    stack.extend(operands(operand)[:1])  # the memory that it looks at
        for value in self.outputs:
            found[value] = _NOWHERE
        for value in reversed(self.values):
            if is_view(value):  # while it is needed, so is the memory that it looks at
                base = operands(value)[0]
                found[base] = max(found.get(base, -1), found.get(value, -1))
        return found

    def _may_overwrite(self, old: Any, value: Traced) -> bool:
        """Whether the line of `value` may write into the array of `old`."""
        return (
            self.in_place
            and isinstance(old, Traced)
            and old in self.position
            and not is_view(old)
            and old.part is None
            and self.last_use[old] == self.position[value]
            and old.backward == value.backward
            and (old.backward or not old.name or old.name == value.name)
            and self._same_name(self.called[self.storage[old]], value.name)
            and same_shape(old.shape, value.shape)
            and old.dtype == value.dtype
            and not self._is_another_gradient(old, value)
        )

    def _is_another_gradient(self, old: Traced, value: Traced) -> bool:
        """Whether a gradient that is returned would be called by another variable's name."""
        mine, other = value.adjoint_of, old.adjoint_of
        returned = value in self.outputs and mine is not None and mine.role == "input"
        return returned and other is not None and other is not mine and bool(other.name)

    def _same_name(self, storage: str, name: str) -> bool:
        return not storage or not name or storage == name

    def _put(self, value: Traced, old: Traced | None = None) -> None:
        """Give a value the storage of an old one, or one of its own."""
        place = self.storage[value] = self.storage[old] if old is not None else value
        self.called[place] = self.called.get(place) or value.name

    # --- the lines -----------------------------------------------------------------------------

    def _lines(self, value: Traced) -> Iterator[Line]:
        placed = placed_sum(value)
        if value.operation is TAKE and self._unpacked(value.args[0]):
            self._put(value)  # named in the line of the whole
        elif value.part is not None and (parts := self._unpacked(value)):
            self._put(value)
            yield Line(value, "unpack", operand=parts)
        elif made_by(value, operator.setitem):
            base, index, operand = value.args
            sign = "="
            if self._updates(value):
                sign, operand = augmentation(operand, operand.args[1])
            yield from self._write(Line(value, "set", base, index, operand, sign))
        elif made_by(value, np.add.at):
            base, index, operand = value.args
            form = "add" if picks_once(index) else "add.at"
            yield from self._write(Line(value, form, base, index, operand))
        elif placed is not None and placed[1] in self.absorbed:
            operand, index, _ = placed[1].args
            form = "add" if picks_once(index) else "add.at"
            yield from self._write(Line(value, form, placed[0], index, operand))
        elif made_by(value, scatter):
            operand, index, _ = value.args
            form = "set" if picks_once(index) else "add.at"
            self._put(value)
            yield Line(value, "begin", None)
            yield Line(value, form, None, index, operand)
        else:
            yield self._augmented(value) or self._masked(value) or self._assigned(value)

    def _assigned(self, value: Traced) -> Line:
        self._put(value)
        return Line(value, "=")

    def _updates(self, value: Traced) -> bool:
        """Whether an assignment puts back what it has taken there: ``t[i] += v``."""
        base, index, new = value.args
        if not self.in_place:
            return False
        if not made_by(new, *AUGMENTED) or new in self.position or self.uses[new] > 1:
            return False
        old = new.args[0]
        return (
            made_by(old, operator.getitem)
            and old.args[0] is base
            and same_index(old.args[1], index)
            and same_shape(old.shape, new.shape)
            and old.dtype == new.dtype == base.dtype
            and picks_once(index)
            and old not in self.position
        )

    def _unpacked(self, value: Traced) -> list[Traced] | None:
        """Return the parts of several results if each of them has a name."""
        parts = [v for v in self.values if v.operation is TAKE and v.args[0] is value]
        whole = bool(parts) and len(parts) == len(value.value)
        return parts if whole and all(part in self.position for part in parts) else None

    def _write(self, line: Line) -> Iterator[Line]:
        if self._may_overwrite(line.base, line.value):
            self._put(line.value, line.base)
        else:
            self._put(line.value)
            yield Line(line.value, "begin", line.base)
        yield line

    def _augmented(self, value: Traced) -> Line | None:
        operation = value.operation
        function = operation.called if operation is not None else None
        if function not in AUGMENTED:
            return None
        a, b = value.args
        pairs = [(a, b), (b, a)] if function in (np.add, np.multiply) else [(a, b)]
        for old, other in pairs:
            if not value.backward and getattr(old, "name", "") != value.name:
                continue  # the forward part is the user's: only what was in place stays so
            if old is not other and self._may_overwrite(old, value):
                self._put(value, old)
                sign, right = augmentation(value, other)
                return Line(value, sign, old, operand=right)
        return None

    def _masked(self, value: Traced) -> Line | None:
        if not made_by(value, np.where) or not value.shape:  # a NumPy scalar cannot be written into
            return None
        condition, a, b = value.args
        if not value.backward or not self._may_overwrite(b, value):
            return None
        if not same_shape(getattr(condition, "shape", ()), value.shape):
            return None
        sign = "="
        if scales_some(value):
            sign, a = augmentation(a, a.args[1])
        elif number_of(a) is None:
            return None
        self._put(value, b)
        return Line(value, "mask", b, condition, a, sign)


def unnamed_lines(values: Sequence[Traced], outputs: Collection[Traced]) -> set[Traced]:
    """Return the values that have a line of their own, but no name to give to it."""
    plan = Plan(values, outputs)
    return {line.value for line in plan.lines if not plan.called[plan.storage[line.value]]}
