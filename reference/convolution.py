"""Convolution in two dimensions, as neural networks have it: a small window slides over images.

An image x[n] has C channels and a filter weight[f] as many, of kh by kw numbers. With `padded` for
x with `padding` zeros on all four sides, and s for the stride,

    out[n, f, h, w] = bias[f]
                      + sum over c, i, j of weight[f, c, i, j] padded[n, c, s h + i, s w + j]

There are floor((H + 2 padding - kh) / s) + 1 positions h, as many as fit, and likewise positions w
(Dumoulin & Visin, 2016, "A guide to convolution arithmetic for deep learning", relationship 6).
Nothing is flipped: mathematics calls this a cross-correlation, and the networks from LeCun et al.
(1989, "Backpropagation Applied to Handwritten Zip Code Recognition") on a convolution.

The sum, read in another order
------------------------------
Hold the position (i, j) in the kernel, and let h and w run: then padded[n, c, s h + i, s w + j] is
every s-th row from i on and every s-th column from j on, a slice of the whole batch. Call it the
window of (i, j). Then

    out = bias + sum over i, j of (weight[:, :, i, j] applied to the channels of the window of i, j)

so that NumPy has kh times kw large products to make, instead of a small one at every pixel.

Derivation
----------
Write d before a name for the derivative of the loss with respect to it; dout is given. Every term
of the sum is a product, so the derivative with respect to one factor is the other one, and a number
that is used in several terms gets the sum of them.

1. bias[f] is added to all n, h, w:    dbias[f] = sum over n, h, w of dout[n, f, h, w]

2. weight[f, c, i, j] is used for all n, h, w, each time with the pixel of its window:

       dweight[f, c, i, j] = sum over n, h, w of dout[n, f, h, w] window_ij[n, c, h, w]

3. The pixel window_ij[n, c, h, w] is used for all filters f, with the weight at (i, j):

       dwindow_ij[n, c, h, w] = sum over f of weight[f, c, i, j] dout[n, f, h, w]

   A pixel of `padded` lies in several windows (in none, if the stride leaves it out). What comes
   back from each is added: dpadded starts at 0, and dwindow_ij is *added* at the very slice that
   the window was taken from.

4. padded is x in a frame of constants: dx is dpadded without the frame.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference._shapes import expect_shape

Array = NDArray[Any]


def forward(
    x: Array, weight: Array, bias: Array, stride: int = 1, padding: int = 0
) -> dict[str, Array]:
    """Compute the convolution, and keep the values that the backward pass needs.

    Parameters
    ----------
    x : array (N, C, H, W)
        The images. Floating; complex works too, for a complex step.
    weight : array (F, C, kh, kw)
        The filters, of the dtype of `x`.
    bias : array (F,)
        Likewise.
    stride : int
        By how much the window moves, down and across.
    padding : int
        How many zeros are put on each side of the images.

    Returns
    -------
    dict
        ``"padded"`` (N, C, H + 2 padding, W + 2 padding) and ``"out"`` (N, F, positions down,
        positions across), of the dtype of the inputs.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, the kernel is empty or larger than the padded image,
        the stride is less than 1 or the padding less than 0.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> diagonal = np.array([[[[1.0, 0.0], [0.0, 1.0]]]])
    >>> forward(x, diagonal, np.zeros(1))["out"].tolist()  # 0 + 4, 1 + 5, ...
    [[[[4.0, 6.0], [10.0, 12.0]]]]
    >>> forward(x, diagonal, np.zeros(1), stride=2, padding=1)["out"].tolist()
    [[[[0.0, 2.0], [6.0, 12.0]]]]
    """
    rows, columns = _positions(x, weight, bias, stride, padding)
    kh, kw = weight.shape[2:]

    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    out = bias[:, None, None]
    for i in range(kh):
        for j in range(kw):
            window = padded[_window(i, j, rows, columns, stride)]
            out = out + np.einsum("nchw,fc->nfhw", window, weight[:, :, i, j])
    return {"padded": padded, "out": out}


def backward(
    x: Array,
    weight: Array,
    bias: Array,
    dout: Array,
    stride: int = 1,
    padding: int = 0,
    values: dict[str, Array] | None = None,
) -> dict[str, Array]:
    """Compute the gradients, given the gradient of what `forward` returned as ``"out"``.

    Parameters
    ----------
    x, weight, bias, stride, padding
        As in `forward`.
    dout : array, shaped as ``"out"``
        The gradient of the loss with respect to it.
    values : dict, optional
        What `forward` returned for the same arguments; computed if not given. Not changed.

    Returns
    -------
    dict of str to array
        ``"dbias"``, ``"dweight"``, ``"dpadded"``, ``"dx"``, shaped like what they are gradients of.
        Of the dtype of the inputs. ``"dx"`` is a view: the part of ``"dpadded"`` inside the frame.

    Raises
    ------
    ValueError
        As `forward` does; also if `dout` has not the shape of ``"out"``.

    Examples
    --------
    The pixel in the middle lies in all four windows, and a corner in one:

    >>> x, weight, bias = np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)), np.zeros(1)
    >>> gradients = backward(x, weight, bias, dout=np.ones((1, 1, 2, 2)))
    >>> gradients["dx"].tolist()
    [[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]]
    """
    rows, columns = _positions(x, weight, bias, stride, padding)
    if values is None:
        values = forward(x, weight, bias, stride, padding)
    padded = values["padded"]
    N, _, H, W = x.shape
    F, _, kh, kw = weight.shape
    expect_shape("dout", dout, N, F, rows, columns)

    # 1. bias is added at every position of every image.
    dbias = dout.sum(axis=(0, 2, 3))

    # Not the dtype of weight alone: assigned to an array of integers, a gradient would be cut off.
    dtype = np.result_type(x.dtype, weight.dtype, dout.dtype)
    dweight = np.zeros_like(weight, dtype=dtype)
    dpadded = np.zeros_like(padded, dtype=dtype)
    for i in range(kh):
        for j in range(kw):
            window = _window(i, j, rows, columns, stride)
            # 2. This weight meets the pixels of its window, in every image.
            dweight[:, :, i, j] = np.einsum("nfhw,nchw->fc", dout, padded[window])
            # 3. These pixels are seen by every filter; other windows add to some of them again.
            dpadded[window] += np.einsum("nfhw,fc->nchw", dout, weight[:, :, i, j])

    # 4. The frame is constant.
    dx = dpadded[:, :, padding : padding + H, padding : padding + W]
    return {"dbias": dbias, "dweight": dweight, "dpadded": dpadded, "dx": dx}


def _window(i: int, j: int, rows: int, columns: int, stride: int) -> tuple[slice, ...]:
    """Return where the pixels are that the kernel's position (i, j) meets."""
    down = slice(i, i + stride * (rows - 1) + 1, stride)
    across = slice(j, j + stride * (columns - 1) + 1, stride)
    return slice(None), slice(None), down, across


def _positions(x: Array, weight: Array, bias: Array, stride: int, padding: int) -> tuple[int, int]:
    """Return how many positions the kernel has down and across, once all shapes fit."""
    if stride < 1 or padding < 0:
        raise ValueError(f"expected stride >= 1 and padding >= 0, given {stride} and {padding}")
    expect_shape("x", x, "N", "C", "H", "W")
    _, C, H, W = x.shape
    expect_shape("weight", weight, "F", C, "kh", "kw")
    F, _, kh, kw = weight.shape
    expect_shape("bias", bias, F)
    height, width = H + 2 * padding, W + 2 * padding
    if not (1 <= kh <= height and 1 <= kw <= width):
        image = f"a padded image of {height} by {width}"
        raise ValueError(f"expected a kernel that fits into {image}, given one of {kh} by {kw}")
    return (height - kh) // stride + 1, (width - kw) // stride + 1
