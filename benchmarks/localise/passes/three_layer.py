"""Three layers: ReLU after the first, tanh after the second, softmax at the end."""

import numpy as np


def softmax(scores):
    """Return the probabilities of each row."""
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def forward(X, y, W1, b1, W2, b2, W3, b3, reg):
    """Return the loss and what backward needs."""
    N = len(X)
    a1 = X @ W1 + b1
    h1 = np.maximum(a1, 0)
    a2 = h1 @ W2 + b2
    h2 = np.tanh(a2)
    scores = h2 @ W3 + b3
    probs = softmax(scores)

    loss = -np.mean(np.log(probs[np.arange(N), y]))
    for W in (W1, W2, W3):
        loss = loss + 0.5 * reg * np.sum(W**2)
    cache = (X, y, a1, h1, h2, probs, W1, W2, W3, reg)
    return loss, cache


def backward(cache):
    """Return the gradients by the names of the parameters."""
    X, y, a1, h1, h2, probs, W1, W2, W3, reg = cache
    N = len(X)

    onehot = np.zeros_like(probs)
    onehot[np.arange(N), y] = 1
    dscores = (probs - onehot) / N

    dW3 = h2.T @ dscores + reg * W3
    db3 = dscores.sum(axis=0)
    dh2 = dscores @ W3.T

    da2 = dh2 * (1 - h2**2)
    dW2 = h1.T @ da2 + reg * W2
    db2 = da2.sum(axis=0)
    dh1 = da2 @ W2.T

    da1 = dh1 * (a1 > 0)
    dW1 = X.T @ da1 + reg * W1
    db1 = da1.sum(axis=0)

    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2, "W3": dW3, "b3": db3}


def example_inputs():
    """Draw data and weights."""
    rng = np.random.default_rng(2)
    N, D, H1, H2, K = 8, 3, 6, 5, 4
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.integers(K, size=N),
        "W1": rng.normal(size=(D, H1)),
        "b1": rng.normal(size=H1),
        "W2": 0.5 * rng.normal(size=(H1, H2)),
        "b2": rng.normal(size=H2),
        "W3": rng.normal(size=(H2, K)),
        "b3": rng.normal(size=K),
        "reg": 0.05,
    }
