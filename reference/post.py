"""The network of the post, line for line: one hidden ReLU layer, a softmax, backprop by hand.

Examples are rows. With N examples, D features, H hidden units and K classes::

    X [N, D]  ->  hidden [N, H] = relu(X W1 + b1)  ->  scores [N, K] = hidden W2 + b2  ->  probs

    D = mean over the examples of -log(probability of the true class)     the data loss
    L = D + reg/2 (sum of W1^2 + sum of W2^2)                             the whole loss

Gradients of either are written as in the post: ``dW2`` is the derivative of the loss with respect
to ``W2``, and has the shape of ``W2``.

From R to NumPy
---------------
Four lines look as if they could be copied from R letter by letter, and must not be:

- ``dscores <- probs`` copies. ``dscores = probs`` gives the same array a second name, and the
  lines after it then destroy the probabilities of the forward pass, while every gradient still
  comes out right. Hence ``probs.copy()``.
- ``probs / rowSums(probs)`` divides each row by its sum, since R recycles a vector down the
  columns. NumPy lines shapes up from the right: it refuses, or, where N = K, divides each *column*
  by the wrong sum. ``keepdims=True`` keeps the sums a column.
- ``Y.index`` is a matrix of pairs (example, class), counted from 1, and picks one element per pair.
  In NumPy, that takes two index arrays, counted from 0: ``dscores[rows, y]``. A matrix as index
  would pick whole rows.
- ``colSums`` returns a vector. The biases here are (1, H) and (1, K), so that a gradient has the
  shape of what it is the gradient of: again ``keepdims=True``.

What the post's remarks leave open
----------------------------------
The eleven lines are right. Of the remarks around them, three deserve a second look:

- That the sum over the examples shows up in ``db2`` only. It is just easier to see there: every
  matrix product sums over the index that its two factors share, and in ``hidden.T @ dscores``, as
  in ``X.T @ dhidden``, this index is the example.
- That one may divide by N at the start because the derivative of ReLU is constant. One may, and
  the reason is more general: every line after ``dscores`` is *linear in dscores*, whatever the
  activation function, so a factor can be taken out at the beginning or at the end.
- The short formula X'(dscores W2') for ``dW1`` has dropped the ReLU's mask. The code has it.
"""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from reference import golden

Array = NDArray[Any]


def init(
    seed: int = 0, D: int = 4, H: int = 6, K: int = 3, dtype: DTypeLike = np.float64
) -> tuple[Array, Array, Array, Array]:
    """Return weights to begin with: 0.01 times standard normals, and biases of zero.

    For seed 0 and the sizes 4, 6, 3 the weights are the very ones R draws in the post, read from
    `reference.golden`. R's generator is not re-implemented: any other seed, and seed 0 with any
    other size, draws from NumPy's ``default_rng(seed)``, first W1, then W2.

    Parameters
    ----------
    seed : int
        Not negative.
    D, H, K : int
        Numbers of features, hidden units and classes.
    dtype : dtype
        Of all four arrays.

    Returns
    -------
    W1 : array (D, H)
    b1 : array (1, H)
    W2 : array (H, K)
    b2 : array (1, K)
        New arrays on every call, free to be written into.

    Raises
    ------
    ValueError
        If a size is less than 1.

    Examples
    --------
    >>> W1, b1, W2, b2 = init()
    >>> W1.shape, b1.shape, W2.shape, b2.shape
    ((4, 6), (1, 6), (6, 3), (1, 3))
    """
    if min(D, H, K) < 1:
        raise ValueError(f"sizes must be at least 1, but D, H, K = {D}, {H}, {K}")
    if (seed, D, H, K) == (0, 4, 6, 3):
        W1, W2 = golden.read()["W1"], golden.read()["W2"]
    else:
        normals = np.random.default_rng(seed)
        W1 = 0.01 * normals.standard_normal((D, H))
        W2 = 0.01 * normals.standard_normal((H, K))
    return W1.astype(dtype), np.zeros((1, H), dtype), W2.astype(dtype), np.zeros((1, K), dtype)


