"""What one line of a backward pass writes, and whether that is recognised."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.case import Case
from micrograd_np.compare.running.code import each_target
from micrograd_np.compare.running.hand import Step
from micrograd_np.compare.running.meanings import Known, Reading
from micrograd_np.compare.running.wanted import names_it

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
        if self.is_result or adds(self.node):
            return False
        return all(map(self.is_right, range(len(self.values))))

    def is_right(self, run: int) -> bool:
        """Whether a run writes the gradient that it is called for."""
        one = self.reading(run)
        return (
            one is not None
            and one.known.kind == "adjoint"
            and not (one.factor_text or one.form or one.known.is_hidden)
            and names_it(self.called[run], one.known.quantity.path)
        )

    def is_gradient(self, run: int) -> bool:
        """Whether a run writes a gradient, or a part of one, for certain."""
        one = self.reading(run)
        is_array = self.values[run].size > 1
        return one is not None and is_plain(one) and one.known.kind != "value" and is_array

    def is_turned(self, run: int) -> bool:
        """Whether a run writes the transpose of a gradient, or of a part of one."""
        one = self.reading(run)
        return one is not None and one.form == "transposed" and one.known.kind != "value"

    def misses_zero(self, case: Case, run: int) -> bool:
        """Whether it is called for a gradient that is zero whatever the data, and is not that."""
        vanish = self.vanish(case, run)
        return run not in self.zeros and bool(vanish) and all(vanish)

    def vanish(self, case: Case, run: int) -> list[bool]:
        """Return of each gradient of this shape that it is called for whether it is always zero.

        Lengths of 1 do not count: where a maximum is kept as a column, its gradient may be a row.
        """
        shape, called = np.squeeze(self.values[run]).shape, self.called[run]
        return [
            q.is_zero or case.meanings.is_zero(q.gradient)
            for q in case.followed.quantities
            if q.adjoint is not None
            and np.squeeze(q.adjoint).shape == shape
            and names_it(called, q.path)
        ]

    def meant_values(self, case: Case, run: int) -> list[Array]:
        """Return the values that it is called for, if it takes over another: ``k = cache["q"]``."""
        if run not in self.plain or not isinstance(self.node, ast.Assign):
            return []
        value = self.node.value
        taken = value.elts if isinstance(value, ast.Tuple) else [value]
        if not all(map(is_taken_over, taken)):
            return []
        called = self.called[run]
        named = [q.value for q in case.followed.quantities if q.path == called and not q.function]
        is_it = any(np.array_equal(self.values[run], one) for one in named)
        return [] if is_it else named

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


def adds(node: ast.stmt) -> bool:
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


def is_taken_over(value: ast.AST) -> bool:
    """Whether what is assigned is a variable or a part of one, or a copy of it."""
    if isinstance(value, ast.Assign):
        return is_taken_over(value.value)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        return value.func.attr == "copy" and is_taken_over(value.func.value)
    return isinstance(value, (ast.Name, ast.Attribute, ast.Subscript))
