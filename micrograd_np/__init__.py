"""Reverse-mode automatic differentiation for NumPy that shows its work.

>>> import numpy as np, micrograd_np as mg
>>> x = mg.tensor([0.0, 1.0], requires_grad=True)
>>> np.sum(np.exp(x)).backward()
>>> x.grad.round(3)
array([1.   , 2.718])
"""

from typing import TYPE_CHECKING, Any

from micrograd_np import rules as _rules  # noqa: F401  (makes every record)
from micrograd_np.declare import defvjp
from micrograd_np.making import from_dlpack, tensor
from micrograd_np.mode import no_grad
from micrograd_np.primitive import primitive
from micrograd_np.rules.nn import (
    cross_entropy,
    log_softmax,
    logsumexp,
    relu,
    sigmoid,
    softmax,
)
from micrograd_np.tensor import Tensor

if TYPE_CHECKING:
    from micrograd_np import nn, optim
    from micrograd_np.anomaly import detect_anomaly
    from micrograd_np.compare import assert_backward_correct, check, compare
    from micrograd_np.explorer.live import explore
    from micrograd_np.io import load, save
    from micrograd_np.nn.interop import from_torch, to_torch
    from micrograd_np.numeric.gradcheck import gradcheck
    from micrograd_np.program import derive, trace
    from micrograd_np.program.jit import jit
    from micrograd_np.transforms import (
        checkpoint,
        custom_vjp,
        elementwise_grad,
        grad,
        hessian,
        hvp,
        jacobian,
        jvp,
        linearize,
        ravel,
        stop_gradient,
        value_and_grad,
        vhp,
        vjp,
    )

__version__ = "0.1.0"

__all__ = [
    "Tensor",
    "assert_backward_correct",
    "check",
    "checkpoint",
    "compare",
    "cross_entropy",
    "custom_vjp",
    "defvjp",
    "derive",
    "detect_anomaly",
    "elementwise_grad",
    "explore",
    "from_dlpack",
    "from_torch",
    "grad",
    "gradcheck",
    "hessian",
    "hvp",
    "jacobian",
    "jit",
    "jvp",
    "linearize",
    "load",
    "log_softmax",
    "logsumexp",
    "nn",
    "no_grad",
    "optim",
    "primitive",
    "ravel",
    "relu",
    "save",
    "sigmoid",
    "softmax",
    "stop_gradient",
    "tensor",
    "to_torch",
    "trace",
    "value_and_grad",
    "vhp",
    "vjp",
]


_LATER = {
    "assert_backward_correct": "micrograd_np.compare",
    "check": "micrograd_np.compare",
    "checkpoint": "micrograd_np.transforms",
    "compare": "micrograd_np.compare.comparing",
    "custom_vjp": "micrograd_np.transforms",
    "derive": "micrograd_np.program",
    "detect_anomaly": "micrograd_np.anomaly",
    "explore": "micrograd_np.explorer.live",
    "elementwise_grad": "micrograd_np.transforms",
    "from_torch": "micrograd_np.nn.interop",
    "grad": "micrograd_np.transforms",
    "gradcheck": "micrograd_np.numeric.gradcheck",
    "hessian": "micrograd_np.transforms",
    "hvp": "micrograd_np.transforms",
    "jacobian": "micrograd_np.transforms",
    "jit": "micrograd_np.program.jit",
    "jvp": "micrograd_np.transforms",
    "linearize": "micrograd_np.transforms",
    "load": "micrograd_np.io",
    "ravel": "micrograd_np.transforms",
    "save": "micrograd_np.io",
    "stop_gradient": "micrograd_np.transforms",
    "to_torch": "micrograd_np.nn.interop",
    "trace": "micrograd_np.program",
    "value_and_grad": "micrograd_np.transforms",
    "vhp": "micrograd_np.transforms",
    "vjp": "micrograd_np.transforms",
}


_PACKAGES = ("nn", "optim")


def __getattr__(name: str) -> Any:
    """Import the modules that not every program uses when they are first asked for."""
    if name not in _LATER and name not in _PACKAGES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    if name in _PACKAGES:
        return import_module(f"{__name__}.{name}")
    globals()[name] = getattr(import_module(_LATER[name]), name)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted(__all__)
