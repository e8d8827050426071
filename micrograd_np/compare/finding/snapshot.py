"""What there is when a statement is about to be run: to try edits of it alone."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import permutations
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from micrograd_np.compare.edits import Context
from micrograd_np.compare.edits.text import function_of
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import Code
from micrograd_np.compare.running.paths import RETURNED, array_of, is_leaf, leaves
from micrograd_np.compare.running.values import copied, mapped

MOST_NAMES = 120
"""How many arrays are tried in the place of another."""


@dataclass(eq=False)
class Snapshot:
    """A namespace just before a run of a statement.

    Attributes
    ----------
    namespace
        Everything that it sees; the arrays in it are read-only.
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
        return Snapshot(_sealed(kept, code), _context(kept, code, after))

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
        if kept is None:
            return None
        return Snapshot(_sealed(kept, code), _context(kept, code, {}))

    def run(self, text: str) -> dict[str, Any] | None:
        """Return the namespace after other statements, None if they are nonsense.

        This one is not changed. What is returned, `RETURNED` holds.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = _assigned(ast.parse(text)) if _RETURN.search(text) else None
                code = compile(tree or text, "<edit>", "exec")
                with np.errstate(all="ignore"):
                    return self._after(text, code)
        except Exception:  # an edit may be nonsense
            return None

    def _after(self, text: str, code: CodeType) -> dict[str, Any]:
        """Return the namespace after statements: most of them change no array in place."""
        if not _ATTRIBUTE.search(text):
            held = {name: self.namespace[name] for name in self._containers if name in text}
            namespace: dict[str, Any] = self.namespace | mapped(held, _frozen)
            try:
                exec(code, namespace)
            except ValueError as error:
                if not _READ_ONLY.search(str(error)):
                    raise
            else:
                return namespace
        named = {name: self.namespace.get(name) for name in _WORD.findall(text)}
        changed = {n: v for n, v in named.items() if n in self.namespace and not _is_code(v)}
        namespace = self.namespace | copied(changed)
        exec(code, namespace)
        return namespace

    @cached_property
    def _containers(self) -> list[str]:
        """The variables whose values can be changed though arrays are read-only."""
        shared = (np.ndarray, np.generic, int, float, str, type(None))
        return [
            name
            for name, value in self.namespace.items()
            if not isinstance(value, shared) and not _is_code(value)
        ]


_WORD = re.compile(r"[^\W\d]\w*")
_RETURN = re.compile(r"^\s*return\b", re.MULTILINE)
_READ_ONLY = re.compile("read.only")

_ATTRIBUTE = re.compile(r"^\s*[\w.]+\.\w+ \S*= ", re.MULTILINE)
"""The beginning of a statement that writes an attribute: an array may get another shape by it."""


def _is_code(value: Any) -> bool:
    return isinstance(value, (ModuleType, FunctionType, type))


def _assigned(tree: ast.Module) -> ast.Module:
    """Return statements that put what is returned where a namespace holds it."""
    for i, node in enumerate(tree.body):
        if isinstance(node, ast.Return) and node.value is not None:
            assign = ast.Assign([ast.Name(RETURNED, ast.Store())], node.value)
            tree.body[i] = ast.fix_missing_locations(ast.copy_location(assign, node))
    return tree


def _kept(namespace: dict[str, Any], code: Code) -> dict[str, Any]:
    """Return a namespace with copies of the function's own variables."""
    local: dict[str, Any] = copied({n: v for n, v in namespace.items() if n in code.local_names})
    return namespace | local


def _sealed(namespace: dict[str, Any], code: Code) -> dict[str, Any]:
    """Return a namespace whose arrays cannot be changed, without copying them."""
    own = {n: v for n, v in namespace.items() if n in code.local_names or type(v) is np.ndarray}
    sealed: dict[str, Any] = mapped(own, _frozen)
    return namespace | sealed


