"""What has come of the mutants of a file, kept in a file between runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.adequacy.closures import digest, file_of
from benchmarks.adequacy.mutants import Mutant
from benchmarks.adequacy.order import tests_of
from benchmarks.adequacy.reach import Reach


@dataclass(frozen=True)
class Verdict:
    """What has come of a mutant.

    Attributes
    ----------
    killed
        Whether a test has failed.
    how
        "fails", "hangs" or "crashes": what the test did; "import": nothing could be imported any
        more. Of a survivor: "passes", if all tests did that reach it; "late", if there was no time
        for all of them; "unreached", if there are none.
    test
        Which test has killed it, or was the next one when there was no more time.
    seconds
        How long that took.
    most
        If it is late, how much of the processor's time there was.
    tests
        A hash of the tests on which this depends.
    """

    killed: bool
    how: str
    test: str = ""
    seconds: float = 0.0
    most: float = 0.0
    tests: str = ""


@dataclass
class Verdicts:
    """The verdicts on the mutants of one file.

    Attributes
    ----------
    file
        Where they are kept.
    source
        A hash of the source that has been mutated.
    known
        The verdicts, by the key of the mutant.
    before
        Which test killed what in an earlier run, and is worth being run first.
    """

    file: Path
    source: str
    known: dict[str, Verdict] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path, path: str, source: str) -> Verdicts:
        """Return what is known of a file with this hash."""
        file = folder / f"{path.replace('/', '.')}.json"
        made = cls(file, source)
        if file.exists():
            kept = json.loads(file.read_text(encoding="utf-8"))
            known = {key: Verdict(**facts) for key, facts in kept["mutants"].items()}
            made.before = {key: it.test for key, it in known.items() if it.killed and it.test}
            if kept["source"] == source:
                made.known = known
        return made

    def write(self) -> None:
        """Keep them."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        facts = {key: asdict(verdict) for key, verdict in self.known.items()}
        text = json.dumps({"source": self.source, "mutants": facts}, indent=1)
        self.file.write_text(text, encoding="utf-8")

    def forget_changed(self, mutants: Sequence[Mutant], reach: Reach, seconds: float) -> None:
        """Forget the verdicts on mutants that other tests, or more time for them, might change.

        A mutant that was killed stays so while the test that killed it is the same; one that has
        survived, while all tests that reach it are.
        """
        for mutant in mutants:
            verdict = self.known.get(mutant.key)
            if verdict is not None:
                has_changed = verdict.tests != depends_on(verdict, mutant, reach)
                if has_changed or (verdict.how == "late" and verdict.most < seconds):
                    del self.known[mutant.key]


def depends_on(verdict: Verdict, mutant: Mutant, reach: Reach) -> str:
    """Return a hash of the tests on which a verdict depends."""
    if verdict.killed:
        known = reach.tests.get(verdict.test)
        if verdict.test and (known is None or not known.passed):
            return "gone"
        return reach.closures.of_test(verdict.test) if verdict.test else ""
    tests = tests_of(mutant, reach)
    files = sorted(set(map(file_of, tests)))
    together = [*sorted(tests), *(reach.closures.of(file) for file in files)]
    return digest("\n".join(together).encode())
