"""The whole measurement: the map, then every mutant, then the tests without a mutant."""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.adequacy.children import Failed, Say, each
from benchmarks.adequacy.closures import digest
from benchmarks.adequacy.judging import Judge, Work, afresh, in_place
from benchmarks.adequacy.mutants import Mutant, mutants
from benchmarks.adequacy.planting import Called, Living
from benchmarks.adequacy.reach import Reach
from benchmarks.adequacy.sessions import collect, prepare
from benchmarks.adequacy.verdicts import Verdicts

FILES = ("micrograd_np/rules/*.py", "micrograd_np/engine.py", "reference/*.py")
CACHE = ".adequacy"


@dataclass(frozen=True)
class Project:
    """What is measured.

    Attributes
    ----------
    root
        The folder of the project.
    texts
        The files that may be mutated, by their path in it.
    mutants
        Of those files.
    """

    root: Path
    texts: Mapping[str, str]
    mutants: Mapping[str, Sequence[Mutant]]

    @classmethod
    def of(cls, root: Path) -> Project:
        """Read the files, and make the mutants."""
        paths = sorted(path for pattern in FILES for path in root.glob(pattern))
        texts = {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in paths}
        return cls(root, texts, {path: mutants(text, path) for path, text in texts.items()})

    def reach(self, tests: Sequence[str]) -> Reach:
        """Return the map of the tests in files and folders, as far as it is known."""
        hashes = {path: digest(text.encode()) for path, text in self.texts.items()}
        return Reach(self.root, self.root / CACHE / "reach.json", hashes, tests)

    def verdicts(self, paths: Iterable[str]) -> dict[str, Verdicts]:
        """Return the verdicts on files, as far as they are known."""
        folder = self.root / CACHE / "verdicts"
        return {
            path: Verdicts.read(folder, path, digest(self.texts[path].encode())) for path in paths
        }

    def original(self, path: str) -> Mutant:
        """Return a mutant of a file that is none."""
        text = self.texts[path]
        return replace(self.mutants[path][0], key="", operator="none", text=text)


@dataclass(frozen=True)
class Plan:
    """What is asked for.

    Attributes
    ----------
    chosen
        The mutants of each file that are to be judged.
    tests
        Files and folders with tests; all but `sessions.APART` if it is empty.
    seconds
        How long to go on with a mutant that is not killed.
    jobs
        How many processes at a time.
    progress
        ``progress(total, what)`` is a context manager whose ``update`` is told of each step.
    """

    chosen: Mapping[str, Sequence[Mutant]]
    tests: Sequence[str]
    seconds: float
    jobs: int
    progress: Any


def measured(project: Project, plan: Plan) -> dict[str, Verdicts]:
    """Judge mutants, except those that have been judged before and nothing has changed.

    A process that has collected all tests judges those that change functions: it gives them other
    code. This one, which never imports the project, judges those that change what runs when a file
    is imported: each of its children imports the mutant.

    Raises
    ------
    Failed
        If the tests cannot be collected.
    """
    with tempfile.TemporaryDirectory() as temporary:
        sys.path.insert(0, str(project.root))
        prepare(Path(temporary))

        def collected(_: None, say: Say) -> None:
            _judge_in_place(project, plan, say)

        (ended,) = each([None], collected, 1, quiet=False)
        if ended.said[-1:] != [["done"]]:
            raise Failed(f"the process that has collected the tests has ended: {ended.said[-1:]}")
        later = {(path, key) for what, path, key in (it for it in ended.said if len(it) == 3)}
        reach = project.reach(plan.tests)
        work = afresh(reach)
        judge = Judge(reach, project.verdicts(plan.chosen), plan.seconds, plan.jobs)
        for path, chosen in plan.chosen.items():
            waiting = [it for it in chosen if (path, it.key) in later]
            _judge_file(project, plan, judge, waiting, work)
    return project.verdicts(plan.chosen)


def _judge_in_place(project: Project, plan: Plan, say: Say) -> None:
    """Make the map, judge what can be judged here, and say which mutants cannot."""
    texts = {str(project.root / path): text for path, text in project.texts.items()}
    called = Called(set(texts))

    def use(items: list[Any]) -> None:
        called.end()
        living = Living(texts)
        gc.freeze()  # children need not look through all there is, and so copy it
        reach = project.reach(plan.tests)
        reach.update(items, plan.jobs, plan.progress)
        for test in reach.failing():
            print(f"left out, since it fails without a mutant: {test}", file=sys.stderr)
        work = in_place(items, reach, living)
        judge = Judge(reach, project.verdicts(plan.chosen), plan.seconds, plan.jobs)
        for path, chosen in plan.chosen.items():
            judge.verdicts[path].forget_changed(chosen, reach, plan.seconds)
            judge.verdicts[path].write()
            unknown = [it for it in chosen if it.key not in judge.verdicts[path].known]
            have_run = [it for it in unknown if _has_run(project.root, it, called)]
            here = [it for it in unknown if not _has_run(project.root, it, called)]
            for mutant in have_run + _judge_file(project, plan, judge, here, work):
                say(["later", path, mutant.key])
        say(["done"])

    called.begin()
    collect(project.root, plan.tests, use)


def _has_run(root: Path, mutant: Mutant, called: Called) -> bool:
    """Return whether what a mutant changes has been executed before any test."""
    if mutant.function is None:
        return True
    return (str(root / mutant.path), *mutant.function) in called.functions


def _judge_file(
    project: Project, plan: Plan, judge: Judge, chosen: Sequence[Mutant], work: Work
) -> list[Mutant]:
    """Judge mutants of one file, again while a test turns out to fail without any."""
    if not chosen:
        return []
    path = chosen[0].path
    elsewhere: list[Mutant] = []
    waiting: Sequence[Mutant] = chosen
    while waiting:
        try:
            elsewhere += judge.judge(waiting, work, plan.progress)
            waiting = judge.control(waiting, project.original(path), work)
        finally:
            judge.verdicts[path].write()
    return elsewhere
