"""A recurrent network on a sequence, and backpropagation through time.

From the inputs x_t (N, D), t = 1, ..., T, and a state h_0 (N, H) to begin with,

    h_t = tanh(x_t Wx + h_(t-1) Wh + b)

with the same Wx, Wh and b at all times. Each h_t is the output at time t, too. One such step has
its backward pass in `reference.rnn_step`; here are T of them. The gradients are those of Werbos
(1990), "Backpropagation Through Time: What It Does and How to Do It".

Derivation
----------
Write d before a name for the derivative of the loss with respect to it; dout_t, what the loss sees
of h_t directly, is given. Written one below the other, the steps are a network of T layers. Two
things in it are used more than once, and what comes back from each use is added:

1. The state h_t is an output, which the loss may look at, and it goes into step t + 1. With dz for
   the gradient at what tanh is taken of, and ' for the transpose,

       dh_t = dout_t + dz_(t+1) Wh'        where the second term is missing for the last, t = T
       dz_t = dh_t (1 - h_t^2)             element by element

   So the steps are walked from the last to the first, and what a step gives to the state before it
   is handed on. That is all there is to "through time". What arrives at h_0 is dh_0.

2. The weights serve at all times, so their gradients are the sums over t of what each step gives:

       dWx = sum_t x_t' dz_t,    dWh = sum_t h_(t-1)' dz_t,    db = sum_t (sum of the rows of dz_t)

Each input is used once: dx_t = dz_t Wx'.

On its way from h_T back to h_0, a gradient is multiplied T times by Wh' and by 1 - h_t^2, which is
at most 1. Over a long time it shrinks to nothing, or grows beyond measure if Wh is large: Bengio,
Simard & Frasconi (1994), "Learning Long-Term Dependencies with Gradient Descent is Difficult".
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference import rnn_step
from reference._shapes import expect_shape

Array = NDArray[Any]


def forward(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> dict[str, Array]:
    """Run through a sequence.

    Parameters
    ----------
    x : array (T, N, D)
        The inputs: time first, then the examples.
    h0 : array (N, H)
        The state before the first step.
    Wx, Wh, b
        As in `reference.rnn_step`.

    Returns
    -------
    dict
        ``"out"`` (T, N, H): the state after each step, of the dtype of the inputs.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or there is no step.

    Examples
    --------
    >>> x = np.arctanh([[[0.5]], [[0.25]]])  # two steps of one example with one number
    >>> out = forward(x, np.zeros((1, 1)), np.ones((1, 1)), np.zeros((1, 1)), np.zeros(1))["out"]
    >>> out.shape, out.ravel().round(6).tolist()
    ((2, 1, 1), [0.5, 0.25])
    """
    expect_shape("x", x, "T", "N", "D")
    T = x.shape[0]
    if T == 0:
        raise ValueError(f"expected at least one step, given x of shape {x.shape}")

    h, states = h0, []
    for t in range(T):
        h = rnn_step.forward(x[t], h, Wx, Wh, b)["out"]
        states.append(h)
    return {"out": np.stack(states)}


def backward(
    x: Array,
    h0: Array,
    Wx: Array,
    Wh: Array,
    b: Array,
    dout: Array,
    values: dict[str, Array] | None = None,
) -> dict[str, Array]:
    """Compute the gradients of a sequence by backpropagation through time.

    Parameters
    ----------
    x, h0, Wx, Wh, b
        As in `forward`.
    dout : array (T, N, H)
        The gradient of the loss with respect to ``"out"``: what the loss sees of each state
        directly. 0 but for ``dout[-1]`` if it looks at the last state alone.
    values : dict, optional
        What `forward` returned for the same arguments; computed if not given. Not changed.

    Returns
    -------
    dict of str to array
        ``"dx"`` (T, N, D), ``"dh0"`` (N, H), ``"dWx"``, ``"dWh"``, ``"db"``. Of the dtype of the
        inputs.

    Raises
    ------
    ValueError
        As `forward` does; also if `dout` has not the shape of ``"out"``.

    Examples
    --------
    With a state that is 0 throughout, a gradient of 1 at the end is halved by each step back:

    >>> x, h0, dout = np.zeros((3, 1, 1)), np.zeros((1, 1)), np.array([[[0.0]], [[0.0]], [[1.0]]])
    >>> gradients = backward(x, h0, np.ones((1, 1)), np.full((1, 1), 0.5), np.zeros(1), dout)
    >>> gradients["dx"].ravel().tolist(), gradients["dh0"].tolist(), gradients["db"].tolist()
    ([0.25, 0.5, 1.0], [[0.125]], [1.75])
    """
    if values is None:
        values = forward(x, h0, Wx, Wh, b)
    out = values["out"]
    expect_shape("dout", dout, *out.shape)
    T = x.shape[0]

    dx: list[Any] = [None] * T
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    dh = np.zeros_like(h0)  # nothing comes after the last step
    for t in reversed(range(T)):
        before = out[t - 1] if t > 0 else h0
        # 1. The state is seen by the loss directly, and by the step after it.
        step = rnn_step.backward(x[t], before, Wx, Wh, b, dout[t] + dh, {"out": out[t]})
        dx[t], dh = step["dx"], step["dh"]
        # 2. The same weights at all times: their gradients add up.
        dWx, dWh, db = dWx + step["dWx"], dWh + step["dWh"], db + step["db"]
    return {"dx": np.stack(dx), "dh0": dh, "dWx": dWx, "dWh": dWh, "db": db}
