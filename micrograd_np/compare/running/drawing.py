"""Fresh inputs like the user's: generic numbers, and other lengths where the function allows it.

Real data repeats itself, and lengths that happen to be equal hide what a line does. So a backward
pass is read on inputs drawn at random, of lengths that differ from each other and that are no
other numbers that a formula may hold.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.derived import Axis, Derived, completed, find_derived
from micrograd_np.compare.running.paths import items, leaves
from micrograd_np.compare.running.sampling import Like, is_positive, number
from micrograd_np.compare.running.values import copied, mapped
from micrograd_np.compare.running.wanted import holders

Array = NDArray[Any]

LENGTHS = (5, 7, 3, 11, 13, 9, 8, 15, 17, 19, 21, 23, 25, 27, 29)
"""What lengths are drawn from: none is twice another."""

MOST_TRIALS = 400
"""How many times the forward pass is run to find out which lengths belong together."""


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
    tied
        Axes that are as long as others, and stay so.
    """

    def __init__(
        self,
        inputs: Mapping[str, Any],
        runs: Callable[[dict[str, Any]], int],
        kept: frozenset[str] = frozenset(),
        fixed: frozenset[int] = frozenset(),
        tied: frozenset[Axis] = frozenset(),
    ) -> None:
        self.inputs = dict(inputs)
        self.kept = kept
        self.fixed = fixed
        self.tied = tied
        self._runs = runs
        self._trials = 0
        self._likes: dict[str, Like] = {}
        # Tokens and labels in lists stay as great as they are: no length may be too short for them.
        listed = [max(value) for value in inputs.values() if _is_list_of_numbers(value)]
        self.pool = [n for n in LENGTHS if n > max(listed, default=0)]
        # What is there for a gradient is as long as what it belongs to, and empty at first.
        self.held = _held(inputs)
        self.axes = {axis: n for axis, n in _axes(inputs).items() if axis[0] not in self.held}
        self.groups: list[list[Axis]] = []
        self.derived: list[Derived] = []
        self.limits: dict[str, Axis] = {}
        self.signed: set[str] = set()
        self.redrawn: set[str] = set()
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
        if not self.works(self._lengths(self.pool), 1):
            self._find_one_by_one()
        count = 0
        while count < len(self.groups):
            count = len(self.groups)
            for group in list(self.groups):
                self._divide(group)
        self._find_redrawn()
        self._find_derived()
        self._order()
        self._find_signed()
        self._find_limits()

    def _find_derived(self) -> None:
        """Find out which of the lengths that cannot be changed alone follow from others."""
        changing = {axis for group in self.groups for axis in group}
        kept = changing | self.tied
        stuck = {
            axis: n
            for axis, n in self.axes.items()
            if n > 1 and n not in self.fixed and axis not in kept
        }
        base = self._lengths(self.pool)
        bases, derived = find_derived(
            stuck, lambda lengths: bool(self.works({**base, **lengths}, 1))
        )
        before = self.groups, self.derived
        self.groups, self.derived = [*self.groups, *bases], derived
        if bases and not self.works(self._lengths(self.pool), 1):
            self.groups, self.derived = before

    def _order(self) -> None:
        """Put the lengths first that make loops longer: they are drawn short."""
        base = self._lengths(self.pool)
        few = self.works(base, 1)
        growth = {}
        for i, group in enumerate(self.groups):
            longer = self.completed(base | {axis: 2 * base[axis] for axis in group})
            growth[i] = max(self.works(longer, 1) - few, 0)
        order = sorted(growth, key=lambda i: (-growth[i], i))
        self.groups = [self.groups[i] for i in order]

    def _find_signed(self) -> None:
        """Find out which positive arrays may be of either sign, by trying.

        Where everything is positive, a mask of what is negative is never seen.
        """
        base = self._lengths(self.pool)
        for name, value in self.inputs.items():
            for path, leaf in leaves(value, name):
                is_array = isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"
                if is_array and is_positive(leaf):
                    self.signed.add(path)
                    if not all(self.works(base, seed) for seed in (1, 2, 3)):
                        self.signed.discard(path)

    def _find_redrawn(self) -> None:
        """Find out which lists of whole numbers may hold them in any order, as tokens or labels."""
        base = self._lengths(self.pool)
        for name, value in self.inputs.items():
            if _is_list_of_numbers(value):
                self.redrawn.add(name)
                if not all(self.works(base, seed) for seed in (1, 2, 3)):
                    self.redrawn.discard(name)

    def _find_limits(self) -> None:
        """Find out below which length the whole numbers of each array have to stay, by trying."""
        base = self._lengths(self.pool)
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
        """Keep the groups whose length can be changed alone, or the parts of them.

        Where one goes with some other length by chance, as 2 with 4, only those are kept that go
        with any.
        """
        whole = self.groups
        for enough in (any, all):
            self.groups = [part for group in whole for part in self._changing(group, enough)]
            if self.works(self._lengths(self.pool), 1):
                return
        self.groups = []

    def _changing(self, group: list[Axis], enough: Callable[..., bool]) -> Iterator[list[Axis]]:
        """Yield axes of one length that can be made longer: all of them, or some."""
        rest = list(group)
        while rest:
            parts = (part for part in (rest, *_parts(rest)) if not self._is_tied(part))
            found = next((part for part in parts if self._changes(part, enough)), None)
            if found is not None:
                yield found
            gone = found or rest[:1]
            rest = [axis for axis in rest if axis not in gone]

    def _changes(self, group: list[Axis], enough: Callable[..., bool]) -> bool:
        """Whether axes of one length can be made twice or three times as long."""
        return self._trials <= MOST_TRIALS and enough(
            self.works({axis: factor * self.axes[axis] for axis in group}, 1) for factor in (2, 3)
        )

    def _divide(self, group: list[Axis]) -> None:
        """Divide axes of one length into those that can be changed apart."""
        if self.tied.intersection(group):
            return
        rest = list(group)
        found: list[list[Axis]] = []
        base = self._lengths(self.pool)
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
            if not self.works(self._lengths(self.pool), 1):
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

    def _is_tied(self, part: list[Axis]) -> bool:
        """Whether axes are not all of one length, and none of them may be changed without those."""
        length = self.axes[part[0]]
        alike = [axis for axis, n in self.axes.items() if n == length]
        return len(part) < len(alike) and all(axis in self.tied for axis in part)

    def _lengths(self, pool: Sequence[int]) -> dict[Axis, int]:
        lengths = itertools.chain(pool, itertools.count(31, 2))
        pairs = zip(self.groups, lengths, strict=False)
        return self.completed({axis: n for group, n in pairs for axis in group})

    def completed(self, lengths: Mapping[Axis, int]) -> dict[Axis, int]:
        """Return lengths with those that follow from them."""
        return completed(self.axes | dict(lengths), self.derived) if self.derived else dict(lengths)

    def works(self, lengths: Mapping[Axis, int], seed: int) -> int:
        """Return how many statements the forward pass runs on inputs of such lengths."""
        self._trials += 1
        try:
            inputs = self.draw(lengths, np.random.default_rng(seed), self.limits)
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
            pool = self.pool[i % 3 :] + self.pool[: i % 3]
            lengths = self._lengths(pool)
            for limits in (self.limits, {}):
                inputs = self.draw(lengths, np.random.default_rng([seed, i]), limits)
                with np.errstate(all="ignore"):
                    fits = self._runs(copied(inputs))
                if fits:
                    yield inputs
                    break

    def alike(self, seed: int = 0) -> dict[str, Any]:
        """Return generic inputs of the same lengths."""
        return self.draw({}, np.random.default_rng([seed, 1000]), self.limits)

    def draw(
        self, lengths: Mapping[Axis, int], rng: np.random.Generator, limits: Mapping[str, Axis]
    ) -> dict[str, Any]:
        """Return inputs of some lengths, with whole numbers below those that limit them."""
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
                if path not in self._likes:
                    self._likes[path] = Like(value)
                below = limit or (shortest if lengths else None)
                return self._likes[path].array(shape, rng, below, limit)
            if isinstance(value, (bool, np.bool_)) or path in self.kept:
                return value
            if isinstance(value, (int, np.integer)):
                return type(value)(renamed.get(int(value), value) if int(value) > 1 else value)
            if isinstance(value, np.ndarray):
                is_float = value.dtype.kind == "f"
                return np.asarray(number(float(value), rng) if is_float else value, value.dtype)
            return type(value)(number(float(value), rng))

        drawn = {name: mapped(value, draw) for name, value in self.inputs.items()}
        for name in sorted(self.redrawn):
            value = self.inputs[name]
            drawn[name] = type(value)(rng.choice(sorted(set(value)), len(value)).tolist())
        return drawn


def _is_list_of_numbers(value: Any) -> bool:
    """Whether something is a list or tuple of whole numbers that are not all the same."""
    is_list = type(value) in (list, tuple) and len(value) > 2
    return is_list and all(type(one) is int for one in value) and len(set(value)) > 1


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
