"""What a value is: matched with everything that the automatic side knows.

A value is a gradient, the contribution of one path to it, the sum of some of them, or a value of
the forward pass; it may still lack a factor, or be transposed, or not yet summed.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.following import Followed, Quantity
from micrograd_np.compare.running.marks import ByMark
from micrograd_np.compare.running.wanted import names_it

Array = NDArray[Any]
Kind = Literal["adjoint", "part", "sum", "value"]

SAME = 1e-9
"""Up to which error, relative to the greatest element, generic numbers of double precision are
the same: a million times what rounding does, and a millionth of what any mistake does."""

MOST_SUBSETS = 6
"""Of up to so many paths, every subset is known; of more, the first ones and the last ones."""


NOISE = 1e-14
"""What rounding usually does in double precision. Where it does more, more is allowed in
proportion."""


def tolerance(*arrays: Array, noise: float = 0.0) -> float:
    """Return `SAME`, or what it is for the least precise of the arrays.

    `noise` is what rounding does to one of them, relative to the greatest element.
    """
    eps = max((float(np.finfo(a.dtype).eps) for a in arrays if a.dtype.kind == "f"), default=0.0)
    precise = SAME * max(1.0, math.sqrt(eps / 2.3e-16) * 100 if eps > 1e-15 else 1.0)
    return precise * max(1.0, noise / (NOISE * max(1.0, eps / 2.3e-16)))


def same(a: Array, b: Array, noise: float = 0.0) -> bool:
    """Whether generic arrays of one shape are the same, up to rounding.

    `noise` is what rounding does to one of them, relative to the greatest element.
    """
    if a.shape != b.shape:
        return False
    if not a.size:
        return True
    if a.dtype.kind == "b" or b.dtype.kind == "b":
        return bool(np.array_equal(a, b))
    with np.errstate(all="ignore"):
        error = float(np.max(np.abs(a - b)))
        scale = max(float(np.max(np.abs(a))), float(np.max(np.abs(b))), 1e-300)
    allowed = tolerance(a, b, noise=noise)
    return math.isfinite(scale) and error <= allowed * scale


@dataclass(frozen=True, eq=False)
class Known:
    """Something that the automatic side knows.

    Attributes
    ----------
    kind
        A gradient, a path's contribution to one, a sum of contributions, or a forward value.
    quantity
        What it is of.
    array
        The value.
    paths
        Which paths are in it, for contributions and sums.
    is_hidden
        Whether no variable holds the quantity.
    """

    kind: Kind
    quantity: Quantity
    array: Array
    paths: tuple[int, ...] = ()
    is_hidden: bool = False


@dataclass(frozen=True, eq=False)
class Reading:
    """What a value turned out to be.

    Attributes
    ----------
    known
        What it matches.
    factor
        The value is so many times that.
    factor_text
        The factor in the user's terms, "" for 1; None if it is none that means something.
    form
        "", or what else has to be done to it: "transposed", "reshaped", "unsummed"; "squeezed":
        it lacks axes of length 1, or has more of them.
    axis
        The axis over which it is not yet summed.
    shown
        The factor where it has no text: as a square, else as a number.
    """

    known: Known
    factor: float
    factor_text: str | None
    form: str = ""
    axis: int | None = None
    shown: str = ""


class Meanings:
    """Everything that one run of the automatic side knows, to be looked up by value.

    Parameters
    ----------
    followed
        The run.
    factors
        What factors are called: numbers by name, such as lengths.
    """

    def __init__(self, followed: Followed, factors: Mapping[str, float]) -> None:
        self.followed = followed
        self.factors = _factor_table(factors)
        lengths = [(name, value) for name, value in factors.items() if value > 2]
        self._squares = [(value**2, f"{name}^2") for name, value in lengths]
        self._squares += [(value**-2.0, f"1/{name}^2") for name, value in lengths]
        self._values = [value for value, _ in self.factors]
        self.known = list(_everything(followed))
        sizes = [float(np.max(np.abs(k.array), initial=0)) for k in self.known if k.kind != "value"]
        self.scale = max((size for size in sizes if math.isfinite(size)), default=1.0)
        by_size: dict[int, list[tuple[Array, Known]]] = {}
        for one in self.known:
            by_size.setdefault(one.array.size, []).append((one.array, one))
        self._rows = {size: ByMark(pairs) for size, pairs in by_size.items()}

    def is_zero(self, value: Array) -> bool:
        """Whether a value is zero but for rounding."""
        return value.size == 0 or float(np.max(np.abs(value))) <= 1e-12 * self.scale

    def read(self, value: Array, path: str = "", forms: bool = True) -> list[Reading]:
        """Return what a value may be, the likeliest first.

        Parameters
        ----------
        value
            Any array.
        path
            What it is called: among gradients that are equal, the one that its name tells is first.
        forms
            Whether it may be transposed, or not yet summed.
        """
        if value.dtype.kind != "f" or not value.size or not np.all(np.isfinite(value)):
            return []
        if self.is_zero(value):
            return []
        found = list(self._matches(value, "", None))
        if forms and value.ndim >= 2:
            turned = np.swapaxes(value, -1, -2)
            found += self._matches(turned, "transposed", None)
        for axis in range(value.ndim if forms else 0):
            if value.shape[axis] > 1:
                found += self._matches(value.sum(axis=axis), "unsummed", axis)
        return sorted(found, key=lambda reading: _rank(reading, path))

    def _matches(self, value: Array, form: str, axis: int | None) -> Iterator[Reading]:
        rows = self._rows.get(value.size)
        wide = 1e-6 if value.dtype.itemsize >= 8 else 1e-3
        for one in rows.near(value, wide) if rows is not None else ():
            noise = 0.0 if one.kind == "value" else one.quantity.noise
            factor = ratio(value, one.array, noise)
            if factor is None:
                continue
            factor, text = self._named(factor)
            if value.size == 1 and text is None:
                continue
            shown = "" if text is not None else self._shown(factor)
            shape_differs = value.shape != one.array.shape
            if shape_differs and form == "transposed":
                continue
            if shape_differs and not form:
                same_lengths = _lengths(value) == _lengths(one.array)
                shaped = "squeezed" if same_lengths else "reshaped"
                yield Reading(one, factor, text, shaped, axis, shown)
            else:
                yield Reading(one, factor, text, form, axis, shown)

    def factor_text(self, factor: float) -> str | None:
        """Return a factor in the user's terms: "" for 1, None if it is none that is known."""
        return self._named(factor)[1]

    def _shown(self, factor: float) -> str:
        """Return a factor that has no text; a length squared is another number on other inputs."""
        found = (
            text for square, text in self._squares if math.isclose(factor, square, rel_tol=1e-7)
        )
        return next(found, f"{factor:.4g}")

    def _named(self, factor: float) -> tuple[float, str | None]:
        """Return the factor that is known and the same but for rounding, with what it is called."""
        wide = 1e-7 * abs(factor)
        first = bisect_left(self._values, factor - wide)
        found = self.factors[first : bisect_right(self._values, factor + wide)]
        return min(found, key=lambda one: len(one[1]), default=(factor, None))


