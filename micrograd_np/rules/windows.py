"""Windows over the last two axes of an array, and what is made of them: convolution.

Images are stacked along any leading axes. All is linear in each operand, so each rule is made of
the other functions here, and they are differentiated in turn.
"""

import functools
import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from micrograd_np.declare import defvjp
from micrograd_np.pending import Pending
from micrograd_np.primitive import primitive
from micrograd_np.rules.indexing import scattered
from micrograd_np.tensor import Tensor

Pair = tuple[int, int]

AT_ONCE = 1 << 20
"""How many elements are laid out at once: more takes longer, besides the memory."""


@primitive
def windows(x: Any, kernel: Pair, stride: Pair = (1, 1), dilation: Pair = (1, 1)) -> Any:
    """Return every window over the last two axes, as a view.

    Parameters
    ----------
    x
        Array or Tensor of shape (..., H, W).
    kernel
        How many elements a window has along each axis: (kh, kw).
    stride
        By how many elements windows are apart.
    dilation
        By how many elements those of a window are apart.

    Returns
    -------
    array or Tensor
        Of shape (..., kh, kw, oh, ow): what stands at each place of a window, for all of them.
    """
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    view = np.lib.stride_tricks.sliding_window_view(x, spans, (-2, -1))
    (down, right), (dh, dw) = stride, dilation
    return np.moveaxis(view[..., ::down, ::right, ::dh, ::dw], (-2, -1), (-4, -3))


@primitive
def overlapped(g: Any, lengths: Pair, stride: Pair = (1, 1), dilation: Pair = (1, 1)) -> Any:
    """Add up what windows have in common: the transpose of :func:`windows`.

    Parameters
    ----------
    g
        Array or Tensor of shape (..., kh, kw, oh, ow).
    lengths
        Those of the last two axes that the windows are over: (H, W).
    stride, dilation
        As in `windows`.

    Returns
    -------
    array or Tensor
        Of shape (..., H, W).
    """
    (down, right), (dh, dw) = stride, dilation
    *stacked, kh, kw, oh, ow = g.shape
    parts = (
        scattered(
            g[..., i, j, :, :],
            (..., _places(i, oh, down, dh), _places(j, ow, right, dw)),
            (*stacked, *lengths),
        )
        for i in range(kh)
        for j in range(kw)
    )
    return _added(parts)


@primitive
def convolution(x: Any, w: Any, stride: Pair = (1, 1), dilation: Pair = (1, 1)) -> Any:
    """Multiply every window of images with kernels, and add up: as neural networks convolve.

    Parameters
    ----------
    x
        Array or Tensor of shape (N, G, C, H, W): N images, G groups of C channels.
    w
        Array or Tensor of shape (G, O, C, kh, kw): for each group, O kernels.
    stride, dilation
        As in `windows`.

    Returns
    -------
    array or Tensor
        Of shape (N, G, O, oh, ow).
    """
    (down, right), (dh, dw) = stride, dilation
    kh, kw = w.shape[-2:]
    oh = (x.shape[-2] - dh * (kh - 1) - 1) // down + 1

    def some(x: Any) -> Any:
        columns = _columns(x, kw, right, dw)
        total = _added(
            _row(w, i) @ _flat(columns[..., _places(i, oh, down, dh), :]) for i in range(kh)
        )
        return total.reshape(*total.shape[:3], oh, columns.shape[-1])

    return np.concatenate([some(x[images]) for images in _few_at_once(x, w)])


def _by_image(
    g: Any, _out: Any, _x: Any, w: Any, stride: Pair = (1, 1), dilation: Pair = (1, 1)
) -> Any:
    (down, right), (dh, dw) = stride, dilation
    kh, kw = w.shape[-2:]
    _, G, C, H, W = _x.shape
    oh, ow = g.shape[-2:]

    def some(g: Any) -> Any:
        whole = (len(g), G, C * kw, H, ow)
        parts = (
            scattered(
                (_row(w, i).swapaxes(-2, -1) @ _flat(g)).reshape(*whole[:3], oh, ow),
                (..., _places(i, oh, down, dh), slice(None)),
                whole,
            )
            for i in range(kh)
        )
        columns = _added(parts).reshape(len(g), G, C, 1, kw, H, ow)
        return overlapped(columns, (H, W), (1, right), (1, dw))

    return np.concatenate([some(g[images]) for images in _few_at_once(g, w)])


def _by_kernel(
    g: Any, _out: Any, x: Any, _w: Any, stride: Pair = (1, 1), dilation: Pair = (1, 1)
) -> Any:
    (down, right), (dh, dw) = stride, dilation
    kh, kw = _w.shape[-2:]

    def some(g: Any, x: Any) -> Any:
        columns = _columns(x, kw, right, dw)
        rows = [columns[..., _places(i, g.shape[-2], down, dh), :] for i in range(kh)]
        by_row = [(_flat(g) @ _flat(row).swapaxes(-2, -1)).sum(axis=0) for row in rows]
        return np.concatenate([part.reshape(*_w.shape[:3], 1, kw) for part in by_row], axis=-2)

    return _added(some(g[images], x[images]) for images in _few_at_once(g, _w))


defvjp(
    windows,
    lambda g, _out, _x, kernel, stride=(1, 1), dilation=(1, 1): overlapped(
        g, _x.shape[-2:], stride, dilation
    ),
    exact=True,
    view=True,
)
defvjp(
    overlapped,
    lambda g, _out, _g, lengths, stride=(1, 1), dilation=(1, 1): windows(
        g, _g.shape[-4:-2], stride, dilation
    ),
)
defvjp(convolution, _by_image, _by_kernel)


def _row(w: Any, i: int) -> Any:
    """Return a row of each kernel, in a matrix for each group: of shape (G, O, C kw)."""
    return w[..., i, :].reshape(*w.shape[:2], w.shape[2] * w.shape[-1])


def _columns(x: Any, kw: int, right: int, dw: int) -> Any:
    """Return what the rows of kernels see, of shape (N, G, C kw, H, ow).

    It is a window over one axis, so that less is copied than for one over both.
    """
    seen = windows(x, (1, kw), (1, right), (1, dw))
    return seen.reshape(*seen.shape[:2], seen.shape[2] * kw, *seen.shape[-2:])


def _places(i: int, count: int, step: int, spacing: int) -> slice:
    """Return where the elements numbered `i` of all windows are."""
    return slice(i * spacing, i * spacing + step * count, step)


def _flat(images: Any) -> Any:
    return images.reshape(*images.shape[:-2], images.shape[-2] * images.shape[-1])


def _added(parts: Iterable[Any]) -> Any:
    total = functools.reduce(operator.add, parts)
    return total.written() if isinstance(total, Pending) else total


def _few_at_once(images: Any, w: Any) -> list[slice]:
    """Return which images to take together: all, where it is recorded what is done."""
    count = len(images)
    if isinstance(images, Tensor) or isinstance(w, Tensor) or not count:
        return [slice(None)]
    groups, _, channels, _, kw = w.shape
    each = groups * channels * kw * math.prod(images.shape[-2:])
    step = max(1, AT_ONCE // max(1, each))
    return [slice(first, first + step) for first in range(0, count, step)]
