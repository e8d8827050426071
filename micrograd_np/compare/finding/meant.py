"""What a line may have been meant to write: by that its edits are told."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.repair import Intended
from micrograd_np.compare.finding.target import Target, is_plain
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.meanings import Known, same
from micrograd_np.compare.running.wanted import names_it, stems

Array = NDArray[Any]

MOST_CANDIDATES = 24
"""How many values that a line may have been meant to write are used to make edits."""


class Meant:
    """Tells what a line may have been meant to write.

    Parameters
    ----------
    case
        The inputs.
    look
        The run on them.
    """

    def __init__(self, case: Case, look: Look) -> None:
        self.case = case
        self.look = look

    def intended(self, target: Target, run: int) -> Intended | None:
        """Return by what the edits of a line are told that are worth a run of everything."""
        if self.shapes(target, run):
            return self._shaped(target, run)
        if _is_under_key(target) and target.is_misnamed(self.case, run):
            return None  # it may be right under another key
        written = target.values[run]
        readings = target.readings[run]
        is_value = bool(readings) and readings[0].known.kind == "value"
        if written.dtype.kind != "f" or (is_value and target.is_known) or run in target.plain:
            return None  # a mask is nothing known, and one forward value is as good as another
        if target in self.lacking:
            return exactly(target, 0, [self.lacking[target]])
        path, accepts = target.paths[run], self.is_read(target, run)
        made = Intended(path, run, written, accepts, self._candidates(target, run))
        if target.is_running:  # what is added up so far is nothing known, what is added is
            return replace(made, run=_first_change(target), is_added=True, wanted=())
        return made

    def named(self, target: Target, run: int) -> list[Known]:
        """Return the gradients, and parts of gradients, that a line is called for."""
        called = target.called[run]
        known = self.case.meanings.known
        return [one for one in known if one.kind != "value" and names_it(called, one.quantity.path)]

    def shapes(self, target: Target, run: int) -> list[tuple[int, ...]]:
        """Return the shapes of what zeros, or a number, are called for, if theirs is another."""
        if not target.is_start and target.values[run].shape:
            return []
        whole = (known for known in self.named(target, run) if known.kind == "adjoint")
        named = [known.array.shape for known in whole]
        return [] if target.values[run].shape in named else named

    def _shaped(self, target: Target, run: int) -> Intended:
        """Return by what an edit is told that gives a line the shape of what it is called for."""
        shapes = self.shapes(target, run)

        def accepts(value: Array) -> bool:
            return value.shape in shapes

        named = [known.array for known in self.named(target, run)]
        return Intended(target.paths[run], run, target.values[run], accepts, named)

    @cached_property
    def lacking(self) -> dict[Target, Array]:
        """The zeros to which a loop adds up a gradient that is wrong in the end, and what it lacks.

        That may be a regularisation, with which it is to begin.
        """
        found: dict[Target, Array] = {}
        for target in self.look.origins():
            whole = [known for known in self.named(target, -1) if known.kind == "adjoint"]
            fits = [known for known in whole if known.array.shape == target.values[-1].shape]
            if not target.is_result or not target.is_running or not fits:
                continue
            for begun in self.look.targets:
                if begun.is_start and begun.path == target.path:
                    found[begun] = fits[0].array - target.values[-1]
        return found

    def is_read(self, target: Target, run: int) -> Callable[[Array], bool]:
        """Return what tells whether a line may write a value: if that is something known."""
        meanings = self.case.meanings
        called = target.called[run]
        written = target.values[run]
        own = target.reading(run)
        is_gradient = bool(stems(called))

        def accepts(value: Array) -> bool:
            if value.shape == written.shape and same(value, written):
                return False
            if target.misses_zero(self.case, run):
                return meanings.is_zero(value)
            readings = meanings.read(value, called, forms=False)
            if not readings or not is_plain(readings[0]):
                return False
            if readings[0].known.kind == "value" and (is_gradient or own is not None):
                return False  # but what is made anew may be a value of the forward pass
            if own is None or own.factor_text or readings[0].known is not own.known:
                return True
            if own.known.kind == "adjoint":
                return True  # if what is made of it is to be divided by that
            return abs(readings[0].factor) == 1  # else the same as before, but for a factor

        return accepts

    def _candidates(self, target: Target, run: int) -> list[Array]:
        """Return what a line may have been meant to write.

        That is the gradient of which it wrote a part, or any for which its variable is called.
        """
        written = target.values[run]
        of_part = {id(reading.known.quantity) for reading in target.readings[run]}
        adjoints = (one for one in self.case.meanings.known if one.kind == "adjoint")
        whole = [one for one in adjoints if id(one.quantity) in of_part]
        arrays = [
            one.array
            for one in (*whole, *self.named(target, run))
            if _fits(one.array.shape, written.shape)
        ]
        return arrays[:MOST_CANDIDATES]


def exactly(target: Target, run: int, wanted: list[Array]) -> Intended:
    """Return by what an edit is told that writes one of some arrays in a run."""

    def accepts(value: Array) -> bool:
        return any(same(value, one) for one in wanted)

    return Intended(target.paths[run], run, target.values[run], accepts, wanted)


def _is_under_key(target: Target) -> bool:
    """Whether a line assigns an item under a key that it makes: ``grads["W" + str(i)] = ...``."""
    node = target.node
    place = node.targets[0] if isinstance(node, ast.Assign) else None
    is_made = isinstance(place, ast.Subscript) and not isinstance(place.slice, ast.Constant)
    return is_made and "'" in target.path


def _fits(shape: tuple[int, ...], written: tuple[int, ...]) -> bool:
    """Whether as many numbers are written as a gradient has, or it is a part of them."""
    pairs = zip(shape, written, strict=False)
    return math.prod(shape) == math.prod(written) or (
        len(shape) == len(written) and all(a <= b for a, b in pairs)
    )


def _first_change(target: Target) -> int:
    """Return the first run in which something but zeros is added."""
    values = target.values
    if np.any(values[0]):
        return 0
    changed = (i for i in range(1, len(values)) if not np.array_equal(values[i], values[i - 1]))
    return next(changed, 0)
