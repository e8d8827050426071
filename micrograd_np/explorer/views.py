"""One comparison of a pass of the user's own, as the page shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.comparing import Comparison
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.finding.targets import targets
from micrograd_np.compare.report.describe import meaning_of_run, of_known
from micrograd_np.compare.report.opinion import Opinion
from micrograd_np.compare.report.report import Line
from micrograd_np.compare.report.rows import radius_of
from micrograd_np.compare.running.code import names_read, names_written
from micrograd_np.compare.running.following import Quantity
from micrograd_np.compare.running.hand import Step
from micrograd_np.compare.running.in_torch import Named, NotAsked, forward_program, values_in_torch
from micrograd_np.compare.running.meanings import Known, same
from micrograd_np.compare.running.subject import Subject
from micrograd_np.compare.running.wanted import names_it
from micrograd_np.explorer import derivation, judging
from micrograd_np.explorer.equations import equations
from micrograd_np.explorer.graph import graph, lit
from micrograd_np.explorer.message import Arrays, equation, far, number
from micrograd_np.explorer.pytorch import torch_is_here
from micrograd_np.explorer.taken import Taken, take
from micrograd_np.rounding import Radius, distance

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
        self.case = self.comparison.own
        opinion = Opinion(self.case, False) if torch_is_here() else None
        self.report = self.comparison.report(opinion)
        self.radii = self.comparison.radii()
        self.taken, _ = take(subject, self.case.state)
        self.targets = targets(self.case, [one.step for one in self.taken])
        self.arrays = Arrays()
        self.gradients: dict[str, str] = {}
        self.graph = graph(subject, self.case.state)

    def message(self) -> dict[str, Any]:
        """Return all of it for the page."""
        lines = [self._line(line) for line in self.report.lines]
        drawing = self.graph
        loss = np.asarray(self.comparison.subject.loss(self.case.state))
        return {
            "about": self.name,
            "lines": lines,
            "forward_code": [
                {"label": str(one.lineno), "code": one.source}
                for one in self.comparison.subject.forward.statements()
            ],
            "network": None,
            "graph": drawing,
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
        meant = self._meant(line, target)
        wanted = self._wanted(line, target, meant)
        torch = self._torch(meant)
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
            "torch": self._add(torch),
            "radius": self._add(radius),
            "undecided": None,
            "large": value is not None and value.size > MOST_ELEMENTS,
            "far": {
                "automatic": self._far(line, value, wanted),
                "torch": _from(torch, value, wanted),
            },
            "verdict": {"-": "value"}.get(line.verdict, line.verdict),
            "kind": line.kind,
            "overwrites": [line.target] if line.verdict == "overwrites" else [],
            "made": self._made(taken),
            "touches": sorted(self._touched(taken, meant)),
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

    def _far(self, line: Line, value: Array | None, wanted: Radius | None) -> dict[str, Any] | None:
        if line.radii is None:  # the report does not tell it from rounding on these inputs
            return _from(None if wanted is None else wanted.value, value, wanted)
        is_ok = line.verdict in ("ok", "-")
        return {"radii": number(line.radii), "problem": "", "undecided": 0, "ok": is_ok}

    def _meant(self, line: Line, target: Target | None) -> tuple[Known, float] | None:
        """Return what a line should write, and how many times.

        That is what it is, else what repairs it, else what it is called for.
        """
        if target is None:
            return None
        if line.verdict == "wrong":  # what it happens to be here is not what it should be
            meant = self._picture(line)
            if meant is not None:
                found = (one for one in self.case.meanings.known if one.array is meant)
                return next(((one, 1.0) for one in found), None)
        last = len(target.values) - 1
        reading = target.reading(last)
        if reading is not None and not reading.form and target.is_known:
            return reading.known, reading.factor
        if last or line.verdict not in ("ok", "wrong", "follows"):
            return None  # a step on the way is not yet what its variable is called for
        shape = target.values[last].shape
        for q in reversed(self._quantities()):
            known = Known("adjoint", q, q.gradient)
            is_it = line.verdict != "ok" or of_known(known) == line.meaning
            if is_it and names_it(target.called[-1], q.path) and q.gradient.shape == shape:
                return known, 1.0
        return None

    def _picture(self, line: Line) -> Array | None:
        """Return what the report shows as the automatic side of a wrong line."""
        pictures = (p for p in self.report.pictures if p.lineno == line.lineno)
        return next((p.automatic for p in pictures), None)

    def _wanted(
        self, line: Line, target: Target | None, meant: tuple[Known, float] | None
    ) -> Radius | None:
        """Return what a line should write, with how far rounding moves it."""
        if target is None or meant is None:
            shown = self._picture(line) if line.verdict == "wrong" else None
            return None if shown is None else _exact(shown)
        found = self._scaled(*meant, target.values[-1].dtype)
        if line.verdict != "ok" or distance(target.values[-1], found).ok:
            return found
        moved = self._moved.get((target.steps[-1], target.paths[-1]))  # as in p - 1, p near 1
        return found if moved is None else replace(found, radius=found.radius + moved)

    @cached_property
    def _moved(self) -> dict[tuple[Step, str], Array]:
        """By how much rounding moves what the lines themselves write."""
        return self.case.moved_in([one.step for one in self.taken])

    def _scaled(self, known: Known, factor: float, dtype: np.dtype[Any]) -> Radius:
        radius = radius_of(known, self.radii)
        wanted = factor * known.array
        if radius is None:
            return _exact(wanted)
        eps = np.finfo(dtype).eps if dtype.kind == "f" else 0.0
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

    def _touched(self, taken: Taken | None, meant: tuple[Known, float] | None) -> set[str]:
        """Return the variables and items that a line names, and those that it is about."""
        if taken is None:
            return set()
        node = taken.step.node
        found = names_read(node) | names_written(node) | set(taken.read) | set(taken.step.writes)
        if meant is not None and not meant[0].is_hidden:
            found.add(meant[0].quantity.path)
        return found | lit(self.graph["nodes"], found)

    # --- PyTorch, the graph, the derivation ------------------------------------------------------

    @cached_property
    def _by_torch(self) -> list[Named]:
        if not torch_is_here():
            return []
        try:
            return values_in_torch(self.case)
        except NotAsked:
            return []

    def _torch(self, meant: tuple[Known, float] | None) -> Array | None:
        """Return what a line should be by PyTorch: the gradient of the same value."""
        if meant is None or meant[0].kind != "adjoint":
            return None
        known, factor = meant
        q = known.quantity
        fits = [one for one in self._by_torch if one.gradient.shape == known.array.shape]
        # An item of a list has no name there, nor what no variable holds: then the value tells,
        # and of several such the gradient.
        named = [one for one in fits if one.name == q.path and same(one.value, q.value)]
        if known.is_hidden:
            fits = [one for one in fits if not one.name]
        elif named:
            return np.asarray(factor * named[-1].gradient)
        else:
            fits = [one for one in fits if same(one.value, q.value)]
        right = known.array
        near = min(fits, key=lambda one: float(np.abs(one.gradient - right).max()), default=None)
        return None if near is None else np.asarray(factor * near.gradient)

    def _derivation(self) -> dict[str, Any]:
        """Return the derived program, or why there is none."""
        lines = dict(self._lines_wanted())
        try:
            program, given = forward_program(self.case)
            return derivation.linked(program, given, lines, dict(self._forward_values()))
        except Exception as error:  # not every function can be recorded
            return {"forward": [], "backward": [], "unlinked": list(lines), "error": str(error)}

    def _lines_wanted(self) -> Iterator[tuple[str, list[Radius]]]:
        for line in self.report.lines:
            target = self._target(line)
            wanted = self._wanted(line, target, self._meant(line, target))
            if wanted is not None and target is not None:
                yield str(line.lineno), [wanted, *self._earlier(target)]

    def _forward_values(self) -> Iterator[tuple[str, Any]]:
        """Yield what the lines of the forward pass have left, by their labels."""
        last = {
            name: str(one.lineno)
            for one in self.comparison.subject.forward.statements()
            for name in names_written(one.node)
        }
        for name, label in last.items():
            if name in self.case.state.variables:
                yield label, self.case.state.variables[name]

    def _earlier(self, target: Target) -> Iterator[Radius]:
        """Yield what a line has written in each of its runs but the last."""
        for run, value in enumerate(target.values[:-1]):
            reading = target.reading(run)
            if reading is not None and not reading.form and target.knows(run):
                yield self._scaled(reading.known, reading.factor, value.dtype)


def _why(line: Line, target: Target | None) -> str:
    """Return what a line computes: of several runs the last, which is the one that is shown."""
    times = 0 if target is None else len(target.values)
    if target is None or times < 2:
        return line.meaning
    said = meaning_of_run(target, times - 1) if line.verdict == "ok" else line.meaning
    return f"{said} (run {times} times; the last is shown)"


def _from(said: Array | None, value: Array | None, wanted: Radius | None) -> dict[str, Any] | None:
    """Return how far a line is from what an opinion says."""
    if said is None or value is None or wanted is None or value.shape != said.shape:
        return None
    return far(distance(value, replace(wanted, value=said)))


def _exact(array: Array) -> Radius:
    """Return an array whose rounding was not measured: eps times its elements stands in."""
    eps = np.finfo(array.dtype).eps if array.dtype.kind == "f" else 0.0
    radius = eps * np.abs(array).astype(float) + np.finfo(float).tiny
    return Radius(array, radius, np.zeros(array.shape, bool))
