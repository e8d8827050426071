"""What the lines of a backward pass write, and what of it is recognised."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from micrograd_np.compare.finding.benign import find_benign
from micrograd_np.compare.finding.target import Target, adds
from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import names_read
from micrograd_np.compare.running.hand import Step
from micrograd_np.compare.running.paths import stem
from micrograd_np.compare.running.stepping import RETURNED
from micrograd_np.compare.running.wanted import is_called_gradient

Array = NDArray[Any]


def targets(case: Case, steps: Sequence[Step], wrong: Collection[str] = ()) -> list[Target]:
    """Return what each statement has written, in the order in which they were first run.

    Parameters
    ----------
    case
        The inputs.
    steps
        The run.
    wrong
        The names of the gradients that are wrong at the end.
    """
    found: dict[tuple[ast.stmt, str], Target] = {}
    returned = {w.path: w.name for w in case.wanted}
    local = _returned_by(steps, returned)
    gradients = {f"d{stem(q.path)}" for q in case.followed.quantities}  # what is handed over, too
    tainted: set[str] = set()
    for step in steps:
        seen: set[str] = set()
        for path, value in step.writes.items():
            if isinstance(step.node, ast.Return) and not _computes(step):
                continue
            result = ""
            is_assigned = any("(" not in one for one in step.results)
            takes_or_gives = bool(step.given & gradients) or is_assigned
            if path.startswith(RETURNED) and step.depth and takes_or_gives:
                result = _result(step, path)
            if path.startswith(RETURNED) and path not in returned and not result:
                continue
            key = (step.node, path if path.startswith(RETURNED) else general(path))
            if key[1] in seen:
                continue
            seen.add(key[1])
            target = found.setdefault(key, Target(step.node, [], [], []))
            target.steps.append(step)
            target.paths.append(path)
            if value.dtype.kind == "f" and case.meanings.is_zero(value):
                target.zeros.add(len(target.values))
            if not value.shape and case.meanings.factor_text(float(value)):
                target.numbers.add(len(target.values))
            target.values.append(value)
            called = result or step.outer.get(path, path)
            if called != path or not step.depth:
                called = returned.get(path, local.get(called, called))
            target.called.append(called)
            target.readings.append(case.meanings.read(value, called))
            if any(reading.known.kind != "value" for reading in target.readings[-1]):
                gradients.add(stem(path))
            read = names_read(step.node) | {stem(path)}
            if (
                read & tainted
                or step.given & tainted
                or any(map(is_called_gradient, (*read, called)))
            ):
                tainted.add(stem(path))
            elif value.dtype.kind == "f":
                target.plain.add(len(target.values) - 1)
    results = {w.name for w in case.wanted if w.name in wrong}
    last: dict[str, Target] = {}
    for target in found.values():
        for called in target.called:
            last[called] = target
    for called, target in last.items():
        target.is_result = called == target.called[-1] and called in results
    made = list(found.values())
    _find_running(made)
    _find_lost(case, made)
    find_benign(made, steps)
    return made


def _returned_by(steps: Sequence[Step], returned: Mapping[str, str]) -> dict[str, str]:
    """Return which local variables are returned as which gradients."""
    last = next((one.node for one in reversed(steps) if not one.depth), None)
    if not isinstance(last, ast.Return) or last.value is None:
        return {}
    return {
        held + path[len(place) :]: name
        for place, held in _places(last.value, RETURNED)
        for path, name in returned.items()
        if path == place or path.startswith((f"{place}[", f"{place}."))
    }


def _places(value: ast.expr, path: str) -> Iterator[tuple[str, str]]:
    """Yield which part of what is returned is which variable or item of one."""
    if isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)):
        yield path, ast.unparse(value)
    elif isinstance(value, (ast.Tuple, ast.List)):
        for i, item in enumerate(value.elts):
            yield from _places(item, f"{path}[{i}]")
    elif isinstance(value, ast.Dict):
        for key, item in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant):
                yield from _places(item, f"{path}[{key.value!r}]")


def _computes(step: Step) -> bool:
    """Whether what is returned is computed there, and not only named."""
    node = step.node
    assert isinstance(node, ast.Return)
    if node.value is None:
        return False
    parts = ast.walk(node.value)
    return any(isinstance(part, (ast.BinOp, ast.UnaryOp, ast.Call)) for part in parts)


def _result(step: Step, path: str) -> str:
    """Return what a helper function's caller calls a result that is computed in its return."""
    value = step.node.value if isinstance(step.node, ast.Return) else None
    several = isinstance(value, ast.Tuple) and len(value.elts) == len(step.results)
    for i, called in enumerate(step.results):
        one = value.elts[i] if isinstance(value, ast.Tuple) and several else value
        if path == (f"{RETURNED}[{i}]" if several else RETURNED):
            return "" if isinstance(one, (ast.Name, ast.Attribute, ast.Subscript)) else called
    return ""


def _find_lost(case: Case, made: Sequence[Target]) -> None:
    added = {(target.steps[0].code, target.path) for target in made if adds(target.node)}
    for target in made:
        if target.is_start or (target.steps[0].code, target.path) in added:
            continue
        for i in target.zeros:
            vanish = target.vanish(case, i)
            if vanish:
                (target.vanishing if any(vanish) else target.lost).add(i)


def _find_running(made: Sequence[Target]) -> None:
    begun = {target.path for target in made if len(target.values) > 1 and not adds(target.node)}
    for target in made:
        same_path = len(target.values) > 1 and len(set(target.paths)) == 1
        is_sum = adds(target.node) and not _is_made_of_itself(target.node)
        target.is_running = same_path and is_sum and target.path not in begun


def _is_made_of_itself(node: ast.stmt) -> bool:
    """Whether a variable is made of what it was, and not by adding: ``dout = layer(dout)``."""
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], (ast.Name, ast.Tuple))
        and not (
            isinstance(node.value, ast.BinOp) and isinstance(node.value.op, (ast.Add, ast.Sub))
        )
    )


def general(path: str) -> str:
    """Return a path with its numbers left out, by which items of a list are one family."""
    return re.sub(r"-?\d+", "#", path)
