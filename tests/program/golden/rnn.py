import numpy as np


def loss_and_gradients(x, h0, Wx, Wh, b, Wo):
    """Return loss and its gradients with respect to Wx, Wh, b, Wo.

    x: shape (5, 2, 3)
    h0: shape (2, 4)
    Wx: shape (3, 4)
    Wh: shape (4, 4)
    b: shape (4,)
    Wo: shape (4, 2)
    """
    h_1 = np.tanh(x[0] @ Wx + h0 @ Wh + b)   # (2, 4)
    h_2 = np.tanh(x[1] @ Wx + h_1 @ Wh + b)  # (2, 4)
    h_3 = np.tanh(x[2] @ Wx + h_2 @ Wh + b)  # (2, 4)
    h_4 = np.tanh(x[3] @ Wx + h_3 @ Wh + b)  # (2, 4)
    h_5 = np.tanh(x[4] @ Wx + h_4 @ Wh + b)  # (2, 4)
    out = h_5 @ Wo                           # (2, 2)
    loss = (out * out).sum()                 # ()

    dout = 2 * out         # (2, 2)
    dh_5 = dout @ Wo.T     # (2, 4)
    dWo = h_5.T @ dout     # (4, 2)
    dh_5 *= 1 - h_5 * h_5
    dh_4 = dh_5 @ Wh.T     # (2, 4)
    dh_4 *= 1 - h_4 * h_4
    dh_3 = dh_4 @ Wh.T     # (2, 4)
    dh_3 *= 1 - h_3 * h_3
    dh_2 = dh_3 @ Wh.T     # (2, 4)
    dh_2 *= 1 - h_2 * h_2
    dh_1 = dh_2 @ Wh.T     # (2, 4)
    dh_1 *= 1 - h_1 * h_1
    db = (
        dh_5.sum(axis=0) + dh_4.sum(axis=0) + dh_3.sum(axis=0) + dh_2.sum(axis=0)
        + dh_1.sum(axis=0)
    )  # (4,)
    dWh = h_4.T @ dh_5 + h_3.T @ dh_4 + h_2.T @ dh_3 + h_1.T @ dh_2 + h0.T @ dh_1  # (4, 4)
    dWx = x[4].T @ dh_5 + x[3].T @ dh_4 + x[2].T @ dh_3 + x[1].T @ dh_2 + x[0].T @ dh_1  # (3, 4)
    return loss, dWx, dWh, db, dWo
