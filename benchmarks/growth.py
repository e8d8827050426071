"""How time and memory grow with depth, width, batch and the number of nodes.

Work that is linear should grow as such: exponents of more than 1.05 are marked. For each size the
least of several times is taken, since what else the machine does can only add to it.

What grows leaves the processor's caches one after the other, and memory is slower than each of
them; so the same written by hand, in NumPy or as a tape that is a list, may take more than twice
the time for twice the size, too. Its exponent stands beside ours, and ours is marked if it is above
that as well. Python's garbage collector is off, as in all benchmarks.
"""

import gc
import tracemalloc
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np

import micrograd_np as mg

TRIES, FEWEST, ENOUGH = 7, 3, 15.0
"""How often each size is timed: less often where that has taken so many seconds."""
FITTED = 3
"""How many of the largest sizes the exponent is fitted to."""
MOST = 1.05
"""The largest exponent that counts as linear."""

Step = Callable[[], Any]


def _deep(layers: int, width: int = 32, rows: int = 32) -> Step:
    """Return a step through so many layers."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, width))
    weights = [mg.tensor(rng.normal(size=(width, width)) / width**0.5, True) for _ in range(layers)]

    def step() -> None:
        h = x
        for w in weights:
            h = np.tanh(h @ w)
        h.sum().backward()
        for w in weights:
            w.grad = None

    return step


def _nodes(count: int) -> Step:
    """Return a step through a chain of so many nodes."""
    leaf = mg.tensor(np.ones(1), True)

    def step() -> None:
        x = leaf
        for _ in range(count):
            x = x * 1.0001
        x.sum().backward()
        leaf.grad = None

    return step


def _fan(count: int) -> Step:
    """Return a step in which so many nodes are made of one, and added up one by one."""
    leaf = mg.tensor(np.ones(1), True)

    def step() -> None:
        total = leaf * 1.0
        for _ in range(count):
            total = total + leaf
        total.sum().backward()
        leaf.grad = None

    return step


def _elementwise(width: int) -> Step:
    """Return a step of work on each of so many elements."""
    leaf = mg.tensor(np.linspace(-1.0, 1.0, width), True)

    def step() -> None:
        (np.exp(leaf) * np.tanh(leaf) + leaf).sum().backward()
        leaf.grad = None

    return step


def _deep_by_hand(layers: int, width: int, rows: int) -> Step:
    """Return the step of `_deep` in NumPy alone."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, width))
    weights = [rng.normal(size=(width, width)) / width**0.5 for _ in range(layers)]

    def step() -> None:
        hs = [x]
        for w in weights:
            hs.append(np.tanh(hs[-1] @ w))
        g = np.ones_like(hs[-1])
        for w in reversed(weights):
            h = hs.pop()
            dz = g * (1 - h * h)
            hs[-1].T @ dz
            g = dz @ w.T

    return step


def _elementwise_by_hand(width: int) -> Step:
    """Return the step of `_elementwise` in NumPy alone."""
    x = np.linspace(-1.0, 1.0, width)

    def step() -> None:
        e, t = np.exp(x), np.tanh(x)
        (e * t + x).sum()
        g = np.ones_like(x)
        e * t * g + e * (1 - t * t) * g + g

    return step


def _tape(count: int) -> Step:
    """Return the step of `_nodes` by hand: a list of what each line was given."""

    def step() -> None:
        x = np.ones(1)
        tape = []
        for _ in range(count):
            tape.append([x, 1.0001])
            x = x * 1.0001
        g = np.ones(1)
        while tape:
            _, factor = tape.pop()
            g = g * factor

    return step


def _joined(count: int) -> Step:
    """Return a step that joins so many arrays."""
    leaves = [mg.tensor(np.ones(8), True) for _ in range(count)]

    def step() -> None:
        np.concatenate(leaves).sum().backward()  # type: ignore[arg-type]  # of Tensors
        for leaf in leaves:
            leaf.grad = None

    return step


def _stacked(count: int) -> Step:
    """Return a step that stacks so many rows of an array, each read by its index."""
    leaf = mg.tensor(np.ones((count, 8)), True)

    def step() -> None:
        np.stack([leaf[i] for i in range(count)]).sum().backward()
        leaf.grad = None

    return step


def _written(count: int) -> Step:
    """Return a step that fills an array element by element."""
    leaf = mg.tensor(np.ones(count), True)

    def step() -> None:
        out = mg.tensor(np.zeros(count))
        for i in range(count):
            out[i] = leaf[i] * 2.0
        out.sum().backward()
        leaf.grad = None

    return step


