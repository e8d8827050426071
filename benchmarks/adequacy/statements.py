"""The edits of statements that make a mutant: assigning for adding, and leaving one out."""

from __future__ import annotations

import ast

from benchmarks.adequacy.expressions import Edits, Rule, called
from benchmarks.localise.edits import Edit
from benchmarks.localise.source import Source

_IN_PLACE: dict[type[ast.operator], tuple[str, tuple[str, ...]]] = {
    ast.Add: ("+=", ("=", "-=")),
    ast.Sub: ("-=", ("=", "+=")),
    ast.Mult: ("*=", ("=", "/=")),
    ast.Div: ("/=", ("=", "*=")),
    ast.BitOr: ("|=", ("=", "&=")),
    ast.BitAnd: ("&=", ("=", "|=")),
}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_STOPS = (ast.Return, ast.Break, ast.Continue, ast.AugAssign)
_ADDABLE = (ast.BinOp, ast.Call, ast.Name, ast.Attribute, ast.Subscript, ast.IfExp)


def assignment(source: Source, node: ast.AST) -> Edits:
    """Assign in place of adding, and add in place of assigning."""
    if isinstance(node, ast.AugAssign) and type(node.op) in _IN_PLACE:
        symbol, others = _IN_PLACE[type(node.op)]
        for other in others:
            yield Edit("= for +=", *source.operator(node.target, node.value, symbol), other)
    if isinstance(node, ast.Assign) and isinstance(node.value, _ADDABLE):
        target = node.targets[0]
        if isinstance(target, ast.Subscript) or _is_bound_before(source, target, node):
            yield Edit("= for +=", *source.operator(target, node.value, "="), "+=")


def deletion(source: Source, node: ast.AST) -> Edits:
    """Leave out a statement that Python can do without."""
    if not isinstance(node, ast.stmt) or not _can_go(source, node):
        return
    start, end = source.lines(node)
    if isinstance(node, _FUNCTIONS):
        start = source.starts[node.decorator_list[0].lineno - 1]
    new = ""
    if len(_block(source, node)) == 1:
        new = source.piece(start, source.span(node)[0]) + "pass\n"
    yield Edit("delete statement", start, end, new, whole=True)


STATEMENTS: tuple[Rule, ...] = (assignment, deletion)


def _can_go(source: Source, node: ast.stmt) -> bool:
    """Return whether a name would not simply be missing without this statement."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call)
    if isinstance(node, ast.If):
        block = _block(source, node)
        is_elif = isinstance(parent := source.parents[node], ast.If) and block is parent.orelse
        return not node.orelse and not is_elif
    if isinstance(node, ast.Assign):
        target = node.targets[0]
        if isinstance(target, ast.Tuple):
            return all(_is_bound_before(source, it, node) for it in target.elts)
        is_part = isinstance(target, ast.Subscript | ast.Attribute)
        return is_part or _is_bound_before(source, target, node)
    if isinstance(node, _FUNCTIONS):  # a definition that is found by what it is registered for
        decorators = [it for it in node.decorator_list if isinstance(it, ast.Call)]
        return any(called(it) == "defines" for it in decorators)
    if isinstance(node, ast.Return):
        return isinstance(source.parents[node], ast.If | ast.For | ast.While | ast.With)
    return isinstance(node, (ast.For, ast.While, *_STOPS))


def _block(source: Source, node: ast.stmt) -> list[ast.stmt]:
    """Return the statements among which one stands."""
    parent = source.parents[node]
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and node in block:
            return block
    return [node]


def _is_bound_before(source: Source, target: ast.expr, node: ast.stmt) -> bool:
    """Return whether a name has a value in its function before a statement."""
    if not isinstance(target, ast.Name):
        return False
    scope = next(
        it for it in source.ancestors(node) if isinstance(it, (*_FUNCTIONS, ast.Module, ast.Lambda))
    )
    if isinstance(scope, _FUNCTIONS):
        arguments = scope.args
        given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        if target.id in {it.arg for it in (*given, arguments.vararg, arguments.kwarg) if it}:
            return True
    return any(
        isinstance(it, ast.Name)
        and isinstance(it.ctx, ast.Store)
        and it.id == target.id
        and it.lineno < node.lineno
        for it in ast.walk(scope)
    )
