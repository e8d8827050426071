"""The networks of `reference`: the one of the post, any number of layers, and none."""

from typing import Any

import numpy as np

import micrograd_np as mg
from micrograd_np.testing.networks import Network, networks
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.systems.system import Example, System
from reference import layers, linear, post

# --- what is drawn ------------------------------------------------------------------------------


def example_of(network: Network) -> Example:
    """Give each matrix and bias a name: ``W1``, ``b1`` and so on."""
    numbers = range(1, len(network.W) + 1)
    W = {f"W{number}": w for number, w in zip(numbers, network.W, strict=True)}
    b = {f"b{number}": b for number, b in zip(numbers, network.b, strict=True)}
    return Example({"X": network.X, **W, **b}, {"y": network.y, "reg": network.reg}, network.told)


def _drawn(depths: tuple[int, int], columns: bool = False) -> Any:
    return networks(depths, columns=columns).map(example_of)


# --- the losses, written once -------------------------------------------------------------------


class Torch:
    """PyTorch's functions by the names that they have in micrograd_np."""

    @staticmethod
    def relu(x: Any) -> Any:
        """Return max(x, 0)."""
        return torch.relu(x)

    @staticmethod
    def cross_entropy(logits: Any, labels: Any) -> Any:
        """Return the mean over the rows."""
        return torch.nn.functional.cross_entropy(logits, torch.from_numpy(np.asarray(labels)))


def post_loss(f: Any, a: Any, facts: Any) -> Any:
    """Return the loss of the network of the post, with the functions of `f`."""
    scores = f.relu(a["X"] @ a["W1"] + a["b1"]) @ a["W2"] + a["b2"]
    penalty = (a["W1"] * a["W1"]).sum() + (a["W2"] * a["W2"]).sum()
    return f.cross_entropy(scores, facts["y"]) + 0.5 * facts["reg"] * penalty


def linear_loss(f: Any, a: Any, facts: Any) -> Any:
    """Return the loss of a classifier without a hidden layer."""
    loss = f.cross_entropy(a["X"] @ a["W1"] + a["b1"], facts["y"])
    return loss + 0.5 * facts["reg"] * (a["W1"] * a["W1"]).sum()


def layers_loss(f: Any, a: Any, facts: Any) -> Any:
    """Return the loss of any number of layers, with examples as columns."""
    *hidden, last = _numbers(a)
    o = a["X"]
    for k in hidden:
        o = f.relu(a[f"W{k}"] @ o + a[f"b{k}"])
    return f.cross_entropy((a[f"W{last}"] @ o + a[f"b{last}"]).T, facts["y"])


def _numbers(a: Any) -> list[str]:
    return [name[1:] for name in a if name.startswith("W")]


# --- by hand ------------------------------------------------------------------------------------


def _post_by_hand(a: Any, facts: Any, _dout: Any) -> Any:
    weights = (a["W1"], a["b1"], a["W2"], a["b2"], facts["reg"])
    values = post.forward(a["X"], facts["y"], *weights)
    lines = post.backward(a["X"], facts["y"], *weights, values)
    # The post has no use for the gradient of X; equation (1) of the answer gives it.
    return {"out": values["loss"], **lines, "dX": lines["dhidden"] @ a["W1"].T}


def _linear_by_hand(a: Any, facts: Any, _dout: Any) -> Any:
    weights = (a["W1"], a["b1"], facts["reg"])
    values = linear.forward(a["X"], facts["y"], *weights)
    lines = linear.backward(a["X"], facts["y"], *weights, values)
    dX = lines["dscores"] @ a["W1"].T
    return {"out": values["loss"], "dX": dX, "dW1": lines["dW"], "db1": lines["db"]}


def _layers_by_hand(a: Any, facts: Any, _dout: Any) -> Any:
    numbers = _numbers(a)
    W, b = [a[f"W{k}"] for k in numbers], [a[f"b{k}"] for k in numbers]
    values = layers.forward(a["X"], facts["y"], W, b)
    lines = layers.backward(a["X"], facts["y"], W, b, values)
    gradients = {
        f"d{name}{k}": gradient
        for name in ("W", "b")
        for k, gradient in zip(numbers, lines[f"d{name}"], strict=True)
    }
    return {"out": values["loss"], "dX": lines["do"][0], **gradients}


NETWORKS = (
    System(
        "the network of the post",
        _drawn((2, 2)),
        _post_by_hand,
        lambda a, facts: post_loss(mg, a, facts),
        lambda a, facts: post_loss(Torch, a, facts),
        weight=3,
        group="networks",
    ),
    System(
        "n layers, examples as columns",
        _drawn((1, 5), columns=True),
        _layers_by_hand,
        lambda a, facts: layers_loss(mg, a, facts),
        lambda a, facts: layers_loss(Torch, a, facts),
        weight=2,
        group="networks",
    ),
    System(
        "a linear classifier",
        _drawn((1, 1)),
        _linear_by_hand,
        lambda a, facts: linear_loss(mg, a, facts),
        lambda a, facts: linear_loss(Torch, a, facts),
        weight=2,
        group="networks",
    ),
)
