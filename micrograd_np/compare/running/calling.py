"""Calls inside of statements, rewritten so that helper functions can be stepped into."""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Collection
from typing import Any

CALL = "__call__"
"""What is called in their place, with the number of the call, the function and its arguments."""


class _Calls(ast.NodeTransformer):
    """Rewrites ``f(x)`` as ``__call__(0, f, x)``, which evaluates in the same order."""

    def __init__(self, plain: Collection[str]) -> None:
        self.plain = plain
        self.calls: list[ast.Call] = []

    def visit(self, node: ast.AST) -> Any:
        """Go into anything but functions: they may be called when the statement is over."""
        is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        return node if is_function or isinstance(node, ast.GeneratorExp) else super().visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Rewrite a call, those among its arguments included."""
        original = copy.copy(node)
        self.generic_visit(node)
        if not _may_be_helper(node.func, self.plain):
            return node
        self.calls.append(original)
        number = ast.Constant(len(self.calls) - 1)
        args = [number, node.func, *node.args]
        return ast.copy_location(ast.Call(ast.Name(CALL, ast.Load()), args, node.keywords), node)


def _may_be_helper(function: ast.expr, plain: Collection[str]) -> bool:
    """Whether a function may be one of the user's; `plain` are names of modules that have none."""
    if isinstance(function, ast.Name):
        return function.id != CALL and not hasattr(builtins, function.id)
    while isinstance(function, ast.Attribute):
        function = function.value
    return not (isinstance(function, ast.Name) and function.id in plain)


def rewritten(node: Any, plain: Collection[str]) -> tuple[Any, list[ast.Call]]:
    """Return a statement or expression with its calls rewritten, and these as they were.

    Parameters
    ----------
    node
        Is not changed.
    plain
        The names of modules such as NumPy, whose functions are called as they are.
    """
    parts = (part for part in ast.walk(node) if isinstance(part, ast.Call))
    if not any(_may_be_helper(part.func, plain) for part in parts):
        return node, []
    calls = _Calls(plain)
    new = calls.visit(copy.deepcopy(node))
    return ast.fix_missing_locations(new), calls.calls
