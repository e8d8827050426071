"""How a line makes its value: the expression as a tree, with the arrays that stand in it.

The page writes out from it what any single element is the sum or the product of, and which row and
column it came from. Only the code of the backward pass itself is evaluated, part by part.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MOST_ELEMENTS = 100_000
"""Larger operands are not shown."""

_BINARY = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.MatMult: "product",
}
_SUMS = ("sum", "mean")
_PRODUCTS = ("dot", "matmul")


@dataclass(frozen=True)
class Term:
    """A part of an expression.

    Attributes
    ----------
    text
        The code.
    value
        What it holds.
    kind
        ``"product"`` of matrices, ``"sum"`` or ``"mean"``, ``"add"``, ``"subtract"``,
        ``"multiply"``, ``"divide"``, ``"negative"``, ``"kept"`` where a mask does not set it,
        ``"changed"`` by a write into a part; "" if it is not taken apart.
    parts
        What it is made of.
    axis
        Of a sum: along which axes; None: all.
    """

    text: str
    value: Array
    kind: str = ""
    parts: Sequence[Term] = ()
    axis: tuple[int, ...] | None = None


Evaluate = Callable[[ast.expr], Any]


def term_of(node: ast.stmt, evaluate: Evaluate) -> Term | None:
    """Return how a statement makes what it assigns, before it is run; None if that is not known.

    Where it assigns to a part of an array, that is how the part is made.

    Parameters
    ----------
    node
        An assignment.
    evaluate
        Returns the value of a part of it.
    """
    try:
        match node:
            case ast.Assign(targets=[ast.Subscript() as target], value=ast.Constant()):
                return _masked(target, node.value, evaluate)
            case ast.Assign(targets=[ast.Name() | ast.Attribute() | ast.Subscript()], value=value):
                return _expression(value, evaluate)
            case ast.AugAssign(target=ast.Name() | ast.Attribute() | ast.Subscript(), op=op):
                kind = _BINARY.get(type(op), "")
                whole = ast.BinOp(loaded(node.target), op, node.value)
                return _expression(whole, evaluate) if kind else None
    except Exception:  # a part that cannot be evaluated by itself is not shown
        return None
    return None


def changed(name: str, before: Array, after: Array) -> Term:
    """Return how a write into parts of an array has made what it holds now: by adding to it."""
    added = Term("what the line adds", np.asarray(after - before))
    return Term(name, after, "changed", (Term(f"{name} before", before), added))


def _expression(node: ast.expr, evaluate: Evaluate) -> Term:
    value = np.array(evaluate(node))  # a copy: later lines may write into it
    text = ast.unparse(node)
    if value.dtype.kind not in "fiub" or value.size > MOST_ELEMENTS:
        raise ValueError(f"{text} is not shown")
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _of_two(text, value, _BINARY[type(op)], left, right, evaluate)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Term(text, value, "negative", (_expression(operand, evaluate),))
        case ast.Call(func=ast.Attribute(attr=attr), args=args) if attr in _SUMS + _PRODUCTS:
            return _call(node, text, value, args, evaluate)
    return Term(text, value)


def _of_two(
    text: str, value: Array, kind: str, left: ast.expr, right: ast.expr, evaluate: Evaluate
) -> Term:
    parts = (_expression(left, evaluate), _expression(right, evaluate))
    if kind == "product" and not all(part.value.ndim in (1, 2) for part in parts):
        return Term(text, value)
    return Term(text, value, kind, parts)


def _call(
    node: ast.Call, text: str, value: Array, args: list[ast.expr], evaluate: Evaluate
) -> Term:
    """Return a sum or a product, called as a method or as a function of NumPy."""
    function = node.func
    assert isinstance(function, ast.Attribute)
    is_module = isinstance(function.value, ast.Name) and evaluate(function.value) is np
    operands = args if is_module else [function.value, *args]
    if function.attr in _PRODUCTS:
        if len(operands) != 2 or node.keywords:
            return Term(text, value)
        return _of_two(text, value, "product", operands[0], operands[1], evaluate)
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    if len(operands) > 2 or not named.keys() <= {"axis", "keepdims"}:
        return Term(text, value)
    operand = _expression(operands[0], evaluate)
    axis = evaluate(named["axis"]) if "axis" in named else None
    if len(operands) == 2:
        axis = evaluate(operands[1])
    axes = None if axis is None else tuple(np.atleast_1d(axis) % operand.value.ndim)
    return Term(text, value, function.attr, (operand,), axes and tuple(map(int, axes)))


def _masked(target: ast.Subscript, value: ast.expr, evaluate: Evaluate) -> Term | None:
    """Return what a mask has set, and what it has kept."""
    mask = np.asarray(evaluate(target.slice))
    before = np.array(evaluate(loaded(target.value)))
    if mask.dtype != bool or mask.shape != before.shape:
        return None
    after = np.where(mask, evaluate(value), before)
    parts = (
        Term(f"{ast.unparse(target.value)} before", before),
        Term(ast.unparse(target.slice), mask),
    )
    return Term(ast.unparse(target), np.asarray(after, before.dtype), "kept", parts)


def loaded(target: ast.expr) -> ast.expr:
    """Return a target as an expression that is read."""
    expression: ast.expr = ast.parse(ast.unparse(target), mode="eval").body
    return expression
