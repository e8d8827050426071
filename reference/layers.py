"""The accepted answer's equations for n layers, with the examples as columns.

Layer k takes the outputs of the layer before it and makes, for k = 1, ..., n,

    i^k = W^k o^(k-1) + b^k          its input: one column for each example
    o^k = max(0, i^k)                its output, in a hidden layer (k < n)
    o^n = softmax of each column     its output, in the last layer: the prediction T

from o^0 = X. The loss L is the mean over the examples of -log(T at the true class). The backward
pass starts from dL/di^n = (T - onehot(y)) / N and goes down, for k = n, ..., 1:

    dL/do^(k-1) = (W^k)' dL/di^k                         (1)
    dL/di^k     = dL/do^k * I[o^k > 0]     (k < n)       (2)
    dL/db^k     = sum of the columns of dL/di^k          (3)
    dL/dW^k     = dL/di^k (o^(k-1))'                     (4)

where ' is the transpose and * multiplies element by element. Three remarks on how the answer
prints them, all of them small:

- (1) is printed without the transpose. W^k is (n_k, n_(k-1)) and dL/di^k is (n_k, N), so the
  product without it has no meaning unless the layer is square, and then it is another number.
- (3) is printed for one example, where there is nothing to sum. b^k is added to every column, so
  with N of them every column contributes.
- The division by N may stand at the start because every equation is linear in dL/di^k. ReLU's
  derivative being constant (it is so piecewise) is not needed: any activation function would do.

How the lists are numbered
--------------------------
``i``, ``o``, ``di`` and ``do`` have n + 1 entries, so that ``o[k]`` is the answer's o^k and
``i[k]`` its i^k. ``W``, ``b``, ``dW`` and ``db`` have n, one per layer: ``W[0]`` is W^1.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference._softmax import softmax

Array = NDArray[Any]


def forward(X: Array, y: Array, W: Sequence[Array], b: Sequence[Array]) -> dict[str, Any]:
    """Compute the loss, and keep the values that the backward pass needs.

    Parameters
    ----------
    X : array (n_0, N)
        One example per *column*.
    y : integer array (N,)
        The true classes, 0 to n_n - 1.
    W : sequence of n arrays (n_k, n_(k-1))
        ``W[0]`` is W^1. Floating, of the dtype of X; complex works too, for a complex step.
    b : sequence of n arrays (n_k, 1)
        ``b[0]`` is b^1.

    Returns
    -------
    dict
        ``"i"``: list of n + 1 arrays (n_k, N); ``i[0]`` is None, since there is no layer 0.
        ``"o"``: list of n + 1 arrays (n_k, N), from ``o[0]``, which is X, to ``o[n]``, which is T.
        ``"loss"``: scalar. All of the dtype of the inputs.

    Raises
    ------
    ValueError
        If there is no layer, or not one bias for each weight matrix; by NumPy, if the shapes do
        not fit each other.
    IndexError
        By NumPy, if a class in `y` is n_n or more.

    Examples
    --------
    >>> X, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 1])
    >>> W = [np.ones((3, 2)), np.zeros((2, 3))]
    >>> b = [np.zeros((3, 1)), np.zeros((2, 1))]
    >>> values = forward(X, y, W, b)
    >>> values["o"][1].tolist()
    [[4.0, 6.0], [4.0, 6.0], [4.0, 6.0]]
    >>> values["o"][2].tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    n = _number_of_layers(W, b)
    columns = np.arange(X.shape[1])

    i: list[Any] = [None]
    o: list[Any] = [X]
    for k in range(1, n):
        i.append(W[k - 1] @ o[k - 1] + b[k - 1])
        o.append(np.maximum(0, i[k]))

    i.append(W[n - 1] @ o[n - 1] + b[n - 1])
    T, log_T = softmax(i[n], axis=0)
    o.append(T)
    return {"i": i, "o": o, "loss": -log_T[y, columns].mean()}


def backward(
    X: Array,
    y: Array,
    W: Sequence[Array],
    b: Sequence[Array],
    values: dict[str, Any] | None = None,
) -> dict[str, list[Any]]:
    """Compute the gradients of the loss by equations (1) to (4).

    As the answer prints it, (1) reads W^k dL/di^k, whose shapes do not fit the answer's own
    i^k = W^k o^(k-1) + b^k. It takes the transpose: element j of o^(k-1) reaches element m of i^k
    through W^k[m, j], so its derivative sums W^k[m, j] dL/di^k[m] over m.

    Parameters
    ----------
    X, y, W, b
        As in `forward`.
    values : dict, optional
        What `forward` returned for the same arguments; computed if not given. Not changed.

    Returns
    -------
    dict of str to list
        ``"do"``: n + 1 entries, ``do[k]`` is dL/do^k (n_k, N); ``do[0]`` is the gradient with
        respect to X. ``do[n]`` is None: softmax and logarithm are differentiated in one go, since
        dL/dT alone, -1/(N T) at the true class, is infinite where T underflows.
        ``"di"``: n + 1 entries, ``di[k]`` is dL/di^k (n_k, N); ``di[0]`` is None.
        ``"dW"``, ``"db"``: n entries, shaped and numbered like `W` and `b`.

    Raises
    ------
    ValueError, IndexError
        As `forward` does.

    Examples
    --------
    >>> X, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 1])
    >>> W = [np.ones((3, 2)), np.zeros((2, 3))]
    >>> b = [np.zeros((3, 1)), np.zeros((2, 1))]
    >>> gradients = backward(X, y, W, b)
    >>> gradients["di"][2].tolist()
    [[-0.25, 0.25], [0.25, -0.25]]
    >>> gradients["dW"][1].tolist()
    [[0.5, 0.5, 0.5], [-0.5, -0.5, -0.5]]
    """
    if values is None:
        values = forward(X, y, W, b)
    n = _number_of_layers(W, b)
    o = values["o"]
    N = X.shape[1]

    do: list[Any] = [None] * (n + 1)
    di: list[Any] = [None] * (n + 1)
    dW: list[Any] = [None] * n
    db: list[Any] = [None] * n

    # The softmax and the loss at once: T - onehot(y), divided by N because the loss is a mean.
    di[n] = o[n].copy()
    di[n][y, np.arange(N)] -= 1
    di[n] /= N

    for k in range(n, 0, -1):
        if k < n:
            di[k] = do[k] * (o[k] > 0)  # (2)
        db[k - 1] = di[k].sum(axis=1, keepdims=True)  # (3)
        dW[k - 1] = di[k] @ o[k - 1].T  # (4)
        do[k - 1] = W[k - 1].T @ di[k]  # (1)

    return {"do": do, "di": di, "dW": dW, "db": db}


def _number_of_layers(W: Sequence[Array], b: Sequence[Array]) -> int:
    if len(W) != len(b) or len(W) == 0:
        raise ValueError(
            "expected at least one layer, and one bias for each weight matrix; "
            f"got {len(W)} weight matrices and {len(b)} biases"
        )
    return len(W)
