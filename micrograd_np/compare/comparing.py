"""``mg.compare``: which line of a hand-written backward pass is wrong, and why."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.checks import number, told
from micrograd_np.compare.finding.conventions import Convention, conventions, ties
from micrograd_np.compare.finding.finding import Finding
from micrograd_np.compare.finding.localise import Localiser
from micrograd_np.compare.finding.own import Own
from micrograd_np.compare.finding.probing import probe
from micrograd_np.compare.finding.repair import diff_of
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.finding.targets import targets
from micrograd_np.compare.finding.timebox import TimeBox
from micrograd_np.compare.fresh import Fresh
from micrograd_np.compare.report.opinion import Opinion
from micrograd_np.compare.report.report import Line, Picture, Report
from micrograd_np.compare.report.rows import explained, lines, otherwise
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.clipped import calmer
from micrograd_np.compare.running.finite import check_finite
from micrograd_np.compare.running.following import follow, state_of
from micrograd_np.compare.running.forgotten import forgotten
from micrograd_np.compare.running.hand import run
from micrograd_np.compare.running.in_torch import is_to_be_asked
from micrograd_np.compare.running.meanings import Known
from micrograd_np.compare.running.noise import without_noise
from micrograd_np.compare.running.outside import Draws
from micrograd_np.compare.running.paths import value_at
from micrograd_np.compare.running.subject import Subject
from micrograd_np.compare.running.values import copied
from micrograd_np.compare.running.wanted import gradients
from micrograd_np.compare.running.whole import as_floats, numbers_as_arrays
from micrograd_np.compare.smallest.exercise import Exercise, exercise
from micrograd_np.compare.smallest.search import Search
from micrograd_np.compare.unseen.gaps import gaps
from micrograd_np.rounding import Radius, rounding_radius

Array = NDArray[Any]

TIMEOUT = 20.0
"""Seconds after which a run of the user's functions is given up."""

ADEQUACY = 0.25
"""Seconds in which to find out what could not have been seen, where all else takes no longer."""


def compare(
    forward: Callable[..., Any],
    backward: Callable[..., Any] | None,
    *args: Any,
    names: Sequence[str] | None = None,
    into: Sequence[Callable[..., Any]] | None = None,
    seconds: float = 2.0,
    torch: bool | None = None,
    **inputs: Any,
) -> Report:
    """Compare a hand-written backward pass with automatic differentiation, line by line.

    Parameters
    ----------
    forward
        Returns the loss, alone or before what the backward pass is handed over.
    backward
        Takes what it names of the inputs and the local variables of `forward`, or what `forward`
        hands over. Its variables ``d<name>``, or what it returns, are the gradients. None: it
        follows in `forward`, after the line that assigns the loss.
    *args, **inputs
        The inputs of `forward`. Beside them, random ones like them are used. One that has the name
        of an option below is given by position.
    names
        What a returned tuple holds, in order: ``["dW", "db"]``.
    into
        Helper functions whose lines are looked at, too; None: those of the same file where the
        mistake is in one.
    seconds
        How long to look for a repair.
    torch
        Whether PyTorch is asked for the gradients, too; None: if it is imported already.

    Returns
    -------
    Report
        Prints as a table of the lines; ``ok``, ``lines``, ``first_wrong``, ``repair``...

    Raises
    ------
    ValueError
        If forward and backward do not fit each other, the source of one is not to be had, or
        no input has a gradient.
    RuntimeError, TimeoutError
        If one of them raises an error, or does not come to an end: with the line.
    ModuleNotFoundError
        If PyTorch is to be asked, and is not installed.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> def forward(x, w):
    ...     h = np.tanh(x @ w)
    ...     loss = np.sum(h**2)
    ...     return loss
    >>> def backward(x, h):
    ...     dh = 2 * h
    ...     dw = x.T @ (dh * (1 - h))
    >>> report = mg.compare(forward, backward, np.ones((4, 3)), np.ones(3))
    >>> report.ok, report.first_wrong.source, report.first_wrong.kind
    (False, 'dw = x.T @ (dh * (1 - h))', 'wrong derivative')
    """
    seconds = float(number("seconds", seconds))
    for option, value in (("names", names), ("into", into)):
        if value is not None and not isinstance(value, (list, tuple)):
            raise TypeError(f"compare: {option} is {told(value)}, expected a list")
    asked = is_to_be_asked(torch)
    draws = Draws()
    before = draws.get()  # what is read of the user's code may draw, too
    try:
        subject = Subject(forward, backward, into)
        given = subject.bind(args, inputs)
        comparison = Comparison(subject, given, names, seconds)
        return comparison.report(Opinion(comparison.own, bool(torch)) if asked else None)
    finally:
        draws.set(before)


