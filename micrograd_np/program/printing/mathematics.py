"""A program as mathematics: one equation for every value that has a name."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from micrograd_np.program.numbers import Number
from micrograd_np.program.printing.entries import is_many, lengths, needs_letters
from micrograd_np.program.printing.equation_writer import EquationWriter
from micrograd_np.program.printing.plan import Plan
from micrograd_np.program.printing.source import Page
from micrograd_np.program.printing.symbols import Symbol, symbols
from micrograd_np.program.record import Record
from micrograd_np.program.traced import Traced


class Equation(NamedTuple):
    """One equation.

    Attributes
    ----------
    number
        Counted from 1.
    value
        What it is about.
    left, right
        The two sides, in LaTeX; the shape stands below the left one.
    backward
        Whether it is about a gradient.
    """

    number: int
    value: Traced
    left: str
    right: str
    backward: bool

    @property
    def text(self) -> str:
        """The equation in LaTeX."""
        return f"{self.left} = {self.right}"


class Equations(Plan):
    """Which values have an equation of their own: mathematics changes no value in place.

    Parameters
    ----------
    program
        What was recorded.
    """

    def __init__(self, program: Record) -> None:
        values, outputs = list(program.values), program.returned
        self.defined: set[Traced] = set()
        super().__init__(values, outputs, in_place=False)
        # A derivative by a value is only understood where that value has a name.
        self.defined = {
            v.adjoint_of
            for v in self.kept
            if v.adjoint_of is not None and not v.adjoint_of.backward
        }
        super().__init__(values, outputs, in_place=False)

    def _is_line(self, value: Traced) -> bool:
        return value in self.defined or super()._is_line(value)

    def _absorbed(self) -> Iterator[Traced]:
        return iter(())

    def _writes(self, value: Traced) -> bool:
        return False


class Sheet:
    """The equations of a program.

    Attributes
    ----------
    symbols
        What stands for each value.
    equations
        In order, the forward pass first.
    """

    def __init__(self, program: Record) -> None:
        self.program = program
        self.plan = Equations(program)
        self.page = Page(program, list(program.values), program.returned, in_place=False)
        self.symbols = _symbols(program, self.plan)
        self.writer = EquationWriter(self.plan.is_line, self.symbols, self.page.sizes)
        self.equations = [self._equation(i + 1, v) for i, v in enumerate(self._ordered())]
        self.equations += self._given_another_name()

    def _ordered(self) -> list[Traced]:
        return sorted(self.plan.kept, key=lambda value: value.backward)

    def _equation(self, number: int, value: Traced) -> Equation:
        index = None
        if needs_letters(value, self.plan.is_line):
            index = tuple(
                ":" if n == 1 else self.writer.letter(value, axis)
                for axis, n in enumerate(lengths(value))
            )
        self.writer.used = set(index or ())
        left = self._below(value, self.writer.symbol(value, index).text)
        right = self.writer.computed(value, index).text
        return Equation(number, value, left, right, value.backward)

    def _given_another_name(self) -> Iterator[Equation]:
        """Yield equations for gradients that are one with another, or with what is given."""
        program = self.program
        result = self._result()
        for x, gradient in zip(program.wanted, program.gradients, strict=True):
            left = self.symbols[x].adjoint_to(result, "").text
            right = self.writer.formula(gradient).text
            if left != right:
                yield Equation(
                    len(self.plan.kept) + 1, gradient, self._below(gradient, left), right, True
                )
