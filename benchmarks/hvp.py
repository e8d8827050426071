"""A Hessian-vector product of the post's network, on 90 rows of iris, in float64."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks.peers import Peer
from benchmarks.timing import Case, Run
from reference import iris, post

REG = 1e-3
EXPRESSION = """\
the Hessian times a vector, of cross_entropy(relu(X @ W1 + b1) @ W2 + b2, y)
+ 0.5 * reg * (|W1|^2 + |W2|^2), reg = 0.001"""

Product = Callable[[Sequence[Any], Sequence[Any]], Sequence[Any]]
"""Of weights and a vector, arrays like the weights each."""


def _loss(X: Any, y: Any) -> Callable[..., Any]:
    def loss(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        data_loss = mg.cross_entropy(mg.relu(X @ W1 + b1) @ W2 + b2, y)
        return data_loss + 0.5 * REG * (np.vdot(W1, W1) + np.vdot(W2, W2))

    return loss


def _by_hand(X: Any, y: Any) -> Product:
    """Differentiate each line of the backward pass along the vector (Pearlmutter, 1994)."""
    every = np.arange(len(X))

    def product(weights: Sequence[Any], vector: Sequence[Any]) -> Sequence[Any]:
        W1, b1, W2, b2 = weights
        V1, c1, V2, c2 = vector
        hidden = np.maximum(X @ W1 + b1, 0)
        active = hidden > 0
        hidden_v = (X @ V1 + c1) * active
        scores = hidden @ W2 + b2
        scores_v = hidden_v @ W2 + hidden @ V2 + c2
        probs = np.exp(scores - scores.max(axis=1, keepdims=True))
        probs /= probs.sum(axis=1, keepdims=True)
        dscores = probs.copy()
        dscores[every, y] -= 1
        dscores /= len(X)
        dscores_v = probs * (scores_v - (probs * scores_v).sum(axis=1, keepdims=True)) / len(X)
        dhidden_v = (dscores_v @ W2.T + dscores @ V2.T) * active
        return (
            X.T @ dhidden_v + REG * V1,
            dhidden_v.sum(axis=0, keepdims=True),
            hidden_v.T @ dscores + hidden.T @ dscores_v + REG * V2,
            dscores_v.sum(axis=0, keepdims=True),
        )

    return product


def _ours(X: Any, y: Any) -> Product:
    loss = _loss(X, y)
    return lambda weights, vector: mg.hvp(loss, weights, vector)  # type: ignore[no-any-return]


def _jitted(X: Any, y: Any) -> Product:
    return mg.jit(_ours(X, y))  # type: ignore[no-any-return]  # a Jitted


def _forward_over_reverse(X: Any, y: Any) -> Product:
    gradient = mg.grad(_loss(X, y), (0, 1, 2, 3))
    return lambda weights, vector: mg.jvp(gradient, weights, vector)[1]  # type: ignore[no-any-return]


def _in_torch(X: Any, y: Any) -> Product:
    import torch
    from torch.nn.functional import cross_entropy, relu

    inputs, labels = torch.from_numpy(X), torch.from_numpy(y)

    def loss(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        data_loss = cross_entropy(relu(inputs @ W1 + b1) @ W2 + b2, labels)
        return data_loss + 0.5 * REG * ((W1 * W1).sum() + (W2 * W2).sum())

    def product(weights: Sequence[Any], vector: Sequence[Any]) -> Sequence[Any]:
        leaves = tuple(torch.from_numpy(w).requires_grad_() for w in weights)
        along = tuple(map(torch.from_numpy, vector))
        found = torch.autograd.functional.vhp(loss, leaves, along)[1]
        return [one.numpy() for one in found]

    return product


def _in_jax(X: Any, y: Any) -> Product:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    every = np.arange(len(X))

    def loss(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        logs = jax.nn.log_softmax(jnp.maximum(X @ W1 + b1, 0) @ W2 + b2)
        return -logs[every, y].mean() + 0.5 * REG * (jnp.vdot(W1, W1) + jnp.vdot(W2, W2))

    gradient = jax.grad(loss, (0, 1, 2, 3))
    product = jax.jit(lambda weights, vector: jax.jvp(gradient, weights, vector)[1])
    return lambda *given: jax.block_until_ready(product(*map(tuple, given)))  # type: ignore[no-any-return]


def _run(make: Callable[[Any, Any], Product]) -> Run:
    X, y, _, _ = iris.split()
    weights = tuple(post.init())
    rng = np.random.default_rng(0)
    vector = tuple(rng.normal(size=w.shape) for w in weights)
    product = make(X, y)
    found: list[Any] = []

    def step() -> Any:
        found[:] = product(weights, vector)
        return np.asarray(found[-1])[0, 0]

    return Run(step, lambda: [np.asarray(one) for one in found])


def case() -> Case:
    """Return the case for `benchmarks.timing`."""
    return Case(
        "hvp: X[90x4] -> hidden[90x6] relu -> scores[90x3], float64",
        EXPRESSION,
        {
            "by hand": partial(_run, _by_hand),
            "micrograd_np": partial(_run, _ours),
            "micrograd_np.jit": partial(_run, _jitted),
            "mg.jvp of mg.grad": partial(_run, _forward_over_reverse),
        },
        [Peer("torch", partial(_run, _in_torch)), Peer("jax", partial(_run, _in_jax), "jax.jit")],
    )
