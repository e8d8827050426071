"""Lengths as sums: how long a slice is in terms of the lengths that it was cut from.

``z[:, H:2 * H]`` is H long, ``x[1:]`` one less than x. That holds where the array is long enough:
NumPy cuts off what is not there.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from micrograd_np.program.numbers import Axis, Compound, Number, of
from micrograd_np.program.traced import Traced


class Term:
    """A length as such: equal to itself, not to another that happens to be as long."""

    __slots__ = ("number",)

    def __init__(self, number: Number) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Term) and self.number.key == other.number.key

    def __hash__(self) -> int:
        return hash(self.number.key)


Linear = dict[Term | None, float]
"""How often each length is in a sum; None stands for what is added."""


def linear(n: Any) -> Linear:
    """Return a length as a sum; what cannot be taken apart is a length of its own."""
    number = of(n)
    if not number.factors or not number.coefficient:
        return {None: number.coefficient} if number.coefficient else {}
    ((it, power), *more) = number.factors.items()
    parts = _parts(it) if power == 1 and not more else None
    if parts is None:
        whole = number * (1 / number.coefficient) if number.coefficient != 1 else number
        return {Term(of(whole)): number.coefficient}
    return {key: times * number.coefficient for key, times in parts.items()}


def _parts(it: Any) -> Linear | None:
    if isinstance(it, Compound) and it.sign in ("+", "-"):
        return sum_of(linear(it.left), linear(it.right), 1 if it.sign == "+" else -1)
    if isinstance(it, Axis):
        return _of_slice(it)
    return None


def sum_of(a: Linear, b: Linear, sign: int) -> Linear:
    """Return a + b, or a - b."""
    total = dict(a)
    for key, times in b.items():
        total[key] = total.get(key, 0) + sign * times
    return {key: times for key, times in total.items() if times}


def _of_slice(it: Axis) -> Linear | None:
    """Return how long a slice is that is not cut short."""
    source = cut_from(it.array, it.axis)
    if source is None:
        return None
    base, part = source
    if is_whole(part):
        return linear(base)
    if part.step not in (None, 1):
        return None
    start, stop = (_bound(base, bound) for bound in (part.start, part.stop))
    if (start is None and part.start is not None) or (stop is None and part.stop is not None):
        return None
    return sum_of(linear(base) if stop is None else stop, start or {}, -1)


def _bound(base: Any, bound: Any) -> Linear | None:
    if bound is None or isinstance(bound, Traced):
        return None
    value = bound.value if isinstance(bound, Number) else bound
    return linear(bound) if value >= 0 else sum_of(linear(base), linear(bound), 1)


def is_whole(part: Any) -> bool:
    """Whether a slice takes all of an axis, in one direction or the other."""
    return part.start is None and part.stop is None and part.step in (None, 1, -1)


def cut_from(value: Traced, axis: int) -> tuple[Any, slice] | None:
    """Return the length and the slice that an axis of an indexed array comes from."""
    operation = value.operation
    if operation is None or operation.called is not operator.getitem or value.part is not None:
        return None
    found = list(sliced(value.args[0], value.args[1]))
    return found[axis] if len(found) == value.ndim else None


def sliced(base: Traced, index: Any) -> Iterator[tuple[Any, slice] | None]:
    """Yield what each axis of ``base[index]`` comes from; nothing if there are arrays in it."""
    parts = list(index) if isinstance(index, tuple) else [index]
    taken = sum(part is not None and part is not ... for part in parts)
    at = next((i for i, part in enumerate(parts) if part is ...), len(parts))
    parts[at : at + 1] = [slice(None)] * (base.ndim - taken)
    lengths = iter(base.shape)
    for part in parts:
        if part is None:
            yield None
        elif isinstance(part, slice):
            yield next(lengths), part
        elif getattr(part, "ndim", 0) or isinstance(part, (list, bool)) or _is_mask(part):
            return
        else:
            next(lengths)


def _is_mask(part: Any) -> bool:
    return getattr(part, "dtype", None) == np.dtype(bool)


def number_of_parts(parts: Linear) -> Any:
    """Return a sum as a number again."""
    total: Any = 0
    for term, times in sorted(parts.items(), key=lambda part: part[1], reverse=True):
        size = abs(_whole(times)) if term is None else term.number * abs(_whole(times))
        total = total + size if times > 0 else total - size
    return total


def _whole(times: float) -> float:
    return int(times) if float(times).is_integer() else times
