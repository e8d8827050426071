"""Running the tests on mutants: which are killed, and by which tests."""

from __future__ import annotations

import gc
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from math import inf
from typing import Any

from benchmarks.adequacy.children import Ended, Failed, Say, each, limit_time
from benchmarks.adequacy.closures import file_of
from benchmarks.adequacy.mutants import Mutant
from benchmarks.adequacy.order import Order, tests_of
from benchmarks.adequacy.planting import Finder, Living, enters
from benchmarks.adequacy.reach import FEW, Reach
from benchmarks.adequacy.sessions import Broken, FewExamples, collect, passes, run
from benchmarks.adequacy.verdicts import Verdict, Verdicts, depends_on

_OFTEN = 20  # after how many verdicts they are written, so that less is lost if this is stopped
_COLLECTING = 120.0  # how many seconds a file of tests may take to be collected


@dataclass(frozen=True)
class Task:
    """A mutant, and the tests to run on it, in order: with all examples, or as for the map."""

    mutant: Mutant
    tests: Sequence[str]
    seconds: float
    with_all: bool = True
    began: float = field(default_factory=time.monotonic)


Work = Callable[[Task, Say], None]


# --- in a process that has collected the tests -------------------------------------------------


def in_place(items: Sequence[Any], reach: Reach, living: Living) -> Work:
    """Return what judges a mutant by giving its code to the functions that are there already."""
    by_name = {item.nodeid: item for item in items}
    seconds = {name: test.expected for name, test in reach.tests.items()}

    def work(task: Task, say: Say) -> None:
        mutant = task.mutant
        if not task.with_all:
            FewExamples(FEW)
        path = str(reach.root / mutant.path)
        codes = living.plant(path, mutant.text)
        chosen = [by_name[test] for test in task.tests]
        if not codes:
            say(["elsewhere"])
        elif run(chosen, seconds, task.seconds, say):
            quickest = min(chosen, key=lambda item: seconds[item.nodeid])
            took = seconds[quickest.nodeid]
            is_seen = enters(codes, lambda: passes(quickest, None, 10 * took))
            say(["survived"] if is_seen else ["elsewhere"])

    return work


# --- in a process that has not imported the project --------------------------------------------


def afresh(reach: Reach) -> Work:
    """Return what judges a mutant by importing it in the place of its file."""
    seconds = {name: test.expected for name, test in reach.tests.items()}
    gc.freeze()  # children need not look through it, and so copy it

    def work(task: Task, say: Say) -> None:
        if not task.with_all:
            FewExamples(FEW)
        Finder(reach.root / task.mutant.path, task.mutant.text).plant()
        passed: list[bool] = []

        def use(items: list[Any]) -> None:
            by_name = {item.nodeid: item for item in items}
            chosen = [by_name[test] for test in tests if test in by_name]
            passed.append(run(chosen, seconds, task.seconds, say))

        for file, tests in _by_file(task.tests):  # noqa: B007  # `use` reads them
            say(["begins", ""])
            limit_time(_COLLECTING)
            try:
                collect(reach.root, [file], use)
            except Broken as error:
                say(["broken", str(error)])
                return
            if not passed[-1]:
                return
        say(["survived"])

    return work


