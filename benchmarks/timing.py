"""Comparing how long the same step takes in several libraries.

On a machine that also does other things a duration drifts. So the contenders take turns, a block
of steps each, round after round; and what is reported of a contender is its ratio to the first
one *within* a round, in which whatever slowed the machine down met both of them.
"""

import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from statistics import quantiles
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import micrograd_np as mg

AGREEMENT_STEPS = 5
LARGEST_DIFFERENCE = 1e3
"""In eps of the largest weight. A wrong step is off by far more than this; rounding, by less."""


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
    versions
        By name, the version of each library that takes part.
    absent
        Who would take part if it were installed.
    """

    title: str
    expression: str
    contenders: dict[str, Callable[[], Run]]
    versions: dict[str, str]
    absent: list[str] = field(default_factory=list)


def beside_torch(
    title: str,
    expression: str,
    contenders: dict[str, Callable[[], Run]],
    by_torch: Callable[[], Run],
    threads: int,
    *,
    to_torch: bool = False,
) -> Case:
    """Return a case in which PyTorch takes part where it is installed.

    Parameters
    ----------
    title, expression, contenders
        As of :class:`Case`.
    by_torch
        Makes the run of PyTorch.
    threads
        How many PyTorch may use; NumPy was told before it was imported.
    to_torch
        Whether the others are compared with PyTorch; else all are with the first of the others.
    """
    versions = {"micrograd_np": mg.__version__, "numpy": np.__version__}
    if find_spec("torch") is None:
        return Case(title, expression, contenders, versions, ["torch"])
    import torch

    torch.set_num_threads(threads)
    versions["torch"] = torch.__version__
    theirs = {"torch": by_torch}
    both = {**theirs, **contenders} if to_torch else {**contenders, **theirs}
    return Case(title, expression, both, versions)


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
    return float(np.abs(np.stack(arrays) - first).max() / unit)


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


def report(case: Case, rounds: int, block: int) -> str:
    """Check that the contenders of a case agree, time them, and say how long a step took.

    Parameters
    ----------
    case
        What to time.
    rounds, block
        As in `measure`.

    Returns
    -------
    str
        A table with a row for each contender.

    Raises
    ------
    Disagreement
        As `check_agreement` raises it.
    """
    difference = check_agreement({name: make() for name, make in case.contenders.items()})
    seconds = measure({name: make() for name, make in case.contenders.items()}, rounds, block)

    baseline = next(iter(case.contenders))
    width = max(map(len, [*case.contenders, *case.absent]))
    lines = [
        "",
        case.title,
        case.expression,
        ", ".join(f"{name} {version}" for name, version in case.versions.items()),
        f"after {AGREEMENT_STEPS} steps the weights agree to {difference:.3g} eps of the largest",
        f"{rounds} rounds of {block} steps; median (quartiles)",
        "",
        f"{'':{width}}  {'microseconds a step':>28}  {'ratio to ' + baseline:>26}",
    ]
    for name, times in seconds.items():
        duration = spread(times * 1e6, 1)
        lines.append(f"{name:{width}}  {duration:>28}  {spread(times / seconds[baseline], 2):>26}")
    lines += [f"{name:{width}}  {'not installed':>28}" for name in case.absent]
    return "\n".join(lines)


def spread(values: NDArray[Any], digits: int) -> str:
    """Return the median of some values, and their quartiles."""
    low, middle, high = quantiles(values.tolist(), n=4, method="inclusive")
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
