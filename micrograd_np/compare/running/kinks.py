"""Kinks that a forward pass hits exactly, where the slope is a convention.

At ``max(x, 0)`` with x = 0 every slope from 0 to 1 is right. The automatic gradient takes the one
that the record of the operation tells; whoever writes a backward pass may have taken another. So a
forward pass can be followed with the slopes of either side at its kinks: those of a *site*, which
is an operation in a line of the user's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_np.frames import Line, line_of, user_frame
from micrograd_np.operation import Operation

Array = NDArray[Any]

Side = Literal["above", "below", "first", "last", "other"]
"""Which slope is taken: where the operand is a hair larger or smaller; of several equal elements
the first or last; where a comparison of equal numbers had come out the other way."""

_ORDERS = (np.less, np.less_equal, np.greater, np.greater_equal)


class Site(NamedTuple):
    """An operation in a line of the forward pass: its place in the compiled code tells it apart."""

    line: Line
    operation: Operation
    place: int

    @property
    def text(self) -> str:
        """The line with its number."""
        return f"line {self.line.number}" + (f", `{self.line.text}`" if self.line.text else "")


Sides = Mapping[Site, Side]
"""The sites at which another slope than the automatic one is taken, and which."""


@dataclass
class Met:
    """How often a kink was hit exactly.

    Attributes
    ----------
    count, total
        At how many elements, of how many.
    sides
        The slopes that may be taken there.
    slopes
        The slope of the operand there: the automatic one under ``""``, and those of the sides.
    """

    count: int = 0
    total: int = 0
    sides: tuple[Side, ...] = ()
    slopes: dict[str, set[float]] = field(default_factory=dict)


class Kinks:
    """Takes note of the kinks that are hit, and takes the slopes of `sides` there.

    It is a ``mode(call=...)`` around another one.
    """

    def __init__(self, sides: Sides) -> None:
        self.sides = sides
        self.inner: Any = None
        self.met: dict[Site, Met] = {}
        self._total: Counter[Site] = Counter()

    def found(self) -> dict[Site, Met]:
        """Return the kinks that were hit, and how often."""
        for site, met in self.met.items():
            met.total = self._total[site]
        return self.met

    def __call__(self, operation: Operation, values: list[Any], kwargs: dict[str, Any]) -> Any:
        """Compute `operation`; `values`, which its rules are given, are moved off the kinks."""
        out = (
            self.inner(operation, values, kwargs)
            if self.inner is not None
            else operation.function(*values, **kwargs)
        )
        find, frame = _finder(operation), user_frame()
        if find is None or frame is None:
            return out
        site = Site(line_of(frame), operation, frame.f_lasti)
        self._total[site] += np.size(out)
        with np.errstate(all="ignore"):
            kink = find(operation, values, kwargs, out)
        if kink is None or not kink.at.any():
            return out
        met = self.met.setdefault(site, Met(sides=kink.sides))
        met.count += int(kink.at.sum())
        for taken, slopes in kink.slopes.items():
            met.slopes.setdefault(taken, set()).update(slopes)
        side = self.sides.get(site)
        return out if side is None else kink.taken(side, values, out)


def _finder(operation: Operation) -> Any:
    """Return what finds the elements at a kink, None for an operation that has none."""
    if operation.function in _ORDERS:
        return _equal
    if not operation.kinks or operation.every is not None:
        return None
    if operation.kinks.startswith("ties"):
        return _ties
    return _jumps if operation.elementwise or operation.exact else None


class _Kink:
    """Elements at a kink, and the slopes that may be taken there."""

    sides: tuple[Side, ...] = ()

    def __init__(self, at: Array) -> None:
        self.at = at
        self.slopes: dict[str, set[float]] = {}

    def taken(self, side: Side, values: list[Any], out: Any) -> Any:
        """Change values so that the rules take the slopes of a side; return the result."""
        raise NotImplementedError


# --- comparisons ---------------------------------------------------------------------------------


class _Equal(_Kink):
    """Where two numbers that are compared are equal."""

    sides = ("other",)

    def taken(self, side: Side, values: list[Any], out: Any) -> Any:
        return np.where(self.at, np.logical_not(out), out)


def _equal(operation: Operation, values: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    a, b = values[:2]
    if not any(np.asarray(value).dtype.kind == "f" for value in (a, b)):
        return None
    found = _Equal(np.asarray(np.equal(a, b)))
    found.slopes[""] = {float(v) for v in np.unique(np.asarray(out)[found.at])}
    return found


# --- the largest of several ----------------------------------------------------------------------


class _Ties(_Kink):
    """Where several elements are the largest or smallest: those that are."""

    sides = ("first", "last")

    def __init__(self, at: Array, ties: Array, axis: Any) -> None:
        super().__init__(at)
        self.ties = ties
        self.axis = axis

    def taken(self, side: Side, values: list[Any], out: Any) -> Any:
        """Move all but one of the elements that are equal away from the result."""
        ties = self.ties
        along = range(ties.ndim) if self.axis is None else np.atleast_1d(self.axis)
        axes, ends = [int(axis) for axis in along], range(-len(along), 0)
        moved = np.moveaxis(ties, axes, ends)
        flat = moved.reshape(*moved.shape[: ties.ndim - len(axes)], -1)
        before = np.cumsum(flat if side == "first" else flat[..., ::-1], axis=-1)
        order = before if side == "first" else before[..., ::-1]
        others = np.moveaxis((flat & (order > 1)).reshape(moved.shape), ends, axes)
        a = np.asarray(values[0])
        values[0] = np.where(others, np.nextafter(a, -a.dtype.type(np.inf)), a)
        return out


def _ties(operation: Operation, values: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    a, axis = np.asarray(values[0]), values[1] if len(values) > 1 else kwargs.get("axis")
    if a.dtype.kind != "f" or not a.size:
        return None
    top = np.asarray(out)
    if axis is not None and top.ndim < a.ndim:
        top = np.expand_dims(top, axis)
    ties = a == top
    return _Ties(np.asarray(ties.sum(axis=axis) > 1), ties, axis)


# --- slopes that jump ----------------------------------------------------------------------------


class _Jumps(_Kink):
    """Where the slope of an elementwise function jumps."""

    sides = ("above", "below")

    def __init__(self, at: Array, position: int, moved: dict[str, tuple[list[Any], Any]]) -> None:
        super().__init__(at)
        self.position = position
        self.moved = moved

    def taken(self, side: Side, values: list[Any], out: Any) -> Any:
        """Move an operand off the kink, by as little as can be."""
        others, result = self.moved[side]
        values[self.position] = np.where(self.at, others[self.position], values[self.position])
        return np.where(self.at, result, out)


def _jumps(operation: Operation, values: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    out = np.asarray(out)
    position = _operand(operation, values, out.shape)
    if position is None or kwargs or out.dtype.kind != "f":
        return None
    moved = {side: _moved(operation, values, position, side) for side in ("above", "below")}
    kept = {side: (operands, out) for side, (operands, _) in moved.items()}
    # The result is moved only where the rule reads it, and not the operand.
    return _jumped(operation, position, values, out, kept) or (
        _jumped(operation, position, values, out, moved)
    )


def _jumped(
    operation: Operation,
    position: int,
    values: list[Any],
    out: Array,
    moved: dict[str, tuple[list[Any], Any]],
) -> _Jumps | None:
    """Return where the slope differs between two sides, None if it does nowhere."""
    rule = operation.rules[position]
    assert rule is not None
    ones = np.ones_like(out)
    slopes = {
        side: np.broadcast_to(np.asarray(rule(ones, result, *operands)), out.shape)
        for side, (operands, result) in {"": (values, out), **moved}.items()
    }
    jump = np.abs(slopes["above"] - slopes["below"])
    at = jump > 1e-3 * np.fmax(1.0, np.abs(slopes["below"]))
    if not at.any():
        return None
    found = _Jumps(at, position, moved)
    found.slopes = {side: {float(v) for v in np.unique(s[at])} for side, s in slopes.items()}
    return found


def _operand(operation: Operation, values: list[Any], shape: tuple[int, ...]) -> int | None:
    """Return the first operand of the shape of the result that has a gradient."""
    for position, value in enumerate(values):
        is_floating = getattr(value, "dtype", np.dtype(int)).kind == "f"
        if is_floating and operation.takes_array(position) and np.shape(value) == shape:
            return position
    return None


def _moved(
    operation: Operation, values: list[Any], position: int, side: str
) -> tuple[list[Any], Any]:
    """Return operands, one of them a hair larger or smaller, and the result."""
    value = np.asarray(values[position])
    sign = value.dtype.type(1 if side == "above" else -1)
    other = np.nextafter(value, sign * value.dtype.type(np.inf))
    operands = [*values[:position], other, *values[position + 1 :]]
    return operands, np.asarray(operation.function(*operands))


def sides_of(met: Mapping[Site, Met]) -> Iterator[tuple[Site, Side]]:
    """Yield every site with each of the slopes that may be taken there."""
    for site, one in met.items():
        for side in one.sides:
            yield site, side
