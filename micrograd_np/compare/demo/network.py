"""The network of the post, of any depth, written forward only: what is differentiated."""

import math
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from micrograd_np.rules import nn
from micrograd_np.transforms import grad, stop_gradient

SLOPE = 0.01
"""Of the leaky ReLU below 0."""

OURS = SimpleNamespace(
    relu=nn.relu,
    leaky_relu=lambda x: np.where(x > 0, x, SLOPE * x),
    tanh=np.tanh,
    sigmoid=nn.sigmoid,
    log_sum_exp=lambda scores: nn.logsumexp(scores, axis=-1),
    cross_entropy=nn.cross_entropy,
    stop_gradient=stop_gradient,
    zeros=np.zeros,
    gradients=lambda f, at: grad(f)(at),
)
"""The functions of the network that are not operators, as this library has them."""


def torch_functions() -> SimpleNamespace | None:
    """Return the same functions of PyTorch, or None where it is not installed."""
    try:
        import torch
    except ImportError:
        return None

    def gradients(f: Callable[..., Any], at: Mapping[str, Any]) -> dict[str, Any]:
        leaves = {name: value.detach().requires_grad_() for name, value in at.items()}
        found = torch.autograd.grad(f(leaves), list(leaves.values()))
        return dict(zip(leaves, found, strict=True))

    return SimpleNamespace(
        relu=torch.relu,
        leaky_relu=lambda x: torch.nn.functional.leaky_relu(x, SLOPE),
        tanh=torch.tanh,
        sigmoid=torch.sigmoid,
        log_sum_exp=lambda scores: torch.logsumexp(scores, dim=1),
        cross_entropy=torch.nn.functional.cross_entropy,
        stop_gradient=lambda x: x.detach(),
        zeros=torch.zeros,
        gradients=gradients,
    )


def depth(inputs: Mapping[str, Any]) -> int:
    """Return the number of hidden layers: of the weights but the last."""
    count = 0
    while f"W{count + 2}" in inputs:
        count += 1
    return count


def numbered(name: str, layer: int, layers: int) -> str:
    """Return what a value of a hidden layer is called: as in the post if it is the only one."""
    return name if layers == 1 else f"{name}{layer}"


def network(
    inputs: Mapping[str, Any],
    functions: SimpleNamespace = OURS,
    activation: str = "relu",
    taps: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Compute every quantity of the network.

    Parameters
    ----------
    inputs
        ``X, y, reg`` and ``W1, b1, W2, b2``, of more layers ``W3, b3`` and so on, as arrays,
        Tensors or torch tensors. The weights may have one more axis at the front, as may X: as
        many networks side by side, labels likewise, whose losses are added up. A quantity from the
        result may be given as well (``before_relu``, ``hidden``, ``scores``): it is then taken as
        it is, so that one can differentiate by it.
    functions
        :data:`OURS` or :func:`torch_functions`.
    activation
        Which of the functions follows a hidden layer.
    taps
        Zeros to be added on the way, so that one can differentiate by what they are added to: by
        the name of the line of the backward pass whose gradient that is.

    Returns
    -------
    dict
        The inputs, and ``before_relu, hidden`` (of several layers ``before_relu1, hidden1``...),
        ``scores, log_partition, data_loss_sum, data_loss, loss``.
    """
    v = dict(inputs)
    layers = depth(inputs)
    taps = taps or {}

    def tapped(name: str, value: Any) -> Any:
        return value + taps[name] if name in taps else value

    def affine(below: Any, layer: int) -> Any:
        W = tapped(f"dW{layer}_data", v[f"W{layer}"])
        return below @ W + tapped(f"db{layer}", v[f"b{layer}"])

    for layer in range(1, layers + 2):
        v[f"W{layer}"] = tapped(f"dW{layer}", v[f"W{layer}"])
    below = v["X"]
    for layer in range(1, layers + 1):
        before, hidden = (numbered(name, layer, layers) for name in ("before_relu", "hidden"))
        if before not in v:
            v[before] = tapped(f"d{hidden}", affine(below, layer))
        if hidden not in v:
            value = getattr(functions, activation)(v[before])
            v[hidden] = tapped(f"d{hidden}_before_mask", value)
        below = v[hidden]
    if "scores" not in v:
        v["scores"] = tapped("dscores", affine(below, layers + 1))
    v["log_partition"] = functions.log_sum_exp(v["scores"]).sum()
    v["data_loss"] = functions.cross_entropy(v["scores"], v["y"])
    if v["scores"].ndim == 3:  # that was the mean of all of them
        v["data_loss"] = v["scores"].shape[0] * v["data_loss"]
    v["data_loss_sum"] = v["X"].shape[-2] * v["data_loss"]
    squares = (v["W1"] * v["W1"]).sum()
    for layer in range(2, layers + 2):
        squares = squares + (v[f"W{layer}"] * v[f"W{layer}"]).sum()
    v["loss"] = v["data_loss"] + 0.5 * v["reg"] * squares
    return v


def counterparts(
    inputs: Mapping[str, Any], functions: SimpleNamespace = OURS, activation: str = "relu"
) -> dict[str, Any]:
    """Return the gradient that each line of the backward pass should be.

    All of them in one pass: a zero is added wherever a line has a gradient, and one sum is
    differentiated by all the zeros. The scores have two lines more, of which the first two are the
    gradients of other quantities; these see the scores as numbers.

    Parameters
    ----------
    inputs, functions, activation
        As for `network`.

    Returns
    -------
    dict
        By the name of the line, as `reference.post.backward` returns them.
    """
    taps = _taps(inputs, functions)

    def objective(taps: Mapping[str, Any]) -> Any:
        v = network(inputs, functions, activation, taps)
        scores = functions.stop_gradient(v["scores"])
        A = functions.log_sum_exp(scores + taps["dscores_probs"]).sum()
        D = functions.cross_entropy(scores + taps["dscores_minus_onehot"], v["y"])
        examples = math.prod(v["scores"].shape[:-1])  # of all networks
        return v["loss"] + A + examples * D

    found: dict[str, Any] = functions.gradients(objective, taps)
    return found


def _taps(inputs: Mapping[str, Any], functions: SimpleNamespace) -> dict[str, Any]:
    """Return a zero for each line, of the shape of its gradient, the last layer first."""
    *copies, N, _ = inputs["X"].shape
    layers = depth(inputs)

    def zeros(*shape: int) -> Any:
        return functions.zeros((*copies, *shape), dtype=inputs["X"].dtype)

    names = ("dscores_probs", "dscores_minus_onehot", "dscores")
    taps = {name: zeros(N, inputs[f"W{layers + 1}"].shape[-1]) for name in names}
    for layer in range(layers + 1, 0, -1):
        below, above = inputs[f"W{layer}"].shape[-2:]
        taps |= {f"dW{layer}_data": zeros(below, above), f"dW{layer}": zeros(below, above)}
        taps[f"db{layer}"] = zeros(1, above)
        if layer > 1:
            hidden = numbered("hidden", layer - 1, layers)
            taps |= {f"d{hidden}_before_mask": zeros(N, below), f"d{hidden}": zeros(N, below)}
    return taps
