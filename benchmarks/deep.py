"""A network of 200 layers: one gradient, eager, and by deriving it first."""

from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks.timing import Case, Run

LAYERS = 200
WIDTH = 8
LR = 1e-2


def loss(x: Any, y: Any, *params: Any) -> Any:
    """Compute the mean squared error of a tanh network."""
    h = x
    for W, b in zip(params[::2], params[1::2], strict=True):
        h = np.tanh(h @ W + b)
    return np.mean((h - y) ** 2)


def _inputs() -> tuple[Any, Any, list[Any]]:
    rng = np.random.default_rng(0)
    params: list[Any] = []
    for _ in range(LAYERS):
        params += [rng.normal(size=(WIDTH, WIDTH)) / 3, rng.normal(size=WIDTH) / 10]
    return rng.normal(size=(5, WIDTH)), rng.normal(size=(5, WIDTH)), params


def automatic() -> Run:
    """Go forward and back, operation by operation."""
    x, y, params = _inputs()

    def step() -> Any:
        leaves = [mg.tensor(p, requires_grad=True) for p in params]
        value = loss(x, y, *leaves)
        value.backward()
        for i, leaf in enumerate(leaves):
            params[i] = params[i] - LR * leaf.grad
        return value

    return Run(step, lambda: params)


def derived_anew() -> Run:
    """Derive, print, parse and run."""
    x, y, params = _inputs()

    def step() -> Any:
        every = tuple(range(2, 2 + len(params)))
        namespace: dict[str, Any] = {}
        exec(mg.derive(loss, x, y, *params, argnums=every).source(), namespace)
        value, *grads = namespace["value_and_gradients"](x, y, *params)
        for i, grad in enumerate(grads):
            params[i] = params[i] - LR * grad
        return value

    return Run(step, lambda: params)


def case() -> Case:
    """Return the case for `benchmarks.timing`."""
    return Case(
        title=f"deep: {LAYERS} layers of {WIDTH} tanh units, one training step",
        expression="mean((h - y)**2), h = tanh(h @ W + b) again and again",
        contenders={"micrograd_np": automatic, "derived anew": derived_anew},
    )