def forward(
    X: Array, y: Array, W1: Array, b1: Array, W2: Array, b2: Array, reg: float
) -> dict[str, Array]:
    """Compute the loss, and keep the values that the backward pass needs.

    Parameters
    ----------
    X : array (N, D)
    y : integer array (N,)
        The true classes, 0 to K - 1.
    W1, b1, W2, b2 : arrays (D, H), (1, H), (H, K), (1, K)
        Floating, of the dtype of X. Complex arrays work too, for a complex step.
    reg : float
        Strength of the regularization. A Python float leaves float32 as it is.

    Returns
    -------
    dict
        ``"hidden"`` (N, H), ``"scores"`` (N, K), ``"probs"`` (N, K), and the three scalars
        ``"data_loss"``, ``"reg_loss"`` and their sum ``"loss"``; all of the dtype of the inputs.

    Raises
    ------
    ValueError
        By NumPy, if the shapes do not fit each other.
    IndexError
        By NumPy, if a class in `y` is K or more.

    Examples
    --------
    >>> from reference import iris, post
    >>> X, y, _, _ = iris.split()
    >>> values = post.forward(X, y, *post.init(), reg=1e-3)
    >>> f"{values['loss']:.6f}"
    '1.098427'
    """
    rows = np.arange(X.shape[0])

    hidden = np.maximum(X @ W1 + b1, 0)
    scores = hidden @ W2 + b2

    # The post takes exp(score), which overflows once a score passes 709. Subtracting a number from
    # all scores of an example changes none of its probabilities; with the maximum, exp is <= 1.
    shifted = scores - scores.max(axis=1, keepdims=True)
    exp_scores = np.exp(shifted)
    total = exp_scores.sum(axis=1, keepdims=True)
    probs = exp_scores / total

    # This is the mean of -log(probs[rows, y]), from log(exp(s) / total) = s - log(total). Written
    # with probs, it would be infinite as soon as the probability of a true class underflows to 0.
    log_probs = shifted - np.log(total)
    data_loss = -log_probs[rows, y].mean()
    reg_loss = 0.5 * reg * ((W1 * W1).sum() + (W2 * W2).sum())

    return {
        "hidden": hidden,
        "scores": scores,
        "probs": probs,
        "data_loss": data_loss,
        "reg_loss": reg_loss,
        "loss": data_loss + reg_loss,
    }


def backward(
    X: Array,
    y: Array,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    reg: float,
    values: dict[str, Array] | None = None,
) -> dict[str, Array]:
    """Run the eleven backward lines of the post, and return what each of them computes.

    They are returned by the names of the post, where the last line that assigns a name has it
    plain: dscores, dhidden, dW1, dW2, db1, db2. What a name held before is told apart by a suffix.

    In the comments, D is the data loss, L the whole loss, N the number of examples, e an example
    and k a class. Some lines change their array in place; so what a line has computed is kept as
    a copy.

    Parameters
    ----------
    X, y, W1, b1, W2, b2, reg
        As in `forward`.
    values : dict, optional
        What `forward` returned for the same arguments; computed if not given. Not changed.

    Returns
    -------
    dict of str to array
        One entry per line, in the order of the lines: ``"dscores_probs"``,
        ``"dscores_minus_onehot"``, ``"dscores"`` (N, K); ``"dW2_data"`` (H, K); ``"db2"`` (1, K);
        ``"dhidden_before_mask"``, ``"dhidden"`` (N, H); ``"dW1_data"`` (D, H); ``"db1"`` (1, H);
        ``"dW2"`` (H, K); ``"dW1"`` (D, H). The gradients of the whole loss are ``"dW1"``,
        ``"db1"``, ``"dW2"`` and ``"db2"``. Dtypes are those of the inputs.

    Raises
    ------
    ValueError, IndexError
        As `forward` does.

    Examples
    --------
    >>> from reference import iris, post
    >>> X, y, _, _ = iris.split()
    >>> lines = post.backward(X, y, *post.init(), reg=1e-3)
    >>> list(lines)[:3]
    ['dscores_probs', 'dscores_minus_onehot', 'dscores']
    >>> print(*(f"{d:.7f}" for d in lines["dscores_minus_onehot"][0]))
    0.3332967 -0.6672172 0.3339205
    """
    if values is None:
        values = forward(X, y, W1, b1, W2, b2, reg)
    hidden, probs = values["hidden"], values["probs"]
    N = X.shape[0]
    rows = np.arange(N)
    lines: dict[str, Array] = {}

    # N D is a sum over the examples of   log sum_k exp(scores[e, k])  -  scores[e, y[e]].
    # Line 1 is the derivative of the first part with respect to scores: the softmax itself.
    dscores = probs.copy()
    lines["dscores_probs"] = dscores.copy()

    # The second part adds -1 where k is the true class: N dD/dscores = probs - onehot(y).
    dscores[rows, y] -= 1
    lines["dscores_minus_onehot"] = dscores.copy()

    # D is the mean: dD/dscores = (probs - onehot(y)) / N. All that follows is linear in it.
    dscores /= N
    lines["dscores"] = dscores.copy()

    # scores = hidden W2 + b2, so dD/dW2 = sum_e outer(hidden[e], dscores[e]).
    dW2 = hidden.T @ dscores
    lines["dW2_data"] = dW2.copy()

    # b2 is added to the scores of every example: dD/db2 = sum_e dscores[e].
    db2 = dscores.sum(axis=0, keepdims=True)
    lines["db2"] = db2.copy()

    # dD/dhidden: hidden unit h reaches score k through W2[h, k], hence the transpose.
    dhidden = dscores @ W2.T
    lines["dhidden_before_mask"] = dhidden.copy()

    # dD/d(X W1 + b1), before the ReLU: its derivative is 1 where it let through, 0 elsewhere.
    dhidden[hidden <= 0] = 0
    lines["dhidden"] = dhidden.copy()

    # As line 4, one layer down: dD/dW1 = sum_e outer(X[e], dhidden[e]).
    dW1 = X.T @ dhidden
    lines["dW1_data"] = dW1.copy()

    # As line 5, one layer down: dD/db1 = sum_e dhidden[e].
    db1 = dhidden.sum(axis=0, keepdims=True)
    lines["db1"] = db1.copy()

    # dL/dW2: the regularization reg/2 sum(W2^2) has the derivative reg W2.
    dW2 = dW2 + reg * W2
    lines["dW2"] = dW2.copy()

    # dL/dW1, likewise. The biases are not regularized: db1 and db2 are gradients of L already.
    dW1 = dW1 + reg * W1
    lines["dW1"] = dW1.copy()

    return lines


