"""Two layers with dropout and the multiclass hinge loss; parameters and gradients in dicts."""

import numpy as np

RATE = 0.75


def forward(X, y, keep, params, reg):
    """Return the hinge loss plus the penalty. keep: 1 for each hidden unit that stays, else 0."""
    N = X.shape[0]
    rows = np.arange(N)
    pre = X @ params["W1"] + params["b1"]
    hidden = np.maximum(0, pre)
    dropped = hidden * keep / RATE
    scores = dropped @ params["W2"] + params["b2"]

    correct = scores[rows, y].reshape(N, 1)
    margins = np.maximum(0, scores - correct + 1)
    margins[rows, y] = 0
    loss = margins.sum() / N
    penalty = np.sum(params["W1"] ** 2) + np.sum(params["W2"] ** 2)
    return loss + reg * penalty


def backward(X, y, keep, params, reg, pre, dropped, margins):
    """Return a dict with the gradient of each parameter."""
    N = X.shape[0]
    W1, W2 = params["W1"], params["W2"]

    # a class that comes too close pushes its own score down and that of the true class up
    dscores = (margins > 0).astype(X.dtype)
    dscores[np.arange(N), y] -= dscores.sum(axis=1)
    dscores /= N

    dW2 = dropped.T @ dscores
    db2 = dscores.sum(axis=0)
    ddropped = dscores @ W2.T
    dhidden = ddropped * keep / RATE
    dpre = np.where(pre > 0, dhidden, 0)
    dW1 = X.T @ dpre
    db1 = dpre.sum(axis=0)

    dW1 += 2 * reg * W1
    dW2 += 2 * reg * W2
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def example_inputs():
    """Draw data, a dropout mask and weights."""
    rng = np.random.default_rng(11)
    N, D, H, K = 8, 5, 7, 4
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.integers(K, size=N),
        "keep": (rng.random((N, H)) < RATE).astype(float),
        "params": {
            "W1": rng.normal(size=(D, H)),
            "b1": 0.1 * rng.normal(size=H),
            "W2": 0.5 * rng.normal(size=(H, K)),
            "b2": 0.1 * rng.normal(size=K),
        },
        "reg": 0.04,
    }
