"""Gradients that no name tells about: what is built like one input alone is its gradient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from micrograd_np.compare.running.paths import is_leaf, items, leaves

Form = tuple[Any, ...]
Part = tuple[Form | None, list[str]]
"""How something is built, and the paths of the arrays in it."""


def form(value: Any, depth: int = 0) -> Form | None:
    """Return how a value is built: the shape of an array, the forms of what a container holds.

    None where it holds other things, or numbers alone, which look all the same.

    Examples
    --------
    >>> form([np.zeros((3, 2)), {"b": np.zeros(2)}])
    ('holds', ('array', 3, 2), ('holds', ('array', 2)))
    """
    if is_leaf(value):
        shape = np.shape(value)
        return ("array", *shape) if shape else None
    inner = [form(item, depth + 1) for _, item in items(value)] if depth < 4 else []
    if not inner or any(one is None for one in inner):
        return None
    return ("holds", *inner)


def part(path: str, value: Any) -> Part:
    """Return how a value is built, with the paths of its arrays."""
    return form(value), [inner for inner, _ in leaves(value, path)]


def columns(path: str, value: Any) -> list[Part]:
    """Return the parts of a list of containers that go together: all weights, all biases."""
    if not isinstance(value, (list, tuple)) or not value or any(map(is_leaf, value)):
        return []
    rows = [dict(items(row)) for row in value]
    if any(list(row) != list(rows[0]) for row in rows):
        return []
    return [
        (form([row[step] for row in rows]), [f"{path}[{i}]{step}" for i in range(len(rows))])
        for step in rows[0]
    ]


def built_alike(
    found: Sequence[Part], inputs: Mapping[str, Any], taken: set[str]
) -> list[tuple[str, str]]:
    """Return pairs of paths: of values, and of the inputs that they are the gradients of.

    Parameters
    ----------
    found
        What a backward pass returns.
    inputs
        Of the forward pass, by name.
    taken
        Paths of inputs whose gradients are known already.

    Returns
    -------
    list
        Empty unless every value is built like one input, and no two like the same one.
    """
    known: dict[Form, list[list[str]]] = {}
    for built, paths in _parts(inputs):
        if built is not None and not taken & set(paths):
            known.setdefault(built, []).append(paths)
    pairs: list[tuple[str, str]] = []
    for built, paths in found:
        alike = known.pop(built, []) if built is not None else []
        if len(alike) != 1 or len(alike[0]) != len(paths):
            return []
        pairs += zip(paths, alike[0], strict=True)
    return pairs


def _parts(inputs: Mapping[str, Any]) -> Iterator[Part]:
    """Yield how inputs are built, and what containers among them hold."""
    for path, value in _inside(inputs.items(), 0):
        if not is_leaf(value) or np.asarray(value).dtype.kind == "f":
            yield part(path, value)
            yield from columns(path, value)


def _inside(values: Iterable[tuple[str, Any]], depth: int) -> Iterator[tuple[str, Any]]:
    for path, value in values:
        yield path, value
        if not is_leaf(value) and depth < 2:
            yield from _inside(((path + step, item) for step, item in items(value)), depth + 1)
