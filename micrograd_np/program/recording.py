"""Recording: every operation becomes a statement on named values.

A :class:`Trace` is a ``mode(call=...)``: each operation hands it its operands and gets back what
stands for the result. Equal operations on equal operands are recorded once.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from micrograd_np.frames import (
    Line,
    assigned_name,
    library_frame,
    line_of,
    name_held,
    puts_back,
    user_frame,
)
from micrograd_np.graph import NOTHING
from micrograd_np.lifting import unfold
from micrograd_np.mode import Symbolic, mode, plain
from micrograd_np.operation import OPERATIONS, Operation
from micrograd_np.program.calls import as_called, computed, key_of
from micrograd_np.program.containers import inside, replaced
from micrograd_np.program.lengths import Fixed, result_shape
from micrograd_np.program.numbers import Axis, Compound, Number, Simple, atom, lone, of
from micrograd_np.program.traced import Take, Traced, TraceError
from micrograd_np.rules.reductions import expand
from micrograd_np.tensor import Tensor

_OWN_ARRAYS = (np.zeros, np.ones, np.empty, np.full)
"""What they make is written into: two of them are two arrays, though they are equal."""

TAKE = Operation(operator.getitem, "part", prints="{0}[{1}]")
"""Takes one of the several results of an operation."""

Rewrite = Callable[["Trace", Operation, tuple[Any, ...], dict[str, Any]], Any]


class Trace:
    """Records operations: a ``mode(call=...)``.

    Parameters
    ----------
    rewrite
        Returns a simpler value for an operation of the backward pass, or None.
    arrays_are_inputs
        Whether arrays that are not computed here are inputs, not constants.

    Attributes
    ----------
    refusal
        Why it cannot be recorded, even if the user's code has caught that error.
    """

    def __init__(self, rewrite: Rewrite | None = None, arrays_are_inputs: bool = False) -> None:
        self.arrays_are_inputs = arrays_are_inputs
        self.creates = True
        self.open = True
        self.refusal: TraceError | None = None
        self.backward = False
        self.values: list[Traced] = []
        self.fixed: dict[Simple, Line | None] = {}
        self.size_names: dict[Simple, str] = {}
        self.ties: list[tuple[Any, Any]] = []
        self._numbers: dict[Any, Traced] = {}
        self.rewrite = rewrite
        self._table: dict[Any, Traced] = {}
        self._captured: dict[int, Traced] = {}
        self._alive: list[Any] = []
        self._same: dict[Simple, Simple] = {}
        self._last: tuple[Traced, str] | None = None
        self._composite = 0

    # --- what is recorded ----------------------------------------------------------------------

    def input(self, value: Any, name: str) -> Traced:
        """Add an input: an array, or a Python number."""
        traced = self.add(Traced(self, value, role="input"))
        traced.name = name
        traced.shape = tuple(
            n if n <= 1 else atom(Axis(traced, axis)) for axis, n in enumerate(np.shape(value))
        )
        return traced

    def constant(self, array: Any) -> Traced:
        """Add an array that is not computed from the inputs."""
        known = self._captured.get(id(array))
        if known is None:
            if self.arrays_are_inputs:
                known = self.input(array, "")
            else:
                known = self.add(Traced(self, self.keep(array), role="constant"))
                frame = user_frame()
                if frame is not None:
                    known.line = line_of(frame)
                    known.name = name_held(frame, array)
            self._captured[id(array)] = known
            self._alive.append(array)  # so that its identity is not given to another
        return known

    def stand_in(self, array: Any) -> Any:
        """Return what stands for the array of a tensor whose lengths are asked for."""
        return (
            self.constant(array) if self.arrays_are_inputs and type(array) is np.ndarray else array
        )

    @property
    def constants(self) -> list[Traced]:
        """The arrays that are not computed from the inputs."""
        return list(self._captured.values())

    def __call__(self, operation: Operation, values: list[Any], kwargs: dict[str, Any]) -> Any:
        """Record an operation, and return what stands for its result."""
        if operation.function in _OF_SHAPES:
            return _OF_SHAPES[operation.function](*values, **kwargs)
        if operation.composite:
            self._composite += 1
            try:
                out = unfold(operation, values, kwargs)
            finally:
                self._composite -= 1
            self._name_residual(operation, out)
            return out
        of_numbers = operation.kind == "differentiable"
        args = replaced(tuple(values), self._known)
        options = replaced(kwargs, self._option if of_numbers else self._known)
        options.pop("copy", None)  # a program's values never change
        if of_numbers:
            for option in inside({k: v for k, v in options.items() if k != "where"}):
                if isinstance(option, Traced):
                    operator.index(option)  # refuses
        return self.make(operation, *as_called(operation, args, options))

    def make(
        self, operation: Operation, args: tuple[Any, ...], options: dict[str, Any] = NOTHING
    ) -> Any:
        """Return the value of an operation: simplified in a backward pass, and recorded once."""
        if self.rewrite is not None:
            simpler = self.rewrite(self, operation, args, options)
            if simpler is not None:
                return simpler
        return self.record(operation, args, options)

    def record(
        self, operation: Operation, args: tuple[Any, ...], options: dict[str, Any] = NOTHING
    ) -> Any:
        """Return the value of an operation, recorded once."""
        key = (operation.name, key_of(args), key_of(options))
        known = self.find_known(key)
        if known is not None and (self.backward or operation.function not in _OWN_ARRAYS):
            return known if known.part is None else self._parts(known)
        out = self.compute(operation, args, options)
        whole = isinstance(out, (tuple, list))
        made = self.add(Traced(self, None if whole else out, operation, args, options))
        shape = self.shape_of_result(operation, args, options, out)
        self._table[key] = made
        if whole:
            made.value, made.part = out, Take(made, -1)
            return self._several(made, shape)
        self._shape(made, shape)
        return made

    def find_known(self, key: Any) -> Traced | None:
        """Return what was recorded under a key."""
        return self._table.get(key)

    def shape_of_result(self, operation: Operation, args: Any, options: Any, out: Any) -> Any:
        """Return the shape of a result in numbers that hold for other inputs too."""
        return result_shape(self, operation, args, options, out)

    def keep(self, array: Any) -> Any:
        """Return what is kept of an array from elsewhere: a copy, since a program is immutable."""
        return array.copy()

    def is_free(self) -> bool:
        """Whether what is recorded now may be written in another way: it is not the user's."""
        return self.backward or bool(self._composite)

    def number(self, value: Any, dtype: np.dtype[Any]) -> Traced:
        """Return a number as a value: typed, as the array that it stands for was."""
        exact = of(self.canonical(value))
        key = (exact.key, dtype)
        known = self._numbers.get(key)
        if known is None:
            made = Traced(self, np.asarray(plain(exact), dtype), args=(exact,), role="number")
            known = self._numbers[key] = self.add(made)
        return known

    def zeros(self, like: Traced) -> Traced:
        """Return zeros of the shape and dtype of a value."""
        zero = self.number(0, like.dtype)
        shape = tuple(like.shape)
        made: Traced = self.record(OPERATIONS[expand], (zero, shape)) if shape else zero
        return made

    def find(self, operation: Operation, *args: Any, **options: Any) -> Traced | None:
        """Return the value of an operation if it has been recorded."""
        return self._table.get((operation.name, key_of(args), key_of(options)))

    def compute(self, operation: Operation, args: Any, options: Any) -> Any:
        """Compute an operation on what its operands were in the recorded run."""
        values, kwargs = replaced((list(args), options), plain)
        with mode(call=None, recording=False):
            return computed(operation, values, kwargs)

    def add(self, traced: Traced) -> Traced:
        """Give a value its place in the order of the program."""
        traced.backward = self.backward
        traced.inside = bool(self._composite)
        traced.sequence = len(self.values)
        self.values.append(traced)
        if not self.backward and traced.operation is not None:
            if self._composite:
                self._hint()
            frame = user_frame()
            if frame is not None:
                traced.line = line_of(frame)
                self.scan(frame)
                self._last = traced, assigned_name(frame)
        return traced

    def _shape(self, made: Traced, shape: Any) -> None:
        made.shape = tuple(
            atom(Axis(made, axis)) if n is None else n for axis, n in enumerate(shape)
        )
        for axis, n in enumerate(shape):
            if isinstance(n, Fixed):
                self.fix(Axis(made, axis))

    def _several(self, whole: Traced, shapes: Any) -> tuple[Traced, ...]:
        for index, (part, shape) in enumerate(zip(whole.value, shapes, strict=True)):
            made = self.add(Traced(self, np.asarray(part), TAKE, (whole, index)))
            made.part = Take(whole, index)
            self._table[TAKE.name, key_of((whole, index)), key_of({})] = made
            self._shape(made, shape)
        return self._parts(whole)

    def _parts(self, whole: Traced) -> tuple[Traced, ...]:
        parts = (self.find(TAKE, whole, index) for index in range(len(whole.value)))
        return tuple(part for part in parts if part is not None)

    def _known(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            value = value._value
        if isinstance(value, Traced) and value.trace is not self:
            value = np.asarray(value)  # of a recording that is over, else it refuses
        if isinstance(value, np.ndarray):
            return self.constant(value)
        return self.canonical(value) if isinstance(value, Number) else value

    def _option(self, value: Any) -> Any:
        """Return what is no operand: an array that is the same in any run is plain numbers."""
        value = value._value if isinstance(value, Tensor) else value
        if isinstance(value, Traced) and value.operation is not None:
            made_of = inside((value.args, value.options))
            is_same = not any(isinstance(item, Symbolic) for item in made_of)  # np.array([1, 2])
        else:
            is_same = type(value) is np.ndarray and not self.arrays_are_inputs
        if not is_same:
            return self._known(value)
        array = plain(value)  # of no elements a list has neither its shape nor its dtype
        return array.tolist() if array.size else array

    # --- lengths -------------------------------------------------------------------------------

    def representative(self, it: Simple) -> Simple:
        """Return the length that stands for all that are the same."""
        while it in self._same:
            it = self._same[it]
        return it

    def canonical(self, number: Any) -> Any:
        """Return a number with the lengths that stand for all that are the same."""
        if not isinstance(number, Number) or not self._same:
            return number
        result: Any = number.coefficient
        for it, power in number.factors.items():
            same = it if isinstance(it, Compound) else self.representative(it)
            result = atom(same) ** power * result
        return result

    def unite(self, a: Any, b: Any, broadcasting: bool = True) -> None:
        """Note that two lengths are always the same.

        Where one of them could also be one, so that NumPy would broadcast, the program has to
        insist on that: `ties` are those.
        """
        first, second = self.canonical(a), self.canonical(b)
        if of(first).key == of(second).key:
            return
        if broadcasting and not self.backward:
            self.ties.append((first, second))
        for one, other in ((first, second), (second, first)):
            if isinstance(one, Number) and not isinstance(other, Number):
                self.fix(*one.atoms())
                return
        old, new = (lone(number) for number in sorted((first, second), key=_age))
        if old is not None and new is not None:
            self._same[new] = old

    def fix(self, *atoms: Simple) -> None:
        """Note that the program holds for these lengths only."""
        if self.open:
            frame = user_frame()
            for it in atoms:
                line = line_of(frame) if frame is not None and not self.backward else None
                self.fixed.setdefault(self.representative(it), line)

    def is_update(self) -> bool:
        """Whether the user's line is about to put back what it has just taken: ``t[i] += v``."""
        frame = user_frame()
        return frame is not None and puts_back(frame)

    # --- names ---------------------------------------------------------------------------------

    def scan(self, frame: FrameType) -> None:
        """Take over the names of the variables that hold traced values."""
        for name, value in frame.f_locals.items():
            if isinstance(value, (Tensor, np.ndarray)):
                array: Any = value._value if isinstance(value, Tensor) else value
                known = self._captured.get(id(array)) if type(array) is np.ndarray else array
                if isinstance(known, Traced) and not known.name and known.trace is self:
                    known.name = name
            elif isinstance(value, Number):
                self.name_size(value, name)

    def _hint(self) -> None:
        """Note what the library's own function calls its values."""
        frame = library_frame()
        for name, value in frame.f_locals.items() if frame is not None else ():
            traced: Any = value._value if isinstance(value, Tensor) else None
            named = isinstance(traced, Traced) and traced.inside and not name.startswith("_")
            if named and not traced.hint:
                traced.hint = name

    def _name_residual(self, operation: Operation, out: Any) -> None:
        """Call what is kept for the backward pass by its name; the line's name is the result's."""
        if operation.residual and isinstance(out, tuple):
            result, kept = out
            if isinstance(kept, Traced) and kept.inside:
                kept.hint = operation.residual
            if isinstance(result, Traced) and self._last is not None:
                self._last = result, self._last[1]

    def name_size(self, number: Number, name: str) -> None:
        """Take over the name of a variable that holds a length."""
        it = lone(number)
        if isinstance(it, Axis):
            self.size_names.setdefault(it, name)

    def close_forward(self) -> None:
        """Name the last value, which no later operation has seen in its variable."""
        if self._last is not None:
            traced, name = self._last
            traced.name = traced.name or name
        self._last = None

    def close(self) -> None:
        """End the recording: from now on what was traced is what it was in this run."""
        self.close_forward()
        self.open = False


def _age(number: Number) -> int:
    return max(it.array.sequence for it in number.atoms())


def _length_along(a: Any, axis: int | None = None) -> Any:
    return a.size if axis is None else a.shape[axis]


_OF_SHAPES: dict[Callable[..., Any], Callable[..., Any]] = {
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: _length_along,
}
"""What is known of a value without computing: its answers are numbers, not arrays."""
