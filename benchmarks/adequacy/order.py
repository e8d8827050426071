"""Which tests are run for a mutant, and which of them first."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain

from benchmarks.adequacy.closures import file_of
from benchmarks.adequacy.mutants import Mutant
from benchmarks.adequacy.reach import Reach

Span = tuple[int, int]
_DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


def tests_of(mutant: Mutant, reach: Reach) -> frozenset[str]:
    """Return the tests that might see a mutant.

    Those that reach its lines, and those that reach its function and might with other examples
    reach its lines. What runs when the file is imported is reached by no test: then,
    those that reach the functions in the same statement, or named there, or that name what it
    assigns. A statement without any of these (a record of functions of NumPy) may be seen by any
    test.
    """
    lines = mutant.lines if mutant.function else None
    return _tests_of(reach, mutant.path, lines, mutant.body, mutant.statement)


@cache  # there are many mutants of a line
def _tests_of(
    reach: Reach, path: str, lines: Span | None, body: Span | None, statement: Span
) -> frozenset[str]:
    if lines and body:
        others = reach.reaching(path, body, only_partial=True)
        found = reach.reaching(path, lines) | others
        if found or reach.reaching(path, (body[0], body[0])):
            return frozenset(found)
    original = (reach.root / path).read_text(encoding="utf-8")
    spans = _related(original, *statement)
    if spans:
        return frozenset().union(*(reach.reaching(path, span) for span in spans))
    return frozenset(name for name, test in reach.tests.items() if test.passed)


@cache
def _direct(reach: Reach, path: str, lines: Span) -> frozenset[str]:
    """Return the tests that are known to reach the very lines of a mutant."""
    return frozenset(reach.reaching(path, lines))


@cache
def _related(text: str, first: int, last: int) -> tuple[tuple[int, int], ...]:
    """Return the lines of the functions that a statement of a module has to do with."""
    body = ast.parse(text).body
    here = next(it for it in body if _span(it) == (first, last))
    names = {it.id for it in ast.walk(here) if isinstance(it, ast.Name)}
    assigned = _assigned(here)
    spans = []
    for statement in body:
        read = {it.id for it in ast.walk(statement) if isinstance(it, ast.Name)}
        is_named = isinstance(statement, _DEFINITIONS) and statement.name in names
        if (statement is here or is_named or read & assigned) and _has_code(statement):
            spans.append(_span(statement))
    return tuple(spans)


def _span(statement: ast.stmt) -> tuple[int, int]:
    decorators = getattr(statement, "decorator_list", [])
    first = decorators[0].lineno if decorators else statement.lineno
    return first, statement.end_lineno or first


def _assigned(statement: ast.stmt) -> set[str]:
    if isinstance(statement, _DEFINITIONS):
        return set()
    stores = (it for it in ast.walk(statement) if isinstance(it, ast.Name))
    return {it.id for it in stores if isinstance(it.ctx, ast.Store)}


def _has_code(statement: ast.stmt) -> bool:
    return any(isinstance(it, (*_DEFINITIONS, ast.Lambda)) for it in ast.walk(statement))


def _places(mutant: Mutant) -> list[Span]:
    """Return where kills are near a mutant, nearest first.

    Of what runs when a file is imported they are near in the whole file: much of that is declared
    in the same way, and seen by the same tests.
    """
    return [mutant.lines, mutant.statement, *([(0, 0)] if mutant.function is None else [])]


class Order:
    """Puts tests first that killed mutants nearby, then by turns one of each kind and of each file.

    Tests with parameters are of one kind. Of each kind those come first that are quick, and reach
    few other lines. Whole files of tests come one after the other, those first that take the least
    time in all: they are about few things, and of those they ask everything.
    """

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self._costs = {name: test.expected * test.size for name, test in reach.tests.items()}
        self._kills: Counter[tuple[str, tuple[int, int], str]] = Counter()

    def learn(self, mutant: Mutant, test: str) -> None:
        """Remember that a test has killed a mutant."""
        for place in _places(mutant):
            self._kills[mutant.path, place, test] += 1

    def of(self, mutant: Mutant, tests: Iterable[str], first: str | None) -> list[str]:
        """Return the tests in the order in which they are run for a mutant.

        Parameters
        ----------
        mutant
            What they are run for.
        tests
            Which.
        first
            The one that killed it in an earlier run, if any.
        """
        reaching = _direct(self.reach, mutant.path, mutant.lines)
        rounds: dict[str, int] = {}
        kinds: Counter[str] = Counter()
        cheapest = sorted(tests, key=lambda test: (test not in reaching, self._costs[test], test))
        for test in cheapest:
            kind = test.partition("[")[0]
            rounds[test] = kinds[kind]
            kinds[kind] += 1
        by_kind = sorted(cheapest, key=rounds.__getitem__)
        by_turns = chain.from_iterable(zip(by_kind, self._by_file(cheapest), strict=True))
        turns = {test: turn for turn, test in enumerate(dict.fromkeys(by_turns))}

        def rank(test: str) -> tuple[bool, list[int], bool, int]:
            near = [-self._kills[mutant.path, place, test] for place in _places(mutant)]
            return test != first, near, test not in reaching, turns[test]

        return sorted(cheapest, key=rank)

    def _by_file(self, tests: Sequence[str]) -> list[str]:
        """Return tests file by file, the file first whose tests take the least time in all."""
        seconds: defaultdict[str, float] = defaultdict(float)
        for test in tests:
            seconds[file_of(test)] += self.reach.tests[test].expected
        return sorted(tests, key=lambda test: seconds[file_of(test)])
