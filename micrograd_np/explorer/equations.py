"""A line of anybody's backward pass as mathematics: printed from what running it records."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from micrograd_np.compare.running.code import names_written
from micrograd_np.explorer.taken import is_item
from micrograd_np.program.derive import derive
from micrograd_np.program.names import free_name
from micrograd_np.program.printing.mathematics.equations import Sheet
from micrograd_np.program.printing.mathematics.symbols import Symbol, symbols


def equations(
    node: ast.stmt, read: Mapping[str, Any], gradients: Mapping[str, str], made: str = ""
) -> list[str]:
    """Return a statement in LaTeX, in one equation or several; nothing if it cannot be recorded.

    Parameters
    ----------
    node
        The statement, which may use nothing but NumPy as ``np`` and what it reads.
    read
        The numbers and arrays that it reads, as `Taken.read` has them.
    gradients
        Of what those among them that are gradients are the gradients: ``{"dh": "h"}``.
    made
        Of what the result is the gradient, "" if it is none.
    """
    names = _names_of_items(read)
    node = _Named(names).visit(ast.parse(ast.unparse(node)).body[0])
    read = {names.get(one, one): value for one, value in read.items()}
    gradients = {names.get(one, one): _last(stem) for one, stem in gradients.items()}
    made = _last(made)
    written = sorted(names_written(node))
    if len(written) != 1:
        return []
    name = written[0]
    given = [one for one in read if one.isidentifier()]
    before = free_name(f"{name}_before", {*given, name})
    parameters, body = list(given), ast.unparse(node)
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
        body = f"{name} = np.copy({node.value.id})"  # an equation, though nothing is computed
    if name in given:  # what it held before has a name of its own
        parameters[given.index(name)] = before
        body = f"{name} = 1 * {before}\n    {body}"
    text = f"def line({', '.join(parameters)}):\n    {body}\n    return {name}\n"
    words = {before: name} if name in given else {}
    words |= {} if "out" in given else {"out": name}  # so a result without a name is called
    stems = {one: stem for one, stem in gradients.items() if one != name}
    stems |= {before: gradients.get(name, ""), name: made}
    stems |= {} if "out" in given else {"out": made}
    namespace: dict[str, Any] = {"np": np}
    try:
        exec(compile(text, "<line>", "exec"), namespace)
        with np.errstate(all="ignore"):
            program = derive(namespace["line"], *(read[one] for one in given))
        sheet = Sheet(program.record, lambda names: _spelled(names, stems, words))
    except Exception:  # what the line does may be no mathematics
        return []
    return [one.text for one in sheet.equations if not one.backward]


def _names_of_items(read: Mapping[str, Any]) -> dict[str, str]:
    """Return a name for each item and attribute: ``W1`` for ``params['W1']`` and ``self.W1``."""
    used = {one for one in read if one.isidentifier()}
    items = [one for one in read if not one.isidentifier()]
    return {one: free_name(_last(one), used) for one in items}


def _last(path: str) -> str:
    """Return the last name in a path.

    Examples
    --------
    >>> _last("params['W1']"), _last("self.W1"), _last("hs[t + 1]")
    ('W1', 'W1', 'hs')
    """
    words = re.findall(r"[^\W\d]\w*", re.sub(r"\[[^'\"\]]*\]", "", path))
    return words[-1] if words else ""


class _Named(ast.NodeTransformer):
    """Has variables in place of items and attributes."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def _visit(self, node: ast.Attribute | ast.Subscript) -> ast.AST:
        name = self.names.get(ast.unparse(node))
        if name is not None:
            return ast.copy_location(ast.Name(name, node.ctx), node)
        # What is written for the first time has no value yet, and is called as it will be.
        if isinstance(node.ctx, ast.Store) and is_item(node):
            return ast.copy_location(ast.Name(_last(ast.unparse(node)), node.ctx), node)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """As an index, a range is an array: ``x[range(N), y]``."""
        if isinstance(node.func, ast.Name) and node.func.id == "range":
            arange = ast.Attribute(ast.Name("np", ast.Load()), "arange", ast.Load())
            node = ast.copy_location(ast.Call(arange, node.args, node.keywords), node)
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return self._visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return self._visit(node)


def _spelled(
    names: Iterable[str], stems: Mapping[str, str], words: Mapping[str, str]
) -> dict[str, Symbol]:
    """Return a symbol for every name: of a gradient, that of the derivative."""
    listed = list(names)
    spelled = symbols(dict.fromkeys(stems.get(one) or words.get(one, one) for one in listed))
    return {
        one: spelled[stems[one]].adjoint_to("L", "")
        if stems.get(one)
        else spelled[words.get(one, one)]
        for one in listed
    }
