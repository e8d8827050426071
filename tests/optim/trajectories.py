"""Fifty steps of training: by formulas, with the library's optimisers, and with PyTorch's."""

import copy

import numpy as np
from hypothesis import strategies as st

import micrograd_np as mg
from nn.sides import as_torch, put, torch
from optim import formulas
from rules.measured import Measured

STEPS = 50

OPTIMISERS = {
    "SGD": st.fixed_dictionaries(
        {"lr": st.sampled_from([1e-3, 1e-2, 0.05])},
        optional={
            "momentum": st.sampled_from([0.5, 0.9]),
            "weight_decay": st.sampled_from([1e-3, 0.1]),
        },
    ).flatmap(
        lambda options: (
            st.just(options)
            | st.just({**options, "nesterov": True} if "momentum" in options else options)
        )
    ),
    **dict.fromkeys(
        ("Adam", "AdamW"),
        st.fixed_dictionaries(
            {"lr": st.sampled_from([1e-3, 1e-2])},
            optional={
                "betas": st.sampled_from([(0.9, 0.99), (0.0, 0.9), (0.5, 0.5)]),
                "eps": st.sampled_from([1e-8, 1e-3]),
                "weight_decay": st.sampled_from([1e-3, 0.1]),
            },
        ),
    ),
}


def measured(layer, loss, optimiser, options):
    """Measure how far rounding may move the parameters, and the last loss.

    `loss(layer)` computes what is minimised.
    """
    layer = copy.deepcopy(layer)  # as it is now, before it is trained
    names = [name for name, _ in layer.named_parameters()]

    def compute(*values):
        own = copy.deepcopy(layer)
        update = getattr(formulas, optimiser)(**options)
        states = [None] * len(names)

        def f(*values):
            put(own, dict(zip(names, values, strict=True)))
            return loss(own)

        for t in range(1, STEPS + 1):
            value, grads = mg.value_and_grad(f, tuple(range(len(values))))(*values)
            steps = [update(p, g, s, t) for p, g, s in zip(values, grads, states, strict=True)]
            values, states = [p for p, _ in steps], [s for _, s in steps]
        return {"loss": value, **dict(zip(names, values, strict=True))}

    return Measured(compute, [p.data for p in layer.parameters()])


def trained(layer, loss, optimizer):
    """Return the parameters and the last loss, for layers and optimisers of either library."""
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss(layer)
        value.backward()
        optimizer.step()
    ours = isinstance(value, mg.Tensor)
    found = {"loss": value.data if ours else value.detach().numpy()}
    for name, parameter in layer.named_parameters():
        found[name] = parameter.data if ours else parameter.detach().numpy()
    return found


def to_targets(inputs, targets, call, criterion="mse_loss"):
    """Return a loss for either library: how far a layer's results are from targets."""

    def loss(layer):
        if isinstance(layer, mg.nn.Module):
            return getattr(mg.nn.functional, criterion)(call(layer, *inputs), targets)
        given = [x.detach() if isinstance(x, torch.Tensor) else x for x in map(as_torch, inputs)]
        return getattr(torch.nn.functional, criterion)(call(layer, *given), torch.tensor(targets))

    return loss


def targets_for(out):
    """Return numbers of the shape and dtype of a result, some of them far from it."""
    return np.sin(np.arange(out.size)).reshape(out.shape).astype(out.dtype)
