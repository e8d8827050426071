"""Drawing the same random numbers again: the generators that a function can reach."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

_LARGEST = 10_000
"""How many objects are looked at, at most."""


class Randomness:
    """The states of random generators at one moment.

    Parameters
    ----------
    reached
        Where to look for generators: functions, with what they refer to, containers and objects.
        The global ones of NumPy and Python are always among them.
    """

    def __init__(self, *reached: Any) -> None:
        self._generators = [*_global_generators(), *_generators(list(reached))]
        self._states = [_state(generator) for generator in self._generators]

    @contextmanager
    def replayed(self) -> Iterator[None]:
        """Go back to these states inside a ``with`` block, and forward again behind it."""
        now = [_state(generator) for generator in self._generators]
        self._set(self._states)
        try:
            yield
        finally:
            self._set(now)

    def _set(self, states: list[Any]) -> None:
        for generator, state in zip(self._generators, states, strict=True):
            if hasattr(generator, "setstate"):
                generator.setstate(state)
            else:
                generator.state = state


def _state(generator: Any) -> Any:
    return generator.getstate() if hasattr(generator, "getstate") else generator.state


def _global_generators() -> Iterator[Any]:
    """Yield the generators behind ``np.random`` and ``random``, if they have been imported."""
    if "random" in sys.modules:
        yield sys.modules["random"]._inst  # its methods are the functions
    if "numpy.random" in sys.modules:
        yield np.random.mtrand._rand._bit_generator


def _generators(stack: list[Any]) -> Iterator[Any]:
    seen: dict[int, Any] = {}  # holds what it has seen, so that no address is used twice
    found: dict[int, Any] = {}
    while stack and len(seen) < _LARGEST:
        value = stack.pop()
        if id(value) in seen:
            continue
        seen[id(value)] = value
        generator = _as_generator(value)
        if generator is not None:
            found[id(generator)] = generator
        else:
            stack.extend(_inside(value))
    yield from found.values()


def _as_generator(value: Any) -> Any:
    """Return what has the state of a random generator; None for anything else."""
    if isinstance(value, (type, ModuleType)):
        return None
    bits = getattr(value, "bit_generator", None)  # of a Generator
    if bits is None:
        bits = getattr(value, "_bit_generator", None)  # of a RandomState
    if bits is not None:
        return bits
    module = type(value).__module__.partition(".")[0]
    if module == "numpy" and hasattr(value, "random_raw"):
        return value
    mersenne = hasattr(value, "getstate") and hasattr(value, "setstate")
    return value if mersenne and hasattr(value, "getrandbits") else None


def _inside(value: Any) -> list[Any]:
    """Return what is to be looked at in a container, a function or an object."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    if isinstance(value, FunctionType):
        return _of_function(value)
    if isinstance(value, MethodType):
        return [value.__self__, value.__func__]
    if isinstance(value, partial):
        return [value.func, value.args, value.keywords]
    if _is_builtin(value):
        return []
    held = list(getattr(value, "__dict__", {}).values())
    slots = (getattr(value, name, None) for name in _slots(type(value)))
    wrapped = getattr(value, "__call__", None)  # noqa: B004  # what it does when it is called
    return [*held, *slots, *([wrapped] if isinstance(wrapped, MethodType) else [])]


def _is_builtin(value: Any) -> bool:
    if isinstance(value, (type, ModuleType)):
        return True
    module = type(value).__module__
    if module.startswith("micrograd_np.nn"):
        return False  # a layer, which may draw what it leaves out
    return module.partition(".")[0] in ("builtins", "numpy", "micrograd_np")


def _slots(kind: type) -> Iterator[str]:
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        yield from (slots,) if isinstance(slots, str) else slots


def _of_function(function: Callable[..., Any]) -> list[Any]:
    if (function.__module__ or "").partition(".")[0] in ("numpy", "micrograd_np"):
        return []
    found: list[Any] = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:  # not filled yet
            continue
    names = set(_names(function.__code__))
    for name in names & function.__globals__.keys():
        value = function.__globals__[name]
        if isinstance(value, ModuleType):
            items = [vars(value)[item] for item in names & vars(value).keys()]
            found += [item for item in items if _as_generator(item) is not None]
        else:
            found.append(value)
    wrapped = getattr(function, "__wrapped__", None)
    return found if wrapped is None else [*found, wrapped]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
