"""Filling parameters with numbers to begin with, in place: the functions of ``torch.nn.init``.

Each takes a parameter or an array, and `generator`: a :class:`numpy.random.Generator`, or what
:func:`numpy.random.default_rng` makes one of; None makes a new one on every call. Each returns what
it has filled.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np

from micrograd_np.checks import number, random_generator, told
from micrograd_np.nn.module import assign
from micrograd_np.tensor import Tensor

T = TypeVar("T", bound=Any)


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, generator: Any = None) -> T:
    """Draw from the uniform distribution between `a` and `b`."""
    shape, a, b = _shape(tensor), number("a", a), number("b", b)
    return _fill(tensor, random_generator(generator).uniform(a, b, shape))


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> T:
    """Draw from the normal distribution."""
    shape, mean, std = _shape(tensor), number("mean", mean), number("std", std)
    return _fill(tensor, random_generator(generator).normal(mean, std, shape))


def post_(tensor: T, generator: Any = None) -> T:
    """Draw as the post does: 0.01 times standard normals, row by row."""
    return normal_(tensor, std=0.01, generator=generator)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return by how much an activation shrinks what passes it, as a factor to make up for it.

    Parameters
    ----------
    nonlinearity
        ``linear``, ``conv2d``, ``sigmoid``, ``tanh``, ``relu`` or ``leaky_relu``.
    param
        The slope of ``leaky_relu``: 0.01 by default.

    Raises
    ------
    ValueError
        If it is another.
    """
    slope = 0.01 if param is None else number("param", param)
    gains = {
        "linear": 1.0,
        "conv2d": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2 / (1 + slope**2)),
    }
    if not isinstance(nonlinearity, str) or nonlinearity not in gains:
        raise ValueError(
            f"nonlinearity is {told(nonlinearity)}, expected one of {', '.join(gains)}"
        )
    return gains[nonlinearity]


def xavier_uniform_(tensor: T, gain: float = 1.0, generator: Any = None) -> T:
    """Draw uniformly, with variance 2 gain^2 / (fan_in + fan_out) (Glorot and Bengio, 2010)."""
    bound = math.sqrt(3) * _xavier(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: T, gain: float = 1.0, generator: Any = None) -> T:
    """Draw normally, with variance 2 gain^2 / (fan_in + fan_out) (Glorot and Bengio, 2010)."""
    return normal_(tensor, 0.0, _xavier(tensor, gain), generator)


def kaiming_uniform_(
    tensor: T,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> T:
    """Draw uniformly, with variance gain^2 / fan (He et al., 2015).

    Parameters
    ----------
    tensor
        Of two axes or more: (out, in, ...).
    a
        The slope of ``leaky_relu``.
    mode
        ``fan_in``: results keep their variance. ``fan_out``: gradients do.
    nonlinearity
        What follows, as in :func:`calculate_gain`.
    generator
        Where the numbers come from.
    """
    bound = math.sqrt(3) * _kaiming(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: T,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> T:
    """Draw normally, with variance gain^2 / fan: see :func:`kaiming_uniform_`."""
    return normal_(tensor, 0.0, _kaiming(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: T, gain: float = 1.0, generator: Any = None) -> T:
    """Draw an orthogonal matrix, the axes after the first taken as one (Saxe et al., 2013).

    Rows are orthogonal if there are no more of them than columns, else columns are.

    Raises
    ------
    ValueError
        If there are fewer than two axes.
    """
    rows, columns = _fans(tensor, "orthogonal_")[2:]
    drawn = random_generator(generator).normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = q * np.sign(np.diag(r))  # so that all of them are equally likely
    gain = number("gain", gain)
    return _fill(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))


def _shape(tensor: Any) -> tuple[int, ...]:
    """Return the shape of what can be filled with floating-point numbers."""
    if not isinstance(tensor, (Tensor, np.ndarray)) or tensor.dtype.kind not in "fc":
        kind = getattr(tensor, "dtype", None) or told(tensor)
        raise TypeError(f"what is filled is {kind}, expected a parameter or a floating-point array")
    return tensor.shape


def _fill(tensor: T, values: Any) -> T:
    if isinstance(tensor, Tensor):
        assign(tensor, values)
    else:
        tensor[...] = values
    return tensor


def _xavier(tensor: Any, gain: float) -> float:
    fan_in, fan_out, *_ = _fans(tensor, "xavier")
    return float(number("gain", gain)) * math.sqrt(2 / max(fan_in + fan_out, 1))


def _kaiming(tensor: Any, a: float, mode: str, nonlinearity: str) -> float:
    if not isinstance(mode, str) or mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode is {told(mode)}, expected 'fan_in' or 'fan_out'")
    fan = _fans(tensor, "kaiming")[mode == "fan_out"]
    return calculate_gain(nonlinearity, number("a", a)) / math.sqrt(max(fan, 1))


def _fans(tensor: Any, what: str) -> tuple[int, int, int, int]:
    """Return how many terms make a result and a gradient, and the lengths as a matrix."""
    shape = _shape(tensor)
    if len(shape) < 2:
        raise ValueError(f"{what} takes two axes or more, (out, in, ...), got shape {shape}")
    out, inner, *kernel = shape
    size = math.prod(kernel)
    return inner * size, out * size, out, inner * size
