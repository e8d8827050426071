"""Edits of operators: another sign, operands exchanged or left out, transposed, compared."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import numpy as np

from micrograd_np.compare.edits.text import (
    Context,
    Edit,
    Text,
    bracketed,
    expression,
    function_of,
    loads,
    looks_like_reg,
    parts,
    value_of,
)

SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.MatMult: "@",
    ast.Pow: "**",
}


OTHER_SIGN = {"+": ("-", "sign"), "-": ("+", "sign"), "*": ("/", "scale"), "/": ("*", "scale")}


def operators(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Another operator, operands swapped or left out."""
    indices = {id(p) for s in parts(node, ast.Subscript) for p in ast.walk(s.slice)}
    for part in parts(node, ast.BinOp):
        for edit in _of_operator(text, node, part, context):
            inside = id(part) in indices
            yield Edit(edit.text, "wrong index", edit.cost) if inside else edit
    for part in parts(node, ast.UnaryOp):
        if isinstance(part.op, ast.USub):
            yield Edit(text.put(part, bracketed(text, part.operand)), "sign", 1.0)
            if context.shape_of(text.of(part.operand)):
                yield Edit(text.put(part, f"1 - {text.of(part.operand)}"), "missing term", 1.2)
        elif isinstance(part.op, (ast.Invert, ast.Not)):
            yield Edit(text.put(part, text.of(part.operand)), "inverted mask", 1.0)


def _of_operator(text: Text, node: ast.stmt, part: ast.BinOp, context: Context) -> Iterator[Edit]:
    """Yield edits of one operator and its operands."""
    sign = SIGNS.get(type(part.op))
    if sign is not None:
        whole = part is value_of(node)
        left, right = (operand(text, part, one, whole) for one in (part.left, part.right))
        if sign in OTHER_SIGN:
            new, kind = OTHER_SIGN[sign]
            if kind == "scale" and context.shape_of(text.of(part.right)):
                kind = "wrong derivative"
            changed = text.put_between(part.left, part.right, sign, new)
            if changed:
                yield Edit(changed, kind, 1.0)
        if sign == "*":
            changed = text.put_between(part.left, part.right, "*", "@")
            if changed:
                yield Edit(changed, "wrong derivative", 1.6)
        if sign == "@":
            yield from _transposed(text, part)
            changed = text.put_between(part.left, part.right, "@", "*")
            if changed:
                yield Edit(changed, "wrong derivative", 1.6)
        if sign == "-":
            exchanged = f"{operand(text, part, part.right, False)} - {_last(text, part, part.left)}"
            yield Edit(text.put(part, exchanged), "sign", 0.99 if whole else 1.2)
            yield Edit(text.put(part, f"({exchanged})"), "sign", 1.2)
        if sign in "+-" and isinstance(part.right, ast.BinOp):
            inner = SIGNS.get(type(part.right.op))
            if inner in ("*", "/"):  # the brackets are forgotten
                a, b = text.of(part.right.left), text.of(part.right.right)
                yield Edit(text.put(part, f"({left} {sign} {a}) {inner} {b}"),
                           "wrong derivative", 1.2)  # fmt: skip
        if sign in "+-":
            yield Edit(text.put(part, left), extra(right, context), 1.0)
            kind = _complement(left, right, context) if sign == "-" else extra(left, context)
            yield Edit(text.put(part, right), kind, 1.0)
        elif sign in ("*", "/"):
            yield Edit(text.put(part, left), factor_kind(right, context), 1.0)
            if sign == "*":
                yield Edit(text.put(part, right), factor_kind(left, context), 1.0)
        elif sign == "**":
            yield Edit(text.put(part, left), "wrong derivative", 1.0)


def operand(text: Text, part: ast.BinOp, one: ast.expr, whole: bool) -> str:
    """Return an operand as it stands alone in the place of the operation."""
    binds = isinstance(one, ast.BinOp) and _rank(one) < _rank(part)
    is_other = isinstance(one, (ast.IfExp, ast.Compare, ast.BoolOp, ast.Lambda))
    return f"({text.of(one)})" if (binds or is_other) and not whole else text.of(one)


def _last(text: Text, part: ast.BinOp, one: ast.expr) -> str:
    """Return an operand as it stands on the right: in brackets, unless it binds more tightly."""
    is_as_loose = isinstance(one, ast.BinOp) and _rank(one) == _rank(part)
    return f"({text.of(one)})" if is_as_loose else operand(text, part, one, False)


