"""Softmax cross-entropy: the loss of a classifier as a function of its logits.

Row e of `logits` (N, K) scores the K classes for example e, whose true class is y = labels[e]. With
z for the row,

    p_k  = exp(z_k) / sum_j exp(z_j)                the softmax: a probability for each class
    l    = -log p_y = log sum_j exp(z_j) - z_y      the loss of this example
    loss = mean over the examples of l

as in Bridle (1990), "Probabilistic Interpretation of Feedforward Classification Network Outputs".

Derivation
----------
Take one example, and differentiate the two parts of l with respect to z_k:

- log sum_j exp(z_j): the logarithm's derivative is 1 over the sum, and of the terms of the sum only
  exp(z_k) depends on z_k. Together exp(z_k) / sum_j exp(z_j), which is p_k: the softmax itself.
- -z_y: its derivative is -1 if k is the true class, and 0 if not. Written [k = y] for 1 or 0, this
  is -[k = y], the row k = 1, ..., K of which is minus the one-hot row of y.

So dl/dz_k = p_k - [k = y]. No other row of the logits enters l, and the mean weighs it with 1/N:

    dlogits = (p - onehot(labels)) / N

Every row of it sums to 0, as it must: the same number added to all logits of an example changes no
probability, so the loss does not move in that direction.

Why the softmax and the logarithm are differentiated in one go
--------------------------------------------------------------
On paper one might stop in between: dl/dp_y = -1/p_y, times the derivative of the softmax, p_y (1 -
p_y) at the true class, is p_y - 1 just the same. But p_y underflows to 0 for a score far below the
largest, and then the first factor is infinite and the second one 0. The two cancel in the formula
only, which is why it is the formula that is programmed. It has a limit of its own, a mild one: as
p_y comes close to 1, p_y - 1 keeps only the digits that p_y has, and is 0 once p_y rounds to 1.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference._shapes import expect_shape
from reference._softmax import softmax

Array = NDArray[Any]


def forward(logits: Array, labels: Array) -> dict[str, Array]:
    """Compute the loss, and keep the values that the backward pass needs.

    Parameters
    ----------
    logits : array (N, K)
        Scores of any size. Floating; complex works too, for a complex step.
    labels : integer array (N,)
        The true classes, 0 to K - 1.

    Returns
    -------
    dict
        ``"probs"`` and ``"log_probs"`` (N, K), and the scalar ``"loss"``; of the dtype of `logits`.

    Raises
    ------
    ValueError
        If `logits` is not (N, K) with at least one example and one class, or `labels` not N classes
        from 0 to K - 1.

    Examples
    --------
    Equal scores give equal probabilities, and the loss log(K):

    >>> values = forward(np.zeros((2, 4)), np.array([0, 3]))
    >>> values["probs"].tolist()
    [[0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]]
    >>> f"{values['loss']:.6f}", f"{np.log(4):.6f}"
    ('1.386294', '1.386294')
    """
    expect_shape("logits", logits, "N", "K")
    N, K = logits.shape
    if N == 0 or K == 0:
        raise ValueError(f"expected at least one example and one class, given shape {(N, K)}")
    expect_shape("labels", labels, N)
    _expect_classes(labels, K)

    # log_probs is z - log sum exp(z), not log(probs): that is -inf once a probability underflows.
    probs, log_probs = softmax(logits, axis=1)
    loss = -log_probs[np.arange(N), labels].mean()
    return {"probs": probs, "log_probs": log_probs, "loss": loss}


def backward(
    logits: Array, labels: Array, values: dict[str, Array] | None = None
) -> dict[str, Array]:
    """Compute the gradient of the loss.

    Parameters
    ----------
    logits, labels
        As in `forward`.
    values : dict, optional
        What `forward` returned for the same arguments; computed if not given. Not changed.

    Returns
    -------
    dict of str to array
        ``"dlogits"`` (N, K), of the dtype of `logits`.

    Raises
    ------
    ValueError
        As `forward` does.

    Examples
    --------
    With the probabilities 0.2, 0.3, 0.5 and the true class in the middle, its score should rise and
    the other two should fall:

    >>> gradients = backward(np.log([[0.2, 0.3, 0.5]]), np.array([1]))
    >>> print(gradients["dlogits"].round(9))
    [[ 0.2 -0.7  0.5]]
    """
    if values is None:
        values = forward(logits, labels)
    N = logits.shape[0]

    dlogits = values["probs"].copy()  # of log sum exp: p. A copy: the next lines write into it
    dlogits[np.arange(N), labels] -= 1  # of -z_y: -1 at the true class
    dlogits /= N  # the loss is a mean
    return {"dlogits": dlogits}


def _expect_classes(labels: Any, K: int) -> None:
    # As an index, -1 is the last class and a boolean a mask, both without a word. An array that is
    # being recorded is of another type: its values must not decide anything here.
    if not isinstance(labels, np.ndarray):
        return
    if labels.dtype.kind not in "iu":
        raise ValueError(f"expected integer labels, given dtype {labels.dtype}")
    if labels.min() < 0 or labels.max() >= K:
        lowest, highest = labels.min(), labels.max()
        raise ValueError(f"expected labels from 0 to {K - 1}, given {lowest} to {highest}")
