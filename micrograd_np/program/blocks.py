"""``with mg.trace() as program:``: whatever is computed inside becomes a program."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from micrograd_np.mode import mode, plain
from micrograd_np.program.containers import replaced
from micrograd_np.program.creation import traced_creation
from micrograd_np.program.names import unique_names
from micrograd_np.program.printing.plan import unnamed_lines
from micrograd_np.program.program import Program
from micrograd_np.program.record import Record, alive, operands, release
from micrograd_np.program.recording import Trace
from micrograd_np.program.traced import Traced
from micrograd_np.tensor import Tensor


@contextmanager
def trace() -> Iterator[Program]:
    """Record what is computed inside a ``with`` block.

    Every NumPy call on a Tensor becomes a statement, comparisons and the like included; so do the
    arrays that NumPy's creation functions make. Arrays from outside are the program's inputs, by
    the names of their variables. What is not used by another statement is its output. After the
    block the tensors are ordinary ones.

    What NumPy computes of plain arrays alone is out of sight, and an input like any other array:
    make tensors of arrays that the program should follow (``mg.tensor(x)``). So are lengths: those
    of a tensor (``X.shape[0]``) stay open, those of a plain array hold for this run. A number that
    should be an input is made a tensor, too.

    Yields
    ------
    Program
        Complete when the block ends.

    Raises
    ------
    TypeError
        At a branch on a value that is computed inside, or where it would be made a plain number.

    Examples
    --------
    >>> import numpy as np, micrograd_np as mg
    >>> x = mg.tensor([1.0, 2.0])
    >>> with mg.trace() as program:
    ...     y = np.exp(x)
    ...     z = y * y
    >>> [(item.name, item.text) for item in program.forward]
    [('y', 'np.exp(x)'), ('z', 'y * y')]
    >>> z.data.round(1)
    array([ 7.4, 54.6])
    """
    recording = Trace(arrays_are_inputs=True)
    program = Program.__new__(Program)
    try:
        with traced_creation(), mode(call=recording):
            yield program
    finally:
        recording.close()
        _become_ordinary(recording.values)
    Program.__init__(program, _record(recording))


def _record(recording: Trace) -> Record:
    inputs = [value for value in recording.values if value.role == "input"]
    for i, value in enumerate(inputs):
        value.name = value.name or f"x{i}"
    _tell_apart(inputs)
    used = {operand for value in recording.values for operand in operands(value)}
    results = [v for v in recording.values if v.operation is not None and v not in used]
    values = alive(recording, results, inputs)
    lines = unnamed_lines(values, results)
    names = unique_names(values, recording.size_names.values(), lines)
    record = Record(recording, names, inputs, values, results)
    release(values)
    return record


def _tell_apart(inputs: list[Traced]) -> None:
    """Give numbers to inputs that were held by variables of one name."""
    for name in {value.name for value in inputs}:
        same = [value for value in inputs if value.name == name]
        for i, value in enumerate(same[1:]):
            value.name = f"{name}_{i + 2}"


def _become_ordinary(values: list[Traced]) -> None:
    """Put the arrays of this run in the place of what stood for them."""
    for value in values:
        for node in value.nodes:
            node.shape = tuple(map(plain, node.shape))
            node.args = replaced(node.args, plain)
            node.kwargs = replaced(node.kwargs, plain)
            node.out = replaced(node.out, plain)
    for holder in gc.get_referrers(*values) if values else ():
        if isinstance(holder, Tensor):
            data: Any = holder._value
            holder._value = plain(data)
