"""Softmax and cross-entropy of 4,096 rows of 1,000 classes, and the gradient by the scores."""

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks.peers import Peer
from benchmarks.timing import Case, Run

ROWS, CLASSES = 4096, 1000
LR = np.float32(1.0)

Gradient = Callable[[Any, Any], tuple[Any, Any]]


def _by_hand() -> Gradient:
    rows = np.arange(ROWS)

    def gradient(scores: Any, y: Any) -> tuple[Any, Any]:
        shifted = scores - scores.max(axis=1, keepdims=True)
        grad = np.exp(shifted)
        total = grad.sum(axis=1, keepdims=True)
        loss = (np.log(total).sum() - shifted[rows, y].sum()) / ROWS
        grad /= total
        grad[rows, y] -= 1
        grad /= ROWS
        return loss, grad

    return gradient


def _ours(transform: Callable[[Any], Any]) -> Gradient:
    return transform(mg.value_and_grad(mg.cross_entropy))  # type: ignore[no-any-return]


def _torch() -> Gradient:
    torch = importlib.import_module("torch")

    def gradient(scores: Any, y: Any) -> tuple[Any, Any]:
        leaf = torch.from_numpy(scores).requires_grad_()
        loss = torch.nn.functional.cross_entropy(leaf, torch.from_numpy(y))
        loss.backward()
        return loss, leaf.grad.numpy()

    return gradient


def _jax() -> Gradient:
    jax = importlib.import_module("jax")
    rows = np.arange(ROWS)

    def loss(scores: Any, y: Any) -> Any:
        return -jax.nn.log_softmax(scores)[rows, y].mean()

    both = jax.jit(jax.value_and_grad(loss))
    return lambda *args: jax.block_until_ready(both(*args))  # type: ignore[no-any-return]


def _autograd() -> Gradient:
    autograd = importlib.import_module("autograd")
    special = importlib.import_module("autograd.scipy.special")
    anp = importlib.import_module("autograd.numpy")
    rows = np.arange(ROWS)

    def loss(scores: Any, y: Any) -> Any:
        return anp.mean(special.logsumexp(scores, axis=1) - scores[rows, y])

    return autograd.value_and_grad(loss)  # type: ignore[no-any-return]  # a function


def _mygrad() -> Gradient:
    mygrad = importlib.import_module("mygrad")
    losses = importlib.import_module("mygrad.nnet.losses")

    def gradient(scores: Any, y: Any) -> tuple[Any, Any]:
        leaf = mygrad.tensor(scores, copy=False)
        loss = losses.softmax_crossentropy(leaf, y)
        loss.backward()
        return loss, leaf.grad

    return gradient


def _run(make: Callable[[], Gradient]) -> Run:
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((ROWS, CLASSES), np.float32)
    y = rng.integers(0, CLASSES, ROWS)
    gradient = make()

    def step() -> Any:
        loss, grad = gradient(scores, y)
        scores.__isub__(LR * np.asarray(grad, np.float32))
        return loss

    return Run(step, lambda: [scores])


def _bandwidth() -> Run:
    """Read an array of that size and write another, and compute nothing."""
    given, written = (np.ones((ROWS, CLASSES), np.float32) for _ in range(2))
    zero = np.float32(0)

    def step() -> Any:
        np.copyto(written, given)
        return zero

    return Run(step, list)


def case() -> Case:
    """Return the case for `benchmarks.timing`."""
    return Case(
        title=f"cross_entropy: {ROWS:,} rows of {CLASSES:,} classes, float32, with its gradient",
        expression="mean(logsumexp(scores, axis=1) - scores[rows, y])",
        contenders={
            "by hand": partial(_run, _by_hand),
            "micrograd_np": partial(_run, partial(_ours, lambda f: f)),
            "micrograd_np.jit": partial(_run, partial(_ours, mg.jit)),
        },
        peers=[
            Peer("torch", partial(_run, _torch)),
            Peer("jax", partial(_run, _jax), "jax.jit"),
            Peer("autograd", partial(_run, _autograd)),
            Peer("mygrad", partial(_run, _mygrad)),
        ],
        limits={"memory bandwidth alone": _bandwidth},
    )
