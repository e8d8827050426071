"""Batch normalisation in training: each column of a batch is brought to mean 0 and variance 1.

For one column of x (N, D), that is one feature in N examples e = 1, ..., N,

    mean     = 1/N sum_e x_e
    c_e      = x_e - mean                 centered
    var      = 1/N sum_e c_e^2            biased: divided by N, not by N - 1
    r        = 1 / sqrt(var + eps)        inv_std
    xhat_e   = c_e r
    out_e    = gamma xhat_e + beta

as in Ioffe & Szegedy (2015), "Batch Normalization: Accelerating Deep Network Training by Reducing
Internal Covariate Shift", algorithm 1. No column has anything to do with another one.

Derivation
----------
Write d before a name for the derivative of the loss with respect to it. dout is given; the lines
above are differentiated from the last to the first, and whenever a name is used in two places, the
contributions of both are added (section 3 of the paper has the same sums).

1. out_e = gamma xhat_e + beta. The numbers gamma and beta are used for every example:

       dbeta = sum_e dout_e,    dgamma = sum_e dout_e xhat_e,    dxhat_e = dout_e gamma

2. xhat_e = c_e r, and r is used for every example: dr = sum_e dxhat_e c_e. The other factor, c_e,
   has to wait until its second use, in var, is known as well.

3. r = (var + eps)^(-1/2) has the derivative -1/2 (var + eps)^(-3/2) = -1/2 r^3. With c_e r = xhat_e

       dvar = -1/2 r^3 sum_e dxhat_e c_e = -1/2 r^2 sum_e dxhat_e xhat_e

4. c_e is used in xhat_e, where its factor is r, and in var, whose derivative is 2/N c_e:

       dc_e = dxhat_e r + dvar 2/N c_e

5. c_e = x_e - mean, and the mean is used for every example, with a minus: dmean = -sum_e dc_e.

6. x_e is used in c_e, and in the mean with the factor 1/N: dx_e = dc_e + dmean / N.

The backward pass below is these six steps. Put into one line, with sum_e c_e = 0, they are

    dx_e = r (dxhat_e - mean of dxhat - xhat_e (mean of dxhat xhat))

which `reference.layer_norm` programs and derives in another way. It shows what dx cannot contain: a
part that is the same for all examples, since moving all of x moves only the mean, and (where eps is
nothing beside var) a part along xhat, since stretching x stretches only the variance.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference._shapes import expect_shape

Array = NDArray[Any]


def forward(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> dict[str, Array]:
    """Normalise the columns of a batch, and keep the values that the backward pass needs.

    Parameters
    ----------
    x : array (N, D)
        One example per row. Floating; complex works too, for a complex step.
    gamma, beta : arrays (D,)
        Scale and shift of each column, of the dtype of `x`.
    eps : float
        Keeps a column of equal numbers from a division by 0. A Python float leaves float32 as it
        is.

    Returns
    -------
    dict
        ``"mean"``, ``"var"``, ``"inv_std"`` (D,); ``"centered"``, ``"xhat"``, ``"out"`` (N, D); all
        of the dtype of the inputs.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or there is no example.

    Examples
    --------
    >>> values = forward(np.array([[1.0], [5.0]]), np.array([10.0]), np.array([3.0]), eps=0.0)
    >>> values["xhat"].tolist(), values["out"].tolist()
    ([[-1.0], [1.0]], [[-7.0], [13.0]])
    """
    expect_shape("x", x, "N", "D")
    N, D = x.shape
    if N == 0:
        raise ValueError(f"expected at least one example, given x of shape {(N, D)}")
    expect_shape("gamma", gamma, D)
    expect_shape("beta", beta, D)

    mean = x.mean(axis=0)
    centered = x - mean
    # Not x.var(), which takes absolute values of complex numbers: that is not analytic.
    var = (centered * centered).mean(axis=0)
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
    dout : array (N, D)
        The gradient of the loss with respect to ``"out"``.
    values : dict, optional
        What `forward` returned for the same arguments; computed if not given. Not changed.

    Returns
    -------
    dict of str to array
        In the order of the lines: ``"dbeta"``, ``"dgamma"`` (D,); ``"dxhat"`` (N, D); ``"dvar"``
        (D,); ``"dcentered"`` (N, D); ``"dmean"`` (D,); ``"dx"`` (N, D). Of the dtype of the inputs.

    Raises
    ------
    ValueError
        As `forward` does; also if `dout` has not the shape of `x`.

    Examples
    --------
    Two numbers of a column are always brought to -1 and 1. So nothing that happens to them changes
    the output, but gamma and beta do:

    >>> x, gamma, beta = np.array([[1.0], [5.0]]), np.array([10.0]), np.array([3.0])
    >>> gradients = backward(x, gamma, beta, np.array([[1.0], [2.0]]), eps=0.0)
    >>> gradients["dx"].tolist(), gradients["dgamma"].tolist(), gradients["dbeta"].tolist()
    ([[0.0], [0.0]], [1.0], [3.0])
    """
    if values is None:
        values = forward(x, gamma, beta, eps)
    centered, inv_std, xhat = values["centered"], values["inv_std"], values["xhat"]
    N, D = x.shape
    expect_shape("dout", dout, N, D)

    # 1. out = gamma xhat + beta; gamma and beta serve all examples, so their gradients are sums.
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma

    # 2. and 3. xhat = centered inv_std, and d(inv_std)/d(var) = -1/2 inv_std^3, of which one factor
    # makes centered into xhat.
    dvar = -0.5 * inv_std**2 * (dxhat * xhat).sum(axis=0)

    # 4. centered is used twice: in xhat, and in var = mean of centered^2.
    dcentered = dxhat * inv_std + dvar * (2 / N) * centered

    # 5. centered = x - mean: the mean is taken off every example.
    dmean = -dcentered.sum(axis=0)

    # 6. x is used twice: in centered, and in the mean, with 1/N.
    dx = dcentered + dmean / N

    return {
        "dbeta": dbeta,
        "dgamma": dgamma,
        "dxhat": dxhat,
        "dvar": dvar,
        "dcentered": dcentered,
        "dmean": dmean,
        "dx": dx,
    }
