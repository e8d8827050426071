"""A variational autoencoder; the noise is an argument, so that the loss is a function."""

import numpy as np


def sigmoid(t):
    """Return the logistic function."""
    return 1 / (1 + np.exp(-t))


def forward(x, eps, params):
    """Return reconstruction error plus KL divergence, per example."""
    N = x.shape[0]

    # encoder
    h = np.tanh(x @ params["We"] + params["be"])
    mu = h @ params["Wmu"] + params["bmu"]
    logvar = h @ params["Wvar"] + params["bvar"]

    # a sample, by the reparametrisation trick
    std = np.exp(0.5 * logvar)
    z = mu + std * eps

    # decoder
    g = np.maximum(z @ params["Wd"] + params["bd"], 0)
    xhat = sigmoid(g @ params["Wx"] + params["bx"])

    bce = -np.sum(x * np.log(xhat) + (1 - x) * np.log(1 - xhat)) / N
    kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar)) / N
    loss = bce + kl
    cache = {"x": x, "eps": eps, "h": h, "mu": mu, "logvar": logvar, "std": std, "z": z, "g": g}
    cache["xhat"] = xhat
    return loss, cache


def backward(params, cache):
    """Return the gradients in a dict with the keys of params."""
    x, eps, h, z, g = (cache[name] for name in ("x", "eps", "h", "z", "g"))
    mu, logvar, std, xhat = (cache[name] for name in ("mu", "logvar", "std", "xhat"))
    N = x.shape[0]
    grads = {}

    # decoder
    dlogits = (xhat - x) / N
    grads["Wx"] = g.T @ dlogits
    grads["bx"] = dlogits.sum(axis=0)
    dg = dlogits @ params["Wx"].T
    dg[g <= 0] = 0
    grads["Wd"] = z.T @ dg
    grads["bd"] = dg.sum(axis=0)
    dz = dg @ params["Wd"].T

    # sample
    dmu = dz.copy()
    dstd = dz * eps
    dlogvar = 0.5 * std * dstd

    # KL divergence
    dmu += mu / N
    dlogvar += 0.5 * (np.exp(logvar) - 1) / N

    # encoder: h feeds both heads
    grads["Wmu"] = h.T @ dmu
    grads["bmu"] = dmu.sum(axis=0)
    grads["Wvar"] = h.T @ dlogvar
    grads["bvar"] = dlogvar.sum(axis=0)
    dh = dmu @ params["Wmu"].T
    dh += dlogvar @ params["Wvar"].T
    da = dh * (1 - h**2)
    grads["We"] = x.T @ da
    grads["be"] = da.sum(axis=0)
    return grads


def example_inputs():
    """Draw grey values, noise and weights."""
    rng = np.random.default_rng(7)
    N, D, H, Z, G = 6, 7, 5, 3, 4
    params = {
        "We": rng.normal(size=(D, H)),
        "be": 0.1 * rng.normal(size=H),
        "Wmu": rng.normal(size=(H, Z)),
        "bmu": 0.1 * rng.normal(size=Z),
        "Wvar": 0.5 * rng.normal(size=(H, Z)),
        "bvar": 0.1 * rng.normal(size=Z),
        "Wd": rng.normal(size=(Z, G)),
        "bd": 0.1 * rng.normal(size=G),
        "Wx": rng.normal(size=(G, D)),
        "bx": 0.1 * rng.normal(size=D),
    }
    return {"x": rng.random(size=(N, D)), "eps": rng.normal(size=(N, Z)), "params": params}
