"""Runs of the accepted backward pass, and of mistakes in it, on changed inputs."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from micrograd_np.compare.finding.timebox import TimeBox
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import CannotRead
from micrograd_np.compare.running.hand import run
from micrograd_np.compare.running.meanings import same
from micrograd_np.compare.running.paths import stem, value_at
from micrograd_np.compare.running.stepping import OutOfTime, UserError
from micrograd_np.compare.running.subject import Mismatch
from micrograd_np.compare.running.values import copied
from micrograd_np.compare.running.wanted import Wanted
from micrograd_np.compare.unseen.mutants import Instead, Mutant
from micrograd_np.compare.unseen.variations import Variation, changed

SLOWER = 50
"""How much longer than the right pass one with a mistake may take."""

SHORTEST = 0.1
"""Seconds that it may take in any case."""


@dataclass(frozen=True, eq=False)
class Trial:
    """The accepted backward pass on changed inputs.

    Attributes
    ----------
    offer
        The statement that changes them.
    case
        Both sides.
    wrong
        The gradients that it gets wrong there.
    """

    offer: str
    case: Case
    wrong: frozenset[str]


class Trials:
    """Runs backward passes with a mistake.

    Parameters
    ----------
    own
        The user's inputs.
    instead
        The repair, if one was needed.
    box
        The time that there is.
    """

    def __init__(self, own: Case, instead: Instead, box: TimeBox) -> None:
        self.own = own
        self.instead = instead
        self.box = box
        begin = time.monotonic()
        with np.errstate(all="ignore"):  # it has come to an end before, however slow the machine
            self._given = run(own.subject, own.state, instead)
        self._each = max(SLOWER * (time.monotonic() - begin), SHORTEST)
        self._known: dict[str, Trial | None] = {}

    @property
    def is_over(self) -> bool:
        """Whether the time is used up."""
        return self.box.is_over

    def passes(self, mutant: Mutant, case: Case) -> bool | None:
        """Whether a mistake goes unseen on inputs; None if that is not to be told in time.

        On the user's inputs it does if it changes nothing: there the right pass may be at a kink.
        """
        end = min(self.box.deadline, time.monotonic() + self._each)
        instead = {**self.instead, mutant.node: mutant.statements}
        try:
            with np.errstate(all="ignore"):
                found = run(case.subject, case.state, instead, deadline=end)
        except UserError:
            return False
        except OutOfTime:
            return None
        if case is not self.own:
            return not case.wrong(found)
        return all(self._is_unchanged(wanted, found) for wanted in case.wanted)

    def _is_unchanged(self, wanted: Wanted, found: Mapping[str, Any]) -> bool:
        old, new = (value_at(one, wanted.path) for one in (self._given, found))
        if old is None or new is None or old.shape != new.shape:
            return False
        right = self.own.right[wanted.source]
        if right.is_zero:
            return self.own.meanings.is_zero(new)
        return same(np.asarray(new, float), np.asarray(old, float), right.noise)

    def of(self, variation: Variation) -> Trial | None:
        """Return the first change of inputs that both passes run on; None if there is none."""
        for statement in variation.statements:
            if statement not in self._known:
                self._known[statement] = None if self.is_over else self._tried(statement)
            trial = self._known[statement]
            if trial is not None:
                return trial
        return None

    def _tried(self, statement: str) -> Trial | None:
        own = self.own
        try:
            inputs = changed(own.inputs, statement)
        except Exception:  # it does not fit these inputs
            return None
        if not own.subject.runs(copied(inputs)):
            return None
        try:
            case = Case(own.subject, inputs, own.wanted)
            with np.errstate(all="ignore"):
                found = run(own.subject, case.state, self.instead, deadline=self.box.deadline)
        except (UserError, OutOfTime, Mismatch, CannotRead, KeyError):
            return None
        for wanted in case.wanted:
            value = value_at(found, wanted.path)
            if value is None or value.shape != case.right[wanted.source].value.shape:
                return None
        return Trial(statement, case, frozenset(case.wrong(found)))


def quantities(case: Case) -> Mapping[Any, Any]:
    """Return what the forward pass computes, by what it is known by in every run."""
    return {
        q.key: q
        for q in case.followed.quantities
        if q.lineno and q.node is not None and q.value.dtype.kind == "f"
    }


def one_sided(own: Case, trial: Trial, names: Collection[str], is_any: bool) -> str:
    """Return in words what had one sign throughout before inputs were changed, "" if nothing.

    Parameters
    ----------
    own, trial
        Before and after.
    names
        The variables to look at first.
    is_any
        Whether to look at others, too.
    """
    for name, mask in own.state.variables.items():
        new = trial.case.state.variables.get(name)
        is_mask = isinstance(mask, np.ndarray) and mask.dtype == bool and mask.size > 1
        if is_mask and (is_any or name in names) and _is_even(mask) and not _is_even(new):
            return f"{name} is {mask.flat[0]} throughout"
    changed = quantities(trial.case)
    pairs = [
        (q, changed[key].value)
        for key, q in quantities(own).items()
        if key in changed and changed[key].value.shape == q.value.shape and q.value.size > 1
    ]
    pairs.sort(key=lambda pair: stem(pair[0].path) not in names)
    for q, new in pairs:
        if stem(q.path) not in names and not is_any:
            break
        if np.all(q.value > 0) and np.any(new <= 0):
            return f"{q.path} is positive throughout"
        if np.all(q.value <= 0) and np.any(q.value) and np.any(new > 0):
            return f"{q.path} is nowhere positive"
        if is_any and not np.any(q.value) and np.any(new):
            return f"{q.path} is 0 throughout"
    return ""


def _is_even(mask: Any) -> bool:
    return bool(np.all(mask) == np.any(mask))


def grown(own: Case, trial: Trial) -> Sequence[str]:
    """Return the variables that count something of which there was one."""
    before, after = own.state.variables, trial.case.state.variables
    return [
        name
        for name, value in before.items()
        if isinstance(value, int) and value == 1 and after.get(name) == 3
    ]
