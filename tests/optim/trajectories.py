"""Fifty steps of training: by formulas, with the library's optimisers, and with PyTorch's."""

import copy

import numpy as np
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.testing.operations.measured import Measured
from nn.digits import as_pytorch_computes
from nn.sides import as_torch, is_float, put, torch
from optim import formulas

STEPS = 50


OPTIMISERS = {
    "SGD": st.fixed_dictionaries(
        {"lr": st.sampled_from([1e-3, 1e-2, 0.05])},
        optional={"weight_decay": st.sampled_from([1e-3, 0.1])},
    )
    | st.fixed_dictionaries(
        {
            "lr": st.sampled_from([1e-3, 1e-2]),
            "momentum": st.sampled_from([0.5, 0.9]),
            "nesterov": st.booleans(),
            "weight_decay": st.sampled_from([0.0, 0.1]),
        }
    ),
    **dict.fromkeys(
        ("Adam", "AdamW"),
        st.fixed_dictionaries(
            {"lr": st.sampled_from([1e-3, 1e-2])},
            optional={
                "betas": st.sampled_from([(0.9, 0.99), (0.0, 0.9), (0.5, 0.5)]),
                # None with which lr / eps is about 1: a step then ends where terms cancel.
                "eps": st.sampled_from([1e-8, 0.1]),
                "weight_decay": st.sampled_from([1e-3, 0.1]),
            },
        ),
    ),
}


# --- what is trained ---------------------------------------------------------------------------


class Trained(mg.nn.Module):
    """A layer, and the array that it is given, which is a parameter, too."""

    def __init__(self, layer, x):
        self.layer = layer
        self.x = mg.tensor(x, requires_grad=True) if is_float(x) else x


class TrainedInTorch(torch.nn.Module):
    def __init__(self, layer, x):
        super().__init__()
        self.layer = layer
        self.x = torch.nn.Parameter(torch.tensor(x)) if is_float(x) else torch.tensor(x)


def in_both(mine, theirs, x):
    return Trained(mine, x), TrainedInTorch(theirs, x)


# --- how ---------------------------------------------------------------------------------------


def measured(model, loss, optimiser, options):
    """Measure how far rounding may move the parameters, and the last loss.

    `loss(model)` computes what is minimised.
    """
    model = copy.deepcopy(model)  # as it is now, before it is trained
    names = [name for name, _ in model.named_parameters()]

    def compute(*values):
        own = copy.deepcopy(model)
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

    return Measured(compute, [p.data for p in model.parameters()])


def trained(model, loss, optimizer):
    """Return the parameters and the last loss, for models and optimisers of either library."""
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss(model)
        value.backward()
        optimizer.step()
    ours = isinstance(value, mg.Tensor)
    found = {"loss": value.data if ours else value.detach().numpy()}
    for name, parameter in model.named_parameters():
        found[name] = parameter.data if ours else parameter.detach().numpy()
    return found


def to_targets(drawn, out):
    """Return a loss for either library: how far a layer's results are from some numbers."""
    targets = np.sin(np.arange(out.size)).reshape(out.shape).astype(out.dtype)

    def loss(model):
        if isinstance(model, Trained):
            given = [model.x, *drawn.inputs[1:]]
            return mg.nn.functional.mse_loss(drawn.call(model.layer, *given), targets)
        given = [model.x, *(as_torch(x).detach() for x in drawn.inputs[1:])]
        wanted = torch.tensor(targets)
        return torch.nn.functional.mse_loss(drawn.call(model.layer, *given), wanted)

    return loss


def as_pytorch_trains(drawn, model):
    """Return a model, in PyTorch's formula where that loses digits."""
    other = copy.copy(model)
    other.layer = as_pytorch_computes(drawn, model.layer)
    return other
