"""Both sides on random inputs like the user's, of other lengths."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.derived import Axis
from micrograd_np.compare.running.drawing import Drawer
from micrograd_np.compare.running.lengths import unused, written_lengths
from micrograd_np.compare.running.stepping import UserError
from micrograd_np.compare.running.subject import Subject
from micrograd_np.compare.running.values import copied, doubled, mapped
from micrograd_np.compare.running.wanted import Wanted

PROBLEMS = 3
"""On how many fresh sets of inputs both sides are run."""


class Fresh:
    """Draws inputs on which both sides are compared.

    Parameters
    ----------
    subject
        Forward and backward pass.
    inputs
        The user's inputs, by name.
    wanted
        The gradients that the backward pass gives.
    """

    def __init__(
        self, subject: Subject, inputs: Mapping[str, Any], wanted: Sequence[Wanted]
    ) -> None:
        self.subject = subject
        self.inputs = inputs
        self.wanted = wanted

    def cases(self, wrong: set[str]) -> tuple[list[Case], frozenset[int]]:
        """Return both sides on other inputs, and the lengths that stay as they are.

        Those are lengths that the code has written as numbers, if that makes the difference.

        Parameters
        ----------
        wrong
            The gradients that are wrong on the user's inputs.
        """
        tied: set[Axis] = set()
        cases = self._drawn()
        for _ in range(PROBLEMS):  # the forward pass may not mind that one is longer, as zip
            more = {axis for case in cases for axis in unused(case)} - tied
            if not more:
                break
            tied |= more
            cases = self._drawn(tied=frozenset(tied))
        written = written_lengths(self.subject, self.inputs)
        if written and any(case.try_with() != wrong for case in cases):
            same_lengths = self._drawn(written)
            if all(case.try_with() == wrong for case in same_lengths):
                return same_lengths, written
        return cases, frozenset()

    def _drawn(
        self, fixed: frozenset[int] = frozenset(), tied: frozenset[Axis] = frozenset()
    ) -> list[Case]:
        # In double precision, in which rounding and mistakes are far apart.
        precise = mapped(self.inputs, doubled)
        inputs = precise if self.subject.runs(copied(precise)) else self.inputs
        asserts = any(isinstance(n, ast.Assert) for n in ast.walk(self.subject.backward.tree))
        runs = self._asserted if asserts else self.subject.runs
        problems = Drawer(inputs, runs, fixed=fixed, tied=tied).problems()
        cases = [Case(self.subject, one, self.wanted) for one in islice(problems, PROBLEMS)]
        for one in islice(problems, 2 * PROBLEMS):
            if all(case.is_finite for case in cases):
                break
            cases = [case for case in cases if case.is_finite]
            cases.append(Case(self.subject, one, self.wanted))
        return cases

    def _asserted(self, inputs: dict[str, Any]) -> int:
        """Return how many statements the forward pass runs; 0 for inputs that backward refuses.

        What it asserts of them is what it is written for.
        """
        count = self.subject.runs(copied(inputs))
        if not count:
            return 0
        try:
            Case(self.subject, inputs, self.wanted).run()
        except UserError as error:
            return 0 if isinstance(error.error, AssertionError) else count
        return count
