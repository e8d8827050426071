"""The forward part of a program as a Python function in torch."""

from __future__ import annotations

import ast
import operator
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy import empty, eye, full, identity, ones, zeros

from micrograd_np.program.printing.idioms import is_fresh
from micrograd_np.program.printing.layout import folded
from micrograd_np.program.printing.plan import Line, Plan
from micrograd_np.program.printing.source import WIDTH, Page, function
from micrograd_np.program.printing.torch.index import Indexed, index_tree, is_array, repeats
from micrograd_np.program.printing.torch.types import is_number
from micrograd_np.program.printing.torch.writer import TorchWriter
from micrograd_np.program.record import Record, alive
from micrograd_np.program.simplify.forms import made_by, same_shape
from micrograd_np.program.traced import Traced

_CREATION = (zeros, ones, empty, full, eye, identity)
_LIKE = (np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.copy)
_WRITES = (operator.setitem, np.add.at)


def torch_source(record: Record) -> str:
    """Return a function that computes the forward part of a program in torch.

    Parameters
    ----------
    record
        The program.

    Returns
    -------
    str
        Imports torch, and math where it needs it. The function takes the same inputs as tensors,
        but for the gradient to begin with, and returns the result; several as a tuple. It can be
        differentiated by torch's autograd with respect to every floating-point input. An input
        that is a Python number stays one, or is a tensor without axes if a gradient is wanted.

    Raises
    ------
    NotImplementedError
        If torch has no equivalent of an operation or a dtype: naming it and the user's line.
    ValueError
        If the program holds a constant array that is too large to write out.
    """
    forward = _forward(record)
    page = TorchPage(forward, [*forward.values], [*forward.results])
    text = function("torch", page, [*page.opening(), *page.statements(backward=False)])
    if not page.writer.uses_math:
        return text
    alias = "" if page.writer.math == "math" else f" as {page.writer.math}"
    return f"import math{alias}\n\n{text}"


def _forward(record: Record) -> Record:
    """Return the part of a program that has no gradients in it."""
    seeded = record.gradients and record.results[0].shape
    # The last input is the gradient to begin with, which forward has no use for.
    inputs = record.inputs[:-1] if seeded else record.inputs
    values = alive(record.trace, record.results, inputs)
    return replace(record, inputs=inputs, values=values, wanted=(), gradients=())


class TorchPlan(Plan):
    """The lines of a program in torch: a line writes into a tensor only where autograd allows it.

    That is where nothing has read the tensor before, and what made it does not need it either:
    ``out = torch.zeros(n)``, ``out[0] = x``, ``out[1] = y``.
    """

    def __init__(self, values: Sequence[Traced], outputs: Collection[Traced]) -> None:
        super().__init__(values, outputs, in_place=False)

    def _may_overwrite(self, old: Any, value: Traced) -> bool:
        return (
            made_by(value, *_WRITES)
            and made_by(old, *_CREATION, *_LIKE, *_WRITES)
            and self.is_line(old)
            and self.uses[old] == 1
            and old not in self.outputs
            and self._same_name(self.called[self.storage[old]], value.name)
            and same_shape(old.shape, value.shape)
            and bool(old.dtype == value.dtype)
        )


