"""The command ``micrograd-np verify``: the equivalence suite, on this computer, with evidence."""

import argparse
import importlib.util
import json
import os
import random
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from micrograd_np.cli_options import BadInput, Parser, whole
from micrograd_np.cli_progress import Progress

if TYPE_CHECKING:
    from micrograd_np.testing.property import Property
    from micrograd_np.testing.verification import Verification

DESCRIPTION = """\
Try on this computer that gradients written by hand, automatic ones and PyTorch's agree: for the
networks and layers whose backward pass is in the package `reference`, for every operation, for
random programs and for training; and print how far apart they ever were, and where.
"""

EPILOG = """\
  micrograd-np verify
  micrograd-np verify --thorough --html evidence.html
  micrograd-np verify --only convolution --examples 1000

Needs the extra [test]; without PyTorch, what needs it is left out and said so. Exit status: 0 if
all agree, 1 if not, 2 for bad usage or if nothing was tried, 130 if interrupted.
"""

NEEDED = ("hypothesis", "mpmath", "pytest")
INTERRUPTED = 130
"""The exit status of a command that an interrupt has ended, as shells count."""


def run(given: list[str]) -> tuple[bool, str]:
    """Run the command; return whether all agree, and what to print.

    Raises
    ------
    BadInput
        If what is needed is not installed, nothing is called as said, or the page cannot be
        written.
    """
    options = _parser().parse_args(given)
    absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if absent:
        raise BadInput(
            f"{' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} not installed: "
            "pip install 'micrograd-np[test]'"
        )
    if options.html is not None:
        _check_writable(options.html)
    # Read by NumPy's and PyTorch's libraries when they are imported: on arrays so small, threads
    # wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        found = _verified(options)
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    if found.ok and not found.examples:
        reasons = "; ".join({one.left_out: None for one in found.evidence})
        raise BadInput(f"nothing was tried: {reasons}")
    return found.ok, _told(found, options)


def _verified(options: argparse.Namespace) -> "Verification":
    # Imported here so that --help and bad usage answer at once.
    from micrograd_np.testing.verification import DEFAULT, THOROUGH, Budget, total, verify

    properties = _chosen(options.only)
    budget = THOROUGH if options.thorough else DEFAULT
    if options.examples is not None:
        budget = Budget(f"{options.examples} examples each", options.examples)
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    with Progress(total(properties, budget), "verifying") as progress:
        return verify(properties, budget, seed, progress.show, _command(options, seed))


def _command(options: argparse.Namespace, seed: int) -> str:
    """Return the command that tries the same again."""
    words = ["micrograd-np", "verify"]
    words += ["--thorough"] if options.thorough else []
    words += [] if options.examples is None else ["--examples", str(options.examples)]
    words += [] if options.only is None else ["--only", options.only]
    return shlex.join([*words, "--seed", str(seed)])


def _chosen(only: str | None) -> "list[Property]":
    from micrograd_np.testing.properties import PROPERTIES

    if only is None:
        return list(PROPERTIES)
    wanted = only.casefold()
    word = re.compile(rf"\b{re.escape(wanted)}\b")
    ways: tuple[Callable[[Property], object], ...] = (
        lambda prop: wanted in (prop.group, prop.family),
        lambda prop: word.search(prop.name.casefold()),  # tanh, and not arctanh
        lambda prop: wanted in prop.name.casefold(),
    )
    for fits in ways if wanted else ():
        found = [prop for prop in PROPERTIES if fits(prop)]
        exact = [prop for prop in found if prop.name.casefold() == wanted and not prop.family]
        if found:
            return exact or found
    raise BadInput(
        f"--only {only}: there is no such property; name a part of one, such as 'network of the "
        "post', a group, such as 'layers', or a family of operations, such as 'fft'"
    )


def _told(found: "Verification", options: argparse.Namespace) -> str:
    if options.html is not None:
        from micrograd_np.testing.report.page import page

        try:
            options.html.write_text(page(found), encoding="utf-8")
        except OSError as error:
            raise BadInput(f"--html {options.html}: {error.strerror or error}") from None
    if options.json:
        from micrograd_np.testing.report.data import as_json

        return json.dumps(as_json(found), indent=1, allow_nan=False)
    from micrograd_np.testing.report.text import report

    return report(found, options.brief)


def _check_writable(path: Path) -> None:
    """Refuse a page that cannot be written before the time is spent."""
    if path.is_dir():
        raise BadInput(f"--html {path}: is a folder; name a file in it, such as evidence.html")
    if path.suffix in (".py", ".toml", ".md"):
        raise BadInput(f"--html {path}: no source is overwritten; name a page, as evidence.html")
    if not path.absolute().parent.is_dir():
        raise BadInput(f"--html {path}: there is no folder {path.parent}")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="micrograd-np verify",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add, often = parser.add_argument, parser.add_mutually_exclusive_group()
    often.add_argument(
        "--thorough",
        action="store_true",
        help="more than 100,000 examples by three sides; takes most of an hour",
    )
    often.add_argument(
        "--examples",
        type=whole(1, 10**7),
        metavar="N",
        help="of each property, instead of the budget",
    )
    add(
        "--only",
        metavar="TEXT",
        help="a group (networks, layers, training, programs, operations), a family of operations "
        "(fft, nn, reductions, ...), or what has this word, or else this part of one, in its name",
    )
    add("--seed", type=whole(0, 2**64), metavar="S", help="draws the same examples again")
    add("--brief", action="store_true", help="a line for each property, not for each gradient")
    add("--json", action="store_true", help="print everything as JSON")
    add("--html", type=Path, metavar="FILE", help="write the evidence as a page, too")
    return parser
