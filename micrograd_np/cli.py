"""The command ``micrograd-np``."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from micrograd_np.cli_options import (
    AGREES,
    BAD_USAGE,
    DISAGREES,
    BadInput,
    Parser,
    number,
    whole,
)
from micrograd_np.cli_progress import Progress

MOST_HIDDEN = 10**5
"""More hidden units than this fill the memory of a computer before they show anything."""


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
    given = list(sys.argv[1:] if argv is None else argv)
    name = "micrograd-np"
    try:
        if given[:1] == ["derive"]:
            from micrograd_np import cli_derive

            name += " derive"
            output = cli_derive.run(given[1:])
            found = True
        elif given[:1] == ["compare"]:
            from micrograd_np import cli_compare

            name += " compare"
            found, output = cli_compare.run(given[1:])
        elif given[:1] == ["explore"]:
            from micrograd_np import cli_explore

            name += " explore"
            cli_explore.run(given[1:])
            found, output = True, ""
        elif given[:1] == ["verify"]:
            from micrograd_np import cli_verify

            name += " verify"
            found, output = cli_verify.run(given[1:])
        else:
            found, output = _explain(_parser().parse_args(given))
    except BadInput as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        return BAD_USAGE
    try:
        if output:
            print(output, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # The reader of the output may have gone, as in `micrograd-np | head`; or the disk is full.
        if not isinstance(error, BrokenPipeError):
            print(f"{name}: error: the output cannot be written: {error.strerror}", file=sys.stderr)
            return BAD_USAGE
    return AGREES if found else DISAGREES


def _explain(arguments: argparse.Namespace) -> tuple[bool, str]:
    """Run the main job; return whether everything agrees, and what to print."""
    # Imported here so that --help and bad usage answer at once.
    from micrograd_np.compare.demo import job, problem, text

    chosen = {name: getattr(arguments, name) for name in job.Options.__dataclass_fields__}
    own = arguments.rows is not None
    try:
        data = problem.from_csv(arguments.rows, arguments.seed) if own else problem.from_iris()
        with Progress(arguments.steps, "training") as progress:
            found = job.run(data, job.Options(**chosen), own_data=own, progress=progress.show)
    except problem.BadInput as error:
        raise BadInput(error) from None
    except MemoryError:
        raise BadInput(f"not enough memory for --hidden {arguments.hidden}") from None
    if arguments.json:
        return found.ok, json.dumps(job.as_json(found), indent=1, allow_nan=False)
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return found.ok, text.report(found, colour)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="micrograd-np",
        description="Explain the backward pass of the post line by line, on its own network and "
        "iris, and check each line against automatic differentiation, against PyTorch where it is "
        "installed, and against complex step; then train with both gradients.",
        epilog="`micrograd-np compare FILE.py` says which line of a backward pass is wrong, "
        "`micrograd-np derive FILE.py:function` writes one, `micrograd-np explore` shows all this "
        "on a page, `micrograd-np verify` tries on this computer that everything agrees; "
        "`--help` after each says how. "
        "Exit status: 0 if everything agrees, 1 if not, 2 for bad usage.",
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
        type=whole(1, MOST_HIDDEN),
        default=6,
        metavar="H",
        help="hidden units (default: 6)",
    )
    add(
        "--seed",
        type=whole(0),
        default=0,
        metavar="S",
        help="draws the weights, and which rows of --rows train; 0 with 6 hidden units on iris "
        "gives the weights of the post (default: 0)",
    )
    add("--lr", type=number(0, False), default=1e-2, help="learning rate (default: 0.01)")
    add("--reg", type=number(0, True), default=1e-3, help="regularization (default: 0.001)")
    add("--steps", type=whole(1), default=2000, metavar="N", help="of training (default: 2000)")
    add("--dtype", choices=("float32", "float64"), default="float64", help="default: float64")
    add("--json", action="store_true", help="print everything as JSON")
    return parser
