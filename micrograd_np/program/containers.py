"""What stands in arguments: inside tuples, lists, dicts and slices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


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


def inside(value: Any) -> Iterator[Any]:
    """Yield everything in `value` that is no container."""
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from inside(item)
    elif isinstance(value, dict):
        yield from inside(list(value.values()))
    elif isinstance(value, slice):
        yield from (value.start, value.stop, value.step)
    else:
        yield value
