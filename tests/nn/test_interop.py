"""To PyTorch and back: what is shared, what is refused, and what is loaded from a state."""

import copy

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


def test_memory_is_shared_both_ways():
    theirs = a_network()
    ours = mg.from_torch(theirs)
    again = mg.to_torch(ours)
    arrays = ours.state_dict()
    for state in (theirs.state_dict(), again.state_dict()):
        for name, tensor in state.items():
            assert np.shares_memory(tensor.numpy(), arrays[name])
    optimizer = mg.optim.SGD(ours.parameters(), lr=0.1)
    nn.functional.cross_entropy(ours(X), [0, 1, 2, 0]).backward()
    optimizer.step()
    ours.eval()
    wanted = ours(X).data
    for name, tensor in again.named_buffers():  # training has made new ones
        tensor.copy_(torch.tensor(ours.state_dict()[name]))
    with torch.no_grad():
        np.testing.assert_allclose(again.eval()(torch.tensor(X)).numpy(), wanted, rtol=2e-5)


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
        TypeError, match="there is no Twin here, expected Sequential or one of AvgPo"
    ):
        mg.from_torch(theirs)
    with pytest.raises(TypeError, match="Twin is a module of your own"):
        mg.to_torch(ours)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: torch.nn.Conv3d(1, 1, 1), TypeError, "there is no Conv3d here"),
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
        (lambda: np.ones(3), TypeError, "there is no ndarray here"),
    ],
)  # fmt: skip
def test_what_is_not_here_is_named(make, error, message):
    with pytest.raises(error, match=message):
        mg.from_torch(make())


def test_what_pytorch_does_not_have_is_named():
    with pytest.raises(TypeError, match="weight is float128, which PyTorch does not have"):
        mg.to_torch(nn.Linear(2, 2, dtype=np.longdouble))
    with pytest.raises(TypeError, match="int is a module of your own"):
        mg.to_torch(3)


def test_what_cannot_be_written_is_copied():
    layer = nn.Linear(2, 2)
    layer.weight.data.flags.writeable = False
    theirs = mg.to_torch(layer)
    with torch.no_grad():
        theirs.weight += 1
    assert not np.shares_memory(theirs.weight.detach().numpy(), layer.weight.data)
