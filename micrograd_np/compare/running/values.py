"""Copies of what functions are given and keep: each run gets its own."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from micrograd_np.compare.running.paths import is_object


def copied(value: Any) -> Any:
    """Return a deep copy; what cannot be copied (a module, a file) is shared."""
    return _copied(value, {})


def _copied(value: Any, made: dict[int, Any]) -> Any:
    kind = type(value)
    if kind in _SHARED:
        return value
    known = made.get(id(value))
    if known is not None:
        return known[0]
    if kind is np.ndarray and value.dtype.kind != "O":
        new: Any = value.copy()
    elif kind is dict:
        new = {key: _copied(item, made) for key, item in value.items()}
    elif kind is list:
        new = [_copied(item, made) for item in value]
    elif kind is tuple:
        new = tuple([_copied(item, made) for item in value])
    else:
        new = _any(value, made)
    made[id(value)] = (new, value)
    return new


_SHARED = frozenset((int, float, bool, str, type(None), complex, slice, type(...), np.float64))


def _any(value: Any, made: dict[int, Any]) -> Any:
    if is_object(value) and not hasattr(type(value), "__deepcopy__"):
        new = copy.copy(value)
        made[id(value)] = (new, value)
        for name, item in vars(value).items():
            setattr(new, name, _copied(item, made))
        return new
    try:
        return copy.deepcopy(value)
    except Exception:  # any object may refuse
        if isinstance(value, dict):
            return {key: copied(item) for key, item in value.items()}
        return value


def doubled(value: Any) -> Any:
    """Return an array or number in double precision, if it is of less."""
    dtype = getattr(value, "dtype", None)
    if dtype is None or dtype.kind != "f" or dtype.itemsize >= 8:
        return value.copy() if isinstance(value, np.ndarray) else value
    return value.astype(np.float64)


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a copy of containers and objects with every array and number changed."""
    return _mapped(value, change, {})


def _mapped(value: Any, change: Callable[[Any], Any], made: dict[int, Any]) -> Any:
    if isinstance(value, (np.ndarray, np.generic, float, int)):
        if id(value) not in made:
            made[id(value)] = change(value)
        return made[id(value)]
    if isinstance(value, Mapping):
        return _like(value, {key: _mapped(item, change, made) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        items = [_mapped(item, change, made) for item in value]
        named = hasattr(value, "_fields")
        return type(value)(*items) if named else type(value)(items)
    if is_object(value) and type(value).__module__ != "builtins":
        if id(value) not in made:
            made[id(value)] = new = copy.copy(value)
            for name, item in vars(value).items():
                setattr(new, name, _mapped(item, change, made))
        return made[id(value)]
    return copied(value)


def _like(value: Mapping[Any, Any], items: dict[Any, Any]) -> Any:
    if type(value) is dict:
        return items
    try:
        new = copy.copy(value)
        new.update(items)  # type: ignore[attr-defined]  # a defaultdict or OrderedDict
    except Exception:
        return items
    return new