def _transposed(text: Text, part: ast.BinOp) -> Iterator[Edit]:
    """Yield matrix products of the operands, exchanged or transposed."""
    a, b = part.left, part.right
    for left, right, cost, as_it_is in ((a, b, 1.0, 1.0), (b, a, 1.2, 1.1)):
        first, second = operand(text, part, left, False), _last(text, part, right)
        yield Edit(text.put(part, f"{first} @ {second}"), "transposed", as_it_is)
        for one in (first, turned(text.of(left))):
            for other in (second, turned(text.of(right))):
                yield Edit(text.put(part, f"{one} @ {other}"), "transposed", cost)


def _rank(part: ast.BinOp) -> int:
    return {"+": 1, "-": 1, "*": 2, "/": 2, "@": 2, "**": 4}.get(SIGNS.get(type(part.op), ""), 3)


_ACTIVATIONS = (
    "{0}", "{0} * (1 - {0})", "(1 - {0}**2)", "({0} > 0)", "(1 - {0})",
    "(1 / (1 + np.exp(-{0})))", "np.exp({0})",
)  # fmt: skip
"""What derivatives of activations are made of."""


def extra(term: str, context: Context) -> str:
    """Return what kind of mistake a term is that should not be there."""
    return "double regularisation" if _is_regularisation(term, context) else "extra term"


def _complement(left: str, right: str, context: Context) -> str:
    """Return what kind of mistake ``1 - x`` is where x is right."""
    value = context.evaluate(right)
    if left not in ("1", "1.0"):
        return extra(left, context)
    is_mask = isinstance(value, np.ndarray) and np.all(np.isin(value, (0, 1)))
    return "inverted mask" if is_mask else "wrong derivative"


def _is_regularisation(term: str, context: Context) -> bool:
    names = {n.id for n in parts(expression(term), ast.Name)}
    return any(looks_like_reg(name) for name in names)


def factor_kind(factor: str, context: Context) -> str:
    """Return what kind of mistake a factor is that should not be there."""
    tree = expression(factor)
    if any(True for _ in parts(tree, ast.Compare)):
        return "wrong mask"
    if context.shape_of(factor) in ((), None) and np.ndim(context.evaluate(factor)) == 0:
        return "scale"
    names = [n.id for n in parts(tree, ast.Name)]
    if not names or all((context.shape_of(n) or ()) == () for n in names):
        return "scale"
    return "wrong derivative"


