"""Mistakes put into a backward pass that is right: one edit of one line each."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from micrograd_np.compare.edits import Context, Text, edits
from micrograd_np.compare.edits.text import bracketed, function_of, parts, value_of
from micrograd_np.compare.finding.repair import parsed
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import Code, simple

PER_KIND = 2
"""How many mistakes of one kind are put into a line."""

PER_LINE = 6
"""How many mistakes are put into a line."""

MOST_COST = 1.3
"""Less likely mistakes are not tried."""

_OPERATIONS = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call)

_MAKERS = ("zeros", "zeros_like", "empty", "empty_like", "arange", "range", "len", "copy")

Instead = Mapping[ast.stmt, Sequence[ast.stmt]]


@dataclass(frozen=True, eq=False)
class Mutant:
    """A line with a mistake.

    Attributes
    ----------
    node
        The line.
    text
        What stands there with the mistake; ``"pass"``: nothing.
    statements
        The same, to be run in its place.
    """

    node: ast.stmt
    text: str
    statements: Sequence[ast.stmt]


@dataclass(frozen=True, eq=False)
class Place:
    """A line, and what there is when it is about to be run; None if it is not reached."""

    node: ast.stmt
    code: Code
    namespace: dict[str, Any] | None


def places(case: Case, instead: Instead) -> list[Place]:
    """Return the lines of the backward pass and of its helpers, but not those that are replaced."""
    found: dict[ast.stmt, Place] = {}

    def look(
        node: ast.stmt, code: Code, _iteration: tuple[int, ...], namespace: dict[str, Any]
    ) -> None:
        if node not in found:
            found[node] = Place(node, code, dict(namespace))

    case.try_with(instead, before=look)
    backward = case.subject.backward
    bodies = {backward: case.subject.backward_body}
    bodies |= {p.code: p.code.body for p in found.values() if p.code is not backward}
    every = [
        found.get(node) or Place(node, code, None)
        for code, body in bodies.items()
        for node in simple(body)
    ]
    return [one for one in every if one.node not in instead and _is_tried(one.node)]


def _is_tried(node: ast.stmt) -> bool:
    """Whether a line computes something: no print, no import, no zeros to be added to."""
    if isinstance(node, ast.AugAssign) or _scatter(node) is not None:
        return True
    value = value_of(node)
    if value is None or (isinstance(value, ast.Call) and function_of(value) in _MAKERS):
        return False
    is_item = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    return is_item or any(isinstance(part, _OPERATIONS) for part in ast.walk(value))


def mutants(found: Sequence[Place]) -> Iterator[Mutant]:
    """Yield mistakes: one for each line, then another one for each, and so on."""
    rows = [_of_line(place) for place in found]
    for several in itertools.islice(itertools.zip_longest(*rows), PER_LINE):
        yield from (one for one in several if one is not None)


def _of_line(place: Place) -> Iterator[Mutant]:
    """Yield mistakes of one line, those of different kinds first."""
    kinds: dict[str, list[str]] = {}
    for text, kind in _texts(place):
        kinds.setdefault(kind, []).append(text)
    rows = [texts[:PER_KIND] for texts in kinds.values()]
    for several in itertools.zip_longest(*rows):
        for text in several:
            if text is None:
                continue
            try:
                statements = parsed(text)
            except SyntaxError:  # an edit may be nonsense
                continue
            if [ast.dump(one) for one in statements] != [ast.dump(place.node)]:  # only spaces
                yield Mutant(place.node, text, statements)


def _texts(place: Place) -> Iterator[tuple[str, str]]:
    node, code = place.node, place.code
    is_item = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    call = _scatter(node)
    if is_item or call is not None:
        yield "pass", "left out"
    if call is not None and len(call.args) == 3:
        array, index, added = (code.span(arg) for arg in call.args)
        yield f"{array}[{index}] += {added}", "counted once"
    text = Text(code, node)
    for part in parts(node, ast.Call):
        if function_of(part) == "where" and len(part.args) == 3:
            for chosen in part.args[1:]:
                yield text.put(part, bracketed(text, chosen)), "missing mask"
    # Without the names of other arrays these are the edits of what the line itself says.
    for edit in edits(code, node, Context({}, {}, {}, place.namespace)):
        if edit.cost <= MOST_COST and edit.kind != "aliasing":
            yield edit.text, "left out" if edit.text == "pass" else edit.kind


def _scatter(node: ast.stmt) -> ast.Call | None:
    """Return the call if a line is one of ``np.add.at``, None for others."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return None
    is_scatter = ast.unparse(node.value.func).endswith("add.at")
    return node.value if is_scatter else None
