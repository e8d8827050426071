"""The search for the smallest inputs that show a mistake: the least lengths, then the numbers.

Lengths are tried in order, the smallest network first; for the first that shows the mistake,
Hypothesis looks for numbers, and makes them as simple as it can.
"""

from __future__ import annotations

import itertools
import time
import types
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_np.compare.running.derived import Axis
from micrograd_np.compare.running.drawing import Drawer
from micrograd_np.compare.running.following import follow, state_of
from micrograd_np.compare.running.hand import run
from micrograd_np.compare.running.kinks import Kinks
from micrograd_np.compare.running.paths import leaves, value_at
from micrograd_np.compare.running.stepping import OutOfTime, UserError
from micrograd_np.compare.running.subject import Mismatch, Subject
from micrograd_np.compare.running.values import copied, mapped
from micrograd_np.compare.running.wanted import Wanted

Array = NDArray[Any]
Inputs = dict[str, Any]

LONGEST = 4
"""The greatest length that is tried."""

GREATEST = 3
"""The greatest number that is tried."""

BITS = 3
"""By how many bits a number is chosen: more than twice `GREATEST` in all."""

DRAWS = 6
"""How many draws of numbers have to hide a mistake before longer lengths are tried."""

VISIBLE = 0.02
"""How far off a gradient is at least, relative to its greatest element: to be seen on paper."""


class Search:
    """Looks for the smallest inputs that show a mistake.

    Parameters
    ----------
    subject
        Forward and backward pass.
    inputs
        The user's inputs, by name.
    wanted
        The gradients that the backward pass gives.
    seconds
        How long to look.
    """

    def __init__(
        self,
        subject: Subject,
        inputs: Mapping[str, Any],
        wanted: Sequence[Wanted],
        seconds: float,
    ) -> None:
        self.subject = subject
        self.inputs = inputs
        self.wanted = wanted
        self.deadline = time.monotonic() + seconds
        self.drawer = Drawer(inputs, subject.runs)
        self.numbers = frozenset(w.source for w in wanted)
        self.plain = _plain_leaves(inputs)

    def smallest(self) -> Inputs | None:
        """Return the smallest inputs that show the mistake; None if none are found in time."""
        for lengths in self._lengths():
            for seed in range(DRAWS):
                if time.monotonic() > self.deadline:
                    return None
                if self.shows(self._drawn(lengths, seed)):
                    return self._simplest(lengths, seed)
        return None

    def shows(self, inputs: Inputs) -> bool:
        """Whether a gradient is visibly wrong on inputs, and no kink is near."""
        kinks = Kinks({})
        both = self._both(inputs, kinks)
        if both is None or kinks.found():
            return False
        hand, right = both
        if not any(_differ(hand[name], right[name], VISIBLE) for name in right):
            return False
        for seed in (1, 2):  # at a kink, gradients jump
            move = partial(_moved, rng=np.random.default_rng(seed))
            near = self._both(mapped(inputs, move))
            if near is None:
                return False
            for here, there in zip(both, near, strict=True):
                if any(_differ(here[name], there[name], 1e-3) for name in right):
                    return False
        return True

    def _both(
        self, inputs: Inputs, kinks: Kinks | None = None
    ) -> tuple[dict[str, Array], dict[str, Array]] | None:
        """Return the gradients by hand and the automatic ones; None if one cannot be run."""
        subject = self.subject
        try:
            with np.errstate(all="ignore"):
                followed = follow(subject, copied(inputs), self.numbers, kinks=kinks)
                found = run(subject, state_of(subject, copied(inputs), followed))
        except (UserError, OutOfTime, Mismatch):
            return None
        hand: dict[str, Array] = {}
        right: dict[str, Array] = {}
        for one in self.wanted:
            value = value_at(found, one.path)
            if value is None or not np.all(np.isfinite(value)):
                return None
            hand[one.name] = value
            right[one.name] = followed.inputs[one.source].gradient
        finite = np.isfinite(followed.loss).all() and all(map(_is_finite, right.values()))
        return (hand, right) if finite else None

    # --- lengths and numbers ---------------------------------------------------------------------

    def _lengths(self) -> Iterator[dict[Axis, int]]:
        """Yield lengths for the axes, those of the smallest networks first."""
        groups = self.drawer.groups
        choices = itertools.product(range(1, LONGEST + 1), repeat=len(groups))
        for several in sorted(choices, key=lambda one: (sum(one), max(one, default=0))):
            pairs = zip(groups, several, strict=True)
            yield self.drawer.completed({axis: n for group, n in pairs for axis in group})

    def _drawn(self, lengths: Mapping[Axis, int], seed: int) -> Inputs:
        """Return inputs with small whole numbers drawn at random."""
        rng = np.random.default_rng(seed)
        return self._with(lengths, seed, lambda least, count: rng.integers(least, GREATEST, count))

    def _with(self, lengths: Mapping[Axis, int], seed: int, numbers: Any) -> Inputs:
        """Return inputs in which numbers of one's own stand where nothing else has to."""
        try:
            made = self.drawer.draw(lengths, np.random.default_rng(seed), self.drawer.limits)
        except ValueError:  # labels of no class
            made = self.drawer.draw(lengths, np.random.default_rng(seed), {})
        paths = {id(leaf): path for name, v in made.items() for path, leaf in leaves(v, name)}

        def put(value: Any) -> Any:
            least = self.plain.get(paths.get(id(value), ""))
            if isinstance(value, np.ndarray) and least is not None:
                return numbers(least, value.size).reshape(value.shape).astype(value.dtype)
            if isinstance(value, float):
                return round(value, 1) or 0.5
            return value

        return {name: mapped(value, put) for name, value in made.items()}

    def _simplest(self, lengths: Mapping[Axis, int], seed: int) -> Inputs:
        """Return the simplest numbers that show the mistake with these lengths."""
        hypothesis, st = _hypothesis()
        first = self._drawn(lengths, seed)
        count = sum(np.size(leaf) for name, v in first.items() for _, leaf in leaves(v, name))
        # Hypothesis draws whole numbers partly from those in the user's modules, and keeps what it
        # has read of them in a folder where the user works. It does neither for bits.
        bits = st.lists(st.booleans(), min_size=BITS, max_size=BITS)
        kinds = st.lists(bits, min_size=count + 1, max_size=count + 1)

        def inputs(drawn: list[list[bool]]) -> Inputs:
            special, *rest = map(_number, drawn)
            digits = (digit % (2 * GREATEST + 1) for digit in rest)

            def numbers(least: int, size: int) -> Array:
                found = np.array(list(itertools.islice(digits, size)), float)
                return (found + 1) / 2 if least > 0 else _signed(found)

            return self._with(lengths, special % DRAWS, numbers)

        best = first  # of all that were tried, if the time is over before the simplest is found

        def condition(drawn: list[list[bool]]) -> bool:
            nonlocal best
            if time.monotonic() >= self.deadline or not self.shows(made := inputs(drawn)):
                return False
            best = min(best, made, key=_total)
            return True

        settings = hypothesis.settings(
            max_examples=400, database=None, derandomize=True, deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        try:
            return inputs(hypothesis.find(kinds, condition, settings=settings))
        except (hypothesis.errors.NoSuchExample, hypothesis.errors.Flaky):  # or the time is over
            return best


def _total(inputs: Inputs) -> float:
    """Return the sum of all numbers without their signs."""
    found = (leaf for name, value in inputs.items() for _, leaf in leaves(value, name))
    return sum(float(np.sum(np.abs(leaf))) for leaf in found)


def _number(bits: Sequence[bool]) -> int:
    """Return the number that bits are, the highest one first."""
    return sum(bit << place for place, bit in enumerate(reversed(bits)))


def _hypothesis() -> tuple[types.ModuleType, types.ModuleType]:
    try:
        import hypothesis
        import hypothesis.errors
        import hypothesis.strategies
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the smallest counterexample is found by Hypothesis, which is not installed: "
            "pip install micrograd-np[test]"
        ) from error
    return hypothesis, hypothesis.strategies


