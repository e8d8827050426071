"""The network of the post: one training step on 90 rows of iris, in float64.

Each contender does what `reference.post.step` does, from the same weights: forward pass, loss,
backward pass, plain gradient descent.
"""

from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks.timing import Case, Run, beside_torch
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


def automatic() -> Run:
    """Let micrograd_np find the gradients, operation by operation."""
    X, y, _, _ = iris.split()
    weights: list[Any] = [mg.tensor(weight, requires_grad=True) for weight in post.init()]
    W1, b1, W2, b2 = weights

    def step() -> Any:
        loss = mg.cross_entropy(mg.relu(X @ W1 + b1) @ W2 + b2, y)
        loss = loss + 0.5 * REG * (np.vdot(W1, W1) + np.vdot(W2, W2))
        loss.backward()
        for weight in weights:
            weight.data = weight.data - LR * weight.grad
            weight.grad = None
        return loss

    return Run(step, lambda: [weight.data for weight in weights])


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


def case(threads: int) -> Case:
    """Return the case for `benchmarks.timing`."""
    return beside_torch(
        "iris: X[90x4] -> hidden[90x6] relu -> scores[90x3], float64, one training step",
        f"{EXPRESSION}, reg = {REG:g}, lr = {LR:g}",
        {"by hand": by_hand, "micrograd_np": automatic},
        by_torch,
        threads,
    )
