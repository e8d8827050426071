"""Random numbers and arrays that are like given ones: masks stay masks, labels stay labels."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Draw = Callable[[tuple[int, ...], np.random.Generator], Array]


def number(value: float, rng: np.random.Generator) -> float:
    """Return a number of the same sign, and on the same side of 1."""
    if value == 0:
        return float(rng.uniform(0.2, 0.8))
    size = rng.uniform(0.2, 0.8) if abs(value) < 1 else abs(value) * rng.uniform(1.1, 1.6)
    return math.copysign(size, value)


class Like:
    """Draws random arrays that are special in the way one is, as a mask or labels, or generic.

    Parameters
    ----------
    value
        What they are like; its dtype is kept.
    """

    def __init__(self, value: Array) -> None:
        self.value = value
        is_floating = value.dtype.kind == "f" and value.size > 0
        self._draw = _floating(value) if is_floating else None  # once: it takes a look at all of it

    def array(
        self,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        shortest: int | None,
        limit: int | None,
    ) -> Array:
        """Return a random array.

        Parameters
        ----------
        shape
            Of the new one.
        rng
            Draws it.
        shortest
            The shortest of all lengths, below which indices stay where it is not known of which
            axis they are; None: they stay as large as they are.
        limit
            The length below which whole numbers stay.
        """
        value = self.value
        if value.dtype.kind == "b":
            return _like_mask(value, shape, rng)
        if value.dtype.kind in "iu":
            return _whole(value, shape, rng, shortest, limit)
        if self._draw is None:
            return value.copy()
        return np.asarray(self._draw(shape, rng), value.dtype)


def _whole(
    value: Array,
    shape: tuple[int, ...],
    rng: np.random.Generator,
    shortest: int | None,
    limit: int | None,
) -> Array:
    """Draw indices: below the length that they index, or the shortest where that is not known."""
    if not value.size:
        return np.zeros(shape, value.dtype)
    low, high = int(value.min()), int(value.max())
    if value.ndim == 1 and value.size > 2 and np.array_equal(np.sort(value), np.arange(value.size)):
        return rng.permutation(shape[0]).astype(value.dtype)
    if value.ndim == 2 and _is_one_hot(value):
        return _one_hot(shape, value, rng).astype(value.dtype)
    if limit is not None:
        high = limit - 1
        low = min(low, high)
    elif shortest is not None:
        high = max(min(high, shortest - 1), low)
    drawn = rng.integers(max(low, 0), max(high, 0) + 1, shape)
    if drawn.size > 1:  # not all the same
        drawn.flat[rng.permutation(drawn.size)[:2]] = max(low, 0), max(high, 0)
    if low < 0:
        special = np.unique(value[value < 0])
        drawn = np.where(rng.random(shape) < np.mean(value < 0), rng.choice(special, shape), drawn)
    return drawn.astype(value.dtype)


def _floating(value: Array) -> Draw:
    """Return what draws floating-point numbers of the kind that an array holds."""
    kinds = np.unique(value)
    if value.ndim == 2 and _is_one_hot(value):
        return lambda shape, rng: _one_hot(shape, value, rng)
    if _is_triangular(value):
        return lambda shape, rng: _triangular(value, shape)
    if len(kinds) == 1:
        only = float(kinds[0])
        if only:
            return lambda shape, rng: only * rng.uniform(0.5, 1.5, shape)
        return lambda shape, rng: rng.normal(0, 0.5, shape)
    few = len(kinds) <= 3 and value.size > len(kinds)
    if few and (np.any(kinds == 0) or np.all(kinds == np.rint(kinds))):
        return lambda shape, rng: _of_few(kinds, shape, rng)
    whole = np.all(value == np.rint(value)) and value.size > 4
    if whole and len(kinds) <= max(10, value.size // 4):
        return lambda shape, rng: rng.choice(kinds, shape)
    low, high = float(value.min()), float(value.max())
    if value.ndim == 2 and low >= 0 and np.allclose(value.sum(axis=1), 1):
        return lambda shape, rng: rng.dirichlet(np.ones(shape[1]), shape[0])
    if low > 0 or (low >= 0 and high <= 1):
        low, high = (0.05, 0.95) if high <= 1 else (low, high)
        return lambda shape, rng: rng.uniform(low, high, shape)
    return lambda shape, rng: rng.normal(0, 0.7, shape)


def _of_few(kinds: Array, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Draw of a few numbers, as those of a mask, so that each of them occurs."""
    drawn = rng.choice(kinds, shape)
    if drawn.size >= len(kinds):
        drawn.flat[rng.permutation(drawn.size)[: len(kinds)]] = kinds
    return _filled(drawn, kinds[-1], rng) if kinds[-1] > 0 else drawn


def is_positive(value: Array) -> bool:
    """Whether an array is drawn positive: but for that it is nothing special."""
    if not value.size or value.min() < 0 or not value.any():
        return False
    kinds = np.unique(value)
    if len(kinds) == 1:
        return True
    whole = np.all(kinds == np.rint(kinds))
    is_share = value.ndim == 2 and np.allclose(value.sum(axis=1), 1)
    return len(kinds) > 3 and not whole and not is_share


def _is_one_hot(value: Array) -> bool:
    rows = [np.all(np.isin(value, (0, 1))) and np.all(value.sum(axis=axis) == 1) for axis in (0, 1)]
    return value.shape[0] > 1 and value.shape[1] > 1 and any(rows)


def _one_hot(shape: tuple[int, ...], value: Array, rng: np.random.Generator) -> Array:
    by_row = bool(np.all(value.sum(axis=1) == 1))
    count, classes = shape if by_row else shape[::-1]
    hot = np.zeros((count, classes))
    hot[np.arange(count), rng.integers(classes, size=count)] = 1
    return hot if by_row else hot.T


def _is_triangular(value: Array) -> bool:
    if value.ndim != 2 or value.shape[0] != value.shape[1] or len(value) < 2:
        return False
    below = np.tril(np.ones(value.shape, bool))
    lower, upper = np.unique(value[below]), np.unique(value[~below])
    return len(lower) == 1 and len(upper) == 1 and bool(lower[0] != upper[0])


def _triangular(value: Array, shape: tuple[int, ...]) -> Array:
    below = np.tril(np.ones(shape, bool))
    return np.asarray(np.where(below, value[-1, 0], value[0, -1]))


def _like_mask(value: Array, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    if value.size and _is_triangular(value):
        return np.asarray(_triangular(value, shape), bool)
    share = float(np.mean(value)) if value.size else 0.5
    return _filled(np.asarray(rng.random(shape) < min(max(share, 0.3), 0.7)), True, rng)


def _filled(mask: Array, value: Any, rng: np.random.Generator) -> Array:
    """Put a value into every row and column that is zero: what is masked wholly shows nothing."""
    if mask.ndim == 2 and min(mask.shape) > 1:
        for rows in (mask, mask.T):
            for row in rows:
                if not row.any():
                    row[rng.integers(len(row))] = value
    return mask