class TorchPage(Page):
    """What is written in torch, with the names that are used in it."""

    writer: TorchWriter
    function_name = "forward"

    def make_plan(
        self, values: Sequence[Traced], outputs: Collection[Traced], in_place: bool
    ) -> Plan:
        """Return which values become lines."""
        return TorchPlan(values, outputs)

    def make_writer(self) -> TorchWriter:
        """Return what writes expressions."""
        return TorchWriter(self.plan, self.names, self.sizes)

    def code(self, line: Line) -> list[str]:
        """Return one line of the plan as lines of code."""
        if line.form == "set":
            return [part for text in self.assigned(line) for part in folded(text, WIDTH)]
        if line.form in ("add", "add.at"):
            return [part for text in self.added(line) for part in folded(text, WIDTH)]
        return super().code(line)

    def beginning(self, line: Line) -> str:
        """Return the tensor that the next line writes into: one that autograd does not need."""
        base = line.base
        if base is None:
            size = self.writer.size(line.value.shape)
            return ast.unparse(self.writer.call("torch.zeros", [size], {"dtype": line.value.dtype}))
        text = self.writer.text(base)
        fresh = is_fresh(base) and not self.plan.is_line(base)
        return text if fresh and made_by(base, *_CREATION, *_LIKE) else f"{_called(text)}.clone()"

    def seen(self, values: list[Traced]) -> set[Traced]:
        """Return the values whose lengths may be looked at: where they are there to see."""
        return set(self.program.inputs)

    # --- writes --------------------------------------------------------------------------------

    def assigned(self, line: Line) -> Iterator[str]:
        """Yield ``name[index] = operand``."""
        name, value = self.names[line.value], line.value
        found = index_tree(self.writer, value.shape, line.index)
        if repeats(value.shape, line.index) is False:
            yield from self.flipped(name, found, f"= {self.operand(line)}")
            return
        # NumPy keeps the last of several values. torch keeps any, and gives all a gradient.
        places, order, last = map(self.free, ("places", "order", "last"))
        yield f"{places} = {self.places(name, found)}"
        yield f"{order} = torch.arange({places}.numel()).reshape({places}.shape)"
        none = f"torch.full(({name}.numel(),), -1)"
        latest = f"scatter_reduce(0, {places}.reshape(-1), {order}.reshape(-1), 'amax')"
        yield f"{last} = {none}.{latest}[{places}] == {order}"
        operand = ast.unparse(self.writer.converted(line.operand, value.dtype))
        written = f"torch.broadcast_to({operand}, {places}.shape)[{last}]"
        put = f"index_put(({places}[{last}],), {written})"
        yield f"{name} = {name}.reshape(-1).{put}.reshape({name}.shape)"

    def added(self, line: Line) -> Iterator[str]:
        """Yield what adds an operand at an index, again for each time an element is picked."""
        name, value = self.names[line.value], line.value
        found = index_tree(self.writer, value.shape, line.index)
        if line.form == "add":
            yield from self.flipped(name, found, f"+= {self.operand(line)}")
            return
        operand = ast.unparse(self.writer.converted(line.operand, value.dtype))
        parts = line.index if isinstance(line.index, tuple) else (line.index,)
        if all(map(is_array, parts)) and found.tree is not None:
            tree = found.tree if isinstance(found.tree, ast.Tuple) else ast.Tuple([found.tree])
            index = ast.unparse(tree)
            yield f"{name}.index_put_({index}, {operand}, accumulate=True)"
            return
        places = self.free("places")
        spread = f"torch.broadcast_to({operand}, {places}.shape).reshape(-1)"
        yield f"{places} = {self.places(name, found)}"
        put = f"index_put(({places}.reshape(-1),), {spread}, accumulate=True)"
        yield f"{name} = {name}.reshape(-1).{put}.reshape({name}.shape)"

    def flipped(self, name: str, found: Indexed, change: str) -> Iterator[str]:
        """Yield a change of a part of a tensor, between flips where a slice goes backwards."""
        flip = f"{name} = {name}.flip({', '.join(map(str, found.flips))})"
        index = "..." if found.tree is None else _between_brackets(found.tree)
        yield from [flip] * bool(found.flips)
        yield f"{name}[{index}] {change}"
        yield from [flip] * bool(found.flips)

    def places(self, name: str, found: Indexed) -> str:
        """Return which elements, counted in order, an index picks."""
        text = f"torch.arange({name}.numel()).reshape({name}.shape)"
        if found.flips:
            text += f".flip({', '.join(map(str, found.flips))})"
        return text if found.tree is None else f"{text}[{_between_brackets(found.tree)}]"

    def operand(self, line: Line) -> str:
        """Return what is written: in the dtype of what it is written into."""
        if is_number(line.operand):
            return self.writer.text(line.operand)
        return ast.unparse(self.writer.converted(line.operand, line.value.dtype))

    def free(self, name: str) -> str:
        """Return a name that nothing else has."""
        while name in self.names.values() or name in self.sizes.values():
            name += "_"
        return name

    # --- what is returned ----------------------------------------------------------------------

    def results(self) -> list[str]:
        """Return what is returned: tensors, none of them twice."""
        found: list[str] = []
        for value in self.outputs:
            text = self.writer.text(value)
            if is_number(value):
                text = ast.unparse(self.writer.tensor(value, value.dtype))
            again = text in found or (value.role == "input")
            found.append(f"{_called(text)}.clone()" if again else text)
        return found


def _called(text: str) -> str:
    """Return an expression as it stands before a dot."""
    return ast.unparse(ast.Attribute(ast.parse(text, mode="eval").body, "_"))[:-2]


def _between_brackets(tree: ast.expr) -> str:
    return ast.unparse(ast.Subscript(ast.Name("_"), tree))[2:-1]
