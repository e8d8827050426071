"""Recording a function for arguments of given shapes: what ``mg.jit`` makes its source of."""

from __future__ import annotations

import gc
import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from sys import getrefcount
from typing import Any

import numpy as np

from micrograd_np import trees
from micrograd_np.checks import refuse_mask
from micrograd_np.frames import here, last_users_line
from micrograd_np.graph import NOTHING
from micrograd_np.mode import mode
from micrograd_np.operation import OPERATIONS, Operation
from micrograd_np.program.containers import inside
from micrograd_np.program.creation import traced_creation
from micrograd_np.program.derive import another_each_time, where
from micrograd_np.program.jit.constants import Constants, placed
from micrograd_np.program.jit.folding import reads
from micrograd_np.program.jit.layout import Layout, layout_of
from micrograd_np.program.lengths import Fixed, result_shape
from micrograd_np.program.numbers import Number
from micrograd_np.program.record import alive, blank, first_of, release, told
from micrograd_np.program.recording import Trace
from micrograd_np.program.traced import Traced, TraceError
from micrograd_np.tensor import Tensor

_CREATION = tuple(
    getattr(np, name) for name in ("zeros", "ones", "empty", "full", "eye", "identity", "arange")
)
MUCH = 1 << 23
"""Bytes from which on arrays are forgotten that were recorded."""
_SMALL = 1 << 16
State = Mapping[str, Any]
"""What NumPy does about floating-point errors, as ``np.geterr`` tells."""


class Recording(Trace):
    """Records a function for arrays of given shapes.

    Lengths are plain integers, but those that depend on values: of what a mask picks. What decides
    by a value is a guard: the program holds for that decision.

    Attributes
    ----------
    guards
        Conditions, and how each was decided.
    arguments
        By array, the argument that it stands in.
    errstates
        By value, what NumPy does about errors where the function has changed that.
    """

    def __init__(self) -> None:
        super().__init__()
        self.guards: list[tuple[Traced, bool]] = []
        self.arguments: dict[Traced, str] = {}
        self.errstates: dict[Traced, State] = {}
        self.layouts: dict[Traced, Layout] = {}
        self._large: list[Traced] = []
        self._bytes = 0
        self._uses: Counter[int] = Counter()
        self._forgotten: set[int] = set()

    def argument(self, value: Any, place: trees.Place) -> Traced:
        """Add an array of the arguments, whose lengths are what they are."""
        traced = self.add(Traced(self, value, role="input"))
        traced.name = name_of(place)
        self.arguments[traced] = place[0]
        return traced

    def keep(self, array: Any) -> Any:
        """Return an array from elsewhere itself: what is changed in it is seen in later calls."""
        return array

    def add(self, traced: Traced) -> Traced:
        """Give a value its place in the order of the program."""
        super().add(traced)
        given = reads(traced)
        varies = traced.role == "input" or any(self.layouts[x].varies for x in given)
        self.layouts[traced] = layout_of(traced.value, given, varies)
        if traced.operation is not None and varies:
            self._note(traced)
        if np.geterrcall() is not _quiet:
            self.refuse_effect("what np.errstate(call=...) calls is more: warn, raise or ignore")
        state = {error: does for error, does in np.geterr().items() if does != "call"}
        if state:
            self.errstates[traced] = state
        return traced

    def _note(self, traced: Traced) -> None:
        """Forget arrays that nobody can compute with any more, once they take much memory."""
        for x in inside((traced.args, traced.options)):
            if isinstance(x, Traced) and self.layouts[x].varies:
                self._uses[id(x)] += 1
        size = getattr(traced.value, "nbytes", 0)
        if size < _SMALL:
            return
        self._large.append(traced)
        self._bytes += size
        if self._bytes > MUCH:
            self._forget()

    def _forget(self) -> None:
        kept: list[Traced] = []
        while self._large:
            value = self._large.pop()
            # Who refers to it: this variable, the argument of getrefcount, the list of values, the
            # table of what was recorded, that of layouts, and what is computed from it.
            if getrefcount(value) > 5 + self._uses[id(value)] or value.value.base is not None:
                kept.append(value)
                continue
            value.value = blank(value.value)
            self._forgotten.add(id(value))
        self._large = kept[::-1]
        self._bytes = 0

    def forget(self) -> None:
        """Give back all memory, now that the recording is over: without waiting for a collector."""
        release(self.values)
        for value in self.values:
            value.nodes = []
            if value.role == "input" and isinstance(value.value, np.ndarray):
                value.value = blank(value.value)
        self.values, self._table, self.layouts, self._captured = [], {}, {}, {}

    def find_known(self, key: Any) -> Traced | None:
        """Return what was recorded under a key, if it can still be computed with."""
        known = super().find_known(key)
        return None if known is not None and id(known) in self._forgotten else known

    def decide(self, condition: Traced) -> bool:
        """Decide by a value: the program holds where that is decided so."""
        decided = bool(condition.value)
        self.guards.append((condition, decided))
        return decided

    def hold(self, value: Traced) -> None:
        """Note that the program is one for this very value."""
        same = self.record(OPERATIONS[np.array_equal], (value, value.value))
        self.decide(same)

    def refuse_effect(self, what: str) -> None:
        """Raise TraceError: what is more than to compute a result would be done once only."""
        error = TraceError(f"{here()}a jitted function only computes a result, and {what}")
        self.refusal = self.refusal or error
        raise error

    def make(
        self, operation: Operation, args: tuple[Any, ...], options: dict[str, Any] = NOTHING
    ) -> Any:
        """Return the value of an operation; refuse an axis, a length or the like that varies."""
        if not operation.elementwise or operation.results != 1:
            several = operation.results != 1  # of numbers, whose dtypes NumPy takes for strong ones
            for x in inside((args if several else _no_operands(operation, args), options)):
                if isinstance(x, Traced) and type(x.value) is int:
                    operator.index(x)  # refuses
        return super().make(operation, args, options)

    def shape_of_result(self, operation: Operation, args: Any, options: Any, out: Any) -> Any:
        """Return the shape of a result: in integers, unless it depends on values."""
        several = isinstance(out, (tuple, list))
        shapes = [np.shape(part) for part in (out if several else [out])]
        if _is_sized_by_values(operation, args):
            shapes = [tuple(None if n > 1 else Fixed(n) for n in shape) for shape in shapes]
        elif any(isinstance(item, Number) for item in _lengths((args, options))):
            return result_shape(self, operation, args, options, out)
        return shapes if several else shapes[0]


