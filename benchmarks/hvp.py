"""A Hessian-vector product of the post's network, beside its gradient and PyTorch's."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks import report as reporting
from benchmarks import timing
from reference import iris, post

REG = 1e-3


def _loss(X: Any, y: Any) -> Callable[..., Any]:
    def loss(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        data_loss = mg.cross_entropy(mg.relu(X @ W1 + b1) @ W2 + b2, y)
        return data_loss + 0.5 * REG * (np.vdot(W1, W1) + np.vdot(W2, W2))

    return loss


def _in_torch(X: Any, y: Any, weights: Any, vector: Any) -> dict[str, Callable[[], Any]]:
    import torch
    from torch.nn.functional import cross_entropy, relu

    inputs, labels = torch.from_numpy(X), torch.from_numpy(y)
    leaves = tuple(torch.from_numpy(w).requires_grad_() for w in weights)
    along = tuple(map(torch.from_numpy, vector))

    def loss(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        data_loss = cross_entropy(relu(inputs @ W1 + b1) @ W2 + b2, labels)
        return data_loss + 0.5 * REG * ((W1 * W1).sum() + (W2 * W2).sum())

    return {
        "torch: gradient": lambda: torch.autograd.grad(loss(*leaves), leaves),
        "torch: hvp": lambda: torch.autograd.functional.vhp(loss, leaves, along)[1],
    }


def report(threads: int, rounds: int, block: int) -> str:
    """Time them in turns, and say how long each took beside the gradient.

    Parameters
    ----------
    threads, rounds, block
        As `benchmarks.timing` takes them.

    Returns
    -------
    str
        A table with a row for each.

    Raises
    ------
    benchmarks.timing.Disagreement
        If the products differ.
    """
    X, y, _, _ = iris.split()
    weights = tuple(post.init())
    rng = np.random.default_rng(0)
    vector = tuple(rng.normal(size=w.shape) for w in weights)
    loss = _loss(X, y)
    gradient = mg.grad(loss, (0, 1, 2, 3))
    jitted = mg.jit(lambda weights, vector: mg.hvp(loss, weights, vector))
    steps: dict[str, Callable[[], Any]] = {
        "mg.grad": lambda: gradient(*weights),
        "mg.hvp": lambda: mg.hvp(loss, weights, vector),
        "mg.jit of mg.hvp": lambda: jitted(weights, vector),
        "mg.jvp of it": lambda: mg.jvp(gradient, weights, vector)[1],
    }
    if find_spec("torch") is not None:
        import torch

        torch.set_num_threads(threads)
        steps |= _in_torch(X, y, weights, vector)
    _check_agreement([step() for name, step in steps.items() if "grad" not in name])
    runs = {name: timing.Run(step, list) for name, step in steps.items()}
    seconds = timing.measure(runs, rounds, block)
    lines = [
        "",
        "hvp: the post's network on 90 rows of iris, float64",
        f"{rounds} rounds of {block}; median (quartiles)",
        "",
        f"{'':18}  {'microseconds':>28}  {'ratio to mg.grad':>22}",
    ]
    for name, times in seconds.items():
        ratio = reporting.spread(times / seconds["mg.grad"], 2)
        lines.append(f"{name:18}  {reporting.spread(times * 1e6, 1):>28}  {ratio:>22}")
    return "\n".join(lines)


def _check_agreement(products: list[Any]) -> None:
    first = np.concatenate([np.ravel(part) for part in products[0]])
    for product in products[1:]:
        other = np.concatenate([np.ravel(np.asarray(part)) for part in product])
        if not np.abs(other - first).max() <= 1e3 * np.finfo(float).eps * np.abs(first).max():
            raise timing.Disagreement("the products differ: nothing was timed")
