"""Values of the forward pass that a backward pass overwrites through another name."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from micrograd_np.compare.finding.finding import Finding
from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.nearby import CERTAIN
from micrograd_np.compare.finding.repair import Repair, Search, parsed
from micrograd_np.compare.running.code import names_written
from micrograd_np.compare.running.hand import Step


def aliases(look: Look, search: Search) -> list[Finding]:
    """Return the lines that give another name to values which are overwritten by it.

    The gradients are right for all that. Where the values are read again, they are not when the
    backward pass is run a second time. Of values that the loss does not depend on, as of
    probabilities beside a loss that is made of logarithms, only those that are read again count.
    """
    known = {q.path for q in look.case.followed.quantities}
    in_loss = {q.path for q in look.case.followed.quantities if q.adjoint is not None}
    found: dict[ast.stmt, Finding] = {}
    for i, step in enumerate(look.steps):
        overwritten = [path for path in step.overwrites if path in known]
        made = named(look.steps[: i + 1]) if overwritten else step
        if overwritten and made.node not in found:
            repair = _copied(look, search, made, overwritten)
            found[made.node] = Finding(
                made.node, made.code, "aliasing", repair=repair, overwritten=overwritten
            )
    for one in found.values():
        others = (other for other in found.values() if other is not one)
        instead = {other.node: other.repair.statements for other in others if other.repair}
        one.spoils = look.case.spoiled(instead)
    return [one for one in found.values() if one.spoils or in_loss & set(one.overwritten)]


def named(steps: Sequence[Step]) -> Step:
    """Return the step that gave what the last one overwrites its other name."""
    *before, last = steps
    roots = names_written(last.node)
    for earlier in reversed(before):
        if names_written(earlier.node) & roots and isinstance(earlier.node, ast.Assign):
            value = earlier.node.value
            value = value.elt if isinstance(value, ast.ListComp) else value
            is_name = isinstance(value, (ast.Name, ast.Attribute, ast.Subscript))
            return earlier if is_name else last
    return last


def _copied(look: Look, search: Search, step: Step, overwritten: Sequence[str]) -> Repair | None:
    """Return the edit that copies where a value is given another name."""
    for edit in search.candidates(step.code, step.node, None, CERTAIN):
        if edit.kind != "aliasing":
            continue
        steps, found = look.case.record(instead={step.node: parsed(edit.text)})
        is_left = any(path in one.overwrites for one in steps for path in overwritten)
        if not is_left and not look.case.wrong(found):
            return Repair(step.code, step.node, edit)
    return None
