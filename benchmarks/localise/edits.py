"""The edits that make a mutant, each a rule: given a node, what may be written instead."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.localise.source import ATOMS, Source


@dataclass(frozen=True)
class Edit:
    """Bytes from `start` to `end` become `new`.

    Attributes
    ----------
    operator
        What was done, a key of ``mutants.EXPECTED_KINDS``.
    whole
        Whether these are whole lines.
    """

    operator: str
    start: int
    end: int
    new: str
    whole: bool = False


Edits = Iterator[Edit]

_SIGNS = {ast.Add: ("+", "-"), ast.Sub: ("-", "+")}
_TIMES = {ast.Mult: ("*", "/"), ast.Div: ("/", "*")}
_COMPARISONS: dict[type[ast.cmpop], tuple[str, str, str]] = {
    ast.Lt: ("<", "<=", ">"),
    ast.LtE: ("<=", "<", ">"),
    ast.Gt: (">", ">=", "<"),
    ast.GtE: (">=", ">", "<"),
    ast.Eq: ("==", "", "!="),
}
_ASSIGNMENTS: dict[type[ast.operator], tuple[str, tuple[str, ...]]] = {
    ast.Add: ("+=", ("=", "-=")),
    ast.Sub: ("-=", ("=", "+=")),
    ast.Mult: ("*=", ("/=",)),
    ast.Div: ("/=", ("*=",)),
}
_MAKERS = {"zeros", "ones", "empty", "reshape", "transpose", "swapaxes"}
_STEPS = (ast.Assign, ast.AugAssign, ast.Expr)


def binary(source: Source, node: ast.AST) -> Edits:
    """Swap an operator for its opposite, drop an operand, or swap the two."""
    if not isinstance(node, ast.BinOp) or _counts(source, node):
        return
    left, right = node.left, node.right
    span = source.span(node)
    left_alone, right_alone = source.in_place_of(node, left), source.in_place_of(node, right)
    kind = type(node.op)
    if kind in _SIGNS:
        symbol, other = _SIGNS[kind]
        yield Edit("sign", *source.operator(left, right, symbol), other)
        yield Edit("drop term", *span, left_alone)
        minus = kind is ast.Sub
        yield Edit("drop term", *span, source.in_place_of(node, right, minus))
    if kind in _TIMES:
        symbol, other = _TIMES[kind]
        yield Edit("times for over", *source.operator(left, right, symbol), other)
        yield Edit("drop factor", *span, left_alone)
        if kind is ast.Mult:
            yield Edit("drop factor", *span, right_alone)
        elif not isinstance(left, ast.Constant):
            yield Edit("drop factor", *source.span(left), "1")
    if kind is ast.Pow:
        yield Edit("drop power", *span, left_alone)
    if kind in (ast.MatMult, ast.Sub):
        symbol = "@" if kind is ast.MatMult else "-"
        first, second = (
            source.text(it) if isinstance(it, ATOMS) else f"({source.text(it)})"
            for it in (right, left)
        )
        yield Edit(f"swap {symbol}", *span, f"{first} {symbol} {second}")


def negation(source: Source, node: ast.AST) -> Edits:
    """Drop a minus, or put one before what is assigned."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        start = source.span(node)[0]
        if not _counts(source, node) and not _is_axis(source, node):
            yield Edit("sign", start, start + 1, "")
    if isinstance(node, ast.Assign) and isinstance(node.value, (ast.BinOp, ast.Call)):
        target = source.text(node.targets[0])
        if target.startswith(("d", "grads")) and "zeros" not in source.text(node.value):
            yield Edit("sign", *source.span(node.value), source.negated(node.value))


def transposition(source: Source, node: ast.AST) -> Edits:
    """Drop a transposition, or transpose a factor of a matrix product."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield Edit("drop .T", source.span(node.value)[1], source.span(node)[1], "")
    if isinstance(node, ast.Call) and _called(node) in ("transpose", "swapaxes"):
        assert isinstance(node.func, ast.Attribute)
        yield Edit("drop .T", source.span(node.func.value)[1], source.span(node)[1], "")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        for factor in (node.left, node.right):
            plain = isinstance(factor, (ast.Name, ast.Subscript))
            if plain or (isinstance(factor, ast.Attribute) and factor.attr != "T"):
                end = source.span(factor)[1]
                yield Edit("add .T", end, end, ".T")


def reduction(source: Source, node: ast.AST) -> Edits:
    """Sum along another axis, or along all of them; take a mean; do not keep the axes."""
    if not isinstance(node, ast.Call):
        return
    name = _called(node)
    if name in ("sum", "mean"):
        assert isinstance(node.func, ast.Attribute)
        end = source.span(node.func)[1]
        operator, other = ("mean for sum", "mean") if name == "sum" else ("sum for mean", "sum")
        yield Edit(operator, end - len(name), end, other)
    for keyword in node.keywords:
        if keyword.arg == "axis":
            for other in _other_axes(source.text(keyword.value)):
                yield Edit("axis", *source.span(keyword.value), other)
        if keyword.arg == "keepdims":
            yield Edit("drop keepdims", *_with_comma(source, keyword), "")


def _other_axes(axis: str) -> Iterator[str]:
    axes: tuple[int, ...] | int = ast.literal_eval(axis)
    if isinstance(axes, tuple):
        yield from (str(tuple(a for a in axes if a != dropped)) for dropped in axes)
    else:
        yield from (str(other) for other in (0, 1) if other != axes)
    yield "None"


def _with_comma(source: Source, keyword: ast.keyword) -> tuple[int, int]:
    start, end = source.span(keyword)
    before = source.piece(0, start).rstrip()
    return (len(before.encode()) - 1 if before.endswith(",") else start), end


def comparison(source: Source, node: ast.AST) -> Edits:
    """Move a boundary from one side of a comparison to the other, or invert it."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        symbol, boundary, inverse = _COMPARISONS[type(node.ops[0])]
        at = source.operator(node.left, node.comparators[0], symbol)
        if boundary:
            yield Edit("boundary", *at, boundary)
        yield Edit("inverted comparison", *at, inverse)


