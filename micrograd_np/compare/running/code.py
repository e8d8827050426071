"""A function of the user's as a tree of statements, with their places in its file."""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import functools
import inspect
import operator
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from micrograd_np.compare.running.paths import stem
from micrograd_np.compare.running.scope import (
    Mangled,
    bound_names,
    class_of,
    declared_names,
    outside,
    own_nodes,
)
from micrograd_np.compare.running.sources import is_stale, place_name

COMPOUND = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.Match)
"""Statements that consist of others, which are run one by one."""


_FUTURE = functools.reduce(
    operator.or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)
"""What ``from __future__ import`` may have switched on in the file of a function."""


class CannotRead(ValueError):
    """The source of a function is not to be had, or cannot be run statement by statement."""


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement of a function.

    Attributes
    ----------
    node
        Its syntax tree; line numbers are those of the file.
    source
        Its text as the file has it, in one line.
    function
        The name of the function in which it stands.
    """

    node: ast.stmt
    source: str
    function: str

    @property
    def lineno(self) -> int:
        """The line at which it begins, as tracebacks count."""
        return self.node.lineno

    def __repr__(self) -> str:
        return f"{self.lineno}: {self.source}"


class Code:
    """The statements of a function, and the names it can see.

    Parameters
    ----------
    f
        A function or method written in Python, whose source can be found.

    Raises
    ------
    CannotRead
        If it cannot: a builtin, a lambda, a generator.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        function = inspect.unwrap(f)
        self.bound = getattr(function, "__self__", None)
        self.function = getattr(function, "__func__", function)
        self.name: str = getattr(self.function, "__name__", repr(f))
        code = getattr(self.function, "__code__", None)
        if not isinstance(code, CodeType):
            what = getattr(f, "__name__", "") or f"an object of type {type(f).__name__}"
            raise CannotRead(
                f"{what} is not a function written in Python: give a function made by def, or a "
                "method"
            )
        self.file = code.co_filename
        self.lines, self.start = _source(self.function, self.name)
        if is_stale(self.function):
            raise CannotRead(
                f"{place_name(self.file)}:{self.start}: the source has changed since {self.name} "
                "was defined: run it again, or import its module anew"
            )
        text = textwrap.dedent("".join(self.lines))
        self.indent = len(self.lines[0]) - len(self.lines[0].lstrip())
        self.text = text
        self.tree = _definition(text, self.name, f"{self.file}:{self.start}")
        ast.increment_lineno(self.tree, self.start - 1)
        self.owner = class_of(getattr(self.function, "__qualname__", ""))
        if self.owner:
            Mangled(self.owner).generic_visit(self.tree)
        self.flags = code.co_flags & _FUTURE
        self._texts = text.encode().split(b"\n")
        self.compiled: dict[tuple[ast.AST, bool], CodeType] = {}
        self.calls: dict[ast.AST, list[ast.Call]] = {}
        self.made: dict[ast.AST, ast.stmt] = {}
        self.plain: dict[ast.AST, bool] = {}
        self.neighbours: list[ast.AST] = []
        self.collects: dict[ast.AST, ast.Call] = {}
        self.signature = inspect.signature(self.function)
        self.local_names = frozenset(bound_names(self.tree)) | set(self.signature.parameters)
        self.declared = frozenset(declared_names(self.tree))
        read = {n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name)}
        self._outer = sorted(read - self.local_names | self.declared)

    @property
    def body(self) -> list[ast.stmt]:
        """The statements, without the docstring."""
        body = self.tree.body
        first = body[0]
        is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        return body[1:] if is_text else body

    def outside(self, node: ast.stmt | ast.expr) -> Any:
        """Return a statement or expression so that it means the same outside of the function."""
        is_method = "__class__" in self.function.__code__.co_freevars
        first = next(iter(self.signature.parameters), "") if is_method else ""
        return outside(node, first, self.owner)

    def signature_of(self, function: Any) -> inspect.Signature:
        """Return the signature of this function or of another one that the same lines have made."""
        return self.signature if function is self.function else inspect.signature(function)

    def namespace(self, function: Any = None) -> dict[str, Any]:
        """Return a new namespace: what the function sees of its module and of enclosing functions.

        Parameters
        ----------
        function
            This one, or another one that the same lines have made.
        """
        function = self.function if function is None else function
        seen = dict(function.__globals__)
        for name in self.local_names - self.declared:  # not yet bound, whatever the module has
            seen.pop(name, None)
        known = vars(builtins)
        hidden = self.local_names & known.keys()
        seen["__builtins__"] = (
            {k: v for k, v in known.items() if k not in hidden} if hidden else builtins
        )
        self.refresh(seen, function)
        return seen

    def refresh(
        self,
        namespace: dict[str, Any],
        function: Any,
        swap: Callable[[Any], Any] | None = None,
    ) -> None:
        """Look again at the variables outside, which may have changed since.

        `swap` returns what is seen in place of a value.
        """
        names = function.__globals__
        for name in self._outer:
            if name in names:
                namespace[name] = names[name] if swap is None else swap(names[name])
            elif swap is not None and hasattr(builtins, name):
                namespace[name] = swap(getattr(builtins, name))
        for name, cell in self._cells(function):
            with contextlib.suppress(ValueError):  # not bound yet
                namespace[name] = cell.cell_contents if swap is None else swap(cell.cell_contents)

    def changing(self, function: Any) -> bool:
        """Whether what the function sees outside may change while it runs: it is data."""
        names = function.__globals__
        seen = [names[name] for name in self._outer if name in names]
        for _, cell in self._cells(function):
            try:
                seen.append(cell.cell_contents)
            except ValueError:  # not bound yet
                return True
        return bool(self.declared) or any(not _is_fixed(value) for value in seen)

    def put_back(self, namespace: dict[str, Any], function: Any) -> None:
        """Put the values of variables that belong outside there."""
        if not self.declared:
            return
        cells = dict(self._cells(function))
        for name in self.declared & namespace.keys():
            if name in cells:
                cells[name].cell_contents = namespace[name]
            else:
                function.__globals__[name] = namespace[name]

    @staticmethod
    def _cells(function: Any) -> list[tuple[str, Any]]:
        cells = function.__closure__
        return [] if cells is None else list(zip(function.__code__.co_freevars, cells, strict=True))

    def statement(self, node: ast.stmt) -> Statement:
        """Return a simple statement with its text."""
        return Statement(node, self.source(node), self.name)

    def source(self, node: ast.AST) -> str:
        """Return the text of a node as the file has it, in one line; of a loop, its head."""
        if isinstance(node, ast.For):
            return f"for {self.source(node.target)} in {self.source(node.iter)}:"
        return " ".join(self.span(node).split())

    def span(self, node: Any) -> str:
        """Return the text of a node as the file has it."""
        first, last = node.lineno - self.start, node.end_lineno - self.start
        rows = self._texts[first : last + 1]
        rows[-1] = rows[-1][: node.end_col_offset]
        rows[0] = rows[0][node.col_offset :]
        return b"\n".join(rows).decode()

    def statements(self) -> Iterator[Statement]:
        """Yield every simple statement, in the order of the file."""
        for node in simple(self.body):
            yield self.statement(node)


