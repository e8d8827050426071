"""Edits that put something else in a place: another array, a factor or a term more."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import numpy as np

from micrograd_np.compare.edits.text import (
    REDUCTIONS,
    Context,
    Edit,
    Text,
    alike,
    bracketed,
    broadcasts,
    exceeds,
    function_of,
    is_module,
    is_numpy,
    loads,
    looks_like_reg,
    parts,
    shape_of_target,
    target_of,
    value_of,
    values_of,
)

MOST_FUNCTIONS = 6
"""How many of the user's functions are put around what a line reads."""


def names(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield edits that put another array of the same shape in, or a derivative made of one."""
    masks = {id(p) for c in parts(node, ast.Compare) for p in ast.walk(c)}
    indices = {id(p) for s in parts(node, ast.Subscript) for p in ast.walk(s.slice)}
    skipped = {id(c.func) for c in parts(node, ast.Call)}
    written_into = _root_of(node)
    for part in loads(node):
        if id(part) in skipped:
            continue
        written = text.of(part)
        shape = context.shape_of(written)
        if shape is None:
            continue
        kind = "wrong mask" if id(part) in masks else "wrong quantity"
        if id(part) not in masks and (id(part) in indices or _is_index(context, written)):
            kind = "wrong index"
        for other, its in context.shapes.items():
            if other == written:
                continue
            if part is written_into and written.startswith("d") and not other.startswith("d"):
                continue  # that would take the line away
            if its == shape or kind == "wrong index":
                told = "wrong index" if _same_array(written, other) else kind
                yield Edit(text.put(part, other), told, 1.2 - 0.3 * alike(written, other))
                if text.data.count(written.encode()) > 1:
                    yield Edit(_everywhere(text, node, written, other), told, 1.25)
            elif its and shape and broadcasts(its, shape):
                yield Edit(text.put(part, other), kind, 1.35 - 0.3 * alike(written, other))
            elif len(its) == 2 and len(shape) == 3 and its[0] == shape[0] and its[1] in shape[1:]:
                index = "[:, None, :]" if its[1] == shape[2] else "[:, :, None]"
                yield Edit(text.put(part, other + index), kind, 1.4 - 0.3 * alike(written, other))
            elif its == shape[::-1] and len(shape) == 2:
                yield Edit(text.put(part, f"{other}.T"), kind, 1.5 - 0.3 * alike(written, other))
            elif other.isidentifier() or "[" in other or "." in other:
                yield Edit(text.put(part, other), kind, 1.55 - 0.3 * alike(written, other))
        if shape:
            for number in context.numbers:
                if number.isidentifier():
                    yield Edit(text.put(part, number), kind, 1.5)
        if shape and kind == "wrong quantity":
            for form in _FORMS:
                yield Edit(text.put(part, form.format(written)), "wrong derivative", 1.3)
            if text.data.count(written.encode()) > 1:
                for function in ("np.tanh", "np.exp", *_functions(context)):
                    changed = _everywhere(text, node, written, f"{function}({written})")
                    yield Edit(changed, "wrong derivative", 1.25)
    for call in parts(node, ast.Call):
        if function_of(call) not in REDUCTIONS and context.shape_of(text.of(call)):
            for form in _OF_CALLS:
                changed = text.put(call, form.format(text.of(call)))
                yield Edit(changed, "wrong derivative", 1.3)
    for part in parts(node, ast.BinOp):
        if part is not value_of(node):
            shape = context.shape_of(text.of(part))
            for other, its in context.shapes.items():
                if shape and its == shape:  # what is computed there may have a name
                    yield Edit(text.put_name(part, other), "wrong quantity", 1.35)
    again = set(_again(node))
    given = {id(one) for call in parts(node, ast.Call) if not is_numpy(call) for one in call.args}
    for number in [p for p in loads(node) if text.of(p) in context.numbers]:
        written = text.of(number)
        kind = "wrong index" if id(number) in indices else "scale"
        cost = 1.0 if id(number) in again else 1.2
        for other in context.numbers:
            if other != written and not (id(number) in given and exceeds(context, other, written)):
                yield Edit(text.put(number, other), kind, cost)
        for other, its in context.shapes.items():
            if its and id(number) not in indices:
                yield Edit(text.put(number, other), "wrong quantity", 1.5)
    for part in parts(node, ast.Subscript):
        if not isinstance(part.slice, ast.Constant):
            for index in (*context.indices, *context.slices):
                yield Edit(text.put(part.slice, index), "wrong index", 1.25)
    yield from _exchanged(text, node)
    for group in parts(node, (ast.Tuple, ast.List, ast.Call, ast.Dict)):
        items = _items(group)
        for i, one in enumerate(items):
            for another in items[i + 1 :]:
                yield Edit(text.exchange(one, another), "wrong index", 1.3)


def _items(group: ast.Tuple | ast.List | ast.Call | ast.Dict) -> list[ast.expr]:
    """Return what may stand in each other's place."""
    if isinstance(group, ast.Dict):
        return group.values
    return group.args if isinstance(group, ast.Call) else group.elts


_FORMS = (
    "{0}**2", "(1 - {0})", "(1 - {0}**2)", "({0} * (1 - {0}))", "(1 / {0})", "({0} > 0)",
    "np.exp({0})", "np.sqrt({0})", "np.tanh({0})", "np.sign({0})", "(1 + {0})", "{0}**3",
    "({0} - 1)",
)  # fmt: skip

_OF_CALLS = ("{0}**2", "(1 - {0})", "({0} - 1)", "({0} + 1)", "(1 - {0}**2)")
"""What derivatives make of a function's value, such as ``sigmoid(x) - 1``."""


def _functions(context: Context) -> list[str]:
    """Return the user's functions of one array, such as ``sigmoid``."""

    def takes_one(value: Any) -> bool:
        return isinstance(value, FunctionType) and value.__code__.co_argcount == 1

    made: list[str] = context.made(
        "functions", lambda: [n for n, value in context.namespace.items() if takes_one(value)]
    )
    return made[:MOST_FUNCTIONS]


def _again(node: ast.stmt) -> Iterator[int]:
    """Yield the variables that an index has twice: ``x[j, j]`` may be meant as ``x[i, j]``."""
    for place in parts(node, ast.Subscript):
        if isinstance(place.slice, ast.Tuple):
            names = [one for one in place.slice.elts if isinstance(one, ast.Name)]
            written = [one.id for one in names]
            yield from (id(one) for one in names if written.count(one.id) > 1)


def _exchanged(text: Text, node: ast.stmt) -> Iterator[Edit]:
    """Yield edits that exchange two variables in an index."""
    for place in parts(node, ast.Subscript):
        index = text.of(place.slice)
        written = sorted({n.id for n in ast.walk(place.slice) if isinstance(n, ast.Name)})
        for one, other in itertools.combinations(written, 2):
            both = _swapped(index, one, other)
            yield Edit(text.put(place.slice, both), "wrong index", 1.15)


def _swapped(index: str, one: str, other: str) -> str:
    """Return a text with two names in each other's place."""
    name = re.compile(rf"(?<![\w.])({one}|{other})\b")
    return name.sub(lambda found: other if found[0] == one else one, index)


def _root_of(node: ast.stmt) -> ast.expr | None:
    """Return the variable into whose elements a statement writes."""
    root = target_of(node)
    while isinstance(root, (ast.Subscript, ast.Attribute)):
        root = root.value
    return root if isinstance(root, ast.Name) else None


def _is_index(context: Context, written: str) -> bool:
    """Whether an array holds indices or labels."""
    value = context.evaluate(written)
    return isinstance(value, np.ndarray) and value.dtype.kind in "iu"


def _same_array(one: str, other: str) -> bool:
    """Whether two names are items of one array or list."""
    return one.partition("[")[0] == other.partition("[")[0] and "[" in one + other


def _everywhere(text: Text, node: ast.stmt, old: str, new: str) -> str:
    """Return the text of a statement with a name replaced wherever it is read."""
    whole = text.data.decode()
    value = value_of(node)
    if value is None:
        return whole
    source = text.of(value)
    changed = re.sub(rf"(?<![\w.]){re.escape(old)}(?![\w\[.])", lambda _: new, source)
    return text.put(value, changed)


def factors(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield edits that add a factor: a number, a mask, a derivative."""
    for value in values_of(node):
        yield from _factors(text, node, value, context)


def _sizes(text: Text, value: ast.expr, context: Context) -> Iterator[str]:
    """Yield the sizes of the arrays that a value is made of, by which means are divided."""
    read = dict.fromkeys(text.of(part) for part in loads(value))
    for name in read:
        if len(context.shape_of(name) or ()) > 1:
            yield f"{name}.size"


def _factors(text: Text, node: ast.stmt, value: ast.expr, context: Context) -> Iterator[Edit]:
    """Yield edits that multiply a value, or a part of it that is added up."""
    bound = _bound(value)

    def put(part: ast.expr, new: str) -> str:
        is_bare = id(part) in bound and not text.has_brackets(part)
        return text.put(part, f"({new})" if is_bare else new)

    divides = isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Div)
    for number in ("2", "0.5", "4", *context.numbers, *_sizes(text, value, context), "3"):
        for part in _summands(value):
            whole = bracketed(text, part)
            cost = 1.1 if part is value else 1.15
            yield Edit(put(part, f"{whole} / {number}"), "scale", cost)
            if number != "0.5":
                cost += 0.15 if ".shape[" in number and not divides else 0.0
                yield Edit(put(part, f"{whole} * {number}"), "scale", cost)
    result = context.shape_of(text.of(value))
    for part in _summands(value):
        whole = bracketed(text, part)
        if not whole.startswith("-"):
            yield Edit(put(part, f"-{whole}"), "sign", 1.0 if part is value else 1.1)
        shape = context.shape_of(text.of(part))
        if (part is value and shape is None) or shape == ():
            shape = shape_of_target(node, text, context)
        for name, its in context.shapes.items():
            if shape is None or not its:
                continue
            if not broadcasts(its, shape) and not (
                len(its) == len(shape) and broadcasts(shape, its)
            ):
                continue
            exact = 0.0 if its in (shape, result) or _is_mask(context, name) else 0.2
            for factor, kind in (
                (f"({name} > 0)", "missing mask"),
                (name, "missing mask" if _is_mask(context, name) else "wrong derivative"),
                (f"(1 - {name}**2)", "wrong derivative"),
                (f"{name} * (1 - {name})", "wrong derivative"),
                (f"(1 - {name})", "wrong derivative"),
                (f"(1 / (1 + np.exp(-{name})))", "wrong derivative"),
            ):
                yield Edit(put(part, f"{whole} * {factor}"), kind, 1.3 + exact)
            for slope in context.slopes:
                factor = f"np.where({name} > 0, 1, {slope})"
                yield Edit(put(part, f"{whole} * {factor}"), "missing mask", 1.3 + exact)
            yield Edit(put(part, f"{whole} / {name}"), "wrong derivative", 1.4 + exact)


def _is_mask(context: Context, name: str) -> bool:
    """Whether an array holds zeros and one other number."""
    value = context.evaluate(name)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "bf":
        return False
    return value.dtype.kind == "b" or (0 in value and len(np.unique(value)) == 2)


def _bound(value: ast.expr) -> set[int]:
    """Return the parts in whose place a product is to stand in brackets."""
    found = {id(part.right) for part in parts(value, ast.BinOp) if isinstance(part.op, ast.MatMult)}
    return found | {id(part.value) for part in parts(value, ast.Attribute)}


def _summands(value: ast.expr) -> Iterator[ast.expr]:
    """Yield an expression, and what it or a part of it is a sum or matrix product of."""
    yield value
    for part in ast.walk(value):
        if isinstance(part, ast.BinOp) and isinstance(part.op, (ast.Add, ast.Sub, ast.MatMult)):
            yield part.left
            yield part.right
        if isinstance(part, ast.Call) and function_of(part) in REDUCTIONS:
            if isinstance(part.func, ast.Attribute) and not is_module(part.func.value):
                yield part.func.value
            elif part.args:
                yield part.args[0]


def terms(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield edits that add a term: a regularisation, another path's contribution."""
    value = value_of(node)
    if value is None:
        return
    for part in _first_factors(value):
        inner = context.shape_of(text.of(part))
        for name, its in context.shapes.items():
            if its and its == inner and name != text.of(part):
                for sign in "-+":
                    new = f"({text.of(part)} {sign} {name})"
                    yield Edit(text.put(part, new), "missing term", 1.4)
    shape = shape_of_target(node, text, context)
    if shape is None:
        return
    written = text.of(value)
    own = text.of(target_of(node))
    for name, its in context.shapes.items():
        if its is None or name == own or not its or not broadcasts(its, shape):
            continue
        for reg in regularisers(context):
            if f"{reg} * {name}" in written:
                continue  # one rather writes twice that
            kind = "missing regularisation"
            yield Edit(text.put(value, f"{written} + {reg} * {name}"), kind, 1.1)
            yield Edit(text.put(value, f"{written} + 2 * {reg} * {name}"), kind, 1.3)
        yield Edit(text.put(value, f"{written} + {name}"), "missing term", 1.3)
        yield Edit(text.put(value, f"{written} - {name}"), "missing term", 1.4)
    for other in sorted({n.id for n in parts(value, ast.Name)}):
        its_shape = context.shape_of(other)
        if its_shape and len(its_shape) >= 2:
            for reduced in ("sum", "mean"):
                for options in ("axis=0", "axis=1, keepdims=True", "axis=-1, keepdims=True"):
                    for sign in "-+":
                        new = f"{written} {sign} {other}.{reduced}({options})"
                        yield Edit(text.put(value, new), "missing term", 1.6)


def _first_factors(value: ast.expr) -> Iterator[ast.expr]:
    """Yield the variables that products and quotients begin with."""
    for part in parts(value, ast.BinOp):
        is_product = isinstance(part.op, (ast.Mult, ast.Div, ast.MatMult))
        if is_product and isinstance(part.left, (ast.Name, ast.Attribute, ast.Subscript)):
            yield part.left


def regularisers(context: Context) -> list[str]:
    """Return the numbers that look like the strength of a regularisation."""
    return [name for name in context.numbers if looks_like_reg(name.split(".")[-1].strip("'[]\""))]
