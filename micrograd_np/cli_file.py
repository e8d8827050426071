"""A file of the user's: run as a module, its functions found, its errors told in one line."""

import contextlib
import inspect
import linecache
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from micrograd_np.cli_options import BadInput

MODULE = "a file of the user"
"""Under this name it stands in `sys.modules`: no import statement can name another so."""

EXAMPLE = "example_inputs"


@contextlib.contextmanager
def loaded(path: Path) -> Iterator[ModuleType]:
    """Run a file as a module, and keep its folder first in the search for others meanwhile.

    What it guards by ``if __name__ == "__main__"`` does not run, and no compiled copy is left
    beside it, nor beside the files that it imports; these are forgotten afterwards.

    Raises
    ------
    BadInput
        If it cannot be read, or does not run; the message names the line.
    """
    try:
        code = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from None
    linecache.checkcache(str(path))
    module = ModuleType(MODULE)
    module.__file__ = str(path)
    folder = str(path.parent.absolute())
    sys.path.insert(0, folder)
    sys.modules[MODULE] = module
    known, writes = set(sys.modules), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        with explained(path):
            exec(compile(code, str(path), "exec", dont_inherit=True), module.__dict__)
        yield module
    finally:
        sys.dont_write_bytecode = writes
        for name in sys.modules.keys() - known:
            place = getattr(sys.modules[name], "__file__", None)
            if place is not None and str(Path(place).parent) == folder:
                del sys.modules[name]
        del sys.modules[MODULE]
        with contextlib.suppress(ValueError):  # where the file has taken it out itself
            sys.path.remove(folder)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Run what is the user's: errors become a BadInput, prints go to standard error."""
    try:
        with warnings.catch_warnings(), _apart():
            warnings.simplefilter("ignore")
            yield
    except (Exception, SystemExit) as error:
        raise BadInput(explain(error, path)) from error


@contextlib.contextmanager
def _apart() -> Iterator[None]:
    """Send to standard error what is printed, by other programs and compiled code, too."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # there is none, or no standard error
        kept = -1
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        if kept >= 0:
            os.dup2(kept, 1)
            os.close(kept)


def explain(error: BaseException, path: Path) -> str:
    """Return what happened in one line, beginning with the line of the file where it did."""
    kind = type(error).__name__
    if isinstance(error, SyntaxError) and error.filename == str(path):
        place = f"{path.name}:{error.lineno}" if error.lineno else path.name
        return f"{place}: {kind}: {error.msg}"
    message = one_line(error)
    if re.match(r"\S+:\d+: ", message):
        return message  # the library has named the line
    line = _line(error, path)
    if not line and isinstance(error, (TypeError, ValueError, NotImplementedError)):
        return f"{path.name}: {message}"  # the library's, on what it was given
    return f"{line or path.name}: {kind}" + (f": {message}" if message else "")


def one_line(error: BaseException) -> str:
    """Return the message of an error without line breaks."""
    return " ".join(str(error).split())


def _line(error: BaseException, path: Path) -> str:
    """Return the last line of the file that was running, and what it says."""
    found = ""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == str(path):
            text = linecache.getline(str(path), traceback.tb_lineno).strip()
            found = f"{path.name}:{traceback.tb_lineno}" + (f": `{text}`" if text else "")
        traceback = traceback.tb_next
    return found


def function(module: ModuleType, path: Path, name: str) -> Callable[..., Any]:
    """Return the function of that name.

    Raises
    ------
    BadInput
        If there is none; the message names those that there are.
    """
    found = getattr(module, name, None) if name else None
    if callable(found) and not inspect.isclass(found):
        return found  # type: ignore[no-any-return]  # whatever the user has named so
    others = own_functions(module)
    there = f"it has {', '.join(others)}" if others else "it defines no function"
    if not name:
        example = others[0] if others else "loss"
        raise BadInput(f"{path}: which function? Write {path}:{example}; {there}")
    if found is None:
        raise BadInput(f"{path}: has no function {name!r}; {there}")
    raise BadInput(f"{path}: {name!r} is not a function but {_kind(found)}; {there}")


def own_functions(module: ModuleType) -> list[str]:
    """Return the names of the functions that a file defines, but for `example_inputs`."""
    return [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == MODULE and name != EXAMPLE
    ]


def _kind(value: Any) -> str:
    return "a class" if inspect.isclass(value) else f"of type {type(value).__name__}"


def example_inputs(module: ModuleType, path: Path) -> tuple[Any, ...] | dict[str, Any] | None:
    """Return what the function `example_inputs` of the file returns; None if there is none.

    Raises
    ------
    BadInput
        If it is neither a tuple nor a list nor a dict.
    """
    make = getattr(module, EXAMPLE, None)
    if make is None:
        return None
    if not callable(make):
        raise BadInput(
            f"{path}: {EXAMPLE} is {_kind(make)}; write a function that returns the arguments as a "
            "tuple, or as a dict by their names"
        )
    with explained(path):
        made = make()
    if isinstance(made, dict):
        return made
    if isinstance(made, (tuple, list)):
        return tuple(made)
    raise BadInput(
        f"{path}: {EXAMPLE}() returned something that is {_kind(made)}; return the arguments as "
        "a tuple, or as a dict by their names"
    )
