"""Where to look for a repair: lines that are not recognised, and those that they read."""

from __future__ import annotations

from collections.abc import Iterator

from micrograd_np.compare.finding.idle import idle
from micrograd_np.compare.finding.increments import odd_terms
from micrograd_np.compare.finding.look import Look
from micrograd_np.compare.finding.meant import Meant
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.running.case import Case

MOST_NEAR = 4
"""How many lines that are not recognised are looked at for a repair."""

MOST_FIRST = 2
"""How many of the first gradients are looked at if most of the others are wrong."""


class Where:
    """Tells where to look for a repair.

    Parameters
    ----------
    case
        The inputs.
    look
        The run on them.
    meant
        Tells what its lines may have been meant to write.
    """

    def __init__(self, case: Case, look: Look, meant: Meant) -> None:
        self.case = case
        self.look = look
        self.meant = meant

    def near(self) -> list[tuple[Target, int]]:
        """Where to look for a repair, and in which run."""
        unknown = self.look.unknown()
        found: dict[Target, int] = {}
        if unknown and unknown[0][1].is_result:
            origin = self.look.first_scaled(unknown[0][1])
            if origin is not None:
                at = self.look.place[origin.steps[0]]
                odd = [pair for pair in self.look.writers(origin, at) if pair[0].is_benign]
                found.update(odd)  # a factor that no name explains
                found[origin] = 0
        found.update(idle(self.look))
        found.update(odd_terms(self.look))
        found.update(dict.fromkeys(self.meant.lacking, 0))
        for at, target, _ in unknown[:MOST_NEAR]:
            for writer, run in self.look.writers(target, at):
                origin = self.look.first_scaled(writer, run) if writer.knows(run) else None
                if origin is not None:  # its factor is what the line lacks
                    found.setdefault(origin, 0)
        for target, first in self.look.incomplete_lines():
            found.setdefault(target, first)
            for one in self.look.targets:  # a line before may have lost what there was
                if one.path == target.path and not one.is_start and first < len(one.values):
                    found.setdefault(one, first)
        for at, target, run in unknown[:MOST_NEAR]:
            writers = self.look.writers(target, at)
            misnamed = list(self._misnamed(target, at))
            masks = [pair for pair in writers if pair[0].values[pair[1]].dtype.kind == "b"]
            inside = [*self._misshapen(target, run), *self._inside(target, run, at)]
            caller = self._caller(target, run)
            for earlier, its_run in misnamed:
                found.setdefault(earlier, its_run)  # later all may be wrong that it reads
            for earlier, its_run in (*inside, (target, run), *masks, *writers, *caller):
                unknown_run = earlier.first_unknown
                first = its_run if unknown_run is None else min(its_run, unknown_run)
                found.setdefault(earlier, first)
            for one in self._first():
                found.setdefault(one, 0)
        if not unknown:
            found = dict.fromkeys(reversed(self.look.targets), 0)
        place = self.look.place
        after = [(t, run) for t, run in found.items() if place[t.steps[run]] >= self.look.begin]
        return after[: 3 * MOST_NEAR]

    def _misshapen(self, target: Target, run: int) -> list[tuple[Target, int]]:
        """Return the zeros to which a line adds, if the shape of the sum is theirs, and wrong."""
        shape = target.values[run].shape
        begun = (
            t for t in self.look.targets if t.path == target.path and t.values[0].shape == shape
        )
        return [(one, 0) for one in begun if self.meant.shapes(one, 0)][:1]

    def _inside(self, target: Target, run: int, at: int) -> list[tuple[Target, int]]:
        """Return the lines of a helper function that made what its caller takes over."""
        depth, called = target.steps[run].depth, target.called[run]
        return [
            (one, i)
            for one in self.look.targets
            for i, step in enumerate(one.steps)
            if step.depth > depth and one.called[i] == called and self.look.place[step] < at
        ][-1:]

    def _caller(self, target: Target, run: int) -> list[tuple[Target, int]]:
        """Return what is written where a helper is called: it may be given what is wrong."""
        caller, at = target.steps[run].caller, self.look.place[target.steps[run]]
        written = [
            (one, i)
            for one in self.look.targets
            for i, step in enumerate(one.steps)
            if caller is not None and one.node is caller.node and self.look.place[step] > at
        ][:1]
        read = (pair for one, _ in written for pair in self.look.writers(one, at))
        return [*written, *(pair for pair in read if pair[0].values[pair[1]].dtype.kind == "b")]

    def _first(self) -> list[Target]:
        """Return where the gradients begin, if most of them are wrong."""
        if 2 * len(self.look.wrong) <= len(self.case.wanted):
            return []
        return [target for target in self.look.targets if _is_gradient(target)][:MOST_FIRST]

    def _misnamed(self, target: Target, at: int, depth: int = 3) -> Iterator[tuple[Target, int]]:
        """Yield what a line reads that is not what it is called for, through unnamed steps."""
        for writer, run in self.look.writers(target, at):
            if writer.is_benign and depth:
                earlier = self.look.place[writer.steps[run]]
                yield from self._misnamed(writer, earlier, depth - 1)
            if writer.is_misnamed(self.case, run):
                yield writer, run


def _is_gradient(target: Target) -> bool:
    """Whether a line wrote the gradient of something, but for a factor, the first time."""
    first = target.reading(0)
    return first is not None and first.known.kind == "adjoint" and not target.is_start
