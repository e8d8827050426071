"""Edits of a loss: a mean for a sum, a penalty that is missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from micrograd_np.compare.edits.by_value import coefficient_of
from micrograd_np.compare.edits.text import (
    Context,
    Edit,
    Text,
    function_of,
    parts,
    renamed,
    value_of,
)


def averages(text: Text, node: ast.stmt, context: Context) -> Iterator[Edit]:
    """Yield edits that sum up and divide by a count what is averaged, or the other way round."""
    counts = [name for name in context.numbers if name.isidentifier()]
    for call in parts(node, ast.Call):
        for count in counts if _is_numpy_s(call, "mean") else ():
            made = f"{renamed(text, call, 'sum')} / {count}"
            yield Edit(text.put(call, made), "mean for sum", 1.0)
    for part in parts(node, ast.BinOp):
        if isinstance(part.op, ast.Div) and _is_numpy_s(part.left, "sum"):
            yield Edit(text.put(part, renamed(text, part.left, "mean")), "mean for sum", 1.0)


def _is_numpy_s(value: ast.expr, name: str) -> bool:
    """Whether an expression is a call of NumPy's function or an array's method of a name."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return False
    return function_of(value) == name


def penalties(
    text: Text, node: ast.stmt, context: Context, strengths: Mapping[str, float]
) -> Iterator[Edit]:
    """Yield the loss with the penalties by which gradients are greater than they should be.

    Parameters
    ----------
    text, node, context
        The statement.
    strengths
        How many times each variable its gradient is too great.
    """
    value = value_of(node)
    if isinstance(value, ast.Tuple):
        value = value.elts[0]
    by_strength: dict[str, list[str]] = {}
    for name, strength in strengths.items():
        coefficient = coefficient_of(strength, context)
        if coefficient is None or strength < 0:
            return
        by_strength.setdefault(_half(coefficient), []).append(f"np.sum({name}**2)")
    if value is None or not by_strength:
        return
    new = " + ".join(_term(half, norms) for half, norms in by_strength.items())
    if isinstance(node, ast.AugAssign) and not isinstance(node.op, ast.Add):  # loss /= N
        made = f"{text.data.decode()}\n{text.of(node.target)} += {new}"
    else:
        written = f"({text.of(value)})" if isinstance(value, ast.IfExp) else text.of(value)
        made = text.put(value, f"{written} + {new}")
    yield Edit(made, "missing regularisation", 1.1)


def _half(coefficient: str) -> str:
    """Return what stands before a square whose derivative a coefficient stands before."""
    if coefficient in ("", "2"):
        return "" if coefficient else "0.5"
    half = coefficient.removeprefix("2 * ")
    return half if half != coefficient else f"0.5 * {coefficient}"


def _term(strength: str, norms: Sequence[str]) -> str:
    """Return penalties of one strength as one term."""
    total = norms[0] if len(norms) == 1 else f"({' + '.join(norms)})"
    return f"{strength} * {total}" if strength else total
