"""What is found to be wrong with a backward pass."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from micrograd_np.compare.finding.repair import Repair
from micrograd_np.compare.finding.suspects import Proposal
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.running.code import Code


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
    spoils
        The gradients that are wrong for that when the backward pass is called a second time; none:
        nothing that is read again is overwritten.
    note
        What else there is to say.
    alternative
        The edit of another line that would do as well.
    is_of_loss
        Whether one of the two is of the loss, the other one of its gradient.
    """

    node: ast.stmt
    code: Code
    kind: str = ""
    target: Target | None = None
    proposal: Proposal | None = None
    repair: Repair | None = None
    is_omission: bool = False
    overwritten: list[str] = field(default_factory=list)
    spoils: set[str] = field(default_factory=set)
    note: str = ""
    alternative: Repair | None = None
    is_of_loss: bool = False

    @property
    def is_harmless(self) -> bool:
        """Whether nothing is wrong for it: a value is overwritten that is not read again."""
        return bool(self.overwritten) and not self.spoils
