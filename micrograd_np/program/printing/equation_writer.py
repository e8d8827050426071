"""Values as formulas: of whole arrays where that is matrix algebra, else entry by entry."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from micrograd_np.operation import OPERATIONS
from micrograd_np.program.numbers import Atom, Number, canonical, of
from micrograd_np.program.printing import entries
from micrograd_np.program.printing.entries import Index, is_many, lengths, of_operand
from micrograd_np.program.printing.formulas import (
    ODOT,
    Formula,
    Level,
    fill,
    fraction,
    indicator,
    power,
    product,
    sum_of,
)
from micrograd_np.program.printing.plan import placed_sum
from micrograd_np.program.printing.quantities import Quantities, plain
from micrograd_np.program.printing.symbols import Symbol, escaped
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
_LETTERS = "ijklmpqrsuvwabcdefgh"
_LARGEST_CONSTANT = 8


class EquationWriter:
    """Writes values as formulas.

    Parameters
    ----------
    is_line
        Whether a value has an equation of its own, so that its symbol stands for it.
    symbols
        What stands for each value.
    sizes
        The names of lengths.
    """

    def __init__(
        self,
        is_line: Callable[[Traced], bool],
        symbols: Mapping[Traced, Symbol],
        sizes: Mapping[Atom, str],
    ) -> None:
        self.is_line = is_line
        self.symbols = symbols
        self.sizes = sizes
        self.quantities = Quantities(sizes, self.symbol)
        self.taken = {s.base for s in symbols.values() if not s.adjoint} | set(sizes.values())
        self.used: set[str] = set()
        self.signs: set[str] = set()

    # --- symbols and letters -------------------------------------------------------------------

    def symbol(self, value: Traced, index: Index | None = None) -> Formula:
        """Return what stands for a value, or for its entry at an index."""
        symbol = self.symbols[value]
        text = symbol.at(entry_text(value, index))
        return Formula(text, Level.FRACTION if symbol.adjoint and not symbol.part else Level.ATOM)

    def letter(self, value: Any, axis: int) -> str:
        """Return a letter that counts along an axis: n along N."""
        wanted = ""
        length = of(canonical(value.shape[axis])) if isinstance(value, Traced) else of(1)
        if length.coefficient == 1 and len(length.factors) == 1:
            wanted = self.sizes.get(next(iter(length.factors)), "").lower()
        candidates = [*(wanted if len(wanted) == 1 else ""), *_LETTERS[axis:], *_LETTERS]
        free = [it for it in candidates if it not in self.used and it not in self.taken]
        return free[0] if free else rf"{_LETTERS[axis]}'"

    @contextmanager
    def bound(self, letters: list[str]) -> Iterator[None]:
        """Keep letters for one sum while its terms are written."""
        self.used.update(letters)
        yield
        self.used.difference_update(letters)

    # --- anything that may stand in a formula -----------------------------------------------------

    def formula(self, value: Any, index: Index | None = None) -> Formula:
        """Return a value as a number: a condition becomes 1 where it holds and 0 elsewhere."""
        return _as_number(self._any(value, index))

    def computed(self, value: Traced, index: Index | None = None) -> Formula:
        """Return what computes a value."""
        return _as_number(self._computed(value, index))

    def _any(self, value: Any, index: Index | None) -> Formula:
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
            return self._any(value.args[0], tuple(inner))
        if entries.only_ones(value):
            return self._any(value.args[0], entries.without_ones(index, value, value.args[0]))
        return subscripted(self._operation(value, None), entry_text(value, index))

    def _special(self) -> tuple[tuple[tuple[Any, ...], Callable[..., Formula | None]], ...]:
        return (
            ((np.add,), self._add),
            ((np.multiply,), self._multiply),
            ((np.matmul, np.dot), self._matrix_product),
            ((np.divide,), self._divide),
            ((np.where,), self._where),
            ((np.sum, np.mean), self._norm),
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
            self._any(a, of_operand(index, a)) if logical else self._operand(value, a, index)
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
        within = entries.is_entrywise(value) and index is not None and not isinstance(arg, tuple)
        return self.formula(arg, of_operand(index, arg) if within else None)

    def _holds(self, template: str, value: Traced) -> bool:
        """Whether the template says all that there is to say of this call."""
        if made_by(value, np.transpose, np.swapaxes):
            return entries.is_matrix_transpose(value)
        if made_by(value, np.reshape):
            return entries.only_ones(value)
        if made_by(value, np.dot):
            return all(len(lengths(a)) <= 2 for a in value.args)
        return template == "#1" or not value.options.keys() - {"dtype"}

    def _call(self, value: Traced, index: Index | None) -> Formula:
        """Return a function of its arguments, by its name in NumPy."""
        operation = value.operation
        assert operation is not None
        within = entries.is_entrywise(value)
        parts = [self.formula(a, of_operand(index, a) if within else None).text for a in value.args]
        for key, option in value.options.items():
            parts.append(rf"\mathrm{{{escaped(key)}}} = {self.formula(option).text}")
        name = escaped(operation.name.removeprefix("np.").removeprefix("mg."))
        return Formula(rf"\mathrm{{{name}}}({', '.join(parts)})")

    def _constant(self, value: Traced, index: Index | None) -> Formula:
        array = np.asarray(value.value)
        if array.ndim == 0:
            return self._any(array.item(), None)
        if array.ndim > 1 or array.size > _LARGEST_CONSTANT:
            return self.symbol(value, index)
        return subscripted(self._any(array.tolist(), None), entry_text(value, index))

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
        return sum_of(*(self.formula(x, of_operand(index, x)) for x in (a, b)))

    def _matrix_product(self, value: Traced, index: Index | None) -> Formula | None:
        if index is not None or not self._holds("#1 #2", value):
            return None
        left, right = map(self.formula, value.args)
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
        return terms[0] if len(terms) == 1 else sum_of(*terms)

    def condition(self, value: Any, index: Index | None, holds: bool = True) -> str:
        """Return a condition, or the opposite of one."""
        named = not isinstance(value, Traced) or value.role == "input" or self.is_line(value)
        if holds or named or value.operation is None:
            found = self._any(value, index)
            return found.text if holds else rf"\neg {found.at_least(Level.ATOM)}"
        opposite = _OPPOSITE.get(value.operation.math)
        if opposite is None:
            return rf"\neg {self._any(value, index).at_least(Level.ATOM)}"
        return fill(opposite, [self.formula(a, of_operand(index, a)) for a in value.args]).text

    # --- sums ------------------------------------------------------------------------------------

    def _reduction(self, value: Traced, index: Index | None) -> Formula:
        """Return a sum over letters that count along the reduced axes."""
        operand, operation = value.args[0], value.operation
        assert operation is not None
        options = value.options.keys() - {"axis", "keepdims"}
        if any(value.options[key] for key in options):
            return subscripted(self._call(value, None), entry_text(value, index))
        axes = [a for a in entries.reduced_axes(value)]
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
        norm = rf"\left\|{self.formula(x).text}\right\|"
        found = Formula(f"{norm}{'_{F}' if len(lengths(x)) == 2 else ''}^{{2}}", Level.POWER)
        if made_by(value, np.mean):
            return self.quantities.scaled(1 / of(x.size), found)
        return found

    def _needs_letters(self, x: Any) -> bool:
        named = isinstance(x, Traced) and (x.role == "input" or self.is_line(x))
        return not named and entries.needs_letters(x, self.is_line)

    # --- parts of arrays -------------------------------------------------------------------------

    def _getitem(self, value: Traced, index: Index | None) -> Formula | None:
        x, key = value.args
        parts = entries.picking(key)
        if parts is not None and index is not None and index[0] != ":":
            at = tuple(self.position(part, index[0]) for part in parts)
            return self._any(x, (*at, *index[1:]))
        inner = self._through(value, index)
        if inner is not None:
            return self._any(x, inner)
        whole = subscripted(self._any(x, None), self.index_text(key, x))
        return subscripted(whole, entry_text(value, index))

    def position(self, part: Traced, letter: str) -> str:
        """Return an entry of a list of positions: the letter itself if it counts."""
        return letter if entries.counts(part) else self.formula(part, (letter,)).text

    def _through(self, value: Traced, index: Index | None) -> Index | None:
        """Return the index of the operand for an index of integers, slices, new axes and, where
        no entry of them is asked for, lists.
        """
        x, key = value.args
        parts = list(key) if isinstance(key, tuple) else [key]
        lists = [part for part in parts if isinstance(part, (Traced, np.ndarray, list, bool))]
        if lists and (index is not None or not all(map(_takes_one_axis, lists))):
            return None
        given = iter(index if index is not None else ())
        taken = sum(part is not None and part is not ... for part in parts)
        full = [slice(None)] * (len(lengths(x)) - taken)
        at = next((i for i, part in enumerate(parts) if part is ...), len(parts))
        inner: list[str] = []
        for part in [*parts[:at], *full, *parts[at + 1 :]]:
            if part is None:
                next(given, ":")
            elif isinstance(part, slice):
                it = next(given, ":")
                if part != slice(None) and it != ":":
                    return None
                inner.append(it if part == slice(None) else self._slice(part))
            else:
                inner.append(self._part(part))
        return tuple(inner)

    def index_text(self, key: Any, x: Any) -> str:
        """Return an index as it stands below a symbol."""
        parts = key if isinstance(key, tuple) else (key,)
        return ",".join(self._part(part) for part in parts)

    def _part(self, part: Any) -> str:
        if part is ...:
            return r"\ldots"
        if isinstance(part, slice):
            return self._slice(part)
        if part is None:
            return r"\ast"
        return self._any(part, None).text

    def _slice(self, part: slice) -> str:
        ends = ["" if it is None else self.formula(it).text for it in (part.start, part.stop)]
        step = "" if part.step is None else f":{self.formula(part.step).text}"
        return f"{ends[0]}:{ends[1]}{step}"

    def _scatter(self, value: Traced, index: Index | None) -> Formula | None:
        """Return an entry of zeros with values placed in them."""
        placed, key = value.args[:2]
        parts = entries.picking(key)
        if parts is None or index is None or ":" in index[: len(parts)]:
            return None
        counting = [axis for axis, part in enumerate(parts) if entries.counts(part)]
        letter = index[counting[0]] if counting else self.letter(parts[0], 0)
        conditions = [
            f"{index[axis]} = {self.position(part, letter)}"
            for axis, part in enumerate(parts)
            if axis not in counting[:1]
        ]
        with self.bound([] if counting else [letter]):
            rest = (letter, *index[len(parts) :])
            term = self._times(placed, rest, conditions)
        if counting:
            return term
        return Formula(rf"\sum_{{{letter}}} {term.at_least(Level.BIG)}", Level.BIG)

    def _times(self, placed: Any, index: Index, conditions: list[str]) -> Formula:
        mask = indicator(r" \wedge ".join(conditions)) if conditions else Formula("1")
        number = number_of(expanded(placed))
        if number is not None:
            return self.quantities.scaled(number, mask)
        x = self.formula(placed, of_operand(index, placed))
        return product(mask, x, "scale") if conditions else x


def _as_number(found: Formula) -> Formula:
    return indicator(found.text) if found.level == Level.RELATION else found


def _takes_one_axis(part: Any) -> bool:
    array = np.asarray(part.value if isinstance(part, Traced) else part)
    return array.ndim == 1 or (array.ndim == 0 and array.dtype.kind in "iu")


def _plain_name(value: Any) -> str:
    if isinstance(value, type):
        return value.__name__
    return value.name if isinstance(value, np.dtype) else str(value)


def entry_text(value: Any, index: Index | None) -> str:
    """Return an index as it stands below a symbol: axes of length one need no letter."""
    if index is None:
        return ""
    parts = [it for it, n in zip(index, lengths(value), strict=True) if n != 1]
    return "" if all(it == ":" for it in parts) else ",".join(parts)


def subscripted(found: Formula, entry: str) -> Formula:
    """Return an entry of what a formula stands for."""
    if not entry or found.text.isdigit():
        return found
    tight = found.level == Level.ATOM and not found.text.endswith("}")
    text = found.text if tight else Formula(found.text, Level.SUM).at_least(Level.ATOM)
    return Formula(f"{text}_{{{entry}}}")
