import numpy as np


def loss_and_gradients(X, y, W1, b1, W2, b2, reg):
    """Return loss and its gradients with respect to W1, b1, W2, b2.

    X: shape (N, 4)
    y: shape (N,), int64
    W1: shape (4, 6)
    b1: shape (1, 6)
    W2: shape (6, 3)
    b2: shape (1, 3)
    reg: a number
    """
    N = X.shape[0]
    hidden = np.maximum(X @ W1 + b1, 0)                         # (N, 6)
    scores = hidden @ W2 + b2                                   # (N, 3)
    exp_scores = np.exp(scores)                                 # (N, 3)
    probs = exp_scores / exp_scores.sum(axis=1, keepdims=True)  # (N, 3)
    data_loss = -np.log(probs[np.arange(N), y]).mean()          # ()
    reg_loss = 0.5 * reg * ((W1 * W1).sum() + (W2 * W2).sum())  # ()
    loss = data_loss + reg_loss                                 # ()

    dscores = probs.copy()                    # (N, 3)
    dscores[np.arange(N), y] -= 1
    dscores /= N
    db2 = dscores.sum(axis=0, keepdims=True)  # (1, 3)
    dhidden = dscores @ W2.T                  # (N, 6)
    dW2 = hidden.T @ dscores + reg * W2       # (6, 3)
    dhidden[hidden <= 0] = 0
    db1 = dhidden.sum(axis=0, keepdims=True)  # (1, 6)
    dW1 = X.T @ dhidden + reg * W1            # (4, 6)
    return loss, dW1, db1, dW2, db2
