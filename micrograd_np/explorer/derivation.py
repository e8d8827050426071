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
from micrograd_np.rounding import Radius, distance, estimated_radius

_Lines = Mapping[str, Sequence[Radius]]
"""What lines compute, each time that they are run, by their names."""


def message(knobs: Knobs) -> dict[str, Any]:
    """Return the program of a network for the page: code, mathematics, and the lines by hand."""
    inputs = built.inputs(knobs)
    names = list(inputs)
    wrt = tuple(names.index(name) for name in code.weights(knobs.depth))
    program = derive(built.loss(knobs.depth, knobs.activation), *inputs.values(), argnums=wrt)
    walked = walk(knobs, {})
    lines = {row.written.line.name: [row.wanted] for row in walked.rows}
    forward = {
        label: walked.values[name]
        for label, statement in code.labelled(knobs.depth, knobs.activation).items()
        for name in names_written(ast.parse(statement).body[0])
    }
    return linked(program, list(inputs.values()), lines, forward)


def linked(
    program: Program,
    given: Sequence[Any],
    lines: _Lines,
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
        # The forward pass may be computed in another order there.
        before = {k: [estimated_radius(np.asarray(v))] for k, v in forward.items() if is_numeric(v)}
        made = {"forward": list(rows.of(False, before)), "backward": list(rows.of(True, lines))}
    seen = {n for row in made["backward"] for one in row["statements"] for n in one["lines"]}
    return made | {"unlinked": [name for name in lines if name not in seen]}


class _Rows:
    """The rows of a program, and for each statement the lines by hand that do the same.

    Statements are run one after the other. A line does the same if its numbers are the same as what
    the statement computes, or a part of it.
    """

    def __init__(self, program: Program, inputs: Mapping[str, Any]) -> None:
        record = program.record
        self.sheet = Sheet(record)
        self.page = Page(record, list(record.values), record.returned)
        self.namespace: dict[str, Any] = {"np": np, **inputs}
        self._run("\n".join(self.page.lengths()), {})

    def of(self, backward: bool, lines: _Lines) -> Iterator[dict[str, Any]]:
        """Yield the rows of one pass for the page, which runs their statements."""
        for row in side_by_side(self.sheet, self.page, backward):
            statements = self._run("\n".join(row.code), lines)
            yield {
                "statements": [{"code": text, "lines": same} for text, same in statements],
                "equations": [equation(one.text) for one in row.equations],
            }

    def _run(self, text: str, lines: _Lines) -> list[tuple[str, list[str]]]:
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
            found.append((code, list(_same([*values, *_parts(term)], lines))))
        return found

    def _evaluated(self, part: ast.expr) -> Any:
        tree = ast.Expression(ast.fix_missing_locations(part))
        return eval(compile(tree, "<derived>", "eval"), self.namespace)


def _same(values: Sequence[Any], lines: _Lines) -> Iterator[str]:
    """Yield the names of the lines that have computed one of some values."""
    return (name for name, runs in lines.items() if any(_is_among(values, one) for one in runs))


def _is_among(values: Sequence[Any], wanted: Radius) -> bool:
    arrays = (np.asarray(v) for v in values if np.shape(v) == wanted.value.shape)
    return any(distance(array, wanted).ok for array in arrays)


def _parts(term: Term | None) -> Iterator[Any]:
    """Yield what is computed on the way: variables alone are not."""
    for part in () if term is None else term.parts:
        if part.kind:
            yield part.value
        yield from _parts(part)
