"""Layers, activations, losses and what parameters begin with, by the names of ``torch.nn``.

Parameters are float32, as there, unless ``dtype=`` says otherwise; with other dtypes they are
promoted as NumPy does it.

>>> import numpy as np, micrograd_np as mg
>>> model = mg.nn.Sequential(mg.nn.Linear(4, 6), mg.nn.ReLU(), mg.nn.Linear(6, 3))
>>> loss = mg.nn.functional.cross_entropy(model(np.ones((5, 4))), np.array([0, 1, 2, 0, 1]))
>>> loss.backward()
>>> model[0].weight.grad.shape
(6, 4)
"""

from micrograd_np.nn import functional, init
from micrograd_np.nn.activations import (
    ELU,
    GELU,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from micrograd_np.nn.attention import MultiheadAttention
from micrograd_np.nn.calling import functional_call
from micrograd_np.nn.convolution import AvgPool2d, Conv2d, MaxPool2d
from micrograd_np.nn.layers import Dropout, Embedding, Flatten, Linear, Sequential
from micrograd_np.nn.loss_layers import (
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
)
from micrograd_np.nn.module import Module
from micrograd_np.nn.normalization import BatchNorm1d, BatchNorm2d, LayerNorm

__all__ = [
    "ELU",
    "GELU",
    "AvgPool2d",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv2d",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "Flatten",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "MaxPool2d",
    "Module",
    "MultiheadAttention",
    "NLLLoss",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "functional",
    "functional_call",
    "init",
]
