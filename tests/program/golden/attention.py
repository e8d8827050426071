import numpy as np


def out_and_gradients(x, Wq, Wk, Wv, dout):
    """Return out and its gradients with respect to x, Wq, Wk, Wv.

    x: shape (5, 4)
    Wq: shape (4, 3)
    Wk: shape (4, 3)
    Wv: shape (4, 3)
    dout: shape (5, 3)
    """
    q = x @ Wq                                    # (5, 3)
    k = x @ Wk                                    # (5, 3)
    v = x @ Wv                                    # (5, 3)
    s = q @ k.T / np.sqrt(Wq.shape[1])            # (5, 5)
    e = np.exp(s - s.max(axis=1, keepdims=True))  # (5, 5)
    a = e / e.sum(axis=1, keepdims=True)          # (5, 5)
    out = a @ v                                   # (5, 3)

    da = dout @ v.T                              # (5, 5)
    dv = a.T @ dout                              # (5, 3)
    da *= a
    ds = da - da.sum(axis=1, keepdims=True) * a  # (5, 5)
    ds /= np.sqrt(Wq.shape[1])
    dq = ds @ k                                  # (5, 3)
    dk = ds.T @ q                                # (5, 3)
    dWv = x.T @ dv                               # (4, 3)
    dWk = x.T @ dk                               # (4, 3)
    dx = dv @ Wv.T + dk @ Wk.T + dq @ Wq.T       # (5, 4)
    dWq = x.T @ dq                               # (4, 3)
    return out, dx, dWq, dWk, dWv
