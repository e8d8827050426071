"""How time and memory grow with depth, width, batch and the number of nodes.

Work that is linear should grow as such: exponents of more than 1.05 are marked. For each size the
least of several times is taken, since what else the machine does can only add to it.
"""

import gc
import tracemalloc
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np

import micrograd_np as mg

TRIES = 5
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
    "depth": (_deep, (1, 10, 100, 1000, 4000)),
    "batch": (lambda n: _deep(4, 64, n), (1000, 4000, 16_000, 64_000)),
    "width, elementwise": (_elementwise, (100_000, 1_000_000, 10_000_000)),
    "nodes in a chain": (_nodes, (100, 1000, 10_000, 100_000, 1_000_000)),
    "nodes of one leaf": (_fan, (100, 1000, 10_000, 100_000, 400_000)),
    "arrays joined": (_joined, (100, 1000, 10_000)),
    "rows stacked": (_stacked, (100, 1000, 10_000)),
    "elements written": (_written, (100, 1000, 10_000)),
    "depth under jit": (_jitted, (1, 10, 100, 1000)),
    "depth, to record": (_recorded, (10, 100, 1000)),
}


def exponent(sizes: Sequence[int], measured: Sequence[float]) -> float:
    """Return the power of the size with which something grows, from the two largest sizes.

    What every step takes, however small it is, would make the slope through all of them look small;
    and that small ones fit into the caches of the processor would make it look large.
    """
    (small, large), (before, after) = sizes[-2:], measured[-2:]
    return float(np.log(after / before) / np.log(large / small))


def _time(step: Step) -> float:
    best = np.inf
    for _ in range(TRIES):
        start = perf_counter()
        step()
        best = min(best, perf_counter() - start)
    return float(best)


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
        steps = [make(size) for size in sizes]
        for step in steps:
            step()
        times = [_time(step) for step in steps]
        bytes_held = [_memory(step) for step in steps]
        of_time, of_memory = exponent(sizes, times), exponent(sizes, bytes_held)
        mark = "  more than linear" if max(of_time, of_memory) > MOST else ""
        lines.append(
            f"{name:20}  {sizes[0]:>7,} to {sizes[-1]:>9,}   time {of_time:5.2f}   "
            f"memory {of_memory:5.2f}   {times[-1] * 1e3:9.1f} ms at most{mark}"
        )
    return "\n".join(lines)
