"""Logistic regression with weighted examples; loss and gradients in one function."""

import numpy as np


def step(X, y, weight, w, b, reg):
    """Return the loss and its gradients with respect to w and b."""
    # forward
    z = X @ w + b
    p = 1 / (1 + np.exp(-z))
    log_likelihood = y * np.log(p) + (1 - y) * np.log(1 - p)
    total = weight.sum()
    data_loss = -np.sum(weight * log_likelihood) / total
    loss = data_loss + 0.5 * reg * np.sum(w**2)

    # backward
    dlog_likelihood = -weight / total
    dp = y / p
    dp -= (1 - y) / (1 - p)
    dp *= dlog_likelihood
    dz = dp * p * (1 - p)
    dw = np.zeros_like(w)
    dw += X.T @ dz
    dw += reg * w
    db = dz.sum()
    return loss, dw, db


def example_inputs():
    """Draw examples of two classes, and weights."""
    rng = np.random.default_rng(10)
    N, D = 9, 4
    return {
        "X": rng.normal(size=(N, D)),
        "y": (rng.random(N) < 0.5).astype(float),
        "weight": 0.5 + rng.random(N),
        "w": rng.normal(size=D),
        "b": 0.3,
        "reg": 0.2,
    }
