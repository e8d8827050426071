"""Scaled dot-product attention: each query takes a weighted mean of the values.

For one sequence of T queries q (T, d) and S positions with keys k (S, d) and values v (S, e),

    scores  = q k' / sqrt(d)                    (T, S)   how well query t fits key s
    weights = softmax of each row of scores     (T, S)   a probability for each position
    out     = weights v                         (T, e)   the weighted means of the values

where ' is the transpose. If `causal`, scores[t, s] is -inf for s > t: query t does not see what
comes after it, because exp(-inf) = 0. Leading axes (batch, heads) are independent copies of this.
From Vaswani et al. (2017), "Attention Is All You Need", section 3.2.1.

Derivation
----------
Write d before a name for the derivative of the loss with respect to it; dout is given.

A matrix product first, since there are two of them. Let C = A B, that is, C[i, j] is the sum over m
of A[i, m] B[m, j]. So A[i, m] enters C[i, j] with the factor B[m, j], for all j, and B[m, j] enters
it with the factor A[i, m], for all i:

    dA[i, m] = sum_j dC[i, j] B[m, j],    dB[m, j] = sum_i A[i, m] dC[i, j]

or dA = dC B' and dB = A' dC.

1. out = weights v is such a product:

       dweights = dout v'        dv = weights' dout

2. The softmax. Take one row, with scores s_j and weights w_j = exp(s_j) / sum_m exp(s_m). By the
   quotient rule, with [j = l] for 1 if j is l and for 0 if not,

       d(w_j)/d(s_l) = [j = l] w_j - w_j w_l

   The chain rule sums over the ways from s_l to the loss, one through each w_j:

       dscores_l = sum_j dweights_j d(w_j)/d(s_l) = w_l (dweights_l - sum_j w_j dweights_j)

   The sum is the mean of dweights under the weights: a score rises where looking there is better
   than what is got now. Where a weight is 0, as behind the mask, so is the gradient: the mask needs
   no line of its own.

3. scores = q k' / sqrt(d) is a product again, of q and the transpose of k:

       dq = dscores k / sqrt(d)        dk = dscores' q / sqrt(d)

Why sqrt(d): a sum of d products of independent numbers of variance 1 has the variance d. Undivided,
the scores would spread with d until the softmax is saturated, where dscores is all but 0.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference._shapes import expect_shape
from reference._softmax import softmax

Array = NDArray[Any]


def forward(q: Array, k: Array, v: Array, causal: bool = False) -> dict[str, Array]:
    """Compute the attention, and keep the values that the backward pass needs.

    Parameters
    ----------
    q : array (..., T, d)
        The queries. Floating; complex works too, for a complex step.
    k : array (..., S, d)
        The keys, with the leading axes and the dtype of `q`.
    v : array (..., S, e)
        The values, likewise.
    causal : bool
        Whether query t sees only the positions s <= t. Both are counted from 0, also if S is not T.

    Returns
    -------
    dict
        ``"scores"``, ``"weights"`` (..., T, S) and ``"out"`` (..., T, e), of the dtype of the
        inputs. Behind the mask the scores are -inf and the weights 0.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, leading axes included, or S or d is 0.

    Examples
    --------
    The first query fits no key better than another, and gets the mean of the values; the second one
    fits the first key:

    >>> q, k = np.array([[0.0], [1000.0]]), np.array([[1.0], [-1.0]])
    >>> values = forward(q, k, v=np.array([[2.0], [4.0]]))
    >>> values["weights"].tolist(), values["out"].tolist()
    ([[0.5, 0.5], [1.0, 0.0]], [[3.0], [2.0]])
    """
    T, S, d = _lengths(q, k, v)

    scores = q @ k.mT / math.sqrt(d)
    if causal:
        seen = np.tril(np.ones((T, S), dtype=bool))  # s <= t: the diagonal and what is below it
        scores = np.where(seen, scores, -np.inf)
    weights, _ = softmax(scores, axis=-1)
    out = weights @ v
    return {"scores": scores, "weights": weights, "out": out}


def backward(
    q: Array,
    k: Array,
    v: Array,
    dout: Array,
    causal: bool = False,
    values: dict[str, Array] | None = None,
) -> dict[str, Array]:
    """Compute the gradients, given the gradient of what `forward` returned as ``"out"``.

    Parameters
    ----------
    q, k, v, causal
        As in `forward`.
    dout : array (..., T, e)
        The gradient of the loss with respect to ``"out"``.
    values : dict, optional
        What `forward` returned for the same arguments; computed if not given. Not changed.

    Returns
    -------
    dict of str to array
        In the order of the lines: ``"dv"`` (..., S, e); ``"dweights"``, ``"dscores"`` (..., T, S);
        ``"dq"`` (..., T, d); ``"dk"`` (..., S, d). Of the dtype of the inputs.

    Raises
    ------
    ValueError
        As `forward` does; also if `dout` has not the shape of ``"out"``.

    Examples
    --------
    Both weights are 1/2. More of the second value, 4, would raise the output: the query should move
    away from the first key, and the second key towards the query.

    >>> q, k, v = np.array([[1.0]]), np.array([[2.0], [2.0]]), np.array([[2.0], [4.0]])
    >>> gradients = backward(q, k, v, dout=np.array([[1.0]]))
    >>> gradients["dscores"].tolist(), gradients["dk"].tolist(), gradients["dv"].tolist()
    ([[-0.5, 0.5]], [[-0.5], [0.5]], [[0.5], [0.5]])
    """
    if values is None:
        values = forward(q, k, v, causal)
    weights = values["weights"]
    T, _, d = _lengths(q, k, v)
    expect_shape("dout", dout, *q.shape[:-2], T, v.shape[-1])

    # 1. out = weights v
    dv = weights.mT @ dout
    dweights = dout @ v.mT

    # 2. weights = softmax(scores): by how much a position is better than the mean of all of them.
    mean = (weights * dweights).sum(axis=-1, keepdims=True)
    dscores = weights * (dweights - mean)

    # 3. scores = q k' / sqrt(d); the division is by a constant, and divides the gradients alike.
    dq = dscores @ k / math.sqrt(d)
    dk = dscores.mT @ q / math.sqrt(d)

    return {"dv": dv, "dweights": dweights, "dscores": dscores, "dq": dq, "dk": dk}


def _lengths(q: Array, k: Array, v: Array) -> tuple[int, int, int]:
    """Return T, S and d, once all shapes fit."""
    if len(q.shape) < 2 or len(k.shape) < 2:
        shapes = f"{q.shape} and {k.shape}"
        raise ValueError(f"expected q (..., T, d) and k (..., S, d), given shapes {shapes}")
    *leading, T, d = q.shape
    S = k.shape[-2]
    expect_shape("k", k, *leading, "S", d)
    expect_shape("v", v, *leading, S, "e")
    if S == 0 or d == 0:
        raise ValueError(f"expected at least one key of at least one number, given {k.shape}")
    return T, S, d
