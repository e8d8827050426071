"""Parts of arrays as formulas: entries that are picked by an index, and placed by one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from micrograd_np.program.numbers import Atom, canonical, of
from micrograd_np.program.printing.mathematics import entries
from micrograd_np.program.printing.mathematics.entries import Index, lengths, of_operand
from micrograd_np.program.printing.mathematics.formulas import (
    ONES,
    Formula,
    Level,
    indicator,
    product,
)
from micrograd_np.program.printing.mathematics.quantities import Quantities
from micrograd_np.program.printing.mathematics.symbols import Symbol
from micrograd_np.program.recording import TAKE
from micrograd_np.program.simplify.forms import expanded, number_of
from micrograd_np.program.traced import Traced

_LETTERS = "ijklmpqrsuvwabcdefgh"


class PartsWriter(ABC):
    """Writes symbols, their entries, and what is picked from or placed in arrays.

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

    @abstractmethod
    def anything(self, value: Any, index: Index | None) -> Formula:
        """Return whatever may stand in a formula."""

    @abstractmethod
    def formula(self, value: Any, index: Index | None = None) -> Formula:
        """Return a value as a number."""

    # --- parts of arrays -------------------------------------------------------------------------

    def _getitem(self, value: Traced, index: Index | None) -> Formula | None:
        x, key = value.args
        if value.operation is TAKE:
            part = subscripted(self.anything(x, None), str(key))
            return subscripted(part, entry_text(value, index))
        parts = entries.picking(key)
        if parts is not None and index is not None and index[0] != ":":
            at = tuple(self.position(part, index[0]) for part in parts)
            return self.anything(x, (*at, *index[1:]))
        inner = self._through(value, index)
        if inner is not None:
            return self.anything(x, inner)
        text = self.index_text(key, x)
        if x.role == "input" or self.is_line(x):
            whole = Formula(self.symbols[x].at(text))
        else:
            whole = subscripted(self.anything(x, None), text)
        return subscripted(whole, entry_text(value, index))

    def position(self, part: Traced, letter: str) -> str:
        """Return an entry of a list of positions: the letter itself if it counts."""
        return letter if entries.counts(part) else self.formula(part, (letter,)).text

    def _through(self, value: Traced, index: Index | None) -> Index | None:
        """Return the index of the operand, where that can be told.

        For an index of integers, slices and new axes it can; for one with lists only where no
        entry of the result is asked for.
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
        return self.anything(part, None).text

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


def _takes_one_axis(part: Any) -> bool:
    array = np.asarray(part.value if isinstance(part, Traced) else part)
    return array.ndim == 1 or (array.ndim == 0 and array.dtype.kind in "iu")


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
    if found == ONES:
        return found if ":" in entry else Formula("1")
    tight = found.level == Level.ATOM and not found.text.endswith("}")
    text = found.text if tight else Formula(found.text, Level.SUM).at_least(Level.ATOM)
    return Formula(f"{text}_{{{entry}}}")