def products(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield edits of products: factors left out, or replaced by another derivative."""
    inner = {id(p.left) for p in parts(node, ast.BinOp) if isinstance(p.op, (ast.Mult, ast.Div))}
    for part in parts(node, ast.BinOp):
        if id(part) in inner or not isinstance(part.op, (ast.Mult, ast.Div)):
            continue
        (sign, first), *others = _chain(part)
        shown = [(sign, operand(text, part, first, False))]
        shown += [(sign, _last(text, part, factor)) for sign, factor in others]
        for start in range(len(shown)):
            for stop in range(start + 1, len(shown) + 1):
                kept = [*shown[:start], *shown[stop:]]
                if kept and kept[0][0] == "*" and 2 <= stop - start < len(shown):
                    kinds = {factor_kind(one, context) for _, one in shown[start:stop]}
                    kind = "scale" if kinds == {"scale"} else "wrong derivative"
                    yield Edit(text.put(part, _joined(kept)), kind, 1.2)
                if stop - start <= 2 and shown[start][0] == "*":
                    for form in _derivatives(shown[start][1], context):
                        made = [*shown[:start], ("*", form), *shown[stop:]]
                        yield Edit(text.put(part, _joined(made)), "wrong derivative", 1.5)


def _chain(part: ast.BinOp) -> list[tuple[str, ast.expr]]:
    """Return the factors of a product, each with the sign before it."""
    sign = "*" if isinstance(part.op, ast.Mult) else "/"
    left = part.left
    if isinstance(left, ast.BinOp) and isinstance(left.op, (ast.Mult, ast.Div)):
        return [*_chain(left), (sign, part.right)]
    return [("*", left), (sign, part.right)]


def _joined(factors: Sequence[tuple[str, str]]) -> str:
    first, *rest = factors
    return first[1] + "".join(f" {sign} {text}" for sign, text in rest)


def _derivatives(old: str, context: Context) -> Iterator[str]:
    """Yield derivatives of activations, made of arrays of the shape of a factor's variables."""
    shapes = {
        context.shape_of(ast.unparse(p))
        for p in ast.walk(expression(old))
        if isinstance(p, (ast.Name, ast.Attribute, ast.Subscript))
        and context.shape_of(ast.unparse(p))
    }
    for name, its in context.shapes.items():
        if its in shapes:
            for form in _ACTIVATIONS:
                made = form.format(name)
                if made != old:
                    yield made


def turns(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """With or without ``.T``."""
    for part in parts(node, ast.Attribute):
        if part.attr == "T":
            yield Edit(text.put(part, text.of(part.value)), "transposed", 1.0)
    done = {id(part.value) for part in parts(node, ast.Attribute) if part.attr == "T"}
    for part in loads(node):
        shape = context.shape_of(text.of(part))
        if id(part) not in done and shape is not None and len(shape) == 2:
            yield Edit(text.put(part, f"{text.of(part)}.T"), "transposed", 1.3)
        elif shape is not None and len(shape) > 2:
            new = f"{text.of(part)}.swapaxes(-1, -2)"
            yield Edit(text.put(part, new), "transposed", 1.3)
    for call in parts(node, ast.Call):
        if function_of(call) == "transpose" and isinstance(call.func, ast.Attribute):
            yield Edit(text.put(call, bracketed(text, call.func.value)), "transposed", 1.2)
        if function_of(call) in ("dot", "matmul", "outer") and len(call.args) == 2:
            a, b = map(text.of, call.args)
            name = text.of(call.func)
            yield Edit(text.put(call, f"{name}({b}, {a})"), "transposed", 1.1)
            for one in (a, turned(a)):
                for other in (b, turned(b)):
                    yield Edit(text.put(call, f"{name}({one}, {other})"), "transposed", 1.0)
                    yield Edit(text.put(call, f"{name}({other}, {one})"), "transposed", 1.2)
        if (
            function_of(call) == "dot"
            and isinstance(call.func, ast.Attribute)
            and len(call.args) == 1
        ):
            first, second = call.func.value, call.args[0]
            for left, right, cost in ((first, second, 1.0), (second, first, 1.2)):
                for one in (bracketed(text, left), turned(text.of(left))):
                    for other in (text.of(right), turned(text.of(right))):
                        yield Edit(text.put(call, f"{one}.dot({other})"), "transposed", cost)
        if function_of(call) == "einsum" and call.args and isinstance(call.args[0], ast.Constant):
            yield from _einsums(text, call)


def turned(operand: str) -> str:
    """Return the transpose of an operand, as text."""
    if operand.endswith(".T"):
        return operand[:-2]
    try:
        simple = isinstance(
            ast.parse(operand, mode="eval").body,
            (ast.Name, ast.Attribute, ast.Subscript, ast.Call),
        )
    except SyntaxError:
        simple = False
    return f"{operand}.T" if simple else f"({operand}).T"


def _einsums(text: Text, call: ast.Call) -> Iterator[Edit]:
    """Yield edits of einsum in which two letters of an operand or of the result are exchanged."""
    spec = str(call.args[0].value)  # type: ignore[attr-defined]  # checked by the caller
    operands, arrow, out = spec.replace(" ", "").partition("->")
    terms = [*operands.split(","), out] if arrow else operands.split(",")
    for i, term in enumerate(terms):
        for a in range(len(term)):
            for b in range(a + 1, len(term)):
                letters = list(term)
                letters[a], letters[b] = letters[b], letters[a]
                changed = [*terms]
                changed[i] = "".join(letters)
                new = ",".join(changed[: len(operands.split(","))])
                new = f"{new}->{changed[-1]}" if arrow else new
                yield Edit(text.put(call.args[0], repr(new).replace("'", '"')), "transposed", 1.2)


COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip


_MIRRORED = ({"<", ">"}, {"<=", ">="}, {"==", "!="})
"""Comparisons that are likelier to be taken for each other than for others."""


def comparisons(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Another comparison."""
    for part in parts(node, ast.Compare):
        if len(part.ops) != 1:
            continue
        old = COMPARISONS.get(type(part.ops[0]))
        if old is None:
            continue
        for new in ("<", "<=", ">", ">=", "==", "!="):
            if new == old:
                continue
            opposite = {"<", "<="} & {old, new} and {">", ">="} & {old, new}
            changed = text.put_between(part.left, part.comparators[0], old, new)
            kind = "inverted mask" if opposite or {old, new} == {"==", "!="} else "wrong mask"
            if changed:
                yield Edit(changed, kind, 0.98 if {old, new} in _MIRRORED else 1.0)
