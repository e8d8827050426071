"""The likeliest repair of the lines that are not recognised, and of those that they read."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.finding.idle import idle
from micrograd_np.compare.finding.increments import odd_terms
from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.repair import (
    MOST_BLIND,
    MOST_OF_ONE,
    Intended,
    Repair,
    Search,
)
from micrograd_np.compare.finding.target import Target, is_plain
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.meanings import Known, same
from micrograd_np.compare.running.wanted import names_it, stems

MOST_NEAR = 4
"""How many lines that are not recognised are looked at for a repair."""

MOST_CANDIDATES = 24
"""How many values that a line may have been meant to write are used to make edits."""

MOST_FIRST = 2
"""How many of the first gradients are looked at if most of the others are wrong."""

CERTAIN = 1.25
"""Up to which cost the repair of the first line that is not recognised is the likeliest of all."""

LIKELY = 1.2
"""The edits that cost no more are tried in all of the lines before the others are in any."""

_OF_VALUES = ("wrong index", "wrong quantity", "wrong mask", "inverted mask", "wrong axis",
              "aliasing", "= for +=")  # fmt: skip
"""How lines are wrong that write a mask or a value of the forward pass."""

MOST_BLIND_LINES = 2
"""How many lines that add up are looked at in this way: each edit is a run of everything."""

_BLIND = 1.2
"""Up to which cost edits of a line that adds up are tried whatever they add."""

MOST_COST = 2.0
"""Up to which cost all edits are tried of the line where what is not recognised begins."""

CHEAPEST = 0.9
"""What the likeliest edits cost."""

_LATER = 0.08
"""How much less likely a repair is for each line that is looked at before."""

_UNNAMED = 1.5
"""Up to which cost all edits are tried of the first line if it is called for no gradient."""

_RIGHT = 0.3
"""How much less likely it is that a line is wrong that holds a value, or was right before."""

Array = NDArray[Any]


class Nearby:
    """Looks for a repair where lines are not recognised.

    Parameters
    ----------
    case
        The inputs.
    look
        The run on them.
    search
        Tries edits.
    """

    def __init__(self, case: Case, look: Look, search: Search) -> None:
        self.case = case
        self.look = look
        self.search = search
        self.best: tuple[float, Target | None, Repair] | None = None

    def likely(self) -> tuple[Target | None, Repair] | None:
        """Return the likeliest repair if it is a common mistake."""
        self.best = self._at_error()
        self._between(0.0, LIKELY)
        if self.best is None or self.best[2].edit.cost > LIKELY:
            return None
        return self.best[1:]

    def other(self) -> tuple[Target | None, Repair] | None:
        """Return the likeliest of the other repairs."""
        return self._between(LIKELY, 2.0)

    def blind(self) -> tuple[Target | None, Repair] | None:
        """Return the repair of the first line if it is called for no gradient.

        So nothing tells what it should have written.
        """
        origin = self._origin
        if origin is None or self._named(origin, origin.first_unknown or 0):
            return None
        box, self.search.box = self.search.box, self.search.box.share(0.4)
        code = origin.steps[0].code
        repairs = self.search.repairs(code, origin.node, None, _UNNAMED, most=MOST_OF_ONE)
        self.search.box = box
        return (origin, repairs[0]) if repairs else None

    def _between(self, least: float, most: float) -> tuple[Target | None, Repair] | None:
        """Return the likeliest repair of a cost between two others, or one found before."""
        for order, (target, run) in enumerate(self._near):
            late = _LATER * order
            code, shapes = target.steps[0].code, self._shapes(target, run)
            intended = self._shaped(target, run) if shapes else self.intended(target, run)
            is_origin = intended is not None and (
                target in self._lacking
                or (target is self._origin and not shapes)
                or (not order and _is_of_another(target, run))
            )
            limit = MOST_COST if is_origin else most
            limit = limit if self.best is None else min(limit, self.best[0] - late)
            if limit < CHEAPEST:
                break
            repairs = self.search.repairs(code, target.node, intended, limit, least)
            if not repairs and target.is_running and order < MOST_BLIND_LINES:
                # a part of a part is nothing known
                is_only = len(self.look.unknown()) == 1
                count = MOST_OF_ONE if is_only else MOST_BLIND
                cost = limit if is_only else min(limit, _BLIND)
                repairs = self.search.repairs(code, target.node, None, cost, least, count)
            for repair in repairs[:1]:
                is_value = run in target.plain
                if intended is None and not is_value and repair.edit.kind not in _OF_VALUES:
                    continue
                likely = repair.edit.cost + (_RIGHT if _is_right_before(target, run) else 0.0)
                if self.best is None or likely + late < self.best[0]:
                    self.best = likely + late, target, repair
                if likely <= CERTAIN and not target.is_known:
                    return self.best[1:]
        return self.best[1:] if self.best is not None else None

    @cached_property
    def _origin(self) -> Target | None:
        """The first line that is not recognised, if it is not for what it reads."""
        unknown, origins = self.look.unknown(), self.look.origins()
        return unknown[0][1] if unknown and unknown[0][1] in origins else None

    def intended(self, target: Target, run: int) -> Intended | None:
        """Return by what the edits of a line are told that are worth a run of everything."""
        written = target.values[run]
        readings = target.readings[run]
        is_value = bool(readings) and readings[0].known.kind == "value"
        if written.dtype.kind != "f" or (is_value and target.is_known) or run in target.plain:
            return None  # a mask is nothing known, and one forward value is as good as another
        if target in self._lacking:
            return self._complete(target)
        path, accepts = target.paths[run], self.is_read(target, run)
        made = Intended(path, run, written, accepts, self._candidates(target, run))
        if target.is_running:  # what is added up so far is nothing known, what is added is
            return replace(made, run=_first_change(target), is_added=True, wanted=())
        return made

    @cached_property
    def _lacking(self) -> dict[Target, Array]:
        """The zeros to which a loop adds up a gradient that is wrong in the end, and what it lacks.

        That may be a regularisation, with which it is to begin.
        """
        found: dict[Target, Array] = {}
        for target in self.look.origins():
            whole = [known for known in self._named(target, -1) if known.kind == "adjoint"]
            fits = [known for known in whole if known.array.shape == target.values[-1].shape]
            if not target.is_result or not target.is_running or not fits:
                continue
            for begun in self.look.targets:
                if begun.is_start and begun.path == target.path:
                    found[begun] = fits[0].array - target.values[-1]
        return found

    def _complete(self, target: Target) -> Intended:
        """Return by what an edit is told that begins a sum with what it lacks."""
        missing = self._lacking[target]

        def accepts(value: Array) -> bool:
            return value.shape == missing.shape and same(value, missing)

        return Intended(target.path, 0, target.values[0], accepts, [missing])

    def _at_error(self) -> tuple[float, Target | None, Repair] | None:
        """Return the likeliest repair of the line that stopped the run, with its cost."""
        error = self.look.error
        if error is None or not isinstance(error.node, ast.stmt):
            return None
        for repair in self.search.repairs(error.code, error.node)[:1]:
            return repair.edit.cost, None, repair
        return None

    @cached_property
    def _near(self) -> list[tuple[Target, int]]:
        """Where to look for a repair, and in which run."""
        unknown = self.look.unknown()
        found: dict[Target, int] = {}
        if unknown and unknown[0][1].is_result:
            origin = self.look.first_scaled(unknown[0][1])
            if origin is not None:
                at = self.look.place[origin.steps[0]]
                odd = [pair for pair in self.look.writers(origin, at) if pair[0].is_benign]
                found.update(odd)  # a factor that no name explains
                found[origin] = 0
        found.update(idle(self.look))
        found.update(odd_terms(self.look))
        found.update(dict.fromkeys(self._lacking, 0))
        for at, target, _ in unknown[:MOST_NEAR]:
            for writer, run in self.look.writers(target, at):
                origin = self.look.first_scaled(writer, run) if writer.knows(run) else None
                if origin is not None:  # its factor is what the line lacks
                    found.setdefault(origin, 0)
        for target, first in self.look.incomplete_lines():
            found.setdefault(target, first)
            for one in self.look.targets:  # a line before may have lost what there was
                if one.path == target.path and not one.is_start and first < len(one.values):
                    found.setdefault(one, first)
        for at, target, run in unknown[:MOST_NEAR]:
            writers = self.look.writers(target, at)
            misnamed = list(self._misnamed(target, at))
            masks = [pair for pair in writers if pair[0].values[pair[1]].dtype.kind == "b"]
            inside = [*self._misshapen(target, run), *self._inside(target, run, at)]
            caller = self._caller(target, run)
            for earlier, its_run in misnamed:
                found.setdefault(earlier, its_run)  # later all may be wrong that it reads
            for earlier, its_run in (*inside, (target, run), *masks, *writers, *caller):
                unknown_run = earlier.first_unknown
                first = its_run if unknown_run is None else min(its_run, unknown_run)
                found.setdefault(earlier, first)
            for one in self._first():
                found.setdefault(one, 0)
        if not unknown:
            found = dict.fromkeys(reversed(self.look.targets), 0)
        place = self.look.place
        after = [(t, run) for t, run in found.items() if place[t.steps[run]] >= self.look.begin]
        return after[: 3 * MOST_NEAR]

    def _misshapen(self, target: Target, run: int) -> list[tuple[Target, int]]:
        """Return the zeros to which a line adds, if the shape of the sum is theirs, and wrong."""
        shape = target.values[run].shape
        begun = (
            t for t in self.look.targets if t.path == target.path and t.values[0].shape == shape
        )
        return [(one, 0) for one in begun if self._shapes(one, 0)][:1]

    def _shapes(self, target: Target, run: int) -> list[tuple[int, ...]]:
        """Return the shapes of what zeros, or a number, are called for, if theirs is another."""
        if not target.is_start and target.values[run].shape:
            return []
        whole = (known for known in self._named(target, run) if known.kind == "adjoint")
        named = [known.array.shape for known in whole]
        return [] if target.values[run].shape in named else named

    def _shaped(self, target: Target, run: int) -> Intended:
        """Return by what an edit is told that gives a line the shape of what it is called for."""
        shapes = self._shapes(target, run)

        def accepts(value: Array) -> bool:
            return value.shape in shapes

        named = [known.array for known in self._named(target, run)]
        return Intended(target.paths[run], run, target.values[run], accepts, named)

    def _named(self, target: Target, run: int) -> list[Known]:
        """Return the gradients, and parts of gradients, that a line is called for."""
        called = target.called[run]
        known = self.case.meanings.known
        return [one for one in known if one.kind != "value" and names_it(called, one.quantity.path)]

    def _inside(self, target: Target, run: int, at: int) -> list[tuple[Target, int]]:
        """Return the lines of a helper function that made what its caller takes over."""
        depth, called = target.steps[run].depth, target.called[run]
        return [
            (one, i)
            for one in self.look.targets
            for i, step in enumerate(one.steps)
            if step.depth > depth and one.called[i] == called and self.look.place[step] < at
        ][-1:]

    def _caller(self, target: Target, run: int) -> list[tuple[Target, int]]:
        """Return what is written where a helper is called: it may be given what is wrong."""
        caller, at = target.steps[run].caller, self.look.place[target.steps[run]]
        written = [
            (one, i)
            for one in self.look.targets
            for i, step in enumerate(one.steps)
            if caller is not None and one.node is caller.node and self.look.place[step] > at
        ][:1]
        read = (pair for one, _ in written for pair in self.look.writers(one, at))
        return [*written, *(pair for pair in read if pair[0].values[pair[1]].dtype.kind == "b")]

    def _first(self) -> list[Target]:
        """Return where the gradients begin, if most of them are wrong."""
        if 2 * len(self.look.wrong) <= len(self.case.wanted):
            return []
        return [target for target in self.look.targets if _is_gradient(target)][:MOST_FIRST]

    def _misnamed(self, target: Target, at: int, depth: int = 3) -> Iterator[tuple[Target, int]]:
        """Yield what a line reads that is not what it is called for, through unnamed steps."""
        for writer, run in self.look.writers(target, at):
            if writer.is_benign and depth:
                earlier = self.look.place[writer.steps[run]]
                yield from self._misnamed(writer, earlier, depth - 1)
            if writer.is_misnamed(self.case, run):
                yield writer, run

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
            for one in (*whole, *self._named(target, run))
            if _fits(one.array.shape, written.shape)
        ]
        return arrays[:MOST_CANDIDATES]


def _fits(shape: tuple[int, ...], written: tuple[int, ...]) -> bool:
    """Whether as many numbers are written as a gradient has, or it is a part of them."""
    pairs = zip(shape, written, strict=False)
    return math.prod(shape) == math.prod(written) or (
        len(shape) == len(written) and all(a <= b for a, b in pairs)
    )


def _is_of_another(target: Target, run: int) -> bool:
    """Whether a line holds the whole gradient of something that it is not called for."""
    reading = target.reading(run)
    if reading is None or reading.known.kind != "adjoint" or reading.known.is_hidden:
        return False
    readings = (one.known.quantity.path for one in target.readings[run])
    return not any(names_it(target.called[run], path) for path in readings)


def _is_right_before(target: Target, run: int) -> bool:
    """Whether a line holds a value, or is the gradient it is called for in the runs before.

    What a helper function makes may be a gradient, whatever it is called there.
    """
    if run in target.plain and not target.steps[run].depth:
        return True
    return run > 0 and all(map(target.is_right, range(run)))


def _is_gradient(target: Target) -> bool:
    """Whether a line wrote the gradient of something, but for a factor, the first time."""
    first = target.reading(0)
    return first is not None and first.known.kind == "adjoint" and not target.is_start


def _first_change(target: Target) -> int:
    """Return the first run in which something but zeros is added."""
    values = target.values
    if np.any(values[0]):
        return 0
    changed = (i for i in range(1, len(values)) if not np.array_equal(values[i], values[i - 1]))
    return next(changed, 0)
