"""The command ``micrograd-np compare``: which line of a backward pass is wrong, and why."""

import argparse
import importlib.util
import inspect
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from micrograd_np import cli_file
from micrograd_np.cli_options import BadInput, Parser, number

if TYPE_CHECKING:
    from micrograd_np.compare import Report

DESCRIPTION = """\
Compare a backward pass that you wrote by hand with automatic differentiation, line by line. The
file has a function `forward`, which returns the loss, a function `backward`, and a function
`example_inputs`, which returns the inputs of forward: a tuple in the order of its parameters, or a
dict by their names.

What backward names as parameters it is given by name: inputs of forward, and its local variables;
or what forward returns after the loss. The gradients are its variables d<name>, or what it returns.
Where one function does both, name it with --function: the backward pass begins after the loss.
"""

EPILOG = """\
  micrograd-np compare homework.py
  micrograd-np compare homework.py --hint line
  micrograd-np compare homework.py --set reg=0.1
  micrograd-np compare train.py --function step

Exit status: 0 if everything is right, 1 if a line is wrong, 2 if the command or the file is not
understood. The file is never written to.
"""

POLL = 0.3
"""Seconds between two looks at whether a watched file has changed."""


def run(given: list[str]) -> tuple[bool, str]:
    """Run the command; return whether everything is right, and what to print.

    Raises
    ------
    BadInput
        If the file or what is in it cannot be worked on.
    """
    options = _parser().parse_args(given)
    return (_watch(options), "") if options.watch else _once(options)


def _once(options: argparse.Namespace) -> tuple[bool, str]:
    # Imported here so that --help and bad usage answer at once, and before the folder of the
    # user's file, which may hold a module of any name, is searched.
    from micrograd_np import compare

    path = options.file
    if options.torch and importlib.util.find_spec("torch") is None:
        raise BadInput("--torch: PyTorch is not installed: pip install micrograd-np[torch]")
    with cli_file.loaded(path) as module:
        forward, backward = functions(module, path, options.function)
        args, kwargs = inputs(module, path, forward, options.set)
        into = [cli_file.function(module, path, name) for name in options.into] or None
        with cli_file.explained(path):
            report = compare(
                forward,
                backward,
                *args,
                into=into,
                seconds=options.seconds,
                torch=options.torch,
                **kwargs,
            )
        return report.ok, _written(report, options)


def _written(report: "Report", options: argparse.Namespace) -> str:
    from dataclasses import replace

    report = replace(report, hint=options.hint)
    if options.html is not None:
        if options.html.suffix == ".py" or options.html.resolve() == options.file.resolve():
            raise BadInput(
                f"--html {options.html}: no source is overwritten; name a page, as p.html"
            )
        try:
            report.to_html(options.html)
        except OSError as error:
            raise BadInput(f"--html {options.html}: {error.strerror or error}") from None
    if options.json:
        return report.to_json()
    return f"{report}\n\n{_smallest(report)}" if options.smallest and not report.ok else str(report)


def _smallest(report: "Report") -> str:
    """Return the exercise, without its answer where the line alone is to be told."""
    try:
        found = report.counterexample()
    except ModuleNotFoundError as error:
        raise BadInput(f"--smallest: {error}") from None
    if found is None:
        return "No small inputs were found that show it."
    return str(found.question) if report.hint == "line" else str(found)


def functions(module: ModuleType, path: Path, name: str | None) -> tuple[Any, Any]:
    """Return forward and backward of a file; of one function that does both, it and None.

    Raises
    ------
    BadInput
        If they are not there.
    """
    if name is not None:
        return cli_file.function(module, path, name), None
    if hasattr(module, "forward") and not hasattr(module, "backward"):
        forward = cli_file.function(module, path, "forward")
        variables = getattr(getattr(forward, "__code__", None), "co_varnames", ("d",))
        if not any(one.startswith(("d", "g")) for one in variables):
            raise BadInput(
                f"{path}: has no function backward, and forward computes no gradients after the "
                "loss: write backward, whose parameters are inputs and variables of forward"
            )
        return forward, None
    if not hasattr(module, "forward"):
        own = cli_file.own_functions(module)
        if len(own) == 1 and own[0] != "backward":
            return getattr(module, own[0]), None
        there = f"it has {', '.join(own)}" if own else "it defines no function"
        raise BadInput(
            f"{path}: has no function forward; {there}. Call them forward and backward, or name "
            "the one that does both with --function"
        )
    forward, backward = (cli_file.function(module, path, n) for n in ("forward", "backward"))
    return forward, backward


