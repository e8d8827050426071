"""A hundred multiplications, forward and back: what an operation costs beside its arithmetic."""

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks.peers import Peer
from benchmarks.timing import Case, Run

LENGTH = 100
SIZES = (1, 1_000, 1_000_000)
FACTOR = 1.0001
LR = 1e-9


def multiplied(x: Any, factor: Any) -> Any:
    """Multiply again and again."""
    for _ in range(LENGTH):
        x = x * factor
    return x


def _total(x: Any, factor: Any) -> Any:
    return multiplied(x, factor).sum()


Gradient = Callable[[Any, Any], tuple[Any, Any]]


def _run(make: Callable[[], Gradient], size: int) -> Run:
    x, factor = np.linspace(0.5, 1.5, size), np.array([FACTOR])
    gradient = make()

    def step() -> Any:
        value, grad = gradient(x, factor)
        x[...] -= LR * np.asarray(grad)
        return value

    return Run(step, lambda: [x])


def _by_hand() -> Gradient:
    def gradient(x: Any, factor: Any) -> tuple[Any, Any]:
        value = _total(x, factor)
        return value, multiplied(np.ones(len(x)), factor)

    return gradient


def _eager() -> Gradient:
    def gradient(x: Any, factor: Any) -> tuple[Any, Any]:
        leaf = mg.tensor(x, requires_grad=True)
        value = _total(leaf, factor)
        value.backward()
        return value, leaf.grad

    return gradient


def _jitted() -> Gradient:
    return mg.jit(mg.value_and_grad(_total))  # type: ignore[no-any-return]  # a Jitted


def _torch() -> Gradient:
    torch = importlib.import_module("torch")

    def gradient(x: Any, factor: Any) -> tuple[Any, Any]:
        leaf, factor = torch.tensor(x, requires_grad=True), torch.from_numpy(factor)
        value = _total(leaf, factor)
        value.backward()
        return value, leaf.grad

    return gradient


def _autograd() -> Gradient:
    autograd = importlib.import_module("autograd")
    anp = importlib.import_module("autograd.numpy")
    return autograd.value_and_grad(  # type: ignore[no-any-return]  # a function
        lambda x, factor: anp.sum(multiplied(x, factor))
    )


def _mygrad() -> Gradient:
    mygrad = importlib.import_module("mygrad")

    def gradient(x: Any, factor: Any) -> tuple[Any, Any]:
        leaf = mygrad.tensor(x)
        value = _total(leaf, factor)
        value.backward()
        return value, leaf.grad

    return gradient


def _jax() -> Gradient:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    both = jax.jit(jax.value_and_grad(_total))
    return lambda x, factor: jax.block_until_ready(both(x, factor))  # type: ignore[no-any-return]


def cases() -> Iterator[Case]:
    """Return the cases for `benchmarks.timing`: one for each size."""
    for size in SIZES:
        yield Case(
            title=f"chain of {size:,}: {LENGTH} multiplications of so many elements and their sum, "
            "forward and back",
            expression="x = x * factor, a hundred times; x.sum()",
            contenders={
                "by hand": partial(_run, _by_hand, size),
                "micrograd_np": partial(_run, _eager, size),
                "micrograd_np.jit": partial(_run, _jitted, size),
            },
            peers=[
                Peer("torch", partial(_run, _torch, size)),
                Peer("jax", partial(_run, _jax, size), "jax.jit"),
                Peer("autograd", partial(_run, _autograd, size)),
                Peer("mygrad", partial(_run, _mygrad, size)),
            ],
            operations=LENGTH,
        )