def _plain_leaves(inputs: Mapping[str, Any]) -> dict[str, int]:
    """Return the arrays whose numbers can be any, each with the least of them."""
    found = {}
    for name, value in inputs.items():
        for path, leaf in leaves(value, name):
            if not isinstance(leaf, np.ndarray) or leaf.dtype.kind != "f":
                continue
            kinds = np.unique(leaf)
            if len(kinds) > 3 or len(kinds) == 1 or leaf.size < 4:
                found[path] = 1 if leaf.size and leaf.min() > 0 else 1 - GREATEST
    return found


def _signed(digits: Array) -> Array:
    """Return 0, 1, -1, 2, -2... for 0, 1, 2, 3, 4..., by which the simplest come first."""
    return np.where(digits % 2 == 1, (digits + 1) // 2, -(digits // 2)) + 0.0


def _moved(value: Any, rng: np.random.Generator) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value + np.asarray(1e-6 * rng.normal(size=value.shape), value.dtype)
    return value


def _is_finite(array: Array) -> bool:
    return bool(np.all(np.isfinite(array)))


def _differ(a: Array, b: Array, far: float) -> bool:
    if a.shape != b.shape:
        return True
    scale = max(float(np.max(np.abs(a), initial=0)), float(np.max(np.abs(b), initial=0)))
    return bool(np.max(np.abs(a - b), initial=0) > far * scale)
