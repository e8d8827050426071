"""A small convolutional network, with loops over the positions of the output."""

from types import SimpleNamespace

import numpy as np


def forward(images, labels, filters, bias, W, b, reg):
    """Return the loss and the cache. images: (N, C, height, width), filters: (F, C, R, S)."""
    N, _, height, width = images.shape
    F, _, R, S = filters.shape
    rows, cols = height - R + 1, width - S + 1

    conv = np.zeros((N, F, rows, cols))
    for i in range(rows):
        for j in range(cols):
            patch = images[:, :, i : i + R, j : j + S]
            conv[:, :, i, j] = np.einsum("ncrs,fcrs->nf", patch, filters) + bias
    act = np.maximum(conv, 0)

    pooled = np.zeros((N, F, rows // 2, cols // 2))
    for i in range(rows // 2):
        for j in range(cols // 2):
            window = act[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            pooled[:, :, i, j] = window.max(axis=(2, 3))

    flat = pooled.reshape(N, -1)
    scores = flat @ W + b
    shifted = scores - scores.max(axis=1, keepdims=True)
    logsum = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    logprobs = shifted - logsum
    loss = -logprobs[np.arange(N), labels].mean()
    loss = loss + 0.5 * reg * (np.sum(filters**2) + np.sum(W**2))
    cache = SimpleNamespace(
        images=images, labels=labels, filters=filters, W=W, reg=reg,
        conv=conv, act=act, pooled=pooled, flat=flat, logprobs=logprobs,
    )  # fmt: skip
    return loss, cache


def backward(cache):
    """Return the gradients of images, filters, bias, W and b."""
    N = cache.images.shape[0]
    R, S = cache.filters.shape[2:]

    dscores = np.exp(cache.logprobs)
    dscores[np.arange(N), cache.labels] -= 1
    dscores /= N
    dW = cache.flat.T @ dscores + cache.reg * cache.W
    db = dscores.sum(axis=0)
    dflat = dscores @ cache.W.T
    dpooled = dflat.reshape(cache.pooled.shape)

    # the gradient of a maximum goes to where the maximum was
    dact = np.zeros_like(cache.act)
    for i in range(dpooled.shape[2]):
        for j in range(dpooled.shape[3]):
            window = cache.act[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            largest = window == window.max(axis=(2, 3), keepdims=True)
            share = largest * dpooled[:, :, i, j][:, :, None, None]
            dact[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] += share

    dconv = dact
    dconv[cache.conv <= 0] = 0

    dimages = np.zeros_like(cache.images)
    dfilters = cache.reg * cache.filters
    dbias = dconv.sum(axis=(0, 2, 3))
    for i in range(dconv.shape[2]):
        for j in range(dconv.shape[3]):
            dy = dconv[:, :, i, j]
            patch = cache.images[:, :, i : i + R, j : j + S]
            dfilters += np.einsum("nf,ncrs->fcrs", dy, patch)
            dimages[:, :, i : i + R, j : j + S] += np.einsum("nf,fcrs->ncrs", dy, cache.filters)

    return dimages, dfilters, dbias, dW, db


def example_inputs():
    """Draw images, and weights for an odd and an even number of positions."""
    rng = np.random.default_rng(6)
    N, C, height, width, F, R, S, K = 3, 2, 8, 6, 4, 3, 2, 5
    flat = F * ((height - R + 1) // 2) * ((width - S + 1) // 2)
    return {
        "images": rng.normal(size=(N, C, height, width)),
        "labels": rng.integers(K, size=N),
        "filters": 0.5 * rng.normal(size=(F, C, R, S)),
        "bias": 0.1 * rng.normal(size=F),
        "W": 0.3 * rng.normal(size=(flat, K)),
        "b": 0.1 * rng.normal(size=K),
        "reg": 0.02,
    }
