"""Six networks, forward for derive, and their backward passes as a careful person writes them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import micrograd_np as mg


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


# --- the network of the post -------------------------------------------------------------------


def post(X, y, W1, b1, W2, b2, reg):
    N = X.shape[0]
    hidden = mg.relu(X @ W1 + b1)
    scores = hidden @ W2 + b2
    exp_scores = np.exp(scores)
    probs = exp_scores / exp_scores.sum(axis=1, keepdims=True)
    data_loss = -np.log(probs[np.arange(N), y]).mean()
    reg_loss = 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    loss = data_loss + reg_loss
    return loss


def post_fused(X, y, W1, b1, W2, b2, reg):
    hidden = mg.relu(X @ W1 + b1)
    scores = hidden @ W2 + b2
    loss = mg.cross_entropy(scores, y) + 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    return loss


def post_backward(v, X, y, W1, b1, W2, b2, reg):
    dscores = v["probs"].copy()
    dscores[np.arange(X.shape[0]), y] -= 1
    dscores /= X.shape[0]
    dW2 = v["hidden"].T @ dscores
    db2 = dscores.sum(axis=0, keepdims=True)
    dhidden = dscores @ W2.T
    dhidden[v["hidden"] <= 0] = 0
    dW1 = X.T @ dhidden
    db1 = dhidden.sum(axis=0, keepdims=True)
    dW2 += reg * W2
    dW1 += reg * W1
    return dW1, db1, dW2, db2


# --- tanh, three layers ------------------------------------------------------------------------


def tanh_net(x, y, W1, b1, W2, b2, W3, b3):
    h1 = np.tanh(x @ W1 + b1)
    h2 = np.tanh(h1 @ W2 + b2)
    out = h2 @ W3 + b3
    loss = ((out - y) ** 2).mean()
    return loss


def tanh_net_backward(v, x, y, W1, b1, W2, b2, W3, b3):
    dout = 2 * (v["out"] - y) / y.size
    dW3 = v["h2"].T @ dout
    db3 = dout.sum(axis=0)
    dh2 = dout @ W3.T
    dh2 *= 1 - v["h2"] ** 2
    dW2 = v["h1"].T @ dh2
    db2 = dh2.sum(axis=0)
    dh1 = dh2 @ W2.T
    dh1 *= 1 - v["h1"] ** 2
    dW1 = x.T @ dh1
    db1 = dh1.sum(axis=0)
    return dW1, db1, dW2, db2, dW3, db3


# --- normalisations ----------------------------------------------------------------------------


def batch_norm(x, gamma, beta):
    mu = x.mean(axis=0)
    var = ((x - mu) ** 2).mean(axis=0)
    xhat = (x - mu) / np.sqrt(var + 1e-5)
    out = gamma * xhat + beta
    return out


def batch_norm_backward(v, x, gamma, beta, dout):
    N = x.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * v["xhat"]).sum(axis=0)
    dxhat = dout * gamma
    total = N * dxhat - dxhat.sum(axis=0) - v["xhat"] * (dxhat * v["xhat"]).sum(axis=0)
    dx = total / (N * np.sqrt(v["var"] + 1e-5))
    return dx, dgamma, dbeta


def layer_norm(x, gamma, beta):
    mu = x.mean(axis=-1, keepdims=True)
    var = x.var(axis=-1, keepdims=True)
    xhat = (x - mu) / np.sqrt(var + 1e-5)
    out = gamma * xhat + beta
    return out


def layer_norm_backward(v, x, gamma, beta, dout):
    dbeta = dout.sum(axis=0)
    dgamma = (dout * v["xhat"]).sum(axis=0)
    dxhat = dout * gamma
    centred = dxhat - dxhat.mean(axis=-1, keepdims=True)
    along = v["xhat"] * (dxhat * v["xhat"]).mean(axis=-1, keepdims=True)
    dx = (centred - along) / np.sqrt(v["var"] + 1e-5)
    return dx, dgamma, dbeta


# --- attention ---------------------------------------------------------------------------------


def attention(x, Wq, Wk, Wv):
    q = x @ Wq
    k = x @ Wk
    v = x @ Wv
    s = q @ k.T / np.sqrt(q.shape[1])
    e = np.exp(s - s.max(axis=1, keepdims=True))
    a = e / e.sum(axis=1, keepdims=True)
    out = a @ v
    return out


def attention_backward(v, x, Wq, Wk, Wv, dout):
    da = dout @ v["v"].T
    dv = v["a"].T @ dout
    ds = v["a"] * (da - (da * v["a"]).sum(axis=1, keepdims=True))
    ds /= np.sqrt(Wq.shape[1])
    dq = ds @ v["k"]
    dk = ds.T @ v["q"]
    dWq = x.T @ dq
    dWk = x.T @ dk
    dWv = x.T @ dv
    dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    return dx, dWq, dWk, dWv


# --- a recurrent network over five steps --------------------------------------------------------


def rnn(x, h0, Wx, Wh, b, Wo):
    h = h0
    for t in range(5):
        h = np.tanh(x[t] @ Wx + h @ Wh + b)
    out = h @ Wo
    loss = np.sum(out * out)
    return loss


def rnn_backward(v, x, h0, Wx, Wh, b, Wo):
    dout = 2 * v["out"]
    dWo = v["h_5"].T @ dout
    dh5 = dout @ Wo.T
    dh5 *= 1 - v["h_5"] ** 2
    dh4 = dh5 @ Wh.T
    dh4 *= 1 - v["h_4"] ** 2
    dh3 = dh4 @ Wh.T
    dh3 *= 1 - v["h_3"] ** 2
    dh2 = dh3 @ Wh.T
    dh2 *= 1 - v["h_2"] ** 2
    dh1 = dh2 @ Wh.T
    dh1 *= 1 - v["h_1"] ** 2
    dWx = x[0].T @ dh1 + x[1].T @ dh2 + x[2].T @ dh3 + x[3].T @ dh4 + x[4].T @ dh5
    dWh = h0.T @ dh1
    dWh += v["h_1"].T @ dh2 + v["h_2"].T @ dh3 + v["h_3"].T @ dh4 + v["h_4"].T @ dh5
    db = (dh1 + dh2 + dh3 + dh4 + dh5).sum(axis=0)
    return dWx, dWh, db, dWo


@dataclass(frozen=True)
class Network:
    """A network, inputs to derive it with, and its backward pass by hand."""

    forward: Callable
    backward: Callable
    args: tuple
    argnums: tuple[int, ...] | None = None

    def __str__(self):
        return self.forward.__name__

    def derive(self):
        return mg.derive(self.forward, *self.args, argnums=self.argnums)


_post_args = (
    np.abs(normal(9, 4)),
    np.arange(9) % 3,
    normal(4, 6),
    normal(1, 6),
    normal(6, 3),
    normal(1, 3),
    1e-3,
)

NETWORKS = [
    Network(post, post_backward, _post_args, (2, 3, 4, 5)),
    Network(
        tanh_net,
        tanh_net_backward,
        (
            normal(7, 3), normal(7, 2), normal(3, 4), normal(4), normal(4, 5), normal(5),
            normal(5, 2), normal(2),
        ),
        (2, 3, 4, 5, 6, 7),
    ),
    Network(batch_norm, batch_norm_backward, (normal(8, 3), normal(3), normal(3, seed=1))),
    Network(layer_norm, layer_norm_backward, (normal(4, 5), normal(5), normal(5, seed=1))),
    Network(
        attention,
        attention_backward,
        (normal(5, 4), normal(4, 3), normal(4, 3, seed=1), normal(4, 3, seed=2)),
    ),
    Network(
        rnn,
        rnn_backward,
        (normal(5, 2, 3), normal(2, 4), normal(3, 4), normal(4, 4), normal(4), normal(4, 2)),
        (2, 3, 4, 5),
    ),
]  # fmt: skip
FUSED = Network(post_fused, post_backward, _post_args, (2, 3, 4, 5))
