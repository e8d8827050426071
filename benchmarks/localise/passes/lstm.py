"""An LSTM that predicts a vector at each step; its four gates come out of one matrix."""

import numpy as np


def sigmoid(x):
    """Return the logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


def forward(xs, targets, h0, c0, W, b, V, a):
    """Return half the squared error, per step and sequence, and a cache. xs: (T, N, D)."""
    T, N, _ = xs.shape
    H = h0.shape[1]
    h, c = h0, c0
    steps = []
    loss = 0.0
    for t in range(T):
        xh = np.concatenate([xs[t], h], axis=1)
        gates = xh @ W + b
        i = sigmoid(gates[:, :H])
        f = sigmoid(gates[:, H : 2 * H])
        o = sigmoid(gates[:, 2 * H : 3 * H])
        g = np.tanh(gates[:, 3 * H :])
        c_prev = c
        c = f * c_prev + i * g
        tanh_c = np.tanh(c)
        h = o * tanh_c
        error = h @ V + a - targets[t]
        loss = loss + 0.5 * np.sum(error**2) / (N * T)
        steps.append((xh, i, f, o, g, c_prev, tanh_c, h, error))
    cache = (steps, xs, W, V)
    return loss, cache


def backward(cache):
    """Return the gradients of the sequence, the first state and the weights."""
    steps, xs, W, V = cache
    T, N, D = xs.shape
    H = V.shape[0]
    dxs = np.zeros_like(xs)
    dW, db = np.zeros_like(W), np.zeros(4 * H)
    dV, da = np.zeros_like(V), np.zeros(V.shape[1])
    dh_next = np.zeros((N, H))
    dc_next = np.zeros((N, H))

    for t in range(T - 1, -1, -1):
        xh, i, f, o, g, c_prev, tanh_c, h, error = steps[t]
        dpred = error / (N * T)
        dV += h.T @ dpred
        da += dpred.sum(axis=0)
        dh = dpred @ V.T + dh_next

        do = dh * tanh_c
        dc = dh * o * (1 - tanh_c**2) + dc_next
        di = dc * g
        dg = dc * i
        df = dc * c_prev
        dc_next = dc * f

        dgates = np.zeros((N, 4 * H))
        dgates[:, :H] = di * i * (1 - i)
        dgates[:, H : 2 * H] = df * f * (1 - f)
        dgates[:, 2 * H : 3 * H] = do * o * (1 - o)
        dgates[:, 3 * H :] = dg * (1 - g**2)

        dW += xh.T @ dgates
        db += dgates.sum(axis=0)
        dxh = dgates @ W.T
        dxs[t] = dxh[:, :D]
        dh_next = dxh[:, D:]

    return {
        "dxs": dxs, "dh0": dh_next, "dc0": dc_next, "dW": dW, "db": db, "dV": dV, "da": da
    }  # fmt: skip


def example_inputs():
    """Draw two sequences of four steps, and weights."""
    rng = np.random.default_rng(9)
    T, N, D, H, M = 4, 2, 3, 5, 6
    return {
        "xs": rng.normal(size=(T, N, D)),
        "targets": rng.normal(size=(T, N, M)),
        "h0": 0.5 * rng.normal(size=(N, H)),
        "c0": 0.5 * rng.normal(size=(N, H)),
        "W": 0.6 * rng.normal(size=(D + H, 4 * H)),
        "b": 0.1 * rng.normal(size=4 * H),
        "V": rng.normal(size=(H, M)),
        "a": 0.1 * rng.normal(size=M),
    }
