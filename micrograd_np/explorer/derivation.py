"""The backward pass that is derived of the network, beside the lines that were written by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from micrograd_np.compare.running.code import names_written
from micrograd_np.explorer import built, code
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
    lines = {row.written.line.name: row.wanted for row in walk(knobs, {}).rows}
    return linked(program, list(inputs.values()), lines)


def linked(program: Program, given: Sequence[Any], lines: Mapping[str, Radius]) -> dict[str, Any]:
    """Return a program for the page.

    Parameters
    ----------
    program
        What was derived.
    given
        Its inputs.
    lines
        What each line of the hand-written pass is to compute.
    """
    inputs = dict(zip((one.name for one in program.inputs), given, strict=True))
    with np.errstate(all="ignore"):
        rows = _Rows(program, inputs, lines)
        return {
            "forward": list(rows.of(backward=False)),
            "backward": list(rows.of(backward=True)),
            "unlinked": rows.unlinked,
        }


class _Rows:
    """The rows of a program, and for each statement the lines by hand that do the same.

    Statements are run one after the other. A line does the same if its numbers are the same as what
    the statement computes, or a part of it.
    """

    def __init__(
        self, program: Program, inputs: Mapping[str, Any], lines: Mapping[str, Radius]
    ) -> None:
        record = program.record
        self.sheet = Sheet(record)
        self.page = Page(record, list(record.values), record.returned)
        self.lines = lines
        self.unlinked = list(lines)
        self.namespace: dict[str, Any] = {"np": np, **inputs}
        self._run("\n".join(self.page.lengths()))

    def of(self, backward: bool) -> Iterator[dict[str, Any]]:
        """Yield the rows of one pass for the page, which runs their statements."""
        for row in side_by_side(self.sheet, self.page, backward):
            statements = list(self._run("\n".join(row.code)))
            if not backward:
                statements = [(text, []) for text, _ in statements]
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
        for name, wanted in self.lines.items():
            arrays = [np.asarray(v) for v in values if np.shape(v) == wanted.value.shape]
            if any(distance(array, wanted).ok for array in arrays):
                if name in self.unlinked:
                    self.unlinked.remove(name)
                yield name


def _parts(term: Term | None) -> Iterator[Any]:
    """Yield what is computed on the way: variables alone are not."""
    for part in () if term is None else term.parts:
        if part.kind:
            yield part.value
        yield from _parts(part)
