"""Which tests are run for a mutant, and which of them first."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from functools import cache

from benchmarks.adequacy.mutants import Mutant
from benchmarks.adequacy.reach import Reach

_DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


def tests_of(mutant: Mutant, reach: Reach) -> set[str]:
    """Return the tests that might see a mutant.

    Those that reach its lines, and those that reach its function and might with other examples
    reach its lines. What runs when the file is imported is reached by no test: then,
    those that reach the functions in the same statement, or named there, or that name what it
    assigns. A statement without any of these (a record of functions of NumPy) may be seen by any
    test.
    """
    if mutant.body is not None:
        others = reach.reaching(mutant.path, mutant.body, only_partial=True)
        found = direct(mutant, reach) | others
        if found or reach.reaching(mutant.path, (mutant.body[0], mutant.body[0])):
            return found
    original = (reach.root / mutant.path).read_text(encoding="utf-8")
    spans = _related(original, *mutant.statement)
    if spans:
        return set().union(*(reach.reaching(mutant.path, span) for span in spans))
    return {name for name, test in reach.tests.items() if test.passed}


def direct(mutant: Mutant, reach: Reach) -> set[str]:
    """Return the tests that are known to reach the very lines of a mutant."""
    return reach.reaching(mutant.path, mutant.lines) if mutant.function else set()


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


class Order:
    """Puts tests first that have killed mutants nearby, then those that are quick and special."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self._kills: Counter[tuple[str, tuple[int, int], str]] = Counter()

    def learn(self, mutant: Mutant, test: str) -> None:
        """Remember that a test has killed a mutant."""
        self._kills[mutant.path, mutant.lines, test] += 1
        self._kills[mutant.path, mutant.statement, test] += 1

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
        reaching = direct(mutant, self.reach)

        def rank(test: str) -> tuple[bool, int, int, bool, float, str]:
            known = self.reach.tests[test]
            near = self._kills[mutant.path, mutant.lines, test]
            same = self._kills[mutant.path, mutant.statement, test]
            cost = known.expected * known.size
            return test != first, -near, -same, test not in reaching, cost, test

        return sorted(tests, key=rank)
