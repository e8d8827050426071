"""The forward pass of the user's own as a drawing: which variables are made of which."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from micrograd_np.compare.running.code import headers, names_written, simple
from micrograd_np.compare.running.paths import leaves
from micrograd_np.compare.running.subject import State, Subject

GROWING = ("append", "extend", "insert", "update", "setdefault")
"""Methods that put what they are given into a container."""


def graph(subject: Subject, state: State) -> dict[str, Any]:
    """Return the floating-point variables of the forward pass, and the edges between them.

    Items of dicts and attributes count by themselves: ``params['W1']``, ``self.W1``; those of a
    list count together, as ``hs[·]``.

    Parameters
    ----------
    subject
        The forward pass.
    state
        What it has left.

    Returns
    -------
    dict
        ``nodes``, each with ``name`` and ``shape``, in the order in which they were made, and
        ``edges``: pairs of names.
    """
    shapes: dict[str, list[int]] = {}
    for name, value in state.variables.items():
        for path, leaf in [(name, value)] if is_numeric(value) else leaves(value, name):
            if is_numeric(leaf):
                shapes.setdefault(node_name(path), list(np.shape(leaf)))
    edges: list[tuple[str, str]] = []
    for written, read in _flows(subject):
        sources = [path for path in shapes if _stands_in(path, read)]
        for name in (path for path in shapes if path in written or _list_of(path) in written):
            edges += [(other, name) for other in sources if other != name]
    used = {name for edge in edges for name in edge}
    nodes = [{"name": name, "shape": shapes[name]} for name in shapes if name in used]
    return {"nodes": nodes, "edges": list(dict.fromkeys(edges))}


def node_name(path: str) -> str:
    """Return what the drawing calls a variable or an item.

    Examples
    --------
    >>> node_name("hs[t + 1]"), node_name("layers[0]['W']")
    ('hs[·]', "layers[·]['W']")
    """
    return re.sub(r"(?<=[\w\])])\[(?!['\"])[^\[\]]*\]", "[·]", path)


def lit(nodes: list[dict[str, Any]], touched: set[str]) -> set[str]:
    """Return which nodes a line touches that names some variables and items."""
    names = set(map(node_name, touched))
    return {one["name"] for one in nodes if one["name"] in names or _list_of(one["name"]) in names}


def _flows(subject: Subject) -> Iterator[tuple[set[str], str]]:
    """Yield of each statement what it writes, and the text of what that is made of."""
    for loop in headers(subject.forward_body):
        if isinstance(loop, ast.For):
            target = ast.Assign([loop.target], loop.iter)
            yield names_written(target), _text(loop.iter)
    for node in simple(subject.forward_body):
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield names_written(node) | set(map(_text, targets)), _text(node.value)
        match node:
            case ast.Expr(ast.Call(ast.Attribute(grown, method), given)) if method in GROWING:
                yield {_text(grown)}, " ".join(map(_text, given))


def _text(node: ast.AST | None) -> str:
    return "" if node is None else node_name(ast.unparse(node))


def _list_of(path: str) -> str:
    """Return the list whose items are meant, "" if that is something else."""
    return path.removesuffix("[·]") if path.endswith("[·]") else ""


def _stands_in(path: str, text: str) -> bool:
    """Whether code reads a variable or an item, or all of a container that holds it."""
    words = rf"(?<![\w.]){re.escape(path)}(?!\w)"
    container = re.split(r"[\[.]", path, maxsplit=1)[0]
    whole = rf"(?<![\w.]){re.escape(container)}(?![\w\[.])"
    return re.search(f"{words}|{whole}" if container != path else words, text) is not None


def is_numeric(value: Any) -> bool:
    """Whether a gradient may flow through a value: lengths and labels are left out."""
    return (
        isinstance(value, (np.ndarray, np.floating, float)) and np.asarray(value).dtype.kind == "f"
    )
