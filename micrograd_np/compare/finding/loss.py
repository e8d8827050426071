"""Whether the loss is another one than the one that was differentiated.

If one edit of the forward pass makes the automatic gradients those that the backward pass gives,
and none of the backward pass does, then the two are about different losses.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.edits import Context, Edit, Text, averages, edits, penalties
from micrograd_np.compare.edits.text import function_of, looks_like_reg
from micrograd_np.compare.finding.repair import Repair, parsed
from micrograd_np.compare.finding.snapshot import Snapshot
from micrograd_np.compare.finding.timebox import TimeBox
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import Code, names_read, names_written, simple
from micrograd_np.compare.running.following import follow
from micrograd_np.compare.running.meanings import ratio, same
from micrograd_np.compare.running.paths import value_at
from micrograd_np.compare.running.stepping import OutOfTime, UserError
from micrograd_np.compare.running.subject import Mismatch
from micrograd_np.compare.running.values import copied

Array = NDArray[Any]
Instead = Mapping[ast.stmt, Sequence[ast.stmt]]

ABOUT_LOSS = ("scale", "extra term", "double regularisation", "wrong index")
"""Kinds of edits of a backward pass that may make up for a mistake in the loss."""

KINDS = (
    "scale",
    "mean for sum",
    "= for +=",
    "double regularisation",
    "missing regularisation",
)
"""How losses differ."""

_ADDED_LENGTH = re.compile(r"[+-] [\w.]+\.(shape|size)\b")
"""A length that is added to something, as no loss is made."""

MOST_LINES = 4
"""How many lines that the loss is made of are looked at."""

MOST_COST = 1.3
"""Less likely edits of the loss are not tried."""


def is_negative(cases: Sequence[Case]) -> bool:
    """Whether a loss is always below zero, as few are meant to be."""
    return all(bool(np.all(case.followed.loss < 0)) for case in cases)


def _averages_twice(old: str, new: str) -> bool:
    """Whether what is divided by a number already is averaged, or divided by it once more."""
    before, after = (re.findall(r"/ ?(\w+)", text) for text in (old, new))
    is_mean = "mean" in new and "mean" not in old and bool(before) and len(after) >= len(before)
    return is_mean or any(after.count(name) > before.count(name) for name in before)


def _is_regularised(node: ast.stmt) -> bool:
    """Whether a line of the loss holds a penalty."""
    return any(map(looks_like_reg, names_read(node)))


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
        in_loop = self._in_loop(self.subject.forward, given)
        if in_loop is not None:  # an edit of its body is right only if it is run once
            return in_loop
        lines = list(self._lines())
        nodes = [node for node, _ in lines]
        penalised = next((one for one in nodes if _is_regularised(one)), next(iter(nodes), None))
        best: tuple[ast.stmt, Code, Repair] | None = None
        for node, code in lines:
            snapshot = Snapshot.in_forward(self.cases[0], node, code)
            if snapshot is None:
                continue
            made = self._edits(code, node, snapshot.context, given[0], node is penalised)
            for edit in made:
                most = MOST_COST if best is None else best[2].edit.cost - 0.01
                if edit.cost > most or self.box.is_over:
                    break
                try:
                    instead = {node: parsed(edit.text)}
                except SyntaxError:
                    continue
                if self._is_right(instead, given):
                    best = node, code, Repair(code, node, edit)
        return best

    def _is_right(self, instead: Instead, given: Sequence[Mapping[str, Array | None]]) -> bool:
        """Whether the gradients of a changed loss are those that are given."""
        pairs = zip(self.cases, given, strict=True)
        return all(self._agrees(case, instead, gradients) for case, gradients in pairs)

    def _in_loop(
        self, code: Code, given: Sequence[Mapping[str, Array | None]]
    ) -> tuple[ast.stmt, Code, Repair] | None:
        """Return a loop over some parameters, with those that it leaves out as its repair."""
        for node in self.subject.forward_body:
            if not isinstance(node, ast.For) or not isinstance(node.iter, (ast.Tuple, ast.List)):
                continue
            if not node.iter.elts:
                continue
            snapshot = Snapshot.in_forward(self.cases[0], node.body[0], code)
            names = self._strengths(snapshot.context, given[0]) if snapshot is not None else {}
            if names:
                head, last = Text(code, node.iter), node.iter.elts[-1]
                text = head.put(last, ", ".join([head.of(last), *names]))
                changed = copy.copy(node)
                changed.iter = ast.parse(text, mode="eval").body
                if self._is_right({node: [changed]}, given):
                    edit = Edit(text, "missing regularisation", 1.0)
                    return node, code, Repair(code, node.iter, edit)
        return None

    def _edits(
        self,
        code: Code,
        node: ast.stmt,
        context: Context,
        given: Mapping[str, Array | None],
        is_penalised: bool,
    ) -> list[Edit]:
        """Return the edits of a line of the loss: those that values tell, then the likeliest."""
        text = Text(code, node)
        kinds = (*KINDS, "sign") if is_negative(self.cases) else KINDS
        found = [one for one in edits(code, node, context) if one.kind in kinds]
        found += averages(text, node, context)
        found = [one for one in found if not _averages_twice(text.data.decode(), one.text)]
        found = [one for one in found if not _ADDED_LENGTH.search(one.text)]
        strengths = self._strengths(context, given) if is_penalised else {}
        told = penalties(text, node, context, strengths)
        return [*told, *sorted(found, key=lambda one: one.cost)]

    def _strengths(self, context: Context, given: Mapping[str, Array | None]) -> dict[str, float]:
        """Return how many times a parameter each gradient is too great, if that is all there is."""
        found: dict[str, float] = {}
        for wanted in self.cases[0].wanted:
            right, gradient = self.cases[0].right[wanted.source], given[wanted.source]
            if gradient is None or gradient.shape != right.value.shape:
                return {}
            if same(gradient, right.gradient, right.noise):
                continue
            strength = ratio(gradient - right.gradient, right.value)
            if strength is None or any(ratio(part, right.value) for part in right.parts):
                return {}  # something else, or the penalty is there
            same_as = (n for n, a in context.values.items() if np.array_equal(a, right.value))
            name = next(same_as, None)
            if name is None:
                return {}
            found[name] = strength
        return found

    def _given(self, case: Case) -> dict[str, Array | None]:
        found = case.run()
        return {w.source: value_at(found, w.path) for w in case.wanted}

    def _agrees(
        self,
        case: Case,
        instead: Instead,
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

    def _lines(self) -> Iterator[tuple[ast.stmt, Code]]:
        """Yield the statements that the loss is made of, the last first."""
        subject = self.subject
        code, name = subject.forward, subject.loss_name
        for node in _made_of(subject.forward_body, name, set(subject.names)):
            yield node, code
            helper = subject.helper(node)
            if helper is not None and name in names_written(node):
                inner = _made_of(helper.body, "", set(helper.signature.parameters))
                yield from ((one, helper) for one in inner)


def _made_of(nodes: list[ast.stmt], name: str, given: set[str]) -> Iterator[ast.stmt]:
    """Yield the statements that a variable, or what is returned first, is made of."""
    body, names = list(simple(nodes)), {name}
    for node in body:
        if isinstance(node, ast.Return) and node.value is not None:
            first = node.value.elts[0] if isinstance(node.value, ast.Tuple) else node.value
            while isinstance(first, ast.Call) and function_of(first) == "float" and first.args:
                first = first.args[0]
            if not isinstance(first, ast.Name):  # whatever else is called as losses are
                names = names_read(first)
                yield node
            elif not name:
                names = {first.id}
    count = 0
    for node in reversed(body):
        if names_written(node) & names and count < MOST_LINES:
            count += 1
            yield node
            names = names | names_read(node) - given
