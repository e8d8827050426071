"""A source text, its syntax tree, and where in the text the nodes of the tree are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import accumulate

Node = ast.expr | ast.stmt | ast.keyword
ATOMS = (ast.Name, ast.Constant, ast.Call, ast.Subscript, ast.Attribute)


class Source:
    """A file, whose nodes know where they stand and what they stand in."""

    def __init__(self, text: str, path: str) -> None:
        self.path = path
        # The positions of ast count bytes of UTF-8.
        self.data = text.encode()
        self.tree = ast.parse(text, path)
        self.starts = [0, *accumulate(len(line) for line in self.data.splitlines(keepends=True))]
        self.parents = {
            child: parent
            for parent in ast.walk(self.tree)
            for child in ast.iter_child_nodes(parent)
        }

    def span(self, node: Node) -> tuple[int, int]:
        """Return where a node begins and ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self.starts[node.lineno - 1] + node.col_offset,
            self.starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def lines(self, statement: ast.stmt) -> tuple[int, int]:
        """Return where the lines of a statement begin and end."""
        assert statement.end_lineno is not None
        return self.starts[statement.lineno - 1], self.starts[statement.end_lineno]

    def piece(self, start: int, end: int) -> str:
        """Return a piece of the text."""
        return self.data[start:end].decode()

    def text(self, node: Node) -> str:
        """Return the text of a node, without parentheses around it."""
        return self.piece(*self.span(node))

    def operator(self, left: ast.expr, right: ast.expr, symbol: str) -> tuple[int, int]:
        """Return where the operator stands between its operands."""
        start, end = self.span(left)[1], self.span(right)[0]
        at = start + self.piece(start, end).index(symbol)
        return at, at + len(symbol)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what a node stands in, the innermost first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def bound_before(self, node: ast.expr | ast.stmt) -> list[str]:
        """Return the names that have a value in the line of `node`, as they come in the text."""
        (function,) = (it for it in self.ancestors(node) if isinstance(it, ast.FunctionDef))
        names = [arg.arg for arg in function.args.args]
        stores = (
            it
            for it in ast.walk(function)
            if isinstance(it, ast.Name)
            and isinstance(it.ctx, ast.Store)
            and it.lineno < node.lineno
        )
        for it in sorted(stores, key=lambda it: (it.lineno, it.col_offset)):
            if it.id not in names:
                names.append(it.id)
        return names

    def enclosed(self, node: ast.expr) -> bool:
        """Return whether any expression could take the place of a node without parentheses."""
        start, end = self.span(node)
        inside = self.piece(start - 1, start) == "(" and self.piece(end, end + 1) == ")"
        tight = (ast.BinOp, ast.UnaryOp, ast.Attribute, ast.Compare, ast.Subscript)
        return inside or not isinstance(self.parents[node], tight)

    def in_place_of(self, node: ast.expr, new: ast.expr, minus: bool = False) -> str:
        """Return the text of `new`, with parentheses if it needs them in the place of `node`."""
        text = self.negated(new) if minus else self.text(new)
        atom = isinstance(new, ATOMS) and not minus
        return text if atom or self.enclosed(node) else f"({text})"

    def negated(self, node: ast.expr) -> str:
        """Return the text of a node with a minus before it."""
        product = isinstance(node, ast.BinOp) and not isinstance(node.op, (ast.Add, ast.Sub))
        bare = product or isinstance(node, ATOMS)
        return f"-{self.text(node)}" if bare else f"-({self.text(node)})"


def functions(source: Source) -> dict[str, ast.FunctionDef]:
    """Return the functions of a file by name."""
    return {f.name: f for f in source.tree.body if isinstance(f, ast.FunctionDef)}


def backward_part(source: Source) -> list[ast.stmt]:
    """Return the statements of the backward pass, those of its own helpers included.

    A helper is its own if the forward pass does not use it. In a file without a function
    ``backward``, the backward pass is what follows the loss, which is the first of the results.
    """
    found = functions(source)
    if "backward" not in found:
        return _after_the_loss(found["step"])
    shared = _reached(found, "forward")
    own = [name for name in _reached(found, "backward") if name not in shared]
    return [statement for name in own for statement in _without_docstring(found[name].body)]


def _reached(found: dict[str, ast.FunctionDef], name: str) -> list[str]:
    names = [name]
    for reached in names:
        for node in ast.walk(found[reached]):
            if isinstance(node, ast.Name) and node.id in found and node.id not in names:
                names.append(node.id)
    return names


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if is_docstring else body


def _after_the_loss(step: ast.FunctionDef) -> list[ast.stmt]:
    result = step.body[-1]
    assert isinstance(result, ast.Return)
    assert isinstance(result.value, ast.Tuple)
    loss = ast.dump(result.value.elts[0]).replace("Load", "Store")
    last = max(
        i
        for i, statement in enumerate(step.body)
        if isinstance(statement, ast.Assign) and ast.dump(statement.targets[0]) == loss
    )
    return step.body[last + 1 :]
