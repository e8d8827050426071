"""Helper functions that give back unchanged the gradient that they are given."""

from __future__ import annotations

import ast

import numpy as np

from micrograd_np.compare.finding.finding import Finding
from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.target import Target


def idle(look: Look) -> list[tuple[Target, int]]:
    """Return the calls that give a gradient back unchanged, before all that is not recognised.

    And the lines such as ``dx[x <= 0] += 0`` that change nothing. Each with its first such run.
    Both may be recognised: ``out`` may be the name of what goes into a layer and of what comes out
    of it.
    """
    begin = min((at for at, _, _ in look.unknown()), default=0)
    found = []
    for target in look.targets:
        node = target.node
        is_call = isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        is_part = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
        is_change = is_part or isinstance(node, ast.AugAssign)
        is_change = is_change and isinstance(getattr(node, "value", None), ast.Constant)
        for run, step in enumerate(target.steps if is_call or is_change else ()):
            is_passed = look.place[step] < begin and target.is_right(run) and look.inside(step)
            if (is_change or is_passed) and _is_given(look, target, run):
                found.append((target, run))
                break
    return found


def unchanged(look: Look) -> Finding | None:
    """Return the last line of a helper that gives back unchanged what it is given."""
    for target, run in idle(look):
        inside = look.inside(target.steps[run])
        if not inside:
            continue
        last = next((s for s in reversed(inside) if not isinstance(s.node, ast.Return)), inside[-1])
        note = f"{last.code.name} gives back unchanged what it is given."
        own = look.target_of(last.node)
        return Finding(last.node, last.code, "missing term", own, note=note)
    return None


def _is_given(look: Look, target: Target, run: int) -> bool:
    """Whether a line writes what another has, which it reads."""
    value = target.values[run]
    if value.dtype.kind != "f" or value.size < 2 or not value.any():
        return False
    read = look.writers(target, look.place[target.steps[run]])
    return any(np.array_equal(value, one.values[i]) for one, i in read)