def _lengths(value: Array) -> list[int]:
    """Return the lengths of the axes that are not of length 1."""
    return [n for n in value.shape if n != 1]


def _rank(reading: Reading, path: str) -> tuple[Any, ...]:
    """Order what a value may be."""
    known = reading.known
    named = names_it(path, known.quantity.path)
    return (
        reading.factor_text is None,
        reading.form != "",
        known.kind != "value" or reading.factor_text != "" or reading.known.array.size < 2,
        not (named and known.kind != "value"),
        len(reading.factor_text or ""),
        known.is_hidden,
        {"adjoint": 0, "value": 1, "part": 2, "sum": 3}[known.kind],
        not known.quantity.is_last,
        len(known.paths),
    )


def _everything(followed: Followed) -> Iterator[Known]:
    for quantities, hidden in ((followed.quantities, False), (followed.hidden, True)):
        for q in quantities:
            if q.adjoint is not None:
                if not q.is_zero:
                    yield Known("adjoint", q, q.adjoint, is_hidden=hidden)
                for paths in subsets(len(q.parts)):
                    yield of_paths(q, paths, hidden)
    by_hand = [q for q in followed.quantities if _is_by_hand(q)]
    handed_over = [q.value for q in by_hand if q.is_last]
    for q in followed.quantities:
        if q.value.dtype.kind != "f" or _is_by_hand(q):
            continue
        if not any(np.array_equal(q.value, one) for one in handed_over):
            yield Known("value", q, q.value)


