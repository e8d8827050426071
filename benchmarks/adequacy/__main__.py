"""How many small mistakes in the sources the tests notice: ``python -m benchmarks.adequacy``.

Makes mutants of the derivative rules, the engine and the hand-written side, runs on each the tests
that reach what was changed, and lists those that no test kills. What is known is kept in .adequacy:
a mutant is judged again if its file has changed, or the test that killed it, or, where it has
survived, any test that reaches it. Exit status: 0 if at least 98 % of the mutants of micrograd_np
are killed, not counting equivalent ones; 1 if not; 2 if it could not be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
os.environ.update(dict.fromkeys(_THREADS, "1"))  # before NumPy is imported

from benchmarks.adequacy import report  # noqa: E402
from benchmarks.adequacy.children import Failed  # noqa: E402
from benchmarks.adequacy.equivalent import EQUIVALENT, reasons  # noqa: E402
from benchmarks.adequacy.measure import CACHE, Plan, Project, measured  # noqa: E402
from benchmarks.adequacy.mutants import Mutant  # noqa: E402
from benchmarks.adequacy.report import Judged  # noqa: E402
from benchmarks.adequacy.sessions import APART  # noqa: E402
from benchmarks.adequacy.verdicts import Verdicts  # noqa: E402

ROOT = Path(__file__).parents[2]
ENOUGH = 0.98
COUNTED = "micrograd_np/"
"""Where the files are whose rate decides the exit status."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what is asked for, and print it.

    Parameters
    ----------
    argv
        The arguments of the command line; those of the process by default.

    Returns
    -------
    int
        The exit status.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    root = options.root.resolve()
    project = Project.of(root)
    files = [_relative(file, root) for file in options.file] or list(project.texts)
    for file in files:
        if file not in project.texts:
            parser.error(f"--file {file}: no file that is mutated; see --list")
    try:
        known = reasons(project.mutants, EQUIVALENT if root == ROOT else ())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    mutants = {file: project.mutants[file][:: options.every] for file in files}
    if options.list:
        _list(mutants, known)
        return 0
    if options.fresh:
        shutil.rmtree(root / CACHE, ignore_errors=True)
    print(report.operators(mutants), file=sys.stderr)
    chosen = {
        file: [it for it in own if (file, it.key) not in known] for file, own in mutants.items()
    }
    tests = [_relative(test, root) for test in options.tests]
    plan = Plan(chosen, tests, options.seconds, options.jobs, _progress)
    began = time.monotonic()
    try:
        verdicts = measured(project, plan)
    except Failed as error:
        print(error, file=sys.stderr)
        return 2
    print(f"measured in {time.monotonic() - began:.0f} s", file=sys.stderr)
    found = {file: _judged(own, verdicts[file], known) for file, own in mutants.items()}
    if options.json:
        print(json.dumps(report.data(found), indent=2))
    else:
        _print(project, found)
    counted = [it for file, own in found.items() if file.startswith(COUNTED) for it in own]
    return 0 if report.row("", counted).rate >= ENOUGH else 1


def _judged(
    mutants: Sequence[Mutant], verdicts: Verdicts, known: Mapping[tuple[str, str], str]
) -> list[Judged]:
    return [
        Judged(it, verdicts.known.get(it.key), known.get((it.path, it.key), "")) for it in mutants
    ]


def _list(mutants: Mapping[str, Sequence[Mutant]], known: Mapping[tuple[str, str], str]) -> None:
    for file, own in mutants.items():
        for it in own:
            mark = "equivalent " if (file, it.key) in known else ""
            old, new = (text.replace("\n", " / ") for text in (it.old, it.new))
            print(f"{file}:{it.lineno}: {mark}{it.operator}: {old}  ->  {new}")
    print(report.operators(mutants))


def _print(project: Project, found: Mapping[str, Sequence[Judged]]) -> None:
    left = [it for own in found.values() for it in own if not (it.verdict and it.verdict.killed)]
    for it in sorted(left, key=lambda it: not it.reason):  # what is to be done stands last
        print(report.survivor(it, project.texts[it.mutant.path]))
    print(report.table(found))


def _relative(file: Path, root: Path) -> str:
    path = file.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(file)


class _Silent:
    """Stands for a progress bar where tqdm is not installed."""

    def __enter__(self) -> _Silent:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def update(self, _count: int) -> None:
        """Do nothing."""


def _progress(total: int, what: str) -> object:
    try:
        from tqdm import tqdm  # type: ignore[import-untyped]
    except ImportError:
        print(f"{what}: {total}", file=sys.stderr)
        return _Silent()
    return tqdm(total=total, desc=what, mininterval=1.0, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adequacy", description=__doc__)
    add = parser.add_argument
    add(
        "tests",
        type=Path,
        nargs="*",
        help=f"files and folders (default: all but {', '.join(APART)})",
    )
    add("--file", type=Path, action="append", default=[], help="mutate this one; may be repeated")
    add("--list", action="store_true", help="list the mutants and run nothing")
    add("--json", action="store_true", help="print everything as JSON")
    add("--fresh", action="store_true", help="forget what is known from earlier runs")
    add("--every", type=int, default=1, metavar="N", help="only every Nth mutant of a file")
    add("--jobs", type=int, default=2, help="how many processes at a time (default: 2)")
    add("--seconds", type=float, default=20.0, help="for one mutant at the most (default: 20)")
    add("--root", type=Path, default=ROOT, help="the project (default: the one this is part of)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
