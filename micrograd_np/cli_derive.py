"""The command ``micrograd-np derive``: the backward pass of a function in a file, written out."""

import argparse
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from micrograd_np import cli_file
from micrograd_np.cli_inputs import Call, Draw
from micrograd_np.cli_options import BadInput, Parser, whole

if TYPE_CHECKING:
    from micrograd_np.program import Program

MOST_ELEMENTS = 10**7
"""An example needs no more: the program that comes out holds for other lengths."""

DTYPES = {"int": "int64", "float32": "float32", "float64": "float64"}

DESCRIPTION = """\
Write the backward pass of a function of yours: a Python function in plain NumPy that returns the
result and its gradients. The function takes arrays and numbers and returns one array or number
made of them by NumPy functions. What it is given are examples: they decide how many axes there
are, and the program holds for other values and, where the function allows it, other lengths.
"""

EPILOG = """\
Inputs: a function `example_inputs` in the file returns them, as a tuple in the order of the
parameters or as a dict by their names. --shape and --value come before it; if they give all that
has no default, it is not called. Parameters with a default that are not given keep it.

  micrograd-np derive net.py:loss
  micrograd-np derive net.py:loss --shape X=90,4 --shape y=90:int --shape W=4,3 --value reg=0.001
  micrograd-np derive net.py:loss --wrt W1,b1 --numpy --latex

Exit status: 0, or 2 if the command, the file or the function is not understood.
"""


def run(given: Sequence[str]) -> str:
    """Run the command; return what to print.

    Raises
    ------
    BadInput
        If the file, the function or its inputs cannot be worked on.
    """
    options = _parser().parse_args(given)
    # Imported here so that --help and bad usage answer at once, and before the folder of the
    # user's file, which may hold a module of any name, is searched.
    from micrograd_np import program

    path, name = options.target
    with cli_file.loaded(path) as module:
        call = Call(cli_file.function(module, path, name), f"{path}:{name}")
        inputs = call.chosen(options.shape, options.value)
        if call.missing(inputs) or not inputs:
            inputs = call.examples(cli_file.example_inputs(module, path)) | inputs
        call.give(inputs, options.seed)
        found = _derived(program.derive, call, options)
    try:
        return _written(found, options)
    except (ValueError, TypeError, NotImplementedError) as error:  # what has no way to be written
        raise BadInput(cli_file.explain(error, path)) from error


def _derived(
    derive: Callable[..., "Program"], call: Call, options: argparse.Namespace
) -> "Program":
    import numpy as np

    argnums = call.positions(options.wrt)
    names = _renaming(options.name)
    try:
        # Examples are drawn from all numbers: what is undefined for some is not worth a warning.
        with cli_file.explained(options.target[0]), np.errstate(all="ignore"):
            return derive(call.function, *call.values, argnums=argnums, names=names)
    except BadInput as error:
        file = options.target[0].name
        raise BadInput(str(error).replace(f"{file}: names: ", "--name: ")) from error


# --- what is asked for --------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="micrograd-np derive",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("target", type=_target, metavar="FILE.py:function", help="the function, and where it is")
    add(
        "--shape",
        type=_shape,
        action="append",
        default=[],
        metavar="NAME=LENGTHS",
        help="draw an input: X=90,4 from the normal distribution, y=90:int zeros and ones, "
        "X=90,4:float32 in that dtype; once for each input",
    )
    add(
        "--value",
        type=_value,
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="an input that is a number: reg=0.001",
    )
    add("--seed", type=whole(0), default=0, metavar="S", help="draws the inputs (default: 0)")
    add(
        "--wrt",
        type=lambda text: text.split(","),
        metavar="NAMES",
        help="what to differentiate by: W1,b1 (default: every floating-point input)",
    )
    add(
        "--name",
        type=_renamed,
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="call a value of the program otherwise: t1=centred",
    )
    add("--numpy", action="store_true", help="print the source in NumPy (default)")
    add("--torch", action="store_true", help="print the forward pass as source in torch")
    add("--latex", action="store_true", help="print the mathematics as LaTeX")
    add("--table", action="store_true", help="print the statements as a table")
    add("--json", action="store_true", help="print everything as JSON, whatever else is asked for")
    return parser


