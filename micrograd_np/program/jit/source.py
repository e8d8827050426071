"""The source that runs: buffers that are allocated once, and the lines that write into them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from micrograd_np import trees
from micrograd_np.program.jit.apart import check_apart
from micrograd_np.program.jit.arguments import Arguments, Written
from micrograd_np.program.jit.blocks import Group, Rows, grouped
from micrograd_np.program.jit.folding import Folded, reachable
from micrograd_np.program.jit.form import Form
from micrograd_np.program.jit.forms import Forms
from micrograd_np.program.jit.layout import layout
from micrograd_np.program.jit.lengths import Lengths
from micrograd_np.program.jit.loops import Loops
from micrograd_np.program.jit.memory import ALIGNMENT
from micrograd_np.program.jit.namespace import Namespace
from micrograd_np.program.jit.order import updates_first
from micrograd_np.program.jit.recording import Recorded, Slot
from micrograd_np.program.jit.storage import Place, Placing, roots_of
from micrograd_np.program.traced import Traced

Array = np.ndarray[Any, Any]
LARGE = 1 << 16
"""Bytes from which on an array that was made in a call is forgotten before its end."""


class Source:
    """What is written of a recorded call.

    Parameters
    ----------
    name
        What the function is called.
    recorded
        The call.
    namespace
        Where names come from.
    arguments
        How its arguments are taken apart.
    donated
        The inputs whose memory may be overwritten.

    Attributes
    ----------
    text
        The code.
    namespace
        What it knows besides.
    buffers, bytes
        How many buffers it has, and their size together.
    """

    def __init__(
        self,
        name: str,
        recorded: Recorded,
        arguments: Arguments,
        namespace: Namespace,
        donated: Sequence[Traced] = (),
    ) -> None:
        self.recorded = recorded
        self.arguments = arguments
        self.folded = Folded(recorded.values)
        guards = [value for value, _ in recorded.trace.guards]
        self.outputs = [self.folded.of(value) for value in recorded.outputs]
        self.lengths = Lengths(recorded.trace, self.folded)
        guards += self.lengths.arrays
        values = reachable(self.folded, [*self.outputs, *guards], recorded.values)
        self.names = self._names(namespace, values)
        self.forms = Forms(self.folded, self.names, namespace)
        computed = [v for v in values if v.operation is not None]
        forms = {value: self.forms(value) for value in computed}
        errstates = recorded.trace.errstates
        rows = Rows(self.folded, lambda value: bool(forms[value].into), errstates)
        barriers = {self.folded.of(value) for value in guards}
        roots = roots_of(values, self.folded)
        returned = {roots.get(value) for value in self.outputs}
        self.donated = self._matched([x for x in donated if x not in returned])
        values = updates_first(values, self.donated, self.folded.operands, barriers)
        self.steps = grouped(values, rows.of, self.folded.operands, barriers)
        self.groups = {v: g for g in self.steps if isinstance(g, Group) for v in g.values}
        self.values = list(self._flat())
        placing = Placing(
            self.values, self.outputs, self.folded, forms, self.donated, barriers, self.groups
        )
        self.storage, self.root, self.sunk = placing.storage, placing.root, placing.sunk
        self._name_storage()
        self.lines_of = {value: self.forms(value) for value in computed}
        self._steady: set[str] = set()
        """The names of views of buffers, which are made once."""
        self.buffers, self.bytes = len(self.storage.slabs), 0
        self.free = namespace.free
        self.loops = Loops(self)
        self.name = namespace.free(name)
        self.text = "\n".join(self._function(self.name)) + "\n"
        self.namespace = namespace.held

    # --- names -----------------------------------------------------------------------------------

    def _flat(self) -> Iterator[Traced]:
        for step in self.steps:
            yield from step.values if isinstance(step, Group) else [step]

    def _names(self, namespace: Namespace, values: Sequence[Traced]) -> dict[Traced, str]:
        names = dict(zip(self.recorded.inputs, self.arguments.leaves, strict=True))
        for value in values:
            if value not in names:
                names[value] = namespace.free(value.name or value.hint or "t")
                if value.role == "constant":
                    namespace.held[names[value]] = value.value
        return names

    def _name_storage(self) -> None:
        """Call values by one name that are in one array: by the user's, if there is one."""
        groups: dict[Traced, list[Traced]] = {}
        first: dict[Traced, Traced] = {}
        for value in self.values:
            place = self.storage.places.get(value)
            old = None
            if place is not None:
                old = place.given if place.over is None else place.over
            first[value] = value if old is None else first.get(old, old)
            groups.setdefault(first[value], []).append(value)
        for owner, group in groups.items():
            named = [value for value in group if value.name] or group
            name = self.names[owner if owner.role == "input" else named[0]]
            self.names.update(dict.fromkeys(group, name))

    def _matched(self, donated: Sequence[Traced]) -> dict[Traced, Traced]:
        """Return, by output, the argument whose memory it takes: best one it is computed from."""
        free = list(donated)
        found: dict[Traced, Traced] = {}
        for close in (True, False):
            for value in dict.fromkeys(self.outputs):
                if value in found or value.operation is None or value in self.folded.static:
                    continue
                for given in free:
                    same = given.shape == value.shape and given.dtype == value.dtype
                    if same and (not close or given in self.folded.operands(value)):
                        found[value] = given
                        free.remove(given)
                        break
        return found

    # --- lines -----------------------------------------------------------------------------------

    def _function(self, name: str) -> Iterator[str]:
        yield f"def {name}(idle):"
        yield "    def workspace():"
        body = list(self._indented(8, self._buffers()))
        yield from body
        inputs = ", ".join(self.names[v] for v in self.recorded.inputs)
        yield f"        def run({inputs}):"
        yield from self._indented(12, self._body())
        yield ""
        yield "        return run"
        yield ""
        yield f"    def call({self.arguments.signature}):"
        yield from self._indented(8, self.arguments.lines())
        for tensor, value in self.recorded.outside:
            if value in self.names:
                yield (
                    f"        if {self.forms.hold(tensor, 'tensor')}._value is not "
                    f"{self.names[value]}: return MISS"
                )
        if self.donated:
            given = [self.names[v] for v in self.donated.values()]
            read = [v for v in self.recorded.inputs if not v.is_python_number]
            read += [v for v in self.values if v.role == "constant" and v.ndim]
            others = [self.names[v] for v in read if self.names[v] not in given]
            check = self.forms.hold(check_apart)
            yield f"        {check}({len(given)}, {', '.join([*given, *others])})"
        yield "        try:"
        yield "            run = idle.pop()"
        yield "        except IndexError:"
        yield "            run = workspace()"
        yield "        try:"
        yield f"            return run({inputs})"
        yield "        finally:"
        yield "            idle.append(run)"
        yield ""
        yield "    return call"

    @staticmethod
    def _indented(width: int, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            yield " " * width + line if line else ""

    def _buffers(self) -> Iterator[str]:
        array = self.forms.hold(np.ndarray)
        memory, whole = [], 0
        for slab in self.storage.slabs:
            memory.append(whole)
            whole += -(-slab.size // ALIGNMENT) * ALIGNMENT
        self.bytes = whole
        if whole:
            aligned = self.forms.hold(_aligned, "memory")
            yield f"buffer = {aligned}({whole})"
        for value in self.values:
            place = self.storage.places.get(value)
            if place is None:
                continue
            if place.kind in ("buffer", "block") and place.over is None:
                assert place.slab is not None
                a: Array = value.value
                shape = a.shape
                if place.kind == "block":
                    group = self.groups[value]
                    shape = (min(group.block, group.rows), *shape[1:])
                yield (
                    f"{self.names[value]} = {array}({shape}, {self.forms.hold(a.dtype)}, buffer, "
                    f"{memory[place.slab.number]}, {layout(value).strides})"
                )
            elif place.kind == "view":
                yield f"{self.names[value]} = {self.lines_of[value].call}"
            if self._has_steady_parts(value):
                yield from self._parts(value)
                self._steady.update(name for name, _ in self.lines_of[value].parts)
        yield from self.loops.setup()
        yield ""

    def _has_steady_parts(self, value: Traced) -> bool:
        """Whether the views that a line is written with are of buffers."""
        form = self.lines_of.get(value)
        if form is None or not form.parts:
            return False
        kinds = [
            self.storage.places[v].kind
            for v in (value, *self.folded.operands(value))
            if v in self.storage.places
        ]
        inputs = any(v.operation is None for v in self.folded.operands(value))
        return not inputs and all(kind in ("buffer", "view", "shared") for kind in kinds)

    def _parts(self, value: Traced) -> Iterator[str]:
        out = self.names[value]
        for name, view in self.lines_of[value].parts:
            if name not in self._steady:
                yield f"{name} = {view}".format(out=out)

    def _body(self) -> Iterator[str]:
        guards = self._guards()
        state: Mapping[str, str] | None = None
        for value in self.values:
            lines: list[str] = []
            group = self.groups.get(value)
            if group is not None:
                if value is group.values[-1]:
                    lines += self.loops.lines(group)
            elif value.operation is not None:
                lines += self._statement(value, self.lines_of[value], self.storage.places[value])
            wanted = self.recorded.trace.errstates.get(value)
            if lines and wanted != state:
                state = wanted
                if wanted is not None:
                    options = ", ".join(f"{key}={item!r}" for key, item in wanted.items())
                    yield f"with {self.forms.hold(np.errstate)}({options}):"
            indent = "    " if state is not None else ""
            yield from (indent + line for line in lines)
            yield from (indent + line for line in guards.get(value, ()))
            computed = [value] if group is None else group.values if lines else []
            for one in computed:
                yield from (indent + line for line in self.lengths.after(one, self.forms))
            if group is None:
                yield from (indent + line for line in self.forgotten([value]))
        result = self._result()
        yield from self._late()
        yield f"return {result}"

    def _statement(self, value: Traced, form: Form, place: Place) -> Iterator[str]:
        """Yield the lines that compute a value, and forget what nobody reads any more."""
        name = self.names[value]
        if place.kind == "call":
            yield f"{name} = {form.call}"
        elif place.kind != "view":
            if place.kind == "fresh" and place.over is None:
                yield self.fresh(value)
            if form.parts and not self._has_steady_parts(value):
                yield from self._parts(value)
            yield from self.into(form, name, place)

    def fresh(self, value: Traced) -> str:
        """Return the line that makes the array of a value in each call."""
        a: Array = value.value
        array, dtype = self.forms.hold(np.ndarray), self.forms.hold(a.dtype)
        return (
            f"{self.names[value]} = {array}({a.shape}, {dtype}, None, 0, {layout(value).strides})"
        )

    def forgotten(self, values: Sequence[Traced]) -> Iterator[str]:
        """Yield a line that forgets large arrays that nobody reads after some values."""
        dead = [v for value in values for v in self.storage.dies.get(value, ())]
        asked = self.lengths.arrays  # for their lengths, later
        names = [self.names[v] for v in dead if self._is_large(v) and v not in asked]
        if names:
            yield f"del {', '.join(names)}"

    def _is_large(self, value: Traced) -> bool:
        """Whether a value is made anew in each call, and takes much memory."""
        place = self.storage.places.get(value)
        anew = place is not None and place.kind in ("call", "fresh") and value not in self.sunk
        return anew and isinstance(value.value, np.ndarray) and value.value.nbytes > LARGE

    def into(self, form: Form, out: str, place: Place) -> Iterator[str]:
        """Yield the lines that write into an array, but one that would copy it onto itself."""
        old = place.given if place.over is None else place.over
        skipped = 1 if old is not None and old is form.changes else 0
        for line in form.into[skipped:]:
            yield line.format(out=out)

    def _guards(self) -> dict[Traced, list[str]]:
        found: dict[Traced, list[str]] = {}
        for value, decided in self.recorded.trace.guards:
            value = self.folded.of(value)
            if value in self.folded.static:
                continue
            line = f"if {'not ' if decided else ''}{self.names[value]}:"
            lines = found.setdefault(value, [])
            if f"{line} return MISS" not in lines:
                lines.append(f"{line} return MISS")
        return found

    def _result(self) -> str:
        given: set[Traced] = set()

        def text(_place: trees.Place, leaf: Any) -> Any:
            if not isinstance(leaf, Slot):
                if isinstance(leaf, (list, tuple)):  # of numbers: the caller may change it
                    return Written(f"{self.forms.hold(copy.deepcopy)}({self.forms.hold(leaf)})")
                return Written(repr(leaf) if _is_literal(leaf) else self.forms.hold(leaf))
            value = self.folded.of(leaf.value)
            if type(value.value) is int:
                return Written(self.forms.text(value))
            written = self._returned(value, given)
            given.add(self.root.get(value, value))
            return Written(self.arguments.wrapped(written))

        return self.arguments.built(trees.mapped(text, self.recorded.result))

    def _late(self) -> Iterator[str]:
        """Yield the lines that copy into arguments what could not be written there at once."""
        for value, argument in self.donated.items():
            if self.storage.places[value].kind != "given":
                copyto = self.forms.hold(np.copyto)
                yield f"{copyto}({self.names[argument]}, {self.names[value]})"

    def _returned(self, value: Traced, given: set[Traced]) -> str:
        array = self.forms.hold(np.array)
        if value in self.folded.static or value.operation is None:
            return f"{array}({self.forms.text(value)})"
        place = self.storage.places[value]
        root = self.root[value]
        if root in given:
            return f"{array}({self.names[value]})"
        if value in self.donated:
            return self.names[self.donated[value]]
        if place.kind in ("given", "fresh"):
            return self.names[value]
        if not value.shape or not isinstance(root.value, np.ndarray):
            return f"{array}({self.names[value]})"
        if self._is_own(root) and value.value.nbytes * 2 > root.value.nbytes:
            return self.names[value]
        return f"{array}({self.names[value]})"

    def _is_own(self, root: Traced) -> bool:
        """Whether an array is made anew in each call, and looks at no other."""
        place = self.storage.places.get(root)
        if place is None or place.kind not in ("call", "fresh"):
            return False
        return not layout(root).looked_at


def _is_literal(leaf: Any) -> bool:
    return leaf is None or type(leaf) in (bool, int, str)


def _aligned(size: int) -> Any:
    """Return memory that begins where a vector instruction would have it."""
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size]
