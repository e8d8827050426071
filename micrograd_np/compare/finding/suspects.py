"""Which line is to blame: the one after which a right value makes everything right.

The backward pass is run again with the value of one variable put right after one statement: if all
gradients are right then, nothing after it was wrong, and if everything before it was recognised,
that statement is the one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from micrograd_np.compare.finding.target import Target
from micrograd_np.compare.finding.targets import general
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.following import Quantity
from micrograd_np.compare.running.hand import Change
from micrograd_np.compare.running.meanings import MOST_SUBSETS, Known, of_paths, subsets
from micrograd_np.compare.running.paths import Unassignable, assign
from micrograd_np.compare.running.wanted import names_it, stems, tokens

Array = NDArray[Any]

MOST_PROPOSALS = 40
"""How many right values are tried for one statement."""


# --- what a value should have been ---------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Proposal:
    """What a statement should have written.

    Attributes
    ----------
    values
        Each time it is run.
    known
        What that is.
    factor, factor_text
        So many times that.
    """

    values: list[Array]
    known: list[Known]
    factor: float = 1.0
    factor_text: str = ""


def proposals(case: Case, target: Target, factors: Sequence[tuple[float, str]]) -> list[Proposal]:
    """Return what a statement may have been meant to write, the likeliest first."""
    if len(target.steps) == 1:
        found = [([one], one) for one in case.meanings.known if one.kind != "value"]
        rows = [row for row, one in found if _fits(target, 0, one)]
    else:
        rows = [row for row in _families(case, target) if _all_fit(target, row)]
        mixed = _mixed(case, target)
        rows += [mixed] if mixed else []
    rows.sort(key=lambda row: _likeliness(target, row))
    return [
        Proposal([factor * one.array for one in row], list(row), factor, text)
        for row in rows[:MOST_PROPOSALS]
        for factor, text in factors
    ]


def _mixed(case: Case, target: Target) -> list[Known] | None:
    """Return what each run's own name says it should write, as in a helper of several layers."""
    row = []
    for called in target.called:
        named = [k for k in case.meanings.known
                 if k.kind == "adjoint" and names_it(called, k.quantity.path)]  # fmt: skip
        if not named:
            return None
        row.append(next((k for k in named if k.quantity.is_last), named[0]))
    return row


def _fits(target: Target, i: int, one: Known) -> bool:
    shape = target.values[i].shape
    return is_like(shape, one.array.shape) or names_it(target.called[i], one.quantity.path)


