"""A step of Adam on the parameters of a 784-256-128-10 network, float32.

The gradients are the same in every step; what is timed is the optimiser alone.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

import micrograd_np as mg
from benchmarks.peers import Peer
from benchmarks.timing import Case, Run

SIZES = (784, 256, 128, 10)
LR = 1e-3


def _arrays() -> list[NDArray[Any]]:
    """Return weights and biases, layer by layer."""
    rng = np.random.default_rng(0)
    shapes = [shape for n, m in pairwise(SIZES) for shape in ((m, n), (m,))]
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def _loss(parameters: list[NDArray[Any]]) -> Any:
    """Return what tells, besides the parameters, whether two runs are the same: a short mean."""
    return parameters[-1].mean()


def by_hand() -> Run:
    """Write the step out in NumPy as one reads it in the paper."""
    parameters, gradients = _arrays(), [0.1 * a for a in _arrays()]
    means, squares = ([np.zeros_like(p) for p in parameters] for _ in range(2))
    t = 0

    def step() -> Any:
        nonlocal t
        t += 1
        before = _loss(parameters)
        for p, g, m, v in zip(parameters, gradients, means, squares, strict=True):
            m += 0.1 * (g - m)
            v *= 0.999
            v += 0.001 * g * g
            p -= LR * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return before

    return Run(step, lambda: parameters)


def automatic() -> Run:
    """Let ``mg.optim.Adam`` do it."""
    parameters = [mg.tensor(a, requires_grad=True) for a in _arrays()]
    for p in parameters:
        p.grad = 0.1 * p.data
    optimizer = mg.optim.Adam(parameters, LR)

    def step() -> Any:
        before = _loss([parameters[-1].data])
        optimizer.step()
        return before

    return Run(step, lambda: [p.data for p in parameters])


def by_torch() -> Run:
    """Let ``torch.optim.Adam`` do it."""
    import torch

    parameters = [torch.tensor(a, requires_grad=True) for a in _arrays()]
    for p in parameters:
        p.grad = 0.1 * p.detach()
    optimizer = torch.optim.Adam(parameters, LR)

    def step() -> Any:
        before = _loss([parameters[-1].detach().numpy()])
        optimizer.step()
        return before

    return Run(step, lambda: [p.detach().numpy() for p in parameters])


def case() -> Case:
    """Return the case for `benchmarks.timing`."""
    return Case(
        f"Adam: {'-'.join(map(str, SIZES))}, float32, one step with given gradients",
        "m += (1 - b1) (g - m); v = b2 v + (1 - b2) g^2; "
        "p -= lr m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps)",
        {"by hand": by_hand, "micrograd_np": automatic},
        [Peer("torch", by_torch)],
    )
