"""What a program need not compute in each call: what is the same in all, or changes nothing.

Every rewrite here gives the same bits.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from micrograd_np.program.jit.layout import layout
from micrograd_np.program.record import numbers_in, operands
from micrograd_np.program.traced import Traced
from micrograd_np.rules.reductions import expand

UNSHARED = 4
"""How often an array is referred to that only a recording holds, as `_is_private` counts."""

LARGEST = 1 << 12
"""Up to how many elements of an array are looked at to see whether they are all the same."""
_UNITS = (np.multiply, np.divide)


class Folded:
    """The values of a program, without those that need not be computed.

    Parameters
    ----------
    values
        In order.

    Attributes
    ----------
    static
        Values that are the same in every call.
    same
        Values that are another one, bit for bit.
    """

    def __init__(self, values: Iterable[Traced]) -> None:
        values = list(values)
        self._operands: dict[Traced, list[Traced]] = {}
        self.static: set[Traced] = set()
        self.same: dict[Traced, Traced] = {}
        self._views = Counter(id(getattr(value.value, "base", None)) for value in values)
        for value in values:
            if self._is_static(value):
                self.static.add(value)
            else:
                other = self._another(value)
                if other is not None:
                    self.same[value] = other

    def of(self, value: Any) -> Any:
        """Return the value that stands for a value."""
        return self.same.get(value, value) if isinstance(value, Traced) else value

    def operands(self, value: Traced) -> list[Traced]:
        """Return the values that a value is computed from."""
        known = self._operands.get(value)
        if known is None:
            known = self._operands[value] = [self.of(read) for read in reads(value)]
        return known

    def uniform(self, value: Any) -> Any:
        """Return the one element that a static array consists of, as an array; None if of more."""
        if not isinstance(value, Traced) or value not in self.static:
            return None
        array = np.asarray(value.value)
        if not array.size or not (self._is_uniform(value) or _is_one_element(array)):
            return None
        return np.array(array.flat[0], array.dtype)

    def _is_uniform(self, value: Traced) -> bool:
        """Whether a static array is made of numbers, element by element."""
        operation = value.operation
        if operation is None or not (operation.elementwise or operation.called is expand):
            return False
        arrays = [self.of(x) for x in value.args if isinstance(x, Traced)]
        return not value.options and all(self.uniform(x) is not None for x in arrays)

    def _is_static(self, value: Traced) -> bool:
        if value.operation is None:
            return value.role == "number" or (value.role == "constant" and self._is_private(value))
        if not all(operand in self.static for operand in self.operands(value)):
            return False
        return not _is_uninitialised(value)

    def _is_private(self, value: Traced) -> bool:
        """Whether nobody can change an array from elsewhere: the recording alone refers to it."""
        array = value.value
        if not isinstance(array, np.ndarray) or array.base is not None:
            return False
        return sys.getrefcount(array) <= UNSHARED + self._views[id(array)]

    def _another(self, value: Traced) -> Traced | None:
        """Return the operand that a value is, bit for bit."""
        function = value.operation.called if value.operation is not None else None
        args = [self.of(arg) for arg in value.args]
        if function in _UNITS and len(args) == 2:
            pairs = [(args[0], args[1])]
            if function is np.multiply:
                pairs.append((args[1], args[0]))
            for x, one in pairs:
                if _is_like(x, value) and self._is_one(one):
                    return x  # type: ignore[no-any-return]  # a Traced
        if function in (np.reshape, expand, np.broadcast_to, np.positive) and _is_like(
            args[0], value
        ):
            return args[0]  # type: ignore[no-any-return]  # a Traced
        return None

    def _is_one(self, item: Any) -> bool:
        if isinstance(item, Traced):
            item = self.uniform(item)
        return item is not None and not isinstance(item, bool) and np.ndim(item) == 0 and item == 1


def _is_one_element(array: Any) -> bool:
    """Whether an array is one element again and again, as far as that is soon seen."""
    if array.size == 1 or not any(array.strides):
        return True
    one = array.reshape(-1)[:1].tobytes()
    return bool(array.size <= LARGEST and array.tobytes() == one * array.size)


def reads(value: Traced) -> list[Traced]:
    """Return the values that a value is computed from, or from whose lengths."""
    lengths = [it.array for number in numbers_in([value]) for it in number.atoms()]
    return operands(value) + lengths


def _is_like(x: Any, value: Traced) -> bool:
    return (
        isinstance(x, Traced)
        and not x.is_python_number
        and x.shape == value.shape
        and x.dtype == value.dtype
        and isinstance(x.value, np.ndarray)
        and layout(x).strides == layout(value).strides
    )


def _is_uninitialised(value: Traced) -> bool:
    return value.operation is not None and value.operation.function is np.empty


def reachable(folded: Folded, outputs: Sequence[Traced], values: Iterable[Traced]) -> list[Traced]:
    """Return the values that have to be computed in each call, in order."""
    found: set[Traced] = set()
    stack = [folded.of(value) for value in outputs]
    while stack:
        value = stack.pop()
        if value in found or value in folded.static:
            continue
        found.add(value)
        stack.extend(folded.operands(value))
    return [value for value in values if value in found]
