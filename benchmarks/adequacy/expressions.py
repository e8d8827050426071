"""The edits of expressions that make a mutant: given a node, what may be written instead."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from benchmarks.localise.edits import Edit
from benchmarks.localise.source import ATOMS, Source

Edits = Iterator[Edit]
Rule = Callable[[Source, ast.AST], Edits]

_SWAPPED: dict[type[ast.operator], str] = {
    ast.Sub: "-",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
}
_COMPARED: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}
_COMMUTATIVE = {"add", "multiply", "maximum", "minimum", "logical_and", "logical_or", "equal"}
_UNORDERED = {"isinstance", "issubclass", "getattr", "hasattr", "constant", "defines", "undefined"}
_AXES = {"axis", "axes", "axis1", "axis2", "keepdims"}
_TRANSPOSING = {"transposed", "transpose", "swapaxes", "moveaxis"}
_CONJUGATING = {"conj", "conjugate"}
_UNLIKE = (ast.Starred, ast.Constant, ast.UnaryOp)  # swapped with an array, a number only raises
_SEQUENCES = (ast.Tuple, ast.List, ast.ListComp, ast.JoinedStr)


def sign(source: Source, node: ast.AST) -> Edits:
    """Take a sum for a difference, a difference for a sum; drop a minus."""
    match node:
        case ast.UnaryOp(op=ast.USub()) if not _is_place(source, node):
            start = source.span(node)[0]
            yield Edit("sign", start, start + 1, "")
        case ast.BinOp(left, ast.Add() | ast.Sub() as operator, right):
            if not (_is_sequence(left) or _is_sequence(right)):
                old, new = ("+", "-") if isinstance(operator, ast.Add) else ("-", "+")
                yield Edit("sign", *source.operator(left, right, old), new)


def swap(source: Source, node: ast.AST) -> Edits:
    """Swap the operands of an operator that does not commute, or the last two of a call."""
    if isinstance(node, ast.BinOp) and type(node.op) in _SWAPPED and not _is_sequence(node.left):
        symbol = _SWAPPED[type(node.op)]
        first, second = (_operand(source, it) for it in (node.right, node.left))
        yield Edit("operand swap", *source.span(node), f"{first} {symbol} {second}")
    if isinstance(node, ast.Call) and len(node.args) > 1:
        left, right = node.args[-2:]
        named = called(node) in _COMMUTATIVE | _UNORDERED
        known = named or (called(node) == "defvjp" and len(node.args) == 2)
        if not known and not any(isinstance(it, _UNLIKE) for it in (left, right)):
            (start, middle), (again, end) = source.span(left), source.span(right)
            new = source.text(right) + source.piece(middle, again) + source.text(left)
            yield Edit("operand swap", start, end, new)


def drop(source: Source, node: ast.AST) -> Edits:
    """Drop a term, a factor, a power, or a condition of several."""
    if isinstance(node, ast.BinOp):
        span, kind = source.span(node), type(node.op)
        if kind in (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.BitAnd, ast.BitOr):
            yield Edit("drop term", *span, source.in_place_of(node, node.left))
        if kind in (ast.Add, ast.Sub, ast.Mult, ast.BitAnd, ast.BitOr):
            right = source.in_place_of(node, node.right, kind is ast.Sub)
            yield Edit("drop term", *span, right)
    if isinstance(node, ast.BoolOp):
        for before, after in zip(node.values, node.values[1:], strict=False):
            yield Edit("drop term", source.span(before)[1], source.span(after)[1], "")
        first, second = node.values[:2]
        yield Edit("drop term", source.span(first)[0], source.span(second)[0], "")


def axis(source: Source, node: ast.AST) -> Edits:
    """Do not say along which axis; take the first for the last."""
    if isinstance(node, ast.keyword) and node.arg in _AXES:
        call = source.parents[node]
        if isinstance(call, ast.Call) and called(call) != "dict":
            yield Edit("wrong axis", *_with_comma(source, node), "")
    if isinstance(node, ast.UnaryOp) and source.text(node) == "-1" and _is_place(source, node):
        yield Edit("wrong axis", *source.span(node), "0")


def transposition(source: Source, node: ast.AST) -> Edits:
    """Do not transpose, or conjugate; or transpose a factor of a matrix product."""
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield Edit("transpose", source.span(node.value)[1], source.span(node)[1], "")
    if isinstance(node, ast.Call) and called(node) in _TRANSPOSING | _CONJUGATING:
        operator = "transpose" if called(node) in _TRANSPOSING else "conjugate"
        function = node.func
        if isinstance(function, ast.Attribute) and source.text(function.value) != "np":
            yield Edit(operator, source.span(function.value)[1], source.span(node)[1], "")
        elif node.args:
            yield Edit(operator, *source.span(node), source.in_place_of(node, node.args[0]))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        for factor in (node.left, node.right):
            if isinstance(factor, ast.Name | ast.Subscript):
                end = source.span(factor)[1]
                yield Edit("transpose", end, end, ".T")


def off_by_one(source: Source, node: ast.AST) -> Edits:
    """Begin or end a range one further, or one before."""
    bounds: list[ast.expr | None] = []
    if isinstance(node, ast.Slice):
        bounds = [node.lower, node.upper]
    if isinstance(node, ast.Call) and called(node) == "range":
        bounds = [node.args[min(1, len(node.args) - 1)]]
    for bound in bounds:
        if bound is None or isinstance(bound, ast.Constant):
            continue  # a constant is one further by the rule of constants
        end = source.span(bound)[1]
        for other in (" + 1", " - 1"):
            yield Edit("off by one", end, end, other)


def comparison(source: Source, node: ast.AST) -> Edits:
    """Move a boundary to the other side of a comparison; decide the opposite."""
    if isinstance(node, ast.Compare):
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            symbol, others = _COMPARED[type(operator)]
            for other in others:
                yield Edit("comparison", *source.operator(left, right, symbol), other)
            left = right
    if isinstance(node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield Edit("comparison", *source.operator(left, right, old), new)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield Edit("comparison", source.span(node)[0], source.span(node.operand)[0], "")
    for test in _conditions(node):
        if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant):
            yield Edit("comparison", *source.span(test), f"not {_operand(source, test)}")


def constant(source: Source, node: ast.AST) -> Edits:
    """Add one to a number; take True for False."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float | complex):
        value = node.value
        new = not value if isinstance(value, bool) else value + 1
        yield Edit("constant", *source.span(node), repr(new))


