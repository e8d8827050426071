"""A variable that is made and never read: a line after it was to be made of it.

``sp = sigmoid_prime(z)`` and then ``delta = W.T @ delta``: who left out ``* sp`` left the line
before it where it was. Nor is the result of ``layer.backward(d)`` used, where that stands alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence

from micrograd_np.compare.finding.repair import Repair, Search
from micrograd_np.compare.running.code import Code, simple

_ASSIGNS = re.compile(r"^\w+ = ")
"""What an edit begins with that uses the result of a call."""

MOST_AFTER = 4
"""How many of the lines after it are tried."""


def by_unused(
    code: Code, body: list[ast.stmt], given: Collection[str], search: Search, limit: float
) -> tuple[ast.stmt, Repair] | None:
    """Return the line after one that makes a variable nobody reads, with the edit that reads it.

    Parameters
    ----------
    code, body
        The backward pass.
    given
        The names of the variables that are its gradients.
    search
        Tries edits.
    limit
        What the edit costs at most.
    """
    nodes = list(simple(body))
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            for repair in search.repairs(code, node, limit=limit, fits=_ASSIGNS.search)[:1]:
                return node, repair
    parts = (part for one in body for part in ast.walk(one))
    loops = (part for part in parts if isinstance(part, (ast.For, ast.While)))
    inside = {part for loop in loops for part in ast.walk(loop)}
    for place, name in _unused(nodes, given, inside):
        word = re.compile(rf"=.*\b{name}\b", re.DOTALL)
        for node in nodes[place + 1 : place + 1 + MOST_AFTER]:
            for repair in search.repairs(code, node, limit=limit, fits=word.search)[:1]:
                return node, repair
    for node, other in _written_in_vain(code, nodes, given):
        for repair in search.repairs(code, node, limit=limit, fits=other.search)[:1]:
            return node, repair
    return None


def _written_in_vain(
    code: Code, nodes: Sequence[ast.stmt], given: Collection[str]
) -> Iterator[tuple[ast.stmt, re.Pattern[str]]]:
    """Yield the lines that write into a variable which no later line reads.

    Each with what the same line looks like that writes into another variable.
    """
    for place, node in enumerate(nodes):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name):
            continue
        name = target.value.id
        read = {
            part.id
            for later in nodes[place + 1 :]
            for part in ast.walk(later)
            if isinstance(part, ast.Name)
        }
        if name not in read and name not in given:
            rest = code.span(node).removeprefix(name)
            yield node, re.compile(rf"^(?!{name}\b)\w+{re.escape(rest)}$")


def _unused(
    nodes: Sequence[ast.stmt], given: Collection[str], inside: Collection[ast.AST]
) -> Iterator[tuple[int, str]]:
    """Yield the places of the statements that make such a variable, with its name.

    Inside a loop, it may be read by a statement before.
    """
    for place, node in enumerate(nodes):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if not isinstance(target, ast.Name):
            continue
        for later in nodes[place + 1 :]:
            if target.id in _loaded(later):
                break
            if target.id in _stored(later):
                yield place, target.id
                break
        else:
            before = nodes[: place + 1] if node in inside else []
            if target.id not in given and not any(target.id in _loaded(one) for one in before):
                yield place, target.id


def _loaded(node: ast.stmt) -> set[str]:
    """Return the variables that a statement reads, those that it adds to included."""
    names = (part for part in ast.walk(node) if isinstance(part, ast.Name))
    read = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    return read | (_stored(node) if isinstance(node, ast.AugAssign) else set())


def _stored(node: ast.stmt) -> set[str]:
    names = (part for part in ast.walk(node) if isinstance(part, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}