def is_like(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two shapes are the same but for lengths of 1, as where a factor is forgotten."""
    pairs = zip(shape, other, strict=False)
    return len(shape) == len(other) and all(a == b or 1 in (a, b) for a, b in pairs)


def _all_fit(target: Target, row: Sequence[Known]) -> bool:
    return all(_fits(target, i, one) for i, one in enumerate(row))


def _likeliness(target: Target, row: Sequence[Known]) -> tuple[Any, ...]:
    one = row[0]
    named = names_it(target.called[0], one.quantity.path)
    return (
        not named,
        one.array.shape != target.values[0].shape,
        {"adjoint": 0, "part": 1, "sum": 2, "value": 3}[one.kind],
        one.is_hidden,
        not one.quantity.is_last,
    )


def _families(case: Case, target: Target) -> Iterator[list[Known]]:
    """Yield what a statement in a loop may have been meant to write, time after time."""
    count = len(target.steps)
    shapes = {value.shape for value in target.values}
    names = {name[-1] for called in target.called for name in stems(called)}
    groups: dict[tuple[str, str, int, int], list[Quantity]] = {}
    order: dict[tuple[str, int, tuple[int, ...]], int] = {}
    for hidden, quantities in ((0, case.followed.quantities), (1, case.followed.hidden)):
        for q in quantities:
            if q.adjoint is None:
                continue
            alike = any(is_like(shape, q.adjoint.shape) for shape in shapes)
            if not alike and tokens(q.path)[-1] not in names:
                continue
            place = 0
            if hidden:
                at = (q.path, q.lineno, q.iteration)
                order[at] = place = order.get(at, -1) + 1
            name = general(q.path)
            key = (q.function, name, q.lineno, place + 1000 * hidden)
            groups.setdefault(key, []).append(q)
    by_path: dict[tuple[str, str], list[Quantity]] = {}
    for (function, path, _, place), members in groups.items():
        if place < 1000:
            by_path.setdefault((function, path), []).extend(members)
    rows = [*groups.values(), *(m for m in by_path.values() if m not in groups.values())]
    for members in rows:
        named = any(names_it(called, members[0].path) for called in set(target.called))
        yield from _in_order(members, count, named)
        if len(members) == 1:
            yield from _running(members[0], count)


def _in_order(members: list[Quantity], count: int, named: bool) -> Iterator[list[Known]]:
    """Yield gradients in the order of a loop or the other; contributions to what is named too."""
    if not count <= len(members) <= count + 1:
        return
    hidden = not members[0].value.size
    for several in (members[:count], members[-count:]) if len(members) > count else (members,):
        for ordered in (several[::-1], several):
            yield [Known("adjoint", q, _full(q), (), hidden) for q in ordered]
            counts = {len(q.parts) for q in ordered}
            if not named or min(counts) == 0:
                continue
            if len(counts) == 1:
                for paths in subsets(min(counts)):
                    yield [_sum(q, paths, hidden) for q in ordered]
            else:  # the first or last has a path less
                for paths in _some(max(counts)):
                    yield [_sum(q, _within(paths, len(q.parts)), hidden) for q in ordered]


def _some(count: int) -> Iterator[tuple[int, ...]]:
    """Yield contributions counted from the end, by which items with fewer of them can be told."""
    for paths in subsets(min(count, MOST_SUBSETS)):
        yield paths
        yield tuple(i - count for i in paths)


def _within(paths: tuple[int, ...], count: int) -> tuple[int, ...]:
    """Return those of the contributions that there are, or the last one."""
    found = tuple(i % count for i in paths if -count <= i < count)
    return found or (count - 1,)


def _sum(q: Quantity, paths: tuple[int, ...], hidden: bool = False) -> Known:
    """Return the sum of some contributions to a gradient."""
    if len(paths) == len(q.parts):
        return Known("adjoint", q, _full(q), (), hidden)
    return of_paths(q, paths, hidden)


def _full(q: Quantity) -> Array:
    assert q.adjoint is not None
    return q.adjoint


def _running(q: Quantity, count: int) -> Iterator[list[Known]]:
    """Yield the contributions of the uses of one quantity: each, and summed up so far."""
    for first in range(len(q.parts) - count + 1):
        for order in (1, -1):
            places = list(range(first, first + count))[::order]
            others = [i for i in range(len(q.parts)) if i not in places]
            for start in ([], others) if others else ([],):
                yield [_sum(q, (*start, *places[: i + 1])) for i in range(count)]
            if count > 1:
                yield [_sum(q, (i,)) for i in places]


# --- forcing -------------------------------------------------------------------------------------


@dataclass(eq=False)
class Forced:
    """Puts a variable right after a statement, each time that is run."""

    target: Target
    values: list[Array]
    count: int = 0

    def reset(self) -> None:
        """Begin anew."""
        self.count = 0

    def __call__(self, node: ast.stmt, namespace: dict[str, Any]) -> None:
        """Put the variable right if this is the statement."""
        if node is not self.target.node:
            return
        place, self.count = self.count, self.count + 1
        if place < len(self.values):
            assign(namespace, self.target.paths[place], self.values[place])


@dataclass(frozen=True, eq=False)
class Suspect:
    """A statement after which a right value makes gradients right.

    Attributes
    ----------
    target
        The statement and what it wrote.
    proposal
        What it should have written.
    left
        The gradients that are wrong all the same.
    is_omission
        Whether what it wrote was recognised: something is missing after it.
    """

    target: Target
    proposal: Proposal
    left: frozenset[str]
    is_omission: bool

    @property
    def is_named(self) -> bool:
        """Whether what it should have written is what the variable is called for."""
        return self.target.is_named_for(self.proposal.known[0])


def try_forced(case: Case, changes: Sequence[Forced]) -> set[str] | None:
    """Return what is wrong when values are put right."""
    for change in changes:
        change.reset()
    try:
        return case.try_with(change=all_of(changes))
    except Unassignable:
        return None


def all_of(forced: Sequence[Forced]) -> Change | None:
    """Return what puts all of these right; None if there are none."""
    if not forced:
        return None

    def change(node: ast.stmt, _iteration: tuple[int, ...], namespace: dict[str, Any]) -> None:
        for one in forced:
            one(node, namespace)

    return change