def constant(source: Source, node: ast.AST) -> Edits:
    """Add one to a number that is computed with, or double it."""
    if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
        return
    if _counts(source, node) or _is_axis(source, node):
        return
    assert isinstance(node.value, (int, float))
    yield Edit("constant", *source.span(node), repr(node.value + 1))
    if node.value:
        yield Edit("constant", *source.span(node), repr(node.value * 2))


def index(source: Source, node: ast.AST) -> Edits:
    """Count one too far, or one too short."""
    if isinstance(node, ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for part in parts:
            bounds = [part.lower, part.upper] if isinstance(part, ast.Slice) else [part]
            for bound in bounds:
                if bound is not None:
                    yield from _off_by_one(source, bound)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "range":
            for arg in node.args[:2]:
                yield from _off_by_one(source, arg)
            if len(node.args) == 1:
                start = source.span(node.args[0])[0]
                yield Edit("index", start, start, "1, ")
        if node.func.id == "reversed":
            yield Edit("order", *source.span(node), source.text(node.args[0]))


def _off_by_one(source: Source, bound: ast.expr) -> Edits:
    span, text = source.span(bound), source.text(bound)
    if isinstance(bound, ast.Constant):
        if isinstance(bound.value, int) and not isinstance(bound.value, bool):
            yield Edit("index", *span, str(bound.value + 1))
        return
    if isinstance(bound, ast.Compare):
        return  # a mask
    if isinstance(bound, ast.BinOp) and isinstance(bound.op, (ast.Add, ast.Sub)):
        yield Edit("index", *span, source.text(bound.left))
    yield Edit("index", *span, f"{text} + 1")
    yield Edit("index", *span, f"{text} - 1")


def assignment(source: Source, node: ast.AST) -> Edits:
    """Assign in place of adding, add in place of assigning, subtract in place of adding."""
    if isinstance(node, ast.AugAssign) and type(node.op) in _ASSIGNMENTS:
        symbol, others = _ASSIGNMENTS[type(node.op)]
        at = source.operator(node.target, node.value, symbol)
        for other in others:
            operator = "= for +=" if other == "=" else f"{other} for {symbol}"
            yield Edit(operator, *at, other)
    if isinstance(node, ast.Assign):
        target = node.targets[0]
        again = isinstance(target, ast.Name) and target.id in source.bound_before(node)
        if again or isinstance(target, ast.Subscript):
            yield Edit("+= for =", *source.operator(target, node.value, "="), "+=")


def statement(source: Source, node: ast.AST) -> Edits:
    """Delete a statement, or do twice what should be done once."""
    if not isinstance(node, _STEPS):
        return
    start, end = source.lines(node)
    parent = source.parents[node]
    if len(getattr(parent, "body", [])) > 1:
        yield Edit("delete", start, end, "", whole=True)
    if isinstance(node, ast.AugAssign):
        yield Edit("duplicate", end, end, source.piece(start, end), whole=True)


def call(source: Source, node: ast.AST) -> Edits:
    """Do not copy; or add with an index, which counts a repeated one once."""
    if not isinstance(node, ast.Call):
        return
    if _called(node) == "copy":
        assert isinstance(node.func, ast.Attribute)
        yield Edit("drop copy", source.span(node.func.value)[1], source.span(node)[1], "")
    if source.text(node.func) == "np.add.at":
        array, where, values = (source.text(arg) for arg in node.args)
        yield Edit("add.at", *source.span(node), f"{array}[{where}] += {values}")


EDITS: tuple[Callable[[Source, ast.AST], Edits], ...] = (
    binary,
    negation,
    transposition,
    reduction,
    comparison,
    constant,
    index,
    assignment,
    statement,
    call,
)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _is_axis(source: Source, node: ast.AST) -> bool:
    return any(isinstance(it, ast.keyword) and it.arg == "axis" for it in source.ancestors(node))


def _counts(source: Source, node: ast.AST) -> bool:
    """Return whether a number is a position or a length, and no value is computed with it."""
    child = node
    for parent in source.ancestors(node):
        if isinstance(parent, ast.Subscript) and child is parent.slice:
            return True
        if isinstance(parent, ast.Call):
            name = parent.func.id if isinstance(parent.func, ast.Name) else _called(parent)
            if child in parent.args and name in _MAKERS | {"range"}:
                return True
        if isinstance(parent, (ast.stmt, ast.Compare)):
            return False
        child = parent
    return False
