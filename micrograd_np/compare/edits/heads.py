"""Edits of the heads of loops and branches: what a loop goes over, when a condition holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from micrograd_np.compare.edits.text import Edit, Text
from micrograd_np.compare.running.code import Code

_KIND = "wrong index"


def of_head(code: Code, head: ast.expr) -> Iterator[Edit]:
    """Yield edits of a head: the other order, the opposite, another begin or end.

    Parameters
    ----------
    code
        The function in which it stands.
    head
        What a ``for`` goes over, or the condition of an ``if`` or ``while``.
    """
    text = Text(code, head)
    whole = text.of(head)
    if whole.startswith("reversed(") and whole.endswith(")"):
        yield Edit(whole.removeprefix("reversed(")[:-1], _KIND, 1.0)
    elif isinstance(head, ast.Call):
        yield Edit(f"reversed({whole})", _KIND, 1.0)
    for part in ast.walk(head):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
            yield from _of_arguments(text, part)
    if isinstance(head, ast.BoolOp):
        for one in head.values:
            yield Edit(ast.unparse(one), _KIND, 1.0)
    if isinstance(head, (ast.BoolOp, ast.Compare, ast.Name, ast.UnaryOp)):
        yield Edit(f"not ({whole})", _KIND, 1.0)
        yield Edit("True", _KIND, 1.2)


def _of_arguments(text: Text, call: ast.Call) -> Iterator[Edit]:
    """Yield calls with an argument less, or with one that is one more or less."""
    for one in call.args if len(call.args) > 1 else ():
        left = ", ".join(text.of(other) for other in call.args if other is not one)
        yield Edit(text.put(call, f"{text.of(call.func)}({left})"), _KIND, 1.0)
    for one in call.args:
        if isinstance(one, ast.BinOp) and isinstance(one.right, ast.Constant):
            yield Edit(text.put(one, text.of(one.left)), _KIND, 1.0)
        for number in ("- 1", "+ 1"):
            yield Edit(text.put(one, f"{text.of(one)} {number}"), _KIND, 1.1)
