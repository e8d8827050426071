"""How often the wrong line is found, named and repaired."""

from __future__ import annotations

import ast
import linecache
import re
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks.localise.mistakes import MISTAKES, PASSES, source
from benchmarks.localise.mutants import EXPECTED_KINDS, mutants
from micrograd_np.compare import Report
from micrograd_np.compare.running.drawing import Drawer
from micrograd_np.compare.running.subject import Subject


@dataclass(frozen=True)
class Bug:
    """A file with one mistake in it.

    Attributes
    ----------
    file
        The name of the pass.
    text
        The text with the mistake.
    lineno
        Its line.
    kinds
        What it may rightly be called.
    what
        The mistake, for a person.
    is_gone
        Whether a line is left out: of it, the lines beside it are named.
    """

    file: str
    text: str
    lineno: int
    kinds: frozenset[str]
    what: str
    is_gone: bool = False


@dataclass(frozen=True)
class Outcome:
    """What was said of a bug.

    Attributes
    ----------
    bug
        The bug.
    status
        ``"same"``: no gradient is changed; ``"raises"``: it does not run; ``"wrong"``.
    detected, exact, classified, repaired
        Whether it was found, on the very line, by its kind, and with an edit that repairs it.
    said
        The line, kind and repair that were given.
    seconds
        How long it took.
    """

    bug: Bug
    status: str
    detected: bool = False
    exact: bool = False
    classified: bool = False
    repaired: bool = False
    said: str = ""
    seconds: float = 0.0


def mistakes(files: Sequence[str]) -> Iterator[Bug]:
    """Yield the mistakes that people make."""
    for mistake in MISTAKES:
        if mistake.file in files:
            text, lineno = source(mistake)
            what = f"{mistake.old.split(chr(10))[-1]} -> {mistake.new or '(gone)'}"
            kinds = frozenset({mistake.kind})
            yield Bug(mistake.file, text, lineno, kinds, what, not mistake.new)


def mechanical(files: Sequence[str]) -> Iterator[Bug]:
    """Yield mechanical changes."""
    for file in files:
        path = PASSES / f"{file}.py"
        for one in mutants(path.read_text(), str(path)):
            what = f"[{one.operator}] {one.old.strip()} -> {one.new.strip() or '(gone)'}"
            gone = one.operator == "delete"
            yield Bug(file, one.text, one.lineno, EXPECTED_KINDS[one.operator], what, gone)


def correct(file: str) -> str:
    """Return the text of a pass without a mistake."""
    return (PASSES / f"{file}.py").read_text()


_count = 0


def module_of(text: str, name: str) -> ModuleType:
    """Run a text as a module whose source can be found."""
    global _count
    _count += 1
    path = f"<{name} {_count}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    module = ModuleType(f"{name}_{_count}")
    sys.modules[module.__name__] = module
    exec(compile(text, path, "exec"), module.__dict__)
    return module


def functions(module: ModuleType) -> tuple[Any, Any]:
    """Return forward and backward; None for the latter if one function does both."""
    if hasattr(module, "backward"):
        return module.forward, module.backward
    own = [value for name, value in vars(module).items()
           if isinstance(value, FunctionType) and value.__module__ == module.__name__
           and name != "example_inputs"]  # fmt: skip
    return own[-1], None


def compared(module: ModuleType, inputs: Any = None, box: float = 2.0) -> Report:
    """Compare the functions of a module on its own inputs, or on others."""
    made = module.example_inputs() if inputs is None else inputs
    args, kwargs = ((), made) if isinstance(made, dict) else (made, {})
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return mg.compare(*functions(module), *args, seconds=box, **kwargs)


def false_alarm(draw: tuple[str, int]) -> str | None:
    """Compare a correct pass on random inputs; return what is said against it, None if nothing."""
    file, seed = draw
    module = module_of(correct(file), file)
    subject = Subject(*functions(module))
    made = module.example_inputs()
    args, kwargs = ((), made) if isinstance(made, dict) else (made, {})
    given = subject.bind(args, kwargs)
    drawer = Drawer(given, subject.runs)
    problems = drawer.problems(seed)
    inputs = next(problems) if seed % 2 else drawer.alike(seed)
    try:
        report = compared(module, inputs)
    except Exception as error:
        return f"{file}, draw {seed}: {type(error).__name__}: {error}"
    return None if report.ok else f"{file}, draw {seed}:\n{report}"


def outcome(bug: Bug, box: float = 2.0) -> Outcome:
    """Compare a file with a mistake, and tell how well it was found; `box` is for the repair."""
    begun = time.perf_counter()
    try:
        report = compared(module_of(bug.text, bug.file), box=box)
    except RuntimeError as error:
        return Outcome(bug, "raises", said=str(error).split("\n")[0])
    except Exception as error:
        return Outcome(bug, "broken", said=f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - begun
    line = report.first_wrong
    if report.ok:
        return Outcome(bug, "same", seconds=seconds)
    if line is None:
        return Outcome(bug, "wrong", detected=True, said="no line", seconds=seconds)
    changed = [row for row in (report.repair or "").splitlines()[3:] if row[:1] in "+-"]
    said = f"{line.lineno} {line.kind!r} {' '.join(changed)}"
    return Outcome(
        bug,
        "wrong",
        detected=True,
        exact=line.lineno in places(bug),
        classified=line.kind in bug.kinds,
        repaired=report.repair is not None,
        said=said,
        seconds=seconds,
    )


def places(bug: Bug) -> set[int]:
    """Return the lines that may be named.

    For a line that is gone: the statements before and after it, and the last one before it that
    writes the same variable.
    """
    statements = [n for n in ast.walk(ast.parse(bug.text)) if isinstance(n, ast.stmt)]
    simple = sorted(
        {(n.lineno, n.end_lineno or n.lineno) for n in statements if not hasattr(n, "body")}
    )
    if not bug.is_gone:
        inside = [first for first, last in simple if first <= bug.lineno <= last]
        return {bug.lineno, *inside}
    before = [first for first, _ in simple if first < bug.lineno]
    after = [first for first, _ in simple if first >= bug.lineno]
    gone = bug.what.removeprefix("[delete] ")
    added = re.match(r"np\.\w+\.at\((\w+)", gone)
    target = added[1] if added else gone.split("=")[0].strip(" +-*/").split("[")[0]
    writers = [
        n.lineno
        for n in statements
        if isinstance(n, (ast.Assign, ast.AugAssign))
        and n.lineno < bug.lineno
        and target
        in {
            name.strip().split("[")[0]
            for name in ast.unparse(n).split("=")[0].strip(" +-*/()").split(",")
        }
    ]
    return {*before[-1:], *after[:1], *([max(writers)] if writers else [])}
