"""A graph of a hundred thousand nodes on single numbers, forward and back: nothing but overhead.

Each number is made of the one before it and of one seven steps back, so that most have two users.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks.peers import Peer
from benchmarks.timing import Case, Run

NODES = 100_000
BACK, A, B = 7, 0.6, 0.4
LR = 1e-3
Gradient = Callable[[Any], tuple[Any, Any]]


def _numbers(x: Any) -> list[Any]:
    """Return the numbers ``h[i] = a h[i - 1] + b h[i - 7]``: three nodes each."""
    hs = [x] * BACK
    for _ in range(NODES // 3):
        hs.append(hs[-1] * A + hs[-BACK] * B)
    return hs


def loss_of(x: Any) -> Any:
    """Return the last number."""
    return _numbers(x)[-1].sum()


def _by_hand(x: Any) -> tuple[Any, Any]:
    hs = _numbers(x)
    ds: list[Any] = [None] * len(hs)
    ds[-1] = np.ones_like(x)
    for i in range(len(hs) - 1, BACK - 1, -1):
        d = ds[i]
        ds[i - 1] = d * A if ds[i - 1] is None else ds[i - 1] + d * A
        ds[i - BACK] = d * B if ds[i - BACK] is None else ds[i - BACK] + d * B
    return hs[-1].sum(), sum(ds[:BACK])


def _eager(x: Any) -> tuple[Any, Any]:
    leaf = mg.tensor(x, requires_grad=True)
    value = loss_of(leaf)
    value.backward()
    return value, leaf.grad


def _in_torch() -> Gradient:
    import torch

    def gradient(x: Any) -> tuple[Any, Any]:
        leaf = torch.tensor(x, requires_grad=True)
        value = loss_of(leaf)
        value.backward()
        return value, leaf.grad.numpy()

    return gradient


def _in_autograd() -> Gradient:
    from autograd import value_and_grad

    return value_and_grad(loss_of)  # type: ignore[no-any-return]  # a function


def _in_mygrad() -> Gradient:
    import mygrad

    def gradient(x: Any) -> tuple[Any, Any]:
        leaf = mygrad.tensor(x)
        value = loss_of(leaf)
        value.backward()
        return value, leaf.grad

    return gradient


def _run(make: Callable[[], Gradient]) -> Run:
    x = np.array([1.0])
    gradient = make()

    def step() -> Any:
        value, grad = gradient(x)
        x[...] -= LR * grad
        return value

    return Run(step, lambda: [x])


def case() -> Case:
    """Return the case for `benchmarks.timing`; nothing compiles a program of so many lines."""
    return Case(
        f"graph: {NODES:,} nodes of one number each",
        f"h[i] = {A} h[i - 1] + {B} h[i - {BACK}], again and again",
        {
            "by hand": partial(_run, lambda: _by_hand),
            "micrograd_np": partial(_run, lambda: _eager),
        },
        [
            Peer("torch", partial(_run, _in_torch)),
            Peer("autograd", partial(_run, _in_autograd)),
            Peer("mygrad", partial(_run, _in_mygrad)),
        ],
        operations=NODES,
    )
