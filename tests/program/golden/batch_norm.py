import numpy as np


def out_and_gradients(x, gamma, beta, dout):
    """Return out and its gradients with respect to x, gamma, beta.

    x: shape (8, 3)
    gamma: shape (3,)
    beta: shape (3,)
    dout: shape (8, 3)
    """
    mu = x.mean(axis=0)           # (3,)
    t1 = x - mu                   # (8, 3)
    var = (t1 ** 2).mean(axis=0)  # (3,)
    t4 = np.sqrt(var + 1e-05)     # (3,)
    xhat = t1 / t4                # (8, 3)
    out = gamma * xhat + beta     # (8, 3)

    dbeta = dout.sum(axis=0)            # (3,)
    dgamma = (dout * xhat).sum(axis=0)  # (3,)
    dxhat = dout * gamma                # (8, 3)
    dx = (
        dxhat / t4 - (dxhat * xhat).sum(axis=0) / t4 * xhat / x.shape[0]
        - dxhat.sum(axis=0) / t4 / x.shape[0]
    )  # (8, 3)
    return out, dx, dgamma, dbeta
