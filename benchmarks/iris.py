"""The network of the post: one training step on 90 rows of iris, in float64.

Each contender does what `reference.post.step` does, from the same weights: forward pass, loss,
backward pass, plain gradient descent.
"""

from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks.peers import Peer
from benchmarks.timing import Case, Run
from reference import iris, post

REG = 1e-3
LR = 1e-2
EXPRESSION = """\
cross_entropy(relu(X @ W1 + b1) @ W2 + b2, y) + 0.5 * reg * (|W1|^2 + |W2|^2),
|W|^2 being np.vdot(W, W) by hand and in micrograd_np, (W * W).sum() in torch"""


def by_hand() -> Run:
    """Write the step out in NumPy.

    As fast as a careful person writes it: no copies that nobody reads, ``X.T`` and the row numbers
    found once, arrays reused as soon as their value is spent.
    """
    X, y, _, _ = iris.split()
    W1, b1, W2, b2 = post.init()
    XT, N, rows = X.T, len(X), np.arange(len(X))

    def step() -> Any:
        hidden = X @ W1
        hidden += b1
        np.maximum(hidden, 0, out=hidden)
        scores = hidden @ W2
        scores += b2
        scores -= scores.max(axis=1, keepdims=True)
        dscores = np.exp(scores)
        total = dscores.sum(axis=1, keepdims=True)
        data_loss = (np.log(total).sum() - scores[rows, y].sum()) / N
        loss = data_loss + 0.5 * REG * (np.vdot(W1, W1) + np.vdot(W2, W2))

        dscores /= total
        dscores[rows, y] -= 1
        dscores /= N
        dW2 = hidden.T @ dscores
        db2 = dscores.sum(axis=0, keepdims=True)
        dhidden = dscores @ W2.T
        dhidden *= hidden > 0
        dW1 = XT @ dhidden
        db1 = dhidden.sum(axis=0, keepdims=True)
        dW2 += REG * W2
        dW1 += REG * W1

        for weight, gradient in ((W1, dW1), (b1, db1), (W2, dW2), (b2, db2)):
            gradient *= LR
            weight -= gradient
        return loss

    return Run(step, lambda: [W1, b1, W2, b2])


def as_in_the_post() -> Run:
    """Take the steps of `reference.post`: line for line what the post has, every value named."""
    X, y, _, _ = iris.split()
    held: list[Any] = [post.init()]

    def step() -> Any:
        *weights, loss = post.step(X, y, *held[0], lr=LR, reg=REG)
        held[0] = weights
        return np.float64(loss)

    return Run(step, lambda: list(held[0]))


def automatic() -> Run:
    """Let micrograd_np find the gradients, operation by operation."""
    X, y, _, _ = iris.split()
    weights: list[Any] = [mg.tensor(weight, requires_grad=True) for weight in post.init()]
    arrays = [weight.data for weight in weights]
    W1, b1, W2, b2 = weights

    def step() -> Any:
        loss = mg.cross_entropy(mg.relu(X @ W1 + b1) @ W2 + b2, y)
        loss = loss + 0.5 * REG * (np.vdot(W1, W1) + np.vdot(W2, W2))
        loss.backward()
        for weight, array in zip(weights, arrays, strict=True):
            gradient = weight.grad
            gradient *= LR
            array -= gradient
            weight.grad = None
        return loss

    return Run(step, lambda: arrays)


def by_torch() -> Run:
    """Let PyTorch find the gradients, operation by operation."""
    import torch
    from torch.nn.functional import cross_entropy, relu

    X, y = (torch.from_numpy(array) for array in iris.split()[:2])
    weights = [torch.from_numpy(weight).requires_grad_() for weight in post.init()]
    W1, b1, W2, b2 = weights

    def step() -> Any:
        loss = cross_entropy(relu(X @ W1 + b1) @ W2 + b2, y)
        loss = loss + 0.5 * REG * ((W1 * W1).sum() + (W2 * W2).sum())
        loss.backward()
        with torch.no_grad():
            for weight in weights:
                weight.sub_(weight.grad, alpha=LR)
                weight.grad = None
        return loss

    return Run(step, lambda: [weight.detach().numpy() for weight in weights])


