"""The names that generated code uses, each for one thing."""

from __future__ import annotations

import keyword
from collections import Counter
from typing import Any

import numpy as np

RESERVED = (
    "IndexError", "MISS", "blocks", "buffer", "call", "end", "idle", "len", "map", "np", "rows",
    "run", "slice", "start", "tuple", "type", "workspace",
)  # fmt: skip
"""What the generated code uses itself."""


class Namespace:
    """Gives names to variables, and to the things that code knows from the beginning.

    Attributes
    ----------
    held
        What the code knows, by name.
    """

    def __init__(self) -> None:
        self.held: dict[str, Any] = {}
        self._taken: set[str] = set(RESERVED)
        self._numbers: Counter[str] = Counter()
        self._known: dict[Any, str] = {}

    def free(self, wanted: str) -> str:
        """Return a name that nothing has yet, like the one that is wanted."""
        plain = wanted.isidentifier() and wanted.isascii() and not keyword.iskeyword(wanted)
        wanted = wanted if plain else "k"
        name = wanted
        while name in self._taken:
            self._numbers[wanted] += 1
            name = f"{wanted}_{self._numbers[wanted] + 1}"
        self._taken.add(name)
        return name

    def hold(self, thing: Any, wanted: str = "") -> str:
        """Return the name by which the code knows something: the same for the same thing."""
        owner = getattr(thing, "__self__", None)
        # A method of a ufunc is another object each time that it is asked for.
        key = (owner, thing.__name__) if isinstance(owner, np.ufunc) else id(thing)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self.free(wanted or _called(thing))
            self.held[known] = thing
        return known


def _called(thing: Any) -> str:
    if isinstance(thing, np.dtype):
        return thing.name
    name: str = getattr(thing, "__name__", "") or "k"
    owner = getattr(thing, "__self__", None)
    return f"{owner.__name__}_{name}" if isinstance(owner, np.ufunc) else name.lstrip("_")
