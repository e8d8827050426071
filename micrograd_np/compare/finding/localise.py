"""Which lines are wrong: by forcing right values, and by the edits that repair them."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from micrograd_np.compare.finding.blame import Blame, first_deviation
from micrograd_np.compare.finding.kinds import kind_of
from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.loss import Loss
from micrograd_np.compare.finding.repair import Intended, Repair, Search, parsed
from micrograd_np.compare.finding.suspects import Proposal, Suspect
from micrograd_np.compare.finding.targets import Target, is_plain, targets
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import Code, loops, names_written, simple
from micrograd_np.compare.running.hand import Step
from micrograd_np.compare.running.meanings import same
from micrograd_np.compare.running.stepping import UserError
from micrograd_np.compare.running.wanted import names_it

MOST_NEAR = 4
"""How many lines that are not recognised are looked at for a repair."""

MOST_CANDIDATES = 12
"""How many values that a line may have been meant to write are used to make edits."""

CERTAIN = 1.25
"""Up to which cost the repair of the first line that is not recognised is the likeliest of all."""

_LATER = 0.08
"""How much less likely a repair is for each line that is looked at before."""

Array = NDArray[Any]


@dataclass(eq=False)
class Finding:
    """A wrong line.

    Attributes
    ----------
    node, code
        The statement.
    kind
        What kind of mistake it is, "" if that is not known.
    target
        What it wrote.
    proposal
        What it should have written.
    repair
        The edit that makes it right.
    is_omission
        Whether what it wrote is something known: what is missing comes after it.
    overwritten
        The forward values that it, or a line that uses its variable, overwrites.
    note
        What else there is to say.
    """

    node: ast.stmt
    code: Code
    kind: str = ""
    target: Target | None = None
    proposal: Proposal | None = None
    repair: Repair | None = None
    is_omission: bool = False
    overwritten: list[str] = field(default_factory=list)
    note: str = ""

    @property
    def is_as_named(self) -> bool:
        """Whether it should have written what its variable is called for."""
        known = self.proposal.known if self.proposal is not None else []
        return bool(known) and self.target is not None and self.target.is_named_for(known[0])


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
        self.deadline = time.monotonic() + seconds
        self.search = Search(self.cases, self.deadline)
        self.look = Look(self.case)

    def run(self) -> list[Finding]:
        """Look at the backward pass; return what is wrong, the first line first."""
        self.look = Look(self.case, [])
        if not self.look.wrong:
            return self._aliases()
        found = self._by_edit_near()
        if found is not None:
            return [found]
        header = self._by_header()
        if header is not None:
            return [header]
        suspects = Blame(self.case, self.look, self.deadline).suspects()
        if len(suspects) == 1 and not suspects[0].left:
            return [self._before(suspects[0]) or self._describe(suspects[0])]
        found = self._by_loss()
        if found is not None:
            return [found]
        if suspects and (not suspects[-1].left or not self.look.unknown()):
            return [self._describe(suspect) for suspect in suspects]
        return [self._by_edit() or self._guess()]

    # --- by edits --------------------------------------------------------------------------------

    def _by_edit_near(self) -> Finding | None:
        """Return the likeliest repair of the first lines that are not recognised.

        Those lines themselves, and the lines that wrote what they read: of these something may
        be missing.
        """
        best: tuple[float, Finding] | None = self._at_error()
        for order, (target, run) in enumerate(self._near()):
            limit = 2.0 if best is None else best[0] - _LATER * order
            intended: Intended | None = Intended(
                target.paths[run],
                run,
                target.values[run],
                self._is_read(target, run),
                self._candidates(target, run),
            )
            if target.is_running or target.values[run].dtype.kind != "f":
                intended = None  # what is added up so far is nothing known, nor is a mask
            code = target.steps[0].code
            for repair in self.search.repairs(code, target.node, intended, limit)[:1]:
                cost = repair.edit.cost + _LATER * order
                if best is None or cost < best[0]:
                    best = cost, self._repaired(target, repair)
                if repair.edit.cost <= CERTAIN and not target.is_known:
                    return best[1]
        return best[1] if best is not None else None

    def _by_loss(self) -> Finding | None:
        """Return the line of the forward pass without whose change the gradients are right."""
        first = self.look.unknown()
        place = Loss(self.cases, self.deadline).repair()
        if place is None:
            return None
        node, code, repair = place
        target = first[0][1] if first else None
        return Finding(node, code, "loss", target, None, repair)

    def _at_error(self) -> tuple[float, Finding] | None:
        """Return the likeliest repair of the line that stopped the run, with its cost."""
        error = self.look.error
        if error is None or not isinstance(error.node, ast.stmt):
            return None
        for repair in self.search.repairs(error.code, error.node)[:1]:
            finding = Finding(error.node, error.code, repair.edit.kind, repair=repair)
            finding.note = f"On inputs of other lengths: {error.error}."
            return repair.edit.cost, finding
        return None

    def _near(self) -> list[tuple[Target, int]]:
        """Return where to look for a repair, and in which run."""
        {step: i for i, step in enumerate(self.look.steps)}
        unknown = self.look.unknown()
        found: dict[Target, int] = {}
        if unknown and unknown[0][1].is_result:
            origin = self.look.first_scaled(unknown[0][1])
            if origin is not None:
                found[origin] = 0
        for target in self.look.incomplete_lines():
            found.setdefault(target, 0)
        for at, target, run in unknown[:MOST_NEAR]:
            writers = self.look.writers(target, at)
            misnamed = [pair for pair in writers if pair[0].is_misnamed(self.case, pair[1])]
            masks = [pair for pair in writers if pair[0].values[pair[1]].dtype.kind == "b"]
            for earlier, its_run in (*misnamed, (target, run), *masks, *writers):
                found.setdefault(earlier, its_run)
        if not unknown:
            found = dict.fromkeys(reversed(self.look.targets), 0)
        return list(found.items())[: 3 * MOST_NEAR]

    def _is_read(self, target: Target, run: int) -> Callable[[Array], bool]:
        """Return what tells whether a line may write a value: if that is something known."""
        meanings = self.case.meanings
        called = target.called[run]
        written = target.values[run]

        def accepts(value: Array) -> bool:
            if value.shape == written.shape and same(value, written):
                return False
            readings = meanings.read(value, called)
            return bool(readings) and is_plain(readings[0]) and readings[0].known.kind != "value"

        return accepts

    def _by_header(self) -> Finding | None:
        """Return the head of a loop whose edit makes everything right."""
        code = self.subject.backward
        for node in loops(self.subject.backward_body):
            for repair in self.search.of_header(code, node)[:1]:
                return Finding(node, code, "wrong index", repair=repair)
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

    def _candidates(self, target: Target, run: int) -> list[Array]:
        """Return what a line may have been meant to write, by its name."""
        written, called = target.values[run], target.called[run]
        found = [
            known.array
            for known in self.case.meanings.known
            if known.kind != "value"
            and known.array.shape == written.shape
            and names_it(called, known.quantity.path)
        ]
        return found[:MOST_CANDIDATES]

    def _repaired(self, target: Target, repair: Repair) -> Finding:
        """Describe a line that is repaired: what it should have written, the repair writes."""
        proposal = self._written_with(target, repair)
        kind = repair.edit.kind
        if proposal is not None:
            kind = kind_of(self.case, target, proposal, repair.edit)
        code = target.steps[0].code
        known = target.is_known
        return Finding(target.node, code, kind, target, proposal, repair, known)

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

    def _by_edit(self) -> Finding | None:
        """Return the finding whose repair is the likeliest, wherever that is."""
        best: Finding | None = None
        for node, code in self._order():
            limit = best.repair.edit.cost - 0.01 if best and best.repair else 2.0
            for repair in self.search.repairs(code, node, limit=limit)[:1]:
                target = next((t for t in self.look.targets if t.node is node), None)
                best = Finding(node, code, repair.edit.kind, target, None, repair)
            if time.monotonic() > self.deadline:
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
        target = unknown[0][1] if unknown else self.look.targets[-1]
        return Finding(target.node, target.steps[0].code, "", target)

    # --- a forward value is overwritten ----------------------------------------------------------

    def _aliases(self) -> list[Finding]:
        known = {q.path for q in self.case.followed.quantities if q.adjoint is not None}
        for i, step in enumerate(self.look.steps):
            overwritten = [path for path in step.overwrites if path in known]
            if overwritten:
                made = self._alias_of(i, step)
                repair = self._copied(made)
                return [
                    Finding(
                        made.node, made.code, "aliasing", repair=repair, overwritten=overwritten
                    )
                ]
        return []

    def _copied(self, step: Step) -> Repair | None:
        """Return the edit that copies where a value is given another name."""
        for edit in self.search.candidates(step.code, step.node, None, CERTAIN):
            if edit.kind != "aliasing":
                continue
            steps, found = self.case.record(instead={step.node: parsed(edit.text)})
            if not self.case.wrong(found) and not any(one.overwrites for one in steps):
                return Repair(step.code, step.node, edit)
        return None

    def _alias_of(self, place: int, step: Step) -> Step:
        """Return the step that gave a forward value another name."""
        roots = names_written(step.node)
        for earlier in reversed(self.look.steps[:place]):
            if names_written(earlier.node) & roots and isinstance(earlier.node, ast.Assign):
                value = earlier.node.value
                is_name = isinstance(value, (ast.Name, ast.Attribute, ast.Subscript))
                return earlier if is_name else step
        return step


def _intended(target: Target, proposal: Proposal) -> Intended:
    """Return what a statement should write the first time."""
    run = first_deviation(target, proposal) or 0
    wanted = proposal.values[run]

    def accepts(value: Array) -> bool:
        return value.shape == wanted.shape and same(value, wanted)

    return Intended(target.paths[run], run, target.values[run], accepts, [wanted])
