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
            for repair in search.repairs(code, node, limit=limit, holding=_ASSIGNS)[:1]:
                return node, repair
    for place, name in _unused(nodes, given):
        word = re.compile(rf"\b{name}\b")
        for node in nodes[place + 1 : place + 1 + MOST_AFTER]:
            for repair in search.repairs(code, node, limit=limit, holding=word)[:1]:
                return node, repair
    return None


def _unused(nodes: Sequence[ast.stmt], given: Collection[str]) -> Iterator[tuple[int, str]]:
    """Yield the places of the statements that make such a variable, with its name."""
    read = {
        part.id
        for node in nodes
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    }
    for place, node in enumerate(nodes):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Name) and target.id not in read and target.id not in given:
            yield place, target.id
