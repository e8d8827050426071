"""What is done once, centrally, with every gradient that a rule returns: its shape and dtype.

And the errors that the backward pass raises.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from micrograd_np.graph import Node
from micrograd_np.mode import plain

ndarray = np.ndarray


def cast(grad: Any, dtype: np.dtype[Any]) -> Any:
    """Cast a gradient to its operand's dtype: of a real operand only the real part counts."""
    if grad.dtype.kind not in "fcbiu":
        raise AttributeError  # as one that is no array at all
    if grad.dtype.kind == "c" and dtype.kind != "c":
        grad = grad.real
    return grad.astype(dtype)


def fit(grad: Any, parent: Node, node: Node, position: int) -> Any:
    """Reduce the gradient of a broadcast operand to its shape; anything else is a wrong rule."""
    if type(grad) is ndarray:
        axes = _broadcast_axes(grad.shape, parent.shape)
    else:  # the lengths of a traced one stand for integers
        axes = _broadcast_axes(tuple(map(plain, grad.shape)), tuple(map(plain, parent.shape)))
    operation = node.operation
    assert operation is not None
    # An elementwise operation hands on a gradient of its result's shape, and no other.
    result = node.out[0].shape if type(node.out) is tuple else node.shape
    wrong = operation.elementwise and grad.shape != result
    if axes is None or wrong or not operation.broadcasts:
        raise ValueError(
            f"the rule of {_name(node)} for argument {position} returned shape {grad.shape} "
            f"for an operand of shape {parent.shape}"
        )
    total = np.add.reduce(grad, axes) if type(grad) is ndarray else grad.sum(axes)
    return total.reshape(parent.shape)


@lru_cache
def _broadcast_axes(shape: tuple[int, ...], small: tuple[int, ...]) -> int | tuple[int, ...] | None:
    """Return the axes along which `small` was broadcast to `shape`, None if it cannot have been."""
    extra = len(shape) - len(small)
    padded = (1,) * extra + small
    if extra < 0 or any(n not in (1, big) for n, big in zip(padded, shape, strict=True)):
        return None
    pairs = enumerate(zip(padded, shape, strict=True))
    axes = tuple(axis for axis, (n, big) in pairs if n != big or axis < extra)
    return axes[0] if len(axes) == 1 else axes  # NumPy is faster with one


def not_an_array(grad: Any, node: Node, position: int) -> TypeError:
    """Return the error for a rule that returned none."""
    return TypeError(
        f"the rule of {_name(node)} for argument {position} returned a {type(grad).__name__}, "
        "not an array"
    )


def check_unchanged(node: Node, position: int) -> None:
    """Raise RuntimeError if a node has kept an array that is not what it was."""
    if node.args is not None and isinstance(node.args[position], np.ndarray):
        raise RuntimeError(
            f"argument {position} of {_name(node)} was changed in place after it was used; its "
            "gradient needs the value it had. Change it after backward(), or assign a new array"
        )


def freed_graph(node: Node) -> RuntimeError:
    """Return the error for a graph that was gone back through."""
    return RuntimeError(
        f"the graph through {_name(node)} was freed by an earlier backward(); "
        "pass retain_graph=True to that one to go back more than once (a pullback made "
        "inside a transform has to be called there)"
    )


def _name(node: Node) -> str:
    return node.operation.name if node.operation is not None else "a leaf"
