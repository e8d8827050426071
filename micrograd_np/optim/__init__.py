"""Optimisers, schedules of their step size, and limits to gradients, by PyTorch's names.

For the optimisers of SciPy there is :func:`micrograd_np.ravel`.
"""

from micrograd_np.optim.algorithms import SGD, Adam, AdamW
from micrograd_np.optim.clipping import clip_grad_norm_, clip_grad_value_
from micrograd_np.optim.optimizer import Optimizer
from micrograd_np.optim.schedulers import CosineAnnealingLR, LinearLR, Scheduler, StepLR

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "LinearLR",
    "Optimizer",
    "Scheduler",
    "StepLR",
    "clip_grad_norm_",
    "clip_grad_value_",
]
