"""A hundred multiplications of arrays of one element, forward and back: what an operation costs."""

import importlib
import importlib.util
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks.timing import Case, Run

LENGTH = 100
FACTOR = 1.0001
LR = 1e-9


def multiplied(x: Any, factor: Any) -> Any:
    """Multiply again and again."""
    for _ in range(LENGTH):
        x = x * factor
    return x


def _stepping(gradient: Callable[[Any, Any], tuple[Any, Any]]) -> Callable[[], Run]:
    def make() -> Run:
        x, factor = np.array([1.0]), np.array([FACTOR])

        def step() -> Any:
            value, grad = gradient(x, factor)
            x[...] -= LR * np.asarray(grad)
            return value

        return Run(step, lambda: [x])

    return make


def _by_hand(x: Any, factor: Any) -> tuple[Any, Any]:
    value = multiplied(x, factor)
    return value, multiplied(np.ones(1), factor)


def _ours(x: Any, factor: Any) -> tuple[Any, Any]:
    leaf = mg.tensor(x, requires_grad=True)
    value = multiplied(leaf, factor)
    value.backward()
    return value, leaf.grad


def _torch(x: Any, factor: Any) -> tuple[Any, Any]:
    torch = importlib.import_module("torch")
    leaf, factor = torch.tensor(x, requires_grad=True), torch.from_numpy(factor)
    value = multiplied(leaf, factor)
    value.backward()
    return value, leaf.grad


def _autograd(x: Any, factor: Any) -> tuple[Any, Any]:
    autograd = importlib.import_module("autograd")
    value, grad = autograd.value_and_grad(lambda x: multiplied(x, factor)[0])(x)
    return np.asarray(value), grad


def _mygrad(x: Any, factor: Any) -> tuple[Any, Any]:
    mygrad = importlib.import_module("mygrad")
    leaf = mygrad.tensor(x)
    value = multiplied(leaf, factor)
    value.backward()
    return value, leaf.grad


PEERS = {"torch": _torch, "autograd": _autograd, "mygrad": _mygrad}


def case(threads: int) -> Case:
    """Return the case for `benchmarks.timing`; `threads` makes no difference."""
    present = [name for name in PEERS if importlib.util.find_spec(name)]
    return Case(
        title=f"chain: {LENGTH} multiplications of arrays of one element, forward and back",
        expression="x = x * factor, a hundred times",
        contenders={
            "by hand": _stepping(_by_hand),
            "micrograd_np": _stepping(_ours),
            **{name: _stepping(PEERS[name]) for name in present},
        },
        versions={
            "micrograd_np": mg.__version__,
            "numpy": np.__version__,
            **{name: version(name) for name in present},
        },
        absent=[name for name in PEERS if name not in present],
    )
