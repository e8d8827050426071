"""Limits to gradients, in place."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from micrograd_np.checks import number, told
from micrograd_np.tensor import Tensor


def clip_grad_norm_(
    parameters: Iterable[Tensor] | Tensor,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> float:
    """Scale all gradients so that their norm, taken together, is at most `max_norm`.

    Parameters
    ----------
    parameters
        Tensors; those without a gradient are left out.
    max_norm
        The largest norm.
    norm_type
        Which norm: 2, another number, or ``np.inf`` for the largest element.
    error_if_nonfinite
        Whether a norm that is nan or infinite is an error.

    Returns
    -------
    float
        The norm before.

    Raises
    ------
    RuntimeError
        If the norm is not finite, with `error_if_nonfinite`.
    """
    norm_type, max_norm = number("norm_type", norm_type), float(number("max_norm", max_norm))
    grads = _gradients(parameters)
    norms = [float(np.linalg.norm(_wide(g).reshape(-1), norm_type)) for g in grads if g.size]
    total = float(np.linalg.norm(norms, norm_type)) if norms else 0.0
    if error_if_nonfinite and not math.isfinite(total):
        raise RuntimeError(
            f"clip_grad_norm_: the norm of the gradients is {total}; mg.detect_anomaly() names the "
            "line that makes them so"
        )
    factor = max_norm / (total + 1e-6)
    if not factor >= 1:  # nan, too, which is to be seen
        for g in grads:
            np.multiply(g, factor, out=g)
    return total


def clip_grad_value_(parameters: Iterable[Tensor] | Tensor, clip_value: float) -> None:
    """Clip each element of all gradients to between -clip_value and clip_value.

    Parameters
    ----------
    parameters
        Tensors; those without a gradient are left out.
    clip_value
        The largest absolute value.
    """
    limit = float(number("clip_value", clip_value))
    for g in _gradients(parameters):
        np.clip(g, -limit, limit, out=g)


def _gradients(parameters: Iterable[Tensor] | Tensor) -> list[Any]:
    try:
        listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    except TypeError:
        raise TypeError(f"parameters is {told(parameters)}, expected tensors") from None
    for parameter in listed:
        if not isinstance(parameter, Tensor):
            raise TypeError(f"one of the parameters is {told(parameter)}, expected a Tensor")
    return [parameter.grad for parameter in listed if parameter.grad is not None]


def _wide(g: Any) -> Any:
    """Return a gradient in a dtype that holds its squares."""
    return g.astype(np.float32) if g.dtype == np.float16 else g
