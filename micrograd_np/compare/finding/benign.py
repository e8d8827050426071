"""Lines that are right though they write nothing known: what they lead to is known."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.running.code import names_read, names_written, reads, simple
from micrograd_np.compare.running.hand import Step
from micrograd_np.compare.running.paths import stem

Array = NDArray[Any]


def find_benign(made: Sequence[Target], steps: Sequence[Step]) -> None:
    """Tell which values are right though they are nothing known: what they lead to is."""
    place = {step: i for i, step in enumerate(steps)}
    known: dict[tuple[Step, str], bool] = {}
    for target in made:
        for i, step in enumerate(target.steps):
            known[step, target.paths[i]] = target.is_gradient(i)

    def is_known(step: Step) -> bool:
        return all(known.get((step, path), False) for path in step.writes) and bool(step.writes)

    right: set[tuple[Step, str]] = set()
    sums: set[ast.stmt] = set()

    def is_passed_on(value: Array, step: Step) -> bool:
        """Whether a step takes over a value that is found right there."""
        made = [now for path, now in step.writes.items() if (step, path) in right]
        return any(np.array_equal(now.ravel(), value.ravel()) for now in made)

    for target in reversed(made):  # so that it is known of what a value is passed on to
        run = target.first_unknown
        if run is None or target.is_result or run in target.lost:
            continue
        step, name = target.steps[run], stem(target.paths[run])
        for later in steps[place[step] + 1 :]:
            if later.depth < step.depth:  # the helper function has returned
                outside = _outside(step, target.paths[run])
                target.is_benign = any(known.get((later, path), False) for path in outside)
                target.is_benign |= _is_inside(step) and is_known(later)
                break
            if later.code is step.code and reads(later.node, target.paths[run]):
                value = target.values[-1 if target.is_running else run]
                if is_known(later) or is_passed_on(value, later) or _is_added(target, later, sums):
                    target.is_benign = True
                    break
                if name in names_written(later.node) and later.node is not step.node:
                    break
        if target.is_benign:
            right.add((step, target.paths[run]))
            if target.is_running:
                sums.add(target.node)


def _is_added(target: Target, step: Step, sums: Collection[ast.stmt]) -> bool:
    """Whether a value is added, as it is, to a sum that is right in the end."""
    node = step.node
    return (
        isinstance(node, ast.AugAssign)
        and isinstance(node.op, ast.Add)
        and node in sums
        and ast.unparse(node.value) == target.path
    )


def _is_inside(step: Step) -> bool:
    return step.caller is not None and step.caller.inside is not None


def _outside(step: Step, path: str) -> set[str]:
    """Return what the caller assigns of the results of a helper that a variable is a part of."""
    found = set()
    for node in simple(step.code.body):
        if isinstance(node, ast.Return) and node.value is not None:
            items = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for item, outer in zip(items, step.results, strict=False):
                if stem(path) in names_read(item) and (
                    "." not in path or path in ast.unparse(item)
                ):
                    found.add(outer)
    return found