def _frozen(leaf: Any) -> Any:
    """Return a read-only view of an array; a number as it is."""
    if not isinstance(leaf, np.ndarray) or not leaf.flags.writeable:
        return leaf
    view = leaf.view()
    view.flags.writeable = False
    return view


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
    slopes = [text for text in _slopes(code) if _is_slope(numbers.get(text, text))]
    return Context(shapes, numbers, values, kept, indices, slices, small, slopes, after)


def _written(namespace: dict[str, Any], code: Code, indices: list[str]) -> Iterator[str]:
    """Yield what names a value: variables, keys of dicts, and what the function itself reads."""
    seen: dict[str, None] = {}
    whole = [i for i in indices if isinstance(namespace.get(i), (int, np.integer))]
    for name in sorted(code.local_names & namespace.keys()):
        value = namespace[name]
        if is_leaf(value) or isinstance(value, (int, float)):
            seen[name] = None
        else:
            for path, _ in leaves(value, name):
                if "[" not in path or "['" in path:
                    seen[path] = None
            for index in whole if isinstance(value, (list, tuple)) else ():
                seen[f"{name}[{index}]"] = None
    for text in _read(code):
        if not text.isidentifier() or isinstance(namespace.get(text), (int, float)):
            seen[text] = None  # the names are those of constants of the module
    for name in sorted(code.local_names & namespace.keys()):
        if isinstance(namespace[name], np.ndarray) and namespace[name].ndim > 1:
            for index in whole:  # a row of it
                seen[f"{name}[{index}]"] = None
            is_index = namespace[name].ndim == 2 and namespace[name].dtype.kind in "iu"
            for one, other in permutations(whole[:4], 2) if is_index else ():
                seen[f"{name}[{one}, {other}]"] = None
    return iter(seen)


@lru_cache(maxsize=16)
def _read(code: Code) -> tuple[str, ...]:
    """Return what a function reads, as text: names, attributes and items."""
    found: dict[str, None] = {}
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Name):
            found[node.id] = None
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            text = ast.unparse(node)
            if len(text) < 40 and not text.startswith("np."):
                found[text] = None
    return tuple(found)


@lru_cache(maxsize=16)
def _small(code: Code) -> list[str]:
    """Return the small numbers that are written anywhere in the file's functions."""
    found: dict[str, None] = {}
    for tree in (code.tree, *code.neighbours):
        for node in ast.walk(tree):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, float) and 0 < value < 0.01:
                found[repr(value)] = None
    return list(found)


@lru_cache(maxsize=16)
def _slopes(code: Code) -> list[str]:
    """Return the numbers and names by which the file's functions multiply some elements."""
    found: dict[str, None] = {}
    for tree in (code.tree, *code.neighbours):
        for node in filter(_is_of_some, ast.walk(tree)):
            for part in ast.walk(node):
                is_number = isinstance(part, ast.Constant) and isinstance(part.value, float)
                if is_number or isinstance(part, ast.Name):
                    found[ast.unparse(part)] = None
    return list(found)


def _is_of_some(node: ast.AST) -> bool:
    """Whether some elements are treated in another way than others."""
    if isinstance(node, ast.Call):
        return function_of(node) in ("where", "maximum")
    if isinstance(node, ast.AugAssign):
        return isinstance(node.op, ast.Mult) and isinstance(node.target, ast.Subscript)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return any(isinstance(side, ast.Compare) for side in (node.left, node.right))
    return isinstance(node, ast.IfExp)


def _is_slope(value: float | str) -> bool:
    """Whether a number, or what stands for one, is between 0 and 1."""
    try:
        return 0 < float(value) < 1
    except ValueError:  # the name of something else
        return False


@lru_cache(maxsize=16)
def _indices(code: Code) -> tuple[list[str], list[str]]:
    """Return the indices that are written anywhere in the file's functions, and the slices."""
    indices: dict[str, None] = {}
    slices: dict[str, None] = {}
    for tree in (code.tree, *code.neighbours):
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
                index = ast.unparse(node.slice)
                if isinstance(node.slice, ast.Tuple) and index.startswith("("):
                    index = index[1:-1]
                (slices if ":" in index else indices)[index] = None
    return list(indices)[:20], list(slices)[:20]
