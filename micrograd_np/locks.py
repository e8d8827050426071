"""Arrays that cannot be written to as long as something recorded needs them."""

from __future__ import annotations

import weakref
from _thread import RLock  # threading.RLock, without importing all of threading
from collections.abc import Callable, Iterable, Iterator
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


_LOCKED: dict[int, int] = {}
"""By how many `Locks`, of blocks inside others and of other threads, an array is locked."""
_WAITING: dict[int, weakref.ref[Array]] = {}
"""What nobody needs any more, and cannot be unlocked before what it is a view of is."""
_changing = RLock()  # a node may go, and unlock, while another one locks


class Locks:
    """What one block has locked, and by how many nodes."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[int, weakref.ref[Array]]] = {}

    def close(self, arrays: Iterable[Any]) -> list[Array]:
        """Lock arrays and all that they are views of; return those that `open` is to be given."""
        locked = []
        with _changing:
            for array in arrays:
                if isinstance(array, np.ndarray):
                    # To keep them keeps them alive, and their addresses their own.
                    locked += [part for part in (array, *_bases(array)) if self._close(part)]
        return locked

    def _close(self, array: Array) -> bool:
        key = id(array)
        count = self._counts.get(key, (0,))[0]
        if not count and key not in _LOCKED and not _can_be_locked(array):
            return False
        array.flags.writeable = False
        _WAITING.pop(key, None)
        self._counts[key] = count + 1, weakref.ref(array)
        if not count:
            _LOCKED[key] = _LOCKED.get(key, 0) + 1
        return True

    def open(self, locked: Iterable[Array]) -> None:
        """Unlock what `close` has returned, but for what is locked by others."""
        with _changing:
            for array in locked:
                count, _ = self._counts.get(id(array), (0, None))
                if count > 1:
                    self._counts[id(array)] = count - 1, weakref.ref(array)
                elif count:
                    self._let_go(id(array))

    def open_all(self) -> None:
        """Unlock everything that is not locked by others."""
        with _changing:
            for key in list(self._counts):
                self._let_go(key)

    def __len__(self) -> int:
        """Return how many arrays are locked."""
        return len(self._counts)

    def _let_go(self, key: int) -> None:
        _, reference = self._counts.pop(key)
        _LOCKED[key] -= 1
        if not _LOCKED[key]:
            del _LOCKED[key]
            array = reference()
            if array is not None and not _unlocked(array):
                _WAITING[key] = reference
            elif array is not None:
                _settle()


def _settle() -> None:
    """Unlock what waits for it: a view is writeable only after what it is a view of."""
    count = -1
    while count != len(_WAITING):
        count = len(_WAITING)
        for key, reference in list(_WAITING.items()):
            array = reference()
            if array is None or _unlocked(array):
                del _WAITING[key]


def _unlocked(array: Array) -> bool:
    """Unlock an array if that can be done now, and say whether it was."""
    if not _stands_on(array, lambda base: base.flags.writeable):
        return False
    array.flags.writeable = True
    return True


def _can_be_locked(array: Array) -> bool:
    """Whether an array can be written to, and NumPy would let it be unlocked again."""
    reference = _WAITING.get(id(array))
    if reference is not None and reference() is array:
        return True
    if 0 in array.strides or not array.flags.writeable:
        return False  # NumPy warns who asks this of one that is broadcast
    if not _stands_on(array, lambda base: base.flags.writeable or id(base) in _LOCKED):
        return False
    owner: Any = [array, *_bases(array)][-1].base
    if owner is None:
        return True
    try:
        with memoryview(owner) as view:
            return not view.readonly
    except TypeError:
        return False  # the memory is of who knows whom


def _stands_on(array: Array, is_one: Callable[[Array], bool]) -> bool:
    """Whether one of those that an array is a view of is of a kind, if there are any."""
    bases = list(_bases(array))
    return not bases or bases[-1].base is not None or any(map(is_one, bases))


def _bases(array: Array) -> Iterator[Array]:
    """Yield what an array is a view of, the owner of the memory last."""
    base = array.base
    while isinstance(base, np.ndarray):
        yield base
        base = base.base
