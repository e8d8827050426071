"""Mechanical mistakes: every small edit, of a dozen kinds, of a backward pass.

An edit splices the text at the positions that ``ast`` gives, so that all else stays byte for byte.
Not every mutant changes a gradient, and many raise: run them to find out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.localise.edits import EDITS, Edit
from benchmarks.localise.names import replaced_names
from benchmarks.localise.source import Source, backward_part

EXPECTED_KINDS: Mapping[str, frozenset[str]] = {
    "sign": frozenset({"sign", "wrong derivative"}),
    "times for over": frozenset({"scale", "wrong derivative"}),
    "drop term": frozenset({"missing term", "wrong derivative", "missing regularisation"}),
    "drop factor": frozenset({"scale", "missing mask", "wrong derivative", "wrong quantity"}),
    "drop power": frozenset({"wrong derivative"}),
    "swap @": frozenset({"transposed", "shape"}),
    "swap -": frozenset({"sign", "wrong derivative"}),
    "drop .T": frozenset({"transposed", "shape"}),
    "add .T": frozenset({"transposed", "shape"}),
    "axis": frozenset({"wrong axis", "shape", "not summed", "wrong derivative"}),
    "mean for sum": frozenset({"mean for sum", "scale"}),
    "sum for mean": frozenset({"scale", "wrong derivative"}),
    "drop keepdims": frozenset({"shape", "wrong axis", "wrong derivative"}),
    "boundary": frozenset({"missing mask", "wrong mask"}),
    "inverted comparison": frozenset({"inverted mask", "wrong mask"}),
    "constant": frozenset({"scale", "wrong derivative", "wrong mask", "extra term"}),
    "index": frozenset({"wrong index", "missing term", "wrong quantity"}),
    "order": frozenset({"wrong index", "wrong quantity"}),
    "= for +=": frozenset({"= for +=", "missing term"}),
    "+= for =": frozenset({"extra term", "scale", "missing mask"}),
    "-= for +=": frozenset({"sign"}),
    "+= for -=": frozenset({"sign"}),
    "*= for /=": frozenset({"scale", "wrong derivative"}),
    "/= for *=": frozenset({"scale", "wrong derivative"}),
    "add.at": frozenset({"= for +=", "wrong index", "not summed"}),
    "name": frozenset({"wrong quantity", "wrong mask", "scale", "wrong derivative", "wrong index"}),
    "delete": frozenset(
        {"missing term", "missing mask", "missing regularisation", "scale", "wrong derivative"}
    ),
    "duplicate": frozenset({"extra term", "double regularisation", "scale", "wrong derivative"}),
    "drop copy": frozenset({"aliasing"}),
}
"""By operator: the kinds of mistake that its mutants may rightly be called."""


@dataclass(frozen=True)
class Mutant:
    """A file with one edit.

    Attributes
    ----------
    text
        Of the whole file.
    lineno
        The edited line; where a line is gone, the one that stands in its place.
    operator
        A key of `EXPECTED_KINDS`.
    old, new
        The line before and after, stripped; "" where there is none.
    """

    text: str
    lineno: int
    operator: str
    old: str
    new: str


def mutants(
    text: str, path: str, shapes: Mapping[str, tuple[int, ...]] | None = None
) -> Iterator[Mutant]:
    """Yield every mutant of the backward pass in a file that compiles, each text once.

    Parameters
    ----------
    text, path
        Of the file.
    shapes
        Of the variables of the backward pass. A name is then replaced by names of the same shape
        only.
    """
    source = Source(text, path)
    seen = {text}
    part = backward_part(source)
    for edit in [*_edits(source, part), *replaced_names(source, part, shapes)]:
        mutant = _mutant(source, edit)
        if mutant.text not in seen and _compiles(mutant.text, path):
            seen.add(mutant.text)
            yield mutant


def _edits(source: Source, part: list[ast.stmt]) -> Iterator[Edit]:
    for statement in part:
        # What is returned says which array is which gradient: that is not for us to change.
        if not isinstance(statement, ast.Return):
            for node in ast.walk(statement):
                for rule in EDITS:
                    yield from rule(source, node)


def _mutant(source: Source, edit: Edit) -> Mutant:
    new_data = source.data[: edit.start] + edit.new.encode() + source.data[edit.end :]
    row = source.data.count(b"\n", 0, edit.start)
    old, new = (data.splitlines()[row].decode().strip() for data in (source.data, new_data))
    if edit.whole:  # a line comes or goes
        old, new = ("", new) if edit.new else (old, "")
    return Mutant(new_data.decode(), row + 1, edit.operator, old, new)


def _compiles(text: str, path: str) -> bool:
    try:
        compile(text, path, "exec")
    except SyntaxError:
        return False
    return True
