"""The loops over blocks of rows, as code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from micrograd_np.program.jit.blocks import Group, is_sliced, spans
from micrograd_np.program.traced import Traced

if TYPE_CHECKING:
    from micrograd_np.program.jit.source import Source


class Loops:
    """Writes a loop for each group of lines.

    What is there before a call is cut into blocks once; arguments, and arrays that are made in a
    call, in the loop.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.rows: dict[tuple[Group, str], str] = {}
        self.blocks: dict[Group, str] = {}
        groups = dict.fromkeys(source.groups.values())
        self.steady: dict[Group, dict[str, str]] = {group: {} for group in groups}
        self.varying: dict[Group, dict[str, str]] = {group: {} for group in groups}
        for group in groups:
            self.blocks[group] = source.free("blocks")
            self._cut(group)

    def _cut(self, group: Group) -> None:
        """Give names to the blocks of what a group reads and writes."""
        for value in group.values:
            operands = self.source.folded.operands(value)
            for x in [*(x for x in operands if is_sliced(x, value)), value]:
                self._name(group, x)

    def _name(self, group: Group, x: Traced) -> None:
        source = self.source
        static = x in source.folded.static
        place = source.storage.places.get(x)
        name = source.forms.text(x)
        if (group, name) in self.rows:
            return
        in_group = source.groups.get(x) is group
        if in_group and place is not None and place.kind == "call":
            self.rows[group, name] = source.free(f"{name}_rows")  # a view, made in the loop
        elif place is not None and place.kind == "block":
            self.rows[group, name] = name
            self.steady[group][name] = f"{name}[: end - start]"
        else:
            part = self.rows[group, name] = source.free(f"{name}_rows")
            lasting = static or (place is not None and place.kind in ("buffer", "view", "shared"))
            if lasting:
                self.steady[group][part] = f"{name}[start:end]"
            else:
                self.varying[group][part] = f"{name}[rows]"

    def setup(self) -> Iterator[str]:
        """Yield the lines that cut buffers into blocks."""
        for group, blocks in self.blocks.items():
            cut = self.source.forms.hold(spans)
            items = ", ".join(["slice(start, end)", *self.steady[group].values()])
            yield f"{blocks} = ["
            yield f"    ({items},)"
            yield f"    for start, end in {cut}({group.rows}, {group.block})"
            yield "]"

    def lines(self, group: Group) -> Iterator[str]:
        """Yield the loop of a group."""
        source = self.source
        for value in group.values:
            place = source.storage.places[value]
            if place.kind == "fresh" and place.over is None:
                yield source.fresh(value)
        body = [line for value in group.values for line in self._statement(group, value)]
        if body:
            names = ", ".join(["rows", *self.steady[group]])
            yield f"for {names}{',' if not self.steady[group] else ''} in {self.blocks[group]}:"
            for part, text in self.varying[group].items():
                yield f"    {part} = {text}"
            yield from (f"    {line}" for line in body)
        yield from self._views(group)
        yield from source.forgotten(group.values)

    def _statement(self, group: Group, value: Traced) -> Iterator[str]:
        source = self.source
        place = source.storage.places[value]
        if place.kind == "view":
            return
        out = self.rows[group, source.forms.text(value)]
        sliced = {
            x: self.rows.get((group, source.forms.text(x)), "")
            for x in source.folded.operands(value)
            if is_sliced(x, value)
        }
        form = source.forms.within({x: name for x, name in sliced.items() if name}, value)
        if place.kind == "call":
            yield f"{out} = {form.call}"
        else:
            yield from source.into(form, out, place)

    def _views(self, group: Group) -> Iterator[str]:
        """Yield the lines that make whole views for those who read them after the loop."""
        source = self.source
        last = {v: i for i, v in enumerate(source.values)}[group.values[-1]]
        after = {x for v in source.values[last + 1 :] for x in source.folded.operands(v)}
        after.update(source.outputs)
        wanted = []
        for value in reversed(group.values):
            if source.storage.places[value].kind == "call" and value in after:
                wanted.append(f"{source.names[value]} = {source.lines_of[value].call}")
                after.update(source.folded.operands(value))
        yield from reversed(wanted)
