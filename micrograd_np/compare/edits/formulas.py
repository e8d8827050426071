"""Edits that write the right-hand side anew: through a softmax or a normalisation, a reshape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import permutations

import numpy as np

from micrograd_np.compare.edits.text import (
    Context,
    Edit,
    Text,
    loads,
    shape_of_target,
    target_of,
    value_of,
)

MOST_NAMES = 6
"""Of how many arrays that a line reads formulas are made."""

MOST_ALIKE = 12
"""Up to how many arrays of one shape formulas are made of those that a line does not read, too."""


def softmax_derivatives(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield the gradient through a softmax: ``p * (g - (p * g).sum(axis=-1, keepdims=True))``."""
    value = value_of(node)
    if value is None:
        return
    read = _arrays(text, value, context)
    for p, g in permutations(read, 2):
        shape = context.shape_of(p)
        if shape != context.shape_of(g) or not shape:
            continue
        for axis in {len(shape) - 1: -1, 0: 0}.values():
            inner = f"({p} * {g}).sum(axis={axis}, keepdims=True)"
            yield Edit(text.put(value, f"{p} * ({g} - {inner})"), "wrong derivative", 1.3)


def normalisation_derivatives(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield gradients through ``x - x.mean()`` and through ``x / x.std()``, and through both."""
    value = value_of(node)
    read = _arrays(text, value, context) if value is not None else []
    target = target_of(node)
    own = text.of(target) if target is not None else ""
    for g in read:
        more = 0.2 if own in read and g != own else 0.0  # what was made of it before is lost
        shape = context.shape_of(g)
        alike = [x for x, its in context.shapes.items() if its == shape and x != g]
        for axis in {len(shape) - 1: -1, 0: 0}.values() if shape else ():
            options = f"axis={axis}, keepdims=True"
            centred = f"{g} - {g}.mean({options})"
            yield Edit(text.put(value, centred), "wrong derivative", 1.35 + more)
            for x in alike if len(alike) <= MOST_ALIKE else [x for x in read if x in alike]:
                scaled = f"{x} * ({g} * {x}).mean({options})"
                yield Edit(text.put(value, f"{g} - {scaled}"), "wrong derivative", 1.4 + more)
                whole = f"{centred} - {scaled}"
                yield Edit(text.put(value, whole), "wrong derivative", 1.4 + more)


def reshapes(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield what a line reads in another array's shape, its axes exchanged or not."""
    value = value_of(node)
    if value is None:
        return
    calls = {n.func.attr for n in ast.walk(value)
             if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}  # fmt: skip
    if not calls & {"reshape", "transpose", "swapaxes", "ravel", "flatten", "moveaxis"}:
        return
    wanted = shape_of_target(node, text, context)
    for name in _arrays(text, value, context):
        size = np.prod(context.shape_of(name) or ())
        for like, shape in context.shapes.items():
            if shape and np.prod(shape) == size and (wanted is None or wanted == shape):
                new = f"{name}.reshape({like}.shape)"
                yield Edit(text.put(value, new), "transposed", 1.3)
        rank = len(context.shape_of(name) or ())
        for axes in permutations(range(rank)) if 2 < rank < 5 else ():
            order = ", ".join(map(str, axes))
            yield Edit(text.put(value, f"{name}.transpose({order})"), "transposed", 1.35)


def _arrays(text: Text, value: ast.expr, context: Context) -> list[str]:
    """Return the arrays that an expression reads, whole names before their items."""
    read = dict.fromkeys(text.of(part) for part in loads(value))
    return [name for name in read if context.shape_of(name)][:MOST_NAMES]
