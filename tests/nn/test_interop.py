"""To PyTorch and back: what is shared, what is refused, and what is loaded from a state."""

import copy
import sys

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np import nn
from nn.sides import torch


def a_network():
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3),
        torch.nn.BatchNorm2d(2),
        torch.nn.ReLU(inplace=True),
        torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(18, 3)),
    )


X = np.random.default_rng(0).normal(size=(4, 1, 5, 5)).astype("f4")


def test_parameters_share_memory_both_ways_and_buffers_do_not():
    theirs = a_network()
    ours = mg.from_torch(theirs)
    again = mg.to_torch(ours)
    arrays = ours.state_dict()
    trained = dict(ours.named_parameters())
    for state in (theirs.state_dict(), again.state_dict()):
        for name, tensor in state.items():
            assert np.shares_memory(tensor.numpy(), arrays[name]) == (name in trained)
    optimizer = mg.optim.SGD(ours.parameters(), lr=0.1)
    nn.functional.cross_entropy(ours(X), [0, 1, 2, 0]).backward()
    optimizer.step()
    for name, parameter in again.named_parameters():
        np.testing.assert_array_equal(parameter.detach().numpy(), trained[name].data)
    assert again[1].num_batches_tracked == 0


def test_what_is_there_twice_is_one_on_the_other_side():
    layer = torch.nn.Linear(2, 2)
    theirs = torch.nn.Sequential(layer, torch.nn.Tanh(), layer, torch.nn.Linear(2, 2))
    theirs[3].weight = layer.weight
    ours = mg.from_torch(theirs)
    assert ours[0] is ours[2]
    assert ours[3].weight is ours[0].weight
    assert len(list(ours.parameters())) == 3
    assert list(ours.state_dict()) == list(theirs.state_dict())
    again = mg.to_torch(ours)
    assert again[0] is again[2]
    assert again[3].weight is again[0].weight
    assert len(list(again.parameters())) == 3


def test_every_part_keeps_its_own_mode():
    theirs = a_network()
    theirs[1].eval()
    ours = mg.from_torch(theirs)
    assert [part.training for part in ours] == [True, False, True, True]
    assert [part.training for part in mg.to_torch(ours)] == [True, False, True, True]
    assert ours.training


def test_what_would_be_lost_there_is_refused_too():
    model = nn.Sequential(nn.Linear(2, 2))
    model.scale = mg.tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match="Sequential has scale, unlike Sequential there"):
        mg.to_torch(model)
    model = nn.Sequential(nn.Linear(2, 2))
    model[0].forward = np.tanh
    with pytest.raises(ValueError, match=r"Sequential\.0 has a forward of its own"):
        mg.to_torch(model)


def test_parts_of_a_layer_have_its_mode():
    theirs = torch.nn.MultiheadAttention(4, 2).eval()
    ours = mg.from_torch(theirs)
    assert not any(module.training for module in ours.modules())
    assert not any(module.training for module in mg.to_torch(ours).modules())


@pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated:FutureWarning")
def test_what_would_be_lost_is_refused():
    for change in (torch.nn.utils.spectral_norm, torch.nn.utils.weight_norm):
        with pytest.raises(ValueError, match=r"Sequential\.0 has hooks"):
            mg.from_torch(torch.nn.Sequential(change(torch.nn.Linear(2, 2))))
    hooked = torch.nn.Linear(2, 2)
    hooked.register_full_backward_hook(lambda *_: None)
    with pytest.raises(ValueError, match="Linear has hooks"):
        mg.from_torch(hooked)
    layer = torch.nn.Linear(2, 2)
    layer.scale = torch.nn.Parameter(torch.ones(2))
    with pytest.raises(ValueError, match="Linear has scale, unlike Linear here"):
        mg.from_torch(layer)
    with pytest.raises(TypeError, match=r"Sequential\.1 is a Conv3d, expected"):
        mg.from_torch(torch.nn.Sequential(layer.__class__(2, 2), torch.nn.Conv3d(1, 1, 1)))


def test_copies_do_not_share():
    theirs = a_network()
    ours = copy.deepcopy(mg.from_torch(theirs))
    for name, tensor in theirs.state_dict().items():
        assert not np.shares_memory(tensor.numpy(), ours.state_dict()[name])


def test_names_of_parts_and_the_mode_stay():
    parts = {"first": torch.nn.Linear(2, 3), "act": torch.nn.Tanh(), "last": torch.nn.Linear(3, 1)}
    theirs = torch.nn.Sequential()
    for name, part in parts.items():
        theirs.add_module(name, part)
    ours = mg.from_torch(theirs.eval())
    assert [name for name, _ in ours.named_parameters()] == [
        "first.weight", "first.bias", "last.weight", "last.bias"
    ]  # fmt: skip
    assert not any(module.training for module in ours.modules())
    assert list(mg.to_torch(ours).state_dict()) == list(theirs.state_dict())
    assert not mg.to_torch(ours).training


