"""Any number of layers, with leaky ReLU between them, built of small functions."""

from itertools import pairwise

import numpy as np

SLOPE = 0.1


def affine_forward(x, W, b):
    """Return x W + b and a cache."""
    return x @ W + b, (x, W)


def affine_backward(dout, cache):
    """Return the gradients of x, W and b."""
    x, W = cache
    dx = dout @ W.T
    dW = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dW, db


def leaky_forward(x):
    """Return x where it is positive, and a tenth of it elsewhere; and a cache."""
    return np.where(x > 0, x, SLOPE * x), x


def leaky_backward(dout, cache):
    """Return the gradient of x."""
    x = cache
    dx = dout.copy()
    dx[x <= 0] *= SLOPE
    return dx


def softmax(scores):
    """Return the probabilities of each row."""
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def forward(X, y, Ws, bs, reg):
    """Return the loss; Ws and bs are lists with an array for each layer."""
    caches = []
    out = X
    for i in range(len(Ws)):
        out, fc_cache = affine_forward(out, Ws[i], bs[i])
        relu_cache = None
        if i < len(Ws) - 1:
            out, relu_cache = leaky_forward(out)
        caches.append((fc_cache, relu_cache))

    probs = softmax(out)
    data_loss = -np.log(probs[np.arange(len(y)), y]).mean()
    reg_loss = 0.5 * reg * sum(np.sum(W * W) for W in Ws)
    return data_loss + reg_loss


def backward(y, Ws, reg, caches, probs):
    """Return two lists, of the gradients of Ws and of bs."""
    L = len(Ws)
    dWs, dbs = [None] * L, [None] * L

    dout = probs.copy()
    dout[np.arange(len(y)), y] -= 1
    dout /= len(y)

    for i in range(L - 1, -1, -1):
        fc_cache, relu_cache = caches[i]
        if relu_cache is not None:
            dout = leaky_backward(dout, relu_cache)
        dout, dWs[i], dbs[i] = affine_backward(dout, fc_cache)
        dWs[i] += reg * Ws[i]

    return dWs, dbs


def example_inputs():
    """Draw data, and weights for four layers."""
    rng = np.random.default_rng(8)
    N, sizes = 9, (5, 7, 6, 4, 3)
    pairs = list(pairwise(sizes))
    return {
        "X": rng.normal(size=(N, sizes[0])),
        "y": rng.integers(sizes[-1], size=N),
        "Ws": [0.6 * rng.normal(size=pair) for pair in pairs],
        "bs": [0.1 * rng.normal(size=pair[1]) for pair in pairs],
        "reg": 0.03,
    }
