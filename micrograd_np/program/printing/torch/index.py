"""Indices as torch takes them.

There are three differences to NumPy. A slice cannot go backwards: the axis is flipped first. An
integer beside an array is not an index array of its own: where that puts the axes of the result
elsewhere, it is made one. And index arrays are int64 or int32.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from micrograd_np.mode import plain
from micrograd_np.program.numbers import Number
from micrograd_np.program.simplify.forms import picks_once
from micrograd_np.program.traced import Traced

if TYPE_CHECKING:
    from micrograd_np.program.printing.torch.writer import TorchWriter


class Indexed(NamedTuple):
    """An index in torch."""

    flips: tuple[int, ...]
    """The axes to flip before it is used."""
    tree: ast.expr | None
    """What stands between the brackets; None if nothing is left to pick."""


def index_tree(writer: TorchWriter, shape: Sequence[Any], index: Any) -> Indexed:
    """Return an index into an array of a shape as torch takes it."""
    parts = list(index) if isinstance(index, tuple) else [index]
    flips = []
    for place, axis in _axes(parts, len(shape)):
        part = parts[place]
        if isinstance(part, slice) and plain(part.step or 1) < 0:
            if any(isinstance(bound, Traced) for bound in (part.start, part.stop, part.step)):
                raise NotImplementedError("a slice backwards between values has no equivalent")
            flips.append(axis)
            parts[place] = _forwards(writer, part, shape[axis])
    if flips and all(isinstance(part, slice) and part == slice(None) for part in parts):
        return Indexed(tuple(flips), None)
    apart = _is_apart(parts)
    trees = [_part(writer, part, apart) for part in parts]
    whole = not isinstance(index, tuple) or len(trees) == 1
    return Indexed(tuple(flips), trees[0] if whole else ast.Tuple(trees))


def is_array(part: Any) -> bool:
    """Whether a part of an index picks elements one by one."""
    return isinstance(part, Traced) and (bool(part.shape) or part.dtype.kind == "b")


def _axes(parts: list[Any], ndim: int) -> list[tuple[int, int]]:
    """Return the place in the index and the axis of each part that is a slice."""
    used = sum(map(_used, parts))
    found, axis = [], 0
    for place, part in enumerate(parts):
        if isinstance(part, slice):
            found.append((place, axis))
        axis += ndim - used if part is ... else _used(part)
    return found


def _used(part: Any) -> int:
    """Return how many axes a part of an index is for."""
    if part is None or part is ... or isinstance(part, (bool, np.bool_)):
        return 0
    return part.ndim if isinstance(part, Traced) and part.dtype.kind == "b" else 1


def _forwards(writer: TorchWriter, part: slice, n: Any) -> slice:
    """Return what a slice that goes backwards picks, counted from the other end."""

    def mirrored(bound: Any) -> Any:
        if bound is None:
            return None
        if plain(bound) < 0:
            return -bound - 1
        if isinstance(n, Number) or isinstance(bound, Number):  # it may be beyond the end
            return writer.call("max", [writer.tree(n - (bound + 1)), writer.tree(0)])
        return max(n - (bound + 1), 0)

    step = None if part.step == -1 else -part.step
    return slice(mirrored(part.start), mirrored(part.stop), step)


def _is_apart(parts: list[Any]) -> bool:
    """Whether integers and arrays stand apart, so that NumPy puts their axes first."""
    places = [i for i, part in enumerate(parts) if is_array(part) or _is_integer(part)]
    arrays = any(map(is_array, parts))
    return arrays and places[-1] - places[0] >= len(places)


def _is_integer(part: Any) -> bool:
    return part is not None and part is not ... and not isinstance(part, slice)


def _part(writer: TorchWriter, part: Any, apart: bool) -> ast.expr:
    tree = writer.tree(part)
    if isinstance(part, Traced):
        if part.shape and part.dtype.kind in "iu" and part.dtype.itemsize < 4:
            return writer.converted(part, np.dtype(np.int64))
        if is_array(part):
            return tree
    if apart and _is_integer(part) and not isinstance(part, (bool, np.bool_)):
        return writer.call("torch.tensor", [ast.List([tree])])
    return tree


def repeats(shape: Sequence[Any], index: Any) -> bool | None:
    """Return whether an index picks an element twice, None if that depends on the inputs."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [part for part in parts if is_array(part) and part.dtype.kind != "b"]
    if not arrays or picks_once(index):
        return False
    if any(part.role != "constant" for part in parts if isinstance(part, Traced)):
        return None
    lengths = [int(plain(n)) for n in shape]
    known = tuple(plain(part.value if isinstance(part, Traced) else part) for part in parts)
    picked = np.arange(int(np.prod(lengths))).reshape(lengths)[known]
    return bool(np.unique(picked).size < np.size(picked))
