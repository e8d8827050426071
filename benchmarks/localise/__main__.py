"""``python -m benchmarks.localise``: how well mg.compare finds mistakes in backward passes."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from benchmarks.localise import measure
from benchmarks.localise.measure import Bug, Outcome
from benchmarks.localise.mistakes import PASSES


def main(argv: Sequence[str] | None = None) -> int:
    """Run the measurement that is asked for, and print a table.

    Parameters
    ----------
    argv
        The arguments of the command line; those of the process by default.

    Returns
    -------
    int
        0, or 1 if a correct pass was called wrong.
    """
    options = _parser().parse_args(argv)
    files = options.passes or sorted(path.stem for path in PASSES.glob("*.py"))
    alarms = [file for file in files if not _is_ok(file)]
    for file in alarms:
        print(f"FALSE ALARM: {file}")
    if options.correct:
        draws = [(files[i % len(files)], i) for i in range(options.correct)]
        with ProcessPoolExecutor(options.jobs) as pool:
            said = [one for one in pool.map(measure.false_alarm, draws, chunksize=4) if one]
        print("\n".join([*said, f"{len(said)} false alarms in {options.correct} draws"]))
        return 1 if said or alarms else 0
    bugs: list[Bug] = []
    if options.mutants or not options.mistakes:
        bugs += measure.mechanical(files)
    if options.mistakes or not options.mutants:
        bugs += measure.mistakes(files)
    if options.every > 1:
        bugs = bugs[:: options.every]
    with ProcessPoolExecutor(options.jobs) as pool:
        outcome = partial(measure.outcome, box=options.seconds)
        found = list(pool.map(outcome, bugs, chunksize=4))
    print(table(found))
    if options.misses:
        for one in found:
            if one.status == "broken" or (one.status == "wrong" and not _is_perfect(one)):
                print(miss(one))
    return 1 if alarms else 0


def _is_ok(file: str) -> bool:
    return bool(measure.compared(measure.module_of(measure.correct(file), file)).ok)


def _is_perfect(one: Outcome) -> bool:
    return one.exact and one.classified and one.repaired


def miss(one: Outcome) -> str:
    """Return one line about a bug that was not dealt with completely."""
    marks = "".join(
        mark if good else "-"
        for mark, good in (("e", one.exact), ("k", one.classified), ("r", one.repaired))
    )
    return (
        f"{marks} {one.bug.file}:{one.bug.lineno} {'/'.join(sorted(one.bug.kinds))}: "
        f"{one.bug.what} | {one.status}: {one.said} ({one.seconds:.1f} s)"
    )


def table(found: Iterable[Outcome]) -> str:
    """Return the counts by pass."""
    found = list(found)
    head = ("pass", "bugs", "raise", "same", "found", "line", "kind", "repair", "seconds")
    rows = [head]
    for file in [*dict.fromkeys(one.bug.file for one in found), "all"]:
        own = [one for one in found if file in (one.bug.file, "all")]
        status = Counter(one.status for one in own)
        wrong = [one for one in own if one.status in ("wrong", "broken")]
        count = max(len(wrong), 1)
        rows.append(
            (
                file,
                str(len(own)),
                str(status["raises"]),
                str(status["same"]),
                *(
                    f"{100 * sum(getattr(one, name) for one in wrong) / count:.1f}%"
                    for name in ("detected", "exact", "classified", "repaired")
                ),
                f"{sorted(one.seconds for one in own)[len(own) // 2]:.2f}",
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.rjust(width) if i else cell.ljust(width)
                  for i, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.localise", description=__doc__)
    add = parser.add_argument
    add("passes", nargs="*", help="which backward passes (default: all)")
    add("--mistakes", action="store_true", help="only those that people make")
    add("--mutants", action="store_true", help="only mechanical ones")
    add("--correct", type=int, default=0, metavar="N", help="N random draws of correct code")
    add("--every", type=int, default=1, metavar="N", help="only every Nth of them")
    add("--jobs", type=int, default=2, help="how many at a time (default: 2)")
    add("--seconds", type=float, default=2.0, help="how long to look for a repair (default: 2)")
    add("--misses", action="store_true", help="list what was not found, named or repaired")
    return parser


if __name__ == "__main__":
    sys.exit(main())
