"""A module as a function of its parameters: what transforms and SciPy need."""

import copy

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np import nn
from nn.test_module import Block

try:
    from scipy import optimize
except ImportError:
    optimize = None

needs_scipy = pytest.mark.skipif(optimize is None, reason="scipy is not installed")


def test_the_result_is_that_of_a_module_with_these_parameters():
    first, second = Block(), Block()
    x = np.random.default_rng(0).normal(size=(3, 2))
    before = copy.deepcopy(first.state_dict())
    out = nn.functional_call(first, second.state_dict(), x)
    np.testing.assert_array_equal(getattr(out, "data", out), second(x).data)
    for name, array in first.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    assert first.rest[0].weight.requires_grad


def test_some_parameters_will_do_and_buffers_are_left_alone():
    model = nn.Sequential(nn.Linear(2, 3, dtype=float), nn.BatchNorm1d(3, dtype=float))
    x = np.random.default_rng(0).normal(size=(4, 2))
    out = nn.functional_call(model, {"0.bias": np.ones(3)}, (x,))
    assert out.requires_grad  # by the weight
    assert model[1].num_batches_tracked == 0
    with pytest.raises(ValueError, match=r"Sequential has no 2\.bias; it has 0\.weight, 0\.bias"):
        nn.functional_call(model, {"2.bias": np.ones(3)}, x)


def test_transforms_take_gradients_by_parameters():
    model = nn.Sequential(nn.Linear(2, 3, dtype=float), nn.Tanh(), nn.Linear(3, 1, dtype=float))
    x, state = np.random.default_rng(0).normal(size=(4, 2)), model.state_dict()

    def loss(params):
        return (nn.functional_call(model, params, x) ** 2).mean()

    grads = mg.grad(loss)(state)
    (model(x) ** 2).mean().backward()
    for name, parameter in model.named_parameters():
        np.testing.assert_allclose(grads[name], parameter.grad, rtol=1e-12)
    product = mg.hvp(loss, state, grads)
    assert product.keys() == state.keys()
    flat, unravel = mg.ravel(state)
    assert mg.gradcheck(lambda flat: loss(unravel(flat)), flat).ok


@needs_scipy
def test_scipy_fits_a_module():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 3))
    y = X @ [[1.0], [-2.0], [0.5]] + 0.25
    layer = nn.Linear(3, 1, dtype=float)
    flat, unravel = mg.ravel(layer.state_dict())

    def loss(flat):
        return nn.functional.mse_loss(nn.functional_call(layer, unravel(flat), X), y)

    found = optimize.minimize(mg.value_and_grad(loss), flat, jac=True, method="L-BFGS-B")
    layer.load_state_dict(unravel(found.x))
    np.testing.assert_allclose(layer.weight.data, [[1.0, -2.0, 0.5]], atol=1e-4)
    np.testing.assert_allclose(layer.bias.data, [0.25], atol=1e-4)


class Tied(nn.Module):
    """Has a weight under two names, tuples, a part by a name with a dot, and a bound method."""

    def __init__(self):
        self.embed = nn.Embedding(5, 3, dtype=float)
        self.out = nn.Linear(3, 5, bias=False, dtype=float)
        self.out.weight = self.embed.weight
        self.norm = nn.LayerNorm((3,), dtype=float)
        self.parts = (mg.tensor(np.ones(3), requires_grad=True), "a text")
        self.by_name = {"a.b": nn.Linear(3, 3, dtype=float)}
        self.act = self.squared
        self.axes = (0, 1)

    def squared(self, x):
        return self.by_name["a.b"](x) ** 2

    def forward(self, indices):
        x = self.norm(self.embed(indices)) * self.parts[0]
        return self.out(self.act(x)).sum(axis=self.axes)


def test_tied_weights_tuples_and_bound_methods_get_the_gradients_of_backward():
    model, indices = Tied(), np.array([[0, 1], [4, 4]])
    (model(indices) ** 2).sum().backward()
    arrays = {name: p.data for name, p in model.named_parameters()}
    grads = mg.grad(lambda p: (nn.functional_call(model, p, indices) ** 2).sum())(arrays)
    assert set(grads) == {name for name, _ in model.named_parameters()}
    for name, parameter in model.named_parameters():
        np.testing.assert_allclose(grads[name], parameter.grad, rtol=1e-10, atol=1e-12)
    assert model.out.weight is model.embed.weight
    assert isinstance(model.parts, tuple)
    assert model.axes == (0, 1)


def test_a_module_is_what_it_was_after_an_error_too():
    layer = nn.Linear(2, 2)
    weight = layer.weight
    with pytest.raises(ValueError, match="expected shape"):
        nn.functional_call(layer, {"weight": np.ones((2, 2))}, np.ones((2, 3)))
    assert layer.weight is weight