def assert_backward_correct(
    forward: Callable[..., Any], backward: Callable[..., Any] | None, *args: Any, **inputs: Any
) -> None:
    """Raise an AssertionError with the report if a backward pass is wrong; for use in a test.

    Parameters
    ----------
    forward, backward, *args, **inputs
        As for :func:`compare`.
    """
    compare(forward, backward, *args, **inputs).raise_if_wrong()


class Comparison:
    """One comparison.

    Parameters
    ----------
    subject
        Forward and backward pass.
    inputs
        The user's inputs, by name.
    names
        What a returned tuple holds.
    seconds
        How long to look for a repair.
    """

    def __init__(
        self,
        subject: Subject,
        inputs: Mapping[str, Any],
        names: Sequence[str] | None,
        seconds: float,
    ) -> None:
        self.subject = subject
        self.inputs = inputs = numbers_as_arrays(inputs)
        self.seconds = seconds
        self._begin = time.thread_time()
        found = self._first(time.monotonic() + TIMEOUT)
        self.whole = as_floats(subject, inputs, found, names)
        if self.whole is not None:
            self.inputs = inputs = self.whole
            found = self._first(time.monotonic() + TIMEOUT)
        self.wanted = gradients(subject, inputs, found, names)
        self.own = Case(subject, inputs, self.wanted)
        fresh = Fresh(subject, inputs, self.wanted)
        wrong = self.own.wrong(found)
        self.cases, self.fixed = fresh.cases(wrong)
        small = calmer(self.cases) if not wrong else None
        self.is_calmer = small is not None
        self.cases = small or self.cases
        self.conventions: list[Convention] = []

    def _first(self, deadline: float) -> dict[str, Any]:
        """Run both sides on the inputs; return what the backward pass has found."""
        subject, inputs = self.subject, self.inputs
        with np.errstate(all="ignore"):
            followed = follow(subject, copied(inputs), deadline=deadline)
            check_finite(subject, inputs, followed)
            state = state_of(subject, copied(inputs), followed)
            subject.check_loss(state)
            return run(subject, state, deadline=deadline)

    @without_noise()
    def report(self, torch: Opinion | None = None) -> Report:
        """Return what was found, and how far PyTorch is from the automatic gradients."""
        plain = radii = self.radii()
        steps, found = self.own.record()
        given = Own(self.own, found, radii)
        is_off = bool(given.wrong) or given.unsettled
        is_wrong = any(case.try_with() != set() for case in self.cases)
        if (is_off or is_wrong) and self._settle(is_off, is_wrong):
            radii = self.radii()
            given = Own(self.own, found, radii)
        localiser = Localiser(self.cases, self.seconds)
        findings = localiser.run()
        harmless = [one for one in findings if one.is_harmless]
        findings = [one for one in findings if not one.is_harmless]
        if not findings and not localiser.look.wrong:
            findings = probe(self.cases, localiser.look, self.seconds)
        alone = given.wrong if not findings else set()
        if alone:  # random inputs do not show it
            localiser = Localiser([self.own, *self.cases], self.seconds)
            lost = given.lost(steps)
            findings = [lost] if lost is not None else localiser.run()
        own = targets(self.own, steps)
        moved = partial(self.own.moved_in, steps)
        blamed = findings + harmless
        rows = lines(localiser.look, self.subject, blamed, own, radii, moved)
        wrong = localiser.look.wrong if localiser.look.error is None else self.own.wrong(found)
        ends = tuple(given.gradient(w, wrong | given.wrong) for w in self.wanted)
        if torch is not None:
            ends = tuple(torch.of(end, plain) for end in ends)
        wrong_at = {(one.code.name, one.node.lineno) for one in findings}
        first = next((line for line in rows if (line.function, line.lineno) in wrong_at), None)
        repairs = [one.repair for one in findings if one.repair is not None]
        is_whole = len(repairs) == len(findings) or len(findings) == 1
        other = findings[0].alternative if findings else None
        return Report(
            ok=not findings and all(end.ok for end in ends),
            lines=tuple(rows),
            first_wrong=first,
            repair=diff_of(repairs) if repairs and is_whole else None,
            unseen=tuple(self._unseen(localiser, findings)) if findings or not given.wrong else (),
            gradients=ends,
            notes=(
                *given.said(alone, bool(self.conventions)),
                *self._notes(found),
                *(one.text for one in self.conventions if not findings),
                *(ties(self.own) if given.wrong else ()),
                *(f"line {one.node.lineno}: {explained(one)}" for one in harmless),
                *(torch.notes if torch is not None else ()),
            ),
            explanation=explained(findings[0]) if findings else "",
            alternative=other.diff if other is not None else None,
            otherwise=otherwise(findings[0]) if findings else "",
            file=self.subject.backward.file,
            pictures=tuple(self._pictures(rows, own, findings)),
            search=partial(self._counterexample, findings[0]) if findings else None,
        )

    def _counterexample(self, finding: Finding, seconds: float) -> Exercise | None:
        if all(case.try_with() == set() for case in (self.own, *self.cases)):
            return None  # a value is overwritten, or a gradient is zero whatever the data
        search = Search(self.subject, self.inputs, self.wanted, seconds)
        inputs = search.smallest()
        if inputs is None:
            return None
        return exercise(Case(self.subject, inputs, self.wanted), finding)

    def _unseen(self, localiser: Localiser, findings: Sequence[Finding]) -> list[str]:
        """Return what could not have been seen of the right backward pass, if there is one."""
        instead: dict[ast.stmt, list[ast.stmt]] = {}
        if findings:
            repair = findings[0].repair
            if repair is None or not isinstance(repair.node, ast.stmt) or len(findings) > 1:
                return []
            if findings[0].kind == "loss" or localiser.box.is_over:
                return []
            instead = {repair.node: repair.statements}
        box = TimeBox(max(ADEQUACY, (time.thread_time() - self._begin) / 3))
        return [str(gap) for gap in gaps(self.own, self.cases, instead, box)]

    def _pictures(
        self, rows: Sequence[Line], own: Sequence[Target], findings: Sequence[Finding]
    ) -> Iterator[Picture]:
        """Yield the values of every line on the user's inputs."""
        blamed = {f.node: f for f in findings}
        shown = {line.lineno for line in rows}
        for target in own:
            value = target.values[-1]
            if target.node.lineno not in shown or value.dtype.kind != "f" or not value.size:
                continue
            shown.discard(target.node.lineno)
            finding, readings = blamed.get(target.node), target.readings[-1]
            automatic = None
            if finding is not None and finding.proposal is not None and finding.proposal.known:
                automatic = self._same_on_own(finding.proposal.known[-1], finding.proposal.factor)
            elif readings and not readings[0].form:
                automatic = readings[0].factor * readings[0].known.array
            yield Picture(target.node.lineno, value, automatic)

    def _same_on_own(self, known: Known, factor: float) -> Array | None:
        """Return on the user's inputs what was found on others."""
        wanted = (known.kind, known.paths, known.quantity.function, known.quantity.path,
                  known.quantity.lineno)  # fmt: skip
        found = [
            one.array
            for one in self.own.meanings.known
            if (one.kind, one.paths, (q := one.quantity).function, q.path, q.lineno) == wanted
        ]
        # In a loop there are several, and which turn it is on other lengths is not known.
        return found[0] if len(found) == 1 and factor == 1 else None

    def _notes(self, found: Mapping[str, Any]) -> Iterator[str]:
        """Yield what else there is to say of the gradients."""
        given = [w.source for w in self.wanted]
        for path in forgotten(self.inputs, given):
            yield f"{path} has no gradient: {self.subject.backward.name} gives none of it"
        if self.whole is not None:
            yield "arrays of whole numbers that have gradients were taken as float64"
        if self.is_calmer:
            yield (
                f"{self.subject.backward.name} changes gradients where they are large, as clipping "
                "does: they were compared where they are small"
            )
        for length in sorted(self.fixed):
            yield (
                f"{length} is written where a length is meant: no inputs of another length than "
                f"{length} were tried"
            )
        for wanted in self.wanted:
            value, right = value_at(found, wanted.path), self.own.right[wanted.source].value
            if value is not None and value.dtype != right.dtype:
                yield (
                    f"{wanted.name} is {value.dtype}, and {wanted.source} is {right.dtype}: "
                    "something on the way has another precision"
                )

    def _settle(self, own: bool, fresh: bool) -> bool:
        """Find out at which kinks the backward pass takes other slopes; return whether at any.

        Parameters
        ----------
        own, fresh
            Whether a gradient is wrong on the user's inputs, and on random ones.
        """
        cases = [self.own] * own + self.cases * fresh
        for case in cases:
            for one in conventions(case):
                self.subject.sides = {**self.subject.sides, one.site: one.side}
                if case is self.own:
                    self.conventions.append(one)
        if self.subject.sides:
            self.own = Case(self.subject, self.inputs, self.wanted)
            self.cases = [Case(self.subject, case.inputs, self.wanted) for case in self.cases]
        return bool(self.subject.sides)

    def radii(self) -> dict[str, Radius]:
        """Return how far rounding moves every gradient on the user's inputs."""
        numbers = frozenset(w.source for w in self.wanted)
        return rounding_radius(lambda: follow(self.subject, copied(self.inputs), numbers).arrays())
