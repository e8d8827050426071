"""Whether the loss is another one than the one that was differentiated.

If one edit of the forward pass makes the automatic gradients those that the backward pass gives,
and none of the backward pass does, then the two are about different losses.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.edits import edits
from micrograd_np.compare.edits.text import looks_like_reg
from micrograd_np.compare.finding.repair import Repair, parsed
from micrograd_np.compare.finding.snapshot import Snapshot
from micrograd_np.compare.finding.timebox import TimeBox
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import Code, names_read, names_written, simple
from micrograd_np.compare.running.following import follow
from micrograd_np.compare.running.hand import run
from micrograd_np.compare.running.meanings import same
from micrograd_np.compare.running.paths import value_at
from micrograd_np.compare.running.stepping import OutOfTime, UserError
from micrograd_np.compare.running.subject import Mismatch
from micrograd_np.compare.running.values import copied

Array = NDArray[Any]

ABOUT_LOSS = ("scale", "extra term", "double regularisation", "wrong index")
"""Kinds of edits of a backward pass that may make up for a mistake in the loss."""

KINDS = ("scale", "mean for sum", "double regularisation", "missing regularisation")
"""How losses differ."""

MOST_LINES = 4
"""How many lines that the loss is made of are looked at."""

MOST_COST = 1.3
"""Less likely edits of the loss are not tried."""


def is_natural(old: str, new: str) -> bool:
    """Whether a loss is likelier to have been forgotten a part of than to have one too many."""
    if "mean" in new and "mean" not in old and "/" not in old:
        return True
    is_regularisation = any(map(looks_like_reg, re.split(r"\W+", old)))
    return len(new) > len(old) and "mean" not in old and "/" not in old and not is_regularisation


class Loss:
    """Looks for the edit of the loss that makes the gradients agree.

    Parameters
    ----------
    cases
        Fresh inputs: the first finds candidates, the others confirm.
    box
        The time that there is.
    """

    def __init__(self, cases: Sequence[Case], box: TimeBox) -> None:
        self.cases = cases
        self.box = box
        self.subject = cases[0].subject

    def repair(self) -> tuple[ast.stmt, Code, Repair] | None:
        """Return the line of the forward pass and its edit; None if there is none."""
        try:
            given = [self._given(case) for case in self.cases]
        except (UserError, OutOfTime):
            return None
        code = self.subject.forward
        best: tuple[ast.stmt, Code, Repair] | None = None
        for node in self._nodes():
            snapshot = Snapshot.in_forward(self.cases[0], node, code)
            if snapshot is None:
                continue
            for edit in edits(code, node, snapshot.context):
                if edit.kind not in KINDS:
                    continue
                most = MOST_COST if best is None else best[2].edit.cost - 0.01
                if edit.cost > most or self.box.is_over:
                    break
                try:
                    instead = {node: parsed(edit.text)}
                except SyntaxError:
                    continue
                pairs = zip(self.cases, given, strict=True)
                if all(self._agrees(case, instead, gradients) for case, gradients in pairs):
                    best = node, code, Repair(code, node, edit)
        return best

    def _given(self, case: Case) -> dict[str, Array | None]:
        found = run(case.subject, case.state)
        return {w.source: value_at(found, w.path) for w in case.wanted}

    def _agrees(
        self,
        case: Case,
        instead: Mapping[ast.stmt, Sequence[ast.stmt]],
        given: Mapping[str, Array | None],
    ) -> bool:
        """Whether the gradients of a changed loss are those of the backward pass."""
        try:
            with np.errstate(all="ignore"):
                changed = follow(
                    self.subject, copied(case.inputs), frozenset(given), instead=instead
                )
        except (UserError, OutOfTime, Mismatch):
            return False
        for source, gradient in given.items():
            right = changed.inputs[source].gradient
            if gradient is None or gradient.shape != right.shape:
                return False
            if not same(gradient, right) and not case.meanings.is_zero(gradient - right):
                return False
        return True

    def _nodes(self) -> Iterator[ast.stmt]:
        """Yield the statements that the loss is made of, the last first."""
        body = list(simple(self.subject.forward_body))
        names = {self.subject.loss_name}
        for node in body:
            if isinstance(node, ast.Return) and node.value is not None and names == {""}:
                first = node.value.elts[0] if isinstance(node.value, ast.Tuple) else node.value
                names = names_read(first)
        count = 0
        for node in reversed(body):
            if names_written(node) & names and count < MOST_LINES:
                count += 1
                yield node
                names |= names_read(node) - set(self.subject.names)
