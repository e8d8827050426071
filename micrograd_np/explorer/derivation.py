"""The backward pass that is derived of the network, beside the lines that were written by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from micrograd_np.compare.running.code import names_written
from micrograd_np.explorer import built, code
from micrograd_np.explorer.graph import is_numeric
from micrograd_np.explorer.knobs import Knobs
from micrograd_np.explorer.message import equation
from micrograd_np.explorer.terms import Term, term_of
from micrograd_np.explorer.walk import walk
from micrograd_np.program.derive import derive
from micrograd_np.program.printing.html import side_by_side
from micrograd_np.program.printing.mathematics.equations import Sheet
from micrograd_np.program.printing.source import Page
from micrograd_np.program.program import Program
from micrograd_np.rounding import Radius, distance


def message(knobs: Knobs) -> dict[str, Any]:
    """Return the program of a network for the page: code, mathematics, and the lines by hand."""
    inputs = built.inputs(knobs)
    names = list(inputs)
    wrt = tuple(names.index(name) for name in code.weights(knobs.depth))
    program = derive(built.loss(knobs.depth, knobs.activation), *inputs.values(), argnums=wrt)
    walked = walk(knobs, {})
    lines = {row.written.line.name: [row.wanted] for row in walked.rows}
    forward = {
        f"F{i}": walked.values[name]
        for i, statement in enumerate(code.forward(knobs.depth, knobs.activation), start=1)
        for name in names_written(ast.parse(statement).body[0])
    }
    return linked(program, list(inputs.values()), lines, forward)


def linked(
    program: Program,
    given: Sequence[Any],
    lines: Mapping[str, Sequence[Radius]],
    forward: Mapping[str, Any],
) -> dict[str, Any]:
    """Return a program for the page.

    Parameters
    ----------
    program
        What was derived.
    given
        Its inputs.
    lines
        What each line of the hand-written backward pass is to compute, each time that it is run.
    forward
        What each line of the forward pass has computed.
    """
    inputs = dict(zip((one.name for one in program.inputs), given, strict=True))
    with np.errstate(all="ignore"):
        rows = _Rows(program, inputs)
        rows.lines = {label: [_near(v)] for label, v in forward.items() if is_numeric(v)}
        found = list(rows.of(backward=False))
        rows.lines, rows.unlinked = lines, list(lines)
        return {
            "forward": found,
            "backward": list(rows.of(backward=True)),
            "unlinked": rows.unlinked,
        }


class _Rows:
    """The rows of a program, and for each statement the lines by hand that do the same.

    Statements are run one after the other. A line does the same if its numbers are the same as what
    the statement computes, or a part of it.
    """

    lines: Mapping[str, Sequence[Radius]]
    unlinked: list[str]

    def __init__(self, program: Program, inputs: Mapping[str, Any]) -> None:
        record = program.record
        self.sheet = Sheet(record)
        self.page = Page(record, list(record.values), record.returned)
        self.lines, self.unlinked = {}, []
        self.namespace: dict[str, Any] = {"np": np, **inputs}
        self._run("\n".join(self.page.lengths()))

    def of(self, backward: bool) -> Iterator[dict[str, Any]]:
        """Yield the rows of one pass for the page, which runs their statements."""
        for row in side_by_side(self.sheet, self.page, backward):
            statements = list(self._run("\n".join(row.code)))
            yield {
                "statements": [{"code": text, "lines": lines} for text, lines in statements],
                "equations": [equation(one.text) for one in row.equations],
            }

    def _run(self, text: str) -> list[tuple[str, list[str]]]:
        """Run statements; return each with the lines that do the same."""
        found = []
        for node in ast.parse(text).body:
            code = "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno])
            term = term_of(node, self._evaluated)
            before = {name: np.copy(self.namespace.get(name, 0)) for name in names_written(node)}
            exec(compile(ast.Module([node], []), "<derived>", "exec"), self.namespace)
            values = [
                self.namespace[name]
                for name, old in before.items()
                if not np.array_equal(old, self.namespace[name], equal_nan=True)
            ]
            found.append((code, list(self._same([*values, *_parts(term)]))))
        return found

    def _evaluated(self, part: ast.expr) -> Any:
        tree = ast.Expression(ast.fix_missing_locations(part))
        return eval(compile(tree, "<derived>", "eval"), self.namespace)

    def _same(self, values: list[Any]) -> Iterator[str]:
        """Yield the names of the lines that have computed one of some values."""
        for name, runs in self.lines.items():
            if any(_is_among(values, wanted) for wanted in runs):
                if name in self.unlinked:
                    self.unlinked.remove(name)
                yield name


def _near(value: Any) -> Radius:
    """Return a value of the forward pass, which may be computed in another order there."""
    array = np.asarray(value)
    radius = np.finfo(array.dtype).eps * np.max(np.abs(array), initial=np.finfo(array.dtype).tiny)
    return Radius(array, np.full(array.shape, radius), np.zeros(array.shape, bool))


def _is_among(values: Sequence[Any], wanted: Radius) -> bool:
    arrays = (np.asarray(v) for v in values if np.shape(v) == wanted.value.shape)
    return any(distance(array, wanted).ok for array in arrays)


def _parts(term: Term | None) -> Iterator[Any]:
    """Yield what is computed on the way: variables alone are not."""
    for part in () if term is None else term.parts:
        if part.kind:
            yield part.value
        yield from _parts(part)
