import ast
import inspect

import numpy as np
import pytest

from reference import golden, iris, post

STATEMENTS = {
    "dscores_probs": "dscores = probs.copy()",
    "dscores_minus_onehot": "dscores[rows, y] -= 1",
    "dscores": "dscores /= N",
    "dW2_data": "dW2 = hidden.T @ dscores",
    "db2": "db2 = dscores.sum(axis=0, keepdims=True)",
    "dhidden_before_mask": "dhidden = dscores @ W2.T",
    "dhidden": "dhidden[hidden <= 0] = 0",
    "dW1_data": "dW1 = X.T @ dhidden",
    "db1": "db1 = dhidden.sum(axis=0, keepdims=True)",
    "dW2": "dW2 = dW2 + reg * W2",
    "dW1": "dW1 = dW1 + reg * W1",
}
"""The eleven lines of the post in NumPy, by the name of what they compute."""


def row_network(net):
    """Return X, W1, b1, W2, b2 of a two-layer network with the examples as rows."""
    return net.X.T, net.W[0].T, net.b[0].T, net.W[1].T, net.b[1].T


def test_seed_0_gives_the_weights_of_r_in_new_arrays():
    W1, b1, W2, b2 = post.init()
    assert np.array_equal(W1, golden.read()["W1"])
    assert np.array_equal(W2, golden.read()["W2"])
    assert not b1.any()
    assert not b2.any()
    W1[:] = W2[:] = 0
    assert np.array_equal(post.init()[0], golden.read()["W1"])


def test_other_seeds_and_sizes_draw_from_numpy():
    normals = np.random.default_rng(7)
    W1, b1, W2, b2 = post.init(7)
    assert np.array_equal(W1, 0.01 * normals.standard_normal((4, 6)))
    assert np.array_equal(W2, 0.01 * normals.standard_normal((6, 3)))
    shapes = [array.shape for array in post.init(0, D=1, H=2, K=5)]
    assert shapes == [(1, 2), (1, 2), (2, 5), (1, 5)]
    assert (b1.shape, b2.shape) == ((1, 6), (1, 3))


@pytest.mark.parametrize("sizes", [{"D": 0}, {"H": -1}, {"K": 0}])
def test_sizes_below_1_are_refused(sizes):
    with pytest.raises(ValueError, match="sizes must be at least 1"):
        post.init(**sizes)


def test_the_backward_pass_is_the_eleven_statements_of_the_post_in_order():
    (function,) = ast.parse(inspect.getsource(post.backward)).body
    code = [ast.unparse(statement) for statement in function.body]
    kept = [n for n, line in enumerate(code) if line.startswith("lines['")]
    shown = {code[n].split("'")[1]: code[n - 1] for n in kept}
    assert list(shown.items()) == list(STATEMENTS.items())
    X, y, _, _ = iris.split()
    assert list(post.backward(X, y, *post.init(), reg=1e-3)) == list(STATEMENTS)


def test_every_line_is_kept_as_it_was_when_it_ran():
    X, y, _, _ = iris.split()
    values = post.forward(X, y, *post.init(), reg=1e-3)
    before = {name: np.copy(value) for name, value in values.items()}
    lines = post.backward(X, y, *post.init(), 1e-3, values)
    onehot = np.eye(3)[y]
    assert np.array_equal(lines["dscores_probs"], values["probs"])
    assert np.array_equal(lines["dscores_minus_onehot"], values["probs"] - onehot)
    assert np.array_equal(lines["dscores"], (values["probs"] - onehot) / 90)
    assert lines["dhidden_before_mask"][values["hidden"] <= 0].any()
    assert not lines["dhidden"][values["hidden"] <= 0].any()
    assert np.array_equal(lines["dW2"], lines["dW2_data"] + 1e-3 * post.init()[2])
    for name, value in values.items():
        assert np.array_equal(value, before[name])


def test_gradients_have_the_shapes_of_what_they_are_gradients_of():
    X, y, _, _ = iris.split()
    weights = post.init()
    lines = post.backward(X, y, *weights, reg=1e-3)
    for name, weight in zip(("dW1", "db1", "dW2", "db2"), weights, strict=True):
        assert lines[name].shape == weight.shape


@pytest.mark.parametrize("seed", range(5))
def test_gradients_of_the_whole_loss_equal_complex_steps(
    seed, draw, complex_step, gradient_bounds, within
):
    net = draw(seed, widths=(4, 6, 3), N=11)
    X, *weights = row_network(net)
    reg = 0.1
    lines = post.backward(X, net.y, *weights, reg)
    limits = gradient_bounds(net.X, net.y, net.W, net.b, reg)
    bounds = [limits["dW"][0].T, limits["db"][0].T, limits["dW"][1].T, limits["db"][1].T]
    for n, name in enumerate(("dW1", "db1", "dW2", "db2")):

        def loss(moved, n=n):
            return post.forward(X, net.y, *weights[:n], moved, *weights[n + 1 :], reg)["loss"]

        assert within(lines[name], complex_step(loss, weights[n]), bounds[n])


def test_a_unit_that_is_exactly_zero_gets_no_gradient():
    X, y = np.array([[1.0]]), np.array([0])
    W1, b1 = np.array([[1.0, 2.0]]), np.array([[-1.0, -1.0]])  # the first unit is at its kink
    lines = post.backward(X, y, W1, b1, np.eye(2), np.zeros((1, 2)), reg=0.0)
    assert lines["dhidden_before_mask"][0, 0] != 0
    assert lines["dhidden"][0, 0] == 0


def test_a_step_is_the_four_updates_and_changes_no_argument():
    X, y, _, _ = iris.split()
    weights = post.init(1)
    lines = post.backward(X, y, *weights, reg=1e-3)
    *moved, loss = post.step(X, y, *weights)
    assert loss == post.forward(X, y, *weights, reg=1e-3)["loss"]
    for name, old, same, new in zip(
        ("dW1", "db1", "dW2", "db2"), weights, post.init(1), moved, strict=True
    ):
        assert np.array_equal(old, same)
        assert np.array_equal(new, old - 1e-2 * lines[name])


def test_training_is_repeated_steps():
    X, y, _, _ = iris.split()
    *trained, losses = post.train(X, y, *post.init(), steps=3)
    weights = post.init()
    for t in range(3):
        *weights, loss = post.step(X, y, *weights)
        assert losses[t] == loss
    assert losses.shape == (3,)
    for a, b in zip(trained, weights, strict=True):
        assert np.array_equal(a, b)


def test_no_steps_leave_the_weights():
    X, y, _, _ = iris.split()
    *weights, losses = post.train(X, y, *post.init(), steps=0)
    assert losses.shape == (0,)
    assert np.array_equal(weights[0], post.init()[0])


def test_predictions_are_the_most_probable_classes():
    X, y, X_test, y_test = iris.split()
    *weights, _ = post.train(X, y, *post.init())
    probs = post.forward(X_test, y_test, *weights, reg=0.0)["probs"]
    assert np.array_equal(post.predict(X_test, *weights), probs.argmax(axis=1))
    assert post.accuracy(X_test, y_test, *weights) == 59 / 60


def test_units_below_one_take_part_in_a_prediction():
    """A unit passes on what is above zero as it is."""
    X, none = np.array([[0.25, 0.5], [0.5, 0.25], [-1.0, 0.75]]), np.zeros((1, 2))
    assert post.predict(X, np.eye(2), none, np.eye(2), none).tolist() == [1, 0, 1]
