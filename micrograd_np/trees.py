"""Nested containers of arrays: what arguments and results of functions may be.

Dicts, lists, tuples, named tuples and dataclasses hold other containers or leaves; a leaf is what
NumPy makes a number or an array of. A list or tuple of numbers is a leaf, as in NumPy. Anything
else, such as None and texts, and fields of dataclasses with ``metadata={"static": True}``, belongs
to the container: it stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from micrograd_np.mode import Symbolic
from micrograd_np.tensor import Tensor
from micrograd_np.values import holds_itself

_NUMBERS = (int, float, complex, np.generic, Symbolic)
_ARRAYS = (Tensor, np.ndarray)

Place = tuple[Any, ...]
"""Where something stands: what the outermost container is called, and a container and key each."""


def mapped(change: Callable[..., Any], tree: Any, *others: Any, place: Place = ("",)) -> Any:
    """Return a container like `tree` with every leaf changed.

    Parameters
    ----------
    change
        ``change(place, leaf, *leaves)``: what to put in a leaf's place. `leaves` are those that
        stand at the same place in `others`; :func:`named` says where that is.
    tree
        A container or a leaf.
    *others
        Containers of the same structure. They may hold anything where `tree` has a leaf.
    place
        What `tree` is called.

    Raises
    ------
    TypeError, ValueError
        If one of the others is another container, or has other keys or another length; or if a
        container holds itself.
    """
    found = _items(tree)
    if found is None:
        return change(place, tree, *others) if _is_leaf(tree) else tree
    taken = [_alike(place, tree, found, other) for other in others]
    try:
        items = {
            key: mapped(change, item, *(o[key] for o in taken), place=(*place, (tree, key)))
            for key, item in found.items()
        }
    except RecursionError:
        raise holds_itself(tree) from None
    return rebuilt(tree, items)


def named(place: Place) -> str:
    """Return what stands at a place as it would be written: ``x['W'][0]``."""
    return "".join(part if isinstance(part, str) else _key(*part) for part in place)


def leaves(tree: Any) -> list[Any]:
    """Return the leaves of a container, in order."""
    return list(_leaves(tree))


def filled(
    tree: Any, values: Iterable[Any], where: Callable[[Any], bool] = lambda _leaf: True
) -> Any:
    """Return a container like `tree` that holds other leaves, in order, in place of some."""
    given = iter(values)
    return mapped(lambda _place, leaf: next(given) if where(leaf) else leaf, tree)


def is_container(tree: Any) -> bool:
    """Whether something is no leaf but may hold some."""
    return _items(tree) is not None


def items_of(tree: Any) -> dict[Any, Any]:
    """Return what a container holds, by key; nothing of anything else."""
    return _items(tree) or {}


def static_of(tree: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that belong to the container itself."""
    fields = {} if isinstance(tree, type) else getattr(tree, "__dataclass_fields__", {})
    return {
        key: getattr(tree, key) for key, field in fields.items() if field.metadata.get("static")
    }


def _leaves(tree: Any) -> Iterator[Any]:
    found = _items(tree)
    if found is not None:
        try:
            for item in found.values():
                yield from _leaves(item)
        except RecursionError:
            raise holds_itself(tree) from None
    elif _is_leaf(tree):
        yield tree


def _items(tree: Any) -> dict[Any, Any] | None:
    """Return what a container holds, by key; None for anything else."""
    if type(tree) in _ARRAYS:  # isinstance is slow to say so of a Tensor
        return None
    if isinstance(tree, dict):
        return tree
    if isinstance(tree, (list, tuple)):
        return None if _is_array_like(tree) else dict(enumerate(tree))
    fields = None if isinstance(tree, type) else getattr(tree, "__dataclass_fields__", None)
    if fields is None:
        return None
    return {
        key: getattr(tree, key) for key, field in fields.items() if not field.metadata.get("static")
    }


def _is_leaf(value: Any) -> bool:
    if type(value) in _ARRAYS or isinstance(value, (list, tuple, *_NUMBERS)):
        return True
    return hasattr(value, "__array__") and not isinstance(value, type)


def _is_array_like(sequence: Any) -> bool:
    """Whether a list or tuple holds numbers alone, or lists of them of one shape."""
    if not sequence or type(sequence[0]) in _ARRAYS or hasattr(sequence, "_fields"):
        return False
    try:
        return _shape(sequence) is not None
    except RecursionError:
        return False  # it holds itself


def _shape(item: Any) -> tuple[int, ...] | None:
    if isinstance(item, (list, tuple)) and not hasattr(item, "_fields"):
        shapes = {_shape(inner) for inner in item}
        only = shapes.pop() if len(shapes) == 1 else None
        return None if only is None else (len(item), *only)
    return () if isinstance(item, _NUMBERS) else None


def rebuilt(tree: Any, items: dict[Any, Any]) -> Any:
    """Return a container like `tree` that holds other items, by key."""
    if isinstance(tree, dict):
        if type(tree) is dict:
            return items
        new = copy.copy(tree)  # of a defaultdict or an OrderedDict
        for key, item in items.items():
            new[key] = item
        return new
    if isinstance(tree, (list, tuple)):
        make = getattr(tree, "_make", type(tree))  # a named tuple takes them one by one
        return make(items.values())
    new = copy.copy(tree)
    for key, item in items.items():
        object.__setattr__(new, key, item)  # frozen ones, too
    return new


def _key(tree: Any, key: Any) -> str:
    if isinstance(tree, dict):
        return f"[{key!r}]"
    if isinstance(tree, (list, tuple)):
        names = getattr(tree, "_fields", None)
        return f".{names[key]}" if names else f"[{key}]"
    return f".{key}"


def _alike(place: Place, tree: Any, items: dict[Any, Any], other: Any) -> dict[Any, Any]:
    """Return what another container holds; raise an error if it is not like `tree`."""
    sequence = isinstance(other, (list, tuple))  # beside a container, numbers are no array
    found = dict(enumerate(other)) if sequence else _items(other)
    if found is None or isinstance(other, dict) != isinstance(tree, dict):
        raise TypeError(f"{named(place)} is {described(other)}, expected {described(tree)}")
    if found.keys() != items.keys():
        raise ValueError(f"{named(place)} is {described(other)}, expected {described(tree)}")
    return found


def described(tree: Any) -> str:
    """Return what a container or a leaf is, in a few words."""
    found = _items(tree)
    if found is None:
        if tree is None:
            return "None"
        shape = np.shape(tree) if isinstance(tree, (Tensor, np.ndarray)) else None
        return _kind(tree) + (f" of shape {shape}" if shape is not None else "")
    if isinstance(tree, (list, tuple)) and not hasattr(tree, "_fields"):
        return f"{_kind(tree)} of {len(found)}"
    return f"{_kind(tree)} of {', '.join(map(str, found)) or 'nothing'}"


def _kind(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name == 'ndarray' or name[0] in 'aeiouAEIO' else 'a'} {name}"