def _jitted(layers: int) -> Step:
    """Return a step of a jitted network of so many layers, recorded before."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32, 32))
    weights = [rng.normal(size=(32, 32)) / 6 for _ in range(layers)]

    def loss(weights: Any, x: Any) -> Any:
        for w in weights:
            x = np.tanh(x @ w)
        return x.sum()

    both = mg.jit(mg.value_and_grad(loss))
    return lambda: both(weights, x)


def _recorded(layers: int) -> Step:
    """Return a step that records such a network."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 4))
    weights = [rng.normal(size=(4, 4)) / 2 for _ in range(layers)]

    def loss(weights: Any, x: Any) -> Any:
        for w in weights:
            x = np.tanh(x @ w)
        return x.sum()

    return lambda: mg.jit(mg.value_and_grad(loss))(weights, x)


CASES: dict[str, tuple[Callable[[int], Step], Sequence[int]]] = {
    "depth": (_deep, (1, 10, 100, 300, 1000)),
    "batch": (lambda n: _deep(4, 64, n), (100, 1000, 10_000, 30_000, 100_000)),
    "width, elementwise": (_elementwise, (10_000, 100_000, 1_000_000, 3_000_000, 10_000_000)),
    "nodes in a chain": (_nodes, (100, 1000, 10_000, 100_000, 1_000_000)),
    "nodes of one leaf": (_fan, (100, 1000, 10_000, 100_000, 1_000_000)),
    "arrays joined": (_joined, (100, 1000, 3000, 10_000, 30_000)),
    "rows stacked": (_stacked, (100, 1000, 3000, 10_000, 30_000)),
    "elements written": (_written, (100, 1000, 3000, 10_000, 30_000)),
    "depth under jit": (_jitted, (1, 10, 100, 300, 1000)),
    "depth, to record": (_recorded, (1, 10, 30, 100, 300)),
}
BY_HAND: dict[str, Callable[[int], Step]] = {
    "depth": lambda n: _deep_by_hand(n, 32, 32),
    "batch": lambda n: _deep_by_hand(4, 64, n),
    "width, elementwise": _elementwise_by_hand,
    "nodes in a chain": _tape,
    "nodes of one leaf": _tape,
    "arrays joined": _tape,
    "rows stacked": _tape,
    "elements written": _tape,
    "depth under jit": lambda n: _deep_by_hand(n, 32, 32),
    "depth, to record": _tape,
}


def exponent(sizes: Sequence[int], measured: Sequence[float]) -> float:
    """Return the power of the size with which something grows, fitted to the largest sizes.

    What every step takes, however small it is, would make the slope through all of them look small.
    """
    largest = np.log(sizes[-FITTED:]), np.log(measured[-FITTED:])
    return float(np.polyfit(*largest, 1)[0])


def _times(make: Callable[[int], Step], sizes: Sequence[int]) -> list[float]:
    """Return the time that each size takes, measured in turns."""
    steps = [make(size) for size in sizes]
    best = np.full(len(sizes), np.inf)
    begun = perf_counter()
    gc.collect()
    gc.disable()
    try:
        for tries in range(TRIES + 1):  # the first one warms up
            if tries > FEWEST and perf_counter() - begun > ENOUGH:
                break
            for i, step in enumerate(steps):
                start = perf_counter()
                step()
                best[i] = min(best[i], perf_counter() - start)
    finally:
        gc.enable()
    return best.tolist()


def _memory(step: Step) -> float:
    """Return the most memory that a step holds, in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        step()
        return float(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


def report(_threads: int, _rounds: int, _block: int) -> str:
    """Measure every case at every size.

    Returns
    -------
    str
        A table with a row for each.
    """
    lines = ["", "growth: exponents of time and memory, of the size", ""]
    for name, (make, sizes) in CASES.items():
        times = _times(make, sizes)
        of_time = exponent(sizes, times)
        of_memory = exponent(sizes, [_memory(make(size)) for size in sizes])
        by_hand = exponent(sizes, _times(BY_HAND[name], sizes))
        more = of_time > max(MOST, by_hand + MOST - 1) or of_memory > MOST
        mark = "  more than linear" if more else ""
        lines.append(
            f"{name:20}{sizes[0]:>7,} to {sizes[-1]:>10,}   time {of_time:5.2f} "
            f"({by_hand:.2f} by hand)   memory {of_memory:5.2f}   "
            f"{times[-1] * 1e3:8.1f} ms at most{mark}"
        )
    return "\n".join(lines)
