"""Where the values of a program are kept: in memory that is used again as soon as it is free."""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from micrograd_np.program.jit.blocks import Group, is_sliced
from micrograd_np.program.jit.folding import Folded, reads
from micrograd_np.program.jit.form import Form, is_fixed
from micrograd_np.program.jit.layout import layout
from micrograd_np.program.jit.memory import Memory, Slab
from micrograd_np.program.printing.idioms import picks_view
from micrograd_np.program.traced import Traced

LARGE = 1 << 16
"""Bytes from which on a result is computed in the array that is returned."""
_NEVER = math.inf


@dataclass
class Place:
    """Where a value is kept.

    Attributes
    ----------
    kind
        ``"buffer"``: in a slab, at all times. ``"view"``: a view of a buffer, made once.
        ``"fresh"``: in an array that is made in each call, and written into. ``"call"``: in what
        a call returns. ``"given"``: in the memory of an argument that may be overwritten.
        ``"shared"``: in that of the operand `over`, which it changes. ``"block"``: in a slab that
        holds a block of its rows at a time.
    slab
        Which, for a buffer.
    over
        The operand that it takes the memory of, if any.
    given
        The argument that it takes the memory of.
    """

    kind: str
    slab: Slab | None = None
    over: Traced | None = None
    given: Traced | None = None


@dataclass
class Storage:
    """What is kept where.

    Attributes
    ----------
    places
        By value.
    slabs
        All memory.
    dies
        The values whose memory is not needed any more after a value is computed.
    """

    places: dict[Traced, Place] = field(default_factory=dict)
    slabs: list[Slab] = field(default_factory=list)
    dies: dict[Traced, list[Traced]] = field(default_factory=dict)


def roots_of(values: Sequence[Traced], folded: Folded) -> dict[Traced, Traced]:
    """Return, for each value, the one whose memory it may look at: itself if it has its own."""
    found: dict[Traced, Traced] = {}
    for value in values:
        found[value] = value
        if value.operation is None:
            continue
        for operand in folded.operands(value):
            if operand in found and _may_look_at(value, operand):
                found[value] = found[operand]
                break
    return found


def _may_look_at(value: Traced, operand: Traced) -> bool:
    """Whether a value may be a view of an operand, in this call or another."""
    operation = value.operation
    if operation is not None and operation.called is operator.getitem:
        return picks_view(value.args[1])
    if operation is not None and operation.view:
        return True
    return is_view_of(value, operand)


def is_view_of(value: Traced, operand: Traced) -> bool:
    """Whether a value was a view of an operand in the recorded call."""
    given = reads(value)
    return any(given[i] is operand for i in layout(value).looked_at)