def _by_file(tests: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the tests of each file, the file of the first one first."""
    files = list(dict.fromkeys(map(file_of, tests)))
    ranked = sorted(tests, key=lambda test: files.index(file_of(test)))
    return [(f, list(group)) for f, group in groupby(ranked, file_of)]


# --- in both -----------------------------------------------------------------------------------


class Judge:
    """Judges mutants, a few at a time, and keeps the verdicts.

    Parameters
    ----------
    reach
        Which tests reach what.
    verdicts
        Of each file, by its path.
    seconds
        How long a process goes on with tests that do not kill its mutant.
    jobs
        How many at a time.
    """

    def __init__(
        self, reach: Reach, verdicts: Mapping[str, Verdicts], seconds: float, jobs: int
    ) -> None:
        self.reach = reach
        self.verdicts = verdicts
        self.seconds = seconds
        self.jobs = jobs
        self.liars: set[str] = set()
        """Tests that have failed without a mutant: nothing is concluded from them."""

    def judge(self, mutants: Sequence[Mutant], work: Work, progress: Any) -> list[Mutant]:
        """Judge mutants of one file; return those that `work` can say nothing of.

        What the tests that have killed say without a mutant is asked at the end.
        """
        if not mutants:
            return []
        elsewhere = []
        with progress(len(mutants), mutants[0].path) as bar:
            order = Order(self.reach)
            for ended in each(self._tasks(mutants, order, bar), work, self.jobs):
                bar.update(1)
                verdict = self._verdict(ended)
                if verdict is None:
                    elsewhere.append(ended.task.mutant)
                else:
                    self._keep(ended.task.mutant, verdict)
                    if verdict.killed and verdict.test:
                        order.learn(ended.task.mutant, verdict.test)
        return elsewhere

    def control(self, mutants: Sequence[Mutant], original: Mutant, work: Work) -> list[Mutant]:
        """Run the tests that have killed mutants of a file without a mutant, in the same way.

        But with few examples: that they pass with all of them is what the tests themselves are for.

        Returns
        -------
        list
            The mutants that were killed by tests that fail now as well: their verdicts are
            forgotten, and those tests not run again.
        """
        known = self.verdicts[original.path].known
        kills = {key: it.test for key, it in known.items() if it.killed}
        by_test = {it.key: kills[it.key] for it in mutants if it.key in kills}
        killers = sorted(set(by_test.values()) & self.reach.tests.keys())
        killers = killers or [name for name, it in self.reach.tests.items() if it.passed][:1]
        waiting = [killers[n :: self.jobs] for n in range(self.jobs)]
        failed: set[str] = set()
        while any(waiting):
            tasks = [Task(original, tests, inf, with_all=False) for tests in waiting if tests]
            waiting = []
            for ended in each(tasks, work, self.jobs):
                verdict = self._verdict(ended)
                if verdict is not None and verdict.how == "import":
                    raise Failed(f"nothing can be imported without a mutant: {ended.said}")
                if verdict is not None and verdict.killed:
                    failed.add(verdict.test)
                    tests = list(ended.task.tests)
                    waiting.append(tests[tests.index(verdict.test) + 1 :])
        for test in failed:
            print(f"left out, since it fails without a mutant, too: {test}", file=sys.stderr)
        self.liars |= failed
        wrong = [it for it in mutants if by_test.get(it.key) in failed]
        for mutant in wrong:
            known.pop(mutant.key)
        return wrong

    def _tasks(self, mutants: Sequence[Mutant], order: Order, bar: Any) -> Iterator[Task]:
        for mutant in mutants:
            tests = tests_of(mutant, self.reach) - self.liars
            if tests:
                first = self.verdicts[mutant.path].before.get(mutant.key)
                ordered = order.of(mutant, tests, first)
                yield Task(mutant, ordered, self.seconds)
            else:
                self._keep(mutant, Verdict(killed=False, how="unreached"))
                bar.update(1)

    def _keep(self, mutant: Mutant, verdict: Verdict) -> None:
        verdicts = self.verdicts[mutant.path]
        hashed = depends_on(verdict, mutant, self.reach)
        verdicts.known[mutant.key] = replace(verdict, tests=hashed)
        if not len(verdicts.known) % _OFTEN:
            verdicts.write()

    def _verdict(self, ended: Ended[Task]) -> Verdict | None:
        """Conclude from what a child has said last, and from how it has ended."""
        took = round(time.monotonic() - ended.task.began, 2)
        what, *about = ended.said[-1] if ended.said else ["nothing"]
        begun = [said[1] for said in ended.said if said[0] == "begins"]
        if what == "elsewhere":
            return None
        if what == "survived":
            return Verdict(killed=False, how="passes", seconds=took)
        if what == "late":
            most = ended.task.seconds
            return Verdict(killed=False, how="late", test=about[0], seconds=took, most=most)
        if what == "killed":
            return Verdict(killed=True, how="fails", test=about[0], seconds=took)
        if what == "broken":
            return Verdict(killed=True, how="import", seconds=took)
        if begun and (ended.by or what == "raised"):
            how = "hangs" if ended.by == signal.SIGALRM else "crashes"
            return Verdict(killed=True, how=how, test=begun[-1], seconds=took)
        raise Failed(f"a child has said {ended.said[-2:]} and ended by signal {ended.by}")