def jitted() -> Run:
    """Let micrograd_np record the step, and run what it generates."""
    X, y, _, _ = iris.split()
    weights: list[Any] = list(post.init())

    def loss_of(weights: Any, X: Any, y: Any) -> Any:
        W1, b1, W2, b2 = weights
        loss = mg.cross_entropy(mg.relu(X @ W1 + b1) @ W2 + b2, y)
        return loss + 0.5 * REG * (np.vdot(W1, W1) + np.vdot(W2, W2))

    gradients = mg.value_and_grad(loss_of)

    @mg.jit(donate=0)
    def update(weights: Any, X: Any, y: Any) -> Any:
        loss, grads = gradients(weights, X, y)
        return loss, [w - LR * g for w, g in zip(weights, grads, strict=True)]

    return Run(lambda: update(weights, X, y)[0], lambda: weights)


def by_jax() -> Run:
    """Let JAX compile the step, in float64."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    X, y = map(jnp.asarray, iris.split()[:2])
    held = [list(map(jnp.asarray, post.init()))]

    def loss_of(weights: Any) -> Any:
        W1, b1, W2, b2 = weights
        logs = jax.nn.log_softmax(jnp.maximum(X @ W1 + b1, 0) @ W2 + b2)
        data_loss = -jnp.mean(logs[jnp.arange(len(X)), y])
        return data_loss + 0.5 * REG * (jnp.vdot(W1, W1) + jnp.vdot(W2, W2))

    @jax.jit
    def update(weights: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(weights)
        return loss, [w - LR * g for w, g in zip(weights, grads, strict=True)]

    def step() -> Any:
        loss, held[0] = update(held[0])
        jax.block_until_ready((loss, held[0]))
        return loss

    return Run(step, lambda: [np.asarray(w) for w in held[0]])


def by_autograd() -> Run:
    """Let autograd find the gradients, operation by operation."""
    import autograd
    import autograd.numpy as anp
    from autograd.scipy.special import logsumexp

    X, y, _, _ = iris.split()
    weights, rows = list(post.init()), np.arange(len(X))

    def loss_of(weights: Any) -> Any:
        W1, b1, W2, b2 = weights
        scores = anp.dot(anp.maximum(anp.dot(X, W1) + b1, 0), W2) + b2
        data_loss = anp.mean(logsumexp(scores, axis=1) - scores[rows, y])
        return data_loss + 0.5 * REG * (anp.sum(W1 * W1) + anp.sum(W2 * W2))

    both = autograd.value_and_grad(loss_of)

    def step() -> Any:
        loss, grads = both(weights)
        for w, g in zip(weights, grads, strict=True):
            w -= LR * g
        return loss

    return Run(step, lambda: weights)


def by_mygrad() -> Run:
    """Let MyGrad find the gradients, operation by operation."""
    import mygrad
    from mygrad.nnet.losses import softmax_crossentropy

    X, y, _, _ = iris.split()
    weights = [mygrad.tensor(w) for w in post.init()]
    W1, b1, W2, b2 = weights

    def step() -> Any:
        scores = mygrad.maximum(X @ W1 + b1, 0) @ W2 + b2
        loss = softmax_crossentropy(scores, y)
        loss = loss + 0.5 * REG * ((W1 * W1).sum() + (W2 * W2).sum())
        loss.backward()
        for w in weights:
            w.data[...] -= LR * w.grad
        return loss

    return Run(step, lambda: [w.data for w in weights])


PEERS = (
    Peer("torch", by_torch),
    Peer("jax", by_jax, "jax.jit"),
    Peer("autograd", by_autograd),
    Peer("mygrad", by_mygrad),
)


def case() -> Case:
    """Return the case for `benchmarks.timing`."""
    return Case(
        "iris: X[90x4] -> hidden[90x6] relu -> scores[90x3], float64, one training step",
        f"{EXPRESSION}, reg = {REG:g}, lr = {LR:g}",
        {
            "by hand": by_hand,
            "micrograd_np": automatic,
            "micrograd_np.jit": jitted,
            "by hand, as in the post": as_in_the_post,
        },
        PEERS,
    )
