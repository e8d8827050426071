"""One comparison of a pass of the user's own, as the page shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.comparing import Comparison
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.finding.targets import targets
from micrograd_np.compare.report.describe import meaning_of_run
from micrograd_np.compare.report.opinion import Opinion
from micrograd_np.compare.report.report import Line
from micrograd_np.compare.report.rows import radius_of
from micrograd_np.compare.running.code import names_read, names_written
from micrograd_np.compare.running.following import Quantity, name_of
from micrograd_np.compare.running.in_torch import Named, NotAsked, forward_program, values_in_torch
from micrograd_np.compare.running.meanings import Known, same
from micrograd_np.compare.running.subject import Subject
from micrograd_np.compare.running.wanted import names_it
from micrograd_np.explorer import derivation, judging
from micrograd_np.explorer.equations import equations
from micrograd_np.explorer.graph import graph
from micrograd_np.explorer.message import Arrays, equation, number
from micrograd_np.explorer.pytorch import torch_is_here
from micrograd_np.explorer.taken import Taken, take
from micrograd_np.rounding import Radius

Array = NDArray[Any]

MOST_ELEMENTS = 20_000
"""Larger arrays are not sent to the page."""


@dataclass(frozen=True)
class Given:
    """What is compared.

    Attributes
    ----------
    forward, backward
        As for `compare`.
    args, kwargs
        The inputs of forward.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any] | None
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


