"""Helper functions that are right where they are called first: what they are given is wrong."""

from __future__ import annotations

import ast
from dataclasses import replace

import numpy as np

from micrograd_np.compare.finding.blame import first_deviation
from micrograd_np.compare.finding.finding import Finding
from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.nearby import CERTAIN
from micrograd_np.compare.finding.repair import Search
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.running.hand import Step
from micrograd_np.compare.running.stepping import Caller


def wrong_calls(look: Look, is_again: bool = False) -> list[Finding]:
    """Return the call of a helper function that is right elsewhere, and those around it.

    Parameters
    ----------
    look
        The run.
    is_again
        Whether it counts, too, that the same call is right another time.
    """
    error = look.error
    if error is not None:
        note = f"On inputs of other lengths: {error.error}."
        found = [Finding(node, code, "raises", note=note) for node, code in error.callers]
        others = (s.caller.node for s in look.steps if s.code is error.code and s.caller)
        return found if any(node is not found[0].node for node in others) else []
    for at, target, run in look.unknown()[:1]:
        caller = target.steps[run].caller
        if caller is None or not isinstance(caller.node, ast.stmt):
            return []
        if target.readings[run] or any(
            look.place[one.steps[-1]] < at for one, _ in look.incomplete_lines()
        ):
            return []  # an earlier line is wrong by a factor, or lacks a term
        for i, step in enumerate(target.steps):
            if (is_again or _is_elsewhere(step, caller)) and _is_right(target, i):
                assert step.caller is not None
                name, line = step.code.name, getattr(step.caller.node, "lineno", 0)
                note = f"{name} is right where line {line} calls it: what it is given here is not."
                if not _is_elsewhere(step, caller):
                    note = f"{name} is right the first time: what it is given later is not."
                return [Finding(caller.node, caller.code, note=note)]
    return []


def repaired(calls: list[Finding], search: Search) -> Finding | None:
    """Return the first with the edit of it that makes everything right, if there is one."""
    for one in calls:
        for repair in search.repairs(one.code, one.node, limit=CERTAIN)[:1]:
            return replace(one, kind=repair.edit.kind, repair=repair)
    return None


def within(look: Look, found: Finding) -> Finding:
    """Return what was found, or the line of the helper function that made what a line takes over.

    Parameters
    ----------
    look
        The run.
    found
        A line that no edit repairs.
    """
    target = found.target
    if target is None or found.proposal is None or found.repair is not None:
        return found
    run = first_deviation(target, found.proposal) or 0
    for step in reversed(look.inside(target.steps[run])):
        if isinstance(step.node, ast.Return):
            continue
        if any(np.array_equal(value, target.values[run]) for value in step.writes.values()):
            note = f"Line {target.node.lineno} takes over what it writes."
            own = look.target_of(step.node)
            is_same = own is not None and len(own.values) == len(target.values)
            proposal = found.proposal if is_same else None
            return replace(
                found, node=step.node, code=step.code, target=own, proposal=proposal, note=note
            )
        break
    return found


def _is_elsewhere(step: Step, caller: Caller) -> bool:
    return step.caller is not None and step.caller.node is not caller.node


def _is_right(target: Target, run: int) -> bool:
    """Whether a run wrote a gradient, and not just zeros."""
    reading = target.reading(run)
    is_gradient = reading is not None and reading.known.kind != "value"
    return is_gradient and target.knows(run) and run not in target.zeros
