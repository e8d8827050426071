"""One property, asked of every layer: result, gradients and buffers are PyTorch's."""

import copy
import inspect

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np import nn
from micrograd_np.nn.interop import LAYERS as CONVERTED
from micrograd_np.testing.operations.measured import assert_within_radii
from nn.digits import as_pytorch_computes
from nn.sides import is_float, measured, ours, theirs, torch
from nn.table import LAYERS

# What PyTorch does not do in place, for an even kernel.
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")

EXAMPLES = settings.default.max_examples // 2


def every_layer(question):
    @pytest.mark.parametrize("name", LAYERS)
    def of_every_layer(name):
        @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
        @given(drawn=LAYERS[name], dtype=st.sampled_from(["float32", "float64"]))
        def answer(drawn, dtype):
            drawn.inputs = [x.astype(dtype) if is_float(x) else x for x in drawn.inputs]
            question(drawn, dtype)

        answer()

    return of_every_layer


def both(drawn, dtype):
    """Return a layer of PyTorch and one of ours with its state."""
    torch.manual_seed(0)
    theirs = getattr(torch.nn, drawn.name)(**drawn.options).to(getattr(torch, dtype))
    takes_dtype = "dtype" in inspect.signature(getattr(nn, drawn.name)).parameters
    made = getattr(nn, drawn.name)(**drawn.options, **{"dtype": dtype} if takes_dtype else {})
    with torch.no_grad():  # so that nothing is 0 or 1
        for i, p in enumerate(theirs.parameters()):
            p += 0.1 * torch.cos(i + torch.arange(p.numel())).reshape(p.shape)
    made.load_state_dict(theirs.state_dict())
    return made.train(drawn.training), theirs.train(drawn.training)


@every_layer
def test_result_gradients_and_buffers_are_torchs(drawn, dtype):
    mine, others = both(drawn, dtype)
    radii = measured(mine, drawn.inputs, drawn.call)
    assert_within_radii(ours(copy.deepcopy(mine), drawn.inputs, drawn.call), radii)
    radii = measured(as_pytorch_computes(drawn, mine), drawn.inputs, drawn.call)
    assert_within_radii(theirs(others, drawn.inputs, drawn.call), radii)


@every_layer
def test_converted_there_and_back_it_computes_the_same(drawn, dtype):
    mine, others = both(drawn, dtype)
    assert set(LAYERS) == set(CONVERTED) - {"Dropout"}
    radii = measured(mine, drawn.inputs, drawn.call)
    for layer in (copy.deepcopy(mg.from_torch(others)), mg.from_torch(mg.to_torch(mine))):
        assert layer.training is drawn.training
        assert list(layer.state_dict()) == list(others.state_dict())
        assert_within_radii(ours(layer, drawn.inputs, drawn.call), radii)
    radii = measured(as_pytorch_computes(drawn, mine), drawn.inputs, drawn.call)
    there = copy.deepcopy(mg.to_torch(mine))
    assert list(there.state_dict()) == list(others.state_dict())
    assert_within_radii(theirs(there, drawn.inputs, drawn.call), radii)
