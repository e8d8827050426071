"""What is special about inputs, and the statements that make them less so."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.paths import DEEPEST, items
from micrograd_np.compare.running.values import copied

Array = NDArray[Any]

SMALL = 0.01
"""A number below this may hide what it is multiplied with."""

MOST_AXES = 5
"""Of so many axes of length 1 it is tried which belong together."""

_DRAW = "np.random.default_rng(0)"


@dataclass(frozen=True)
class Variation:
    """Something special about inputs.

    Attributes
    ----------
    cause
        What it is, in words.
    statements
        Python that changes it, written with the names of the inputs; the first that runs is meant.
    is_kept
        Whether fresh inputs have it, too.
    parts
        Which lengths are changed.
    is_sign
        Whether what is special is to be told by what the change does.
    """

    cause: str
    statements: tuple[str, ...]
    is_kept: bool = False
    parts: frozenset[str] = frozenset()
    is_sign: bool = False


def changed(inputs: Mapping[str, Any], statement: str) -> dict[str, Any]:
    """Return copies of inputs after a statement that uses their names, and NumPy as ``np``.

    Examples
    --------
    >>> changed({"reg": 0, "b": [1, 2]}, "reg=0.1; b[1] = 5")
    {'reg': 0.1, 'b': [1, 5]}
    """
    given: dict[str, Any] = copied(dict(inputs))
    namespace = {"np": np, **given}
    exec(statement, namespace)
    hidden = {"__builtins__"} if "np" in inputs else {"__builtins__", "np"}
    return {name: value for name, value in namespace.items() if name not in hidden}


def named(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the arrays, numbers, flags and texts in a value, each with its path."""
    if isinstance(value, (bool, int, float, str, np.ndarray, np.generic)):
        yield path, value
    elif depth < DEEPEST:
        for step, item in items(value):
            yield from named(item, path + step, depth + 1)


def everything(inputs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return all that inputs hold, by path."""
    return [pair for name, value in inputs.items() for pair in named(value, name)]


# --- numbers, flags, texts ------------------------------------------------------------------------


def numbers(inputs: Mapping[str, Any], trees: Collection[ast.AST]) -> Iterator[Variation]:
    """Yield what numbers, flags and texts may hide."""
    for path, value in everything(inputs):
        if isinstance(value, (bool, np.bool_)):
            yield Variation(f"{path} is {value}", (f"{path}={not value}",), True)
        elif isinstance(value, (int, np.integer)) and value in (0, 1):
            others = ("0.1", "1") if value == 0 else ("2",)
            yield Variation(f"{path} is {value}", tuple(f"{path}={v}" for v in others), True)
        elif _is_special(value):
            new = f"{path}=2.0" if value == 1 else f"{path}=0.1"
            yield Variation(f"{path} is {value:g}", (new,))
        elif isinstance(value, str):
            for text in _compared(value, trees):
                yield Variation(f"{path} is {value!r}", (f"{path}={text!r}",), True)


def _is_special(value: Any) -> bool:
    """Whether a number hides what it is multiplied with, or that it is."""
    return isinstance(value, (float, np.floating)) and bool(abs(float(value)) < SMALL or value == 1)


def _compared(value: str, trees: Collection[ast.AST]) -> list[str]:
    """Return the texts beside this one that the code compares something with."""
    found: dict[str, None] = {}
    for tree in trees:
        for node in ast.walk(tree):
            for part in ast.walk(node) if isinstance(node, ast.Compare) else ():
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    found[part.value] = None
    return [text for text in found if text != value]


# --- lengths --------------------------------------------------------------------------------------


def lengths(inputs: Mapping[str, Any], sources: Collection[str]) -> Iterator[Variation]:
    """Yield which axes of length 1 could be longer: the largest sets first.

    Those without a gradient come first, which are data: a bias of shape (1, 4) is meant to be so.
    """
    axes: list[tuple[str, int | None]] = []
    for path, value in everything(inputs):
        if isinstance(value, np.ndarray):
            axes += [(path, axis) for axis, n in enumerate(value.shape) if n == 1]
        elif isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value == 1:
            axes.append((path, None))
    axes = axes[:MOST_AXES]
    sets = [c for n in range(len(axes), 0, -1) for c in itertools.combinations(axes, n)]
    sets.sort(key=lambda one: any(path in sources for path, _ in one))
    for one in sets:
        if any(axis is not None for _, axis in one):
            parts = frozenset(f"{path}:{axis}" for path, axis in one)
            path, axis = next(pair for pair in one if pair[1] is not None)
            cause = f"axis {axis} of {path} has length 1"
            yield Variation(cause, (_longer(one),), True, parts)


def _longer(axes: Collection[tuple[str, int | None]]) -> str:
    new: dict[str, str] = {}
    for path, axis in axes:
        new[path] = "3" if axis is None else f"np.repeat({new.get(path, path)}, 3, {axis})"
    return f"{', '.join(new)} = {', '.join(new.values())}"


# --- arrays ---------------------------------------------------------------------------------------


def arrays(inputs: Mapping[str, Any]) -> Iterator[Variation]:
    """Yield what is special about the elements of arrays."""
    for path, value in everything(inputs):
        if isinstance(value, np.ndarray) and value.size and value.ndim:
            if value.dtype.kind == "f":
                yield from _floating(path, value)
            elif value.dtype.kind == "b" and value.all() == value.any():
                new = f"{path} = {_DRAW}.random({path}.shape) < 0.5"
                yield Variation(f"{path} is {value.flat[0]} throughout", (new,))
            elif value.dtype.kind in "iu" and value.size > 1:
                yield from _whole(path, value)


def _floating(path: str, value: Array) -> Iterator[Variation]:
    shape = ", ".join(map(str, value.shape)) + ("," if value.ndim == 1 else "")
    single = "" if value.dtype == np.float64 else f".astype(np.{value.dtype})"
    noise = f"{path} = {path} + {_DRAW}.normal(size=({shape})){single}"
    first = value.flat[0]
    if np.all(value == first):
        cause = f"{path} is {first:g} throughout" if value.size > 1 else f"{path} is {first:g}"
        yield Variation(cause, (noise.replace(f"{path} + ", "", 1) if first == 0 else noise,))
        if first == 1 and value.size > 1:
            new = f"{path} = ({_DRAW}.random(({shape})) < 0.5) * np.{value.dtype}(1)"
            yield Variation(cause, (new,))
    elif value.ndim > 1 and len(value) > 1 and np.all(value == value[:1]):
        yield Variation(f"the rows of {path} are all the same", (noise,))
    elif value.ndim == 2 and value.shape[0] == value.shape[1] and np.all(value == value.T):
        yield Variation(f"{path} is symmetric", (noise,))


def _whole(path: str, value: Array) -> Iterator[Variation]:
    if np.all(value == value.flat[0]):
        news = (f"{path}[::2] += 1", f"{path}[::2] -= 1")
        yield Variation(f"{path} is {value.flat[0]} throughout", news)
    if len(np.unique(value)) == value.size and len(value) > 1:
        new = f"{path}[0] = {path}[1]"
        yield Variation(f"no value in {path} occurs twice", (new,), True)


def signs(inputs: Mapping[str, Any]) -> Iterator[Variation]:
    """Yield arrays with the other sign, or larger: what is special is told by what that changes."""
    paths = [
        path
        for path, value in everything(inputs)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.any()
    ]
    for change in ("-", "10 * "):
        for path in paths:
            yield Variation("", (f"{path} = {change}{path}",), is_sign=True)
