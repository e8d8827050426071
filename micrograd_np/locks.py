"""Arrays that cannot be written to as long as something recorded needs them."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Kept(tuple[Any, ...]):
    """The operands that a node keeps. When the node lets them go, they are unlocked.

    Attributes
    ----------
    line
        What made the node.
    locks, locked
        Which arrays are locked for it, and where that is known.
    """

    line: Any
    locks: Locks
    locked: list[Array]

    def __del__(self) -> None:
        """Unlock what nothing else needs."""
        self.locks.open(self.locked)


class Locks:
    """What is locked, and by how many."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[int, weakref.ref[Array]]] = {}
        self._waiting: list[weakref.ref[Array]] = []

    def close(self, arrays: Iterable[Any]) -> list[Array]:
        """Lock arrays and all that they are views of; return those that `open` is to be given."""
        locked = []
        for array in arrays:
            while isinstance(array, np.ndarray) and _can_be_opened(array):
                count = self._counts.get(id(array), (0,))[0]
                if count or array.flags.writeable:
                    array.flags.writeable = False
                    self._counts[id(array)] = count + 1, weakref.ref(array)
                    locked.append(array)  # which keeps it alive, and its address its own
                array = array.base
        return locked

    def open(self, locked: Iterable[Array]) -> None:
        """Unlock what `close` has returned, but for what is locked by others."""
        for array in locked:
            count, reference = self._counts.get(id(array), (0, None))
            if count > 1:
                self._counts[id(array)] = count - 1, weakref.ref(array)
            elif reference is not None:
                del self._counts[id(array)]
                self._waiting.append(reference)
        self._settle()

    def open_all(self) -> None:
        """Unlock everything."""
        self._waiting += [reference for _, reference in self._counts.values()]
        self._counts.clear()
        self._settle()

    def __len__(self) -> int:
        """Return how many arrays are locked."""
        return len(self._counts) + len(self._waiting)

    def _settle(self) -> None:
        """Unlock what waits for it: a view is writeable only after what it is a view of."""
        count = None
        while count != len(self._waiting):
            count = len(self._waiting)
            waiting = [(reference, reference()) for reference in self._waiting]
            self._waiting = []
            for reference, array in waiting:
                if array is None or id(array) in self._counts:
                    continue  # gone, or locked again
                if _stands_on_writeable(array):
                    array.flags.writeable = True
                else:
                    self._waiting.append(reference)


def _stands_on_writeable(array: Array) -> bool:
    base = array.base
    while isinstance(base, np.ndarray) and not base.flags.writeable:
        if base.base is None:
            return False
        base = base.base
    return True


def _can_be_opened(array: Array) -> bool:
    """Whether NumPy lets a locked array be unlocked: not where the memory is of who knows whom."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if owner is None:
        return True
    try:
        with memoryview(owner) as view:
            return not view.readonly
    except TypeError:
        return False
