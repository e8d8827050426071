"""Fifty steps of training end, but for rounding, where formulas and PyTorch end."""

import copy

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.testing.operations.measured import assert_within_radii
from nn.digits import loss_as_pytorch_computes
from nn.sides import is_float, options_in, options_in_torch, torch
from nn.table import LAYERS
from nn.test_layers import both
from nn.test_losses import LOSSES
from optim.trajectories import (
    OPTIMISERS,
    as_pytorch_trains,
    in_both,
    measured,
    to_targets,
    trained,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning"),
    pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss:UserWarning"),
]

FEW = max(settings.default.max_examples // 10, 5)
dtypes = st.sampled_from(["float32", "float64"])
runs = st.sampled_from([*OPTIMISERS]).flatmap(
    lambda name: st.tuples(st.just(name), OPTIMISERS[name])
)


def agree(mine, theirs, loss, run, their_model=None, their_loss=None):
    """Assert that both end where the formula ends: PyTorch's, where that loses digits."""
    optimiser, options = run
    radii = measured(mine, loss, optimiser, options)
    their_radii = measured(their_model or mine, their_loss or loss, optimiser, options)
    ours = getattr(mg.optim, optimiser)(mine.parameters(), **options)
    with np.errstate(all="ignore"):  # large steps lead anywhere, but everybody to the same place
        found = trained(mine, loss, ours)
    assert_within_radii(found, radii)
    other = getattr(torch.optim, optimiser)(theirs.parameters(), **options)
    assert_within_radii(trained(theirs, loss, other), their_radii)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_any_optimiser_trains_a_network_as_pytorch_does(optimiser):
    @settings(max_examples=3 * FEW, suppress_health_check=list(HealthCheck))
    @given(
        options=OPTIMISERS[optimiser],
        sizes=st.tuples(*[st.integers(1, 5)] * 4),
        seed=st.integers(0, 2**32 - 1),
        dtype=dtypes,
        activation=st.sampled_from(["ReLU", "Tanh"]),
    )
    def as_pytorch(options, sizes, seed, dtype, activation):
        rng = np.random.default_rng(seed)
        N, D, H, K = sizes
        nn = mg.nn
        model = nn.Sequential(
            nn.Linear(D, H, generator=rng, dtype=dtype),
            getattr(nn, activation)(),
            nn.Linear(H, K, generator=rng, dtype=dtype),
        )
        X, y = rng.normal(size=(N, D)).astype(dtype), rng.integers(0, K, N)

        def loss(model):
            if isinstance(model, nn.Module):
                return nn.functional.cross_entropy(model(X), y)
            return torch.nn.functional.cross_entropy(model(torch.tensor(X)), torch.tensor(y))

        agree(model, copy.deepcopy(mg.to_torch(model)), loss, (optimiser, options))

    as_pytorch()


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_is_trained_as_in_pytorch(name):
    @settings(max_examples=FEW, suppress_health_check=list(HealthCheck))
    @given(drawn=LAYERS[name], dtype=dtypes, run=runs)
    def as_pytorch(drawn, dtype, run):
        drawn.inputs = [x.astype(dtype) if is_float(x) else x for x in drawn.inputs]
        mine, theirs = in_both(*both(drawn, dtype), drawn.inputs[0])
        out = drawn.call(copy.deepcopy(mine.layer), *drawn.inputs)
        # What is not used has no gradient, and is not changed: in a formula it would be 0.
        assume(drawn.uses_all)
        loss = to_targets(drawn, out)
        agree(mine, theirs, loss, run, as_pytorch_trains(drawn, mine))

    as_pytorch()


class Scores(mg.nn.Module):
    def __init__(self, x):
        self.x = mg.tensor(x, requires_grad=True)


class ScoresInTorch(torch.nn.Module):
    def __init__(self, x):
        super().__init__()
        self.x = torch.nn.Parameter(torch.tensor(x))


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_minimised_as_in_pytorch(name):
    @settings(max_examples=FEW, suppress_health_check=list(HealthCheck))
    @given(drawn=LOSSES[name], dtype=dtypes, run=runs)
    def as_pytorch(drawn, dtype, run):
        *arrays, options = drawn
        x, target = (np.asarray(a, dtype if a.dtype.kind == "f" else None) for a in arrays)
        options = options_in(options, dtype)

        def loss_by(function):
            def loss(model):
                if isinstance(model, mg.nn.Module):
                    return function(model.x, target, **options).sum()
                compute = getattr(torch.nn.functional, name)
                return compute(model.x, torch.tensor(target), **options_in_torch(options)).sum()

            return loss

        loss = loss_by(getattr(mg.nn.functional, name))
        in_their_formula = loss_by(loss_as_pytorch_computes(name))
        agree(Scores(x), ScoresInTorch(x), loss, run, their_loss=in_their_formula)

    as_pytorch()
