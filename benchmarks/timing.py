"""Comparing how long the same step takes in several libraries.

On a machine that also does other things a duration drifts. So the contenders take turns, a block
of steps each, round after round; and what is reported of a contender is its ratio to the first
one *within* a round, in which whatever slowed the machine down met both of them.
"""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import micrograd_np as mg
from benchmarks.peers import Peer

AGREEMENT_STEPS = 5
LARGEST_DIFFERENCE = 1e3
"""In eps of the largest weight. A wrong step is off by far more than this; rounding, by less."""
ROUNDS, FEWEST, LONGEST = 40, 9, 40.0
"""How often each has its turn, unless told otherwise: less often than the first, but not than the
second, where that would take more than so many seconds."""
SHORTEST_TURN = 0.02
"""Seconds. So long a turn takes at least, where steps are short."""
WARM_UP = 8
"""One step in so many of a turn comes before it and is not timed: the others' data leave the cache.
"""


class Run(NamedTuple):
    """A contender that is ready to run, with weights of its own."""

    step: Callable[[], Any]
    """Takes one whole step, and returns the loss before it: a single number with ``.item()``."""
    weights: Callable[[], list[NDArray[Any]]]
    """Gives the weights as they are now."""


@dataclass(frozen=True)
class Case:
    """Something to time, and who does it.

    Parameters
    ----------
    title
        What it is, with its sizes.
    expression
        What a step computes, as the contenders write it.
    contenders
        By name, a function that makes a fresh `Run`. The others are compared with the first.
    peers
        Other libraries that take part where they are installed.
    limits
        What no contender can be faster than: only a part of the work, so that it agrees with
        nobody.
    operations
        How many operations a step has, if what one of them takes is to be told.
    """

    title: str
    expression: str
    contenders: dict[str, Callable[[], Run]]
    peers: Sequence[Peer] = ()
    limits: dict[str, Callable[[], Run]] = field(default_factory=dict)
    operations: int = 0

    @property
    def runs(self) -> dict[str, Callable[[], Run]]:
        """Everybody who computes the same, the one that they are compared with first."""
        present = [peer for peer in self.peers if peer.is_there]
        theirs = {peer.name: peer.make for peer in present}
        return {**self.contenders, **theirs}

    @property
    def versions(self) -> dict[str, str]:
        """The version of each library that takes part."""
        ours = {"micrograd_np": mg.__version__, "numpy": np.__version__}
        return ours | {peer.module: peer.version for peer in self.peers if peer.is_there}

    @property
    def absent(self) -> list[str]:
        """Who would take part if it were installed."""
        return [peer.name for peer in self.peers if not peer.is_there]


@dataclass(frozen=True)
class Result:
    """What was measured of a case.

    Attributes
    ----------
    case
        What was timed.
    rounds, block
        How often each had its turn, and how many steps a turn has.
    difference
        By how much the contenders differ after a few steps, in eps of the largest weight.
    first
        By name, the seconds that the first step took: compiling and warming up included.
    seconds
        By name, the seconds that one step took in each round.
    """

    case: Case
    rounds: int
    block: int
    difference: float
    first: dict[str, float]
    seconds: dict[str, NDArray[Any]]

    def ratios(self, name: str) -> NDArray[Any]:
        """Return how many times as long a contender took as the first one, round by round."""
        return self.seconds[name] / next(iter(self.seconds.values()))


class Disagreement(Exception):
    """The contenders do not compute the same, so that their times must not be compared."""


def check_agreement(runs: dict[str, Run], steps: int = AGREEMENT_STEPS) -> float:
    """Take a few steps with every contender, and compare weights and loss with the first one's.

    Parameters
    ----------
    runs
        The contenders, all with the same weights.
    steps
        How many.

    Returns
    -------
    float
        The largest difference in any weight, in eps of the largest weight.

    Raises
    ------
    Disagreement
        If it is larger than `LARGEST_DIFFERENCE`, or that of the losses in eps of the loss is; or
        if there are other weights, or weights of other shapes or dtypes, than the first one's.
    """
    losses, weights = zip(*(_after(run, steps) for run in runs.values()), strict=True)
    kinds = [[(w.shape, w.dtype) for w in of_one] for of_one in weights]
    if any(kind != kinds[0] for kind in kinds):
        raise Disagreement(f"not the same shapes and dtypes of weights: {kinds}")
    found = {
        "weights": _difference([np.concatenate([*map(np.ravel, of_one)]) for of_one in weights]),
        "loss": _difference([np.array([loss], kinds[0][0][1]) for loss in losses]),
    }
    for what, difference in found.items():
        if not difference <= LARGEST_DIFFERENCE:  # so that nan is refused, too
            raise Disagreement(
                f"after {steps} steps, {what} of {', '.join(runs)} differ by {difference:.3g} eps "
                f"of the largest, more than {LARGEST_DIFFERENCE:g}: nothing was timed"
            )
    return found["weights"]


def _after(run: Run, steps: int) -> tuple[float, list[NDArray[Any]]]:
    for _ in range(steps):
        loss = run.step()
    return loss.item(), run.weights()


def _difference(arrays: list[NDArray[Any]]) -> float:
    """Return the largest difference from the first array, in eps of its largest element."""
    first = arrays[0]
    unit = np.finfo(first.dtype).eps * np.abs(first).max()
    return float(np.max([np.abs(other - first).max() for other in arrays]) / unit)


def measure(runs: dict[str, Run], rounds: int, block: int) -> dict[str, NDArray[Any]]:
    """Time the contenders in turns, with the garbage collector off.

    Parameters
    ----------
    runs
        The contenders.
    rounds
        How often each has its turn, besides one that only warms up.
    block
        How many steps a turn has.

    Returns
    -------
    dict of str to array (rounds,)
        The seconds that one step took in each round.
    """
    seconds = {name: np.empty(rounds) for name in runs}
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for number in range(-1, rounds):
            for name, run in runs.items():
                _block(run.step, block // WARM_UP)
                elapsed = _block(run.step, block)
                if number >= 0:
                    seconds[name][number] = elapsed / block
    finally:
        if collecting:
            gc.enable()
    return seconds


def _block(step: Callable[[], Any], steps: int) -> float:
    start = perf_counter()
    for _ in range(steps):
        step()
    return perf_counter() - start


def timed(case: Case, rounds: int | None = None, block: int | None = None) -> Result:
    """Check that the contenders of a case agree, and time them.

    Parameters
    ----------
    case
        What to time.
    rounds, block
        As in `measure`. By default a block takes 20 milliseconds, and there are 40 rounds, or fewer
        where those would take more than 40 seconds.

    Raises
    ------
    Disagreement
        As `check_agreement` raises it.
    """
    difference = check_agreement({name: make() for name, make in case.runs.items()})
    runs = {name: make() for name, make in case.runs.items()}
    limits = {name: make() for name, make in case.limits.items()}
    first = {name: _block(run.step, 1) for name, run in runs.items()}
    if block is None:
        baseline = next(iter(runs.values())).step
        block = max(1, round(SHORTEST_TURN / min(_block(baseline, 1) for _ in range(5))))
    every = {**runs, **limits}
    if rounds is None:
        a_round = sum(_block(run.step, 1) for run in every.values()) * block
        rounds = round(min(max(LONGEST / a_round, FEWEST), ROUNDS))
    seconds = measure(every, rounds, block)
    return Result(case, rounds, block, difference, first, seconds)