def _is_by_hand(q: Quantity) -> bool:
    """Whether it is a gradient that the forward pass itself computes: ``loss, dx = f(x)``."""
    return q.adjoint is None and q.path.startswith(("d", "grad"))


def of_paths(q: Quantity, paths: tuple[int, ...], hidden: bool = False) -> Known:
    """Return the sum of some contributions to a gradient, of all but one at most."""
    total = sum((q.parts[i] for i in paths[1:]), start=q.parts[paths[0]])
    return Known("part" if len(paths) == 1 else "sum", q, total, paths, hidden)


def subsets(count: int) -> Iterator[tuple[int, ...]]:
    """Yield which contributions are summed: not all, that is the gradient itself."""
    if count < 2:
        return
    if count <= MOST_SUBSETS:
        for bits in range(1, 2**count - 1):
            yield tuple(i for i in range(count) if bits >> i & 1)
        return
    for i in range(count):
        yield (i,)
    for i in range(2, count):
        yield tuple(range(i))
        yield tuple(range(count - i, count))


def ratio(value: Array, known: Array, noise: float = 0.0) -> float | None:
    """Return the factor between two arrays of one size, None if there is none."""
    a = np.asarray(value, np.float64).reshape(-1)
    b = np.asarray(known, np.float64).reshape(-1)
    with np.errstate(all="ignore"):
        length = float(b @ b)
        factor = float(a @ b) / length if length else 0.0
        if factor == 0 or not math.isfinite(factor):
            return None
        far = tolerance(value, known, noise=noise) * float(np.max(np.abs(a)))
        return factor if float(np.max(np.abs(a - factor * b))) <= far else None


def _factor_table(names: Mapping[str, float]) -> list[tuple[float, str]]:
    """Return the factors that may be met, each with what it is called, in order."""
    single = [(1.0, ""), (2.0, "2"), (0.5, "1/2")]
    for name, value in names.items():
        if value not in (0.0, 1.0, -1.0) and math.isfinite(value):
            single += [(value, name), (1 / value, f"1/{name}")]
    table = dict.fromkeys(single)
    for (a, one), (b, other) in _pairs(single):
        if one.strip("1/") != other.strip("1/"):
            table[a * b, _times(one, other)] = None
    both = [(sign * value, ("-" if sign < 0 else "") + (text or ("1" if sign < 0 else "")))
            for value, text in table for sign in (1, -1)]  # fmt: skip
    return sorted((value, "-1" if text == "-1" else text) for value, text in both)


def _pairs(items: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    for i, one in enumerate(items):
        for other in items[i + 1 :]:
            yield one, other


def _times(one: str, other: str) -> str:
    tops = [t for t in (one, other) if not t.startswith("1/") and t]
    bottoms = [t[2:] for t in (one, other) if t.startswith("1/")]
    top = " ".join(tops) or "1"
    if not bottoms:
        return top
    return f"{top}/{bottoms[0]}" if len(bottoms) == 1 else f"{top}/({' '.join(bottoms)})"
