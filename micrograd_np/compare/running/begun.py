"""A backward pass that begins in the forward pass: ``loss, dscores = softmax_loss(scores, y)``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from micrograd_np.compare.running.code import Code, names_written
from micrograd_np.compare.running.paths import leaves
from micrograd_np.compare.running.values import mapped


def begun_in(
    body: Sequence[ast.stmt], variables: Collection[str], helper: Callable[[ast.stmt], Code | None]
) -> list[ast.stmt]:
    """Return the statements of a forward pass that assign a gradient with the loss.

    Parameters
    ----------
    body
        Its statements.
    variables
        The names of its variables.
    helper
        Returns the helper function whose results a statement assigns, None if there is none.
    """

    def is_gradient(name: str) -> bool:
        is_of_variable = name[:1] == "d" and name[1:] in variables
        return is_of_variable or name.startswith(("dout", "dx", "dy", "grad", "delta"))

    return [
        node
        for node in body
        if len(written := names_written(node)) > 1
        and any(map(is_gradient, written))
        and (helper(node) is not None or _is_method(node))
    ]


def _is_method(node: ast.stmt) -> bool:
    """Whether a statement assigns what a method of a variable returns, as ``net.loss(X, y)``."""
    call = node.value if isinstance(node, ast.Assign) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id != "np"
    )


def renewed(given: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is handed over with the arrays that variables held as they hold them now."""
    new: dict[int, Any] = {}
    for name, value in before.items():
        now = dict(leaves(after[name], name))
        for path, leaf in leaves(value, name):
            if isinstance(leaf, np.ndarray) and now.get(path, leaf) is not leaf:
                new[id(leaf)] = now[path]  # a cache that holds it, too, holds it still
    renewed: dict[str, Any] = mapped(given, lambda leaf: new.get(id(leaf), leaf))
    return renewed
