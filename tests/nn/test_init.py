"""First numbers have the bounds, spreads and shapes that PyTorch's have."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.nn import init

torch = pytest.importorskip("torch", reason="PyTorch is what they are compared with")

shapes = st.lists(st.integers(1, 5), min_size=2, max_size=4).map(tuple)
modes = st.sampled_from(["fan_in", "fan_out"])
nonlinearities = st.sampled_from(["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu"])


class Asked(np.random.Generator):
    """Remembers what was drawn, and draws nothing but the numbers that were asked for."""

    def __init__(self):
        super().__init__(np.random.PCG64(0))
        self.asked = []

    def uniform(self, low, high, size):
        self.asked.append((low, high))
        return super().uniform(low, high, size)

    def normal(self, loc=0.0, scale=1.0, size=None):
        self.asked.append((loc, scale))
        return super().normal(loc, scale, size)


def asked(fill, shape, **options):
    """Return the bounds, or the mean and spread, that a function draws with."""
    rng = Asked()
    tensor = mg.tensor(np.zeros(shape), requires_grad=True)
    assert fill(tensor, generator=rng, **options) is tensor
    assert np.any(tensor.data)
    assert tensor.is_leaf
    (found,) = rng.asked
    return found


def torch_asked(fill, shape, **options):
    found = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("uniform_", "normal_"):
            patch.setattr(torch.Tensor, name, lambda _, *args, **__: found.append(args))
        fill(torch.zeros(shape), **options)
    return found[0]


@given(shapes, st.sampled_from([1.0, 0.5]))
def test_xavier(shape, gain):
    for name in ("xavier_uniform_", "xavier_normal_"):
        wanted = torch_asked(getattr(torch.nn.init, name), shape, gain=gain)
        assert asked(getattr(init, name), shape, gain=gain) == pytest.approx(wanted, rel=1e-12)


@given(shapes, modes, nonlinearities, st.sampled_from([0.0, 0.2, math.sqrt(5)]))
def test_kaiming(shape, mode, nonlinearity, a):
    options = {"mode": mode, "nonlinearity": nonlinearity, "a": a}
    for name in ("kaiming_uniform_", "kaiming_normal_"):
        wanted = torch_asked(getattr(torch.nn.init, name), shape, **options)
        assert asked(getattr(init, name), shape, **options) == pytest.approx(wanted, rel=1e-12)


@given(nonlinearities, st.none() | st.floats(0, 3))
def test_gains(nonlinearity, slope):
    wanted = torch.nn.init.calculate_gain(nonlinearity, slope)
    assert init.calculate_gain(nonlinearity, slope) == pytest.approx(wanted, rel=1e-12)


def test_uniform_normal_and_the_posts():
    assert asked(init.uniform_, (3, 2), a=-2.0, b=5.0) == (-2.0, 5.0)
    assert asked(init.normal_, (3, 2), mean=1.0, std=2.0) == (1.0, 2.0)
    assert asked(init.post_, (3, 2)) == (0.0, 0.01)
    drawn = init.post_(np.zeros((4, 6)), 7)
    np.testing.assert_allclose(drawn, 0.01 * np.random.default_rng(7).normal(size=(4, 6)))


@given(shapes, st.sampled_from([1.0, 3.0]), st.integers(0, 99))
def test_orthogonal_matrices_are(shape, gain, seed):
    a = init.orthogonal_(np.zeros(shape), gain, seed).reshape(shape[0], -1)
    gram = a @ a.T if a.shape[0] <= a.shape[1] else a.T @ a
    np.testing.assert_allclose(gram, gain**2 * np.eye(len(gram)), atol=1e-12)


def test_orthogonal_matrices_are_all_equally_likely():
    """So the mean of each element is 0; without the signs of r that of the first is not."""
    rng = np.random.default_rng(0)
    drawn = np.stack([init.orthogonal_(np.zeros((2, 2)), generator=rng) for _ in range(2000)])
    assert np.abs(drawn.mean(axis=0)).max() < 5 / math.sqrt(2 * 2000)


def test_the_same_generator_makes_the_same_layers():
    layers = [mg.nn.Linear(3, 2, generator=np.random.default_rng(1)) for _ in range(2)]
    np.testing.assert_array_equal(layers[0].weight.data, layers[1].weight.data)
    rng = np.random.default_rng(1)
    first, second = mg.nn.Linear(3, 2, generator=rng), mg.nn.Linear(3, 2, generator=rng)
    assert not np.array_equal(first.weight.data, second.weight.data)
    assert not np.array_equal(mg.nn.Linear(3, 2).weight.data, mg.nn.Linear(3, 2).weight.data)


def test_layers_begin_as_in_pytorch():
    """As widely spread, and as far out at most."""
    torch.manual_seed(0)
    for name, options in (
        ("Linear", (50, 400)),
        ("Conv2d", (8, 200, 5)),
        ("MultiheadAttention", (36, 2)),
        ("Embedding", (50, 40)),
        ("BatchNorm1d", (3,)),
        ("LayerNorm", (3,)),
    ):
        seeded = {} if "Norm" in name else {"generator": 0}
        ours = getattr(mg.nn, name)(*options, **seeded).state_dict()
        theirs = getattr(torch.nn, name)(*options).state_dict()
        assert list(ours) == list(theirs)
        for key, array in ours.items():
            wanted = theirs[key].numpy()
            assert array.dtype == wanted.dtype
            assert array.shape == wanted.shape
            assert array.std() == pytest.approx(wanted.std(), rel=0.3)
            assert np.abs(array).max() == pytest.approx(np.abs(wanted).max(), rel=0.4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init.xavier_uniform_(np.zeros(3)), r"xavier takes two axes or more, .* \(3,\)"),
        (lambda: init.orthogonal_(np.zeros(3)), "orthogonal_ takes two axes or more"),
        (lambda: init.kaiming_normal_(np.zeros((2, 2)), mode="in"), "mode is 'in', expected"),
        (lambda: init.calculate_gain("gelu"), "nonlinearity is 'gelu', expected one of linear"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_is_empty_is_left_empty():
    assert mg.nn.Linear(0, 3)(np.ones((2, 0))).shape == (2, 3)
    assert mg.nn.Linear(3, 0)(np.ones((2, 3))).shape == (2, 0)
