"""The forward pass of the user's own as a drawing: which variables are made of which."""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np

from micrograd_np.compare.running.code import names_written, simple
from micrograd_np.compare.running.paths import leaves
from micrograd_np.compare.running.subject import State, Subject


def graph(subject: Subject, state: State) -> dict[str, Any]:
    """Return the floating-point variables of the forward pass, and the edges between them.

    Items of containers and attributes count by themselves: ``params['W1']``, ``self.W1``.

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
        for path, leaf in [(name, value)] if _is_numeric(value) else leaves(value, name):
            if _is_numeric(leaf):
                shapes[path] = list(np.shape(leaf))
    edges: list[tuple[str, str]] = []
    for node in simple(subject.forward_body):
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            text = ast.unparse(node.value) if node.value is not None else ""
            read = [path for path in shapes if _stands_in(path, text)]
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            written = names_written(node) | {ast.unparse(target) for target in targets}
            for name in sorted(written & shapes.keys()):
                edges += [(other, name) for other in read if other != name]
    used = {name for edge in edges for name in edge}
    nodes = [{"name": name, "shape": shapes[name]} for name in shapes if name in used]
    return {"nodes": nodes, "edges": list(dict.fromkeys(edges))}


def _stands_in(path: str, text: str) -> bool:
    """Whether code reads a variable or an item."""
    return re.search(rf"(?<![\w.]){re.escape(path)}(?!\w)", text) is not None


def _is_numeric(value: Any) -> bool:
    """Whether a gradient may flow through a value: lengths and labels are left out."""
    return (
        isinstance(value, (np.ndarray, np.floating, float)) and np.asarray(value).dtype.kind == "f"
    )
