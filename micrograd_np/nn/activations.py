"""What stands between layers: functions of each element, and softmax along an axis.

A function and a layer of each, by the names that PyTorch gives them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd_np.checks import number, told
from micrograd_np.lifting import as_numbers
from micrograd_np.nn.module import Module
from micrograd_np.rules import nn as rules
from micrograd_np.rules.erfc import erfc

relu = rules.relu
sigmoid = rules.sigmoid


def tanh(input: Any) -> Any:
    """Return tanh(x), elementwise: ``np.tanh``."""
    return np.tanh(as_numbers(input))


def leaky_relu(input: Any, negative_slope: float = 0.01) -> Any:
    """Return x where it is positive, and `negative_slope` times x elsewhere."""
    x = as_numbers(input)
    return np.where(x > 0, x, number("negative_slope", negative_slope) * x)


def elu(input: Any, alpha: float = 1.0) -> Any:
    """Return x where it is positive, and alpha (exp(x) - 1) elsewhere."""
    x = as_numbers(input)
    return np.where(x > 0, x, number("alpha", alpha) * np.expm1(np.where(x > 0, 0, x)))


def gelu(input: Any, approximate: str = "none") -> Any:
    """Return x times the probability that a standard normal is less than x.

    Parameters
    ----------
    input
        Array or Tensor of any shape.
    approximate
        ``"none"``, or ``"tanh"`` for the approximation of Hendrycks and Gimpel (2016).

    Returns
    -------
    array or Tensor
        Of the shape and dtype of `input`. It is accurate in the lower tail, too, where PyTorch's
        1 + erf(x) and 1 + tanh(x) lose their digits.
    """
    x = as_numbers(input)
    if not isinstance(approximate, str):
        raise ValueError(f"gelu: approximate is {told(approximate)}, expected 'none' or 'tanh'")
    if approximate == "none":
        return 0.5 * x * erfc(x * -math.sqrt(0.5))
    if approximate == "tanh":
        # (1 + tanh(u)) / 2 = sigmoid(2 u)
        return x * sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x)))
    raise ValueError(f"gelu: approximate is {approximate!r}, expected 'none' or 'tanh'")


def silu(input: Any) -> Any:
    """Return x sigmoid(x), elementwise."""
    x = as_numbers(input)
    return x * sigmoid(x)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """Return log(1 + exp(beta x)) / beta, elementwise, without overflow.

    Where beta x is beyond `threshold` it is x, as in PyTorch, which is off by exp(-threshold) at
    most; ``threshold=np.inf`` computes it everywhere.
    """
    x = as_numbers(input)
    beta, threshold = number("beta", beta), number("threshold", threshold)
    scaled = x * beta
    return np.where(scaled > threshold, x, np.logaddexp(scaled, 0) / beta)


def softmax(input: Any, dim: int = -1) -> Any:
    """Return exp(x) / sum(exp(x)) along an axis, without overflow."""
    return rules.softmax(input, dim)


def log_softmax(input: Any, dim: int = -1) -> Any:
    """Return the logarithm of ``softmax(x, dim)``, finite where that underflows."""
    return rules.log_softmax(input, dim)


class _Elementwise(Module):
    """A layer without options: its function."""

    _function: Callable[[Any], Any]

    def forward(self, x: Any) -> Any:
        """Return the function of `x`."""
        return type(self)._function(x)


class ReLU(_Elementwise):
    """The layer of :func:`relu`."""

    _function = staticmethod(relu)


class Sigmoid(_Elementwise):
    """The layer of :func:`sigmoid`."""

    _function = staticmethod(sigmoid)


class Tanh(_Elementwise):
    """The layer of :func:`tanh`."""

    _function = staticmethod(tanh)


class SiLU(_Elementwise):
    """The layer of :func:`silu`."""

    _function = staticmethod(silu)


class LeakyReLU(Module):
    """The layer of :func:`leaky_relu`."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        """Return ``leaky_relu(x, negative_slope)``."""
        return leaky_relu(x, self.negative_slope)


class ELU(Module):
    """The layer of :func:`elu`."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        """Return ``elu(x, alpha)``."""
        return elu(x, self.alpha)


class GELU(Module):
    """The layer of :func:`gelu`."""

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        """Return ``gelu(x, approximate)``."""
        return gelu(x, self.approximate)


class Softplus(Module):
    """The layer of :func:`softplus`."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Any) -> Any:
        """Return ``softplus(x, beta, threshold)``."""
        return softplus(x, self.beta, self.threshold)


class Softmax(Module):
    """The layer of :func:`softmax`."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        """Return ``softmax(x, dim)``."""
        return softmax(x, self.dim)


class LogSoftmax(Module):
    """The layer of :func:`log_softmax`."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        """Return ``log_softmax(x, dim)``."""
        return log_softmax(x, self.dim)
