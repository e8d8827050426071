"""A program as a Python function in plain NumPy."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from micrograd_np.program.names import RESERVED, free_name
from micrograd_np.program.numbers import Atom, Axis, Number, canonical, of
from micrograd_np.program.printing.guards import Guards
from micrograd_np.program.printing.idioms import is_fresh, is_view
from micrograd_np.program.printing.layout import folded
from micrograd_np.program.printing.plan import Line, Plan
from micrograd_np.program.printing.python import Writer, index_text
from micrograd_np.program.record import Record, numbers_in
from micrograd_np.program.traced import Traced

WIDTH = 84
"""The longest line of code, indentation and comment not counted in."""

WIDEST = 96
"""The longest line with its comment, indentation not counted in."""

COLUMN = 60
"""Up to where the comments of a block are aligned."""


def source(program: Record) -> str:
    """Return the whole function: forward, and backward where there is one."""
    page = Page(program, [*program.values], program.returned)
    body = [*page.opening(), *page.statements(backward=False)]
    if program.gradients:
        body += page.seed_guard()
        body += ["", *page.statements(backward=True)]
    return function("numpy as np", page, body)


def function(imports: str, page: Page, body: list[str]) -> str:
    """Return a Python function with `body`, which returns what the page does."""
    given = ", ".join(page.names[value] for value in page.program.inputs)
    head = folded(f"def {page.function_name}({given}):", WIDTH + 4)
    body += folded(f"return {', '.join(page.results())}", WIDTH)
    lines = [f"import {imports}", "", "", *head, *(f"    {line}" if line else "" for line in body)]
    return "\n".join(lines) + "\n"


class Page:
    """What is written, with the names that are used in it."""

    def __init__(
        self, program: Record, values: list[Traced], outputs: list[Traced], in_place: bool = True
    ) -> None:
        self.program = program
        self.outputs = outputs
        self.plan = self.make_plan(values, outputs, in_place)
        self.names = storage_names(program, self.plan)
        self.sizes = _size_names(program, values, set(self.names.values()))
        self.writer = self.make_writer()
        seen = self.seen(values)
        self.guards = Guards(program, seen, self.plan, self.writer, self.sizes, WIDTH)

    def make_plan(
        self, values: Sequence[Traced], outputs: Collection[Traced], in_place: bool
    ) -> Plan:
        """Return which values become lines."""
        return Plan(values, outputs, in_place)

    def make_writer(self) -> Writer:
        """Return what writes expressions."""
        return Writer(self.plan, self.names, self.sizes)

    def seen(self, values: list[Traced]) -> set[Traced]:
        """Return the values whose lengths may be looked at."""
        return set(values)

    @property
    def function_name(self) -> str:
        """What the function is called: by its result."""
        if not self.program.gradients:
            return "run"
        return f"{self.program.results[0].name or 'value'}_and_gradients"

    def opening(self) -> list[str]:
        """Return the lines before the first statement."""
        return [*self.docstring(self.program), *self.lengths(), *self.guards.after(None)]

    def docstring(self, program: Record) -> Iterator[str]:
        """Say what the function takes and returns."""
        results = ", ".join(self.names[v] for v in program.results)
        of = ", ".join(self.names[v] for v in program.wanted)
        its = "its gradients" if len(program.wanted) > 1 else "its gradient"
        text = f"Return {results}" + (f" and {its} with respect to {of}." if of else ".")
        first, *more = textwrap.wrap(text, WIDTH - 3)
        yield f'"""{first}'
        yield from more
        yield ""
        for value in program.inputs:
            kind = "" if value.dtype.kind == "f" else f", {value.dtype}"
            shape = "a number" if value.is_python_number else f"shape {self.shape(value)}"
            yield f"{self.names[value]}: {shape}{kind}"
        yield '"""'

    def seed_guard(self) -> Iterator[str]:
        """Refuse a gradient to begin with that does not have the shape of the result."""
        for seed in self.program.inputs:
            if seed.is_seed:
                result = self.writer.text(self.program.results[0])
                yield from self.guards.seed(self.names[seed], result)

    def lengths(self) -> Iterator[str]:
        """Give the lengths that are used their names."""
        for it, name in self.sizes.items():
            if isinstance(it, Axis):
                yield f"{name} = {self.names[it.array]}.shape[{it.axis}]"

    def statements(self, backward: bool) -> list[str]:
        """Return the lines of the forward or of the backward part, with their shapes."""
        found = [
            (self.code(line), line) for line in self.plan.lines if line.value.backward == backward
        ]
        short = [len(parts[0]) for parts, _ in found if len(parts) == 1]
        width = max((n for n in short if n <= COLUMN), default=0)
        lines: list[str] = []
        for parts, line in found:
            comment = f"  # {self.shape(line.value)}" if line.form in ("=", "begin") else ""
            last = f"{parts[-1]:{width if len(parts) == 1 else 0}}{comment}".rstrip()
            if len(last) > WIDEST:
                parts, last = [comment.strip(), *parts], parts[-1]
            lines += [*parts[:-1], last]
            lines += self.guards.after(line.value) if line.form in ("=", "unpack") else ()
        return lines

    def shape(self, value: Traced) -> str:
        """Return a shape with the names of the lengths that have one."""
        lengths = [self.length(n) for n in value.shape]
        return f"({', '.join(lengths)}{',' if len(lengths) == 1 else ''})"

    def length(self, n: Any) -> str:
        """Return a length as a comment has it: by name if it has one."""
        n = canonical(n)
        if isinstance(n, Number) and n.coefficient == 1 and len(n.factors) == 1:
            ((it, power),) = n.factors.items()
            if power == 1 and it in self.sizes:
                return self.sizes[it]
        return str(n)

    def code(self, line: Line) -> list[str]:
        """Return one line of the plan as lines of code."""
        return folded(self.line(line), WIDTH)

    def line(self, line: Line) -> str:
        """Return one line of code."""
        name, write = self.names[line.value], self.writer
        if line.form == "=":
            return f"{name} = {write.expression(line.value)}"
        if line.form == "begin":
            return f"{name} = {self.beginning(line)}"
        if line.form == "unpack":
            parts = [self.names[part] for part in line.operand]
            comma = "," if len(parts) == 1 else ""
            return f"{', '.join(parts)}{comma} = {write.expression(line.value)}"
        operand = write.text(line.operand)
        if line.form == "mask":
            return f"{name}[{write.text(line.index)}] {line.sign} {operand}"
        if line.form == "add.at":
            return f"np.add.at({name}, {write.argument(line.index)}, {operand})"
        if line.form in ("set", "add"):
            target = f"{name}[{index_text(write, line.index)}]"
            if line.form == "set":
                return f"{target} {line.sign} {operand}"
            tree = write.tree(line.operand)
            positive = _without_sign(tree)
            return f"{target} {'+=' if positive is None else '-='} {ast.unparse(positive or tree)}"
        return f"{name} {line.form} {operand}"

    def beginning(self, line: Line) -> str:
        """Return the array that the next line writes into: never one that is needed later."""
        base, write = line.base, self.writer
        if base is None:
            shape = ast.unparse(write.shape(line.value, line.value.args[2]))
            dtype = "" if line.value.dtype == float else f", dtype=np.{line.value.dtype.name}"
            return f"np.zeros({shape}{dtype})"
        if base.role == "number":
            return f"np.full((), {write.text(base)}, dtype=np.{base.dtype.name})"
        if not base.shape:
            return f"np.array({self.writer.text(base)})"  # a NumPy scalar cannot be written into
        if is_fresh(base) and not self.plan.is_line(base):
            return self.writer.text(base)
        return f"{self.writer.text(base)}.copy()"

    def results(self) -> list[str]:
        """Return what is returned: an array that stands there twice is copied."""
        seen: set[str] = set()
        found = []
        for value in self.outputs:
            text = self.writer.text(value)
            if value.role == "number":
                text = f"np.{value.dtype.name}({text})"
            held = value.role in ("input", "constant") and not value.is_python_number
            again = text in seen or held or is_view(value)
            found.append(f"{text}.copy()" if again else text)
            seen.add(text)
        return found


