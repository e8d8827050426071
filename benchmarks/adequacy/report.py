"""What was measured, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.adequacy.mutants import Mutant
from benchmarks.adequacy.verdicts import Verdict

HOW = {
    "passes": "all tests pass that reach it",
    "late": "there was no time for all tests that reach it",
    "unreached": "no test reaches it",
}


@dataclass(frozen=True)
class Judged:
    """A mutant and what has come of it: a verdict, or the reason why it is equivalent."""

    mutant: Mutant
    verdict: Verdict | None
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    file: str
    mutants: int
    killed: int
    survived: int
    equivalent: int

    @property
    def rate(self) -> float:
        """The share of the mutants that are killed, of those that can be."""
        return self.killed / max(self.mutants - self.equivalent, 1) if self.mutants else 1.0


def row(file: str, found: Sequence[Judged]) -> Row:
    """Count."""
    killed = sum(it.verdict is not None and it.verdict.killed for it in found)
    equivalent = sum(bool(it.reason) for it in found)
    return Row(file, len(found), killed, len(found) - killed - equivalent, equivalent)


def table(found: Mapping[str, Sequence[Judged]]) -> str:
    """Return the counts by file, and of all together."""
    rows = [row(file, own) for file, own in found.items()]
    rows.append(row("all", [it for own in found.values() for it in own]))
    width = max(len(it.file) for it in rows)
    head = f"{'file':{width}}  mutants  killed  survived  equivalent    rate"
    lines = (
        f"{it.file:{width}}  {it.mutants:7}  {it.killed:6}  {it.survived:8}  {it.equivalent:10}"
        f"  {it.rate:6.1%}"
        for it in rows
    )
    return "\n".join([head, *lines])


def operators(mutants: Mapping[str, Sequence[Mutant]]) -> str:
    """Return how many mutants each operator makes."""
    counts = Counter(it.operator for own in mutants.values() for it in own)
    lines = [f"{count:6}  {operator}" for operator, count in counts.most_common()]
    return "\n".join([*lines, f"{counts.total():6}  in all"])


def survivor(it: Judged, original: str) -> str:
    """Return what is said of a mutant that was not killed: why, and its diff."""
    mutant = it.mutant
    if it.reason:
        why = f"equivalent: {it.reason}"
    else:
        assert it.verdict is not None
        took = f" ({it.verdict.seconds:.1f} s)" if it.verdict.seconds else ""
        why = f"survived: {HOW[it.verdict.how]}{took}"
    return f"{mutant.path}:{mutant.lineno} {mutant.operator}, {why}\n{mutant.diff(original)}"


def data(found: Mapping[str, Sequence[Judged]]) -> dict[str, Any]:
    """Return all of it in a form that can be written as JSON."""
    return {
        file: {
            **asdict(row(file, own)),
            "rate": row(file, own).rate,
            "verdicts": [
                {
                    "line": it.mutant.lineno,
                    "operator": it.mutant.operator,
                    "old": it.mutant.old,
                    "new": it.mutant.new,
                    "killed": it.verdict is not None and it.verdict.killed,
                    "how": it.verdict.how if it.verdict else "equivalent",
                    "test": it.verdict.test if it.verdict else "",
                    "seconds": it.verdict.seconds if it.verdict else 0.0,
                    "reason": it.reason,
                }
                for it in own
            ],
        }
        for file, own in found.items()
    }
