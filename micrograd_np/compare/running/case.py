"""One set of inputs on which both sides are run: what each gives, and whether they agree."""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.following import Followed, Quantity, follow, mark_zeros, state_of
from micrograd_np.compare.running.hand import Change, Step, record, run
from micrograd_np.compare.running.injecting import Injection
from micrograd_np.compare.running.meanings import Meanings, same, tolerance
from micrograd_np.compare.running.paths import leaves, value_at
from micrograd_np.compare.running.shaken import changes
from micrograd_np.compare.running.stepping import After, OutOfTime, UserError
from micrograd_np.compare.running.subject import State, Subject
from micrograd_np.compare.running.values import copied
from micrograd_np.compare.running.wanted import Wanted
from micrograd_np.mode import mode
from micrograd_np.perturbing import Rounding
from micrograd_np.rounding import LIMIT

Array = NDArray[Any]

TRIAL = 5.0
"""Seconds that one run of a backward pass may take."""


def _soon(deadline: float | None) -> float:
    return time.monotonic() + TRIAL if deadline is None else deadline


_NUMBERS = (int, float, np.integer, np.floating)


SMALL = 1e-3
"""Up to which error, relative to the greatest element, it is looked whether it is rounding."""


class Case:
    """Both sides on one set of inputs.

    Parameters
    ----------
    subject
        Forward and backward pass.
    inputs
        The arguments of forward, by name.
    wanted
        The gradients that the backward pass gives.
    injection
        A random gradient that flows in on both sides.
    """

    def __init__(
        self,
        subject: Subject,
        inputs: Mapping[str, Any],
        wanted: Sequence[Wanted],
        injection: Injection | None = None,
    ) -> None:
        self.subject = subject
        self.inputs = inputs
        self.wanted = wanted
        numbers = frozenset(w.source for w in wanted)
        self.injection = injection
        also = injection.seed if injection is not None else None
        plain = Rounding(None)
        with mode(call=plain), np.errstate(all="ignore"):
            self.followed: Followed = follow(subject, copied(inputs), numbers, also=also)
        # What a comparison gives stays: a kink that is hit exactly is no matter of rounding.
        rounding = Rounding(np.random.default_rng(0), plain.decisions)
        with mode(call=rounding), np.errstate(all="ignore"):
            mark_zeros(self.followed, follow(subject, copied(inputs), numbers, also=also))
        self.state = state_of(subject, copied(inputs), self.followed)
        given = self.followed.inputs
        self.right: dict[str, Quantity] = {w.source: given[w.source] for w in wanted}
        self._meanings: Meanings | None = None
        self._edited: Mapping[ast.stmt, Sequence[ast.stmt]] = {}

    def edited(self, instead: Mapping[ast.stmt, Sequence[ast.stmt]]) -> Case:
        """Return the same inputs with statements of the backward pass replaced."""
        other = copy.copy(self)
        other._edited = {**self._edited, **instead}
        other.__dict__.pop("moved", None)
        return other

    def run(self) -> dict[str, Any]:
        """Return what the backward pass gives."""
        with np.errstate(all="ignore"):
            return run(self.subject, self.state, self._edited)

    @property
    def is_finite(self) -> bool:
        """Whether the automatic gradients are: else there is nothing to compare with."""
        adjoints = [q.adjoint for q in self.right.values() if q.adjoint is not None]
        return all(bool(np.all(np.isfinite(a))) for a in adjoints)

    @property
    def meanings(self) -> Meanings:
        """Everything that the automatic side knows."""
        if self._meanings is None:
            self._meanings = Meanings(self.followed, factors(self.state.variables, self.inputs))
        return self._meanings

    def wrong(self, found: Mapping[str, Any]) -> set[str]:
        """Return the names of the gradients that are not what they should be."""
        return {w.name for w in self.wanted if not self.agrees(w, found)}

    def agrees(self, wanted: Wanted, found: Mapping[str, Any]) -> bool:
        """Whether one gradient is right, its shape included."""
        value = value_at(found, wanted.path)
        right = self.right[wanted.source]
        adjoint = right.gradient
        if value is None or value.dtype.kind not in "fiu":
            return False
        if value.shape != adjoint.shape:
            return False
        if right.is_zero:
            return self.meanings.is_zero(value)
        return same(value, adjoint, right.noise) or self._is_rounding(wanted, value, adjoint)

    @cached_property
    def moved(self) -> dict[str, Array]:
        """By how much rounding moves the gradients that the backward pass gives."""

        def given(variables: Any, returned: Any) -> dict[str, Array]:
            state = State(variables, returned, self.state.seed)
            found = run(self.subject, state, self._edited)
            values = {w.name: value_at(found, w.path) for w in self.wanted}
            return {name: value for name, value in values.items() if value is not None}

        return changes(given, self.state.variables, self.state.returned)

    def moved_in(self, steps: Sequence[Step]) -> dict[tuple[Step, str], Array]:
        """Return by how much rounding moves what each step of a run writes."""

        def given(variables: Any, returned: Any) -> dict[str, Array]:
            state = State(variables, returned, self.state.seed)
            made, _ = record(self.subject, state, None, self._edited)
            return {
                f"{i} {path}": value
                for i, step in enumerate(made)
                for path, value in step.writes.items()
                if value.dtype.kind == "f"
            }

        found = changes(given, self.state.variables, self.state.returned)
        keys = ((step, path, f"{i} {path}") for i, step in enumerate(steps) for path in step.writes)
        return {(step, path): found[key] for step, path, key in keys if key in found}

    def _is_rounding(self, wanted: Wanted, value: Array, adjoint: Array) -> bool:
        """Whether a gradient is off by little, and by what rounding does on the way by hand."""
        with np.errstate(all="ignore"):
            error = np.abs(value - adjoint)
            size = float(np.max(np.abs(adjoint), initial=0))
            if not np.max(error, initial=0) <= SMALL * size:
                return False
        moved = self.moved.get(wanted.name)
        if moved is None or moved.shape != error.shape:
            return False
        return bool(np.all(error <= LIMIT * moved + tolerance(value, adjoint) * size))

    def record(
        self,
        change: Change | None = None,
        instead: Mapping[ast.stmt, Sequence[ast.stmt]] | None = None,
        steps: list[Step] | None = None,
    ) -> tuple[list[Step], dict[str, Any]]:
        """Run the backward pass line by line; `steps` are filled as they are run."""
        with np.errstate(all="ignore"):
            change = self._injected(change)
            instead = {**self._edited, **(instead or {})}
            return record(self.subject, self.state, change, instead, _soon(None), steps)

    def _injected(self, change: Change | None) -> Change | None:
        q = self.injection.quantity(self.followed) if self.injection is not None else None
        return self.injection.change(q, change) if self.injection and q is not None else change

    def try_with(
        self,
        instead: Mapping[ast.stmt, Sequence[ast.stmt]] | None = None,
        change: Change | None = None,
        before: After | None = None,
        deadline: float | None = None,
    ) -> set[str] | None:
        """Return the gradients that are wrong with a change; None if it raises an error."""
        try:
            with np.errstate(all="ignore"):
                change = self._injected(change)
                instead = {**self._edited, **(instead or {})}
                found = run(self.subject, self.state, instead, change, before, _soon(deadline))
                return self.wrong(found)
        except (UserError, OutOfTime):
            return None

    def spoiled(self, instead: Mapping[ast.stmt, Sequence[ast.stmt]]) -> set[str]:
        """Return the gradients that are wrong the second time, by what the first one overwrites.

        The backward pass is called twice on what one forward pass has left, or, where both are one
        function, that on the same inputs.
        """
        inputs = copied(self.inputs)
        with np.errstate(all="ignore"):
            state = state_of(self.subject, inputs, self.followed)
            run = partial(self.subject.run_backward, deadline=_soon(None), instead=instead)
            run(state, keep=False)
            try:
                if self.subject.is_one:
                    state = state_of(self.subject, inputs, self.followed)
                return self.wrong(run(state))
            except UserError:
                return {w.name for w in self.wanted}


def factors(variables: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers that may stand as factors in a backward pass, by name."""
    found: dict[str, float] = {}
    taken: set[float] = set()
    for name, value in (*variables.items(), *inputs.items()):
        if isinstance(value, bool) or not isinstance(value, _NUMBERS):
            continue
        if np.isfinite(value) and float(value) not in taken:
            found[name] = float(value)
            taken.add(float(value))
    for name, value in inputs.items():
        for path, leaf in leaves(value, name):
            for axis, n in enumerate(np.shape(leaf)):
                if n > 2 and float(n) not in taken and len(found) < 24:
                    found[f"{path}.shape[{axis}]" if axis else f"len({path})"] = float(n)
                    taken.add(float(n))
    return found
