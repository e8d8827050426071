"""Program: a recorded run, and its backward pass, as straight-line NumPy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from micrograd_np.checks import random_generator, told
from micrograd_np.frames import Line
from micrograd_np.operation import Operation
from micrograd_np.program import running
from micrograd_np.program.record import Record, operands
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

    It is immutable, and computes with what it recorded: for inputs of other values and, where the
    function allows it, of other lengths.

    Attributes
    ----------
    inputs : tuple of Input
    forward, backward : tuple of Statement
        In the order in which they are computed.
    constants : tuple of Input
        Arrays that the function took from elsewhere, and that are the same in every run.
    outputs : tuple of str
        The names of the results, then those of the gradients: ``d<input>``.
    """

    inputs: tuple[Input, ...]
    forward: tuple[Statement, ...]
    backward: tuple[Statement, ...]
    constants: tuple[Input, ...]
    outputs: tuple[str, ...]
    record: Record

    def __init__(self, record: Record) -> None:
        from micrograd_np.program.printing.python import statement_texts

        put = super().__setattr__
        put("record", record)
        names = record.names
        constants = [v for v in record.values if v.role == "constant"]
        put("inputs", tuple(_described(v, names) for v in record.inputs))
        put("constants", tuple(_described(v, names) for v in constants))
        texts = statement_texts(record)
        computed = [v for v in record.values if v.operation is not None]
        put("forward", tuple(_statement(v, names, texts) for v in computed if not v.backward))
        put("backward", tuple(_statement(v, names, texts) for v in computed if v.backward))
        results = tuple(names[v] for v in record.results)
        put("outputs", results + tuple(record.gradient_names))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a Program is immutable: {name} cannot be assigned")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Program is immutable: {name} cannot be deleted")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "outputs" in self.__dict__:
            raise AttributeError(f"a Program has no {name}")
        raise AttributeError(
            "the program is still being recorded, or its block ended with an error: ask for "
            f"{name} after a block that ended well"
        )

    def __repr__(self) -> str:
        if "outputs" not in self.__dict__:
            return "<Program, not recorded to the end>"
        given = ", ".join(item.name for item in self.inputs)
        return f"<Program of {given}: {len(self.forward)} + {len(self.backward)} statements>"

    # --- running -------------------------------------------------------------------------------

    def run(self, *args: ArrayLike) -> dict[str, Array]:
        """Compute every value.

        Parameters
        ----------
        *args
            One for each of `inputs`, of any lengths that the program holds for.

        Returns
        -------
        dict
            The arrays by name: inputs, values of the forward pass, adjoints.

        Raises
        ------
        TypeError
            If there are more or fewer arguments than inputs.
        ValueError
            If a length is not one that the program holds for.
        """
        return running.run(self.record, args)

    def perturbed(self, rng: np.random.Generator | int, *args: ArrayLike) -> dict[str, Array]:
        """Compute every value with rounding errors.

        Every operand of every operation, forward and backward, is multiplied elementwise by 1 + eps
        or 1 - eps at random; comparisons are those of the plain run.

        Parameters
        ----------
        rng
            Where the signs come from: a generator, or the seed of one.
        *args
            As for `run`; none: those of the recorded run.

        Returns
        -------
        dict
            As `run` does.
        """
        return running.perturbed(self.record, random_generator(rng), args)

    def vjp(
        self,
        *args: ArrayLike,
        seeds: Mapping[str, ArrayLike],
        to: str,
        stop_at: Collection[str] = (),
    ) -> Array:
        """Pull gradients back from any values of the forward pass to any other.

        Parameters
        ----------
        *args
            As for `run`; none: those of the recorded run.
        seeds
            The gradients to begin with, by the names of the values they belong to.
        to
            The name of the value or input whose gradient is wanted.
        stop_at
            Values that are taken as constants by what is computed from them: no gradient passes
            through.

        Returns
        -------
        array
            Of the shape and dtype of `to`; zeros if no way leads there.

        Raises
        ------
        KeyError
            If there is no value of a given name in the forward pass.
        ValueError
            If a seed has another shape than its value.
        """
        return running.pull(self.record, args, seeds, to, stop_at)

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
            Imports, and a function of the inputs that returns the result and the gradients. It
            refuses lengths that a loop has fixed or that were one, and shapes that NumPy would
            broadcast where they were equal when it was recorded.

        Raises
        ------
        ValueError
            If it is another language, or the program holds a large constant.
        NotImplementedError
            If torch has no equivalent of an operation: naming it and the user's line.
        """
        if not isinstance(language, str):
            raise TypeError(f"source: there is 'numpy' and 'torch', not {told(language)}")
        if language == "torch":
            from micrograd_np.program.printing.torch.source import torch_source

            return torch_source(self.record)
        if language != "numpy":
            raise ValueError(f"source: there is 'numpy' and 'torch', not {language!r}")
        from micrograd_np.program.printing.source import source

        return source(self.record)

    def latex(self) -> str:
        """Return the program as numbered equations in LaTeX.

        Whole arrays where that is matrix algebra, entries where elements are picked by an index.
        Below the left side of each equation stands the shape.

        Returns
        -------
        str
            An ``align`` environment, for LaTeX with amsmath and amssymb, MathJax and KaTeX.
        """
        from micrograd_np.program.printing.mathematics.equations import latex

        return latex(self.record)

    def mathml(self) -> str:
        """Return the equations of `latex` in MathML.

        Returns
        -------
        str
            An HTML table, also well-formed XML: in each row a ``math`` element and its number.
        """
        from micrograd_np.program.printing.mathematics.equations import equations
        from micrograd_np.program.printing.mathematics.mathml import mathml

        return mathml(equations(self.record))

    def _repr_html_(self) -> str:
        """Return code and mathematics side by side, for notebooks; it needs no network."""
        from micrograd_np.program.printing.html import html

        return html(self.record)

    def __str__(self) -> str:
        """Return the statements as a table, at most 100 columns wide."""
        if "outputs" not in self.__dict__:
            return repr(self)
        from micrograd_np.program.printing.table import table

        return table(self)


def _described(value: Traced, names: Mapping[Traced, str]) -> Input:
    return Input(names[value], _plain_shape(value), value.dtype)


def _plain_shape(value: Traced) -> tuple[int, ...]:
    return () if isinstance(value.value, (tuple, list)) else np.shape(value.value)


def _statement(value: Traced, names: Mapping[Traced, str], texts: Mapping[Traced, str]) -> Any:
    assert value.operation is not None
    return Statement(
        names[value],
        value.operation,
        tuple(names[v] for v in operands(value) if v.role != "number"),
        _plain_shape(value),
        value.dtype,
        value.line,
        texts[value],
    )
