"""Program: a recorded run, and its backward pass, as straight-line NumPy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.mode import Symbolic
from micrograd_np.operation import Operation
from micrograd_np.program.frames import Line
from micrograd_np.program.lengths import inside
from micrograd_np.program.numbers import Atom, Number
from micrograd_np.program.trace import Trace
from micrograd_np.program.traced import Traced

Array = NDArray[Any]


@dataclass(frozen=True)
class Input:
    """What a program is given.

    Attributes
    ----------
    name
        Its name.
    shape, dtype
        As in the recorded run.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class Statement:
    """One NumPy call on named values.

    Attributes
    ----------
    name
        What the result is called: by the user's variable, ``d<name>`` for an adjoint.
    operation
        The record of the function that is called.
    operands
        The names of the values it is called with.
    shape, dtype
        Of the result in the recorded run.
    line
        The user's line, None in the backward pass.
    text
        The call, written out.
    """

    name: str
    operation: Operation
    operands: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    line: Line | None = field(repr=False)
    text: str = ""


class Program:
    """A recorded run as straight-line NumPy; :func:`derive` and :func:`trace` make one.

    Attributes
    ----------
    inputs : tuple of Input
    forward, backward : tuple of Statement
        In the order in which they are computed.
    outputs : tuple of str
        The name of the result, then those of the gradients.
    """

    inputs: tuple[Input, ...]
    forward: tuple[Statement, ...]
    backward: tuple[Statement, ...]
    outputs: tuple[str, ...]
    trace: Trace
    names: Mapping[Traced, str]
    values: tuple[Traced, ...]
    input_values: tuple[Traced, ...]
    result: Traced
    wanted: tuple[Traced, ...]
    gradients: tuple[Traced, ...]

    def __init__(
        self,
        trace: Trace,
        names: Mapping[Traced, str],
        inputs: Iterable[Traced],
        values: Iterable[Traced],
        result: Traced,
        wanted: Iterable[Traced] = (),
        gradients: Iterable[Traced] = (),
    ) -> None:
        from micrograd_np.program.printing.python import statement_texts

        put = super().__setattr__
        put("trace", trace)
        put("names", MappingProxyType(dict(names)))
        put("input_values", tuple(inputs))
        put("values", tuple(values))
        put("result", result)
        put("wanted", tuple(wanted))
        put("gradients", tuple(gradients))
        put("inputs", tuple(Input(names[v], _plain_shape(v), v.dtype) for v in self.input_values))
        texts = statement_texts(self)
        statements = [
            (v.backward, _statement(v, self.names, texts[v])) for v in self.values if v.operation
        ]
        put("forward", tuple(s for backward, s in statements if not backward))
        put("backward", tuple(s for backward, s in statements if backward))
        put("outputs", tuple(self.names[v] for v in self.returned))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a Program is immutable: {name} cannot be assigned")

    @property
    def returned(self) -> list[Traced]:
        """The result, then the gradients."""
        return [self.result, *self.gradients]

    @property
    def fixed(self) -> dict[Atom, Line | None]:
        """The lengths that the program holds for, and the line that fixed each."""
        return self.trace.fixed

    def numbers_in(self, values: Iterable[Traced]) -> Iterator[Number]:
        """Yield the numbers that values are computed with."""
        for value in values:
            for item in inside((value.args, value.options)):
                if isinstance(item, Number):
                    yield item

    # --- text ----------------------------------------------------------------------------------

    def source(self, language: str = "numpy") -> str:
        """Return the program as a complete Python function.

        Parameters
        ----------
        language
            ``"numpy"``: forward and backward in plain NumPy. ``"torch"``: the forward in torch.

        Returns
        -------
        str
            Imports, and a function of the inputs that returns the result and the gradients.

        Raises
        ------
        ValueError
            If it is another language, or the program holds a large constant.
        """
        from micrograd_np.program.printing.source import source

        if language != "numpy":
            raise ValueError(f"source: there is 'numpy' and 'torch', not {language!r}")
        return source(self)


def _plain_shape(value: Traced) -> tuple[int, ...]:
    return np.shape(value.value)


def _statement(value: Traced, names: Mapping[Traced, str], text: str) -> Statement:
    assert value.operation is not None
    operands = [v for v in inside((value.args, value.options)) if isinstance(v, Traced)]
    return Statement(
        names[value],
        value.operation,
        tuple(names[v] for v in operands if v in names),
        _plain_shape(value),
        value.dtype,
        value.line,
        text,
    )


__all__ = ["Input", "Program", "Statement", "Symbolic"]
