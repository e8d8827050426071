"""What the backward pass of things that people write comes out as, line by line."""

import ast

import numpy as np
import pytest

import micrograd_np as mg
from program.derived import assert_right, compiled, wanted_of
from program.networks import normal


def dense(X, W1, W2, y):
    Z1 = np.dot(X, W1)
    A1 = np.tanh(Z1)
    Z2 = np.dot(A1, W2)
    loss = np.sum((Z2 - y) ** 2)
    return loss


def scalar_product(x, w):
    return x.dot(w).dot(w)


def masks(x):
    y = x * 0
    y[x > 0] = 3 * x[x > 0]
    loss = np.sum(y * y)
    return loss


def rows_written(x, v):
    y = x * x
    y[np.arange(x.shape[0]), 0] = v
    loss = np.sum(y * y)
    return loss


def recurrence(x):
    y = x.copy()
    for i in range(1, 4):
        y[i] += y[i - 1] * 0.5
    loss = np.sum(y * y)
    return loss


def logistic(X, w, b, y):
    z = X @ w + b
    p = 1 / (1 + np.exp(-z))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    return loss


def hinge(s, y):
    N = s.shape[0]
    rows = np.arange(N)
    m = mg.relu(s - s[rows, y][:, None] + 1.0)
    m[rows, y] = 0
    loss = m.sum() / N
    return loss


def batch_norm(x, gamma):
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    x_hat = (x - mu) / np.sqrt(var + 1e-5)
    out = gamma * x_hat
    return np.sum(np.sin(out))


def transposed_keys(q, k):
    s = q @ k.swapaxes(-1, -2)
    loss = np.sum(s * s)
    return loss


def nothing(x, w):
    h = x * 1.0 + 0
    h = -(-h) / 1  # noqa: B002  # on purpose
    h = +h.T.T
    loss = sum([np.sum(h**1 @ w), np.sum(w * w) - 0])
    return loss


def picked_by_an_input(x, i):
    loss = np.sum(x[i] ** 2)
    return loss


CASES = {
    dense: (
        [normal(5, 3), normal(3, 4), normal(4, 2), normal(5, 2)],
        (1, 2),
        """
        dZ2 = 2 * t1
        dA1 = dZ2 @ W2.T
        dW2 = A1.T @ dZ2
        dZ1 = dA1 * (1 - A1 * A1)
        dW1 = X.T @ dZ1
        """,
    ),
    scalar_product: (
        [normal(3, 3), normal(3)],
        (0, 1),
        """
        dx = w[..., None] * w
        dw = x.T @ w + t1
        """,
    ),
    masks: (
        [normal(5, 3)],
        (0,),
        """
        dy = 2 * y
        dx = np.zeros(x.shape)
        dx[x > 0] = 3 * dy[x > 0]
        """,
    ),
    rows_written: (
        [normal(5, 3), normal(5)],
        (0, 1),
        """
        dy = 2 * y
        dy_1 = dy.copy()
        dy_1[np.arange(x.shape[0]), 0] = 0
        dv = dy[np.arange(x.shape[0]), 0]
        dx = 2 * (dy_1 * x)
        """,
    ),
    recurrence: (
        [normal(4)],
        (0,),
        """
        dy = 2 * y
        dy[2] += 0.5 * dy[3]
        dy[1] += 0.5 * dy[2]
        dy[0] += 0.5 * dy[1]
        """,
    ),
    logistic: (
        [normal(5, 3), normal(3), 0.1, np.arange(5) % 2.0],
        (1, 2),
        """
        dz = (t3 / t4 - y / p) * p / t2 * t1 / X.shape[0]
        db = dz.sum()
        dw = X.T @ dz
        """,
    ),
    hinge: (
        [normal(5, 3), np.arange(5) % 3],
        (0,),
        """
        dm_2 = np.full((N, s.shape[1]), 1 / N)
        dm_2[rows, y] = 0
        dm_2[m_1 <= 0] = 0
        ds = dm_2.copy()
        ds[rows, y] -= dm_2.sum(axis=1)
        """,
    ),
    batch_norm: (
        [normal(5, 3), normal(3)],
        (0, 1),
        """
        dout = np.cos(out)
        dgamma = (dout * x_hat).sum(axis=0)
        dx_hat = dout * gamma
        dx = dx_hat / t1 - (dx_hat * x_hat).sum(axis=0) / t1 * x_hat / x.shape[0] """
        """- dx_hat.sum(axis=0) / t1 / x.shape[0]
        """,
    ),
    transposed_keys: (
        [normal(4, 3), normal(4, 3)],
        (0, 1),
        """
        ds = 2 * s
        dq = ds @ k
        dk = ds.T @ q
        """,
    ),
    nothing: (
        [normal(4, 3), normal(3)],
        (0, 1),
        """
        du2 = np.ones(x.shape[0])
        dx = du2[..., None] * w
        dw = x.T @ du2 + 2 * w
        """,
    ),
    picked_by_an_input: (
        [normal(4, 3), 2],
        (0,),
        """
        dx = np.zeros(x.shape)
        dx[i] = 2 * t1
        """,
    ),
}


def backward_lines(source):
    """Return the backward part, each statement on a line, without comments and the return."""
    (function,) = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    blank = max(i for i, line in enumerate(source.splitlines(), 1) if not line)
    return [ast.unparse(node) for node in function.body[:-1] if node.lineno > blank]


@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_the_backward_pass_is_what_one_would_write(f):
    args, argnums, wanted = CASES[f]
    source = mg.derive(f, *args, argnums=argnums).source()
    assert backward_lines(source) == [line.strip() for line in wanted.strip().splitlines()]
    assert_right(compiled(source)(*args), wanted_of(f, argnums, args), "source")


def test_what_changes_nothing_is_left_out_of_the_forward_pass_too():
    source = mg.derive(nothing, normal(4, 3), normal(3)).source()
    assert "    loss = (x @ w).sum() + (w * w).sum()" in source
