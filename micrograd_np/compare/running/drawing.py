"""Fresh inputs like the user's: generic numbers, and other lengths where the function allows it.

Real data repeats itself, and lengths that happen to be equal hide what a line does. So a backward
pass is read on inputs drawn at random, of lengths that differ from each other and that are no
other numbers that a formula may hold.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.paths import items, leaves
from micrograd_np.compare.running.values import copied, mapped
from micrograd_np.compare.running.wanted import holders

Array = NDArray[Any]

LENGTHS = (5, 7, 3, 11, 13, 9, 8, 15, 17, 19, 21, 23, 25, 27, 29)
"""What lengths are drawn from: none is twice another."""

MOST_TRIALS = 400
"""How many times the forward pass is run to find out which lengths belong together."""

Axis = tuple[str, int]


class Drawer:
    """Draws inputs like those that it has seen.

    Parameters
    ----------
    inputs
        The user's, by name.
    runs
        How many statements the forward pass runs on inputs; 0 if it gives no finite loss.
    kept
        The paths of numbers to leave as they are.
    fixed
        Lengths to leave as they are.
    """

    def __init__(
        self,
        inputs: Mapping[str, Any],
        runs: Callable[[dict[str, Any]], int],
        kept: frozenset[str] = frozenset(),
        fixed: frozenset[int] = frozenset(),
    ) -> None:
        self.inputs = dict(inputs)
        self.kept = kept
        self.fixed = fixed
        self._runs = runs
        self._trials = 0
        # What is there for a gradient is as long as what it belongs to, and empty at first.
        self.held = _held(inputs)
        self.axes = {axis: n for axis, n in _axes(inputs).items() if axis[0] not in self.held}
        self.groups: list[list[Axis]] = []
        self.limits: dict[str, Axis] = {}
        self.signed: set[str] = set()
        self._find_groups()

    # --- lengths -------------------------------------------------------------------------------

    def _find_groups(self) -> None:
        """Find out which axes always have the same length, by trying."""
        by_value: dict[int, list[Axis]] = {}
        for axis, length in self.axes.items():
            if length > 1 and length not in self.fixed:
                by_value.setdefault(length, []).append(axis)
        values = sorted(by_value)
        self.groups = [by_value[value] for value in values]
        if not self.works(self._lengths(LENGTHS), 1):
            self._find_one_by_one()
        count = 0
        while count < len(self.groups):
            count = len(self.groups)
            for group in list(self.groups):
                self._divide(group)
        self._order()
        self._find_signed()
        self._find_limits()

    def _order(self) -> None:
        """Put the lengths first that make loops longer: they are drawn short."""
        base = self._lengths(LENGTHS)
        few = self.works(base, 1)
        growth = {}
        for i, group in enumerate(self.groups):
            longer = base | {axis: 2 * base[axis] for axis in group}
            growth[i] = max(self.works(longer, 1) - few, 0)
        order = sorted(growth, key=lambda i: (-growth[i], i))
        self.groups = [self.groups[i] for i in order]

    def _find_signed(self) -> None:
        """Find out which positive arrays may be of either sign, by trying.

        Where everything is positive, a mask of what is negative is never seen.
        """
        base = self._lengths(LENGTHS)
        for name, value in self.inputs.items():
            for path, leaf in leaves(value, name):
                is_array = isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"
                if is_array and _is_positive(leaf):
                    self.signed.add(path)
                    if not all(self.works(base, seed) for seed in (1, 2, 3)):
                        self.signed.discard(path)

    def _find_limits(self) -> None:
        """Find out below which length the whole numbers of each array have to stay, by trying."""
        base = self._lengths(LENGTHS)
        for name, value in self.inputs.items():
            for path, leaf in leaves(value, name):
                if not isinstance(leaf, np.ndarray) or leaf.dtype.kind not in "iu":
                    continue
                lengths = {base[group[0]]: group for group in self.groups}
                for length in sorted(lengths, reverse=True):
                    self.limits[path] = lengths[length][0]
                    if all(self.works(base, seed) for seed in (1, 2, 3)):
                        break
                else:
                    self.limits.pop(path, None)

    def _find_one_by_one(self) -> None:
        """Keep the groups whose length can be changed alone."""
        self.groups = [group for group in self.groups if self._changes(group)]
        if not self.works(self._lengths(LENGTHS), 1):
            self.groups = []

    def _changes(self, group: list[Axis]) -> bool:
        """Whether axes of one length can be made longer."""
        return any(
            self.works({axis: factor * self.axes[axis] for axis in group}, 1) for factor in (2, 3)
        )

    def _divide(self, group: list[Axis]) -> None:
        """Divide axes of one length into those that can be changed apart."""
        rest = list(group)
        found: list[list[Axis]] = []
        base = self._lengths(LENGTHS)
        while len(rest) > 1:
            part = self._part(rest, base)
            if part is None:
                break
            found.append(part)
            rest = [axis for axis in rest if axis not in part]
        if found:
            position = self.groups.index(group)
            trial = [*self.groups[:position], *found, rest, *self.groups[position + 1 :]]
            trial = [part for part in trial if part]
            before, self.groups = self.groups, trial
            if not self.works(self._lengths(LENGTHS), 1):
                self.groups = before

    def _part(self, axes: list[Axis], base: dict[Axis, int]) -> list[Axis] | None:
        """Return the fewest axes, with the first one, that can be changed without the others."""
        old = base[axes[0]]
        for part in _parts(axes):
            if self._trials > MOST_TRIALS:
                return None
            longer = base | dict.fromkeys(part, old + 1)
            shorter = base | dict.fromkeys(part, old - 1)
            if self.works(longer, 1) and self.works(shorter, 1):
                return part
        return None

    def _lengths(self, pool: Sequence[int]) -> dict[Axis, int]:
        lengths = itertools.chain(pool, itertools.count(31, 2))
        return {axis: n for group, n in zip(self.groups, lengths, strict=False) for axis in group}

    def works(self, lengths: Mapping[Axis, int], seed: int) -> int:
        """Return how many statements the forward pass runs on inputs of such lengths."""
        self._trials += 1
        try:
            inputs = self._draw(lengths, np.random.default_rng(seed), self.limits)
        except ValueError:
            return 0
        with np.errstate(all="ignore"):
            return self._runs(inputs)

    # --- drawing -------------------------------------------------------------------------------

    def problems(self, seed: int = 0) -> Iterator[dict[str, Any]]:
        """Yield inputs of other lengths on which the forward pass runs, without end.

        Where it runs on none, they are the user's.
        """
        for i in itertools.count():
            if i >= MOST_TRIALS:
                yield copied(self.inputs)
                continue
            pool = LENGTHS[i % 3 :] + LENGTHS[: i % 3]
            lengths = self._lengths(pool)
            for limits in (self.limits, {}):
                inputs = self._draw(lengths, np.random.default_rng([seed, i]), limits)
                with np.errstate(all="ignore"):
                    fits = self._runs(copied(inputs))
                if fits:
                    yield inputs
                    break

    def alike(self, seed: int = 0) -> dict[str, Any]:
        """Return generic inputs of the same lengths."""
        return self._draw({}, np.random.default_rng([seed, 1000]), self.limits)

    def _draw(
        self, lengths: Mapping[Axis, int], rng: np.random.Generator, limits: Mapping[str, Axis]
    ) -> dict[str, Any]:
        changed = [lengths.get(axis, n) for axis, n in self.axes.items()]
        shortest = min((n for n in changed if n > 1), default=2)
        renamed = {self.axes[axis]: n for axis, n in lengths.items()}
        paths = iter([path for name, v in self.inputs.items() for path, _ in _numbers(v, name)])

        def draw(value: Any) -> Any:
            path = next(paths)
            owner = self.held.get(path, path)
            if isinstance(value, np.ndarray) and value.ndim:
                shape = tuple(lengths.get((owner, i), n) for i, n in enumerate(value.shape))
                if owner != path:
                    return np.zeros(shape, value.dtype)
                if path in self.signed:
                    return np.asarray(rng.normal(0, 0.7, shape), value.dtype)
                limit = lengths.get(limits[path]) if path in limits else None
                return _array(value, shape, rng, limit or (shortest if lengths else None), limit)
            if isinstance(value, (bool, np.bool_)) or path in self.kept:
                return value
            if isinstance(value, (int, np.integer)):
                return type(value)(renamed.get(int(value), value) if int(value) > 1 else value)
            if isinstance(value, np.ndarray):
                is_float = value.dtype.kind == "f"
                return np.asarray(_number(float(value), rng) if is_float else value, value.dtype)
            return type(value)(_number(float(value), rng))

        return {name: mapped(value, draw) for name, value in self.inputs.items()}


def _numbers(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield what `mapped` changes, in its order, with paths."""
    seen: set[int] = set()
    found: list[tuple[str, Any]] = []

    def note(path: str, value: Any) -> None:
        if isinstance(value, (np.ndarray, np.generic, float, int)):
            if id(value) not in seen:
                seen.add(id(value))
                found.append((path, value))
            return
        for step, item in items(value):
            note(path + step, item)

    note(path, value)
    return iter(found)


