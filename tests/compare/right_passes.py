"""Forward and backward passes that are right, written in the ways in which people write them."""

# ruff: noqa: F841, RET504  (the gradients are variables)

import numpy as np


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


# --- gradients are variables ---------------------------------------------------------------------


def linear(X, y, w, b):
    error = X @ w + b - y
    loss = (error**2).mean()
    return loss


def linear_back(X, error):
    derror = 2 * error / len(error)
    dw = X.T @ derror
    db = derror.sum()


def logistic(X, y, w, reg):
    p = 1 / (1 + np.exp(-(X @ w)))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)) + reg * np.sum(w**2)
    return loss


def logistic_back(X, y, w, p, reg):
    dz = (p - y) / y.size
    dw = X.T @ dz + 2 * reg * w
    return dw


def one_hot(X, Y, W):
    probs = softmax(X @ W)
    return -np.sum(Y * np.log(probs)) / len(X), probs


def one_hot_back(X, Y, probs):
    dscores = (probs - Y) / len(X)
    dW = X.T @ dscores


def hinge(X, y, W, reg):
    scores = X @ W
    N = len(X)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N + reg * np.sum(W * W)
    return loss


def hinge_back(X, y, W, margins, N, reg):
    mask = (margins > 0).astype(float)
    mask[np.arange(N), y] = -mask.sum(axis=1)
    dW = X.T @ mask / N
    dW += 2 * reg * W
    return dW


def lasso(X, y, w, reg):
    r = X @ w - y
    return 0.5 * np.sum(r**2) + reg * np.sum(np.abs(w)), r


def lasso_back(X, w, r, reg):
    grad_w = X.T @ r + reg * np.sign(w)


def factors(R, mask, U, V):
    E = mask * (U @ V.T - R)
    loss = 0.5 * np.sum(E**2)
    return loss


def factors_back(U, V, E):
    dU = E @ V
    dV = E.T @ U


# --- caches --------------------------------------------------------------------------------------


def dropout(x, W, mask, keep):
    a = x @ W
    h = np.maximum(a, 0) * mask / keep
    loss = np.sum(h**2)
    return loss, (x, a, h, mask, keep)


def dropout_back(cache):
    x, a, h, mask, keep = cache
    dh = 2 * h
    da = dh * mask / keep
    da[a <= 0] = 0
    dW = x.T @ da
    return {"W": dW}


def batchnorm(x, gamma, beta, eps=1e-5):
    mu, var = x.mean(axis=0), x.var(axis=0)
    xhat = (x - mu) / np.sqrt(var + eps)
    out = gamma * xhat + beta
    return out, {"xhat": xhat, "gamma": gamma, "std": np.sqrt(var + eps)}


def batchnorm_back(dout, cache):
    xhat, gamma, std = cache["xhat"], cache["gamma"], cache["std"]
    dgamma, dbeta = (dout * xhat).sum(axis=0), dout.sum(axis=0)
    dxhat = dout * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / std
    return dx, dgamma, dbeta


def layernorm(x, g):
    mean = x.mean(axis=-1, keepdims=True)
    std = np.sqrt(((x - mean) ** 2).mean(axis=-1, keepdims=True) + 1e-5)
    xhat = (x - mean) / std
    return g * xhat


def layernorm_back(dout, g, std, xhat):
    dg = np.sum(dout * xhat, axis=0)
    dxhat = dout * g
    inner = np.mean(dxhat * xhat, axis=-1, keepdims=True)
    dx = (dxhat - dxhat.mean(axis=-1, keepdims=True) - xhat * inner) / std
    return {"x": dx, "g": dg}


# --- loops ---------------------------------------------------------------------------------------


def layers(x, Ws, bs):
    hs = [x]
    for W, b in zip(Ws, bs, strict=True):
        hs.append(np.tanh(hs[-1] @ W + b))
    loss = 0.5 * np.sum(hs[-1] ** 2)
    return loss, hs


def layers_back(Ws, hs):
    dWs, dbs = [], []
    dh = hs[-1]
    for W, h, before in zip(Ws[::-1], hs[:0:-1], hs[-2::-1], strict=True):
        da = dh * (1 - h**2)
        dWs.insert(0, before.T @ da)
        dbs.insert(0, da.sum(axis=0))
        dh = da @ W.T
    return dWs, dbs


def recurrent(xs, Wx, Wh):
    T, H = len(xs), len(Wh)
    hs = np.zeros((T + 1, H))
    for t in range(T):
        hs[t + 1] = np.tanh(xs[t] @ Wx + hs[t] @ Wh)
    loss = np.sum(hs[1:] ** 2)
    return loss


def recurrent_back(xs, Wx, Wh, hs, T):
    dWx, dWh = np.zeros_like(Wx), np.zeros_like(Wh)
    dnext = np.zeros(len(Wh))
    for t in reversed(range(T)):
        dh = 2 * hs[t + 1] + dnext
        da = dh * (1 - hs[t + 1] ** 2)
        dWx += np.outer(xs[t], da)
        dWh += np.outer(hs[t], da)
        dnext = da @ Wh.T
    return dWx, dWh


def convolution(x, w):
    n, k = len(x), len(w)
    y = np.zeros(n - k + 1)
    for i in range(n - k + 1):
        y[i] = np.sum(x[i : i + k] * w)
    loss = np.sum(np.sin(y))
    return loss


def convolution_back(x, w, y, k):
    dy = np.cos(y)
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(len(y)):
        dx[i : i + k] += dy[i] * w
        dw += dy[i] * x[i : i + k]
    return dx, dw


# --- indices, masks, helpers, objects ------------------------------------------------------------


def embedding(tokens, E, W):
    v = E[tokens].mean(axis=1)
    s = np.tanh(v @ W)
    return np.sum(s**2)


def embedding_back(tokens, E, W, v, s):
    ds = 2 * s * (1 - s**2)
    dW = v.T @ ds
    dv = ds @ W.T
    dE = np.zeros_like(E)
    np.add.at(dE, tokens, dv[:, None, :] / tokens.shape[1])


def attention(q, k, v, mask):
    s = q @ k.T / np.sqrt(q.shape[1])
    a = softmax(np.where(mask, s, -1e9))
    out = a @ v
    return out


def attention_back(dout, q, k, v, a):
    dv = a.T @ dout
    da = dout @ v.T
    ds = a * (da - (da * a).sum(axis=1, keepdims=True)) / np.sqrt(q.shape[1])
    dq = ds @ k
    dk = ds.T @ q
    return dq, dk, dv


def affine_back(dout, x, W):
    dx = dout @ W.T
    dW = x.T @ dout
    return dx, dW


def with_helpers(x, params):
    h = np.maximum(x @ params["W1"], 0)
    scores = h @ params["W2"]
    return np.sum(scores**2)


def with_helpers_back(x, params, h, scores):
    grads = {}
    dh, grads["W2"] = affine_back(2 * scores, h, params["W2"])
    dh[h <= 0] = 0
    _, grads["W1"] = affine_back(dh, x, params["W1"])
    return grads


def step(X, y, W):
    probs = softmax(X @ W)
    rows = np.arange(len(y))
    loss = -np.log(probs[rows, y]).mean()
    dscores = probs.copy()
    dscores[rows, y] -= 1
    dscores /= len(y)
    dW = X.T @ dscores
    return loss, dW


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T
