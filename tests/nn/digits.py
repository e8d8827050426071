"""Where PyTorch loses digits and the library does not: the same in PyTorch's formula.

How far rounding may move PyTorch's results is measured of that.
"""

import functools
import math

import numpy as np

import micrograd_np as mg
from micrograd_np import nn
from micrograd_np.rules.erfc import erfc


@functools.cache
def by_result():
    """Make the sigmoid whose gradient is computed from the result: once it is asked for.

    So that the records are the library's own while tests are collected.
    """

    @mg.primitive
    def sigmoid(x):
        return mg.sigmoid(x)

    mg.defvjp(sigmoid, lambda g, out, _x: g * out * (1 - out))
    return sigmoid


@functools.cache
def by_difference():
    """Make the loss of logits whose gradient is a difference, the sigmoid minus the target."""

    @mg.primitive
    def logit_loss(x, target, positive):
        return (1 - target) * x + (1 + (positive - 1) * target) * np.logaddexp(0, -x)

    mg.defvjp(
        logit_loss,
        lambda g, _out, x, t, positive: (
            g * ((1 + (positive - 1) * t) * mg.sigmoid(x) - positive * t)
        ),
        lambda g, _out, x, _t, positive: g * ((positive - 1) * np.logaddexp(0, -x) - x),
        None,
        broadcasts=True,
    )
    return logit_loss


def binary_cross_entropy_with_logits(x, target, weight=None, reduction="mean", pos_weight=None):
    losses = by_difference()(x, target, 1.0 if pos_weight is None else pos_weight)
    losses = losses if weight is None else losses * weight
    return losses if reduction == "none" else getattr(losses, reduction)()


def loss_as_pytorch_computes(name):
    """Return a loss as a function, in PyTorch's formula if that loses digits."""
    return globals().get(name) or getattr(nn.functional, name)


class Sigmoid(nn.Module):
    def forward(self, x):
        return by_result()(x)


class GELU(nn.Module):
    def __init__(self, approximate):
        self.approximate = approximate

    def forward(self, x):
        if self.approximate == "none":
            erf = 1 - erfc(x * math.sqrt(0.5))
        else:
            erf = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x)))
        return 0.5 * x * (1 + erf)


def as_pytorch_computes(drawn, layer):
    """Return the layer, in PyTorch's formula if that loses digits."""
    made = {"Sigmoid": Sigmoid, "GELU": GELU}.get(drawn.name)
    return layer if made is None else made(**drawn.options)
