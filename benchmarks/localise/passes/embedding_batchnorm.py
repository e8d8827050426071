"""Predict the next token: embeddings, batch norm in single steps, tanh, cross-entropy."""

import numpy as np


def forward(tokens, targets, C, W1, b1, bngain, bnbias, W2, b2):
    """Return the mean cross-entropy."""
    N = tokens.shape[0]
    rows = np.arange(N)

    emb = C[tokens]
    embcat = emb.reshape(N, -1)
    hprebn = embcat @ W1 + b1

    bnmean = hprebn.sum(axis=0, keepdims=True) / N
    bndiff = hprebn - bnmean
    bndiff2 = bndiff**2
    bnvar = bndiff2.sum(axis=0, keepdims=True) / (N - 1)
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = np.tanh(hpreact)

    logits = h @ W2 + b2
    logit_max = logits.max(axis=1, keepdims=True)
    shifted = logits - logit_max
    counts = np.exp(shifted)
    total = counts.sum(axis=1, keepdims=True)
    total_inv = total**-1
    probs = counts * total_inv
    logprobs = np.log(probs)
    return -logprobs[rows, targets].mean()


def backward(
    tokens, targets, C, W1, bngain, W2, embcat, bndiff, bnvar, bnvar_inv, bnraw, h, logits,
    counts, total, total_inv, probs,
):  # fmt: skip
    """Go back one step at a time."""
    N, T = tokens.shape
    rows = np.arange(N)

    dlogprobs = np.zeros_like(probs)
    dlogprobs[rows, targets] = -1 / N
    dprobs = dlogprobs / probs
    dtotal_inv = (counts * dprobs).sum(axis=1, keepdims=True)
    dcounts = total_inv * dprobs
    dtotal = -(total**-2) * dtotal_inv
    dcounts += dtotal
    dshifted = counts * dcounts
    dlogits = dshifted.copy()
    dlogit_max = -dshifted.sum(axis=1)
    dlogits[rows, logits.argmax(axis=1)] += dlogit_max

    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(axis=0)
    dhpreact = (1.0 - h**2) * dh

    dbngain = (bnraw * dhpreact).sum(axis=0, keepdims=True)
    dbnbias = dhpreact.sum(axis=0, keepdims=True)
    dbnraw = bngain * dhpreact
    dbnvar_inv = (bndiff * dbnraw).sum(axis=0, keepdims=True)
    dbndiff = bnvar_inv * dbnraw
    dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv
    dbndiff2 = dbnvar / (N - 1) * np.ones_like(bndiff)
    dbndiff += 2 * bndiff * dbndiff2
    dhprebn = dbndiff.copy()
    dbnmean = -dbndiff.sum(axis=0, keepdims=True)
    dhprebn += dbnmean / N

    dembcat = dhprebn @ W1.T
    dW1 = embcat.T @ dhprebn
    db1 = dhprebn.sum(axis=0)
    demb = dembcat.reshape(N, T, -1)
    dC = np.zeros_like(C)
    np.add.at(dC, tokens, demb)
    return dC, dW1, db1, dbngain, dbnbias, dW2, db2


def example_inputs():
    """Draw tokens, in which some occur more than once, and weights."""
    rng = np.random.default_rng(3)
    N, T, V, E, H = 8, 3, 7, 2, 5
    return {
        "tokens": rng.integers(V, size=(N, T)),
        "targets": rng.integers(V, size=N),
        "C": rng.normal(size=(V, E)),
        "W1": rng.normal(size=(T * E, H)),
        "b1": 0.1 * rng.normal(size=H),
        "bngain": 1 + 0.2 * rng.normal(size=(1, H)),
        "bnbias": 0.2 * rng.normal(size=(1, H)),
        "W2": rng.normal(size=(H, V)),
        "b2": 0.1 * rng.normal(size=V),
    }
