"""Optimisers, schedules of their step size, and limits to gradients, by PyTorch's names.

For the optimisers of SciPy there is :func:`micrograd_np.ravel`.
"""

from micrograd_np.optim import lr_scheduler
from micrograd_np.optim.algorithms import SGD, Adam, AdamW
from micrograd_np.optim.clipping import clip_grad_norm_, clip_grad_value_
from micrograd_np.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, StepLR
from micrograd_np.optim.optimizer import Optimizer

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "LRScheduler",
    "LinearLR",
    "Optimizer",
    "StepLR",
    "clip_grad_norm_",
    "clip_grad_value_",
    "lr_scheduler",
]
