"""The arrays that variables hold, also inside dicts, lists and objects, by the names they have."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from micrograd_np.tensor import Tensor

RETURNED = "return"
"""The name under which a namespace holds what the function has returned."""

DEEPEST = 4
"""How many containers inside each other are searched."""

MOST_ITEMS = 2000
"""How many items of a container are."""


def leaves(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the arrays and floating-point numbers in a value, each with its path.

    A path is what one would write to get it: ``params['W1']``, ``cache.h[2]``.
    """
    if is_leaf(value):
        yield path, value
    elif depth < DEEPEST:
        for step, item in items(value):
            yield from leaves(item, path + step, depth + 1)


def is_leaf(value: Any) -> bool:
    """Whether a value is an array, a tensor or a floating-point number."""
    return isinstance(value, (np.ndarray, np.generic, float, Tensor))


def is_named(value: Any) -> bool:
    """Whether a value is a tuple whose items have names."""
    return isinstance(value, tuple) and hasattr(value, "_fields")


def items(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a container holds, each with the step that leads to it."""
    if isinstance(value, Mapping):
        for key, item in list(value.items())[:MOST_ITEMS]:
            yield f"[{key!r}]", item
    elif isinstance(value, (list, tuple)):
        names = getattr(value, "_fields", None)
        for i, item in enumerate(value[:MOST_ITEMS]):
            yield (f".{names[i]}" if names else f"[{i}]"), item
    elif is_object(value):
        for name, item in list(vars(value).items())[:MOST_ITEMS]:
            yield f".{name}", item


def is_object(value: Any) -> bool:
    """Whether a value is an object of a class of the user's, which keeps things by name."""
    kind = type(value)
    if kind.__module__.startswith(("numpy", "micrograd_np", "torch")) or isinstance(value, type):
        return False
    return hasattr(value, "__dict__") and not callable(value) and kind.__name__ != "module"


def array_of(value: Any) -> np.ndarray[Any, Any]:
    """Return a leaf as an array."""
    return value.data if isinstance(value, Tensor) else np.asarray(value)


def path_of(target: ast.expr, namespace: dict[str, Any]) -> str | None:
    """Return the path that an assignment to `target` writes, None if that is not to be told.

    Writing into an array, ``dW[i] = ...``, writes the array; into a container, its item.
    """
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Starred):
        return path_of(target.value, namespace)
    if not isinstance(target, (ast.Subscript, ast.Attribute)):
        return None
    outer = path_of(target.value, namespace)
    if outer is None:
        return None
    if isinstance(target, ast.Attribute):
        return f"{outer}.{target.attr}"
    try:
        held = _evaluate(target.value, namespace)
        if is_leaf(held):
            return outer
        key = _evaluate(target.slice, namespace)
    except Exception:  # the user's expression: whatever it raises, there is no path
        return None
    if isinstance(held, (list, tuple)) and isinstance(key, (int, np.integer)):
        return f"{outer}[{int(key) % len(held)}]" if held else None
    return f"{outer}[{key!r}]"


def _evaluate(node: ast.expr, namespace: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(node), "<path>", "eval"), namespace)


def stem(path: str) -> str:
    """Return the variable at the beginning of a path."""
    for i, character in enumerate(path):
        if character in "[.":
            return path[:i]
    return path


def last_key(path: str) -> str:
    """Return the last step of a path as a plain name: ``W1`` of ``params['W1']``."""
    if path.endswith("]"):
        inside = path[path.rindex("[") + 1 : -1]
        return inside.strip("'\"")
    return path.rpartition(".")[2]


def value_at(found: Mapping[str, Any], path: str) -> np.ndarray[Any, Any] | None:
    """Return the array at a path, None if there is none."""
    root = stem(path)
    if root not in found:
        return None
    for known, value in leaves(found[root], root):
        if known == path:
            return array_of(value)
    value = found[root]
    if path == root and isinstance(value, int):
        return np.asarray(value)
    return None


_ASSIGN: dict[str, Any] = {}


def assign(namespace: dict[str, Any], path: str, value: np.ndarray[Any, Any]) -> None:
    """Assign a value to a path: a variable, or an item of a container."""
    if stem(path) == RETURNED:
        namespace[RETURNED] = _returned_with(namespace.get(RETURNED), path, value)
        return
    code = _ASSIGN.get(path)
    if code is None:
        code = _ASSIGN[path] = compile(f"{path} = __forced__", "<forced>", "exec")
    namespace["__forced__"] = value.copy()
    try:
        exec(code, namespace)
    except (TypeError, AttributeError, KeyError, IndexError) as error:  # an item of a tuple
        raise Unassignable(path) from error


def _returned_with(returned: Any, path: str, value: np.ndarray[Any, Any]) -> Any:
    """Return what a function returns with another value, or another one among several."""
    if path == RETURNED:
        return value.copy()
    index = path[len(RETURNED) + 1 : -1]
    if not isinstance(returned, tuple) or not index.isdigit() or int(index) >= len(returned):
        raise Unassignable(path)
    at = int(index)
    return (*returned[:at], value.copy(), *returned[at + 1 :])


class Unassignable(Exception):
    """A path cannot be assigned to."""
