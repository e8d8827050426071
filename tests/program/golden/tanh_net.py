import numpy as np


def loss_and_gradients(x, y, W1, b1, W2, b2, W3, b3):
    """Return loss and its gradients with respect to W1, b1, W2, b2, W3, b3.

    x: shape (7, 3)
    y: shape (7, 2)
    W1: shape (3, 4)
    b1: shape (4,)
    W2: shape (4, 5)
    b2: shape (5,)
    W3: shape (5, 2)
    b3: shape (2,)
    """
    h1 = np.tanh(x @ W1 + b1)   # (7, 4)
    h2 = np.tanh(h1 @ W2 + b2)  # (7, 5)
    out = h2 @ W3 + b3          # (7, 2)
    t6 = out - y                # (7, 2)
    loss = (t6 ** 2).mean()     # ()

    dout = 2 * t6 / (y.shape[1] * x.shape[0])  # (7, 2)
    db3 = dout.sum(axis=0)                     # (2,)
    dh2 = dout @ W3.T                          # (7, 5)
    dW3 = h2.T @ dout                          # (5, 2)
    dh2 *= 1 - h2 * h2
    db2 = dh2.sum(axis=0)                      # (5,)
    dh1 = dh2 @ W2.T                           # (7, 4)
    dW2 = h1.T @ dh2                           # (4, 5)
    dh1 *= 1 - h1 * h1
    db1 = dh1.sum(axis=0)                      # (4,)
    dW1 = x.T @ dh1                            # (3, 4)
    return loss, dW1, db1, dW2, db2, dW3, db3