def _target(text: str) -> tuple[Path, str]:
    file, colon, name = text.rpartition(":")
    return (Path(file), name) if colon and name.isidentifier() else (Path(text.rstrip(":")), "")


def _assigned(text: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and name.isidentifier()):
        raise argparse.ArgumentTypeError(f"must be {example}, got {text!r}")
    return name, value


def _shape(text: str) -> tuple[str, Draw]:
    example = "NAME=LENGTHS such as X=90,4 or y=90:int"
    name, value = _assigned(text, example)
    lengths, colon, dtype = value.partition(":")
    try:
        shape = tuple(int(length) for length in lengths.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be {example} (a number is given by --value {name}=0.5), got {text!r}"
        ) from None
    if min(shape) < 1 or math.prod(shape) > MOST_ELEMENTS:
        raise argparse.ArgumentTypeError(
            f"must have lengths from 1 on and at most {MOST_ELEMENTS:,} elements, got {text!r}"
        )
    if colon and dtype not in DTYPES:
        raise argparse.ArgumentTypeError(
            f"must end in nothing or one of :{', :'.join(DTYPES)}, got {text!r}"
        )
    return name, Draw(shape, DTYPES[dtype or "float64"])


def _value(text: str) -> tuple[str, float]:
    name, value = _assigned(text, "NAME=NUMBER such as reg=0.001")
    try:
        number: float = int(value)
    except ValueError:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"must be NAME=NUMBER such as reg=0.001, got {text!r}")
    return name, number


def _renamed(text: str) -> tuple[str, str]:
    return _assigned(text, "OLD=NEW such as t1=centred")


def _renaming(pairs: Sequence[tuple[str, str]]) -> dict[str, str] | None:
    names = [old for old, _ in pairs]
    for old in names:
        if names.count(old) > 1:
            raise BadInput(f"--name {old}: it is renamed twice")
    return dict(pairs) or None


# --- what is printed ----------------------------------------------------------------------------


def _written(program: "Program", options: argparse.Namespace) -> str:
    if options.json:
        return json.dumps(as_json(program), indent=1)
    makers: dict[str, Callable[[], str]] = {
        "numpy": lambda: program.source(),
        "torch": lambda: program.source("torch"),
        "latex": lambda: program.latex(),
        "table": lambda: str(program),
    }
    asked = [name for name in makers if getattr(options, name)] or ["numpy"]
    return "\n\n".join(makers[name]().rstrip("\n") for name in asked)


def as_json(program: "Program") -> dict[str, Any]:
    """Return a program as plain dicts and lists, for ``json.dumps``.

    What cannot be written, as a function that torch does not have, is null, and `missing` says why.
    """
    missing: dict[str, str] = {}

    def written(name: str, make: Callable[[], str]) -> str | None:
        try:
            return make()
        except (ValueError, TypeError, NotImplementedError) as error:
            missing[name] = cli_file.one_line(error)
            return None

    phases = (("forward", program.forward), ("backward", program.backward))
    return {
        "inputs": [_described(item) for item in program.inputs],
        "statements": [
            _described(it)
            | {"text": it.text, "operands": list(it.operands)}
            | {"phase": phase, "line": it.line.number if it.line else None}
            | {"file": it.line.file if it.line else None}
            for phase, statements in phases
            for it in statements
        ],
        "outputs": list(program.outputs),
        "source": written("source", lambda: program.source()),
        "latex": written("latex", lambda: program.latex()),
        "torch": written("torch", lambda: program.source("torch")),
        "missing": missing,
    }


def _described(item: Any) -> dict[str, Any]:
    return {"name": item.name, "shape": list(item.shape), "dtype": str(item.dtype)}
