"""One step of a recurrent network: from an input and a state to the next state.

From the input x (N, D) and the state h (N, H), with examples as rows,

    z   = x Wx + h Wh + b
    out = tanh(z)                       the next state, which is also the output

as in Elman (1990), "Finding Structure in Time", with tanh for his logistic function.
`reference.rnn` makes a sequence of such steps.

Derivation
----------
Write d before a name for the derivative of the loss with respect to it; dout is given.

1. out = tanh(z), and tanh' = 1 - tanh^2. So the derivative can be had from the output alone:

       dz = dout (1 - out^2)            element by element

2. b is added to every row of z, so its gradient is the sum of what the rows get:

       db = sum of the rows of dz

3. x Wx is a matrix product, that is, z[n, j] contains the sum over i of x[n, i] Wx[i, j]. So
   Wx[i, j] enters z[n, j] with the factor x[n, i], for all examples n, and x[n, i] enters it with
   the factor Wx[i, j], for all j. Sums over what serves many times are matrix products again:

       dWx = x' dz          dx = dz Wx'

   where ' is the transpose.

4. h Wh is a product of the same kind:

       dWh = h' dz          dh = dz Wh'
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference._shapes import expect_shape

Array = NDArray[Any]


def forward(x: Array, h: Array, Wx: Array, Wh: Array, b: Array) -> dict[str, Array]:
    """Compute the state after one step.

    Parameters
    ----------
    x : array (N, D)
        The input, one example per row. Floating; complex works too, for a complex step.
    h : array (N, H)
        The state before the step.
    Wx, Wh, b : arrays (D, H), (H, H), (H,)
        Of the dtype of `x`.

    Returns
    -------
    dict
        ``"out"`` (N, H), the state after the step: all that the backward pass needs.

    Raises
    ------
    ValueError
        If the shapes do not fit each other.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> forward(x=2 * one, h=3 * one, Wx=6 * one, Wh=-4 * one, b=np.zeros(1))["out"].tolist()
    [[0.0]]
    """
    _expect_shapes(x, h, Wx, Wh, b)
    return {"out": np.tanh(x @ Wx + h @ Wh + b)}


def backward(
    x: Array,
    h: Array,
    Wx: Array,
    Wh: Array,
    b: Array,
    dout: Array,
    values: dict[str, Array] | None = None,
) -> dict[str, Array]:
    """Compute the gradients of one step, given the gradient of the state after it.

    Parameters
    ----------
    x, h, Wx, Wh, b
        As in `forward`.
    dout : array (N, H)
        The gradient of the loss with respect to ``"out"``.
    values : dict, optional
        What `forward` returned for the same arguments; computed if not given. Not changed.

    Returns
    -------
    dict of str to array
        In the order of the lines: ``"dz"`` (N, H), ``"db"``, ``"dWx"``, ``"dx"``, ``"dWh"``,
        ``"dh"``, shaped like what they are gradients of. Of the dtype of the inputs.

    Raises
    ------
    ValueError
        As `forward` does; also if `dout` has not the shape of `h`.

    Examples
    --------
    At z = 0, tanh has the slope 1:

    >>> one, b = np.ones((1, 1)), np.zeros(1)
    >>> gradients = backward(2 * one, 3 * one, 6 * one, -4 * one, b, dout=one)
    >>> {name: gradient.item() for name, gradient in gradients.items()}
    {'dz': 1.0, 'db': 1.0, 'dWx': 2.0, 'dx': 6.0, 'dWh': 3.0, 'dh': -4.0}
    """
    if values is None:
        values = forward(x, h, Wx, Wh, b)
    expect_shape("dout", dout, *h.shape)

    dz = dout * (1 - values["out"] ** 2)  # 1. tanh' = 1 - tanh^2
    db = dz.sum(axis=0)  # 2. b is added to every row
    dWx = x.T @ dz  # 3. sum over the examples of outer(x[n], dz[n])
    dx = dz @ Wx.T  # x[n, i] reaches z[n, j] through Wx[i, j], hence the transpose
    dWh = h.T @ dz  # 4. the same two lines, for the state
    dh = dz @ Wh.T
    return {"dz": dz, "db": db, "dWx": dWx, "dx": dx, "dWh": dWh, "dh": dh}


def _expect_shapes(x: Array, h: Array, Wx: Array, Wh: Array, b: Array) -> None:
    expect_shape("x", x, "N", "D")
    N, D = x.shape
    expect_shape("h", h, N, "H")
    H = h.shape[1]
    expect_shape("Wx", Wx, D, H)
    expect_shape("Wh", Wh, H, H)
    expect_shape("b", b, H)
