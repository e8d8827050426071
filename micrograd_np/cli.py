"""The command ``micrograd-np``."""

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

AGREES, DISAGREES, BAD_USAGE = 0, 1, 2

MOST_HIDDEN = 10**5
"""More hidden units than this fill the memory of a computer before they show anything."""


class _Parser(argparse.ArgumentParser):
    """A parser that reports bad usage in one line."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: error: {message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(BAD_USAGE)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv
        The arguments; by default those of the process.

    Returns
    -------
    int
        The exit status: 0 if everything agrees, 1 if not, 2 for bad usage.
    """
    arguments = _parser().parse_args(argv)
    try:
        found, output = _explain(arguments)
    except _BadInput as error:
        print(f"micrograd-np: error: {error}", file=sys.stderr)
        return BAD_USAGE
    try:
        print(output, flush=True)
    except BrokenPipeError:  # the reader of the output has gone, as in `micrograd-np | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return AGREES if found else DISAGREES


class _BadInput(Exception):
    """What the user gave cannot be worked on."""


def _explain(arguments: argparse.Namespace) -> tuple[bool, str]:
    """Run the main job; return whether everything agrees, and what to print."""
    # Imported here so that --help and bad usage answer at once.
    from micrograd_np.compare.demo import job, problem, text

    chosen = {name: getattr(arguments, name) for name in job.Options.__dataclass_fields__}
    own = arguments.rows is not None
    try:
        data = problem.from_csv(arguments.rows, arguments.seed) if own else problem.from_iris()
        with _Progress(arguments.steps) as progress:
            found = job.run(data, job.Options(**chosen), own_data=own, progress=progress.show)
    except problem.BadInput as error:
        raise _BadInput(error) from None
    except MemoryError:
        raise _BadInput(f"not enough memory for --hidden {arguments.hidden}") from None
    if arguments.json:
        return found.ok, json.dumps(job.as_json(found), indent=1, allow_nan=False)
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return found.ok, text.report(found, colour)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="micrograd-np",
        description="Explain the backward pass of the post line by line, on its own network and "
        "iris, and check each line against automatic differentiation, against PyTorch where it is "
        "installed, and against complex step; then train with both gradients.",
        epilog="Exit status: 0 if everything agrees, 1 if not, 2 for bad usage.",
    )
    add = parser.add_argument
    add(
        "--rows",
        type=Path,
        metavar="FILE.csv",
        help="your own data: numeric columns, the last column the label, with or without a "
        "header; 60%% of the rows train (default: iris)",
    )
    add(
        "--hidden",
        type=_whole(1, MOST_HIDDEN),
        default=6,
        metavar="H",
        help="hidden units (default: 6)",
    )
    add(
        "--seed",
        type=_whole(0),
        default=0,
        metavar="S",
        help="draws the weights, and which rows of --rows train; 0 with 6 hidden units on iris "
        "gives the weights of the post (default: 0)",
    )
    add("--lr", type=_number(0, False), default=1e-2, help="learning rate (default: 0.01)")
    add("--reg", type=_number(0, True), default=1e-3, help="regularization (default: 0.001)")
    add("--steps", type=_whole(1), default=2000, metavar="N", help="of training (default: 2000)")
    add("--dtype", choices=("float32", "float64"), default="float64", help="default: float64")
    add("--json", action="store_true", help="print everything as JSON")
    return parser


def _whole(least: int, most: float = math.inf) -> Callable[[str], int]:
    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            bound = f"of at least {least}" if number < least else f"of at most {most}"
            raise argparse.ArgumentTypeError(f"must be a whole number {bound}, got {text!r}")
        return number

    return convert


def _number(least: float, inclusive: bool) -> Callable[[str], float]:
    def convert(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and (number > least or (inclusive and number == least))):
            bound = "at least" if inclusive else "greater than"
            raise argparse.ArgumentTypeError(f"must be a number {bound} {least:g}, got {text!r}")
        return number

    return convert


class _Progress:
    """A bar on standard error while training, if that and the output are a terminal."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.shown = sys.stderr.isatty() and sys.stdout.isatty()

    def __enter__(self) -> "_Progress":
        return self

    def show(self, done: int) -> None:
        """Draw the bar with `done` steps taken."""
        if self.shown:
            bar = "#" * (30 * done // self.total)
            sys.stderr.write(f"\rtraining [{bar:30}] {done}/{self.total}")
            sys.stderr.flush()

    def __exit__(self, *_: object) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