def _without_sign(tree: ast.expr) -> ast.expr | None:
    """Return an expression without the minus that it begins with, None if there is none."""
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return tree.operand
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Mult, ast.Div)):
        left = _without_sign(tree.left)
        return ast.BinOp(left, tree.op, tree.right) if left is not None else None
    return None


def storage_names(program: Record, plan: Plan) -> dict[Traced, str]:
    """Return the name of every line's storage: that of its values if it has but one name."""
    names = dict(program.names)
    groups: dict[Traced, list[Traced]] = {}
    for value, storage in plan.storage.items():
        groups.setdefault(storage, []).append(value)
    raw: dict[str, list[Traced]] = {}
    for storage, members in groups.items():
        for name in {v.name for v in members if v.name}:
            raw.setdefault(name, []).append(storage)
    taken = {names[v] for v in program.inputs} | RESERVED
    known = {name: value for value, name in names.items()}  # what the program means by a name
    for members in groups.values():
        named = [v for v in members if v.name] or members
        name = names[named[0]]
        short = named[0].name
        origin = named[0].adjoint_of
        if short and origin is not None and not named[0].suffix:
            short = f"d{names[origin]}"  # h_2 has dh_2, though it may be the only one
        elif len(raw.get(short, ())) != 1:
            short = ""
        if short and short not in taken and known.get(short, named[0]) in members:
            name = short
        name = free_name(name, taken)
        for value in members:
            names[value] = name
    return names


def _size_names(program: Record, values: list[Traced], taken: set[str]) -> dict[Atom, str]:
    """Return the names of lengths that the user gave and that are used."""
    used: set[Atom] = set()
    for number in numbers_in(values):
        used |= of(canonical(number)).atoms()
    found: dict[Atom, str] = {}
    for it, name in program.trace.size_names.items():
        it = program.trace.representative(it)
        of_input = isinstance(it, Axis) and it.array.role == "input"
        if of_input and it in used and it not in found and name not in taken:
            found[it] = name
            taken.add(name)
    return found