def _quiet(*_: Any) -> None:
    """Do nothing about a floating-point error: those of a recording are those of the run, too."""


def _no_operands(operation: Operation, args: tuple[Any, ...]) -> list[Any]:
    """Return the arguments that say how an operation computes; an index picks an element."""
    if operation.called is operator.getitem:
        index = args[1] if isinstance(args[1], tuple) else (args[1],)
        return [part for part in index if isinstance(part, slice)]
    return [arg for i, arg in enumerate(args) if not operation.takes_array(i)]


def _is_sized_by_values(operation: Operation, args: Any) -> bool:
    """Whether the shape of a result may be another for arguments of other values."""
    if operation.called is operator.getitem:
        index = args[1] if isinstance(args[1], tuple) else (args[1],)
        return any(isinstance(part, Traced) and part.dtype == bool for part in index) or any(
            isinstance(bound, Traced)
            for part in index
            if isinstance(part, slice)
            for bound in inside(part)
        )
    sized_by = range(len(args)) if operation.function in _CREATION else operation.sized_by
    return any(
        isinstance(item, Traced) for i in sized_by if i < len(args) for item in inside(args[i])
    )


def _lengths(value: Any) -> Any:
    for item in inside(value):
        if isinstance(item, Traced):
            yield from item.shape
        else:
            yield item


class Slot:
    """Where an array stands in a result, and what is put there."""

    __array__ = None  # a leaf, as the array will be

    def __init__(self, value: Traced) -> None:
        self.value = value


@dataclass(frozen=True)
class Recorded:
    """One recorded call of a function.

    Attributes
    ----------
    trace
        What was recorded.
    inputs
        The arrays and numbers among its arguments, in order.
    values
        All values that are needed, in order.
    result
        What it returned: a container in which a Slot stands for each array.
    outside
        Tensors that were not given to it, but read, and what stands for their arrays.
    """

    trace: Recording
    inputs: Sequence[Traced]
    values: Sequence[Traced]
    result: Any
    outside: Sequence[tuple[Tensor, Traced]] = ()

    @property
    def outputs(self) -> list[Traced]:
        """The arrays of the result, in order."""
        return arrays_in(self.result)


def recorded(
    f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], constants: Constants
) -> Recorded:
    """Call a function once, and once more to see whether it computes the same.

    Parameters
    ----------
    f
        The function.
    args, kwargs
        Its arguments: containers of arrays and numbers.
    constants
        Which of them are constants.

    Raises
    ------
    TraceError
        If it decides by a value, writes into an argument, or computes something else in another
        call. The message names the line.
    """
    before, _, _ = _called(f, args, kwargs, constants)
    first = told(before.values)  # which is all that is kept of that call
    before.forget()
    trace, given, result = _called(f, args, kwargs, constants)
    line = first_of(first, told(trace.values))
    if line is not None:
        raise another_each_time(line, f)
    outputs = arrays_in(result)
    conditions = [condition for condition, _ in trace.guards]
    tied = [it.array for tie in trace.ties for n in tie for it in _atoms(n)]
    values = alive(trace, [*outputs, *conditions, *tied], given)
    return Recorded(trace, given, values, result, _outside(values))


