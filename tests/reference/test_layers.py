import numpy as np
import pytest

from reference import layers, linear, post

WIDTHS = [(4, 3), (4, 6, 3), (3, 5, 4, 2), (2, 5, 5, 4, 3)]
"""Of networks with one, two, three and four layers."""


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("widths", WIDTHS)
def test_gradients_equal_complex_steps(widths, seed, draw, complex_step, gradient_bounds, within):
    net = draw(seed, widths, N=6)
    gradients = layers.backward(net.X, net.y, net.W, net.b)
    bounds = gradient_bounds(net.X, net.y, net.W, net.b)

    def loss(X=net.X, **moved):
        W, b = list(net.W), list(net.b)
        for name, (k, value) in moved.items():
            {"W": W, "b": b}[name][k] = value
        return layers.forward(X, net.y, W, b)["loss"]

    dX = complex_step(loss, net.X)
    assert within(gradients["do"][0], dX, bounds["do"][0])
    for k in range(len(net.W)):
        dW = complex_step(lambda value, k=k: loss(W=(k, value)), net.W[k])
        db = complex_step(lambda value, k=k: loss(b=(k, value)), net.b[k])
        assert within(gradients["dW"][k], dW, bounds["dW"][k])
        assert within(gradients["db"][k], db, bounds["db"][k])


@pytest.mark.parametrize("widths", WIDTHS)
def test_everything_is_numbered_as_in_the_answer(widths, draw):
    net = draw(0, widths, N=6)
    n = len(net.W)
    values = layers.forward(net.X, net.y, net.W, net.b)
    gradients = layers.backward(net.X, net.y, net.W, net.b, values)
    assert len(gradients["di"]) == len(gradients["do"]) == n + 1
    assert values["o"][0] is net.X
    assert values["i"][0] is gradients["di"][0] is gradients["do"][n] is None
    for k in range(1, n + 1):
        assert values["i"][k].shape == values["o"][k].shape == (widths[k], 6)
        assert gradients["di"][k].shape == (widths[k], 6)
        assert gradients["do"][k - 1].shape == (widths[k - 1], 6)
        assert gradients["dW"][k - 1].shape == net.W[k - 1].shape
        assert gradients["db"][k - 1].shape == net.b[k - 1].shape
    for k in range(1, n):
        assert np.array_equal(values["o"][k], np.maximum(0, values["i"][k]))


@pytest.mark.parametrize("seed", range(5))
def test_one_layer_is_the_linear_classifier_transposed(seed, draw, gradient_bounds, within):
    net = draw(seed, widths=(4, 3), N=9)
    X, W, b = net.X.T, net.W[0].T, net.b[0].T
    columns = layers.backward(net.X, net.y, net.W, net.b)
    rows = linear.backward(X, net.y, W, b, reg=0.0)
    bounds = gradient_bounds(net.X, net.y, net.W, net.b)
    assert within(columns["dW"][0].T, rows["dW"], bounds["dW"][0].T)
    assert within(columns["db"][0].T, rows["db"], bounds["db"][0].T)
    loss = layers.forward(net.X, net.y, net.W, net.b)["loss"]
    assert np.abs(loss - linear.forward(X, net.y, W, b, reg=0.0)["loss"]) <= bounds["loss"]


@pytest.mark.parametrize("seed", range(5))
def test_two_layers_are_the_network_of_the_post_transposed(seed, draw, gradient_bounds, within):
    net = draw(seed, widths=(4, 6, 3), N=9)
    weights = net.W[0].T, net.b[0].T, net.W[1].T, net.b[1].T
    columns = layers.backward(net.X, net.y, net.W, net.b)
    rows = post.backward(net.X.T, net.y, *weights, reg=0.0)
    bounds = gradient_bounds(net.X, net.y, net.W, net.b)
    for k, (dW, db) in enumerate([("dW1", "db1"), ("dW2", "db2")]):
        assert within(columns["dW"][k].T, rows[dW], bounds["dW"][k].T)
        assert within(columns["db"][k].T, rows[db], bounds["db"][k].T)
    assert within(columns["do"][1].T, rows["dhidden_before_mask"], bounds["do"][1].T)
    loss = layers.forward(net.X, net.y, net.W, net.b)["loss"]
    assert np.abs(loss - post.forward(net.X.T, net.y, *weights, 0.0)["loss"]) <= bounds["loss"]


def test_backward_leaves_the_forward_values_alone(draw):
    net = draw(0, widths=(4, 6, 3), N=6)
    values = layers.forward(net.X, net.y, net.W, net.b)
    layers.backward(net.X, net.y, net.W, net.b, values)
    again = layers.forward(net.X, net.y, net.W, net.b)
    assert all(np.array_equal(a, b) for a, b in zip(values["o"], again["o"], strict=True))


@pytest.mark.parametrize("pass_", [layers.forward, layers.backward])
def test_layers_without_weights_or_with_another_number_of_biases_are_refused(pass_, draw):
    net = draw(0, widths=(4, 3), N=6)
    with pytest.raises(ValueError, match="0 weight matrices and 0 biases"):
        pass_(net.X, net.y, [], [])
    with pytest.raises(ValueError, match="1 weight matrices and 2 biases"):
        pass_(net.X, net.y, net.W, net.b * 2)


def test_with_values_that_are_known_the_biases_are_counted_too(draw):
    net = draw(0, widths=(4, 3), N=6)
    values = layers.forward(net.X, net.y, net.W, net.b)
    with pytest.raises(ValueError, match="1 weight matrices and 2 biases"):
        layers.backward(net.X, net.y, net.W, net.b * 2, values)
