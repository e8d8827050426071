"""Which line is to blame, told by values: put right, it makes every gradient right."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.suspects import (
    Forced,
    Proposal,
    Suspect,
    is_like,
    proposals,
    try_forced,
)
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.finding.timebox import TimeBox
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.following import Quantity
from micrograd_np.compare.running.meanings import SAME, same

Array = NDArray[Any]

MOST_WRONG = 6
"""How many wrong lines are looked for."""

MOST_EARLIER = 12
"""How many right values are tried for a line before the one that is suspected."""

MOST_TRIALS = 600
"""How many right values are tried before the search for a wrong line is given up."""


class Blame:
    """Looks for the lines that are to blame.

    Parameters
    ----------
    case
        The inputs.
    look
        The run on them.
    box
        The time that there is.
    """

    def __init__(self, case: Case, look: Look, box: TimeBox) -> None:
        self.case = case
        self.look = look
        self.box = box

    def suspects(self) -> list[Suspect]:
        """Return the statements to blame: once they are put right, every gradient is."""
        found: list[Suspect] = []
        forced: list[Forced] = []
        for _ in range(MOST_WRONG):
            suspect = self._suspect(forced)
            if suspect is None:
                break
            found.append(suspect)
            forced.append(Forced(suspect.target, suspect.proposal.values))
            if not suspect.left:
                break
            self.look = Look(self.case, forced)
        return found

    def _suspect(self, forced: Sequence[Forced]) -> Suspect | None:
        """Return the first statement that was put right with success."""
        partial: Suspect | None = None
        omission: Suspect | None = None
        tried = 0
        last = self.look.last_place()
        for target, proposal, at in self._pairs():
            if at > last:
                continue
            tried += 1
            if tried > MOST_TRIALS or self.box.is_over:
                break
            left = try_forced(self.case, [*forced, Forced(target, proposal.values)])
            if left is None:
                continue
            suspect = Suspect(target, proposal, frozenset(left), target.is_known)
            if not left:
                if suspect.is_named or not target.is_known:
                    found = self._incomplete(suspect, forced) or self._last_of(suspect, forced)
                    found = self._writer_of(found, forced) or self._earlier(found, forced)
                    return self._mask_of(found, forced) or found
                omission = omission or suspect
            elif left < self.look.wrong and (suspect.is_named or not target.is_known):
                partial = partial or suspect
        return omission or partial

    def _incomplete(self, suspect: Suspect, forced: Sequence[Forced]) -> Suspect | None:
        """Return an earlier line whose value is what is incomplete, if that explains everything."""
        for target, _ in self.look.incomplete_lines():
            if target is suspect.target:
                return None
            for proposal in proposals(self.case, target, [(1.0, "")]):
                known = proposal.known[0]
                is_named = known.kind == "adjoint" and target.is_named_for(known)
                if is_named and self._rights_all(target, proposal, forced):
                    return Suspect(target, proposal, frozenset(), True)
        return None

    def _last_of(self, suspect: Suspect, forced: Sequence[Forced]) -> Suspect:
        """Return the last statement that adds to a variable, where a term is missing.

        Any of them could have been meant to write what is missing.
        """
        if not suspect.target.is_known or suspect.proposal.factor_text:
            return suspect
        for target in reversed(self.look.targets):
            if target is suspect.target:
                break
            if target.path != suspect.target.path or not target.is_known:
                continue
            full = suspect.proposal.known[-1].quantity
            for proposal in proposals(self.case, target, [(1.0, "")]):
                is_it = proposal.known[-1].quantity is full and proposal.known[0].kind == "adjoint"
                if is_it and self._rights_all(target, proposal, forced):
                    return Suspect(target, proposal, frozenset(), True)
        return suspect

    def _writer_of(self, suspect: Suspect, forced: Sequence[Forced]) -> Suspect | None:
        """Return the statement that wrote the very elements that are wrong, as one of the gates."""
        same_path = [
            target
            for target in self.look.targets
            if target.paths == suspect.target.paths and target.steps[0].depth == 0
        ]
        if not suspect.is_named or len(same_path) < 3:
            return None
        first = first_deviation(same_path[-1], suspect.proposal)
        if first is None:
            return None
        end, right = same_path[-1].values[first], suspect.proposal.values[first]
        if end.shape != right.shape:
            return None
        wrong = np.abs(end - right) > SAME * np.max(np.abs(right))
        for target in _writers_of(same_path, first, wrong):
            if self._rights_all(target, suspect.proposal, forced):
                return Suspect(target, suspect.proposal, frozenset(), target is same_path[0])
        return None

    def _earlier(self, suspect: Suspect, forced: Sequence[Forced]) -> Suspect:
        """Return the first line that is the gradient of something else if it is put right.

        What it computes is a step on the way to what the suspect does, which no name tells.
        """
        full = {known.quantity for known in suspect.proposal.known}
        last = self._begin(suspect)
        for at, target, run in self.look.unknown():
            if at >= last or self.box.is_over:
                break
            for proposal in proposals(self.case, target, [(1.0, "")])[:MOST_EARLIER]:
                known = proposal.known[run]
                exact = is_like(known.array.shape, target.values[run].shape)
                if known.kind != "adjoint" or not exact or full & set(_quantities(proposal)):
                    continue
                if first_deviation(target, proposal) != run:
                    continue
                if self._rights_all(target, proposal, forced):
                    return Suspect(target, proposal, frozenset(), target.is_known)
        return suspect

    def _mask_of(self, suspect: Suspect, forced: Sequence[Forced]) -> Suspect | None:
        """Return the mask that a line reads if that, put right, makes everything right."""
        wanted = suspect.proposal.values
        for mask, _ in self.look.writers(suspect.target, self._begin(suspect)):
            if mask.values[0].dtype.kind != "b" or len(mask.values) != len(wanted):
                continue
            if any(a.shape != b.shape for a, b in zip(mask.values, wanted, strict=True)):
                continue
            proposal = Proposal([value != 0 for value in wanted], suspect.proposal.known)
            if first_deviation(mask, proposal) is None:
                continue
            if self._rights_all(mask, proposal, forced):
                return Suspect(mask, proposal, frozenset(), False)
        return None

    def _begin(self, suspect: Suspect) -> int:
        """Return the step in which a line was first not what it should have been."""
        first = first_deviation(suspect.target, suspect.proposal) or 0
        return self.look.place[suspect.target.steps[first]]

    def _rights_all(self, target: Target, proposal: Proposal, forced: Sequence[Forced]) -> bool:
        """Whether every gradient is right once a line writes what is proposed, too."""
        return try_forced(self.case, [*forced, Forced(target, proposal.values)]) == set()

    def _pairs(self) -> list[tuple[Target, Proposal, int]]:
        """Return what lines may have been meant to write.

        First the lines that are not recognised, in the order in which that begins, by what their
        names say; then others.
        """
        factors = self._factors()
        place = self.look.place
        found = []
        for target in self.look.targets:
            if target.is_start:
                continue
            unknown = target.first_unknown
            for rank, proposal in enumerate(proposals(self.case, target, factors)):
                first = first_deviation(target, proposal)
                if first is None:
                    continue
                early = unknown is not None and first < unknown
                if early and not _is_part(target, first, proposal):
                    continue
                if place[target.steps[first]] < self.look.begin:
                    continue
                named = target.is_named_for(proposal.known[0])
                order = (unknown is None) + (not named)
                found.append(((order, place[target.steps[first]], rank), target, proposal))
        found.sort(key=lambda item: item[0])
        return [(target, proposal, order[1]) for order, target, proposal in found]

    def _factors(self) -> list[tuple[float, str]]:
        """Return the factors that values on the way have, as N before the division by it."""
        found = {1.0: ""}
        for target in self.look.targets:
            for readings in target.readings:
                if not readings or not readings[0].factor_text or readings[0].form:
                    continue
                one = readings[0]
                is_gradient = one.known.kind != "value" and not one.known.is_hidden
                if is_gradient and one.factor > 1 and len(found) < 3:
                    found.setdefault(one.factor, one.factor_text or "")
        return list(found.items())


def _writers_of(targets: Sequence[Target], run: int, wrong: Array) -> Iterator[Target]:
    """Yield the statement that wrote all that is wrong; the first one where none did."""
    changes = [
        (b, b.values[run] != a.values[run])
        for a, b in itertools.pairwise(targets)
        if a.values[run].shape == b.values[run].shape == wrong.shape
    ]
    for target, changed in changes:
        if changed[wrong].all() and not changed.all():
            yield target
    if changes and not np.any([changed[wrong].any() for _, changed in changes]):
        first = np.flatnonzero(wrong)[0]
        before = [
            (np.flatnonzero(changed)[0], i)
            for i, (_, changed) in enumerate(changes)
            if changed.any() and np.flatnonzero(changed)[0] < first
        ]
        yield changes[max(before)[1]][0] if before else targets[0]


def _is_part(target: Target, run: int, proposal: Proposal) -> bool:
    """Whether a line wrote a part of what is proposed, as where a term is missing."""
    readings, known = target.readings[run], proposal.known[run]
    return any(
        one.known.quantity is known.quantity and one.known.kind in ("part", "sum")
        for one in readings
    )


def _quantities(proposal: Proposal) -> list[Quantity]:
    return [known.quantity for known in proposal.known]


def first_deviation(target: Target, proposal: Proposal) -> int | None:
    """Return the first run of a statement in which it did not write what is proposed."""
    for i, (a, b) in enumerate(zip(target.values, proposal.values, strict=True)):
        if a.shape != b.shape or not same(a, b):
            return i
    return None
