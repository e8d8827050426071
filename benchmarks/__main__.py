"""The command line of the benchmarks: ``python -m benchmarks [case ...]``."""

import argparse
import importlib
import json
import os
import platform
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from benchmarks import CASES

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="case", help="what to time; all by default")
    parser.add_argument("--list", action="store_true", help="name the cases and time nothing")
    parser.add_argument("--rounds", type=int, help="how many (default: as the case needs)")
    parser.add_argument("--block", type=int, help="steps per round (default: 20 milliseconds)")
    parser.add_argument("--threads", type=int, choices=(1, 2), default=1, help="(default: 1)")
    parser.add_argument("--json", action="store_true", help="print what was measured as JSON")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the ratios into a file")
    options = parser.parse_args(argv)
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        parser.error(f"no case {', '.join(unknown)}; there are: {', '.join(CASES)}")
    if (options.rounds or 2) < 2 or (options.block or 1) < 1:
        parser.error("--rounds takes 2 or more, for a spread; --block takes 1 or more")
    if options.svg and find_spec("matplotlib") is None:
        parser.error("--svg draws with matplotlib: pip install micrograd-np[bench]")
    if options.svg and not options.svg.absolute().parent.is_dir():
        parser.error(f"--svg: there is no folder {options.svg.parent}")
    return options


def _limit(threads: int) -> None:
    """Let all libraries use so many threads: some read a variable, others count processors."""
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
    with suppress(AttributeError):  # only Linux has it
        available = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, available[:threads])


def main(argv: list[str] | None = None) -> int:
    """Run the cases asked for.

    Parameters
    ----------
    argv
        The arguments of the command line; those of the process by default.

    Returns
    -------
    int
        0; 1 if the contenders of a case do not compute the same, so that it was not timed, or if
        there is nothing to draw.
    """
    options = _arguments(argv)
    if options.list:
        for name, what in CASES.items():
            print(f"{name:14}{what}")
        return 0

    _limit(options.threads)  # before NumPy is imported, which happens here
    from benchmarks import peers, report, timing

    peers.use_threads(options.threads)
    head = f"Python {platform.python_version()}, {options.threads} thread(s)"
    out = sys.stderr if options.json else sys.stdout
    print(head, file=out, flush=True)
    status, found = 0, []
    for name in options.cases or CASES:
        module = importlib.import_module(f"benchmarks.{name}")
        try:
            if hasattr(module, "report"):
                text = module.report(options.threads, options.rounds or 20, options.block or 50)
                print(text, file=out, flush=True)
                continue
            for case in module.cases() if hasattr(module, "cases") else [module.case()]:
                result = timing.timed(case, options.rounds, options.block)
                found.append(report.data(result, options.threads))
                print(report.text(result), file=out, flush=True)
        except timing.Disagreement as error:
            print(error, file=sys.stderr)
            status = 1
    if options.json:
        print(json.dumps({"python": head, "cases": found}, indent=2))
    elif len(found) > 1:
        print(f"\n{report.markdown(found)}")
    if options.svg and found:
        report.picture(found, str(options.svg))
    elif options.svg:
        print("--svg: none of these cases has ratios that could be drawn", file=sys.stderr)
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
