"""What ``gradcheck`` found, and how it prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from micrograd_np.pictures import BAD, GOOD, table
from micrograd_np.rounding import LIMIT

NOTHING = "nothing to compare with"
"""How a note begins where neither right nor wrong can be said."""


@dataclass(frozen=True)
class Row:
    """The gradient with respect to one array, compared.

    Attributes
    ----------
    name
        Where the array stands in the arguments.
    shape, dtype
        Of the array.
    by
        What the gradient was compared with.
    radii
        The largest error, in rounding radii.
    index, given, wanted
        Where it is, the element of the gradient there, and what it should be: a number, or the
        slopes to both sides of a kink between which it should lie. None if nothing was compared.
    of
        Of which result they are the derivative, if there is more than one number.
    checked
        How many elements were compared.
    kinks
        How many of them lie at a kink.
    unsettled
        How many others could not be compared, because rounding decides which side of a kink they
        are on, or because differences agree on no number.
    note
        What is wrong that is not an element's value, or "".
    places
        If elements are wrong: where first and where most, with both values.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    by: str
    radii: float = 0.0
    index: tuple[int, ...] | None = None
    given: Any = None
    wanted: Any = None
    of: str = ""
    checked: int = 0
    kinks: int = 0
    unsettled: int = 0
    note: str = ""
    places: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing but rounding is between the gradient and what it should be."""
        return not self.note and self.radii <= LIMIT

    @property
    def problem(self) -> str:
        """What is wrong, or ""."""
        if self.note or self.ok:
            return self.note
        given, wanted = f"{self.given:.6g}", _told(self.wanted)
        if given == wanted:
            given, wanted = repr(self.given), repr(self.wanted)
        return f"at {list(self.index or ())}: {given}, expected {wanted}{self.of}"


def aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    ]


def _told(wanted: Any) -> str:
    if isinstance(wanted, tuple):
        return f"between {wanted[0]:.6g} and {wanted[1]:.6g}"
    return f"{wanted:.6g}"


@dataclass(frozen=True)
class GradCheck:
    """What :func:`gradcheck` found: print it, or ask ``ok``.

    Attributes
    ----------
    name
        Of the function.
    rows
        One :class:`Row` for each array.
    """

    name: str
    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        """Whether every gradient is right."""
        return all(row.ok for row in self.rows)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        lines = [_HEAD, *(_cells(row) for row in self.rows)]
        return "\n".join([f"gradcheck of {self.name}", *aligned(lines), *self._notes()])

    def _repr_html_(self) -> str:
        """Return the table for notebooks."""
        rows = ((_cells(row), GOOD if row.ok else BAD) for row in self.rows)
        return table(_HEAD, rows, [f"gradcheck of {self.name}", *self._notes()])

    def _notes(self) -> list[str]:
        notes = []
        for row in self.rows:
            size = int(np.prod(row.shape))
            if row.checked + row.unsettled < size and not row.note:
                notes.append(
                    f"{row.name}: {row.checked} of {size} elements and a random direction of all"
                )
            if row.kinks:
                notes.append(
                    f"{row.name}: {row.kinks} at a kink, where any slope between those to both "
                    "sides is right"
                )
            if row.unsettled:
                notes.append(
                    f"{row.name}: {row.unsettled} not compared: a kink is too close, or there is "
                    "no slope"
                )
        return notes


_HEAD = ("gradient by", "shape", "compared with", "radii", "verdict")


def _cells(row: Row) -> tuple[str, ...]:
    shape = "x".join(map(str, row.shape)) or "()"
    radii = "-" if row.note else f"{row.radii:.1f}" if row.radii < 1000 else f"{row.radii:.1e}"
    word = "UNKNOWN" if row.note.startswith(NOTHING) else "WRONG"
    verdict = f"{word} {row.problem}" if row.problem else "ok"
    return row.name, shape, row.by, radii, verdict


class GradientError(AssertionError):
    """A gradient is wrong.

    Attributes
    ----------
    found
        The :class:`GradCheck`.
    """

    def __init__(self, found: GradCheck) -> None:
        places = [f"{row.name} {place}" for row in found.rows for place in row.places]
        super().__init__("\n".join([repr(found), *places]))
        self.found = found
