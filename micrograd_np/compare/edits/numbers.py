"""Edits of numbers: another constant, another count, an index one off."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import numpy as np

from micrograd_np.compare.edits.text import Context, Edit, Text, axes_of, loads, parts


def counts(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield edits of counts: one more or less, N - 1 for N, or another count."""
    indices = {id(p) for s in parts(node, ast.Subscript) for p in ast.walk(s.slice)}
    for part in loads(node):
        if isinstance(part, ast.Name) and part.id in context.numbers and id(part) not in indices:
            for off in ("- 1", "+ 1"):
                yield Edit(text.put(part, f"({part.id} {off})"), "scale", 1.2)
    for part in parts(node, (ast.Call, ast.Subscript, ast.Attribute)):
        if id(part) in indices:
            continue
        written = text.of(part)
        value = context.evaluate(written)
        if isinstance(value, (int, float, np.integer)) and not isinstance(value, bool):
            for other in context.numbers:
                if other != written:
                    yield Edit(text.put(part, other), "scale", 1.2)
            yield Edit(text.put(part, f"({written} - 1)"), "scale", 1.3)
            for other in _lengths(text, part):
                yield Edit(text.put(part, other), "scale", 1.1)


def keys(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield edits of the number in a key such as ``"W" + str(l)`` or ``f"W{l}"``: one off."""
    for call in parts(node, ast.Call):
        if text.of(call.func) == "str" and len(call.args) == 1:
            for new in _one_off(call.args[0], text.of(call.args[0])):
                yield Edit(text.put(call.args[0], new), "wrong index", 1.0)
    for key in parts(node, ast.JoinedStr):
        for part in key.values:
            if isinstance(part, ast.FormattedValue) and part.format_spec is None:
                written = ast.unparse(part.value)
                for new in _one_off(part.value, written):
                    changed = text.of(key).replace(f"{{{written}}}", f"{{{new}}}")
                    yield Edit(text.put(key, changed), "wrong index", 1.0)


def _one_off(part: ast.expr, written: str) -> Iterator[str]:
    """Yield a number that is one off, or without what is added to it."""
    if isinstance(part, ast.BinOp) and isinstance(part.op, (ast.Add, ast.Sub)):
        yield ast.unparse(part.left)
    yield from (f"{written} - 1", f"{written} + 1")


def _lengths(text: Text, part: ast.expr) -> Iterator[str]:
    """Yield the other lengths of an array of which one is read, or how many numbers it holds."""
    if isinstance(part, ast.Subscript):
        whole = text.of(part.value)
        if whole.endswith(".shape"):
            yield f"{whole.removesuffix('.shape')}.size"
    elif isinstance(part, ast.Call) and text.of(part.func) == "len" and len(part.args) == 1:
        yield f"{text.of(part.args[0])}.size"
    elif isinstance(part, ast.Attribute) and part.attr == "size":
        for axis in range(3):
            yield f"{text.of(part.value)}.shape[{axis}]"


def constants(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Another number."""
    indices = {id(c) for s in parts(node, ast.Subscript) for c in ast.walk(s.slice)}
    shapes = (s for s in parts(node, ast.Subscript) if text.of(s.value).endswith("shape"))
    lengths = {id(s.slice) for s in shapes}
    skipped = {id(p) for k in parts(node, ast.keyword) for p in ast.walk(k.value)}
    skipped |= {id(p) for call in parts(node, ast.Call) for a in axes_of(call) for p in ast.walk(a)}
    for part in parts(node, ast.Constant):
        value = part.value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or id(part) in skipped:
            continue
        if id(part) in indices:
            kind = "scale" if id(part) in lengths else "wrong index"
            for new in (value - 1, value + 1):
                yield Edit(text.put(part, f"{new}"), kind, 1.1)
            continue
        choices = {value + 1, value - 1, 2 * value, value / 2, 0, 1, 2, 0.5, -1, 3, 4, 0.25}
        for number in sorted(choices - {value}, key=lambda n: (abs(n - value), n)):
            shown = int(number) if number == int(number) else number
            kind = "wrong derivative" if _is_exponent(node, part) else "scale"
            if number == 0:
                kind = "extra term"
            yield Edit(text.put(part, str(shown) if shown >= 0 else f"({shown})"), kind, 1.1)
        is_added = isinstance(node, ast.AugAssign) and part is node.value
        if value and not is_added:  # else the operator is turned
            yield Edit(text.put(part, f"-{text.of(part)}"), "sign", 1.0)
        if value == 1:
            for name, its in context.shapes.items():
                if its:
                    yield Edit(text.put(part, name), "wrong derivative", 1.35)
    for part in parts(node, ast.Subscript):
        yield from _indices(text, part, context)


def small_terms(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield edits that add a small number, which keeps a root or a division from zero."""
    small = [n for n, value in context.numbers.items() if 0 < abs(value) < 0.01]
    for part in loads(node):
        if context.shape_of(text.of(part)):
            for number in (*small, *context.small):
                yield Edit(text.put(part, f"({text.of(part)} + {number})"), "wrong derivative", 1.3)


def _is_exponent(node: ast.stmt, constant: ast.Constant) -> bool:
    powers = (p for p in parts(node, ast.BinOp) if isinstance(p.op, ast.Pow))
    return any(constant in ast.walk(power.right) for power in powers)


def _indices(text: Text, part: ast.Subscript, context: Context) -> Iterator[Edit]:
    """Yield edits of an index: one off, or bounds that begin or end elsewhere."""
    inner = part.slice.elts if isinstance(part.slice, ast.Tuple) else [part.slice]
    for one in inner:
        if isinstance(one, (ast.Name, ast.BinOp)):
            written = text.of(one)
            for off in (" - 1", " + 1"):
                yield Edit(text.put(one, written + off), "wrong index", 1.2)
            if isinstance(one, ast.BinOp) and isinstance(one.op, (ast.Add, ast.Sub)):
                yield Edit(text.put(one, text.of(one.left)), "wrong index", 1.0)
        if isinstance(one, ast.Slice):
            for bound in (one.lower, one.upper):
                if bound is not None:
                    written = text.of(bound)
                    for off in (" - 1", " + 1"):
                        yield Edit(text.put(bound, written + off), "wrong index", 1.3)
            if one.lower is not None and one.upper is not None:
                yield from _shifted(text, one)
            elif one.lower is not None or one.upper is not None:
                yield from _halves(text, one, context)
    if len(inner) == 2 and isinstance(part.slice, ast.Tuple):
        a, b = map(text.of, inner)
        yield Edit(text.put(part.slice, f"{b}, {a}"), "wrong index", 1.3)


def _halves(text: Text, part: ast.Slice, context: Context) -> Iterator[Edit]:
    """Yield slices that begin or end elsewhere: ``:H`` and ``D:`` for ``:D``."""
    bound = text.of(part.lower or part.upper)
    for number in dict.fromkeys((bound, *context.numbers)):
        if number == bound or number.isidentifier():
            for shown in (f":{number}", f"{number}:", f"-{number}:", f":-{number}"):
                yield Edit(text.put(part, shown), "wrong index", 1.1)
            if part.upper is not None and number != bound:
                shown = f"{number}:{number} + {bound}"
                yield Edit(text.put(part, shown), "wrong index", 1.2)


def _shifted(text: Text, part: ast.Slice) -> Iterator[Edit]:
    """Yield slices of the same kind next to one: ``H:2*H`` for ``2*H:3*H``."""
    names = [n.id for n in parts(part, ast.Name)]
    if not names:
        return
    h = names[-1]
    for k in range(6):
        bounds = f"{_multiple(k, h)}:{_multiple(k + 1, h)}"
        yield Edit(text.put(part, bounds), "wrong index", 1.2)


def _multiple(k: int, name: str) -> str:
    return "" if k == 0 else name if k == 1 else f"{k} * {name}"
