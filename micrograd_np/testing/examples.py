"""Tests of inputs some of which Hypothesis draws: many are tried, and the smallest is told."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

SHRINKING = 5.0
"""For how many seconds a smaller example is looked for once there is one."""

MOST_NUMBERS = 200
"""Of larger inputs the shape is told, not every number."""


def for_each(test: Callable[..., object], inputs: Sequence[Any], max_examples: int) -> None:
    """Run a test on inputs; where some are strategies, on examples of them.

    Parameters
    ----------
    test
        Raises an AssertionError if something is wrong.
    inputs
        What it is called with.
    max_examples
        How many examples are drawn.

    Raises
    ------
    AssertionError
        That of the test; of the smallest example, which its text tells.
    ValueError
        If `max_examples` is less than 1.
    """
    if not is_drawn(inputs):
        test(*inputs)
        return
    if max_examples < 1:
        raise ValueError(f"max_examples must be at least 1, got {max_examples}")
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    drawn = st.tuples(*(x if _is_strategy(x) else st.just(x) for x in inputs))
    smallest = _Smallest(test)

    @settings(
        max_examples=max_examples,
        phases=(Phase.generate, Phase.shrink),
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(example=drawn)
    def is_right(example: tuple[Any, ...]) -> None:
        smallest.look_at(example)

    try:
        is_right()
    except AssertionError as error:
        told = "\n".join([str(error), "smallest example:", *told_inputs(smallest.example)])
        error.args = (told, *error.args[1:])
        error.__notes__ = []  # Hypothesis tells the example, too, in terms of this file
        raise


class _Smallest:
    """Runs a test, and keeps the example that failed last: Hypothesis ends with the smallest.

    Parameters
    ----------
    test
        What is run. When time is up, only what has failed before is said to fail.
    """

    def __init__(self, test: Callable[..., object]) -> None:
        self.test = test
        self.example: tuple[Any, ...] = ()
        self.failed: dict[tuple[Any, ...], AssertionError] = {}
        self.deadline = float("inf")

    def look_at(self, example: tuple[Any, ...]) -> None:
        key = tuple(map(_key, example))
        if key in self.failed:
            self.example = example
            raise self.failed[key]
        if time.monotonic() > self.deadline:
            return
        try:
            self.test(*example)
        except AssertionError as error:
            self.example = example
            self.failed[key] = error
            self.deadline = min(self.deadline, time.monotonic() + SHRINKING)
            raise


def _key(x: Any) -> Any:
    """Return what two inputs share if they are the same: arrays to the last bit."""
    return (x.dtype, x.shape, x.tobytes()) if isinstance(x, np.ndarray) else repr(x)


def told_inputs(inputs: Sequence[Any]) -> list[str]:
    """Return a line for each input, with its numbers if they are few."""
    return [f"  {number}: {_told(x)}" for number, x in enumerate(inputs)]


def _told(x: Any) -> str:
    if isinstance(x, np.ndarray) and x.size > MOST_NUMBERS:
        return f"{x.dtype} array of shape {x.shape}"
    return " ".join(repr(x).split())


def is_drawn(inputs: Sequence[Any]) -> bool:
    """Whether one of the inputs is a strategy."""
    return any(map(_is_strategy, inputs))


def _is_strategy(x: Any) -> bool:
    hypothesis = sys.modules.get("hypothesis.strategies")  # whoever has one has imported it
    return hypothesis is not None and isinstance(x, hypothesis.SearchStrategy)
