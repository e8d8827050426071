"""Layers that give what passes them mean 0 and variance 1: over a batch, or over features."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from micrograd_np.checks import number, whole
from micrograd_np.lifting import as_numbers
from micrograd_np.mode import plain, refuse_effect
from micrograd_np.nn.module import Misfit, Module, parameter
from micrograd_np.tensor import Tensor
from micrograd_np.values import value_of


class _Normalization(Module):
    """What is common to normalisation over a batch and over features."""

    weight: Tensor | None = None
    bias: Tensor | None = None
    eps: float

    def _begin(self, shape: tuple[int, ...], affine: bool, bias: bool, dtype: DTypeLike) -> None:
        """Make the parameters: a weight of ones, and with it a bias of zeros."""
        self.weight = self.bias = None
        if affine:
            self.weight = parameter(shape, dtype)
            self.weight.data[...] = 1
            self.bias = parameter(shape, dtype) if bias else None

    def forward(self, x: Any) -> Any:
        """Return an array or Tensor of the same shape."""
        x = as_numbers(x)
        if x.dtype.kind == "c":
            raise Misfit(self, f"expected real numbers, got {x.dtype}")
        self._check(x)
        if x.dtype == np.float16:  # which cannot hold a sum of many squares
            return self._normalized(x.astype(np.float32)).astype(x.dtype)
        return self._normalized(x)

    def _check(self, x: Any) -> None:
        """Raise an error if a shape does not fit."""
        raise NotImplementedError

    def _normalized(self, x: Any) -> Any:
        raise NotImplementedError

    def _scaled(self, centred: Any, variance: Any, lengths: tuple[int, ...]) -> Any:
        """Divide by the root of the variance; the parameters are broadcast in `lengths`."""
        weight, bias = (
            p if p is None or p.shape == lengths else p.reshape(lengths)
            for p in (self.weight, self.bias)
        )
        out = centred / np.sqrt(variance + self.eps)
        out = out if weight is None else out * weight
        return out if bias is None else out + bias


class _BatchNorm(_Normalization):
    """What is common to batch normalisation of vectors and of images."""

    _ndims: tuple[int, ...] = ()
    _shapes = ""
    running_mean: NDArray[Any]
    running_var: NDArray[Any]
    num_batches_tracked: NDArray[Any]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.num_features = num_features = whole("num_features", num_features, 0)
        self.eps = number("eps", eps)
        self.momentum = momentum if momentum is None else number("momentum", momentum)
        self.affine, self.track_running_stats = affine, track_running_stats
        self._begin((num_features,), affine, bias, dtype)
        if track_running_stats:
            self.register_buffer("running_mean", np.zeros(num_features, dtype))
            self.register_buffer("running_var", np.ones(num_features, dtype))
            self.register_buffer("num_batches_tracked", np.zeros((), np.int64))

    def _check(self, x: Any) -> None:
        if x.ndim not in self._ndims or x.shape[1] != self.num_features:
            shapes = self._shapes.format(self.num_features)
            raise Misfit(self, f"expected shape {shapes}, got {x.shape}")

    def _normalized(self, x: Any) -> Any:
        axes = (0, *range(2, x.ndim))
        lengths = (self.num_features, *[1] * (x.ndim - 2))  # to be broadcast along the channels
        if self.training or not self.track_running_stats:
            count = math.prod(x.shape[axis] for axis in axes)
            if count < 2:
                raise Misfit(self, f"expected more than one value per channel, got {x.shape}")
            mean = x.mean(axis=axes, keepdims=True)
            centred = x - mean
            variance = (centred * centred).mean(axis=axes, keepdims=True)
            if self.training and self.track_running_stats:
                self._track(mean, variance, count)
        else:
            centred = x - self.running_mean.reshape(lengths)
            variance = self.running_var.reshape(lengths)
        return self._scaled(centred, variance, lengths)

    def _track(self, mean: Any, variance: Any, count: int) -> None:
        """Take part of a batch's mean and variance into the running ones: new arrays.

        The variance is that of a sample, divided by count - 1.
        """
        refuse_effect("batch normalisation in training keeps running statistics: call .eval()")
        self.num_batches_tracked = np.asarray(self.num_batches_tracked + 1)
        part = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        for name, found in (
            ("running_mean", mean),
            ("running_var", variance * (count / (count - 1))),
        ):
            old = getattr(self, name)
            new = plain(value_of(found)).reshape(old.shape)
            setattr(self, name, ((1 - part) * old + part * new).astype(old.dtype))


class BatchNorm1d(_BatchNorm):
    """Give each feature mean 0 and variance 1 over a batch (Ioffe and Szegedy, 2015).

    In evaluation with the running mean and variance, which training keeps.

    Parameters
    ----------
    num_features
        How many features.
    eps
        What is added to the variance.
    momentum
        The part that a batch has in the running mean and variance; None: they are those of all
        batches.
    affine, bias
        Whether there is a `weight`, and with it a `bias`, for each feature.
    track_running_stats
        Whether there is a running mean and variance; else those of the batch are always used.
    dtype
        Of the parameters.

    Attributes
    ----------
    weight, bias
        Parameters of shape (num_features,); None if not `affine`.
    running_mean, running_var, num_batches_tracked
        Buffers.

    Raises
    ------
    ValueError
        From a call with another number of features or, in training, a single value for each.
    """

    _ndims = (2, 3)
    _shapes = "(N, {0}) or (N, {0}, L)"


class BatchNorm2d(_BatchNorm):
    """Give each channel of images mean 0 and variance 1 over a batch: see :class:`BatchNorm1d`."""

    _ndims = (4,)
    _shapes = "(N, {0}, H, W)"


class LayerNorm(_Normalization):
    """Give the last axes of each element of a batch mean 0 and variance 1 (Ba et al., 2016).

    Parameters
    ----------
    normalized_shape
        The lengths of those axes, or the length of the last one.
    eps
        What is added to the variance.
    elementwise_affine, bias
        Whether there is a `weight`, and with it a `bias`, for each element of these axes.
    dtype
        Of the parameters.

    Raises
    ------
    ValueError
        From a call with other last axes.
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        lengths: Any = normalized_shape
        if not isinstance(normalized_shape, (tuple, list)):
            lengths = [normalized_shape]
        self.normalized_shape = tuple(whole("normalized_shape", n, 0) for n in lengths)
        self.eps, self.elementwise_affine = number("eps", eps), elementwise_affine
        self._begin(self.normalized_shape, elementwise_affine, bias, dtype)

    def _check(self, x: Any) -> None:
        count = len(self.normalized_shape)
        if x.ndim < count or x.shape[x.ndim - count :] != self.normalized_shape:
            lengths = ", ".join(map(str, self.normalized_shape))
            raise Misfit(self, f"expected shape (..., {lengths}), got {x.shape}")

    def _normalized(self, x: Any) -> Any:
        count = len(self.normalized_shape)
        axes = tuple(range(x.ndim - count, x.ndim))
        centred = x - x.mean(axis=axes, keepdims=True)
        variance = (centred * centred).mean(axis=axes, keepdims=True)
        return self._scaled(centred, variance, self.normalized_shape)
