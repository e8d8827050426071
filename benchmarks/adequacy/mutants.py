"""The mutants of a file: which edits are made, and what else is known of each of them."""

from __future__ import annotations

import ast
import difflib
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.adequacy.expressions import EXPRESSIONS
from benchmarks.adequacy.statements import STATEMENTS
from benchmarks.localise.edits import Edit
from benchmarks.localise.source import Source

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_LEFT_ALONE = (ast.Import, ast.ImportFrom, ast.Raise, ast.Assert, ast.JoinedStr)


@dataclass(frozen=True)
class Mutant:
    """A file with one edit.

    Attributes
    ----------
    path
        Of the file, as in the project.
    key
        Tells it apart from the other mutants of the file, and outlasts changes elsewhere in it.
    operator
        What was done.
    text
        Of the whole file.
    lineno
        The first line that is different.
    old, new
        The lines that are different, stripped: how they were and how they are.
    lines
        From which line to which a test must run to see the mutant.
    function
        The innermost function that the edit is in the body of: its first line and its name. None
        if what is edited runs when the file is imported.
    body
        The lines of that function, from the first that runs when it is called; or None.
    statement
        The first and last line of the outermost statement that the edit is in.
    """

    path: str
    key: str
    operator: str
    text: str
    lineno: int
    old: str
    new: str
    lines: tuple[int, int]
    function: tuple[int, str] | None
    body: tuple[int, int] | None
    statement: tuple[int, int]

    def diff(self, original: str) -> str:
        """Return the unified diff that makes the mutant of the file."""
        rows = difflib.unified_diff(
            original.splitlines(keepends=True),
            self.text.splitlines(keepends=True),
            f"a/{self.path}",
            f"b/{self.path}",
        )
        return "".join(rows)


def mutants(text: str, path: str) -> list[Mutant]:
    """Return every mutant of a file that compiles, each text once, in the order of its lines."""
    source = Source(text, path)
    seen = {text}
    counts: Counter[str] = Counter()
    made = []
    for node in _mutable(source.tree):
        for rule in (*EXPRESSIONS, *STATEMENTS):
            for edit in rule(source, node):
                new = _edited(source, edit)
                if new not in seen and _compiles(source, edit, _statement(source, node)):
                    seen.add(new)
                    made.append(_mutant(source, node, edit, new, counts))
    return sorted(made, key=lambda it: it.lineno)


def _edited(source: Source, edit: Edit) -> str:
    data = source.data[: edit.start] + edit.new.encode() + source.data[edit.end :]
    return data.decode()


def _compiles(source: Source, edit: Edit, statement: tuple[int, int]) -> bool:
    """Return whether the outermost statement does, which takes less time than the whole file."""
    start, end = source.starts[statement[0] - 1], source.starts[statement[1]]
    data = source.data[start : edit.start] + edit.new.encode() + source.data[edit.end : end]
    try:
        with warnings.catch_warnings(action="ignore"):  # of what is odd, as mutants are
            compile(data, source.path, "exec")
    except SyntaxError:
        return False
    return True


def _mutant(source: Source, node: ast.AST, edit: Edit, new: str, counts: Counter[str]) -> Mutant:
    # From the line in which the edit begins to the one in which it ends.
    first = source.data.count(b"\n", 0, edit.start)
    last = source.data.count(b"\n", 0, edit.end - edit.whole)
    before, after = source.data.decode().splitlines(), new.splitlines()
    end = last + 1 + len(after) - len(before)
    old, other = (
        "\n".join(map(str.strip, lines)) for lines in (before[first : last + 1], after[first:end])
    )
    change = f"{edit.operator}: {old} -> {other}"
    counts[change] += 1
    return Mutant(
        source.path,
        f"{change} #{counts[change]}",
        edit.operator,
        new,
        first + 1,
        old,
        other,
        _lines(source, node),
        *_function(source, node),
        _statement(source, node),
    )


def _mutable(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that may be edited: no texts, types, imports, nor what is raised."""
    for name, field in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_comment"):
            continue
        for child in field if isinstance(field, list) else [field]:
            if isinstance(child, ast.AST) and not _is_left_alone(child):
                yield child
                yield from _mutable(child)


def _is_left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(it, ast.Name) and it.id == "__all__" for it in node.targets)
    if isinstance(node, ast.FunctionDef):
        return any(ast.unparse(it).endswith("overload") for it in node.decorator_list)
    if isinstance(node, ast.If):
        return ast.unparse(node.test).endswith("TYPE_CHECKING")
    if isinstance(node, ast.keyword):
        return node.arg == "strict"  # as an assertion, it says what is always so
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_text or isinstance(node, _LEFT_ALONE)


def _lines(source: Source, node: ast.AST) -> tuple[int, int]:
    """Return the lines of the innermost statement or lambda; of a compound one the head only."""
    for it in (node, *source.ancestors(node)):
        if isinstance(it, ast.Lambda) and it is not node:
            return it.body.lineno, it.body.end_lineno or it.body.lineno
        if isinstance(it, ast.stmt):
            body = getattr(it, "body", None)
            is_head = body and it is not node and not isinstance(it, _FUNCTIONS)
            last = body[0].lineno - 1 if is_head and body else it.end_lineno
            return it.lineno, max(it.lineno, last or it.lineno)
    raise AssertionError("a node stands in a statement")


def _function(
    source: Source, node: ast.AST
) -> tuple[tuple[int, str] | None, tuple[int, int] | None]:
    """Return which function runs a node, and the lines of its body."""
    child = node
    for parent in source.ancestors(node):
        if isinstance(parent, ast.Lambda) and child is parent.body:
            return (parent.lineno, "<lambda>"), _span(parent.body)
        if isinstance(parent, ast.FunctionDef) and child in parent.body:
            first = parent.decorator_list[0] if parent.decorator_list else parent
            has_text = ast.get_docstring(parent, clean=False) is not None and len(parent.body) > 1
            begins, _ = _span(parent.body[has_text])
            return (first.lineno, parent.name), (begins, _span(parent)[1])
        child = parent
    return None, None


def _statement(source: Source, node: ast.AST) -> tuple[int, int]:
    (outermost,) = (
        it
        for it in (node, *source.ancestors(node))
        if isinstance(it, ast.stmt) and it in source.tree.body
    )
    return _span(outermost)


def _span(node: ast.stmt | ast.expr) -> tuple[int, int]:
    """Return the first and the last line, with decorators."""
    decorators = getattr(node, "decorator_list", [])
    first = decorators[0].lineno if decorators else node.lineno
    return first, node.end_lineno or first
