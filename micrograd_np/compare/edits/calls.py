"""Edits of calls: another function, another axis, no sum or one more."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import numpy as np

from micrograd_np.compare.edits.text import (
    REDUCTIONS,
    Context,
    Edit,
    Text,
    alike,
    axes_of,
    bracketed,
    function_of,
    parts,
    renamed,
    values_of,
)

_REDUCTIONS = {
    "sum": (("mean", "scale"),),
    "mean": (("sum", "mean for sum"),),
    "max": (("sum", "wrong derivative"), ("min", "wrong derivative")),
    "min": (("max", "wrong derivative"),),
    "maximum": (("minimum", "wrong mask"),),
    "minimum": (("maximum", "wrong mask"),),
    "zeros_like": (("ones_like", "wrong derivative"),),
    "ones_like": (("zeros_like", "wrong derivative"),),
    "exp": (("log", "wrong derivative"), ("expm1", "wrong derivative")),
    "tanh": (("sigmoid", "wrong derivative"),),
    "sin": (("cos", "wrong derivative"),),
    "cos": (("sin", "wrong derivative"),),
    "argmin": (("argmax", "wrong index"),),
    "argmax": (("argmin", "wrong index"),),
    "var": (("std", "wrong derivative"),),
    "std": (("var", "wrong derivative"),),
    "sqrt": (("square", "wrong derivative"),),
    "square": (("sqrt", "wrong derivative"),),
}


def reductions(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield edits of reductions: another function or axis, keepdims or not, none or one more."""
    for call in parts(node, ast.Call):
        name = function_of(call)
        for other, kind in _REDUCTIONS.get(name, ()):
            yield Edit(text.put(call, renamed(text, call, other)), kind, 1.0)
        if name in REDUCTIONS:
            yield from _other_axis(text, call, name)
    for call in parts(node, ast.Call):
        if call.args and text.of(call.func).startswith("np.") and not axes_of(call):
            alone = bracketed(text, call.args[0])
            yield Edit(text.put(call, alone), "wrong derivative", 1.35)
    for value in values_of(node):
        whole = bracketed(text, value)
        for options in _options():
            yield Edit(text.put(value, f"{whole}.sum({options})"), "not summed", 1.2)
        for part in parts(value, (ast.BinOp, ast.Name)):
            if part is not value and context.shape_of(text.of(part)):
                yield from _reduced(text, part)
        yield Edit(text.put(value, f"{whole}.T"), "transposed", 1.3)


def caches(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield edits that give a function another tuple, list, dict or object of the same kind."""
    given = (arg for call in parts(node, ast.Call) for arg in call.args)
    for part in given:
        if not isinstance(part, (ast.Name, ast.Subscript, ast.Attribute)):
            continue
        written = text.of(part)
        try:
            held = eval(written, dict(context.namespace))
        except Exception:  # not there yet
            continue
        if isinstance(held, (np.ndarray, np.generic, int, float, str, type(None))):
            continue
        for other, value in context.namespace.items():
            if other != written and type(value) is type(held) and not callable(value):
                cost = 1.2 - 0.3 * alike(written, other)
                yield Edit(text.put(part, other), "wrong quantity", cost)


def _other_axis(text: Text, call: ast.Call, name: str) -> Iterator[Edit]:
    is_method = isinstance(call.func, ast.Attribute) and not text.of(call.func).startswith("np.")
    if not is_method and not call.args:
        return
    operand = bracketed(text, call.func.value) if is_method else text.of(call.args[0])  # type: ignore[attr-defined]  # a method is one
    if name in ("sum", "mean"):
        alone = operand if is_method else bracketed(text, call.args[0])
        yield Edit(text.put(call, alone), "extra term", 1.4)
    keep = any(k.arg == "keepdims" for k in call.keywords)
    positional = bool(axes_of(call))
    head = f"{operand}.{name}(" if is_method else f"{text.of(call.func)}({operand}, "
    for axis in ("0", "1", "-1", "(0, 1)", "(0, 2, 3)", "2", "-2", "(2, 3)", "(1, 2)", ""):
        shown = axis if positional or not axis else f"axis={axis}"
        for keepdims in (keep, not keep):
            options = ", ".join(o for o in (shown, "keepdims=True" if keepdims else "") if o)
            new = f"{head}{options})".replace(", )", ")")
            same_axis = keepdims != keep and _axis(call, text) == axis
            is_new = not positional and not _axis(call, text)  # both are forgotten at once
            cost = 1.0 if keepdims == keep or same_axis or is_new else 1.5
            yield Edit(text.put(call, new), "shape" if same_axis else "wrong axis", cost)


def _options() -> Iterator[str]:
    for axis in ("axis=0", "axis=1", "axis=-1", "axis=(0, 1)", "axis=(0, 2, 3)", ""):
        for keepdims in ("", "keepdims=True"):
            yield ", ".join(o for o in (axis, keepdims) if o)


def _reduced(text: Text, part: ast.expr) -> Iterator[Edit]:
    """Yield edits that sum up or average a part of an expression."""
    for axis in ("0", "1", "-1"):
        for keepdims in ("", ", keepdims=True"):
            whole = bracketed(text, part)
            for name in ("sum", "mean"):
                new = f"{whole}.{name}(axis={axis}{keepdims})"
                yield Edit(text.put(part, new), "not summed", 1.45)


def _axis(call: ast.Call, text: Text) -> str:
    for keyword in call.keywords:
        if keyword.arg == "axis":
            return text.of(keyword.value)
    given = axes_of(call)
    return text.of(given[0]) if given else ""
