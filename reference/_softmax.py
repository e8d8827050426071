"""The softmax and its logarithm, safe for scores of any size."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def softmax(scores: Array, axis: int) -> tuple[Array, Array]:
    """Return the softmax of the scores along `axis`, and its logarithm.

    Subtracting the same number from every score of an example divides numerator and denominator
    of exp(s_k) / sum_j exp(s_j) by the same factor, so the maximum can be taken off first: then
    no exponential exceeds 1. The logarithm is s_k - log sum_j exp(s_j), not log(probability),
    which would be -inf once the probability underflows to 0.

    Parameters
    ----------
    scores : array, any shape
        Floating (or complex, for a complex step).
    axis : int
        The axis that runs over the classes: 1 where examples are rows, 0 where they are columns.

    Returns
    -------
    probs, log_probs : arrays of the shape and dtype of `scores`

    Examples
    --------
    >>> probs, log_probs = softmax(np.array([[0.0, -10_000.0]]), axis=1)
    >>> probs.tolist(), log_probs.tolist()
    ([[1.0, 0.0]], [[0.0, -10000.0]])
    """
    shifted = scores - scores.max(axis=axis, keepdims=True)
    exp_scores = np.exp(shifted)
    total = exp_scores.sum(axis=axis, keepdims=True)
    return exp_scores / total, shifted - np.log(total)