def _held(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the paths of empty arrays that are there for gradients, with what they belong to."""
    arrays = {path: leaf for name, v in inputs.items() for path, leaf in leaves(v, name)}
    return {path: owner for path, owner in holders(arrays).items() if not np.any(arrays[path])}


def _axes(inputs: Mapping[str, Any]) -> dict[Axis, int]:
    """Return the length of every axis."""
    return {
        (path, i): n
        for name, value in inputs.items()
        for path, leaf in leaves(value, name)
        if isinstance(leaf, np.ndarray)
        for i, n in enumerate(leaf.shape)
    }


# --- numbers ------------------------------------------------------------------------------------


def _number(value: float, rng: np.random.Generator) -> float:
    """Return a number of the same sign, and on the same side of 1."""
    if value == 0:
        return float(rng.uniform(0.2, 0.8))
    size = rng.uniform(0.2, 0.8) if abs(value) < 1 else abs(value) * rng.uniform(1.1, 1.6)
    return math.copysign(size, value)


def _array(
    value: Array,
    shape: tuple[int, ...],
    rng: np.random.Generator,
    shortest: int | None,
    limit: int | None,
) -> Array:
    if value.dtype.kind == "b":
        return _like_mask(value, shape, rng)
    if value.dtype.kind in "iu":
        return _whole(value, shape, rng, shortest, limit)
    if value.dtype.kind != "f" or not value.size:
        return value.copy()
    return np.asarray(_floating(value, shape, rng), value.dtype)


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


def _floating(value: Array, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    kinds = np.unique(value)
    if value.ndim == 2 and _is_one_hot(value):
        return _one_hot(shape, value, rng)
    if _is_triangular(value):
        return _triangular(value, shape)
    if len(kinds) == 1:
        only = float(kinds[0])
        return only * rng.uniform(0.5, 1.5, shape) if only else rng.normal(0, 0.5, shape)
    few = len(kinds) <= 3 and value.size > len(kinds)
    if few and (np.any(kinds == 0) or np.all(kinds == np.rint(kinds))):
        drawn = rng.choice(kinds, shape)
        if drawn.size >= len(kinds):  # each of them occurs
            drawn.flat[rng.permutation(drawn.size)[: len(kinds)]] = kinds
        return _filled(drawn, kinds[-1], rng) if kinds[-1] > 0 else drawn
    whole = np.all(value == np.rint(value)) and value.size > 4
    if whole and len(kinds) <= max(10, value.size // 4):
        return rng.choice(kinds, shape)
    low, high = float(value.min()), float(value.max())
    if value.ndim == 2 and low >= 0 and np.allclose(value.sum(axis=1), 1):
        return rng.dirichlet(np.ones(shape[1]), shape[0])
    if low > 0 or (low >= 0 and high <= 1):
        inside = high <= 1
        return rng.uniform(0.05, 0.95, shape) if inside else rng.uniform(low, high, shape)
    return rng.normal(0, 0.7, shape)


def _parts(axes: list[Axis]) -> Iterator[list[Axis]]:
    """Yield some of the axes, the first one among them, the likeliest to belong together first.

    That is one or two axes, or the first axes of several inputs, or inputs that stand beside each
    other; else the fewest axes.
    """
    first, *others = axes
    by_place = sorted(others, key=lambda axis: axis[1] != first[1])
    yield [first]
    yield from ([first, other] for other in others if len(others) > 1)
    for order in (by_place, others):
        for count in range(2, len(others)):
            yield [first, *order[:count]]
    for count in range(2, len(axes) // 2 + 1):
        for chosen in itertools.combinations(others, count):
            if count < len(others):
                yield [first, *chosen]


def _is_positive(value: Array) -> bool:
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
