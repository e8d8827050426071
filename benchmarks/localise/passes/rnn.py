"""A vanilla recurrent network that predicts a class at each step; vectors are columns."""

import numpy as np


def forward(xs, targets, h0, Wxh, Whh, Why, bh, by):
    """Return the cross-entropy, averaged over the steps."""
    T = xs.shape[0]
    hs = {-1: h0}
    ps = {}
    loss = 0.0
    for t in range(T):
        hs[t] = np.tanh(Wxh @ xs[t] + Whh @ hs[t - 1] + bh)
        scores = Why @ hs[t] + by
        exps = np.exp(scores - scores.max())
        ps[t] = exps / exps.sum()
        loss = loss - np.log(ps[t][targets[t]]) / T
    return loss


def backward(xs, targets, hs, ps, Wxh, Whh, Why, bh, by):
    """Go back through time."""
    T = len(xs)
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])

    for t in reversed(range(T)):
        dscores = ps[t].copy()
        dscores[targets[t]] -= 1
        dscores /= T
        dWhy += np.outer(dscores, hs[t])
        dby += dscores

        # a hidden state is used twice: for the scores and for the next state
        dh = Why.T @ dscores + dhnext
        draw = (1 - hs[t] * hs[t]) * dh
        dbh += draw
        dWxh += np.outer(draw, xs[t])
        dWhh += np.outer(draw, hs[t - 1])
        dhnext = Whh.T @ draw

    dh0 = dhnext
    return dh0, dWxh, dWhh, dWhy, dbh, dby


def example_inputs():
    """Draw a sequence and weights."""
    rng = np.random.default_rng(5)
    T, D, H, K = 5, 4, 6, 3
    return {
        "xs": rng.normal(size=(T, D)),
        "targets": rng.integers(K, size=T),
        "h0": 0.5 * rng.normal(size=H),
        "Wxh": 0.5 * rng.normal(size=(H, D)),
        "Whh": 0.5 * rng.normal(size=(H, H)),
        "Why": rng.normal(size=(K, H)),
        "bh": 0.1 * rng.normal(size=H),
        "by": 0.1 * rng.normal(size=K),
    }
