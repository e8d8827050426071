"""A softmax classifier without a hidden layer, as in the third answer of the post.

Examples are rows: X is (N, D), and scores = X W + b are (N, K). The loss is

    L = mean over the examples of -log(probability of the true class)  +  reg/2 (sum of W^2).

The answer quotes it from the notes of Stanford's course CS231n, "Putting it together: Minimal
Neural Network Case Study". It is the network of `reference.post` with its hidden layer left out;
`reference.post` also says what to mind on the way from R to NumPy.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference._softmax import softmax

Array = NDArray[Any]


def forward(X: Array, y: Array, W: Array, b: Array, reg: float) -> dict[str, Array]:
    """Compute the loss, and keep the values that the backward pass needs.

    Parameters
    ----------
    X : array (N, D)
    y : integer array (N,)
        The true classes, 0 to K - 1.
    W, b : arrays (D, K), (1, K)
        Floating, of the dtype of X. Complex arrays work too, for a complex step.
    reg : float
        Strength of the regularization. A Python float leaves float32 as it is.

    Returns
    -------
    dict
        ``"scores"`` (N, K), ``"probs"`` (N, K), and the three scalars ``"data_loss"``,
        ``"reg_loss"`` and their sum ``"loss"``; all of the dtype of the inputs.

    Raises
    ------
    ValueError
        By NumPy, if the shapes do not fit each other.
    IndexError
        By NumPy, if a class in `y` is K or more.

    Examples
    --------
    Equal scores give equal probabilities, and the loss log(K):

    >>> X, y = np.array([[1.0, 2.0]]), np.array([0])
    >>> values = forward(X, y, np.zeros((2, 4)), np.zeros((1, 4)), reg=0.0)
    >>> values["probs"].tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    >>> f"{values['loss']:.6f}", f"{np.log(4):.6f}"
    ('1.386294', '1.386294')
    """
    rows = np.arange(X.shape[0])
    scores = X @ W + b
    probs, log_probs = softmax(scores, axis=1)
    data_loss = -log_probs[rows, y].mean()
    reg_loss = 0.5 * reg * (W * W).sum()
    return {
        "scores": scores,
        "probs": probs,
        "data_loss": data_loss,
        "reg_loss": reg_loss,
        "loss": data_loss + reg_loss,
    }


def backward(
    X: Array, y: Array, W: Array, b: Array, reg: float, values: dict[str, Array] | None = None
) -> dict[str, Array]:
    """Compute the gradients of the loss.

    Parameters
    ----------
    X, y, W, b, reg
        As in `forward`.
    values : dict, optional
        What `forward` returned for the same arguments; computed if not given. Not changed.

    Returns
    -------
    dict of str to array
        ``"dscores"`` (N, K), ``"dW"`` (D, K) and ``"db"`` (1, K), of the dtype of the inputs.

    Raises
    ------
    ValueError, IndexError
        As `forward` does.

    Examples
    --------
    The answer's example: with the probabilities 0.2, 0.3, 0.5 and the true class in the middle,
    its score should rise and the other two should fall.

    >>> X, y = np.array([[1.0]]), np.array([1])
    >>> gradients = backward(X, y, np.log([[0.2, 0.3, 0.5]]), np.zeros((1, 3)), reg=0.0)
    >>> print(gradients["dscores"].round(9))
    [[ 0.2 -0.7  0.5]]
    """
    if values is None:
        values = forward(X, y, W, b, reg)
    N = X.shape[0]
    rows = np.arange(N)

    dscores = values["probs"].copy()  # a copy: the next lines write into it
    dscores[rows, y] -= 1  # probs - onehot(y)
    dscores /= N  # the loss is a mean

    dW = X.T @ dscores  # sum over the examples of outer(X[e], dscores[e])
    db = dscores.sum(axis=0, keepdims=True)  # sum over the examples, kept a row like b
    dW += reg * W  # the derivative of reg/2 sum(W^2)
    return {"dscores": dscores, "dW": dW, "db": db}


def step(
    X: Array, y: Array, W: Array, b: Array, reg: float = 1e-3, lr: float = 1e-2
) -> tuple[Array, Array, Array]:
    """Take one step of gradient descent on all examples at once.

    Parameters
    ----------
    X, y, W, b, reg
        As in `forward`.
    lr : float
        The learning rate.

    Returns
    -------
    W, b : arrays
        New ones; the arguments are left as they are.
    loss : scalar
        The loss *before* the step.

    Raises
    ------
    ValueError, IndexError
        As `forward` does.

    Examples
    --------
    >>> from reference import iris, linear
    >>> X, y, _, _ = iris.split()
    >>> W, b, loss = linear.step(X, y, np.zeros((4, 3)), np.zeros((1, 3)))
    >>> bool(linear.forward(X, y, W, b, reg=1e-3)["loss"] < loss)
    True
    """
    values = forward(X, y, W, b, reg)
    gradients = backward(X, y, W, b, reg, values)
    W = W - lr * gradients["dW"]
    b = b - lr * gradients["db"]
    return W, b, values["loss"]
