"""Statements of a function, rewritten so that they mean the same outside of it.

Each is run by itself, as a statement of a module whose variables are those of the function. What
Python compiles in another way inside a function is put here as it would be there.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Any

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def own_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes inside a function, but not those of functions and classes inside it."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            yield from own_nodes(node)


def bound_names(tree: ast.AST) -> set[str]:
    """Return the names that a function binds, parameters aside, and those it declares."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, _COMPREHENSIONS):  # its variables are its own, but for walruses
            found |= {n.target.id for n in own_nodes(node) if isinstance(n, ast.NamedExpr)}
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            found.add(node.name)
        found |= bound_names(node)
    return found


def declared_names(tree: ast.AST, kinds: Any = (ast.Global, ast.Nonlocal)) -> set[str]:
    """Return the names that a function says belong to its module or an enclosing function."""
    return {name for node in own_nodes(tree) if isinstance(node, kinds) for name in node.names}


def class_of(qualname: str) -> str:
    """Return the class by which Python mangles ``__names`` in a function, "" if there is none.

    Examples
    --------
    >>> class_of("Net.forward"), class_of("make.<locals>.Net.forward"), class_of("forward")
    ('Net', 'Net', '')
    """
    steps = qualname.split(".")
    place = len(steps) - 1
    while place > 0 and steps[place - 1] == "<locals>":
        place -= 2
    return steps[place - 1] if place > 0 else ""


class Mangled(ast.NodeTransformer):
    """Changes private names of a class, ``self.__w``, to what Python keeps them under."""

    def __init__(self, owner: str) -> None:
        self.prefix = f"_{owner.lstrip('_')}" if owner.strip("_") else ""

    def _of(self, name: str) -> str:
        is_private = name.startswith("__") and not name.endswith("__")
        return self.prefix + name if is_private and self.prefix else name

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Leave a class inside to Python, which knows its name."""
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Change a variable."""
        node.id = self._of(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Change an attribute."""
        node.attr = self._of(node.attr)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Change a parameter."""
        node.arg = self._of(node.arg)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Change the name of a function inside."""
        node.name = self._of(node.name)
        return self.generic_visit(node)


class _Outside(ast.NodeTransformer):
    """Rewrites what means something else outside of a function.

    Parameters
    ----------
    first
        The first parameter of the method, which ``super()`` means; "" if it is none.
    """

    def __init__(self, first: str) -> None:
        self.first = first
        self.inside: list[set[str]] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Leave a class inside as it is, but for what its methods declare."""
        first, self.first = self.first, ""
        self.inside.append(set())
        self.generic_visit(node)
        self.inside.pop()
        self.first = first
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Go into a function."""
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Go into a function."""
        return self._function(node)

    def _function(self, node: Any) -> ast.AST:
        params = [*node.args.posonlyargs, *node.args.args]
        every = [*params, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        names = {a.arg for a in every if a is not None} | bound_names(node) - declared_names(node)
        first = self.first
        self.first = params[0].arg if params and first else ""
        self.inside.append(names)
        self.generic_visit(node)
        self.inside.pop()
        self.first = first
        return node  # type: ignore[no-any-return]  # either kind of function

    def visit_Nonlocal(self, node: ast.Nonlocal) -> Any:
        """Call the variables of the function run here global: they are those of its module."""
        held = {n for n in node.names if any(n in names for names in self.inside[:-1])}
        parts: list[ast.stmt] = []
        if held:
            parts.append(ast.Nonlocal(sorted(held)))
        if rest := [n for n in node.names if n not in held]:
            parts.append(ast.Global(rest))
        return [ast.copy_location(part, node) for part in parts]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Drop an annotation: that of a function's variable is never evaluated."""
        self.generic_visit(node)
        if self.inside:
            return node
        new = ast.Pass() if node.value is None else ast.Assign([node.target], node.value)
        return ast.copy_location(new, node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Write out what ``super()`` means."""
        self.generic_visit(node)
        if self.first and _is_super(node):
            node.args = [ast.copy_location(ast.Name(n, ast.Load()), node)
                         for n in ("__class__", self.first)]  # fmt: skip
        return node


def _is_super(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "super"
        and not node.args
    )


def outside(node: Any, first: str, owner: str) -> Any:
    """Return a statement or expression of a function so that it can be run outside of it.

    Parameters
    ----------
    node
        Is not changed.
    first
        The first parameter of a method that can say ``super()``, "" of other functions.
    owner
        The class of a method, "" of other functions.
    """
    for part in ast.walk(node):
        if isinstance(part, (ast.Nonlocal, ast.AnnAssign)) or _is_super(part):
            break
        if owner and _is_private(part):
            break
    else:
        return node
    return _Outside(first).visit(Mangled(owner).visit(copy.deepcopy(node)))


def _is_private(node: ast.AST) -> bool:
    for part in ("id", "attr", "arg", "name"):
        name = getattr(node, part, None)
        if isinstance(name, str) and name.startswith("__"):
            return True
    return False