def _outside(values: Sequence[Traced]) -> list[tuple[Tensor, Traced]]:
    """Return the Tensors that hold arrays from elsewhere: they may come to hold others."""
    by_array = {id(value.value): value for value in values if value.role == "constant"}
    arrays = [value.value for value in by_array.values()]
    holders = gc.get_referrers(*arrays) if arrays else ()
    found = [holder for holder in holders if type(holder) is Tensor]
    return [(t, by_array[id(t._value)]) for t in found if id(t._value) in by_array]


def arrays_in(result: Any) -> list[Traced]:
    """Return the arrays of a result, in order."""
    return [leaf.value for leaf in trees.leaves(result) if isinstance(leaf, Slot)]


def _atoms(n: Any) -> Any:
    return n.atoms() if isinstance(n, Number) else ()


def _called(
    f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], constants: Constants
) -> tuple[Recording, list[Traced], Any]:
    trace = Recording()
    given: list[Tensor] = []

    def make(place: trees.Place, leaf: Any) -> Any:
        if constants.has(place, leaf):
            return leaf
        tensor = Tensor(trace.argument(array_of(leaf), place))  # type: ignore[arg-type]
        given.append(tensor)
        return tensor

    quiet = np.errstate(all="call", call=_quiet)
    with traced_creation(), quiet, mode(call=trace, recording=True):
        made = [trees.mapped(make, arg, place=root) for root, arg in placed(args, kwargs)]
        tensors, named = made[: len(args)], dict(zip(kwargs, made[len(args) :], strict=True))
        inputs: list[Any] = [tensor._value for tensor in given]
        try:
            out = f(*tensors, **named)
        except TraceError:
            raise
        except TypeError as error:
            line, _ = last_users_line(error)
            raise TypeError(f"{line}: {error}" if line else str(error)) from error
        if trace.refusal is not None:
            raise trace.refusal  # the function has caught it
        result = trees.mapped(lambda _place, leaf: _result(trace, leaf), _in_tensors(out))
        _check_result(f, result)
    trace.close()
    for tensor, traced in zip(given, inputs, strict=True):
        if tensor._value is not traced:
            raise TraceError(
                f"{where(f)} writes into its argument {traced.name}: a jitted function gets arrays "
                "and returns others. Write into a copy (x = x.copy()) and return it; donate= lets "
                "it use the memory of an argument"
            )
    return trace, inputs, result


def _in_tensors(out: Any) -> Any:
    """Return a result with Tensors for what stands for arrays: NumPy gives tuples of such."""
    if isinstance(out, Traced):
        return Tensor(out)  # type: ignore[arg-type]  # stands for an array
    if isinstance(out, (tuple, list)) and any(isinstance(x, Traced) for x in out):
        items = map(_in_tensors, out)
        make = getattr(out, "_make", type(out))
        return make(items)
    return out


def _check_result(f: Callable[..., Any], result: Any) -> None:
    """Refuse what would be that of the first call in all others."""
    if isinstance(result, _RETURNED):
        return
    if not trees.is_container(result):
        if trees.leaves(result):  # a list of numbers
            return
        raise TypeError(
            f"{where(f)} returned {trees.described(result)}; a jitted function returns arrays, "
            "numbers and containers of them (dicts, lists, tuples, named tuples, dataclasses)"
        )
    for item in trees.items_of(result).values():
        _check_result(f, item)


_RETURNED = (Slot, type, bool, int, float, complex, str, bytes, type(None), np.generic, np.dtype)


def _result(trace: Recording, leaf: Any) -> Any:
    """Return what stands for an array of the result; anything else as it is."""
    value: Any = leaf._value if isinstance(leaf, Tensor) else leaf
    if isinstance(value, np.ndarray):
        value = trace.constant(value)
    if isinstance(value, Number):
        return value.__index__()
    return Slot(value) if isinstance(value, Traced) else value


def array_of(leaf: Any) -> Any:
    """Return an argument as an array, or as the Python number that it is."""
    if type(leaf) in (int, float, complex):
        return leaf
    refuse_mask(leaf)
    return np.asarray(leaf._value if isinstance(leaf, Tensor) else leaf)


def name_of(place: trees.Place) -> str:
    """Return what to call an argument: by the key under which it stands, or the argument."""
    for part in reversed(place):
        key = part if isinstance(part, str) else part[1]
        if isinstance(key, str) and key.removesuffix("=").isidentifier():
            return key.removesuffix("=")
    return "x"
