"""Which arguments of a jitted function are no arrays for its program, but what it is one for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from micrograd_np import trees


class Constants:
    """Tells the constants among arguments: bools, types, tuples of integers as shapes are.

    So is an integer of Python's at first, for it may be an axis, or say how often something is
    done. One that has been another before is computed with as an array is, unless the function
    cannot be recorded so.
    """

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._varying: set[str] = set()
        self._decisive: set[str] = set()
        self._newest: set[str] = set()

    def look_at(self, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        """Note which integers have been others before."""
        changed = {
            key
            for key, value in self._integers(args, kwargs)
            if self._known.setdefault(key, value) != value and key not in self._decisive
        }
        self._newest = changed - self._varying
        self._varying |= changed

    def give_up(self, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
        """Take integers that vary for constants from now on; return whether there are any.

        First those that have not varied before: with the others, the function was recorded.
        """
        varying = self._newest or self._varying & {key for key, _ in self._integers(args, kwargs)}
        self._newest = set()
        self._varying -= varying
        self._decisive |= varying
        return bool(varying)

    def has(self, place: trees.Place, leaf: Any) -> bool:
        """Whether an argument is one."""
        if type(leaf) is int:
            return trees.named(place) not in self._varying
        if isinstance(leaf, tuple):
            return all(type(item) in (int, bool) for item in leaf)
        return isinstance(leaf, (bool, type))

    def _integers(self, args: Sequence[Any], kwargs: dict[str, Any]) -> list[tuple[str, int]]:
        found = []

        def note(place: trees.Place, leaf: Any) -> Any:
            if type(leaf) is int:
                found.append((trees.named(place), leaf))
            return leaf

        for root, arg in placed(args, kwargs):
            trees.mapped(note, arg, place=root)
        return found


def placed(args: Sequence[Any], kwargs: dict[str, Any]) -> list[tuple[trees.Place, Any]]:
    """Return each argument with the place where it stands: one by name ends in ``=``."""
    by_position = [((f"x{i}",), arg) for i, arg in enumerate(args)]
    return [*by_position, *(((f"{key}=",), arg) for key, arg in kwargs.items())]
