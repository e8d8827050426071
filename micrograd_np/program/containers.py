"""What stands in arguments: inside tuples, lists, dicts and slices."""

from __future__ import annotations

from typing import Any

_CONTAINERS = (tuple, list, dict, slice)


def replaced(value: Any, change: Any) -> Any:
    """Return `value` with `change` made to everything in it that is no container.

    Subclasses, such as named tuples, become what NumPy's functions take them for.
    """
    if isinstance(value, (tuple, list)):
        plain = tuple if isinstance(value, tuple) else list
        return plain(replaced(item, change) for item in value)
    if isinstance(value, dict):
        return {key: replaced(item, change) for key, item in value.items()}
    if isinstance(value, slice):
        return slice(*(replaced(item, change) for item in (value.start, value.stop, value.step)))
    return change(value)


def inside(value: Any) -> list[Any]:
    """Return everything in `value` that is no container, in order."""
    if isinstance(value, dict):
        value = value.values()
    elif isinstance(value, slice):
        return [value.start, value.stop, value.step]
    elif not isinstance(value, (tuple, list)):
        return [value]
    found = []
    for item in value:
        if isinstance(item, _CONTAINERS):
            found += inside(item)
        else:
            found.append(item)
    return found
