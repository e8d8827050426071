"""Rounding errors at random: each operation with its operands off by one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.lifting import unfold
from micrograd_np.operation import Operation

Array = NDArray[Any]


class Rounding:
    """Calls operations with their operands perturbed: a `mode(call=...)`.

    Parameters
    ----------
    rng
        Where the signs come from; None perturbs nothing and takes note of the decisions.
    decisions
        What the comparisons of the plain run gave, in order.
    freeze
        Whether comparisons give the plain run's result again.
    copies
        How many runs are made at once, along the first axis of every array; 0: one, as it is.
    """

    def __init__(
        self,
        rng: np.random.Generator | None,  # a string: numpy.random is slow to import
        decisions: list[Any] | None = None,
        freeze: bool = True,
        copies: int = 0,
    ) -> None:
        self.copies = copies
        self.perturbing = rng is not None
        self.decisions: list[Any] = [] if decisions is None else decisions
        self.freeze = freeze
        self.flips = 0
        self._next = 0
        self._rng = rng
        self._pools: dict[np.dtype[Any], Array] = {}

    def __call__(self, operation: Operation, values: list[Any], kwargs: dict[str, Any]) -> Any:
        """Compute `operation` with rounding errors."""
        if operation.kind == "constant":
            return self._decide(operation.function(*values, **kwargs), _margin(operation, values))
        if operation.composite:
            return unfold(operation, values, kwargs)
        if self.perturbing and not operation.exact:
            dtype = _working_dtype(values)
            added = dict(operation.sums(*values, **kwargs)) if operation.sums else {}
            values = [
                self._drift(value, added[position]) if position in added else value
                for position, value in enumerate(values)
            ]
            values = [
                self.perturb(value, dtype, operation.normwise)
                if operation.takes_array(position) and position not in operation.places
                else value
                for position, value in enumerate(values)
            ]
        return operation.function(*values, **kwargs)

    def perturb(self, value: Any, dtype: np.dtype[Any], normwise: bool = False) -> Any:
        """Return an operand that is a rounding error off, of `dtype` where it is a number.

        `normwise`: each element of a matrix by as much as the largest.
        """
        if isinstance(value, (np.ndarray, np.inexact)):
            if value.dtype.kind not in "fc":
                return value
            factors = self._factors(value.size, value.real.dtype).reshape(value.shape)
            if normwise and value.ndim >= 2 and value.size:
                largest = np.abs(value).max(axis=(-2, -1), keepdims=True)
                return np.asarray(value + largest * (factors - 1))
            return np.asarray(value * factors)
        if isinstance(value, float) and not value.is_integer():
            # A whole number is a count or an exponent, and exact.
            return value * float(self._factors(1, dtype)[0])
        return value

    def _drift(self, terms: Any, axes: int | tuple[int, ...] | None) -> Any:
        """Perturb terms that are added up along axes as the roundings on the way perturb them.

        Each addition rounds the sum of all terms so far: it changes every one of them by the same
        factor, off from 1 by eps / 4 on average. A term that many additions follow has come by as
        many factors in the end. Equal terms are rounded alike, so that in data that repeats itself
        the errors do not average out.
        """
        if not isinstance(terms, np.ndarray) or terms.dtype.kind not in "fc" or not terms.size:
            return terms
        along = range(terms.ndim) if axes is None else axes if isinstance(axes, tuple) else (axes,)
        added = [axis % terms.ndim for axis in along]
        lengths = [terms.shape[axis] for axis in added]
        by_term = np.moveaxis(terms, added, range(len(added))).reshape(math.prod(lengths), -1)
        marks = by_term @ np.cos(np.arange(by_term.shape[1]))  # the same for the same terms
        _, kinds = np.unique(marks, return_inverse=True)
        apart = [self.copies] if self.copies and 0 not in added else []
        drawn = self._factors(len(kinds) * math.prod(apart), terms.real.dtype)
        steps = (drawn.reshape([-1, *apart])[kinds] - 1.0) / 4
        walk = 1 + np.cumsum(steps[::-1], axis=0, dtype=np.float64)[::-1]
        factors = walk.reshape(lengths + apart + [1] * (terms.ndim - len(added) - len(apart)))
        back = np.moveaxis(factors, range(len(added)), added)
        return terms * back.astype(terms.real.dtype)

    def _factors(self, size: int, dtype: np.dtype[Any]) -> Array:
        """Draw factors 1 + eps or 1 - eps: from a pool, since a draw costs more than most sums."""
        pool = self._pools.get(dtype)
        if pool is None or pool.size < size:
            assert self._rng is not None
            signs = self._rng.integers(0, 2, max(size, 1 << 14)) * 2.0 - 1.0
            pool = (1 + np.finfo(dtype).eps * signs).astype(dtype)
        self._pools[dtype] = pool[size:]
        return pool[:size]

    def _decide(self, decision: Any, margin: Any) -> Any:
        # What is handed out may be written into; what is kept must not be.
        if not self.perturbing:
            self.decisions.append((_copy(decision), margin))
            return decision
        position, self._next = self._next, self._next + 1
        plain, plain_margin = (
            self.decisions[position] if position < len(self.decisions) else (..., None)
        )
        if plain is ... or np.shape(plain) != np.shape(decision):
            self.flips += 1  # another path was taken through the program
            return decision
        close = _close(margin, plain_margin)
        if close is not None and close.any():
            self.flips += 1
            decision = np.where(close, np.logical_not(plain), decision)
        elif not _same(plain, decision):
            self.flips += 1
        return _copy(plain) if self.freeze else decision


def _margin(operation: Operation, values: list[Any]) -> Any:
    """Return by how much the operands of a comparison differ; None for another operation."""
    function = operation.function
    if not (isinstance(function, np.ufunc) and function.nin == 2 and function.types[0][-1] == "?"):
        return None
    dtype = np.complex128 if any(map(np.iscomplexobj, values)) else np.float64
    with np.errstate(all="ignore"):
        return np.subtract(values[0], values[1], dtype=dtype, casting="unsafe")


def _close(margin: Any, plain: Any) -> Any:
    """Tell where rounding moves the operands of a comparison by as much as they differ."""
    if margin is None or plain is None:
        return None
    moved = np.abs(margin - plain)
    return (moved > 0) & (moved >= np.abs(plain))


def _copy(decision: Any) -> Any:
    return decision.copy() if isinstance(decision, np.ndarray) else decision


def _same(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind in "fc"))


def _working_dtype(values: list[Any]) -> np.dtype[Any]:
    """Return the narrowest real dtype among the operands: that of a Python number beside them."""
    dtypes = [v.real.dtype for v in values if isinstance(v, np.ndarray) and v.dtype.kind in "fc"]
    return min(dtypes, key=lambda dtype: dtype.itemsize, default=np.dtype(float))
