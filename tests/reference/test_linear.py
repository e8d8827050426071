import numpy as np
import pytest

from reference import iris, linear, post


@pytest.mark.parametrize("seed", range(5))
def test_gradients_equal_complex_steps(seed, draw, complex_step, gradient_bounds, within):
    net = draw(seed, widths=(4, 3), N=9)
    X, W, b = net.X.T, net.W[0].T, net.b[0].T
    reg = 0.1
    gradients = linear.backward(X, net.y, W, b, reg)
    bounds = gradient_bounds(net.X, net.y, net.W, net.b, reg)
    dW = complex_step(lambda W: linear.forward(X, net.y, W, b, reg)["loss"], W)
    db = complex_step(lambda b: linear.forward(X, net.y, W, b, reg)["loss"], b)
    assert within(gradients["dW"], dW, bounds["dW"][0].T)
    assert within(gradients["db"], db, bounds["db"][0].T)


def test_it_is_the_last_layer_of_the_network_of_the_post():
    X, y, _, _ = iris.split()
    W1, b1, W2, b2 = post.init()
    values = post.forward(X, y, W1, b1, W2, b2, reg=0.0)
    lines = post.backward(X, y, W1, b1, W2, b2, 0.0, values)
    # The same statements on the same numbers: equal bit for bit.
    same = linear.forward(values["hidden"], y, W2, b2, reg=0.0)
    for name in ("scores", "probs", "data_loss"):
        assert np.array_equal(same[name], values[name])
    gradients = linear.backward(values["hidden"], y, W2, b2, 0.0, same)
    assert np.array_equal(gradients["dscores"], lines["dscores"])
    assert np.array_equal(gradients["dW"], lines["dW2_data"])
    assert np.array_equal(gradients["db"], lines["db2"])


def test_backward_leaves_the_forward_values_alone():
    X, y, _, _ = iris.split()
    W, b = np.zeros((4, 3)), np.zeros((1, 3))
    values = linear.forward(X, y, W, b, reg=1e-3)
    linear.backward(X, y, W, b, 1e-3, values)
    assert np.array_equal(values["probs"], np.full((90, 3), 1 / 3))


def test_a_step_changes_no_argument():
    X, y, _, _ = iris.split()
    W, b = np.zeros((4, 3)), np.zeros((1, 3))
    gradients = linear.backward(X, y, W, b, reg=1e-3)
    W_new, b_new, loss = linear.step(X, y, W, b)
    assert not W.any()
    assert not b.any()
    assert np.array_equal(W_new, -(1e-2 * gradients["dW"]))
    assert np.array_equal(b_new, -(1e-2 * gradients["db"]))
    assert loss == linear.forward(X, y, W, b, reg=1e-3)["loss"]
