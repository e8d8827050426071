"""The repair of a line that writes nothing known, by what the next lines make of it.

``dp = y / p`` is no gradient, nor is ``dp -= (1 - y) / (1 - p)``: only ``dp *= dlog`` makes one of
them. An edit of the first is tried with the others after it, and told by what the last one writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from micrograd_np.compare.finding.nearby import OMISSIONS, Nearby
from micrograd_np.compare.finding.repair import Intended, Repair
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.running.hand import Step

MOST_JUDGES = 4
"""How many lines are taken to tell by."""

MOST_LINES = 6
"""How many lines before one of them are edited."""

MOST_BETWEEN = 12
"""How many statements are run for each edit."""


class Through:
    """Looks for repairs of lines before those that are not recognised.

    Parameters
    ----------
    nearby
        Tells what a line of the run may write, and tries edits.
    """

    def __init__(self, nearby: Nearby) -> None:
        self.nearby = nearby
        self.look = nearby.look
        self.search = nearby.search

    def repair(self, limit: float, least: float = 0.0) -> tuple[Target, Repair] | None:
        """Return the likeliest repair of a cost between two others, with its line."""
        best: tuple[Target, Repair] | None = None
        done: set[tuple[Target, Target]] = set()
        for judge, run in self._judges():
            intended = self.nearby.meant.intended(judge, run)
            if intended is None:
                continue
            for target, its_run, then in self._before(judge, run):
                if (judge, target) in done:
                    continue
                done.add((judge, target))
                most = limit if best is None else best[1].edit.cost - 0.01
                through = Intended(
                    intended.path, its_run, intended.written, intended.accepts, then=then
                )
                code = target.steps[its_run].code
                repairs = self.search.repairs(code, target.node, through, most, least)
                for one in repairs[:1]:
                    if not target.is_as_named or one.edit.kind in OMISSIONS:
                        best = target, one
            if best is not None:
                return best
        return best

    def _judges(self) -> Iterator[tuple[Target, int]]:
        """Yield lines that are called for a gradient and are not it, the last of a row first."""
        found = [(target, run) for _, target, run in self.look.unknown()]
        rows: list[list[tuple[Target, int]]] = []
        for target, run in found[: 2 * MOST_JUDGES]:
            if rows and rows[-1][-1][0].path == target.path:
                rows[-1].append((target, run))
            else:
                rows.append([(target, run)])
        for row in rows[:MOST_JUDGES]:
            yield row[-1]

    @cached_property
    def _runs(self) -> dict[Step, tuple[Target, int]]:
        """Which run of which line each step is: of the last one, where it writes several things."""
        return {step: (t, i) for t in self.look.targets for i, step in enumerate(t.steps)}

    def _before(self, judge: Target, run: int) -> Iterator[tuple[Target, int, str]]:
        """Yield the lines before, the last first, and what is run between."""
        step = judge.steps[run]
        at = self.look.place[step]
        then, count = "", 0
        for earlier in reversed(self.look.steps[max(0, at - MOST_BETWEEN) : at + 1]):
            if earlier.code is not step.code or earlier.iteration != step.iteration:
                return
            pair = self._runs.get(earlier)
            if pair is not None and earlier is not step and not pair[0].is_start:
                yield pair[0], pair[1], then
                count += 1
                if count == MOST_LINES:
                    return
            then = f"\n{earlier.code.span(earlier.node)}{then}"