def step(
    X: Array,
    y: Array,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    reg: float = 1e-3,
    lr: float = 1e-2,
) -> tuple[Array, Array, Array, Array, Array]:
    """Take one step of gradient descent on all examples at once.

    Parameters
    ----------
    X, y, W1, b1, W2, b2, reg
        As in `forward`.
    lr : float
        The learning rate.

    Returns
    -------
    W1, b1, W2, b2 : arrays
        New ones; the arguments are left as they are.
    loss : scalar
        The whole loss *before* the step.

    Raises
    ------
    ValueError, IndexError
        As `forward` does.

    Examples
    --------
    >>> from reference import iris, post
    >>> X, y, _, _ = iris.split()
    >>> *weights, loss = post.step(X, y, *post.init())
    >>> bool(post.forward(X, y, *weights, reg=1e-3)["loss"] < loss)
    True
    """
    values = forward(X, y, W1, b1, W2, b2, reg)
    lines = backward(X, y, W1, b1, W2, b2, reg, values)
    W1 = W1 - lr * lines["dW1"]
    b1 = b1 - lr * lines["db1"]
    W2 = W2 - lr * lines["dW2"]
    b2 = b2 - lr * lines["db2"]
    return W1, b1, W2, b2, values["loss"]


def train(
    X: Array,
    y: Array,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    reg: float = 1e-3,
    lr: float = 1e-2,
    steps: int = 2000,
) -> tuple[Array, Array, Array, Array, Array]:
    """Take many steps of gradient descent; 2,000 of them as in the post.

    Parameters
    ----------
    X, y, W1, b1, W2, b2, reg, lr
        As in `step`.
    steps : int
        How many.

    Returns
    -------
    W1, b1, W2, b2 : arrays
        After the last step; the arguments are left as they are.
    losses : array (steps,)
        The whole loss before each step.

    Raises
    ------
    ValueError, IndexError
        As `forward` does; ValueError also if `steps` is negative.

    Examples
    --------
    >>> from reference import iris, post
    >>> X, y, X_test, y_test = iris.split()
    >>> *weights, losses = post.train(X, y, *post.init())
    >>> f"{losses[0]:.4f} -> {losses[-1]:.4f}"
    '1.0984 -> 0.1581'
    >>> f"{post.accuracy(X_test, y_test, *weights):.4f}"
    '0.9833'
    """
    losses = np.empty(steps, dtype=np.result_type(X, W1, b1, W2, b2))
    for t in range(steps):
        W1, b1, W2, b2, losses[t] = step(X, y, W1, b1, W2, b2, reg, lr)
    return W1, b1, W2, b2, losses


def predict(X: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> Array:
    """Return the class with the highest score, for every example.

    The softmax is increasing, so the highest score has the highest probability: no need for it.

    Parameters
    ----------
    X : array (N, D)
    W1, b1, W2, b2 : arrays (D, H), (1, H), (H, K), (1, K)

    Returns
    -------
    integer array (N,)
        Classes 0 to K - 1; the first of them on a tie.

    Raises
    ------
    ValueError
        By NumPy, if the shapes do not fit each other.

    Examples
    --------
    >>> W1, b1, W2, b2 = np.eye(2), np.zeros((1, 2)), np.eye(2), np.zeros((1, 2))
    >>> predict(np.array([[1.0, 2.0], [4.0, 3.0]]), W1, b1, W2, b2).tolist()
    [1, 0]
    """
    hidden = np.maximum(X @ W1 + b1, 0)
    scores = hidden @ W2 + b2
    classes: Array = np.argmax(scores, axis=1)
    return classes


def accuracy(X: Array, y: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> float:
    """Return the share of examples whose class is predicted right.

    Parameters
    ----------
    X : array (N, D)
    y : integer array (N,)
    W1, b1, W2, b2 : arrays (D, H), (1, H), (H, K), (1, K)

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        By NumPy, if the shapes do not fit each other.

    Examples
    --------
    >>> W1, b1, W2, b2 = np.eye(2), np.zeros((1, 2)), np.eye(2), np.zeros((1, 2))
    >>> accuracy(np.array([[1.0, 2.0], [4.0, 3.0]]), np.array([1, 1]), W1, b1, W2, b2)
    0.5
    """
    return float(np.mean(predict(X, W1, b1, W2, b2) == y))
