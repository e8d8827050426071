"""Fifty steps with any optimiser end, but for rounding, where its formula and PyTorch end."""

import copy

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from nn.sides import is_float, torch
from nn.table import LAYERS
from nn.test_layers import both
from optim.trajectories import OPTIMISERS, measured, targets_for, to_targets, trained
from rules.measured import assert_within_radii

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")

FEW = max(settings.default.max_examples // 10, 5)
WITH_PARAMETERS = (
    "Linear", "Conv2d", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "Embedding",
    "MultiheadAttention",
)  # fmt: skip
dtypes = st.sampled_from(["float32", "float64"])


def agree(mine, theirs, loss, optimiser, options):
    radii = measured(mine, loss, optimiser, options)
    ours = getattr(mg.optim, optimiser)(mine.parameters(), **options)
    found = trained(mine, loss, ours)
    assert_within_radii(found, radii)
    other = getattr(torch.optim, optimiser)(theirs.parameters(), **options)
    assert_within_radii(trained(theirs, loss, other), radii)


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
        loss = to_targets([X], y, lambda layer, x: layer(x), "cross_entropy")
        agree(model, copy.deepcopy(mg.to_torch(model)), loss, optimiser, options)

    as_pytorch()


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_every_layer_is_trained_as_in_pytorch(name):
    @settings(max_examples=FEW, suppress_health_check=list(HealthCheck))
    @given(
        drawn=LAYERS[name], dtype=dtypes, optimiser=st.sampled_from([*OPTIMISERS]), data=st.data()
    )
    def as_pytorch(drawn, dtype, optimiser, data):
        options = data.draw(OPTIMISERS[optimiser])
        drawn.inputs = [x.astype(dtype) if is_float(x) else x for x in drawn.inputs]
        mine, theirs = both(drawn, dtype)
        out = drawn.call(mine, *drawn.inputs)
        assume(isinstance(out, mg.Tensor))
        out.sum().backward()
        # What is not used has no gradient, and is not changed: in a formula it would be 0.
        assume(all(p.grad is not None for p in mine.parameters()))
        mine.load_state_dict(theirs.state_dict())
        agree(
            mine,
            theirs,
            to_targets(drawn.inputs, targets_for(out.data), drawn.call),
            optimiser,
            options,
        )

    as_pytorch()
