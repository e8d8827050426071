"""One run of a backward pass, read: which of its lines are not recognised, and since when."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from micrograd_np.compare.finding.suspects import Forced, all_of
from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.finding.targets import targets
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import Code, names_read
from micrograd_np.compare.running.hand import Step
from micrograd_np.compare.running.meanings import same
from micrograd_np.compare.running.paths import stem, value_at
from micrograd_np.compare.running.stepping import UserError
from micrograd_np.compare.running.wanted import names_it, stems


class Look:
    """One run of a backward pass.

    Parameters
    ----------
    case
        The inputs.
    forced
        What is put right on the way.

    Attributes
    ----------
    steps, place
        Its statements as they were run, and where each of them stands among them.
    targets
        What the lines wrote.
    wrong
        The gradients that are wrong at the end.
    error
        What stopped it, or None.
    begin
        The first step that can be wrong: the one after a random gradient has flowed in.
    """

    def __init__(self, case: Case, forced: Sequence[Forced] = ()) -> None:
        self.case = case
        self.steps: list[Step] = []
        self.error: UserError | None = None
        self.found: Mapping[str, Any] = {}
        for one in forced:
            one.reset()
        try:
            _, self.found = case.record(all_of(forced), steps=self.steps)
            self.wrong = case.wrong(self.found)
        except UserError as error:
            self.error = error
            self.wrong = {w.name for w in case.wanted}
        self.place = {step: i for i, step in enumerate(self.steps)}
        self.targets = targets(case, self.steps, self.wrong)
        self.begin = self._injected()

    def _injected(self) -> int:
        injection = self.case.injection
        if injection is None:
            return 0
        runs = [i for i, step in enumerate(self.steps) if step.node is injection.node]
        return runs[injection.run] + 1 if injection.run < len(runs) else 0

    def first_scaled(self, target: Target, run: int = -1) -> Target | None:
        """Return the first line whose value has the factor that a wrong gradient has."""
        reading = target.reading(run)
        if reading is None or not reading.factor_text or reading.known.kind == "value":
            return None
        for earlier in self.targets:
            first = earlier.reading(0)
            if first is None or first.known.kind == "value":
                continue
            if first.factor_text == reading.factor_text and not self._is_completed(earlier):
                return self._last_of(earlier, first.factor_text)
        return None

    def _is_completed(self, target: Target) -> bool:
        """Whether a later line takes away the factor that a variable has: ``dscores /= N``."""
        quantity = target.readings[0][0].known.quantity
        later = self.targets[self.targets.index(target) + 1 :]
        same_path = (
            t for t in later if t.path == target.path and t.steps[0].code is target.steps[0].code
        )
        reading = next((t.reading(0) for t in same_path), None)
        return (
            reading is not None and not reading.factor_text and reading.known.quantity is quantity
        )

    def _last_of(self, target: Target, factor: str | None) -> Target:
        """Return the last line in a row that writes the same variable with the same factor."""
        found, inside = target, False
        for later in self.targets:
            inside = inside or later is target
            if not inside or later is target:
                continue
            reading = later.reading(0)
            is_same = reading is not None and reading.factor_text == factor
            if later.path == target.path:
                if not is_same:
                    break
                found = later
            elif is_same and reading is not None and reading.known.kind != "value":
                break  # what another gradient is made of is complete
        return found

    def is_exchanged(self) -> bool:
        """Whether each of the wrong gradients is that of another one that is wrong."""
        wrong = [w for w in self.case.wanted if w.name in self.wrong]
        found = [value_at(self.found, w.path) for w in wrong]
        right = [self.case.right[w.source].gradient for w in wrong]
        return len(wrong) > 1 and all(
            value is not None
            and any(value.shape == one.shape and same(value, one) for one in right)
            for value in found
        )

    def unknown(self) -> list[tuple[int, Target, int]]:
        """Return the lines that are not recognised: since when, and in which run."""
        found = []
        for target in self.targets:
            run = target.first_unknown
            if run is not None:
                found.append((self.place[target.steps[run]], target, run))
        return sorted(found, key=lambda item: item[0])

    def origins(self) -> list[Target]:
        """Return the lines that are not recognised though all that they read is.

        Of those that write the same variable, the first.
        """
        unknown = self.unknown()
        since = {target: at for at, target, _ in unknown}
        found = []
        for at, target, _ in unknown:
            read = [writer for writer, _ in self.writers(target, at) if writer.path != target.path]
            if not any(since.get(writer, at) < at or writer.is_benign for writer in read):
                found.append(target)
        return list({(t.steps[0].code, t.path): t for t in reversed(found)}.values())[::-1]

    def has_several(self) -> bool:
        """Whether there seem to be several mistakes.

        Several lines are not recognised though what they read is, and they do not all read one
        variable that is called for a gradient and is none.
        """
        origins = self.origins()
        if len(origins) < 2:
            return False
        place = {target: at for at, target, _ in self.unknown()}
        doubtful = [
            {
                writer.path
                for writer, run in self.writers(target, place[target])
                if stems(writer.called[run]) and not writer.is_gradient(run)
            }
            for target in origins
        ]
        return not set.intersection(*doubtful)

    def writers(self, target: Target, at: int) -> list[tuple[Target, int]]:
        """Return the lines that wrote what a line reads, the last first, each with its run."""
        names = names_read(target.node)
        found = []
        for earlier in reversed(self.targets):
            runs = [i for i, step in enumerate(earlier.steps) if self.place[step] < at]
            if runs and stem(earlier.path) in names and earlier is not target:
                found.append((earlier, runs[-1]))
        return found

    def target_of(self, node: ast.stmt) -> Target | None:
        """Return what a statement wrote, the first of several; None if it was not run."""
        return next((target for target in self.targets if target.node is node), None)

    def inside(self, step: Step) -> list[Step]:
        """Return the statements of helper functions that a statement has run."""
        found = []
        for earlier in reversed(self.steps[: self.place[step]]):
            if earlier.caller is None or earlier.caller.node is not step.node:
                break
            found.append(earlier)
        return found[::-1]

    def incomplete(self, target: Target) -> int | None:
        """Return the run in which a line holds only some of the paths to what it is called for."""
        if target.is_running:
            return None
        for run, readings in enumerate(target.readings):
            if not target.knows(run):
                return None
            known = readings[0].known if readings else None
            if known is None or known.kind not in ("part", "sum"):
                continue
            if names_it(target.called[run], known.quantity.path):
                return run
        return None

    def incomplete_lines(self) -> list[tuple[Target, int]]:
        """Return the lines that hold a part of what they are called for, and no line adds to it.

        Each with the run in which that is so first.
        """
        last: dict[tuple[Code, str], Target] = {}
        for target in self.targets:
            for path in set(target.paths):
                last[target.steps[0].code, path] = target
        runs = {target: self.incomplete(target) for target in last.values()}
        return [(target, run) for target, run in runs.items() if run is not None]

    def _ends_known(self, target: Target) -> bool:
        """Whether the last of the lines in a row that write a variable is recognised."""
        row = self.targets[self.targets.index(target) + 1 :]
        same_path = list(takewhile(lambda other: other.path == target.path, row))
        return bool(same_path) and same_path[-1].is_known

    def last_place(self) -> int:
        """Return the first line that is not what it is called for: no later one is to blame."""
        known = self.case.meanings.known
        for at, target, _ in self.unknown():
            if self._ends_known(target):
                continue
            if any(k.kind == "adjoint" and target.is_named_for(k) for k in known):
                return at
        return len(self.steps)
