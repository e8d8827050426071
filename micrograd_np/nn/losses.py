"""Losses: how far predictions are from targets, by the names and reductions of PyTorch.

Each takes ``reduction``: ``"mean"``, ``"sum"``, or ``"none"`` for the loss of each element.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from micrograd_np.checks import number, told, whole
from micrograd_np.indices import check_indices
from micrograd_np.lifting import as_numbers, at_hand, cast, holds, is_traced, lift
from micrograd_np.mode import plain
from micrograd_np.rules import nn as rules
from micrograd_np.values import value_of

# --- of classes --------------------------------------------------------------------------------


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Return the cross-entropy of ``softmax(input)`` against classes or their probabilities.

    Parameters
    ----------
    input
        Scores of K classes, of shape (N, K), (N, K, d1, ...) or (K,).
    target
        Integers from 0 to K - 1, of the shape of `input` without its classes; or probabilities, of
        the shape of `input`.
    weight
        How much each class counts, of shape (K,).
    ignore_index
        A class that does not count.
    reduction
        With ``"mean"`` of classes it is a mean weighted by them; of probabilities, a plain one.
    label_smoothing
        The part of the target that is spread evenly over all classes.

    Raises
    ------
    TypeError, ValueError
        If shapes or dtypes do not fit.
    IndexError
        If a target is no class: the first is named, with its place.
    """
    x, target = as_numbers(input), as_numbers(target)
    label_smoothing = number("label_smoothing", label_smoothing)
    ignore_index = whole("ignore_index", ignore_index)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing is {label_smoothing}, expected 0 to 1")
    axis = _class_axis("cross_entropy", x)
    if target.dtype.kind == "f" and target.shape == x.shape:
        target = target * (1 - label_smoothing) + label_smoothing / x.shape[axis]
        if weight is not None:
            target = target * _along(axis, x, weight)
        log_probs = rules.log_softmax(x, axis)
        # 0 times minus infinity is 0 here: a class that is not asked for.
        losses = -(target * np.where(target == 0, 0, log_probs)).sum(axis=axis)
        return _reduced(losses, reduction)
    if _is_plain(x, target, weight, ignore_index, label_smoothing, reduction):
        return rules.cross_entropy(x, target)
    log_probs = rules.log_softmax(x, axis)
    loss = _nll("cross_entropy", log_probs, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return loss
    if weight is not None:
        log_probs = log_probs * _along(axis, x, weight)
    counts = target != ignore_index
    smooth = np.where(counts, -log_probs.sum(axis=axis), 0)
    if reduction == "mean":
        smooth = smooth.sum() / _weight_of(target, counts, weight, x, axis).sum()
    else:
        smooth = _reduced(smooth, reduction)
    return (1 - label_smoothing) * loss + label_smoothing / x.shape[axis] * smooth


def _is_plain(
    x: Any, target: Any, weight: Any, ignore_index: int, smoothing: float, reduction: str
) -> bool:
    """Whether it is the mean over classes all of which count: one operation, and faster."""
    shape = plain(value_of(x)).shape
    if is_traced(target):  # the program is one for targets that count, if it must not be another
        if len(shape) == 2 and 0 <= ignore_index < shape[1]:
            return False
        target = at_hand(target)
    simple = weight is None and not smoothing and reduction == "mean" and len(shape) == 2
    if not simple or target.dtype.kind not in "iu" or not target.size:
        return False
    is_class = (target >= 0) & (target < shape[1]) & (target != ignore_index)
    return target.shape == shape[:1] and holds(np.all(is_class))


def nll_loss(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    """Return minus the log-probabilities of classes.

    Parameters
    ----------
    input
        Log-probabilities of K classes, of shape (N, K), (N, K, d1, ...) or (K,).
    target, weight, ignore_index, reduction
        As of :func:`cross_entropy`: integers.

    Raises
    ------
    TypeError, ValueError, IndexError
        As from :func:`cross_entropy`.
    """
    ignore_index = whole("ignore_index", ignore_index)
    return _nll("nll_loss", as_numbers(input), as_numbers(target), weight, ignore_index, reduction)


def _nll(what: str, x: Any, target: Any, weight: Any, ignore_index: int, reduction: str) -> Any:
    axis = _class_axis(what, x)
    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    if target.shape != shape:
        raise ValueError(
            f"{what}: scores of shape {x.shape} need targets of shape {shape}, got {target.shape}"
        )
    target = check_indices(f"{what}: target", target, x.shape[axis], ignore_index)
    counts = target != ignore_index
    at = np.expand_dims(np.where(counts, target, 0), axis)
    losses = -np.take_along_axis(x, at, axis).squeeze(axis)
    weights = _weight_of(target, counts, weight, x, axis)
    losses = np.where(counts, losses, 0) * weights
    return losses.sum() / weights.sum() if reduction == "mean" else _reduced(losses, reduction)


def _class_axis(what: str, x: Any) -> int:
    if not x.ndim or x.dtype.kind != "f":
        raise ValueError(
            f"{what}: expected floating-point scores of shape (N, K, ...) or (K,), got {x.dtype} "
            f"of shape {x.shape}"
        )
    axis = 1 if x.ndim > 1 else 0
    if not plain(x.shape[axis]):
        raise ValueError(f"{what}: expected scores of one class or more, got shape {x.shape}")
    return axis


def _weights(weight: Any, count: int, dtype: Any) -> Any:
    """Return how much each class counts."""
    weight = _of_reals("weight", weight)
    if weight.shape != (count,):
        raise ValueError(f"weight has shape {weight.shape}, expected {(count,)}")
    return weight.astype(dtype)


def _along(axis: int, x: Any, weight: Any) -> Any:
    """Return weights of classes so that they are broadcast along the axis of classes."""
    weight = _weights(weight, x.shape[axis], x.dtype)
    return weight.reshape(-1, *[1] * (x.ndim - 1 - axis))


def _weight_of(target: Any, counts: Any, weight: Any, x: Any, axis: int) -> Any:
    """Return how much each target counts."""
    if weight is None:
        return counts.astype(x.dtype)
    weights = _weights(weight, x.shape[axis], x.dtype)
    if is_traced(target):
        weights = lift(weights)  # an array cannot be indexed by what is not known yet
    return np.where(counts, weights[np.where(counts, target, 0)], 0)


# --- of numbers --------------------------------------------------------------------------------


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Return the squared differences.

    Parameters
    ----------
    input, target
        Arrays or Tensors of one shape. It is not broadcast: (N, 1) and (N,) would make (N, N).

    Raises
    ------
    ValueError
        If the shapes differ.
    TypeError
        If both are integers.
    """
    difference = _difference("mse_loss", input, target)
    return _reduced(difference * difference, reduction)


def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Return the absolute differences: see :func:`mse_loss`."""
    return _reduced(np.abs(_difference("l1_loss", input, target)), reduction)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """Return half the squared differences, and beyond `delta` what continues them as a line.

    See :func:`mse_loss`.
    """
    delta = number("delta", delta)
    if not delta > 0:
        raise ValueError(f"huber_loss: delta is {delta}, expected a positive number")
    difference = _difference("huber_loss", input, target)
    size = np.abs(difference)
    square = 0.5 * difference * difference
    return _reduced(np.where(size <= delta, square, delta * (size - 0.5 * delta)), reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """Return the cross-entropy of ``sigmoid(input)`` against probabilities.

    Parameters
    ----------
    input, target
        Arrays or Tensors of one shape.
    weight
        How much each element counts: broadcast.
    pos_weight
        How much the part of the target counts that is 1: broadcast.

    Raises
    ------
    ValueError
        If the shapes of `input` and `target` differ.
    TypeError
        If `input` is not floating-point.
    """
    x, target = _of_scores("binary_cross_entropy_with_logits", input, target)
    weight, pos_weight = (
        w if w is None else cast(_of_reals("a weight", w), x.dtype) for w in (weight, pos_weight)
    )
    positive = 1 if pos_weight is None else 1 + (pos_weight - 1) * target
    # -log(1 - s) = x - log(s), and -log(s) = log(1 + exp(-x))
    losses = (1 - target) * x + positive * np.logaddexp(0, -x)
    return _reduced(losses if weight is None else losses * weight, reduction)


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """Return the Kullback-Leibler divergence of a distribution from `target`, by element.

    Parameters
    ----------
    input
        Log-probabilities.
    target
        Probabilities, or their logarithms with `log_target`, of the shape of `input`.
    reduction
        ``"batchmean"``, too: the sum, divided by the length of the first axis. It is the
        divergence; ``"mean"`` divides by the number of all elements.

    Raises
    ------
    ValueError
        If the shapes differ.
    TypeError
        If `input` is not floating-point.
    """
    x, target = _of_scores("kl_div", input, target)
    if log_target:
        losses = np.exp(target) * (target - x)
    else:
        some = target > 0  # 0 log(0) is 0
        losses = target * (np.log(np.where(some, target, 1)) - np.where(some, x, 0))
    if reduction == "batchmean":
        return losses.sum() / max(x.shape[0] if x.ndim else 1, 1)
    return _reduced(losses, reduction)


def _alike(what: str, x: Any, target: Any) -> tuple[Any, Any]:
    x, target = as_numbers(x), as_numbers(target)
    if x.shape != target.shape:
        raise ValueError(f"{what}: expected a target of shape {x.shape}, got {target.shape}")
    if x.dtype.kind != "f" and target.dtype.kind != "f":
        raise TypeError(
            f"{what}: expected floating-point numbers, got {x.dtype} and {target.dtype}"
        )
    return x, target


def _of_scores(what: str, input: Any, target: Any) -> tuple[Any, Any]:
    x, target = _alike(what, input, target)
    if x.dtype.kind != "f":
        raise TypeError(f"{what}: expected floating-point scores, got {x.dtype}")
    return x, target


def _difference(what: str, x: Any, target: Any) -> Any:
    x, target = _alike(what, x, target)
    return x - target


def _of_reals(what: str, values: Any) -> Any:
    """Return an array or a tensor of real numbers."""
    found = as_numbers(values)
    if found.dtype.kind == "c":
        raise TypeError(f"{what} is {found.dtype}, expected real numbers")
    return found


def _reduced(losses: Any, reduction: str) -> Any:
    if not isinstance(reduction, str):
        raise ValueError(f"reduction is {told(reduction)}, expected 'mean', 'sum' or 'none'")
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"reduction is {reduction!r}, expected 'mean', 'sum' or 'none'")
