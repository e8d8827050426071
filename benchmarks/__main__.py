"""The command line of the benchmarks: ``python -m benchmarks [case ...] [--rounds N] [--list]``."""

import argparse
import importlib
import os
import platform
import sys

from benchmarks import CASES

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="case", help="what to time; all by default")
    parser.add_argument("--list", action="store_true", help="name the cases and time nothing")
    parser.add_argument("--rounds", type=int, default=100, help="how many (default: 100)")
    parser.add_argument("--block", type=int, default=50, help="steps per round (default: 50)")
    parser.add_argument("--threads", type=int, choices=(1, 2), default=1, help="(default: 1)")
    options = parser.parse_args(argv)
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        parser.error(f"no case {', '.join(unknown)}; there are: {', '.join(CASES)}")
    if options.rounds < 2 or options.block < 1:
        parser.error("--rounds takes 2 or more, for a spread; --block takes 1 or more")
    return options


def main(argv: list[str] | None = None) -> int:
    """Run the cases asked for.

    Parameters
    ----------
    argv
        The arguments of the command line; those of the process by default.

    Returns
    -------
    int
        0; 1 if the contenders of a case do not compute the same, so that it was not timed.
    """
    options = _arguments(argv)
    if options.list:
        for name, what in CASES.items():
            print(f"{name:12}{what}")
        return 0

    # The libraries that multiply matrices read these once, when NumPy is imported.
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(options.threads)))
    from benchmarks import timing

    print(f"Python {platform.python_version()}, {options.threads} thread(s)")
    status = 0
    for name in options.cases or CASES:
        module = importlib.import_module(f"benchmarks.{name}")
        try:
            if hasattr(module, "report"):
                print(module.report(options.threads, options.rounds, options.block))
            else:
                print(timing.report(module.case(options.threads), options.rounds, options.block))
        except timing.Disagreement as error:
            print(error, file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
