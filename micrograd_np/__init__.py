"""Reverse-mode automatic differentiation for NumPy that shows its work.

>>> import numpy as np, micrograd_np as mg
>>> x = mg.tensor([0.0, 1.0], requires_grad=True)
>>> np.sum(np.exp(x)).backward()
>>> x.grad.round(3)
array([1.   , 2.718])
"""

from micrograd_np import rules as _rules  # noqa: F401  (makes every record)
from micrograd_np.engine import no_grad
from micrograd_np.operation import defvjp
from micrograd_np.primitive import primitive
from micrograd_np.rules.nn import (
    cross_entropy,
    log_softmax,
    logsumexp,
    relu,
    sigmoid,
    softmax,
)
from micrograd_np.tensor import Tensor, tensor
from micrograd_np.transforms import grad, value_and_grad, vjp

__version__ = "0.1.0"

__all__ = [
    "Tensor",
    "cross_entropy",
    "defvjp",
    "grad",
    "log_softmax",
    "logsumexp",
    "no_grad",
    "primitive",
    "relu",
    "sigmoid",
    "softmax",
    "tensor",
    "value_and_grad",
    "vjp",
]
