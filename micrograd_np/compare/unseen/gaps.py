"""What a check could not have seen, row by row: why, in which lines, and what would show it."""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from micrograd_np.compare.finding.timebox import TimeBox
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import names_read
from micrograd_np.compare.unseen.mutants import Instead, Mutant, mutants, places
from micrograd_np.compare.unseen.rows import Gap
from micrograd_np.compare.unseen.trials import Trial, Trials, grown, one_sided
from micrograd_np.compare.unseen.units import Units, dead_units
from micrograd_np.compare.unseen.variations import Variation, arrays, lengths, numbers, signs

MOST_ROWS = 6
"""How many rows are given."""

SHARE = 0.6
"""The part of the time in which mistakes are looked for that go unseen."""


def gaps(own: Case, cases: Sequence[Case], instead: Instead, box: TimeBox) -> list[Gap]:
    """Return what a check could not have seen, by mistakes that it would not have.

    Parameters
    ----------
    own
        The user's inputs.
    cases
        The fresh ones.
    instead
        The repair, if the backward pass needed one.
    box
        The time that there is.
    """
    # The user's code may print, and is run many times here; what mistakes warn of is no matter.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = _Search(own, cases, Trials(own, instead, box))
        found = list(search.rows())
    found.sort(key=lambda gap: gap.is_own)
    return found[:MOST_ROWS]


class _Search:
    """Puts mistakes into the backward pass, and changes inputs until they are seen."""

    def __init__(self, own: Case, cases: Sequence[Case], trials: Trials) -> None:
        self.own = own
        self.cases = cases
        self.trials = trials
        self.places = places(own, trials.instead)
        self.tried: Counter[ast.stmt] = Counter()
        self.rows_by_cause: dict[tuple[str, bool], Gap] = {}

    def rows(self) -> Iterable[Gap]:
        """Return a row for each cause."""
        kept = list(self._kept())
        for variation, trial in kept:
            if trial.wrong:
                gap = self._row(self._cause(variation, trial), trial.offer, False)
                gap.wrong = trial.wrong
        for units in dead_units(self.own, self.trials):
            self._dead(units)
        never, seldom = self._survivors()
        for variation, trial in kept:
            if not trial.wrong:
                never = self._shown(never, variation, trial, False)
                seldom = self._shown(seldom, variation, trial, True)
        never = self._by_line(never)
        for variation in self._others():
            if not seldom and not never:
                break
            of_it = self.trials.of(variation)
            if of_it is not None and not of_it.wrong:
                never = self._shown(never, variation, of_it, False)
                seldom = self._shown(seldom, variation, of_it, True)
        causes = {gap.cause for gap in self.rows_by_cause.values() if not gap.is_own}
        return [g for g in self.rows_by_cause.values() if not g.is_own or g.cause not in causes]

    def _survivors(self) -> tuple[list[Mutant], list[Mutant]]:
        """Return the mistakes that no inputs show, and those that the user's do not show."""
        never: list[Mutant] = []
        seldom: list[Mutant] = []
        box = self.trials.box.share(SHARE)
        for mutant in mutants(self.places):
            if box.is_over:
                break
            self.tried[mutant.node] += 1
            if self.trials.passes(mutant, self.own):
                seen = any(self.trials.passes(mutant, case) is not True for case in self.cases)
                (seldom if seen else never).append(mutant)
        return never, seldom

    def _by_line(self, unseen: list[Mutant]) -> list[Mutant]:
        """Return the mistakes of lines in which most go unseen: others are none, as < for <=."""
        counts = Counter(mutant.node for mutant in unseen)
        return [m for m in unseen if 2 * counts[m.node] >= self.tried[m.node]]

    def _kept(self) -> Iterator[tuple[Variation, Trial]]:
        """Yield the changes that fresh inputs do not have, with what they lead to."""
        subject = self.own.subject
        trees = {subject.forward.tree, *(place.code.tree for place in self.places)}
        sources = {wanted.source for wanted in self.own.wanted}
        taken: set[str] = set()
        several = itertools.chain(
            numbers(self.own.inputs, trees), lengths(self.own.inputs, sources)
        )
        for variation in several:
            if variation.parts & taken or not variation.is_kept:
                continue
            trial = self.trials.of(variation)
            if trial is not None:
                taken |= variation.parts
                yield variation, trial

    def _others(self) -> Iterator[Variation]:
        yield from (v for v in numbers(self.own.inputs, ()) if not v.is_kept)
        yield from arrays(self.own.inputs)
        yield from signs(self.own.inputs)

    def _shown(
        self, unseen: list[Mutant], variation: Variation, trial: Trial, is_own: bool
    ) -> list[Mutant]:
        """Take those of the mistakes into a row that are seen now; return the others."""
        left = []
        for mutant in unseen:
            if self.trials.passes(mutant, trial.case) is not False:
                left.append(mutant)
                continue
            cause = self._cause(variation, trial, mutant)
            if not cause:  # that other values show it is no news
                continue
            gap = self._row(cause, trial.offer, is_own)
            if gap.offer == trial.offer:
                gap.mutants.append(mutant)
                if self._is_reached(mutant):
                    gap.reached.add(mutant.node)
        return left

    def _row(self, cause: str, offer: str, is_own: bool) -> Gap:
        return self.rows_by_cause.setdefault((cause, is_own), Gap(cause, offer, is_own))

    def _cause(self, variation: Variation, trial: Trial, mutant: Mutant | None = None) -> str:
        if variation.parts:
            counts = grown(self.own, trial)
            return f"{counts[0]} is 1" if counts else variation.cause
        if mutant is None or variation.is_kept:
            return variation.cause
        names = names_read(mutant.node)
        return one_sided(self.own, trial, names, variation.is_sign) or variation.cause

    def _is_reached(self, mutant: Mutant) -> bool:
        return any(p.node is mutant.node and p.namespace is not None for p in self.places)

    def _dead(self, units: Units) -> None:
        """Take units that are dead on the user's inputs into a row."""
        gap = Gap(units.cause, units.trial.offer, True, is_part=True)
        gap.mutants = [m for m in units.mutants(self.places) if self._is_hidden(m, units.trial)]
        gap.reached = {m.node for m in gap.mutants}
        if gap.mutants:
            self.rows_by_cause[gap.cause, True] = gap

    def _is_hidden(self, mutant: Mutant, trial: Trial) -> bool:
        passes = self.trials.passes
        return bool(passes(mutant, self.own)) and passes(mutant, trial.case) is False