def test_what_is_frozen_stays_frozen():
    theirs = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    theirs[0].requires_grad_(False)
    ours = mg.from_torch(theirs)
    assert [name for name, _ in ours.named_parameters()] == ["1.weight", "1.bias"]
    assert set(ours.state_dict()) == set(theirs.state_dict())
    again = mg.to_torch(ours)
    assert [p.requires_grad for p in again.parameters()] == [False, False, True, True]
    x = np.ones((2, 2), "f4")
    ours(x).sum().backward()
    theirs(torch.tensor(x)).sum().backward()
    np.testing.assert_allclose(ours[1].weight.grad, theirs[1].weight.grad.numpy(), rtol=1e-6)


def test_a_state_of_pytorch_is_loaded():
    theirs = a_network()
    theirs(torch.tensor(X))
    ours = mg.from_torch(a_network())
    ours.load_state_dict(theirs.state_dict())
    assert ours[1].num_batches_tracked == 1
    with torch.no_grad():
        wanted = theirs.eval()(torch.tensor(X)).numpy()
    np.testing.assert_allclose(ours.eval()(X).data, wanted, rtol=2e-5, atol=1e-6)


def test_a_module_of_ones_own_takes_the_state_of_its_twin():
    def make(nn):
        class Twin(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = nn.Linear(2, 3)
                self.outer = nn.Linear(3, 2)

            def forward(self, x):
                return x + self.outer(self.inner(x))

        return Twin()

    theirs, ours = make(torch.nn), make(nn)
    ours.load_state_dict(theirs.state_dict())
    x = np.ones((3, 2), "f4")
    np.testing.assert_allclose(ours(x).data, theirs(torch.tensor(x)).detach().numpy(), rtol=1e-6)
    theirs.load_state_dict({k: torch.tensor(v) for k, v in ours.state_dict().items()})
    with pytest.raises(
        TypeError, match=r"Twin is a Twin, expected a torch.nn.Sequential or one of AvgPo"
    ):
        mg.from_torch(theirs)
    with pytest.raises(TypeError, match=r"Twin is a Twin, expected a mg.nn.Sequential"):
        mg.to_torch(ours)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: torch.nn.Conv3d(1, 1, 1), TypeError, "Conv3d is a Conv3d, expected"),
        (
            lambda: torch.nn.Conv2d(1, 1, 3, padding_mode="reflect"), ValueError,
            "Conv2d here has no option padding_mode, which is 'reflect'",
        ),
        (lambda: torch.nn.MaxPool2d(2, ceil_mode=True), ValueError, "no option ceil_mode"),
        (
            lambda: torch.nn.AvgPool2d(2, count_include_pad=False), ValueError,
            "no option count_include_pad, which is False",
        ),
        (lambda: torch.nn.Embedding(3, 2, max_norm=1.0), ValueError, "no option max_norm"),
        (
            lambda: torch.nn.MultiheadAttention(4, 2, add_bias_kv=True), ValueError,
            "no option add_bias_kv",
        ),
        (lambda: torch.nn.MultiheadAttention(4, 2, kdim=3), ValueError, "no option kdim"),
        (lambda: torch.nn.Softmax(), ValueError, r"Softmax has no dim: say along which axis"),
        (
            lambda: torch.nn.Linear(2, 2).to(torch.bfloat16), TypeError,
            "weight is torch.bfloat16, which NumPy does not have",
        ),
        (lambda: np.ones(3), TypeError, "ndarray is a ndarray, expected"),
    ],
)  # fmt: skip
def test_what_is_not_here_is_named(make, error, message):
    with pytest.raises(error, match=message):
        mg.from_torch(make())


def test_what_pytorch_does_not_have_is_named():
    with pytest.raises(TypeError, match="weight is float128, which PyTorch does not have"):
        mg.to_torch(nn.Linear(2, 2, dtype=np.longdouble))
    with pytest.raises(TypeError, match="int is a int, expected"):
        mg.to_torch(3)


def test_without_pytorch_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"to_torch: .* pip install micrograd-np\[torch\]"):
        mg.to_torch(nn.Linear(2, 2))


def test_what_cannot_be_written_is_copied():
    layer = nn.Linear(2, 2)
    layer.weight.data.flags.writeable = False
    theirs = mg.to_torch(layer)
    with torch.no_grad():
        theirs.weight += 1
    assert not np.shares_memory(theirs.weight.detach().numpy(), layer.weight.data)
