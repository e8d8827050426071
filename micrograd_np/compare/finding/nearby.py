"""The likeliest repair of the lines that are not recognised, and of those that they read."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.meant import Meant
from micrograd_np.compare.finding.repair import MOST_BLIND, MOST_OF_ONE, Repair, Search
from micrograd_np.compare.finding.target import Target, is_taken_over
from micrograd_np.compare.finding.where import Where
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import Code
from micrograd_np.compare.running.wanted import names_it

CERTAIN = 1.25
"""Up to which cost the repair of the first line that is not recognised is the likeliest of all."""

LIKELY = 1.2
"""The edits that cost no more are tried in all of the lines before the others are in any."""

_OF_VALUES = ("wrong index", "wrong quantity", "wrong mask", "inverted mask", "wrong axis",
              "aliasing", "= for +=")  # fmt: skip
"""How lines are wrong that write a mask or a value of the forward pass."""

MOST_BLIND_LINES = 2
"""How many lines that add up are looked at in this way: each edit is a run of everything."""

_BLIND = 1.2
"""Up to which cost edits of a line that adds up are tried whatever they add."""

MOST_COST = 2.0
"""Up to which cost all edits are tried of the line where what is not recognised begins."""

CHEAPEST = 0.9
"""What the likeliest edits cost."""

_LATER = 0.08
"""How much less likely a repair is for each line that is looked at before."""

_UNNAMED = 1.5
"""Up to which cost all edits are tried of the first line if it is called for no gradient."""

_RIGHT = 0.3
"""How much less likely it is that a line is wrong that holds a value, or was right before."""

OMISSIONS = ("missing mask", "missing term", "missing regularisation", "scale", "extra term")
"""What may be wrong with a line that writes what it is called for: others go on with it."""

Array = NDArray[Any]


class Nearby:
    """Looks for a repair where lines are not recognised.

    Parameters
    ----------
    case
        The inputs.
    look
        The run on them.
    search
        Tries edits.
    """

    def __init__(self, case: Case, look: Look, search: Search) -> None:
        self.case = case
        self.look = look
        self.search = search
        self.meant = Meant(case, look)
        self.best: tuple[float, Target | None, Repair] | None = None

    @cached_property
    def near(self) -> list[tuple[Target, int]]:
        """The lines where a repair is looked for, each with the run that tells of it."""
        return Where(self.case, self.look, self.meant).near()

    def likely(self) -> tuple[Target | None, Repair] | None:
        """Return the likeliest repair if it is a common mistake."""
        self.best = self._at_error()
        self._between(0.0, LIKELY)
        if self.best is None or self.best[2].edit.cost > LIKELY:
            return None
        return self.best[1:]

    def other(self) -> tuple[Target | None, Repair] | None:
        """Return the likeliest of the other repairs."""
        return self._between(LIKELY, 2.0)

    def blind(self) -> tuple[Target | None, Repair] | None:
        """Return the repair of the first line if it is called for no gradient.

        So nothing tells what it should have written.
        """
        origin = self._origin
        run = origin.first_unknown or 0 if origin is not None else 0
        if origin is None or run or self.meant.named(origin, run) or run in origin.plain:
            return None
        box, self.search.box = self.search.box, self.search.box.share(0.4)
        code = origin.steps[0].code
        repairs = self.search.repairs(code, origin.node, None, _UNNAMED, most=MOST_OF_ONE)
        self.search.box = box
        return (origin, repairs[0]) if repairs else None

    def _between(self, least: float, most: float) -> tuple[Target | None, Repair] | None:
        """Return the likeliest repair of a cost between two others, or one found before."""
        for order, (target, run) in enumerate(self.near):
            late = _LATER * order
            code, shapes = target.steps[0].code, self.meant.shapes(target, run)
            intended = self.meant.intended(target, run)
            is_origin = intended is not None and (
                target in self.meant.lacking
                or (target is self._origin and not shapes)
                or (not order and _is_of_another(target, run))
            )
            limit = MOST_COST if is_origin else most
            limit = limit if self.best is None else min(limit, self.best[0] - late)
            if limit < CHEAPEST:
                break
            repairs = self.search.repairs(code, target.node, intended, limit, least)
            if not repairs and target.is_running and order < MOST_BLIND_LINES:
                # a part of a part is nothing known
                is_only = len(self.look.unknown()) == 1
                count = MOST_OF_ONE if is_only else MOST_BLIND
                cost = limit if is_only else min(limit, _BLIND)
                repairs = self.search.repairs(code, target.node, None, cost, least, count)
            for repair in repairs[:1]:
                is_value = run in target.plain
                if intended is None and not is_value and repair.edit.kind not in _OF_VALUES:
                    continue
                is_as_named = target.is_as_named and repair.edit.kind not in OMISSIONS
                is_right = is_as_named or _is_right_before(target, run)
                likely = repair.edit.cost + (_RIGHT if is_right else 0.0)
                if self.best is None or likely + late < self.best[0]:
                    self.best = likely + late, target, repair
                is_called = self.meant.named(target, run) or target.vanish(self.case, run)
                is_early = _adds_minus(code, target, repair) and not is_called
                if likely <= CERTAIN and not target.is_known and not is_early:
                    return self.best[1:]
        return self.best[1:] if self.best is not None else None

    @cached_property
    def _origin(self) -> Target | None:
        """The first line that is not recognised, if it is not for what it reads."""
        unknown, origins = self.look.unknown(), self.look.origins()
        return unknown[0][1] if unknown and unknown[0][1] in origins else None

    def _at_error(self) -> tuple[float, Target | None, Repair] | None:
        """Return the likeliest repair of the line that stopped the run, with its cost."""
        error = self.look.error
        if error is None or not isinstance(error.node, ast.stmt):
            return None
        for repair in self.search.repairs(error.code, error.node)[:1]:
            return repair.edit.cost, None, repair
        return None


def _is_of_another(target: Target, run: int) -> bool:
    """Whether a line holds the whole gradient of something that it is not called for."""
    reading = target.reading(run)
    if reading is None or reading.known.kind != "adjoint" or reading.known.is_hidden:
        return False
    readings = (one.known.quantity.path for one in target.readings[run])
    return not any(names_it(target.called[run], path) for path in readings)


def _is_right_before(target: Target, run: int) -> bool:
    """Whether a line holds a value, or is the gradient it is called for in the runs before.

    What a helper function makes may be a gradient, whatever it is called there.
    """
    if run in target.plain and (not target.steps[run].depth or is_taken_over(target.node)):
        return True
    return run > 0 and all(map(target.is_right, range(run)))


def _adds_minus(code: Code, target: Target, repair: Repair) -> bool:
    """Whether an edit makes up for a sign."""
    old, new = code.span(target.node), repair.edit.text
    return repair.edit.kind == "sign" and new.count("-") > old.count("-")
