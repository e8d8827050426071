"""One set of inputs on which both sides are run: what each gives, and whether they agree."""

from __future__ import annotations

import ast
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.following import Followed, Quantity, follow, mark_zeros, state_of
from micrograd_np.compare.running.hand import Change, Step, record, run
from micrograd_np.compare.running.injecting import Injection
from micrograd_np.compare.running.meanings import Meanings, same
from micrograd_np.compare.running.paths import leaves, value_at
from micrograd_np.compare.running.stepping import After, OutOfTime, UserError
from micrograd_np.compare.running.subject import Subject
from micrograd_np.compare.running.values import copied
from micrograd_np.compare.running.wanted import Wanted
from micrograd_np.mode import mode
from micrograd_np.rounding import Rounding

Array = NDArray[Any]

TRIAL = 5.0
"""Seconds that one run of a backward pass may take."""


def _soon(deadline: float | None) -> float:
    return time.monotonic() + TRIAL if deadline is None else deadline


_NUMBERS = (int, float, np.integer, np.floating)


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
        self.followed: Followed = follow(subject, copied(inputs), numbers, also=also)
        rounding = Rounding(np.random.default_rng(0))
        with mode(call=rounding), np.errstate(all="ignore"):
            mark_zeros(self.followed, follow(subject, copied(inputs), numbers, also=also))
        self.state = state_of(subject, copied(inputs), self.followed)
        given = self.followed.inputs
        self.right: dict[str, Quantity] = {w.source: given[w.source] for w in wanted}
        self._meanings: Meanings | None = None

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
        adjoint = right.adjoint if right.adjoint is not None else np.zeros(right.value.shape)
        if value is None or value.dtype.kind not in "fiu":
            return False
        if value.shape != adjoint.shape:
            return False
        return self.meanings.is_zero(value) if right.is_zero else same(value, adjoint, right.noise)

    def record(
        self,
        change: Change | None = None,
        instead: Mapping[ast.stmt, Sequence[ast.stmt]] | None = None,
        steps: list[Step] | None = None,
    ) -> tuple[list[Step], dict[str, Any]]:
        """Run the backward pass line by line; `steps` are filled as they are run."""
        with np.errstate(all="ignore"):
            change = self._injected(change)
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
                found = run(self.subject, self.state, instead, change, before, _soon(deadline))
                return self.wrong(found)
        except (UserError, OutOfTime):
            return None


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
