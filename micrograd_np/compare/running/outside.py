"""What functions find and leave outside of themselves: variables of modules, random numbers.

Both sides have to be run many times, and a function may count its calls, keep things in a dict of
its module or draw random numbers. So every run of a forward pass finds what the first one has
found, a backward pass finds what its forward pass has left, and in the end all is as it was.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from micrograd_np.compare.running.paths import is_leaf
from micrograd_np.compare.running.values import copied

_ABSENT = object()
"""Stands for the value of a variable that does not exist."""


class Variable:
    """A variable of a module or of an enclosing function."""

    def __init__(self, holder: dict[str, Any] | CellType, name: str = "") -> None:
        self.holder = holder
        self.name = name

    def get(self) -> Any:
        """Return what it holds."""
        if isinstance(self.holder, dict):
            return self.holder.get(self.name, _ABSENT)
        try:
            return self.holder.cell_contents
        except ValueError:
            return _ABSENT

    def set(self, value: Any) -> None:
        """Let it hold something."""
        if isinstance(self.holder, dict):
            if value is _ABSENT:
                self.holder.pop(self.name, None)
            else:
                self.holder[self.name] = value
        elif value is _ABSENT:
            del self.holder.cell_contents
        else:
            self.holder.cell_contents = value


class Draws:
    """The random numbers that all of a program draws."""

    def get(self) -> Any:
        """Return where they are."""
        return random.getstate(), np.random.get_state()

    def set(self, value: Any) -> None:
        """Let them go on from somewhere."""
        random.setstate(value[0])
        np.random.set_state(value[1])


Place = Variable | Draws
Left = dict[Place, Any]
"""What a run has left outside."""


class Outside:
    """What some functions, and those that they call, can see outside of themselves.

    Parameters
    ----------
    functions
        Written in Python.
    """

    def __init__(self, functions: Iterable[FunctionType]) -> None:
        self.places: list[Place] = [*_variables(functions), Draws()]
        self._changing: list[Place] = []
        self._looked_at: set[str] = set()
        self._first: Left = {}

    @contextmanager
    def run(self, kind: str, before: Left | None = None) -> Iterator[Left]:
        """Let functions run on copies of what is outside; yield what they will have left.

        Parameters
        ----------
        kind
            Of run. The first of a kind shows what changes; in later ones only that is looked after.
        before
            What a run before this one has left; None: what there was at first.
        """
        before = self._first if before is None else before
        is_first = kind not in self._looked_at
        places = self.places if is_first else self._changing
        kept = {place: place.get() for place in places}
        if is_first:
            self._first = kept | self._first
        found = [before.get(place, self._first[place]) for place in places]
        for place, value in zip(places, _copies(found), strict=True):
            place.set(value)
        left: Left = {}
        try:
            yield left
        finally:
            left.update((place, place.get()) for place in places)
            for place, value in kept.items():
                place.set(value)
            if is_first:
                self._looked_at.add(kind)
                self._changing += [
                    place
                    for place, was in zip(places, found, strict=True)
                    if place not in self._changing and not alike(was, left[place])
                ]


def _copies(values: list[Any]) -> list[Any]:
    """Return copies of what can be changed in place; other things are known by being themselves."""
    copies = copied([value if _may_change(value) else None for value in values])
    return [c if _may_change(v) else v for c, v in zip(copies, values, strict=True)]


def _may_change(value: Any) -> bool:
    if isinstance(value, (ModuleType, type, FunctionType, enum.Enum)):
        return False
    is_container = isinstance(value, (np.ndarray, list, dict, set, tuple, bytearray))
    return is_container or _is_generator(value) or _keeps_things(value)


def _keeps_things(value: Any) -> bool:
    """Whether an object has attributes, or methods that may give it some.

    What has none is a mark, which other variables may hold, too.
    """
    attributes = getattr(value, "__dict__", None)
    if attributes is None:
        return False
    return bool(attributes) or any(not f.__name__.startswith("__") for f in _functions(value))


def _is_generator(value: Any) -> bool:
    return isinstance(value, (np.random.Generator, np.random.RandomState, random.Random))


DEEPEST = 8
"""How many containers inside each other are looked into."""


def alike(a: Any, b: Any, depth: int = 0) -> bool:
    """Whether a value is as it was: numbers and containers by what they hold."""
    if a is b or depth > DEEPEST:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray) and a.dtype.kind != "O":
        return (a.shape, a.dtype, a.tobytes()) == (b.shape, b.dtype, b.tobytes())
    if isinstance(a, Mapping):
        return list(a) == list(b) and all(alike(a[key], b[key], depth + 1) for key in a)
    if isinstance(a, tuple) and set(map(type, a)) == {int}:  # where random numbers are, too
        return bool(a == b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(alike(x, y, depth + 1) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.random.Generator):
        return repr(a.bit_generator.state) == repr(b.bit_generator.state)
    if isinstance(a, np.random.RandomState):
        return repr(a.get_state()) == repr(b.get_state())
    if isinstance(a, random.Random):
        return bool(a.getstate() == b.getstate())
    if is_leaf(a) or isinstance(a, (int, complex, str, bytes, bytearray, set, frozenset)):
        return bool(np.all(a == b)) or repr(a) == repr(b)
    if hasattr(a, "__dict__"):
        return alike(vars(a), vars(b), depth + 1)
    return not _may_change(a)


# --- what functions can see ----------------------------------------------------------------------


def _variables(functions: Iterable[FunctionType]) -> list[Variable]:
    """Return the variables outside of functions and of those that they call."""
    found: dict[tuple[int, str], Variable] = {}
    for function in _reached(functions):
        names = function.__globals__
        for name in sorted(_names(function.__code__)):
            found.setdefault((id(names), name), Variable(names, name))
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        for name, cell in cells:
            found.setdefault((id(cell), name), Variable(cell, name))
    return [place for place in found.values() if _is_data(place.get())]


def _is_data(value: Any) -> bool:
    return not isinstance(value, (ModuleType, type, FunctionType)) and (
        _may_change(value) or not callable(value)
    )


def _reached(functions: Iterable[FunctionType]) -> Iterator[FunctionType]:
    """Yield functions and those of the same modules that they may call."""
    stack, seen = list(functions), set()
    while stack:
        function = stack.pop()
        if function.__code__ in seen:
            continue
        seen.add(function.__code__)
        yield function
        names = function.__globals__
        held = [names.get(name) for name in _names(function.__code__)]
        for cell in function.__closure__ or ():
            held.append(Variable(cell).get())
        for value in held:
            stack += [f for f in _functions(value) if f.__globals__ is names]


def _functions(value: Any) -> list[FunctionType]:
    """Return a function, or those of a class or an object."""
    value = getattr(value, "__func__", value)
    if isinstance(value, FunctionType):
        return [value]
    kind = value if isinstance(value, type) else type(value)
    if kind.__module__ == "builtins":
        return []
    return [f for base in kind.__mro__ for f in vars(base).values() if isinstance(f, FunctionType)]


def _names(code: CodeType) -> set[str]:
    """Return the names that a function reads, those of functions inside it included."""
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*(_names(c) for c in inner))
