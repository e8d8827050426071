"""Which variable of a function is the loss, and where the forward pass ends."""

from __future__ import annotations

import ast

from micrograd_np.compare.running.code import CannotRead, Code, names_written, simple

LOSSES = ("loss", "cost", "total_loss", "L", "J", "objective", "nll", "error", "E", "total")
"""What people call a loss."""


def loss_name(code: Code) -> str:
    """Return the variable that holds the loss, "" if there is none."""
    written = {name for node in simple(code.body) for name in names_written(node)}
    first = ""
    for node in reversed(list(simple(code.body))):  # an earlier one is for another use
        if isinstance(node, ast.Return) and node.value is not None:
            items = [node.value]
            if isinstance(node.value, ast.Tuple) and node.value.elts:
                items = node.value.elts
            names = [name for item in items if (name := _name_of(item)) in written]
            called = next((name for name in names if name in LOSSES), "")
            if called:
                return called
            first = first or (names[0] if names and names[0] == _name_of(items[0]) else "")
    return first or next((name for name in LOSSES if name in written), "")


def _name_of(value: ast.expr) -> str:
    """Return the variable that an expression names, ``float(loss)`` included."""
    while isinstance(value, ast.Call) and value.args:
        value = value.args[0]
    return value.id if isinstance(value, ast.Name) else ""


def split(code: Code, loss: str) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Divide a function after the last statement that assigns the loss."""
    body = code.body
    ends = [
        i for i, node in enumerate(body) if any(loss in names_written(s) for s in simple([node]))
    ]
    if not loss or not ends:
        raise CannotRead(
            f"{code.file}:{code.start}: {code.name}: no variable is returned first or called "
            f"{', '.join(LOSSES[:3])}: which line ends the forward pass is not known"
        )
    return body[: ends[-1] + 1], body[ends[-1] + 1 :]
