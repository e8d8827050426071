"""What was recorded, once the recording is over: the values that count, and their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy import empty  # by this name, since np.empty is another one while tracing

from micrograd_np.frames import Line
from micrograd_np.program.containers import inside, replaced
from micrograd_np.program.numbers import Number, Simple
from micrograd_np.program.recording import Trace
from micrograd_np.program.traced import Traced


@dataclass(frozen=True, eq=False)
class Record:
    """The values of a program.

    Attributes
    ----------
    trace
        Knows which lengths are the same, and what they are called.
    names
        The name of every value.
    inputs
        What it is given.
    values
        All values that are needed, in order.
    results
        What the function returned.
    wanted, gradients
        The inputs that it is differentiated by, and the gradients with respect to them.
    gradient_names
        What the gradients are called: they may be known by another name, too.
    """

    trace: Trace
    names: Mapping[Traced, str]
    inputs: Sequence[Traced]
    values: Sequence[Traced]
    results: Sequence[Traced]
    wanted: Sequence[Traced] = field(default=())
    gradients: Sequence[Traced] = field(default=())
    gradient_names: Sequence[str] = field(default=())

    @property
    def returned(self) -> list[Traced]:
        """The results, then the gradients."""
        return [*self.results, *self.gradients]

    @property
    def fixed(self) -> dict[Simple, Line | None]:
        """The lengths that the program holds for, and the line that fixed each."""
        return self.trace.fixed


def numbers_in(values: Iterable[Traced]) -> Iterator[Number]:
    """Yield the numbers that values are computed with."""
    for value in values:
        for item in inside((value.args, value.options)):
            if isinstance(item, Number):
                yield item


def operands(value: Traced) -> list[Traced]:
    """Return the values that a value is computed from, as often as they stand there."""
    return [v for v in inside((value.args, value.options)) if isinstance(v, Traced)]


def is_scaled(value: Traced) -> bool:
    """Whether a value is another times a number that a simplification has found."""
    operation = value.operation
    if operation is None or operation.function is not np.multiply:
        return False
    x, n = value.args
    found = value.backward and isinstance(n, (int, float))
    return isinstance(x, Traced) and (found or isinstance(n, Number))


def alive(trace: Trace, outputs: Sequence[Traced], inputs: Sequence[Traced]) -> list[Traced]:
    """Return what outputs are computed from, in order: the rest is dead.

    But for arrays whose lengths the program holds for: they tell whether it does.
    """
    found: set[Traced] = set(inputs)
    stack = [*outputs, *(it.array for it in trace.fixed if not it.array.backward)]
    while stack:
        value = stack.pop()
        if value not in found:
            found.add(value)
            stack.extend(operands(value))
            stack.extend(it.array for n in numbers_in([value]) for it in n.atoms())
    return [value for value in trace.values if value in found]


def release(values: Iterable[Traced]) -> None:
    """Forget what arrays were in the recorded run, but for their shapes and dtypes.

    What was computed from the inputs' values, that is: the rest is the same in any run, and a
    user's code may have kept it.
    """
    computed = set(_computed(values))
    for value in values:
        if value in computed and value.operation is not None:
            if isinstance(value.value, np.ndarray):
                value.value = blank(value.value)
            value.is_released = True


def blank(array: Any) -> Any:
    """Return what has the shape and dtype of an array, and next to no memory."""
    return np.broadcast_to(np.zeros((), array.dtype), array.shape)


def _computed(values: Iterable[Traced]) -> list[Traced]:
    """Return the inputs, and what is computed from their values."""
    found: dict[Traced, None] = {}
    for value in values:
        if value.role == "input" or any(operand in found for operand in operands(value)):
            found[value] = None
    return list(found)


def first_difference(values: Iterable[Traced], others: Iterable[Traced]) -> Line | str | None:
    """Return the line at which two recordings of a function begin to differ.

    What is not computed from the inputs counts by its value.

    Returns
    -------
    Line, str or None
        "" if the line is not known; None if they are the same.
    """
    return first_of(told(values), told(others))


def first_of(
    told_first: Iterable[tuple[Any, Line | None]], told_then: Iterable[tuple[Any, Line | None]]
) -> Line | str | None:
    """Return the line at which two recordings begin to differ, as :func:`told` tells of them."""
    for one, other in zip_longest(told_first, told_then):
        if one is None or other is None or one[0] != other[0]:
            return one[1] or "" if one is not None else other[1] or ""
    return None


def told(values: Iterable[Traced]) -> list[tuple[Any, Line | None]]:
    """Return how each value is computed, its operands by their places, and its line."""
    return list(_told(list(values)))


def _told(values: Sequence[Traced]) -> Iterator[tuple[Any, Line | None]]:
    computed = _computed(values)
    places = {value: place for place, value in enumerate(computed)}
    unfilled: set[Traced] = set()
    for value in values:
        operation = value.operation
        if operation is not None and (
            operation.function is empty or not unfilled.isdisjoint(operands(value))
        ):
            unfilled.add(value)

    def tell(item: Any) -> Any:
        if isinstance(item, tuple):
            return tuple(map(tell, item))
        if not isinstance(item, Traced):
            return item
        place = places.get(item)
        if place is not None:
            return f"#{place}"
        if item in unfilled:  # what it holds is anything
            return item.operation, tell(item.args), item.dtype
        array = np.asarray(item.value)
        return array.shape, array.dtype.str, hash(array.tobytes())

    for value in computed:
        yield (value.operation, repr(replaced((value.args, value.options), tell))), value.line
