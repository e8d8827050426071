"""Which lines are wrong: by forcing right values, and by the edits that repair them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from micrograd_np.compare.finding.aliases import aliases
from micrograd_np.compare.finding.blame import Blame, first_deviation
from micrograd_np.compare.finding.calls import repaired, within, wrong_calls
from micrograd_np.compare.finding.carried import by_carried, lost
from micrograd_np.compare.finding.chain import first_of_several
from micrograd_np.compare.finding.finding import Finding
from micrograd_np.compare.finding.idle import idle, unchanged
from micrograd_np.compare.finding.kinds import kind_of
from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.loss import ABOUT_LOSS, Loss, is_negative
from micrograd_np.compare.finding.meant import exactly
from micrograd_np.compare.finding.nearby import CERTAIN, LIKELY, Nearby
from micrograd_np.compare.finding.rather import Rather
from micrograd_np.compare.finding.repair import MOST_OF_ONE, Intended, Repair, Search
from micrograd_np.compare.finding.suspects import Proposal, Suspect
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.finding.targets import targets
from micrograd_np.compare.finding.through import Through
from micrograd_np.compare.finding.timebox import TimeBox
from micrograd_np.compare.finding.unused import by_unused
from micrograd_np.compare.finding.which import is_loss_likelier
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import Code, headers, names_read, names_written, simple
from micrograd_np.compare.running.paths import stem
from micrograd_np.compare.running.stepping import UserError

Array = NDArray[Any]

LIKELY_FACTOR = 1.6
"""Up to which cost edits of a line are tried that read what is made for it alone."""

CHAIN = 0.4
"""How much time more there is, relative to all, for each of several mistakes."""

LOSS_SHARE = 0.3
"""How much of the time that is left the loss is looked at."""


class Localiser:
    """Finds the wrong lines of a backward pass.

    Parameters
    ----------
    cases
        Fresh inputs of different lengths: one is looked at, the others confirm.
    seconds
        How long to look for repairs.
    """

    def __init__(self, cases: Sequence[Case], seconds: float = 2.0) -> None:
        wrong = [case.try_with() for case in cases]
        sizes = [len(case.wanted) if found is None else len(found) for found, case in
                 zip(wrong, cases, strict=True)]  # fmt: skip
        most = sizes.index(max(sizes))
        self.case = cases[most]
        self.cases = [self.case, *(case for case in cases if case is not self.case)]
        self.subject = self.case.subject
        self.box = TimeBox(seconds)
        self.search = Search(self.cases, self.box)
        self.look = Look(self.case)
        self.nearby = Nearby(self.case, self.look, self.search)
        self.rather = Rather(self.nearby)

    def run(self) -> list[Finding]:
        """Look at the backward pass; return what is wrong, the first line first."""
        if not self.look.wrong:
            return aliases(self.look, self.search)
        calls = wrong_calls(self.look)
        self.search.box = self.box.share(0.6)  # the rest is for the line, if no repair is found
        found = repaired(calls, self.search)
        if found is not None:
            return [found]
        found = self._by_edits()
        if found is not None:
            return [found if found.kind == "loss" else self._or_loss(self._rather(found))]
        overwriting = [one for one in aliases(self.look, self.search) if one.repair is not None]
        if overwriting or calls:
            return overwriting[:1] or calls[:1]
        several = self._chain() or (self._several() if self.look.has_several() else [])
        return several or self._by_values() or [self._by_edit() or self._guess()]

    def _by_edits(self) -> Finding | None:
        """Return the line of which one edit makes everything right."""
        nearby, through = self.nearby, Through(self.nearby)
        found = self._by_returned()
        if found is None and not nearby.likely():
            found = self._nearest(self.rather.bare(1.5)) or self._by_unused()
            found = found or by_carried(self.look, self.search)
            found = found or self._by_called() or self._by_header()
            found = found or self._nearest(nearby.blind())
            found = found or self._nearest(through.repair(LIKELY)) or self._by_count()
        if found is None and nearby.best is None and self.look.has_several():
            found = self._by_loss()  # one mistake there is likelier than several here
        found = found or self._nearest(nearby.other())
        self.search.box = self.box.share(0.75)
        found = found or self._nearest(through.repair(2.0, LIKELY))
        self.search.box = self.box
        return found

    def _by_values(self) -> list[Finding]:
        """Return the lines that make everything right once they write what they should."""
        suspects = Blame(self.case, self.look, self.box.share(0.9)).suspects()
        if len(suspects) == 1 and not suspects[0].left:
            found = self._before(suspects[0]) or self._describe(suspects[0])
            if found.repair is None:
                found = self._by_loss() or within(self.look, self._origin(found))
            return [self._or_loss(found)]
        told = self._by_loss() or (self._in_vain() if len(suspects) > 1 else None)
        if told is not None:
            return [told]
        is_all = bool(suspects) and (not suspects[-1].left or not self.look.unknown())
        return [self._describe(suspect) for suspect in suspects] if is_all else []

    def _in_vain(self) -> Finding | None:
        """Return where something is given back unchanged, or nothing carried on in a loop."""
        return unchanged(self.look) or lost(self.look)

    def _chain(self) -> list[Finding]:
        """Return several mistakes, one behind the other, each with its edit."""
        self.search.box = TimeBox(CHAIN * self.box.seconds)
        first = self._nearest(first_of_several(self.nearby))
        self.search.box = self.box
        if first is None or first.repair is None:
            return []
        edited = [case.edited({first.node: first.repair.statements}) for case in self.cases]
        left = Localiser(edited, CHAIN * self.box.seconds).run()
        is_whole = all(one.repair is not None and one.kind != "loss" for one in left)
        is_new = all(one.node is not first.node for one in left)
        return [first, *left] if left and is_whole and is_new else []

    def _several(self) -> list[Finding]:
        """Return several mistakes, each with its edit, by which together all gradients are right.

        The edit of the first puts some of the gradients right.
        """
        wrong = [case.try_with() for case in self.cases]
        search = Search(self.cases, self.box.rest(0.4), wrong)
        first = self._nearest(Nearby(self.case, self.look, search).likely())
        if first is None or first.repair is None:
            return []
        instead = {first.node: first.repair.statements}
        edited = [case.edited(instead) for case in self.cases]
        left = Localiser(edited, self.box.rest(0.6).seconds).run()
        for one in left:
            if one.repair is None or one.kind == "loss" or one.node is first.node:
                return []
        return [first, *left] if left else []

    # --- by edits --------------------------------------------------------------------------------

    def _nearest(self, found: tuple[Target | None, Repair] | None) -> Finding | None:
        """Return what is wrong where a line or those that it reads are repaired."""
        if found is None:
            return None
        target, repair = found
        if target is not None:
            return self._repaired(target, repair)
        turned = self.rather.turned(repair)
        if turned is not None:
            return self._repaired(*turned)
        error = self.look.error
        assert error is not None
        assert isinstance(error.node, ast.stmt)
        note = f"On inputs of other lengths: {error.error}."
        return Finding(error.node, error.code, repair.edit.kind, repair=repair, note=note)

    def _rather(self, found: Finding) -> Finding:
        """Return what was found, or a likelier place of the same mistake."""
        if found.target is None or found.repair is None:
            return found
        if any(target is found.target for target, _ in idle(self.look)):
            return found  # it does nothing
        if found.kind != "aliasing" and any(step.overwrites for step in found.target.steps):
            for one in aliases(self.look, self.search):
                if one.repair is not None:
                    one.alternative = found.repair
                    return one
        other = self.rather.than(found.target, found.repair)
        if other is None:
            return found
        rather = self._repaired(*other)
        rather.alternative = found.repair
        return rather

    @cached_property
    def _loss_repair(self) -> tuple[ast.stmt, Code, Repair] | None:
        """The line of the forward pass, with its edit, by which the gradients are right."""
        if self.case.injection is not None:
            return None
        return Loss(self.cases, self.box.rest(LOSS_SHARE)).repair()

    def _by_loss(self) -> Finding | None:
        """Return the line of the forward pass without whose change the gradients are right."""
        return self._loss(*self._loss_repair) if self._loss_repair is not None else None

    def _or_loss(self, found: Finding) -> Finding:
        """Return what was found, or the line of the loss if that is likelier to be wrong."""
        kind = found.repair.edit.kind if found.repair else found.kind
        is_all = len(self.look.wrong) == len(self.case.wanted)
        is_signed = kind == "sign" and is_all and is_negative(self.cases)
        if (kind not in ABOUT_LOSS and not is_signed) or self._loss_repair is None:
            return found
        node, code, repair = self._loss_repair
        if is_loss_likelier(found, code.span(node), repair):
            other, found = found.repair, self._loss(node, code, repair)
            found.alternative = other
        else:
            found.alternative = repair
        found.is_of_loss = True
        return found

    def _loss(self, node: ast.stmt, code: Code, repair: Repair) -> Finding:
        first = self.look.unknown()
        return Finding(node, code, "loss", first[0][1] if first else None, None, repair)

    def _by_unused(self) -> Finding | None:
        """Return the line that does not read what is made for it."""
        code, given = self.subject.backward, {stem(w.path) for w in self.case.wanted}
        found = by_unused(code, self.subject.backward_body, given, self.search, LIKELY_FACTOR)
        if found is None:
            return None
        node, repair = found
        target = self.look.target_of(node)
        if target is not None:
            return self._repaired(target, repair)
        return Finding(node, code, repair.edit.kind, repair=repair)

    def _by_returned(self) -> Finding | None:
        """Return the return statement if it gives gradients under each other's names."""
        node = self.subject.backward_body[-1]
        if not isinstance(node, ast.Return) or not self.look.is_exchanged():
            return None
        for repair in self.search.repairs(self.subject.backward, node, most=MOST_OF_ONE)[:1]:
            return Finding(node, self.subject.backward, repair.edit.kind, repair=repair)
        return None

    def _by_called(self) -> Finding | None:
        """Return the line of a helper function that the first wrong line calls for a value."""
        for _, unknown, _ in self.look.unknown()[:1]:
            called = {
                step.node: step
                for step in self.look.steps
                if step.caller is not None and step.caller.node is unknown.node
            }
            for node, step in called.items():
                for repair in self.search.repairs(step.code, node, limit=1.5, most=MOST_OF_ONE)[:1]:
                    return Finding(node, step.code, repair.edit.kind, repair=repair)
        return None

    def _by_header(self) -> Finding | None:
        """Return the head of a loop or branch whose edit makes everything right."""
        code = self.subject.backward
        for node in headers(self.subject.backward_body):
            hoisted = self.search.hoisted(code, node) if isinstance(node, ast.For) else None
            if hoisted is not None:
                note = "It is set anew each time that the loop is passed: what it held is lost."
                return Finding(hoisted[0], code, "missing term", repair=hoisted[1], note=note)
            for repair in self.search.of_header(code, node)[:1]:
                if isinstance(node, ast.For):
                    note = "The loop goes over other things than it should."
                    return Finding(node, code, "wrong index", repair=repair, note=note)
                note = "The condition holds at other times than it should."
                return Finding(node, code, "wrong condition", repair=repair, note=note)
        return None

    def _by_count(self) -> Finding | None:
        """Return a line that assigns a number, such as ``N = x.shape[0]``, and is wrong."""
        arrays = {stem(path) for target in self.look.targets for path in target.paths}
        unknown = [target for _, target, _ in self.look.unknown()[:2]]
        read = {name for target in unknown for name in names_read(target.node)} - arrays
        code = self.subject.backward
        for node in simple(self.subject.backward_body):
            if isinstance(node, ast.Assign) and names_written(node) & read:
                for repair in self.search.repairs(code, node, limit=CERTAIN)[:1]:
                    return Finding(node, code, repair.edit.kind, repair=repair)
        return None

    def _before(self, suspect: Suspect) -> Finding | None:
        """Return an earlier line that an edit repairs, and that is nothing known even if right."""
        earlier = []
        for _, target, _ in self.look.unknown():
            if target is suspect.target:
                break
            earlier.append(target)
        for target in earlier:
            code = target.steps[0].code
            for repair in self.search.repairs(code, target.node, limit=CERTAIN)[:1]:
                return self._repaired(target, repair)
        return None

    def _repaired(self, target: Target, repair: Repair) -> Finding:
        """Describe a line that is repaired: what it should have written, the repair writes."""
        if repair.edit.text == "pass":
            target, repair = self._last_twin(target, repair)
        proposal = self._written_with(target, repair)
        kind = repair.edit.kind
        if proposal is not None:
            kind = kind_of(self.case, target, proposal, repair.edit)
        code = target.steps[0].code
        known = target.is_known
        return Finding(target.node, code, kind, target, proposal, repair, known)

    def _last_twin(self, target: Target, repair: Repair) -> tuple[Target, Repair]:
        """Return the last of the statements that are the same: it is the one too many."""
        code, source = repair.code, repair.code.span(target.node)
        for other in reversed(self.look.targets):
            if other.node is target.node:
                break
            is_same = other.steps[0].code is code and code.span(other.node) == source
            instead = {other.node: repair.statements}
            if is_same and all(case.try_with(instead) == set() for case in self.cases):
                return other, Repair(code, other.node, repair.edit)
        return target, repair

    def _written_with(self, target: Target, repair: Repair) -> Proposal | None:
        """Return what a line writes once it is repaired."""
        try:
            steps, _ = self.case.record(instead={target.node: repair.statements})
        except UserError:
            return None
        for made in targets(self.case, steps):
            if made.node is target.node and made.paths == target.paths:
                known = [readings[0].known for readings in made.readings if readings]
                return Proposal(made.values, known)
        return None

    def _describe(self, suspect: Suspect) -> Finding:
        """Return a finding, with the edit that repairs it if there is one."""
        target, proposal = suspect.target, suspect.proposal
        code = target.steps[0].code
        repairs = self.search.repairs(code, target.node, _intended(target, proposal))
        repair = repairs[0] if repairs else None
        return Finding(
            target.node,
            code,
            kind_of(self.case, target, proposal, repair.edit if repair else None),
            target,
            proposal,
            repair,
            suspect.is_omission,
        )

    def _origin(self, found: Finding) -> Finding:
        """Return what was found, or the line that it reads and that is no such gradient."""
        made = self.rather.origin(found.target) if found.target is not None else None
        if made is None:
            return found
        origin, note = made
        return Finding(origin.node, origin.steps[0].code, found.kind, origin, note=note)

    def _by_edit(self) -> Finding | None:
        """Return the finding whose repair is the likeliest, wherever that is."""
        best: Finding | None = None
        for node, code in self._order():
            limit = best.repair.edit.cost - 0.01 if best and best.repair else 2.0
            for repair in self.search.repairs(code, node, limit=limit)[:1]:
                target = self.look.target_of(node)
                best = Finding(node, code, repair.edit.kind, target, None, repair)
            if self.box.is_over:
                break
        return best

    def _order(self) -> Iterator[tuple[ast.stmt, Code]]:
        """Yield the statements to repair: where it stopped, then those of unknown meaning."""
        backward = self.subject.backward
        code_of = {t.node: t.steps[0].code for t in self.look.targets}
        nodes: list[ast.stmt] = []
        if self.look.error is not None and isinstance(self.look.error.node, ast.stmt):
            code_of[self.look.error.node] = self.look.error.code
            nodes.append(self.look.error.node)
        nodes += [t.node for t in self.look.targets if not t.is_known]
        nodes += list(simple(self.subject.backward_body))
        for node in dict.fromkeys(nodes):
            if not isinstance(node, ast.Pass):
                yield node, code_of.get(node, backward)

    def _guess(self) -> Finding:
        error = self.look.error
        if error is not None and isinstance(error.node, ast.stmt):
            return Finding(error.node, error.code, "raises", note=f"{error.error}")
        unknown = self.look.unknown()
        if not self.look.targets:
            body = list(simple(self.subject.backward_body))
            return Finding(body[-1], self.subject.backward)
        again = wrong_calls(self.look, is_again=True)
        found = self._in_vain() or next(iter(again), None)
        if found is not None:
            return found
        target = unknown[0][1] if unknown else self.look.targets[-1]
        is_empty = not any(value.any() for value in target.values)
        kind = "missing term" if is_empty else ""  # nothing is added to zeros
        return self._origin(Finding(target.node, target.steps[0].code, kind, target))


def _intended(target: Target, proposal: Proposal) -> Intended:
    """Return what a statement should write the first time."""
    run = first_deviation(target, proposal) or 0
    return exactly(target, run, [proposal.values[run]])
