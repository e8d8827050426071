"""What the lines of a backward pass write, and what of it is recognised."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import each_target, names_read, names_written, reads, simple
from micrograd_np.compare.running.hand import Step
from micrograd_np.compare.running.meanings import Known, Reading
from micrograd_np.compare.running.paths import stem
from micrograd_np.compare.running.stepping import RETURNED
from micrograd_np.compare.running.wanted import names_it, stems

Array = NDArray[Any]


@dataclass(eq=False)
class Target:
    """What one statement writes, every time it is run.

    Attributes
    ----------
    node
        The statement.
    steps
        Its runs.
    paths
        What each of them wrote.
    readings
        What each value may be, the likeliest first.
    called
        By what names the results of a helper function are known where it is called.
    values
        The values written.
    zeros
        The runs in which it wrote zeros, but for rounding.
    numbers
        The runs in which it wrote a number that the inputs have, or a length.
    lost, vanishing
        Those of them in which what it is called for has a gradient, and in which that is zero
        whatever the data.
    plain
        The runs in which no gradient is in it, nor is it called for one: a value, whatever it is.
    is_result
        Whether the last of them stands as a gradient at the end, and is wrong.
    is_benign
        Whether a line that reads it is recognised, so that it is right, whatever it is.
    is_running
        Whether it adds to the same variable again and again, which no other line in the loop
        begins anew.
    """

    node: ast.stmt
    steps: list[Step]
    paths: list[str]
    readings: list[list[Reading]]
    called: list[str] = field(default_factory=list)
    values: list[Array] = field(default_factory=list)
    zeros: set[int] = field(default_factory=set)
    numbers: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    vanishing: set[int] = field(default_factory=set)
    plain: set[int] = field(default_factory=set)
    is_result: bool = False
    is_benign: bool = False
    is_running: bool = False

    @property
    def path(self) -> str:
        """What it wrote first."""
        return self.paths[0]

    def is_named_for(self, known: Known) -> bool:
        """Whether the variable is called for a quantity."""
        return names_it(self.called[0], known.quantity.path)

    @property
    def is_known(self) -> bool:
        """Whether every value is recognised, zeros and numbers that are no gradients included."""
        return self.first_unknown is None

    @property
    def first_unknown(self) -> int | None:
        """The first run in which what it wrote is not recognised.

        What is added up in a loop, in an order of its own, counts by what it is in the end.
        """
        if self.is_benign:
            return None
        if self.is_running and self.knows(len(self.values) - 1) and not self.is_result:
            return None
        for i in range(len(self.values)):
            if not self.knows(i):
                return i
        return len(self.values) - 1 if self.is_result else None

    def reading(self, run: int) -> Reading | None:
        """Return the likeliest of what a run may have written, None if it is not recognised."""
        return next(iter(self.readings[run]), None)

    def knows(self, i: int) -> bool:
        """Whether what a run wrote is recognised."""
        found = self.readings[i]
        if i in self.numbers or (i in self.plain and not found):
            return True
        if _is_trivial(self.values[i]) or i in self.zeros:
            if i in self.lost or i in self.vanishing:
                return i in self.vanishing
            return self.is_start or any(not _is_trivial(value) for value in self.values)
        return bool(found) and is_plain(found[0])

    @property
    def is_start(self) -> bool:
        """Whether it makes zeros, to be added to, or no floating-point number."""
        if any(value.dtype.kind != "f" or np.any(value) for value in self.values):
            return self.values[0].dtype.kind != "f"
        calls = (n for n in ast.walk(self.node) if isinstance(n, ast.Call))
        names = {ast.unparse(call.func).rpartition(".")[2] for call in calls}
        numbers = [n for n in ast.walk(self.node) if isinstance(n, ast.Constant)]
        made = any(name.startswith(("zeros", "empty", "full")) for name in names)
        return made or any(n.value == 0 for n in numbers)

    @property
    def is_as_named(self) -> bool:
        """Whether it always writes what it is called for: an edit would only make up for others."""
        if self.is_result or _adds(self.node):
            return False
        read = (self.reading(run) for run in range(len(self.values)))
        return all(
            one is not None
            and one.known.kind == "adjoint"
            and not (one.factor_text or one.form or one.known.is_hidden)
            and names_it(called, one.known.quantity.path)
            for one, called in zip(read, self.called, strict=True)
        )

    def misses_zero(self, case: Case, run: int) -> bool:
        """Whether it is called for a gradient that is zero whatever the data, and is not that."""
        if run in self.zeros:
            return False
        named = [
            q
            for q in case.followed.quantities
            if q.adjoint is not None
            and q.adjoint.shape == self.values[run].shape
            and names_it(self.called[run], q.path)
        ]
        return bool(named) and all(q.is_zero or case.meanings.is_zero(q.gradient) for q in named)

    def is_misnamed(self, case: Case, run: int) -> bool:
        """Whether its variable is called for a gradient of this shape that it does not hold."""
        size, called = self.values[run].size, self.called[run]
        if any(names_it(called, reading.known.quantity.path) for reading in self.readings[run]):
            return False
        sizes = {
            known.array.size
            for known in case.meanings.known
            if known.kind == "adjoint" and names_it(called, known.quantity.path)
        }
        return size in sizes or (bool(sizes) and self.values[run].size > 1)


def is_plain(reading: Reading) -> bool:
    """Whether a reading needs no explanation.

    It is in the same form, and what it lacks is at most the division by a length, or by another
    number that has a name.
    """
    text = reading.factor_text
    if text is None or reading.form not in ("", "squeezed"):
        return False
    return text == "" or (text[0].isalpha() and (reading.factor > 1 or "/" not in text))


def _is_trivial(value: Array) -> bool:
    return value.dtype.kind != "f" or not np.any(value)


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
            if read & tainted or step.given & tainted or any(map(_is_called_so, (*read, called))):
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
    _find_benign(made, steps)
    return made


def _is_called_so(name: str) -> bool:
    """Whether a variable is called as gradients are."""
    return bool(stems(name)) or name.startswith(("d", "grad", "delta", "g_", "err"))


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
    gradients = case.followed.quantities
    added = {(target.steps[0].code, target.path) for target in made if _adds(target.node)}
    for target in made:
        if target.is_start or (target.steps[0].code, target.path) in added:
            continue
        for i, value in enumerate(target.values):
            if i in target.zeros:
                called = [q for q in gradients
                          if q.adjoint is not None and q.adjoint.shape == value.shape
                          and names_it(target.called[i], q.path)]  # fmt: skip
                vanish = [q.is_zero or case.meanings.is_zero(q.gradient) for q in called]
                if called and not any(vanish):
                    target.lost.add(i)
                elif called:
                    target.vanishing.add(i)


def _find_running(made: Sequence[Target]) -> None:
    begun = {target.path for target in made if len(target.values) > 1 and not _adds(target.node)}
    for target in made:
        same_path = len(target.values) > 1 and len(set(target.paths)) == 1
        target.is_running = same_path and _adds(target.node) and target.path not in begun


def _adds(node: ast.stmt) -> bool:
    """Whether a statement changes what is there."""
    if not isinstance(node, ast.Assign):
        return not isinstance(node, ast.Return)
    written = [one for target in node.targets for one in each_target(target)]
    names = {ast.unparse(one) for one in written if _is_whole(one)}
    read = {
        ast.unparse(n) for n in ast.walk(node.value) if isinstance(n, (ast.Name, ast.Subscript))
    }
    return len(names) < len(written) or bool(names & read)


def _is_whole(target: ast.expr) -> bool:
    """Whether a variable or an item of a dict is assigned to, and no part of an array."""
    if isinstance(target, ast.Subscript):
        return isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str)
    return isinstance(target, ast.Name)


def _find_benign(made: Sequence[Target], steps: Sequence[Step]) -> None:
    """Tell which values are right though they are nothing known: what they lead to is."""
    place = {step: i for i, step in enumerate(steps)}
    known: dict[tuple[Step, str], bool] = {}
    for target in made:
        for i, step in enumerate(target.steps):
            known[step, target.paths[i]] = _is_gradient(target, i)

    def is_known(step: Step) -> bool:
        return all(known.get((step, path), False) for path in step.writes) and bool(step.writes)

    right: set[tuple[Step, str]] = set()

    def is_passed_on(value: Array, step: Step) -> bool:
        """Whether a step takes over a value that is found right there."""
        made = [now for path, now in step.writes.items() if (step, path) in right]
        return any(np.array_equal(now.ravel(), value.ravel()) for now in made)

    for target in reversed(made):  # so that it is known of what a value is passed on to
        run = target.first_unknown
        if run is None or target.is_result or run in target.lost:
            continue
        step, name = target.steps[run], stem(target.paths[run])
        for later in steps[place[step] + 1 :]:
            if later.depth < step.depth:  # the helper function has returned
                outside = _outside(step, target.paths[run])
                target.is_benign = any(known.get((later, path), False) for path in outside)
                target.is_benign |= _is_inside(step) and is_known(later)
                break
            if later.code is step.code and reads(later.node, target.paths[run]):
                if is_known(later) or is_passed_on(target.values[run], later):
                    target.is_benign = True
                    break
                if name in names_written(later.node) and later.node is not step.node:
                    break
        if target.is_benign:
            right.add((step, target.paths[run]))


def _is_inside(step: Step) -> bool:
    return step.caller is not None and step.caller.inside is not None


def _outside(step: Step, path: str) -> set[str]:
    """Return what the caller assigns of the results of a helper that a variable is a part of."""
    found = set()
    for node in simple(step.code.body):
        if isinstance(node, ast.Return) and node.value is not None:
            items = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for item, outer in zip(items, step.results, strict=False):
                if stem(path) in names_read(item) and (
                    "." not in path or path in ast.unparse(item)
                ):
                    found.add(outer)
    return found


def _is_gradient(target: Target, run: int) -> bool:
    """Whether a line has written a gradient, or a part of one, for certain."""
    found = target.readings[run]
    value = target.values[run]
    return bool(found) and is_plain(found[0]) and found[0].known.kind != "value" and value.size > 1


def general(path: str) -> str:
    """Return a path with its numbers left out, by which items of a list are one family."""
    return re.sub(r"-?\d+", "#", path)
