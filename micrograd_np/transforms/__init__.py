"""Functions of functions: their gradients, Jacobians and products with them."""

from micrograd_np.transforms.checkpoints import checkpoint
from micrograd_np.transforms.custom import custom_vjp, stop_gradient
from micrograd_np.transforms.forward import jvp, linearize
from micrograd_np.transforms.matrices import hessian, hvp, jacobian, vhp
from micrograd_np.transforms.raveling import ravel
from micrograd_np.transforms.reverse import elementwise_grad, grad, value_and_grad, vjp

__all__ = [
    "checkpoint",
    "custom_vjp",
    "elementwise_grad",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "linearize",
    "ravel",
    "stop_gradient",
    "value_and_grad",
    "vhp",
    "vjp",
]
