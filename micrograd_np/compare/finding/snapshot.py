"""What there is when a statement is about to be run: to try edits of it alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from micrograd_np.compare.edits import Context
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import Code
from micrograd_np.compare.running.paths import array_of, is_leaf, leaves
from micrograd_np.compare.running.values import copied

MOST_NAMES = 120
"""How many arrays are tried in the place of another."""


@dataclass(eq=False)
class Snapshot:
    """A namespace just before a run of a statement.

    Attributes
    ----------
    namespace
        Everything that it sees.
    context
        What can be written into it.
    """

    namespace: dict[str, Any]
    context: Context

    @staticmethod
    def before(case: Case, node: ast.stmt, code: Code, run: int = 0) -> Snapshot | None:
        """Run the backward pass up to a run of a statement; None if it is not reached."""
        kept: dict[str, Any] | None = None
        count = -1
        after: dict[str, tuple[int, ...]] = {}

        def look(
            at: ast.stmt, _code: Code, _iteration: tuple[int, ...], namespace: dict[str, Any]
        ) -> None:
            nonlocal kept, count
            count += at is node
            if at is node and count == run:
                kept = _kept(namespace, code)

        def note(at: ast.stmt, _iteration: tuple[int, ...], namespace: dict[str, Any]) -> None:
            if at is node and kept is not None and not after:
                for name in code.local_names & namespace.keys():
                    for path, value in leaves(namespace[name], name):
                        after[path] = np.shape(array_of(value))

        case.try_with(change=note, before=look)
        if kept is None:
            return None
        return Snapshot(kept, _context(kept, code, after))

    @staticmethod
    def in_forward(case: Case, node: ast.stmt, code: Code) -> Snapshot | None:
        """Run the forward pass, and return what there is after a statement of it."""
        kept: dict[str, Any] | None = None

        def look(
            at: ast.stmt, _code: Code, _iteration: tuple[int, ...], namespace: dict[str, Any]
        ) -> None:
            nonlocal kept
            if at is node and kept is None:
                kept = _kept(namespace, code)

        with np.errstate(all="ignore"):
            case.subject.run_forward(copied(case.inputs), after=look)
        return None if kept is None else Snapshot(kept, _context(kept, code, {}))

    def namespace_for(self, tree: ast.Module) -> dict[str, Any]:
        """Return a namespace in which statements can be run without changing this one."""
        changed = _changed_names(tree)
        if not changed:
            return dict(self.namespace)
        kept = {n: self.namespace[n] for n in changed if n in self.namespace}
        changed_too: dict[str, Any] = copied(kept)
        return self.namespace | changed_too


def _kept(namespace: dict[str, Any], code: Code) -> dict[str, Any]:
    """Return a namespace with copies of the function's own variables."""
    local: dict[str, Any] = copied({n: v for n, v in namespace.items() if n in code.local_names})
    return namespace | local


def _changed_names(tree: ast.Module) -> set[str]:
    """Return the variables whose values statements may change in place."""
    found: set[str] = set()
    if len(tree.body) > 1:  # a name of what another one holds
        found |= {n.id for n in ast.walk(tree.body[0]) if isinstance(n, ast.Name)}
    for node in tree.body:
        targets: list[ast.AST] = []
        if isinstance(node, ast.AugAssign):
            targets = [node.target]
        elif isinstance(node, ast.Assign):
            targets = [t for t in node.targets if not isinstance(t, ast.Name)]
        elif isinstance(node, ast.Expr):
            targets = [node.value]
        for target in targets:
            found |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
    return found


def _context(namespace: dict[str, Any], code: Code, after: dict[str, tuple[int, ...]]) -> Context:
    shapes: dict[str, tuple[int, ...]] = {}
    values: dict[str, Any] = {}
    numbers: dict[str, float] = {}
    indices, slices = _indices(code)
    for text in _written(namespace, code, indices):
        try:
            value = eval(text, namespace)
        except Exception:  # not there yet
            continue
        if isinstance(value, (int, float, np.integer)) and not isinstance(value, bool):
            numbers[text] = float(value)
        elif is_leaf(value) and len(shapes) < MOST_NAMES:
            array = array_of(value)
            shapes[text] = array.shape
            if array.dtype.kind == "f":
                values[text] = array
                if not array.shape:
                    numbers[text] = float(array)
    for text, value in list(shapes.items()):
        is_long = bool(value) and value[0] > 1 and len(numbers) < 16
        if is_long and float(value[0]) not in numbers.values():
            numbers[f"{text}.shape[0]"] = float(value[0])
    # Asking for the value of a call may change arrays: that is done in a namespace of its own.
    kept, small = _kept(namespace, code), _small(code)
    return Context(shapes, numbers, values, kept, indices, slices, small, after)


def _written(namespace: dict[str, Any], code: Code, indices: list[str]) -> Iterator[str]:
    """Yield what names a value: variables, keys of dicts, and what the function itself reads."""
    seen: dict[str, None] = {}
    for name in sorted(code.local_names & namespace.keys()):
        value = namespace[name]
        if is_leaf(value) or isinstance(value, (int, float)):
            seen[name] = None
        else:
            for path, _ in leaves(value, name):
                if "[" not in path or "['" in path:
                    seen[path] = None
            for index in indices if isinstance(value, (list, tuple)) else ():
                if index.isidentifier() and isinstance(namespace.get(index), int):
                    seen[f"{name}[{index}]"] = None
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Name) and isinstance(namespace.get(node.id), (int, float)):
            seen[node.id] = None  # a constant of the module
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            text = ast.unparse(node)
            if len(text) < 40 and not text.startswith("np."):
                seen[text] = None
    return iter(seen)


def _small(code: Code) -> list[str]:
    """Return the small numbers that are written anywhere in the file's functions."""
    found: dict[str, None] = {}
    for tree in (code.tree, *code.neighbours):
        for node in ast.walk(tree):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, float) and 0 < value < 0.01:
                found[repr(value)] = None
    return list(found)


def _indices(code: Code) -> tuple[list[str], list[str]]:
    """Return the indices that are written anywhere in the file's functions, and the slices."""
    indices: dict[str, None] = {}
    slices: dict[str, None] = {}
    for tree in (code.tree, *code.neighbours):
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
                index = ast.unparse(node.slice).strip("()")
                (slices if ":" in index else indices)[index] = None
    return list(indices)[:20], list(slices)[:20]
