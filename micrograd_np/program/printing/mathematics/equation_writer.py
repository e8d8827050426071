"""Values as formulas: of whole arrays where that is matrix algebra, else entry by entry."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd_np.operation import OPERATIONS
from micrograd_np.program.numbers import Number, canonical, of
from micrograd_np.program.printing.idioms import placed_sum
from micrograd_np.program.printing.mathematics import entries
from micrograd_np.program.printing.mathematics.entries import Index, is_many, lengths, of_operand
from micrograd_np.program.printing.mathematics.formulas import (
    ODOT,
    ONES,
    Formula,
    Level,
    fill,
    fraction,
    indicator,
    parenthesised,
    power,
    product,
    sum_of,
)
from micrograd_np.program.printing.mathematics.parts_writer import (
    PartsWriter,
    entry_text,
    subscripted,
)
from micrograd_np.program.printing.mathematics.quantities import plain
from micrograd_np.program.printing.mathematics.symbols import escaped
from micrograd_np.program.simplify.forms import expanded, is_zero, made_by, number_of
from micrograd_np.program.traced import Traced
from micrograd_np.rules.indexing import scatter

_OPPOSITE = {
    "#1 < #2": r"#1 \geq #2",
    r"#1 \leq #2": "#1 > #2",
    "#1 > #2": r"#1 \leq #2",
    r"#1 \geq #2": "#1 < #2",
    "#1 = #2": r"#1 \neq #2",
    r"#1 \neq #2": "#1 = #2",
}
_LARGEST_CONSTANT = 8


class EquationWriter(PartsWriter):
    """Writes values as formulas."""

    # --- anything that may stand in a formula -----------------------------------------------------

    def formula(self, value: Any, index: Index | None = None) -> Formula:
        """Return a value as a number: a condition becomes 1 where it holds and 0 elsewhere."""
        return _as_number(self.anything(value, index))

    def computed(self, value: Traced, index: Index | None = None) -> Formula:
        """Return what computes a value."""
        return _as_number(self._computed(value, index))

    def anything(self, value: Any, index: Index | None) -> Formula:
        """Return whatever may stand in a formula; a condition as it is."""
        if isinstance(value, Traced):
            if value.role == "input" or self.is_line(value):
                return self.symbol(value, index)
            return self._computed(value, index)
        if isinstance(value, Number):
            return self.quantities.number(value)
        if isinstance(value, (tuple, list)):
            return Formula(f"({', '.join(self.formula(item).text for item in value)})")
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, (int, float, complex)) and not isinstance(value, bool):
            return plain(value)
        return Formula(rf"\mathrm{{{escaped(_plain_name(value))}}}")

    # --- what computes a value -------------------------------------------------------------------

    def _computed(self, value: Traced, index: Index | None) -> Formula:
        if index is not None and all(it == ":" for it in index):
            index = None
        if value.role == "constant":
            return self._constant(value, index)
        number = number_of(value)
        if number is not None:
            return self.quantities.number(number)
        filled = number_of(expanded(value))
        if filled is not None and is_many(value, index):
            return self.quantities.scaled(filled, ONES) if filled.coefficient else Formula("0")
        for functions, write in self._special():
            if made_by(value, *functions):
                found = write(value, index)
                if found is not None:
                    return found
        operation = value.operation
        assert operation is not None
        if "#axis" in operation.math:
            return self._reduction(value, index)
        if entries.is_entrywise(value):
            return self._operation(value, index)
        if index is None:
            return self._operation(value, None)
        order = entries.moved(value)
        if order is not None:
            inner = [""] * len(order)
            for it, axis in zip(index, order, strict=True):
                inner[axis] = it
            return self.anything(value.args[0], tuple(inner))
        if entries.only_ones(value):
            return self.anything(value.args[0], entries.without_ones(index, value, value.args[0]))
        return subscripted(self._operation(value, None), entry_text(value, index))

    def _special(self) -> tuple[tuple[tuple[Any, ...], Callable[..., Formula | None]], ...]:
        return (
            ((np.add,), self._add),
            ((np.multiply,), self._multiply),
            ((np.matmul, np.dot), self._matrix_product),
            ((np.divide,), self._divide),
            ((np.where,), self._where),
            ((np.sum, np.mean), self._norm),
            ((np.linalg.norm,), self._norm_of_all),
            ((operator.getitem,), self._getitem),
            ((scatter,), self._scatter),
        )

    def _operation(self, value: Traced, index: Index | None) -> Formula:
        """Return an operation as its record says that it is written."""
        operation = value.operation
        assert operation is not None
        template = operation.math
        if not template or not self._holds(template, value):
            return self._call(value, index)
        logical = any(sign in template for sign in (r"\wedge", r"\vee", r"\neg", r"\oplus"))
        operands = [
            self.anything(a, of_operand(index, a)) if logical else self._operand(value, a, index)
            for a in value.args
        ]
        if template == "#1":
            return operands[0]
        if not is_many(value, index):
            template = template.replace(rf"{ODOT} ", "")
        if logical:
            operands = [Formula(f.at_least(Level.SUM)) for f in operands]
        return fill(template, operands)

    def _operand(self, value: Traced, arg: Any, index: Index | None) -> Formula:
        indexed = made_by(value, operator.setitem, np.add.at, scatter, operator.getitem)
        if indexed and arg is value.args[1]:
            return Formula(self.index_text(arg, value.args[0]))
        if not entries.is_entrywise(value):
            return self._filled_up(arg)
        within = index is not None and not isinstance(arg, tuple)
        return self.formula(arg, of_operand(index, arg) if within else None)

    def _filled_up(self, arg: Any) -> Formula:
        """Return an operand whose own shape counts: what is broadcast is so to an array of ones."""
        found = self.formula(arg)
        inner = expanded(arg)
        if inner is arg or number_of(inner) is not None or self.is_line(arg):
            return found
        if is_many(inner, None):
            return product(ONES, found, ODOT)
        return product(found, ONES, "scale")

    def _holds(self, template: str, value: Traced) -> bool:
        """Whether the template says all that there is to say of this call."""
        if made_by(value, np.transpose, np.swapaxes):
            return entries.is_matrix_transpose(value)
        if made_by(value, np.reshape):
            return entries.only_ones(value)
        if made_by(value, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert):
            return value.dtype == bool
        if made_by(value, np.dot):
            return all(len(lengths(a)) <= 2 for a in value.args)
        return template == "#1" or not value.options.keys() - {"dtype"}

    def _call(self, value: Traced, index: Index | None) -> Formula:
        """Return a function of its arguments, by its name in NumPy."""
        operation = value.operation
        assert operation is not None
        within = entries.is_entrywise(value)
        parts = [
            (self.formula(a, of_operand(index, a)) if within else self._filled_up(a)).text
            for a in value.args
        ]
        for key, option in value.options.items():
            parts.append(rf"\mathrm{{{escaped(key)}}} = {self.formula(option).text}")
        name = escaped(operation.name.removeprefix("np.").removeprefix("mg."))
        return Formula(rf"\mathrm{{{name}}}{parenthesised(', '.join(parts))}")

    def _constant(self, value: Traced, index: Index | None) -> Formula:
        array = np.asarray(value.value)
        if array.ndim == 0:
            return self.anything(array.item(), None)
        if array.ndim > 1 or array.size > _LARGEST_CONSTANT:
            return self.symbol(value, index)
        return subscripted(self.anything(array.tolist(), None), entry_text(value, index))

    # --- sums of two, products, quotients, conditions ---------------------------------------------

    def _add(self, value: Traced, index: Index | None) -> Formula:
        a, b = value.args
        placed = placed_sum(value) if index is None else None
        if placed is not None:  # added at an index
            x, added = placed
            at = Formula(self.index_text(added.args[1], added))
            template = OPERATIONS[np.add.at].math
            return fill(template, [self.formula(x), at, self.formula(added.args[0])])
        if value.backward and made_by(b, np.matmul) and not made_by(a, np.matmul, np.add):
            a, b = b, a  # as the source has it: the matrix product first
        left, right = (self.formula(x, of_operand(index, x)) for x in (a, b))
        return sum_of(left, right)

    def _matrix_product(self, value: Traced, index: Index | None) -> Formula | None:
        if index is not None or not self._holds("#1 #2", value):
            return None
        left, right = map(self._filled_up, value.args)
        shapes = [lengths(x) for x in value.args]
        if () in shapes:
            return product(*((right, left) if shapes[0] else (left, right)), "scale")
        if len(shapes[0]) == 1:  # a vector on the left is a row
            left = power(left, r"\top")
        return product(left, right)

    def _multiply(self, value: Traced, index: Index | None) -> Formula:
        a, b = value.args
        for x, factor in ((a, b), (b, a)):
            number = number_of(factor)
            if number is not None:
                return self.quantities.scaled(number, self.formula(x, of_operand(index, x)))
        vectors = entries.outer_factors(value) if index is None else None
        if vectors is not None:
            left, right = map(self.formula, vectors)
            return product(left, power(right, r"\top"))
        many = [is_many(x, of_operand(index, x)) for x in (a, b)]
        left, right = (self.formula(x, of_operand(index, x)) for x in (a, b))
        if a is b:
            return power(left, rf"{ODOT} 2" if many[0] else "2")
        if all(many):
            return product(left, right, ODOT)
        return product(right, left, "scale") if many[0] else product(left, right, "scale")

    def _divide(self, value: Traced, index: Index | None) -> Formula:
        a, b = value.args
        above, below = (self.formula(x, of_operand(index, x)) for x in (a, b))
        if r"\frac" not in above.text:
            return fraction(above.text, below.text)
        both = all(is_many(x, of_operand(index, x)) for x in (a, b))
        return product(fraction("1", below.text), above, ODOT if both else "scale")

    def _where(self, value: Traced, index: Index | None) -> Formula:
        condition, a, b = value.args
        terms = []
        for x, holds in ((a, True), (b, False)):
            if is_zero(x):
                continue
            mask = indicator(self.condition(condition, of_operand(index, condition), holds))
            number = number_of(x)
            if number is not None:
                terms.append(self.quantities.scaled(number, mask))
            else:
                sign = ODOT if is_many(value, index) else "scale"
                terms.append(product(mask, self.formula(x, of_operand(index, x)), sign))
        if not terms:
            return Formula("0")
        return terms[0] if len(terms) == 1 else sum_of(terms[0], terms[1])

    def condition(self, value: Any, index: Index | None, holds: bool = True) -> str:
        """Return a condition, or the opposite of one."""
        named = not isinstance(value, Traced) or value.role == "input" or self.is_line(value)
        if holds or named or value.operation is None:
            found = self.anything(value, index)
            return found.text if holds else rf"\neg {found.at_least(Level.ATOM)}"
        opposite = _OPPOSITE.get(value.operation.math)
        if opposite is None:
            return rf"\neg {self.anything(value, index).at_least(Level.ATOM)}"
        return fill(opposite, [self.formula(a, of_operand(index, a)) for a in value.args]).text

    # --- sums ------------------------------------------------------------------------------------

    def _reduction(self, value: Traced, index: Index | None) -> Formula:
        """Return a sum over letters that count along the reduced axes."""
        operand, operation = value.args[0], value.operation
        assert operation is not None
        options = value.options.keys() - {"axis", "keepdims"}
        if any(value.options[key] not in (None, False) for key in options):
            return subscripted(self._call(value, None), entry_text(value, index))
        axes = list(entries.reduced_axes(value))
        if not axes:
            return self.formula(operand)
        letters: list[str] = []
        for axis in axes:
            self.used.update(letters)
            letters.append(self.letter(operand, axis))
        with self.bound(letters):
            inner = self.formula(operand, entries.before_reduction(value, index, letters))
        count: Any = 1
        for axis in axes:
            count = count * of(canonical(operand.shape[axis]))
        named = {"axis": ",".join(letters), "count": self.quantities.number(count).text}
        return fill(operation.math, [inner], named)

    def _norm(self, value: Traced, index: Index | None) -> Formula | None:
        """Return the sum of all squares as the square of a norm."""
        square = value.args[0]
        if not made_by(square, np.multiply, np.square, operator.pow) or self.is_line(square):
            return None
        x, exponent = square.args[0], square.args[-1]
        whole = not value.ndim and value.options.get("axis") is None
        squared = exponent is x or (made_by(square, operator.pow) and exponent == 2)
        many = len(lengths(x)) in (1, 2) and is_many(x, None)
        if not (whole and squared and many) or self._needs_letters(x):
            return None
        found = Formula(f"{self._between_bars(x)}^{{2}}", Level.POWER)
        if made_by(value, np.mean):
            return self.quantities.scaled(1 / of(x.size), found)
        return found

    def _norm_of_all(self, value: Traced, _index: Index | None) -> Formula | None:
        """Return a norm of all elements, None if there is one for each of several vectors."""
        if value.options.keys() - {"ord"}:
            return None
        order = value.options.get("ord", "fro")
        below = "" if order == "fro" else self.formula(order).text
        return Formula(self._between_bars(value.args[0], below))

    def _between_bars(self, x: Any, order: str = "") -> str:
        order = order or ("F" if len(lengths(x)) == 2 else "")
        return rf"\left\|{self.formula(x).text}\right\|" + (f"_{{{order}}}" if order else "")

    def _needs_letters(self, x: Any) -> bool:
        named = isinstance(x, Traced) and (x.role == "input" or self.is_line(x))
        return not named and entries.needs_letters(x, self.is_line)


def _as_number(found: Formula) -> Formula:
    return indicator(found.text) if found.level == Level.RELATION else found


def _plain_name(value: Any) -> str:
    if isinstance(value, type):
        return value.__name__
    return value.name if isinstance(value, np.dtype) else str(value)
