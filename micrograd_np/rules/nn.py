"""What neural networks are made of: linear, relu, sigmoid, softmax and the loss on top of it.

Each is written in NumPy and is right at the extremes: logits of any size, infinities included,
give no nan.
"""

import math
from typing import Any

import numpy as np

from micrograd_np.checks import numerical
from micrograd_np.declare import defvjp
from micrograd_np.indices import check_indices
from micrograd_np.lifting import holds, is_traced
from micrograd_np.primitive import primitive
from micrograd_np.rules.reductions import divide
from micrograd_np.rules.rows import is_finite, row_max, row_sum
from micrograd_np.rules.selecting import zeroed


@primitive
def linear(x: Any, weight: Any) -> Any:
    """Return x @ weight.T.

    Parameters
    ----------
    x
        Array or Tensor of shape (..., D).
    weight
        Array or Tensor of shape (K, D): a row for each result.

    Returns
    -------
    array or Tensor
        Of shape (..., K).
    """
    return _rows_times(x, weight.T)


def _matrix(a: Any) -> Any:
    """Return an array as the rows of a matrix."""
    return a.reshape(math.prod(a.shape[:-1]), a.shape[-1])


def _rows_times(x: Any, matrix: Any) -> Any:
    """Return x @ matrix: by one product, where NumPy makes one for each of the stacked matrices."""
    if x.ndim <= 2:
        return x @ matrix
    return (_matrix(x) @ matrix).reshape(*x.shape[:-1], matrix.shape[-1])


defvjp(
    linear,
    lambda g, _out, _x, weight: _rows_times(g, weight),
    lambda g, _out, x, _weight: _matrix(g).T @ _matrix(x),
    torch="nn.functional.linear",
)


@primitive
def relu(x: Any) -> Any:
    """Return max(x, 0), elementwise.

    Parameters
    ----------
    x
        Array or Tensor of any shape.

    Returns
    -------
    array or Tensor
        Of the shape and dtype of `x`. The derivative at 0 is 0.
    """
    return np.maximum(x, 0)


defvjp(
    relu,
    lambda g, out, _x: zeroed(g, out <= 0),
    exact=True,
    kinks="x = 0: 0",
    torch="relu",
    math=r"\max(#1, 0)",
)


@primitive(residual="e")
def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x)), elementwise.

    Parameters
    ----------
    x
        Array or Tensor of any shape.

    Returns
    -------
    array or Tensor
        Of the shape and dtype of `x`, and accurate for any `x`: nothing overflows.
    """
    positive = x >= 0
    e = np.exp(np.where(positive, -x, x))
    return np.where(positive, 1, e) / (1 + e), e


def _sigmoid(g: Any, _out: Any, x: Any, e: Any = None) -> Any:
    # s (1 - s), but not computed so: that is 0 from x = 37 on.
    if e is None:
        e = np.exp(np.where(x >= 0, -x, x))
    return g * (e / (1 + e) ** 2)


defvjp(sigmoid, _sigmoid, torch="sigmoid")


def _shift(x: Any, axis: Any) -> tuple[Any, Any]:
    """Return the maximum of `x` along `axis`, and `x` minus it: at most 0, never inf - inf."""
    top = row_max(x, axis)
    if is_finite(top) if type(top) is np.ndarray else holds(np.isfinite(top).all()):
        return top, x - top
    with np.errstate(invalid="ignore"):
        below = np.where(np.isinf(top), -np.inf, x - top)
    return top, np.where(x == top, 0, below)


@primitive
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return log(sum(exp(x))) along `axis`, without overflow.

    Parameters
    ----------
    x
        Array or Tensor.
    axis
        Axis or axes to reduce; None: all.
    keepdims
        Whether reduced axes stay, with length one.

    Returns
    -------
    array or Tensor
        In the dtype of `x`. Its gradient is ``softmax(x)``.
    """
    if x.dtype == np.float16:  # float16 cannot hold a sum of many terms
        return logsumexp(x.astype(np.float32), axis, keepdims).astype(x.dtype)
    if not x.size:
        return x.sum(axis=axis, keepdims=keepdims) - np.inf  # the logarithm of no terms
    top, shifted = _shift(x, axis)
    out = top + np.log(row_sum(np.exp(shifted), axis))
    return out if keepdims else out.squeeze(axis)