def inputs(
    module: ModuleType, path: Path, forward: Any, statements: Sequence[str]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the inputs that a file gives for its forward pass, by place and by name.

    Parameters
    ----------
    module, path
        The file.
    forward
        The forward pass.
    statements
        What changes them, as ``reg=0.1``.

    Raises
    ------
    BadInput
        If it gives none.
    """
    made = cli_file.example_inputs(module, path)
    if made is None:
        raise BadInput(
            f"{path}: write a function {cli_file.EXAMPLE} that returns the inputs of forward"
        )
    args, kwargs = (made, {}) if isinstance(made, tuple) else ((), made)
    for statement in statements:
        args, kwargs = _changed(forward, args, kwargs, statement)
    return args, kwargs


def _changed(
    forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any], statement: str
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the inputs by name after a statement of the command line."""
    from micrograd_np.compare.unseen.variations import changed

    names = list(inspect.signature(forward).parameters)
    if len(args) > len(names):
        return args, kwargs  # it does not take them, as compare will say
    inputs = dict(zip(names, args, strict=False)) | kwargs
    try:
        namespace = changed(inputs, statement)
    except Exception as error:  # whatever the statement raises
        kind = type(error).__name__
        raise BadInput(f"--set {statement}: {kind}: {cli_file.one_line(error)}") from None
    unknown = [n for n in namespace if n not in names and n not in inputs]
    if unknown:
        raise BadInput(
            f"--set {statement}: {forward.__name__} has no input {unknown[0]}; it has "
            f"{', '.join(names)}"
        )
    return (), namespace


def _watch(options: argparse.Namespace) -> bool:
    """Print a report each time that the file is saved, until interrupted.

    Returns whether everything was right in the last one.
    """
    seen, ok = 0, False
    try:
        while True:
            now = options.file.stat().st_mtime_ns if options.file.exists() else -1
            if now != seen:
                seen, ok = now, False
                try:
                    ok, text = _once(options)
                    print(f"{text}\n", flush=True)
                except BadInput as error:
                    print(f"micrograd-np compare: error: {error}\n", flush=True)
            time.sleep(POLL)
    except KeyboardInterrupt:
        return ok


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="micrograd-np compare",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("file", type=Path, metavar="FILE.py", help="the file with forward and backward")
    add("--function", metavar="NAME", help="one function with forward and backward in a row")
    add(
        "--hint",
        choices=("line", "kind", "fix"),
        default="fix",
        help="how much to tell of the first wrong line: which it is, what kind of mistake, or the "
        "edit that repairs it (default: fix)",
    )
    add(
        "--into",
        type=lambda text: text.split(","),
        default=[],
        metavar="NAMES",
        help="helper functions whose lines are looked at, too (default: those of the same file in "
        "which the mistake is)",
    )
    add(
        "--seconds",
        type=number(0, inclusive=True),
        default=2.0,
        metavar="S",
        help="how long to look for a repair (default: 2)",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="STATEMENT",
        help="change the inputs by a statement of Python, such as reg=0.1 or 'b1[3] = 1'; may be "
        "given again",
    )
    add("--torch", action="store_true", help="ask PyTorch for the gradients, too")
    add("--smallest", action="store_true", help="print the smallest inputs that show the mistake")
    add("--json", action="store_true", help="print the report as JSON")
    add("--html", type=Path, metavar="PATH", help="write the report as a page, too")
    add("--watch", action="store_true", help="run again each time that the file is saved")
    return parser