def simple(nodes: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that do not consist of others."""
    for node in nodes:
        if not isinstance(node, COMPOUND):
            yield node
            continue
        for block in ("body", "orelse", "finalbody"):
            yield from simple(getattr(node, block, []))
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from simple(part.body)


Header = ast.For | ast.While | ast.If


def headers(nodes: list[ast.stmt]) -> Iterator[Header]:
    """Yield the loops and branches, those inside others included."""
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, Header):
                yield part


def names_read(node: ast.AST) -> set[str]:
    """Return the names that a statement or expression reads, those it writes into included."""
    found = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    if isinstance(node, ast.Assign):
        targets = (one for target in node.targets for one in each_target(target))
        found -= {one.id for one in targets if isinstance(one, ast.Name)}
        found |= {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
    return found


def reads(node: ast.AST, path: str) -> bool:
    """Whether a statement reads a variable, or an item such as ``grads['W1']`` of one.

    Where it reads other items or attributes alone, it does not; a method may read all of them.
    """
    name = stem(path)
    if name not in names_read(node):
        return False
    called = {id(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
    found: dict[ast.Name, str] = {}
    for part in ast.walk(node):  # what is outside comes first: params['W'].T before params['W']
        root = _root_of_item(part)
        if root is not None and root.id == name and id(part) not in called:
            found.setdefault(root, ast.unparse(part))
    return any(path.startswith(one) or one.startswith(path) for one in found.values())


def _root_of_item(node: ast.AST) -> ast.Name | None:
    """Return the variable of which an expression names an item or attribute, or that it is."""
    while not isinstance(node, ast.Name):
        is_item = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
        if not is_item and not isinstance(node, ast.Attribute):
            return None
        assert isinstance(node, (ast.Subscript, ast.Attribute))
        node = node.value
    return node


def names_written(node: ast.AST) -> set[str]:
    """Return the names that a statement assigns, or into whose value it assigns."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        targets = [node.target]
    return {root for target in targets for root in _roots(target)}


def _roots(target: ast.expr) -> Iterator[str]:
    for root in each_target(target):
        while isinstance(root, (ast.Subscript, ast.Attribute)):
            root = root.value
        if isinstance(root, ast.Starred):
            yield from _roots(root.value)
        elif isinstance(root, ast.Name):
            yield root.id


def each_target(target: ast.expr) -> Iterator[ast.expr]:
    """Yield what is assigned to, one by one where that is a tuple or a list."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            yield from each_target(item)
    else:
        yield target


def _is_fixed(value: Any) -> bool:
    """Whether a value is one that programs give no new one for: a module, a function, a class."""
    return isinstance(value, (ModuleType, FunctionType, type, BuiltinFunctionType, np.ufunc))


def _source(function: Any, name: str) -> tuple[list[str], int]:
    try:
        lines, start = inspect.getsourcelines(function)
    except (OSError, TypeError):
        raise CannotRead(
            f"the source of {name} is not to be had: write it in a file or a notebook cell"
        ) from None
    return lines, max(start, 1)


def _definition(text: str, name: str, place: str) -> ast.FunctionDef:
    try:
        tree = ast.parse(text).body[0]
    except SyntaxError:
        tree = ast.Pass()
    if isinstance(tree, ast.AsyncFunctionDef):
        raise CannotRead(
            f"{place}: {name} is asynchronous: its lines cannot be run one by one; write it with "
            "def alone"
        )
    if not isinstance(tree, ast.FunctionDef):
        raise CannotRead(f"{place}: {name} is no function made by def: its lines cannot be run")
    if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in own_nodes(tree)):
        raise CannotRead(f"{place}: {name} is a generator: its lines cannot be run one by one")
    return tree
