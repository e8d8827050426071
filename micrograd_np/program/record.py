"""What was recorded, once the recording is over: the values that count, and their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from micrograd_np.program.frames import Line
from micrograd_np.program.lengths import inside
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
    """Return what outputs are computed from, in order: the rest is dead."""
    found: set[Traced] = set(inputs)
    stack = list(outputs)
    while stack:
        value = stack.pop()
        if value not in found:
            found.add(value)
            stack.extend(operands(value))
            stack.extend(it.array for n in numbers_in([value]) for it in n.atoms())
    return [value for value in trace.values if value in found]


def release(values: Iterable[Traced]) -> None:
    """Forget what arrays were in the recorded run, but for their shapes and dtypes."""
    for value in values:
        if value.operation is not None and isinstance(value.value, np.ndarray):
            value.value = np.broadcast_to(np.zeros((), value.dtype), value.value.shape)
