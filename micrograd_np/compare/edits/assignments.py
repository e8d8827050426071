"""Edits of how a value is assigned: added up or not, copied or not, changed afterwards."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from micrograd_np.compare.edits.names import regularisers
from micrograd_np.compare.edits.operators import SIGNS
from micrograd_np.compare.edits.text import (
    Context,
    Edit,
    Text,
    broadcasts,
    expression,
    function_of,
    loads,
    looks_like_reg,
    target_of,
    value_of,
)


def assignments(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """``=`` for ``+=`` and the like; an index added up for one that is assigned."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
        for sign, cost in (("+", 1.0), ("*", 1.2), ("-", 1.4), ("/", 1.4)):
            new = text.put_between(target, value, "=", f"{sign}=")
            if new:
                yield Edit(new, "= for +=", cost)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        for one in node.value.args:
            if isinstance(one, ast.Name):  # what comes of it is not used
                yield Edit(f"{one.id} = {text.of(node.value)}", "missing term", 1.1)
    if isinstance(node, ast.AugAssign):
        names = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
        kind = "double regularisation" if any(map(looks_like_reg, names)) else "extra term"
        yield Edit("pass", kind, 1.02)
        sign = SIGNS.get(type(node.op), "")
        if not sign:
            return
        for new_sign, kind in (("", "= for +="), ("+", "sign"), ("-", "sign"), ("*", "scale"),
                               ("/", "scale")):  # fmt: skip
            if new_sign == sign:
                continue
            new = text.put_between(node.target, node.value, f"{sign}=", f"{new_sign}=")
            if new and not new_sign:
                yield Edit(new, "extra term", 1.0)
            elif new:
                is_element = isinstance(node.target, ast.Subscript) and sign == "+"
                cost = 0.9 if is_element and new_sign == "-" else 1.0  # dscores[rows, y] -= 1
                yield Edit(new, kind if sign in "+-" else "scale", cost)
        if isinstance(node.op, ast.Add) and isinstance(node.target, ast.Subscript):
            outer, index = text.of(node.target.value), text.of(node.target.slice)
            if isinstance(node.target.slice, ast.Tuple):
                index = f"({index})"
            if ":" not in index:
                added = text.of(node.value)
                yield Edit(f"np.add.at({outer}, {index}, {added})", "= for +=", 1.0)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        is_zero = isinstance(node.value, ast.Constant) and node.value.value == 0
        for slope in context.slopes if is_zero else ():
            yield Edit(f"{text.of(node.targets[0])} *= {slope}", "wrong derivative", 1.15)
    if isinstance(node, ast.Assign) and len(node.targets) > 1:
        written = text.of(node.value)
        rows = [f"{text.of(target)} = {written}" for target in node.targets]
        yield Edit("\n".join(rows), "aliasing", 1.0)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        place = node.targets[0]
        index = text.of(place.slice)
        if ":" not in index:
            index = f"({index})" if isinstance(place.slice, ast.Tuple) else index
            outer, added = text.of(place.value), text.of(node.value)
            yield Edit(f"np.add.at({outer}, {index}, {added})", "= for +=", 1.2)


def copies(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield edits that copy a value where it is given another name."""
    value = value_of(node)
    value = value.elt if isinstance(value, ast.ListComp) else value
    if isinstance(node, ast.Assign) and isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)):
        yield Edit(text.put(value, f"{text.of(value)}.copy()"), "aliasing", 1.0)
        yield Edit(text.put(value, f"np.zeros_like({text.of(value)})"), "aliasing", 1.2)
    if isinstance(value, ast.Call) and function_of(value) == "zeros_like" and value.args:
        yield Edit(text.put(value, f"{text.of(value.args[0])}.copy()"), "missing term", 1.1)
    if value is not None:
        for part in loads(value):
            if isinstance(expression(text.of(part)), ast.Expression) and part is not value:
                shape = context.shape_of(text.of(part))
                if shape and isinstance(node, ast.Assign) and isinstance(value, ast.Tuple):
                    yield Edit(text.put(part, f"{text.of(part)}.copy()"), "aliasing", 1.2)


def insertions(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield edits that add a statement after this one, about what it has written."""
    target = target_of(node)
    if target is None and isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
    if target is None:
        return
    before = text.data.decode()
    for one in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
        name = text.of(one)
        shape = context.after.get(name)
        if isinstance(one, ast.Subscript) and shape is None:
            index = context.evaluate(text.of(one.slice))
            shape = context.after.get(f"{text.of(one.value)}[{index!r}]")
        if isinstance(one, ast.Subscript) and shape is None:
            name = text.of(one.value)
            shape = context.after.get(name)
        if shape is not None:
            for statement, kind, cost in _statements(name, shape, context):
                yield Edit(f"{before}\n{statement}", kind, cost)


def _statements(
    name: str, shape: tuple[int, ...], context: Context
) -> Iterator[tuple[str, str, float]]:
    """Yield statements that change an array, each with what is wrong without it."""
    for number in context.numbers:
        yield f"{name} /= {number}", "scale", 1.15
        yield f"{name} *= {number}", "scale", 1.3
    for other, its in context.shapes.items():
        if other == name or not its or not broadcasts(its, shape):
            continue
        exact = 0.0 if its == shape else 0.3
        if its == shape:
            yield f"{name}[{other} <= 0] = 0", "missing mask", 1.4
            for slope in context.slopes:
                yield f"{name}[{other} <= 0] *= {slope}", "missing mask", 1.4
            for reg in regularisers(context):
                yield f"{name} += {reg} * {other}", "missing regularisation", 1.4
            yield f"{name} += {other}", "missing term", 1.5
            yield f"{name} -= {other}", "missing term", 1.6
        yield f"{name} *= {other}", "wrong derivative", 1.5 + exact
        yield f"{name} *= 1 - {other}**2", "wrong derivative", 1.5 + exact
        yield f"{name} *= {other} * (1 - {other})", "wrong derivative", 1.5 + exact
    for index in context.indices:
        for other, its in context.shapes.items():
            if its == shape[:1]:
                yield f"{name}[{index}] -= {other}", "missing term", 1.7
        for change in ("-= 1", "+= 1", *(f"-= 1 / {number}" for number in context.numbers)):
            yield f"{name}[{index}] {change}", "missing term", 1.6
