import numpy as np


def out_and_gradients(x, gamma, beta, dout):
    """Return out and its gradients with respect to x, gamma, beta.

    x: shape (4, 5)
    gamma: shape (5,)
    beta: shape (5,)
    dout: shape (4, 5)
    """
    mu = x.mean(axis=-1, keepdims=True)  # (4, 1)
    var = x.var(axis=-1, keepdims=True)  # (4, 1)
    t3 = np.sqrt(var + 1e-05)            # (4, 1)
    xhat = (x - mu) / t3                 # (4, 5)
    out = gamma * xhat + beta            # (4, 5)

    dbeta = dout.sum(axis=0)            # (5,)
    dgamma = (dout * xhat).sum(axis=0)  # (5,)
    dxhat = dout * gamma                # (4, 5)
    dx = (
        dxhat / t3 - (dxhat * xhat).sum(axis=1, keepdims=True) / t3 * xhat / x.shape[1]
        - dxhat.sum(axis=1, keepdims=True) / t3 / x.shape[1]
    )  # (4, 5)
    return out, dx, dgamma, dbeta
