"""What a check could not have seen, in words."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from micrograd_np.compare.unseen.mutants import Mutant

OWN = "on your inputs alone: "

WRONG = "is wrong", "are wrong"
"""How a row ends that tells on what inputs a gradient is wrong."""
"""How a row begins that tells what the user's inputs hide, and fresh ones do not."""

MOST_TEXT = 48
"""Longer examples are left out."""


@dataclass(eq=False)
class Gap:
    """Something that a check could not have seen.

    Attributes
    ----------
    cause
        What is special about the inputs.
    offer
        A statement after which they are less so, and the mistakes are seen.
    is_own
        Whether fresh inputs show the mistakes, and only the user's hide them.
    mutants
        Mistakes that go unseen.
    reached
        The lines among theirs that are run.
    wrong
        The gradients that are wrong on the inputs that are offered.
    is_part
        Whether the mistakes are about the one thing that is named, and nothing else.
    """

    cause: str
    offer: str
    is_own: bool
    mutants: list[Mutant] = field(default_factory=list)
    reached: set[ast.stmt] = field(default_factory=set)
    wrong: frozenset[str] = frozenset()
    is_part: bool = False

    def __str__(self) -> str:
        before = OWN if self.is_own else ""
        return f"{before}{self.cause}{self._consequence()}"

    def _consequence(self) -> str:
        if self.wrong:
            names = listed(sorted(self.wrong))
            return f"; with {self.offer}, {names} {WRONG[len(self.wrong) > 1]}"
        lines = sorted({m.node.lineno for m in self.mutants})
        shown, one = _lines(lines), len(lines) == 1
        tried = f"(try {self.offer})"
        if not self.reached:
            return f", so {shown} {'is' if one else 'are'} not run {tried}"
        if self.is_part:
            return f", so what {shown} {'does' if one else 'do'} there is not seen {tried}"
        return f", so a mistake in {shown} does not show{self._example()} {tried}"

    def _example(self) -> str:
        """Return a mistake that does not show: a line that is left out, or an edit."""
        for mutant in self.mutants:
            if mutant.text == "pass":
                return f", such as leaving out line {mutant.node.lineno}"
        texts = [m.text for m in self.mutants if "\n" not in m.text and len(m.text) <= MOST_TEXT]
        return f", such as `{texts[0]}`" if texts else ""


def _lines(numbers: Sequence[int]) -> str:
    """Return line numbers in words.

    Examples
    --------
    >>> _lines([7]), _lines([3, 4, 5, 9])
    ('line 7', 'lines 3-5 and 9')
    """
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    shown = [f"{a}" if a == b else f"{a}-{b}" for a, b in runs]
    return f"{'line' if len(numbers) == 1 else 'lines'} {listed(shown)}"


def listed(words: Sequence[str]) -> str:
    """Return words in a row."""
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last