def _logsumexp(g: Any, _out: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if not keepdims and axis is not None and x.ndim:
        g = np.expand_dims(g, axis)
    return g * softmax(x, axis)


@primitive
def softmax(x: Any, axis: Any = -1) -> Any:
    """Return exp(x) / sum(exp(x)) along `axis`, without overflow.

    Parameters
    ----------
    x
        Array or Tensor.
    axis
        Axis or axes over which the result sums to one; None: all.

    Returns
    -------
    array or Tensor
        Of the shape and dtype of `x`.
    """
    if x.dtype == np.float16:
        return softmax(x.astype(np.float32), axis).astype(x.dtype)
    if not x.size:
        row_sum(x, axis)  # or NumPy's error
        return np.copy(x)
    e = np.exp(_shift(x, axis)[1])
    return e / row_sum(e, axis)


@primitive
def log_softmax(x: Any, axis: Any = -1) -> Any:
    """Return the logarithm of ``softmax(x, axis)``, finite where that underflows.

    Parameters
    ----------
    x
        Array or Tensor.
    axis
        Axis or axes over which the softmax sums to one; None: all.

    Returns
    -------
    array or Tensor
        Of the shape and dtype of `x`.
    """
    if x.dtype == np.float16:
        return log_softmax(x.astype(np.float32), axis).astype(x.dtype)
    if not x.size:
        row_sum(x, axis)  # or NumPy's error
        return np.copy(x)
    shifted = _shift(x, axis)[1]
    return shifted - np.log(row_sum(np.exp(shifted), axis))


defvjp(logsumexp, _logsumexp, torch="logsumexp")
defvjp(
    softmax,
    lambda g, out, _x, axis=-1: out * (g - (g * out).sum(axis=axis, keepdims=True)),
    torch="softmax",
)
defvjp(
    log_softmax,
    lambda g, out, _x, axis=-1: g - np.exp(out) * g.sum(axis=axis, keepdims=True),
    torch="log_softmax",
)


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Return the mean cross-entropy of ``softmax(logits)`` against class labels.

    Parameters
    ----------
    logits
        Array or Tensor of shape (..., K), floating-point.
    labels
        Integer classes in 0..K-1, of shape (...).

    Returns
    -------
    array or Tensor
        A single number, in the dtype of `logits`. Its gradient is
        ``(softmax(logits) - onehot(labels)) / N``.

    Raises
    ------
    TypeError
        If the labels are not integers.
    ValueError
        If their shape does not fit.
    IndexError
        If one of them is no class: the first is named, with its place.
    """
    if not isinstance(getattr(logits, "shape", None), tuple):
        logits = numerical(logits)
    at = _at_labels(logits.shape, labels)
    return _cross_entropy(logits, at)


@primitive(residual="probs")
def _cross_entropy(logits: Any, at: Any) -> Any:
    """Return the mean cross-entropy, `at` being where the labels are in the flattened logits."""
    if logits.dtype == np.float16:
        loss, probs = _loss_and_probs(logits.astype(np.float32), at)
        return loss.astype(logits.dtype), probs.astype(logits.dtype)
    return _loss_and_probs(logits, at)


def _loss_and_probs(logits: Any, at: Any) -> tuple[Any, Any]:
    shifted = _shift(logits, -1)[1]
    exp = np.exp(shifted)
    total = row_sum(exp)
    losses = np.log(total).reshape(-1) - shifted.reshape(-1)[at]
    # Half the time of mean().
    loss = np.add.reduce(losses) if type(losses) is np.ndarray else losses.sum()
    return loss / at.size, exp / total


def _at_labels(shape: tuple[int, ...], labels: Any) -> Any:
    """Return where in the flattened logits the labels' elements are."""
    labels = labels if is_traced(labels) else numerical(labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy: labels must be integers, got {labels.dtype}")
    if not shape or labels.shape != shape[:-1]:
        raise ValueError(
            f"cross_entropy: logits of shape {shape} need labels of shape {shape[:-1]}, "
            f"got {labels.shape}"
        )
    rows = math.prod(shape[:-1])
    flat = labels if labels.ndim == 1 else labels.reshape(-1)
    try:
        return np.ravel_multi_index((np.arange(rows), flat), (rows, shape[-1]))
    except ValueError:  # faster than to look first
        check_indices("cross_entropy: label", labels, shape[-1])
        raise


def _probs_minus_onehot(g: Any, _out: Any, logits: Any, at: Any, probs: Any = None) -> Any:
    grad = (softmax(logits, -1) if probs is None else probs).reshape(-1).copy()
    grad[at] -= 1
    grad *= divide(g, at.size)
    return grad.reshape(logits.shape)


defvjp(_cross_entropy, _probs_minus_onehot, torch="nn.functional.cross_entropy")
