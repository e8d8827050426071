"""Where PyTorch loses digits and the library does not: the same in PyTorch's formula.

How far rounding may move PyTorch's results is measured of that.
"""

import math

import numpy as np

import micrograd_np as mg
from micrograd_np import nn
from micrograd_np.rules.erfc import erfc


@mg.primitive
def sigmoid(x):
    return mg.sigmoid(x)


mg.defvjp(sigmoid, lambda g, out, _x: g * out * (1 - out))


class Sigmoid(nn.Module):
    def forward(self, x):
        return sigmoid(x)


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
