"""Layer normalisation: each example, by itself, is brought to mean 0 and variance 1.

For one row of x (..., D), that is one example with the D features i = 1, ..., D,

    mean     = 1/D sum_i x_i
    c_i      = x_i - mean                 centered
    var      = 1/D sum_i c_i^2            biased: divided by D, not by D - 1
    r        = 1 / sqrt(var + eps)        inv_std
    xhat_i   = c_i r
    out_i    = gamma_i xhat_i + beta_i

as in Ba, Kiros & Hinton (2016), "Layer Normalization", section 3. Unlike in `reference.batch_norm`,
no example has anything to do with another one, and gamma and beta differ *within* what is averaged.

Derivation
----------
Write d before a name for the derivative of the loss with respect to it; dout is given. The last
line uses gamma_i and beta_i in every row, and each xhat_i once:

    dbeta_i  = sum over the rows of dout_i
    dgamma_i = sum over the rows of dout_i xhat_i
    dxhat_i  = dout_i gamma_i

For dx, one row at a time: how does each xhat_i depend on each x_j? Write [i = j] for 1 if i is j
and for 0 if not.

1. c_i = x_i - mean, so               d(c_i)/d(x_j)    = [i = j] - 1/D
2. var is the mean of c_i^2, so       d(var)/d(x_j)    = 2/D sum_i c_i ([i = j] - 1/D) = 2/D c_j
   because the c_i sum to 0.
3. r = (var + eps)^(-1/2), so         d(r)/d(x_j)      = -1/2 r^3 (2/D c_j) = -r^2/D xhat_j
   with r c_j = xhat_j.
4. xhat_i = c_i r, a product, so      d(xhat_i)/d(x_j) = r ([i = j] - 1/D) - c_i r^2/D xhat_j
                                                       = r ([i = j] - 1/D - xhat_i xhat_j / D)

The chain rule sums over all the ways from x_j to the loss: dx_j = sum_i dxhat_i d(xhat_i)/d(x_j).
In the sum over i, the three terms of step 4 become dxhat_j, a mean, and xhat_j times a mean:

    dx_j = r (dxhat_j - mean of dxhat - xhat_j (mean of dxhat xhat))

In words: take from dxhat its mean, because moving the whole row does not change the output, then
the part that points along xhat, because stretching the row does not either (but for eps).
`reference.batch_norm` comes to the same formula line by line.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference._shapes import expect_shape

Array = NDArray[Any]


def forward(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> dict[str, Array]:
    """Normalise over the last axis, and keep the values that the backward pass needs.

    Parameters
    ----------
    x : array (..., D)
        Any number of leading axes, also none. Floating; complex works too, for a complex step.
    gamma, beta : arrays (D,)
        Scale and shift of each feature, of the dtype of `x`.
    eps : float
        Keeps a row of equal numbers from a division by 0. A Python float leaves float32 as it is.

    Returns
    -------
    dict
        ``"mean"``, ``"var"``, ``"inv_std"`` (..., 1); ``"centered"``, ``"xhat"``, ``"out"``
        (..., D); all of the dtype of the inputs.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or there is no feature.

    Examples
    --------
    >>> x, gamma, beta = np.array([[1.0, 5.0]]), np.array([10.0, 20.0]), np.array([3.0, 0.0])
    >>> values = forward(x, gamma, beta, eps=0.0)
    >>> values["xhat"].tolist(), values["out"].tolist()
    ([[-1.0, 1.0]], [[-7.0, 20.0]])
    """
    if not x.shape or x.shape[-1] == 0:
        raise ValueError(f"expected x of shape (..., D), D at least 1, given shape {x.shape}")
    expect_shape("gamma", gamma, x.shape[-1])
    expect_shape("beta", beta, x.shape[-1])

    mean = x.mean(axis=-1, keepdims=True)
    centered = x - mean
    # Not x.var(), which takes absolute values of complex numbers: that is not analytic.
    var = (centered * centered).mean(axis=-1, keepdims=True)
    inv_std = 1 / np.sqrt(var + eps)
    xhat = centered * inv_std
    out = gamma * xhat + beta
    return {
        "mean": mean,
        "centered": centered,
        "var": var,
        "inv_std": inv_std,
        "xhat": xhat,
        "out": out,
    }


def backward(
    x: Array,
    gamma: Array,
    beta: Array,
    dout: Array,
    eps: float = 1e-5,
    values: dict[str, Array] | None = None,
) -> dict[str, Array]:
    """Compute the gradients, given the gradient of what `forward` returned as ``"out"``.

    Parameters
    ----------
    x, gamma, beta, eps
        As in `forward`.
    dout : array (..., D)
        The gradient of the loss with respect to ``"out"``.
    values : dict, optional
        What `forward` returned for the same arguments; computed if not given. Not changed.

    Returns
    -------
    dict of str to array
        ``"dbeta"``, ``"dgamma"`` (D,); ``"dxhat"``, ``"dx"`` (..., D). Of the dtype of the inputs.

    Raises
    ------
    ValueError
        As `forward` does; also if `dout` has not the shape of `x`.

    Examples
    --------
    Two features are always brought to -1 and 1. So nothing that happens to them changes the output,
    but gamma and beta do:

    >>> x, gamma, beta = np.array([[1.0, 5.0]]), np.array([10.0, 20.0]), np.array([3.0, 0.0])
    >>> gradients = backward(x, gamma, beta, np.array([[1.0, 2.0]]), eps=0.0)
    >>> gradients["dx"].tolist(), gradients["dgamma"].tolist(), gradients["dbeta"].tolist()
    ([[0.0, 0.0]], [-1.0, 2.0], [1.0, 2.0])
    """
    if values is None:
        values = forward(x, gamma, beta, eps)
    inv_std, xhat = values["inv_std"], values["xhat"]
    expect_shape("dout", dout, *x.shape)
    rows = tuple(range(x.ndim - 1))  # all axes but the last

    # out = gamma xhat + beta; gamma and beta serve every row, so their gradients are sums.
    dbeta = dout.sum(axis=rows)
    dgamma = (dout * xhat).sum(axis=rows)
    dxhat = dout * gamma

    # The part of dxhat that is the same for all features, and the part along xhat: dx has neither.
    constant = dxhat.mean(axis=-1, keepdims=True)
    along_xhat = xhat * (dxhat * xhat).mean(axis=-1, keepdims=True)
    dx = inv_std * (dxhat - constant - along_xhat)

    return {"dbeta": dbeta, "dgamma": dgamma, "dxhat": dxhat, "dx": dx}
