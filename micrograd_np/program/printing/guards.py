"""The lengths that a source is written for: another is refused where it can be seen first.

Most lengths are open, and NumPy refuses by itself what does not fit. What is refused here it would
take: a length that a loop has counted to, and one that it would broadcast, so that a gradient came
out in another shape than what it is the gradient of.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import filterfalse, groupby
from typing import Any, NamedTuple

from micrograd_np.frames import Line
from micrograd_np.program.linear import Linear, cut_from, linear, number_of_parts, sum_of
from micrograd_np.program.numbers import Atom, Axis, Number, atom, lone, of
from micrograd_np.program.printing.layout import folded
from micrograd_np.program.printing.plan import Plan
from micrograd_np.program.printing.python import Writer
from micrograd_np.program.record import Record
from micrograd_np.program.traced import Traced


class Wanted(NamedTuple):
    """A length, and what it has to be."""

    length: Any
    is_: Any
    line: Line | None = None
    """The user's line that needs it so."""

    @property
    def is_tie(self) -> bool:
        """Whether it has to be another length, and no number."""
        return isinstance(self.is_, Number)

    def arrays(self) -> set[Traced]:
        """Return the arrays whose lengths have to be known."""
        return {it.array for n in (self.length, self.is_) for it in of(n).atoms()}


class Guards:
    """Writes what refuses lengths.

    Parameters
    ----------
    record
        The program.
    known
        The values that are written.
    plan, writer, sizes
        As for what is written: lines, expressions, names of lengths.
    width
        Of a line.
    """

    def __init__(
        self,
        record: Record,
        known: set[Traced],
        plan: Plan,
        writer: Writer,
        sizes: dict[Atom, str],
        width: int,
    ) -> None:
        self.plan = plan
        self.writer = writer
        self.sizes = sizes
        self.width = width
        self.by_line: dict[Traced | None, list[Wanted]] = {}
        for wanted in _wanted(record, plan):
            if wanted.arrays() <= known:
                self.by_line.setdefault(self._last_line(wanted), []).append(wanted)

    def _last_line(self, wanted: Wanted) -> Traced | None:
        """Return the line after which the lengths can be seen, None if the inputs are enough."""
        return self.plan.latest(map(self.plan.last_line, wanted.arrays()))

    def after(self, value: Traced | None) -> Iterator[str]:
        """Yield what can be refused once a value is there, or with the inputs alone."""
        wanted = self.by_line.get(value, [])
        tied = {_owner(w) for w in wanted if w.is_tie}
        is_fitting = lambda w: _owner(w) in tied and w.line is None
        fitting = list(filter(is_fitting, wanted))
        fitting.sort(key=lambda w: _owner(w).sequence)
        if fitting:
            names = dict.fromkeys(ast.unparse(self.writer.tree(_owner(w))) for w in fitting)
            yield from self._guard(self._shapes(fitting), _do_not_fit(list(names)))
        rest = sorted(filterfalse(is_fitting, wanted), key=lambda w: w.line is None)
        told: set[str] = set()
        for line in dict.fromkeys(w.line for w in rest):  # each with its own reason
            mine = [w for w in rest if w.line == line and self.text(w.length) not in told]
            told.update(self.text(w.length) for w in mine)
            if not mine:
                continue
            pairs = [(self.text(w.length), self.text(w.is_)) for w in mine]
            lengths = [self.text(w.length, named=False) for w in mine]
            parts = ["written for "]
            parts += [f"{length} = {w.is_}, " for length, w in zip(lengths, mine, strict=True)]
            parts[-1] = parts[-1][:-2]
            if line:
                parts.append(f", as {line.file.rsplit('/', 1)[-1]}:{line.number} needs it")
            yield from self._guard(pairs, parts)

    def seed(self, seed: str, result: str) -> Iterator[str]:
        """Yield what refuses a gradient to begin with that has another shape than the result."""
        message = [f"{seed} has to have the shape of {result}"]
        return self._guard([(f"{seed}.shape", f"{result}.shape")], message)

    def _guard(self, pairs: Iterable[tuple[str, str]], message: list[str]) -> Iterator[str]:
        yield from folded(f"if {' or '.join(f'{a} != {b}' for a, b in pairs)}:", self.width)
        yield from (f"    {part}" for part in _raised(message, self.width - 4))

    def _shapes(self, wanted: list[Wanted]) -> list[tuple[str, str]]:
        """Return what has to be equal: shapes as a whole where all of their lengths are known."""
        found: dict[tuple[str, str], None] = {}
        for array, items in groupby(wanted, key=_owner):
            name = ast.unparse(self.writer.tree(array))
            pairs = list(dict.fromkeys((self.text(w.length), self.text(w.is_)) for w in items))
            whole = [f"{name}.shape[{axis}]" for axis in range(array.ndim)]
            if sorted(length for length, _ in pairs) == whole:
                lengths = [text for _, text in sorted(pairs)]
                pairs = [(f"{name}.shape", f"({', '.join(lengths)}{',' * (len(lengths) == 1)})")]
            found.update(dict.fromkeys(pairs))
        return list(found)

    def text(self, n: Any, named: bool = True) -> str:
        """Return a length as it was noted, not as the one that stands for all that are the same."""
        axis = _alone(n)
        if axis is None:
            return ast.unparse(self.writer.tree(n))
        if named and axis in self.sizes:
            return self.sizes[axis]
        shape = ast.Attribute(self.writer.tree(axis.array), "shape")
        return ast.unparse(ast.Subscript(shape, ast.Constant(axis.axis)))


