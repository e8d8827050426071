"""A transformer's first half: layer norm, causal attention with one head, residual."""

import numpy as np


def forward(x, target, gain, shift, Wq, Wk, Wv, Wo):
    """Return the mean squared error and the cache. x: (batch, time, features)."""
    T = x.shape[1]
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.mean(centred**2, axis=-1, keepdims=True)
    rstd = 1 / np.sqrt(variance + 1e-5)
    norm = centred * rstd
    n = norm * gain + shift

    q = n @ Wq
    k = n @ Wk
    v = n @ Wv
    scale = 1 / np.sqrt(Wq.shape[1])
    scores = q @ np.swapaxes(k, 1, 2) * scale
    causal = np.tril(np.ones((T, T)))
    scores = np.where(causal > 0, scores, -1e9)
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    att = scores / scores.sum(axis=-1, keepdims=True)

    context = att @ v
    out = x + context @ Wo
    loss = np.mean((out - target) ** 2)
    cache = {
        "norm": norm, "rstd": rstd, "n": n, "q": q, "k": k, "v": v, "scale": scale, "att": att,
        "context": context, "error": out - target, "gain": gain,
        "Wq": Wq, "Wk": Wk, "Wv": Wv, "Wo": Wo,
    }  # fmt: skip
    return loss, cache


def backward(cache):
    """Return the gradients of everything but the target."""
    q, k, v, n = cache["q"], cache["k"], cache["v"], cache["n"]
    att, norm = cache["att"], cache["norm"]

    dout = 2 * cache["error"] / cache["error"].size
    dx = dout.copy()
    dWo = np.einsum("btv,btd->vd", cache["context"], dout)
    dcontext = dout @ cache["Wo"].T

    # att = softmax(scores), row by row; masked scores have no weight, so no gradient either
    datt = dcontext @ v.transpose(0, 2, 1)
    dv = att.transpose(0, 2, 1) @ dcontext
    dscores = att * (datt - np.sum(att * datt, axis=-1, keepdims=True))
    dscores *= cache["scale"]
    dq = dscores @ k
    dk = dscores.transpose(0, 2, 1) @ q

    dWq = np.einsum("btd,bta->da", n, dq)
    dWk = np.einsum("btd,bta->da", n, dk)
    dWv = np.einsum("btd,bta->da", n, dv)
    dn = dq @ cache["Wq"].T
    dn += dk @ cache["Wk"].T
    dn += dv @ cache["Wv"].T

    # layer norm
    dgain = np.sum(dn * norm, axis=(0, 1))
    dshift = np.sum(dn, axis=(0, 1))
    dnorm = dn * cache["gain"]
    dcentred = dnorm - norm * np.mean(dnorm * norm, axis=-1, keepdims=True)
    dcentred = dcentred - np.mean(dnorm, axis=-1, keepdims=True)
    dx += dcentred * cache["rstd"]

    return {
        "x": dx, "gain": dgain, "shift": dshift, "Wq": dWq, "Wk": dWk, "Wv": dWv, "Wo": dWo
    }  # fmt: skip


def example_inputs():
    """Draw a batch of two sequences, and weights."""
    rng = np.random.default_rng(4)
    B, T, D, A, V = 2, 4, 5, 3, 6
    return (
        rng.normal(size=(B, T, D)),
        rng.normal(size=(B, T, D)),
        1 + 0.3 * rng.normal(size=D),
        0.3 * rng.normal(size=D),
        rng.normal(size=(D, A)),
        rng.normal(size=(D, A)),
        rng.normal(size=(D, V)),
        rng.normal(size=(V, D)),
    )
