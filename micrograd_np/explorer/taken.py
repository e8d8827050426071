"""What the lines of a backward pass did: each one's value, and how it was made."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.code import Code, names_read, names_written
from micrograd_np.compare.running.hand import Step, record
from micrograd_np.compare.running.stepping import OutOfTime, UserError
from micrograd_np.compare.running.subject import State, Subject
from micrograd_np.explorer.terms import Term, changed, loaded, term_of

Array = NDArray[Any]

_METHODS = {
    "astype", "clip", "copy", "dot", "flatten", "max", "mean", "min", "ravel", "reshape",
    "squeeze", "std", "sum", "transpose", "var",
}  # fmt: skip
"""Methods of arrays that change nothing, so that a part of a line may be evaluated once more."""


_NUMBERS = (np.ndarray, np.number, int, float)


@dataclass(frozen=True, eq=False)
class Taken:
    """One run of a statement.

    Attributes
    ----------
    step
        What it has written.
    name
        The variable that it has written, "" if it has written none.
    value
        What that holds afterwards, None if it has written none.
    term
        How that was made, None if it is not known.
    read
        The numbers and arrays that it has read, before it was run: by name, items of containers
        and attributes as they are written.
    """

    step: Step
    name: str
    value: Array | None
    term: Term | None
    read: Mapping[str, Any] = field(default_factory=dict)


def take(
    subject: Subject, state: State, deadline: float | None = None
) -> tuple[list[Taken], UserError | OutOfTime | None]:
    """Run the backward pass line by line.

    Returns
    -------
    list, error
        The statements in the order in which they were run, and what has stopped them, or None.
    """
    begun: list[_Begun] = []  # a line that calls a helper function ends after the lines of that
    ended: list[_Begun] = []

    def before(
        node: ast.stmt, code: Code, _iteration: tuple[int, ...], namespace: dict[str, Any]
    ) -> None:
        term = term_of(node, lambda part: _evaluated(part, code, namespace))
        begun.append(_Begun(node, term, dict(_read(node, code, namespace))))

    def change(node: ast.stmt, _iteration: tuple[int, ...], _namespace: dict[str, Any]) -> None:
        while begun[-1].node is not node:  # that one has raised an error, which was caught
            begun.pop()
        ended.append(begun.pop())

    steps: list[Step] = []
    error: UserError | OutOfTime | None = None
    try:
        with np.errstate(all="ignore"):
            record(subject, state, change, deadline=deadline, steps=steps, before=before)
    except (UserError, OutOfTime) as raised:
        error = raised
    pairs = zip(steps, ended[: len(steps)], strict=True)
    return [_taken(step, one.term, one.read) for step, one in pairs], error


class _Begun(NamedTuple):
    """A statement before it was run: how it will make its value, and what it reads."""

    node: ast.stmt
    term: Term | None
    read: dict[str, Any]


def _read(
    node: ast.stmt, code: Code, namespace: dict[str, Any]
) -> Iterator[tuple[str, np.number[Any] | Array]]:
    """Yield the numbers and arrays that a statement reads, those that it writes into included."""
    for name in names_read(node) | names_written(node):
        value = namespace.get(name)
        if isinstance(value, _NUMBERS):
            yield name, np.copy(value)[()]
    for part in ast.walk(node):
        if isinstance(part, (ast.Attribute, ast.Subscript)):
            with contextlib.suppress(Exception):  # what is not there yet
                value = _evaluated(loaded(part), code, namespace)
                root = part.value
                if isinstance(value, _NUMBERS) and not _is_of_array(root, code, namespace):
                    yield ast.unparse(part), np.copy(value)[()]


def is_item(part: ast.Attribute | ast.Subscript) -> bool:
    """Whether an expression names an attribute, or an item by a constant, of a variable."""
    node: ast.expr = part
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
            return False
        node = node.value
    return isinstance(node, ast.Name)


def _is_of_array(root: ast.expr, code: Code, namespace: dict[str, Any]) -> bool:
    """Whether something is asked of an array or a module, as ``x.T``, ``x.shape[0]``, ``np.pi``."""
    value = _evaluated(loaded(root), code, namespace)
    if isinstance(root, (ast.Attribute, ast.Subscript)) and _is_of_array(
        root.value, code, namespace
    ):
        return True
    return isinstance(value, (np.ndarray, ModuleType))


def _taken(step: Step, term: Term | None, read: Mapping[str, Any]) -> Taken:
    written = names_written(step.node)
    path = next((p for p in step.writes if p in written), next(iter(step.writes), None))
    if path is None:
        return Taken(step, "", None, None, read)
    value = step.writes[path]
    if term is None or not _is_same(term.value, value):  # that of a part, or of a call anew
        before = read.get(path)
        is_like = before is not None and np.shape(before) == value.shape
        term = changed(path, np.asarray(before), value) if is_like else None
    return Taken(step, path, value, term, read)


def _is_same(made: Array, value: Array) -> bool:
    return made.shape == value.shape and np.array_equal(
        made, value, equal_nan=value.dtype.kind == "f"
    )


def _evaluated(part: ast.expr, code: Code, namespace: dict[str, Any]) -> Any:
    """Return what a part of a line is.

    Raises
    ------
    ValueError
        If it calls what may change something.
    """
    for node in ast.walk(part):
        if isinstance(node, (ast.NamedExpr, ast.Await, ast.Lambda)):
            raise ValueError("not evaluated by itself")
        if isinstance(node, ast.Call) and not _is_harmless(node.func, namespace):
            raise ValueError("not evaluated by itself")
    tree = ast.Expression(ast.fix_missing_locations(code.outside(part)))
    return eval(compile(tree, code.file, "eval"), namespace)


def _is_harmless(function: ast.expr, namespace: Mapping[str, Any]) -> bool:
    """Whether calling a function twice does what calling it once does: NumPy's, but random ones."""
    if not isinstance(function, ast.Attribute):
        return isinstance(function, ast.Name) and function.id in ("len", "range", "float", "int")
    parts: list[str] = [function.attr]
    root = function.value
    while isinstance(root, ast.Attribute):
        parts.append(root.attr)
        root = root.value
    if isinstance(root, ast.Name) and namespace.get(root.id) is np:
        return "random" not in parts
    return function.attr in _METHODS