class Placing:
    """Gives each value its place.

    Parameters
    ----------
    values
        In the order in which they are computed.
    outputs
        Those that are returned.
    folded
        What is not computed.
    forms
        How each is computed.
    donated
        By output, the argument whose memory it takes.
    guards
        Values that decide whether the program holds: before them no argument may be overwritten.
    groups
        By value, the lines that are computed with it, a block of rows after the other.
    """

    def __init__(
        self,
        values: Sequence[Traced],
        outputs: Collection[Traced],
        folded: Folded,
        forms: Mapping[Traced, Form],
        donated: Mapping[Traced, Traced],
        guards: Collection[Traced],
        groups: Mapping[Traced, Group],
    ) -> None:
        self.groups = groups
        self.folded = folded
        self.forms = forms
        self.donated = donated
        self.order = {value: i for i, value in enumerate(values)}
        self.root = roots_of(values, folded)
        self.guarded = max((self.order[v] for v in guards if v in self.order), default=-1)
        self.outer = {self.root[value] for value in outputs if value in self.root}
        self.last = self._last_uses(values, outputs)
        self._share(values, outputs)
        self.storage = Storage()
        self.sunk: dict[Traced, Traced | None] = {}
        """What is computed in the array that is returned: the operand each is written over."""
        for value in outputs:
            self._sink(value)
        self.memory = Memory(self.storage.slabs)
        self.in_blocks: list[Slab] = []
        """What is free of the memory of blocks, within a group."""
        self.later: list[Slab] = []
        """What is free after the group: other rows of it are still to be read."""
        for value in values:
            if value.operation is not None:
                self.storage.places[value] = self._placed(value)
                self._release(value)

    def _last_uses(
        self, values: Sequence[Traced], outputs: Collection[Traced]
    ) -> dict[Traced, float]:
        found: dict[Traced, float] = {}
        for i, value in enumerate(values):
            found.setdefault(self.root[value], i)
            for operand in self.folded.operands(value):
                if operand in self.root:
                    found[self.root[operand]] = i
        for value in outputs:
            if value in self.root:
                found[self.root[value]] = _NEVER
        return found

    def _share(self, values: Sequence[Traced], outputs: Collection[Traced]) -> None:
        """Let what changes an array that nobody reads any more have its memory."""
        self.shares: dict[Traced, Traced] = {}
        for value in values:
            if value not in self.forms or self.root[value] is not value:
                continue
            form = self.forms[value]
            views = [x for x in form.over if self.root.get(x, x) is not x]
            for old in [form.changes, *views]:
                if old is not None and old in self.order and self._may_share(value, old):
                    self.shares[value] = old
                    root = self.root[old]
                    for other in [v for v, r in self.root.items() if r is value]:
                        self.root[other] = root
                    self.last = self._last_uses(values, outputs)
                    break

    def _may_share(self, value: Traced, old: Traced) -> bool:
        root = self.root[old]
        if root.operation is None or not self.forms[root].into or not _has_one_layout(root):
            return False
        kept = value in self.outer or value in self.donated
        return not kept and self._may_replace(value, old) and self._is_whole(old, root)

    def _may_replace(self, value: Traced, old: Traced) -> bool:
        """Whether a value is laid out as an operand that nobody reads after it, nor beside it."""
        return (
            old.dtype == value.dtype
            and old.shape == value.shape
            and layout(old).strides == layout(value).strides
            and self.last[self.root[old]] == self.order[value]
            and not self._is_read_whole(old, value)
            and self._reads_as_it_is(value, old)
        )

    def _sink(self, value: Traced) -> None:
        """Let a large result be computed in the array that is returned, from its start on."""
        array = value.value
        if value not in self.forms or value in self.donated or value in self.sunk:
            return
        if not isinstance(array, np.ndarray) or array.nbytes < LARGE or not self._has_lines(value):
            return
        chain = [value]
        while (old := self._sinkable(chain[-1])) is not None:
            chain.append(old)
        if len(chain) > 1:
            self.sunk.update(zip(chain, [*chain[1:], None], strict=True))

    def _has_lines(self, value: Traced) -> bool:
        is_own = self.root[value] is value and value not in self.shares
        return is_own and bool(self.forms[value].into) and _has_one_layout(value)

    def _sinkable(self, value: Traced) -> Traced | None:
        """Return an operand that dies where a value is computed, and may have its array."""
        shared = {self.root[x] for x in self.shares}
        for old in self.forms[value].over:
            if (
                old in self.forms
                and self._has_lines(old)
                and old not in shared
                and old not in self.outer
                and old not in self.donated
                and self._may_replace(value, old)
            ):
                return old
        return None

    def _is_whole(self, value: Traced, root: Traced) -> bool:
        """Whether a value is in all of the memory of another."""
        while value is not root:
            changed = self.shares.get(value)
            operand = self.folded.operands(value)[0] if changed is None else changed
            if changed is None and not is_view_of(value, operand):
                return False
            if operand not in self.root or value.value.nbytes != operand.value.nbytes:
                return False
            value = operand
        return True

    def _placed(self, value: Traced) -> Place:
        form = self.forms[value]
        root = self.root[value]
        if value in self.shares:
            old = self.shares[value]
            known = self.storage.places[old]
            if known.kind == "block":
                return Place("block", known.slab, old)
            if known.kind in ("buffer", "view", "shared"):
                return Place("shared", over=old)
            return Place("call")
        if value in self.sunk:
            return Place("fresh", over=self.sunk[value])
        if root is not value:
            return Place("view" if self._is_made_once(value) else "call")
        if not form.into or not _has_one_layout(value):
            return Place("call")
        if value in self.donated:
            given = self.donated[value]
            if self._may_take(value, given, form):
                return Place("given", given=given)
            return Place("buffer", self.memory.take(value.value.nbytes))  # it is copied at the end
        if value in self.outer and value in self.groups:
            return Place("fresh")
        if value in self.outer:
            return Place("call" if len(form.into) == 1 and "{out}" in form.into[0] else "fresh")
        over = self._overwritten(value, form)
        if over is not None:
            known = self.storage.places[over]
            return Place(known.kind, known.slab, over)
        if self._is_brief(value):
            group = self.groups[value]
            rows = value.value.nbytes // group.rows * min(group.block, group.rows)
            return Place("block", self.memory.take(rows, self.in_blocks))
        return Place("buffer", self.memory.take(value.value.nbytes))

    def _may_take(self, value: Traced, given: Traced, form: Form) -> bool:
        """Whether a value may be written over an argument, which is not read after that."""
        now, last = self.order[value], self.last.get(given, -1)
        if last > now or self.guarded >= now or self._is_read_whole(given, value):
            return False
        if last < now:
            return True
        changes = form.changes is None or form.changes is given
        return given in form.over and changes and self._reads_as_it_is(value, given)

    def _reads_as_it_is(self, value: Traced, old: Traced) -> bool:
        """Whether a line reads the memory of an operand as that operand alone, not as a view."""
        root = self.root.get(old, old)
        return all(x is old or self.root.get(x, x) is not root for x in self.folded.operands(value))

    def _is_made_once(self, value: Traced) -> bool:
        """Whether a value is a view of a buffer, and of the same part of it in all calls."""
        looked_at = 0
        for operand in self.folded.operands(value):
            if operand in self.folded.static:
                continue
            place = self.storage.places.get(operand)
            if place is None or place.kind not in ("buffer", "view", "shared"):
                return False
            if not isinstance(value.value, np.ndarray) or not is_view_of(value, operand):
                return False
            looked_at += 1
        return looked_at == 1

    def _is_read_whole(self, old: Traced, value: Traced) -> bool:
        """Whether others of a value's group read all of an array, or other rows than a block's."""
        group = self.groups.get(value)
        return group is not None and any(
            self.root.get(x) is self.root.get(old)
            and (not is_sliced(x, other) or self._has_other_rows(x))
            for other in group.values
            for x in self.folded.operands(other)
        )

    def _has_other_rows(self, value: Traced) -> bool:
        """Whether a value is a view whose rows may be others than those of the memory."""
        while self.root.get(value, value) is not value:
            operation = value.operation
            if value in self.shares:
                value = self.shares[value]
            elif operation is not None and operation.called is np.reshape:
                value = self.folded.operands(value)[0]
            else:
                return True
        return False

    def _is_brief(self, value: Traced) -> bool:
        """Whether a value of a group is read in that group alone."""
        group = self.groups.get(value)
        return group is not None and self.last[value] <= self.order[group.values[-1]]

    def _overwritten(self, value: Traced, form: Form) -> Traced | None:
        """Return the operand whose buffer a value takes over."""
        kinds = ("buffer", "block") if self._is_brief(value) else ("buffer",)
        for old in form.over:
            place = self.storage.places.get(old)
            if place is not None and place.kind in kinds and self._may_replace(value, old):
                return old
        return None

    def _free(self, value: Traced, kind: str, slab: Slab) -> None:
        """Note that a piece of memory is free after a value is computed."""
        if value not in self.groups:
            self.memory.give([slab])
            return
        known = self.in_blocks if kind == "block" else self.later
        if slab not in known:
            known.append(slab)

    def _release(self, value: Traced) -> None:
        """Note what is not needed after a value is computed."""
        now = self.order[value]
        mine = self.storage.places[value]
        dead = []
        for root in dict.fromkeys(
            self.root[v] for v in (value, *self.folded.operands(value)) if v in self.root
        ):
            if self.last[root] == now:
                dead.append(root)
                place = self.storage.places.get(root)
                if place is None or place.kind not in ("buffer", "block") or place.slab is None:
                    continue
                if mine.slab is not place.slab or value is root:
                    self._free(value, place.kind, place.slab)
        group = self.groups.get(value)
        if group is not None and value is group.values[-1]:
            self.memory.give([*self.in_blocks, *self.later])
            self.in_blocks, self.later = [], []
        self.storage.dies[value] = dead


def _has_one_layout(value: Traced) -> bool:
    """Whether an array has the same shape in all calls, and memory for each of its elements."""
    array = value.value
    return (
        isinstance(array, np.ndarray)
        and array.ndim > 0
        and array.size > 0
        and is_fixed(value)
        and layout(value).is_dense
        and array.dtype.kind in "biufc"
    )
