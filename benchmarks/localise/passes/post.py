"""Two layers with a ReLU between them, softmax, and a penalty on the weights."""

import numpy as np


def forward(X, y, W1, b1, W2, b2, reg):
    """Return the mean cross-entropy plus the penalty."""
    N = X.shape[0]
    hidden = np.maximum(X @ W1 + b1, 0)
    scores = hidden @ W2 + b2
    exp_scores = np.exp(scores)
    probs = exp_scores / exp_scores.sum(axis=1, keepdims=True)
    data_loss = -np.log(probs[np.arange(N), y]).mean()
    reg_loss = 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    return data_loss + reg_loss


def backward(X, y, W1, W2, reg, hidden, probs):
    """Return the gradients of the weights and biases."""
    N = X.shape[0]
    rows = np.arange(N)

    # softmax and cross-entropy, together
    dscores = probs.copy()
    dscores[rows, y] -= 1
    dscores /= N

    # second layer
    dW2 = hidden.T @ dscores
    db2 = np.sum(dscores, axis=0, keepdims=True)
    dhidden = dscores @ W2.T
    dhidden[hidden <= 0] = 0

    # first layer
    dW1 = X.T @ dhidden
    db1 = np.sum(dhidden, axis=0, keepdims=True)

    # penalty
    dW2 += reg * W2
    dW1 += reg * W1
    return dW1, db1, dW2, db2


def example_inputs():
    """Draw data and weights."""
    rng = np.random.default_rng(1)
    N, D, H, K = 7, 4, 6, 3
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.integers(K, size=N),
        "W1": rng.normal(size=(D, H)),
        "b1": rng.normal(size=(1, H)),
        "W2": rng.normal(size=(H, K)),
        "b2": rng.normal(size=(1, K)),
        "reg": 0.1,
    }
