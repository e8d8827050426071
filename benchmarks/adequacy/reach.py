"""The map: which lines of which files each test reaches, and how long it takes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import coverage

from benchmarks.adequacy.children import Failed, Say, each
from benchmarks.adequacy.closures import Closures, file_of
from benchmarks.adequacy.sessions import FewExamples, passes

AT_ONCE = 25
"""How many tests of a file share a process, and what is set up for all of them."""
FEW = 8
"""How often a property is tried to make the map. A mutant is shown all the examples there are."""
_MORE = 10.0  # how many times longer a test may take that would be tried more often
_OFTEN = 20  # after how many processes the map is written, so that less is lost if it is stopped
_UNKNOWN = 60.0  # how many seconds a test is taken to need that has not been run yet


@dataclass(frozen=True)
class Test:
    """What is known of a test.

    Attributes
    ----------
    closure
        A hash of its file and of the helpers that are imported there.
    seconds
        How long it takes with few examples, and with the lines recorded.
    passed
        Whether it passes.
    is_partial
        Whether there are more examples, which may reach other lines of the same functions.
    reached
        For each file that it reaches, a hash of the file and the lines: bit n is set for line n.
    """

    closure: str
    seconds: float
    passed: bool
    is_partial: bool
    reached: Mapping[str, tuple[str, int]]

    @property
    def expected(self) -> float:
        """How many seconds it takes at the most with all examples."""
        return self.seconds * (_MORE if self.is_partial else 1.0)

    @property
    def size(self) -> int:
        """How many lines it reaches: a test that reaches few is about those."""
        return sum(lines.bit_count() for _, lines in self.reached.values())


class Reach:
    """The map of all tests, kept in a file between runs.

    Parameters
    ----------
    root
        The folder of the project.
    file
        Where the map is kept.
    hashes
        The files whose lines are of interest, and the hash of each.
    among
        The files and folders whose tests are asked for; all there are if it is empty.
    """

    def __init__(
        self, root: Path, file: Path, hashes: Mapping[str, str], among: Sequence[str] = ()
    ) -> None:
        self.root = root
        self.file = file
        self.hashes = hashes
        self.closures = Closures(root)
        self.tests: dict[str, Test] = {}
        self._others: dict[str, Test] = {}  # known, but not asked for
        if file.exists():
            for name, test in _read(json.loads(file.read_text(encoding="utf-8"))).items():
                is_asked_for = not among or name.startswith(tuple(among))
                (self.tests if is_asked_for else self._others)[name] = test

    def is_known(self, test: str) -> bool:
        """Return whether neither a test nor what it reaches has changed since it was run."""
        known = self.tests.get(test)
        return (
            known is not None
            and known.passed
            and known.closure == self.closures.of_test(test)
            and all(self.hashes.get(file) == was for file, (was, _) in known.reached.items())
        )

    def update(self, items: list[Any], jobs: int, progress: Any) -> None:
        """Run the tests of which not enough is known, and forget those that are gone."""
        unknown = [item for item in items if not self.is_known(item.nodeid)]
        known = {item.nodeid for item in items} - {item.nodeid for item in unknown}
        self.tests = {name: test for name, test in self.tests.items() if name in known}
        with progress(len(unknown), "mapping") as bar:
            for count, ended in enumerate(each(_chunks(unknown), self._map, jobs), start=1):
                for what, *facts in ended.said:
                    if what == "raised":
                        raise Failed(f"no map of {ended.task[0].nodeid}: {facts[0]}")
                    self._keep(*facts)
                for item in ended.task:
                    if item.nodeid not in self.tests:  # its process has ended before its time
                        self._keep(item.nodeid, 0.0, False, False, {})
                bar.update(len(ended.task))
                if not count % _OFTEN:
                    self._write()
        self._write()

    def _write(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        written = _written(self._others | self.tests)
        self.file.write_text(json.dumps(written), encoding="utf-8")

    def reaching(self, file: str, span: tuple[int, int], only_partial: bool = False) -> set[str]:
        """Return the tests that reach one of the lines of a file, and pass.

        With `only_partial`, those among them that have more examples.
        """
        first, last = span
        wanted = (1 << last + 1) - (1 << first)
        return {
            name
            for name, test in self.tests.items()
            if test.passed
            and file in test.reached
            and test.reached[file][1] & wanted
            and (test.is_partial or not only_partial)
        }

    def failing(self) -> list[str]:
        """Return the tests that fail without a mutant, and so tell nothing."""
        return [name for name, test in self.tests.items() if not test.passed]

    def _keep(
        self, name: str, seconds: float, passed: bool, is_partial: bool, lines: dict[str, str]
    ) -> None:
        reached = {file: (self.hashes[file], int(mask, 16)) for file, mask in lines.items()}
        closure = self.closures.of_test(name)
        self.tests[name] = Test(closure, seconds, passed, is_partial, reached)

    def _map(self, items: list[Any], say: Say) -> None:
        """Run some tests, and say which lines each of them reaches."""
        paths = {str(self.root / file): file for file in self.hashes}
        recorder = coverage.Coverage(data_file=None, config_file=False, include=list(paths))
        recorder.set_option("run:disable_warnings", ["no-data-collected", "trace-changed"])
        few = FewExamples(FEW)
        recorder.start()
        ran = []
        for item, following in zip(items, [*items[1:], None], strict=True):
            recorder.switch_context(item.nodeid)
            few.has_mattered = False
            began = time.perf_counter()
            passed = passes(item, following, _UNKNOWN)
            ran.append((item.nodeid, time.perf_counter() - began, passed, few.has_mattered))
        recorder.stop()
        lines: dict[str, dict[str, int]] = {}
        data = recorder.get_data()
        for path, file in paths.items():
            for line, tests in data.contexts_by_lineno(path).items():
                for test in filter(None, tests):
                    masks = lines.setdefault(test, {})
                    masks[file] = masks.get(file, 0) | 1 << line
        for name, *facts in ran:
            masks = lines.get(name, {})
            say(["test", name, *facts, {file: f"{mask:x}" for file, mask in masks.items()}])


def _chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    for _, group in groupby(items, key=lambda item: file_of(item.nodeid)):
        together = list(group)
        for first in range(0, len(together), AT_ONCE):
            yield together[first : first + AT_ONCE]


def _written(tests: Mapping[str, Test]) -> dict[str, Any]:
    """Return the map as JSON, in which what many tests reach alike is written once."""
    numbers: dict[tuple[str, str, int], int] = {}
    rows = {
        name: [
            test.closure,
            round(test.seconds, 4),
            test.passed,
            test.is_partial,
            [
                numbers.setdefault((file, was, mask), len(numbers))
                for file, (was, mask) in test.reached.items()
            ],
        ]
        for name, test in tests.items()
    }
    return {"parts": [[file, was, f"{mask:x}"] for file, was, mask in numbers], "tests": rows}


def _read(written: dict[str, Any]) -> dict[str, Test]:
    parts = [(file, (was, int(mask, 16))) for file, was, mask in written["parts"]]
    return {
        name: Test(closure, seconds, passed, is_partial, dict(parts[n] for n in numbers))
        for name, (closure, seconds, passed, is_partial, numbers) in written["tests"].items()
    }