EXPRESSIONS: tuple[Rule, ...] = (
    sign,
    swap,
    drop,
    axis,
    transposition,
    off_by_one,
    comparison,
    constant,
)


def called(node: ast.Call) -> str:
    """Return the last part of the name of what is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _operand(source: Source, node: ast.expr) -> str:
    text = source.text(node)
    return text if isinstance(node, ATOMS) else f"({text})"


def _is_sequence(node: ast.expr) -> bool:
    is_string = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_string or isinstance(node, _SEQUENCES)


def _is_place(source: Source, node: ast.UnaryOp) -> bool:
    """Return whether a negative integer is a place among axes or elements, not a value."""
    if not (isinstance(node.operand, ast.Constant) and isinstance(node.operand.value, int)):
        return False
    parent = source.parents[node]
    while isinstance(parent, ast.Tuple | ast.List):
        parent = source.parents[parent]
    return isinstance(parent, ast.Call | ast.keyword | ast.Subscript | ast.Slice)


def _conditions(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        return [node.test]
    return node.ifs if isinstance(node, ast.comprehension) else []


def _with_comma(source: Source, node: ast.keyword) -> tuple[int, int]:
    """Return where a keyword stands, with the comma before it, or else the one after it."""
    start, end = source.span(node)
    before = source.piece(0, start).rstrip()
    if before.endswith(","):
        return len(before.encode()) - 1, end
    after = source.data[end:].lstrip()
    if after.startswith(b","):
        end = len(source.data) - len(after[1:].lstrip())
    return start, end