class Views:
    """One comparison, as the page shows it.

    Parameters
    ----------
    given
        What is compared.
    name
        What it is called.
    """

    def __init__(self, given: Given, name: str) -> None:
        subject = Subject(given.forward, given.backward)
        self.name = name
        self.comparison = Comparison(subject, subject.bind(given.args, given.kwargs), None, 2.0)
        own = self.comparison.own
        self.report = self.comparison.report(Opinion(own, False) if torch_is_here() else None)
        self.case = self.comparison.own
        self.radii = self.comparison.radii()
        self.taken, _ = take(subject, self.case.state)
        self.targets = targets(self.case, [one.step for one in self.taken])
        self.arrays = Arrays()
        self.gradients: dict[str, str] = {}

    def message(self) -> dict[str, Any]:
        """Return all of it for the page."""
        lines = [self._line(line) for line in self.report.lines]
        code = self.comparison.subject.forward
        loss = np.asarray(self.comparison.subject.loss(self.case.state))
        return {
            "about": self.name,
            "lines": lines,
            "forward_code": [one.source for one in code.statements()],
            "network": None,
            "graph": graph(self.comparison.subject, self.case.state),
            "loss": number(float(loss)) if loss.size == 1 else None,
            "error": "",
            "ok": self.report.ok,
            "report": judging.as_message(self.report, str),
            "derivation": self._derivation(),
            "arrays": self.arrays.sent,
        }

    # --- lines ---------------------------------------------------------------------------------

    def _line(self, line: Line) -> dict[str, Any]:
        target = self._target(line)
        taken = self._taken(target)
        value = target.values[-1] if target is not None else None
        wanted = self._wanted(line, target)
        radius = None if wanted is None else wanted.radius
        written = line.target or (target.called[-1] if target else "")
        return {
            "name": str(line.lineno),
            "number": line.lineno,
            "target": written,
            "code": line.source,
            "right": line.source,
            "edited": False,
            "equations": [equation(text) for text in self._equations(taken, target)],
            "why": _why(line, target),
            "shape": None if value is None else value.shape,
            "wanted_shape": line.shape,
            "hand": self._add(value),
            "automatic": self._add(None if wanted is None else wanted.value),
            "torch": self._add(self._torch(target)),
            "radius": self._add(radius),
            "undecided": None,
            "large": value is not None and value.size > MOST_ELEMENTS,
            "far": {"automatic": self._far(line), "torch": None},
            "verdict": {"-": "value"}.get(line.verdict, line.verdict),
            "kind": line.kind,
            "overwrites": [line.target] if line.verdict == "overwrites" else [],
            "made": self._made(taken),
            "touches": sorted(_touched(taken)) if taken else [],
        }

    def _target(self, line: Line) -> Target | None:
        found = [
            one
            for one in self.targets
            if (one.steps[0].code.name, one.node.lineno) == (line.function, line.lineno)
        ]
        named = [one for one in found if one.called[0] == line.target]
        return next(iter([*named, *found]), None)

    def _taken(self, target: Target | None) -> Taken | None:
        if target is None:
            return None
        return next((one for one in self.taken if one.step is target.steps[-1]), None)

    def _far(self, line: Line) -> dict[str, Any] | None:
        if line.radii is None:
            return None
        is_ok = line.verdict in ("ok", "-")
        return {"radii": number(line.radii), "problem": "", "undecided": 0, "ok": is_ok}

    def _wanted(self, line: Line, target: Target | None) -> Radius | None:
        """Return what a line should write: what it is, else what repairs it, else by its name."""
        if target is None:
            return None
        value = target.values[-1]
        if line.verdict == "wrong":  # what it happens to be here is not what it should be
            meant = next(
                (p.automatic for p in self.report.pictures if p.lineno == line.lineno), None
            )
            if meant is not None:
                return self._measured(meant)
        reading = target.reading(len(target.values) - 1)
        if reading is not None and not reading.form and target.is_known:
            return self._scaled(reading.known, reading.factor, value)
        if line.verdict not in ("wrong", "follows") or len(target.values) > 1:
            return None  # a step on the way is not yet what its variable is called for
        for q in reversed(self._quantities()):
            if names_it(target.called[-1], q.path) and q.gradient.shape == value.shape:
                return self.radii.get(name_of(q.key)) or _exact(q.gradient)
        return None

    def _measured(self, array: Array) -> Radius:
        """Return an array of the automatic side with how far rounding moves it."""
        for known in self.case.meanings.known:
            if known.array is array:
                return radius_of(known, self.radii) or _exact(array)
        return _exact(array)

    def _scaled(self, known: Known, factor: float, value: Array) -> Radius:
        radius = radius_of(known, self.radii)
        wanted = factor * known.array
        if radius is None:
            return _exact(wanted)
        eps = np.finfo(value.dtype).eps if value.dtype.kind == "f" else 0.0
        wide = abs(factor) * radius.radius + eps * np.abs(wanted)
        return Radius(wanted, wide, radius.undecided)

    def _quantities(self) -> list[Quantity]:
        return [q for q in self.case.followed.quantities if q.adjoint is not None]

    def _equations(self, taken: Taken | None, target: Target | None) -> list[str]:
        """Return a line as mathematics, and take note of what it has made."""
        if taken is None or target is None:
            return []
        name, made = taken.name, self._gradient_of(target)
        found = equations(taken.step.node, taken.read, self.gradients, made)
        if made:
            self.gradients[name] = made
        else:
            self.gradients.pop(name, None)
        return found

    @staticmethod
    def _gradient_of(target: Target) -> str:
        """Return the variable whose whole gradient a line has written, "" if there is none."""
        reading = target.reading(len(target.values) - 1)
        if reading is None or reading.factor_text or reading.factor != 1 or reading.form:
            return ""
        known = reading.known
        return known.quantity.path if known.kind == "adjoint" and not known.is_hidden else ""

    def _made(self, taken: Taken | None) -> dict[str, Any] | None:
        term = taken.term if taken is not None else None
        return self.arrays.term(term) if term is not None else None

    def _add(self, array: Any) -> int | None:
        if array is None or np.size(array) > MOST_ELEMENTS or np.asarray(array).dtype.kind == "O":
            return None
        return self.arrays.add(array)

    # --- PyTorch, the graph, the derivation ------------------------------------------------------

    @cached_property
    def _by_torch(self) -> list[Named]:
        if not torch_is_here():
            return []
        try:
            return values_in_torch(self.case)
        except NotAsked:
            return []

    def _torch(self, target: Target | None) -> Array | None:
        """Return what a line is by PyTorch: the gradient of the same value, times its factor."""
        reading = None if target is None else target.reading(len(target.values) - 1)
        if reading is None or reading.form or reading.known.kind != "adjoint":
            return None
        q, right = reading.known.quantity, reading.known.array
        if reading.known.is_hidden:
            # Nothing tells which of the values without a name it is but its gradient.
            alike = [one for one in self._by_torch if one.gradient.shape == right.shape]
            unnamed = [one.gradient for one in alike if not one.name]
            found = min(unnamed, key=lambda g: float(np.abs(g - right).max()), default=None)
            return None if found is None else np.asarray(reading.factor * found)
        for one in reversed(self._by_torch):
            is_it = one.name == q.path and one.value.shape == q.value.shape
            if is_it and same(one.value, q.value):
                return np.asarray(reading.factor * one.gradient)
        return None

    def _derivation(self) -> dict[str, Any]:
        """Return the derived program, or why there is none."""
        lines = dict(self._lines_wanted())
        try:
            program, given = forward_program(self.case)
            return derivation.linked(program, given, lines)
        except Exception as error:  # not every function can be recorded
            return {"forward": [], "backward": [], "unlinked": list(lines), "error": str(error)}

    def _lines_wanted(self) -> Iterator[tuple[str, Radius]]:
        for line in self.report.lines:
            wanted = self._wanted(line, self._target(line))
            if wanted is not None:
                yield str(line.lineno), wanted


def _why(line: Line, target: Target | None) -> str:
    """Return what a line computes: of several runs the last, which is the one that is shown."""
    times = 0 if target is None else len(target.values)
    if target is None or times < 2:
        return line.meaning
    said = meaning_of_run(target, times - 1) if line.verdict == "ok" else line.meaning
    return f"{said} (run {times} times; the last is shown)"


def _touched(taken: Taken) -> set[str]:
    """Return the variables and items that a line names."""
    node = taken.step.node
    return names_read(node) | names_written(node) | set(taken.read) | set(taken.step.writes)


def _exact(array: Array) -> Radius:
    """Return an array whose rounding was not measured: eps times its elements stands in."""
    eps = np.finfo(array.dtype).eps if array.dtype.kind == "f" else 0.0
    radius = eps * np.abs(array).astype(float) + np.finfo(float).tiny
    return Radius(array, radius, np.zeros(array.shape, bool))
