"""The automatic side and PyTorch's, from one forward pass written once."""

from dataclasses import replace

import numpy as np
import pytest

import micrograd_np as mg
from equivalence.evidence import agree
from micrograd_np.rounding import distance, rounding_radius

torch = pytest.importorskip("torch", reason="PyTorch is one of the three sides")
torch.set_num_threads(1)


def automatic(loss, arrays, names):
    """Return the loss and its gradients with how far rounding may move them.

    `loss(functions, *arrays)` computes with the functions relu, cross_entropy of `functions`.
    """

    def run(*given):
        value, gradients = mg.value_and_grad(lambda *a: loss(mg, *a), tuple(range(len(given))))(
            *given
        )
        return {"loss": value, **dict(zip(names, gradients, strict=True))}

    return rounding_radius(run, *arrays)


def by_torch(loss, arrays, names):
    """Return PyTorch's loss and gradients."""
    leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
    value = loss(TorchFunctions, *leaves)
    value.backward()
    zeros = (np.zeros_like(array) for array in arrays)
    return {
        "loss": value.detach().numpy(),
        **{
            name: zero if leaf.grad is None else leaf.grad.numpy()
            for name, leaf, zero in zip(names, leaves, zeros, strict=True)
        },
    }


class TorchFunctions:
    """What the losses need beside operators, by the names they have in micrograd_np."""

    relu = staticmethod(torch.relu)

    @staticmethod
    def cross_entropy(logits, labels):
        return torch.nn.functional.cross_entropy(logits, torch.from_numpy(np.asarray(labels)))


def assert_three_ways(what, example, by_hand, ours, theirs):
    """Assert that the three sides agree, name by name."""
    distances = {}
    for name, radius in ours.items():
        torch_radius = replace(radius, value=np.asarray(theirs[name]))
        distances["hand-auto", name] = distance(by_hand[name], radius)
        distances["auto-torch", name] = distance(radius.value, torch_radius)
        distances["hand-torch", name] = distance(by_hand[name], torch_radius)
    sizes = {name: radius.value.size for name, radius in ours.items()}
    agree(what, example.X.dtype.name, example.told, distances, sizes)
