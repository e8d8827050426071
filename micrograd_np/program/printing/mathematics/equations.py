"""A program as mathematics: one equation for every value that has a name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from micrograd_np.program.numbers import canonical, of
from micrograd_np.program.printing.mathematics.entries import lengths, needs_letters
from micrograd_np.program.printing.mathematics.equation_writer import EquationWriter
from micrograd_np.program.printing.mathematics.symbols import Symbol, symbols
from micrograd_np.program.printing.plan import Plan
from micrograd_np.program.printing.source import Page
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


def equations(program: Record) -> list[Equation]:
    """Return the equations of a program, those of the forward pass first."""
    return Sheet(program).equations


def latex(program: Record) -> str:
    """Return the equations of a program as an ``align`` environment."""
    found = equations(program)
    lines = [r"\begin{align}"]
    for equation in found:
        if equation.backward and not found[equation.number - 2].backward:
            lines.append("% backward")
        end = r" \\" if equation is not found[-1] else ""
        lines.append(rf"{equation.left} &= {equation.right} \tag{{{equation.number}}}{end}")
    return "\n".join([*lines, r"\end{align}"]) + "\n"


class Equations(Plan):
    """Which values have an equation of their own: mathematics changes no value in place.

    Parameters
    ----------
    program
        What was recorded.
    """

    def __init__(self, program: Record) -> None:
        values, outputs = list(program.values), program.returned
        self.defined: set[Any] = set()
        super().__init__(values, outputs, in_place=False)
        # A derivative by a value is understood only where that value has an equation.
        self.defined = {v.adjoint_of for v in self.kept}.intersection(self.values)
        super().__init__(values, outputs, in_place=False)

    def _is_line(self, value: Traced) -> bool:
        return value in self.defined or super()._is_line(value)

    def _spelled_out(self, values: Sequence[Traced]) -> list[Traced]:
        return []

    def _absorbed(self) -> Iterator[Traced]:
        return iter(())

    def _writes(self, value: Traced) -> bool:
        return False


class Sheet:
    """The equations of a program, and what stands in them.

    Parameters
    ----------
    program
        What was recorded.
    spelled
        Returns a symbol for every name.

    Attributes
    ----------
    plan
        Which values have one.
    symbols
        What stands for each value.
    result
        What stands for the number that is differentiated.
    equations
        In order, the forward pass first.
    """

    def __init__(
        self,
        program: Record,
        spelled: Callable[[Iterable[str]], Mapping[str, Symbol]] = symbols,
    ) -> None:
        self.program = program
        self.plan = Equations(program)
        self.page = Page(program, list(program.values), program.returned, in_place=False)
        plain = spelled(program.names.values())
        self.symbols = {value: plain[name] for value, name in program.names.items()}
        self.result = self._result()
        self.symbols |= self._adjoints()
        self.writer = EquationWriter(self.plan.is_line, self.symbols, self.page.sizes)
        self.equations: list[Equation] = []
        for value in sorted(self.plan.kept, key=lambda value: value.backward):
            self._add(value)
        self.writer.used = set()
        self._add_other_names()

    def _result(self) -> str:
        """Return the number that is differentiated: L where the seed is given."""
        result = self.program.results[0]
        if not lengths(result):
            return self.symbols[result].text
        taken = {symbol.text for symbol in self.symbols.values()}
        return "L" if "L" not in taken else r"\mathcal{L}"

    def _adjoints(self) -> dict[Traced, Symbol]:
        found: dict[Traced, Symbol] = {}
        names = self.program.names
        for value in self.plan.kept:
            of_value = value.adjoint_of
            if of_value is None or not (of_value.role == "input" or self.plan.is_line(of_value)):
                continue
            if names[value] == f"d{names[of_value]}{value.suffix}":
                part = value.suffix.removeprefix("_")
                found[value] = self.symbols[of_value].adjoint_to(self.result, part)
        seed = self.seed()
        if seed is not None:
            found[seed] = self.symbols[self.program.results[0]].adjoint_to(self.result, "")
        return found

    def seed(self) -> Traced | None:
        """Return the input that is the gradient of the result, None if that is 1."""
        program = self.program
        if not program.gradients or not program.results[0].shape:
            return None
        last = program.inputs[-1]
        return last if last not in program.wanted else None

    # --- equations -----------------------------------------------------------------------------

    def _add(self, value: Traced) -> None:
        index = None
        self.writer.used = set()
        if needs_letters(value, self.plan.is_line):
            letters = []
            for axis, n in enumerate(lengths(value)):
                letters.append(":" if n == 1 else self.writer.letter(value, axis))
                self.writer.used.update(letters)
            index = tuple(letters)
        left = self.writer.symbol(value, index).text
        self._put(value, left, self.writer.computed(value, index).text)

    def _add_other_names(self) -> None:
        """Add equations for gradients that are one with another, or with what is given."""
        for x, gradient in zip(self.program.wanted, self.program.gradients, strict=True):
            left = self.symbols[x].adjoint_to(self.result, "").text
            right = self.writer.formula(gradient).text
            if left != right:
                self._put(gradient, left, right, backward=True)

    def _put(self, value: Traced, left: str, right: str, backward: bool | None = None) -> None:
        shape = self.shape(value)
        if shape:
            left = rf"\underset{{{shape}}}{{{left}}}"
        backward = value.backward if backward is None else backward
        self.equations.append(Equation(len(self.equations) + 1, value, left, right, backward))

    def shape(self, value: Traced) -> str:
        """Return a shape in LaTeX, with the names of the lengths that have one."""
        return r" \times ".join(self._length(n) for n in value.shape)

    def _length(self, n: Any) -> str:
        n = of(canonical(n))
        ((it, power),) = n.factors.items() if len(n.factors) == 1 else ((None, 0),)
        if power == 1 and n.coefficient == 1 and it in self.page.sizes:
            return self.writer.quantities.atom(it).text
        return str(n.value)
