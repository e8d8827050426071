"""Numbers in formulas: lengths by their names, fractions, powers of ten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from micrograd_np.program.numbers import (
    Atom,
    Axis,
    Compound,
    Input,
    Number,
    Real,
    atom,
    canonical,
    of,
)
from micrograd_np.program.printing.mathematics.formulas import (
    Formula,
    Level,
    fraction,
    negative,
    power,
    product,
    sum_of,
)
from micrograd_np.program.traced import Traced

_LARGEST_BELOW = 1000


class Quantities:
    """Writes numbers.

    Parameters
    ----------
    sizes
        The names of lengths.
    name
        Returns the formula of an input.
    """

    def __init__(self, sizes: Mapping[Atom, str], name: Callable[[Traced], Formula]) -> None:
        self.sizes = sizes
        self.name = name

    def number(self, number: Any) -> Formula:
        """Return a number: ``N``, ``1 / N``, ``2 N``."""
        sign, above, below = self.sides(number)
        top = self._product(above)
        text = top if not below else fraction(top.text, self._product(below).text)
        return negative(text) if sign < 0 else text

    def scaled(self, number: Any, x: Formula) -> Formula:
        """Return a formula times a number."""
        sign, above, below = self.sides(number)
        if above or below:
            top = self._product(above)
            by = top if not below else fraction(top.text, self._product(below).text)
            x = product(by, x, "scale")
        return negative(x) if sign < 0 else x

    def sides(self, number: Any) -> tuple[int, list[Formula], list[Formula]]:
        """Return the sign of a number, and its factors above and below the line."""
        number = of(canonical(number))
        coefficient = number.coefficient
        sign = -1 if coefficient < 0 else 1
        above, below = _ratio(abs(coefficient))
        for it, exponent in number.factors.items():
            factor = self.atom(it)
            if abs(exponent) > 1:
                factor = power(factor, str(abs(exponent)))
            (above if exponent > 0 else below).append(factor)
        return sign, above, below

    def _product(self, parts: list[Formula]) -> Formula:
        result = parts[0] if parts else Formula("1")
        for factor in parts[1:]:
            result = product(result, factor, "scale")
        return result

    def atom(self, it: Any) -> Formula:
        """Return a length by its name, else as it was; an input by its name; a sum."""
        if isinstance(it, Compound):
            return self._compound(it)
        if isinstance(it, Input):
            return self.name(it.array)
        if it in self.sizes:
            return Formula(size_text(self.sizes[it]))
        assert isinstance(it, Axis)
        return Formula(str(it.number))

    def _compound(self, it: Compound) -> Formula:
        if not any(isinstance(a, Input) or a in self.sizes for a in atom(it).atoms()):
            return plain(it.number)  # of lengths that have no name
        left, right = self.number(it.left), self.number(it.right)
        if it.sign in ("+", "-"):
            return sum_of(left, right, it.sign)
        if it.sign == "**":
            return power(left, right.text)
        if it.sign == "//":
            inner = fraction(left.text, right.text).text
            return Formula(rf"\left\lfloor {inner}\right\rfloor")
        text = rf"{left.at_least(Level.FRACTION)} \, \mathrm{{mod}} \, "
        return Formula(text + right.at_least(Level.FRACTION), Level.SUM)


def size_text(name: str) -> str:
    """Return the name of a length in LaTeX."""
    from micrograd_np.program.printing.mathematics.symbols import symbol_of

    return symbol_of(name).text


def _ratio(coefficient: Real) -> tuple[list[Formula], list[Formula]]:
    """Return a positive coefficient above and below the line; nothing for 1."""
    ratio = (
        Fraction(coefficient).limit_denominator(_LARGEST_BELOW) if _is_ratio(coefficient) else None
    )
    if ratio is None or ratio.denominator == 1:
        return ([] if coefficient == 1 else [plain(coefficient)]), []
    above = [] if ratio.numerator == 1 else [plain(ratio.numerator)]
    return above, [plain(ratio.denominator)]


def _is_ratio(coefficient: Real) -> bool:
    """Whether a coefficient reads better as a fraction: one half, one third, not 0.001."""
    if not isinstance(coefficient, float) or coefficient != coefficient or coefficient > 1e6:
        return False
    ratio = Fraction(coefficient).limit_denominator(_LARGEST_BELOW)
    if ratio.numerator == 0 or float(ratio) != coefficient:
        return False
    return len(repr(coefficient)) > 8 or ratio.denominator in (2, 4, 8)


def plain(number: Any) -> Formula:
    """Return a Python number."""
    if isinstance(number, complex):
        return Formula(str(number).strip("()"), Level.SUM)
    if number != number:
        return Formula(r"\mathrm{nan}")
    if number < 0:
        return negative(plain(-number))
    if number == float("inf"):
        return Formula(r"\infty")
    text = repr(number)
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        ten = power(Formula("10"), str(int(exponent)))
        return ten if mantissa == "1" else product(Formula(mantissa), ten, "scale")
    return Formula(text.removesuffix(".0"))


__all__ = ["Number", "Quantities", "plain", "size_text"]
