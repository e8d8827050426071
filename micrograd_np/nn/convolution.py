"""Convolution of images, and the largest or mean element of windows over them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from micrograd_np.checks import told, whole
from micrograd_np.lifting import as_numbers
from micrograd_np.nn.layers import weight_and_bias
from micrograd_np.nn.module import Misfit, Module
from micrograd_np.rules.windows import convolution, windows

Size = int | tuple[int, int]


class Conv2d(Module):
    """The products of kernels with windows over images, added up, and a bias.

    Parameters
    ----------
    in_channels, out_channels
        The channels of what it is given and of what it returns.
    kernel_size
        The lengths of a kernel: one number or two.
    stride, padding, dilation
        By how much windows are apart; how many zeros are put around images, or ``"same"`` for as
        many as keep their lengths, or ``"valid"`` for none; by how much the elements of a window
        are apart. One number or two.
    groups
        Into how many groups of channels both sides are cut, each convolved by itself.
    bias
        Whether a bias is added.
    generator, dtype
        As of :class:`Linear`: uniform between +- 1/sqrt(in_channels kh kw / groups).

    Attributes
    ----------
    weight, bias
        Parameters of shape (out_channels, in_channels / groups, kh, kw) and (out_channels,).

    Raises
    ------
    ValueError
        If `groups` does not divide the channels. From a call with another number of channels, or
        images that are smaller than the kernel.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        generator: Any = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        in_channels = whole("in_channels", in_channels, 0)
        out_channels = whole("out_channels", out_channels, 0)
        groups = whole("groups", groups)
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"groups is {groups}, which does not divide in_channels {in_channels} and "
                f"out_channels {out_channels}"
            )
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride = _pair("kernel_size", kernel_size), _pair("stride", stride)
        self.dilation, self.groups = _pair("dilation", dilation), groups
        self.padding = padding if isinstance(padding, str) else _pair("padding", padding, 0)
        self._around = _zeros_around(self.padding, self.kernel_size, self.stride, self.dilation)
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight, self.bias = weight_and_bias(shape, bias, generator, dtype)

    def forward(self, x: Any) -> Any:
        """Return images of shape (N, out_channels, oh, ow) for (N, in_channels, H, W).

        Or without N, for a single image.
        """
        x, single = _images(self, x, self.in_channels)
        x = np.pad(x, ((0, 0), (0, 0), *self._around)) if any(map(any, self._around)) else x
        _check_room(self, x, self.kernel_size, self.dilation)
        N, C, H, W = x.shape
        G, O = self.groups, self.out_channels  # noqa: E741  # as in the docstring of convolution
        x = x.reshape(N, G, C // G, H, W)
        w = self.weight.reshape(G, O // G, *self.weight.shape[1:])
        out = convolution(x, w, self.stride, self.dilation)
        out = out.reshape(N, O, *out.shape[3:])
        out = out if self.bias is None else out + self.bias[:, None, None]
        return out[0] if single else out


class _Pool(Module):
    """What is common to layers that make one element of each window."""

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
    ) -> None:
        self.kernel_size = _pair("kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else _pair("stride", stride)
        self.padding = _pair("padding", padding, 0)
        self.dilation = _pair("dilation", dilation)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise ValueError(
                f"padding is {padding}, expected at most half of kernel_size {kernel_size}"
            )

    def _seen(self, x: Any, around: float) -> Any:
        """Return the elements of windows along one axis: of shape (..., kh kw, oh, ow)."""
        x, single = _images(self, x)
        if x.dtype.kind != "f":
            raise Misfit(self, f"expected floating-point images, got {x.dtype}")
        if any(self.padding):
            widths = ((0, 0), (0, 0), *((p, p) for p in self.padding))
            x = np.pad(x, widths, constant_values=around)
        _check_room(self, x, self.kernel_size, self.dilation)
        seen = windows(x, self.kernel_size, self.stride, self.dilation)
        # Copied, since NumPy takes ten times as long to reduce what is so scattered.
        seen = seen.reshape(*x.shape[:2], math.prod(self.kernel_size), *seen.shape[-2:])
        return seen[0] if single else seen


class MaxPool2d(_Pool):
    """The largest element of each window over images.

    Where several are, they share the gradient evenly, as those of ``np.max`` do.

    Parameters
    ----------
    kernel_size
        The lengths of a window: one number or two.
    stride
        By how much windows are apart; None: `kernel_size`.
    padding
        How many elements, none of which is the largest, are put around images.
    dilation
        By how much the elements of a window are apart.

    Raises
    ------
    ValueError
        If the padding is more than half of a window. From a call with images that are smaller than
        a window.
    """

    def forward(self, x: Any) -> Any:
        """Return images of shape (..., oh, ow) for (N, C, H, W) or (C, H, W)."""
        return self._seen(x, -np.inf).max(axis=-3)


class AvgPool2d(_Pool):
    """The mean of each window over images; zeros put around them count.

    Parameters
    ----------
    kernel_size, stride, padding
        As of :class:`MaxPool2d`.

    Raises
    ------
    ValueError
        As from :class:`MaxPool2d`.
    """

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        super().__init__(kernel_size, stride, padding)

    def forward(self, x: Any) -> Any:
        """Return images of shape (..., oh, ow) for (N, C, H, W) or (C, H, W)."""
        return self._seen(x, 0.0).mean(axis=-3)


def _pair(name: str, size: Any, least: int = 1) -> tuple[int, int]:
    pair = list(size) if isinstance(size, (tuple, list)) else [size] * 2
    if len(pair) != 2:
        expected = f"expected one or two whole numbers from {least} on"
        raise ValueError(f"{name} is {told(size)}, {expected}")
    return whole(name, pair[0], least), whole(name, pair[1], least)


def _zeros_around(
    padding: Any, kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return how many zeros are put before and after each of the last two axes."""
    if isinstance(padding, tuple):
        return [(p, p) for p in padding]
    if padding not in ("same", "valid"):
        raise ValueError(f"padding is {padding!r}, expected numbers, 'same' or 'valid'")
    if padding == "valid":
        return [(0, 0), (0, 0)]
    if stride != (1, 1):
        raise ValueError(f"padding='same' takes a stride of 1, got {stride}")
    totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return [(total // 2, total - total // 2) for total in totals]


def _images(layer: Module, x: Any, channels: int | None = None) -> tuple[Any, bool]:
    """Return images with an axis for how many there are, and whether there was none."""
    x = as_numbers(x)
    wanted = "C" if channels is None else str(channels)
    if x.ndim not in (3, 4) or (channels is not None and x.shape[-3] != channels):
        raise Misfit(
            layer, f"expected shape (N, {wanted}, H, W) or ({wanted}, H, W), got {x.shape}"
        )
    return (x[None], True) if x.ndim == 3 else (x, False)


def _check_room(layer: Module, x: Any, kernel: Any, dilation: Any) -> None:
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    if any(n < span for n, span in zip(x.shape[-2:], spans, strict=True)):
        raise Misfit(
            layer,
            f"expected images of {spans[0]} x {spans[1]} or larger, padding included, got "
            f"{x.shape[-2]} x {x.shape[-1]}",
        )