def _wanted(record: Record, plan: Plan) -> Iterator[Wanted]:
    """Yield lengths that have to be what they were, and those that have to be the same."""
    for value in filter(plan.uses.get, record.inputs):
        for axis, n in enumerate(value.shape):
            if isinstance(n, int) and not value.is_seed:
                yield Wanted(atom(Axis(value, axis)), n)
    for it, line in record.fixed.items():
        if isinstance(it, Axis) and not it.array.backward:
            yield Wanted(atom(it), it.number, line)
    ties = record.trace.ties
    tied = {axis for pair in ties for axis in map(_alone, pair) if axis is not None}
    for a, b in ties:
        difference = sum_of(linear(a), linear(b), -1)
        if difference:
            yield _solved(difference, tied)
        elif _may_be_cut(a) or _may_be_cut(b):
            yield Wanted(a, b) if of(a).atoms() else Wanted(b, a)


def _solved(difference: Linear, tied: set[Axis]) -> Wanted:
    """Return what one length has to be so that a sum of lengths is zero."""
    terms = [t for t, times in difference.items() if t is not None and abs(times) == 1]
    terms = [t for t in terms if _alone(t.number) is not None]
    if not terms:
        below = {t: -times for t, times in difference.items() if times < 0}
        above = {t: times for t, times in difference.items() if times > 0}
        return Wanted(number_of_parts(above), number_of_parts(below))
    term = min(terms, key=lambda t: _preference(t.number, tied))
    sign = -difference.pop(term)
    return Wanted(
        term.number, number_of_parts({t: times * sign for t, times in difference.items()})
    )


def _may_be_cut(n: Any) -> bool:
    """Whether a slice has a length only where an array is long enough: ``:2``.

    Or ``1:``, where something is put on to it again.
    """
    it = _alone(n)
    if it is not None:
        return any(bound > 0 for bound in _cuts(it))
    return any(bound for axis in of(n).atoms() if isinstance(axis, Axis) for bound in _cuts(axis))


def _cuts(it: Axis) -> Iterator[int]:
    """Yield the bounds of a slice, those as positive that say how long it is."""
    source = cut_from(it.array, it.axis)
    if source is not None:
        start, stop = source[1].start, source[1].stop
        if isinstance(stop, int):
            yield stop
        if isinstance(start, int):
            yield -start


def _preference(n: Any, tied: set[Axis]) -> tuple[float, int]:
    """Order lengths by which is told to be the other: of a shape all of which is told, a newer."""
    axis = _alone(n)
    if axis is None or axis.array.role != "input":
        return 1.0, 0
    told = sum(
        Axis(axis.array, i) in tied or isinstance(m, int) for i, m in enumerate(axis.array.shape)
    )
    return -told / axis.array.ndim, -axis.array.sequence


def _alone(n: Any) -> Axis | None:
    """Return the axis whose length a number is, None if it is computed."""
    it = lone(n)
    return it if isinstance(it, Axis) else None


def _owner(wanted: Wanted) -> Traced:
    """Return the array whose length is wanted: of several, the last."""
    axis = _alone(wanted.length)
    arrays = {it.array for it in of(wanted.length).atoms()}
    return axis.array if axis is not None else max(arrays, key=lambda array: array.sequence)


def _do_not_fit(names: list[str]) -> list[str]:
    """Return a message in parts, between which it may be broken."""
    *most, last = names
    listed = [*(f"{name}, " for name in most[:-1]), *(f"{name} or " for name in most[-1:])]
    return ["the shape of ", *listed, f"{last} does not fit"]


def _quoted(text: str) -> str:
    return repr(text) if '"' in text or "\\" in text else f'"{text}"'


def _raised(parts: list[str], width: int) -> Iterator[str]:
    """Yield the line that raises a ValueError: its message in pieces that fit, cut at spaces."""
    pieces = [""]
    short = (
        piece
        for part in parts
        for piece in ([part] if len(part) < width - 6 else re.findall(r"\S+\s*", part))
    )
    for part in short:
        if pieces[-1] and len(repr(pieces[-1] + part)) > width - 4:
            pieces.append("")
        pieces[-1] += part
    line = f"raise ValueError({_quoted(pieces[0])})"
    if len(pieces) == 1 and len(line) <= width:
        yield line
        return
    yield "raise ValueError("
    yield from (f"    {_quoted(piece)}" for piece in pieces)
    yield ")"
