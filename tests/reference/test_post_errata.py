"""One test for each remark in the post that is loose; what it should say is shown to hold."""

import numpy as np
import pytest

from reference import iris, layers, post

EPS = np.finfo(np.float64).eps


def test_equation_1_without_the_transpose_does_not_fit_the_shapes(draw):
    net = draw(0, widths=(4, 3), N=5)
    (W,), di = net.W, layers.backward(net.X, net.y, net.W, net.b)["di"][1]
    with pytest.raises(ValueError, match="matmul"):
        W @ di
    assert (W.T @ di).shape == net.X.shape


def test_equation_1_without_the_transpose_is_wrong_where_the_shapes_happen_to_fit(
    draw, complex_step, gradient_bounds, within
):
    net = draw(0, widths=(3, 3), N=5)
    (W,), di = net.W, layers.backward(net.X, net.y, net.W, net.b)["di"][1]
    true = complex_step(lambda X: layers.forward(X, net.y, net.W, net.b)["loss"], net.X)
    bound = gradient_bounds(net.X, net.y, net.W, net.b)["do"][0]
    assert within(W.T @ di, true, bound)
    assert (np.abs(W @ di - true) > bound).all()


def test_the_sum_over_the_examples_is_inside_every_matrix_product(within):
    X, y, _, _ = iris.split()
    weights = post.init()
    hidden = post.forward(X, y, *weights, reg=0.0)["hidden"]
    lines = post.backward(X, y, *weights, reg=0.0)
    N = len(X)
    for left, right, product in [
        (hidden, lines["dscores"], lines["dW2_data"]),
        (X, lines["dhidden"], lines["dW1_data"]),
    ]:
        total = np.zeros_like(product)
        for e in range(N):
            total += np.outer(left[e], right[e])
        # N products and N - 1 additions: each of the two sums is within N eps/2 of the exact one,
        # times the sum of the absolute values of its terms, in whatever order it is taken.
        bound = N * EPS * (np.abs(left).T @ np.abs(right))
        assert within(product, total, bound)
        # And the last example's outer product alone is not it: there is a sum.
        assert (np.abs(np.outer(left[-1], right[-1]) - product) > bound).any()


def test_one_example_has_no_sum_and_its_gradients_add_up(within):
    X, y, _, _ = iris.split()
    weights = post.init()
    N = len(X)
    together = post.backward(X, y, *weights, reg=0.0)["db2"]
    alone = [post.backward(X[e : e + 1], y[e : e + 1], *weights, reg=0.0) for e in range(N)]
    total = sum(lines["db2"] for lines in alone) / N
    terms = sum(np.abs(lines["db2"]) for lines in alone) / N
    # The scores of one row may be summed in another order than those of many: 6 products and a
    # bias, of at most 0.01 in all, then the softmax; that is less than 20 roundings a term.
    assert within(together, total, (N + 20) * EPS * terms)


def relu(z):
    hidden = np.maximum(z, 0)
    return hidden, hidden > 0


def tanh(z):
    hidden = np.tanh(z)
    return hidden, 1 - hidden * hidden  # a derivative that is constant nowhere


def hand_written(X, y, W1, b1, W2, b2, activation, divide_at):
    """Return the gradients of the data loss, the division by N at the start or at the end."""
    hidden, slope = activation(X @ W1 + b1)
    scores = hidden @ W2 + b2
    exp_scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    dscores = exp_scores / exp_scores.sum(axis=1, keepdims=True)
    dscores[np.arange(len(X)), y] -= 1
    if divide_at == "start":
        dscores = dscores / len(X)
    dz = (dscores @ W2.T) * slope
    gradients = [X.T @ dz, dz.sum(axis=0), hidden.T @ dscores, dscores.sum(axis=0)]
    return gradients if divide_at == "start" else [gradient / len(X) for gradient in gradients]


@pytest.mark.parametrize("activation", [relu, tanh])
def test_dividing_at_the_end_is_dividing_at_the_start_whatever_the_activation(activation):
    X, y, _, _ = iris.split()
    # 64 examples: to divide by a power of two rounds nothing, so both orders agree bit for bit.
    X, y = X[:64], y[:64]
    start = hand_written(X, y, *post.init(), activation, "start")
    end = hand_written(X, y, *post.init(), activation, "end")
    for a, b in zip(start, end, strict=True):
        assert a.any()
        assert np.array_equal(a, b)


def test_dividing_at_the_end_is_dividing_at_the_start_for_the_90_examples(within):
    X, y, _, _ = iris.split()
    weights = post.init()
    W1, b1, W2, _ = weights
    hidden, slope = relu(X @ W1 + b1)
    lines = post.backward(X, y, *weights, reg=0.0)
    N, K = lines["dscores"].shape
    at_end = hand_written(X, y, *weights, relu, "end")
    # Here each order rounds in its own places: the division once, and the sums over K classes and
    # N examples, each within half an eps of the sum of the absolute values of what it adds.
    d = np.abs(lines["dscores"])
    dz = (d @ np.abs(W2).T) * slope
    terms = [X.T @ dz, dz.sum(axis=0), hidden.T @ d, d.sum(axis=0)]
    ours = [lines["dW1_data"], lines["db1"][0], lines["dW2_data"], lines["db2"][0]]
    for a, b, absolute in zip(ours, at_end, terms, strict=True):
        assert within(a, b, (N + K + 2) * EPS * absolute)


def test_tanh_divided_at_the_start_gives_the_true_gradient(draw, complex_step, within):
    net = draw(3, widths=(4, 5, 3), N=8)
    X, W1, b1, W2, b2 = net.X.T, net.W[0].T, net.b[0].T, net.W[1].T, net.b[1].T

    def loss(W1):
        scores = np.tanh(X @ W1 + b1) @ W2 + b2
        log_probs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return -log_probs[np.arange(8), net.y].mean()

    dW1 = hand_written(X, net.y, W1, b1, W2, b2, tanh, "start")[0]
    # The absolute terms of dW1, with the slope of tanh at most 1, and those of the scores, whose
    # errors the softmax passes on (2 S) with the subtracted maximum (2 K). The longest chain adds
    # 5 + 6 + 3 + 3 + 8 numbers; 4 times that, and 10 functions, for both computations.
    S = (np.abs(W2).sum(axis=0) + np.abs(b2)).max()
    d = np.full((8, 3), 2 / 8)  # at least (probs + onehot) / N
    absolute = np.abs(X).T @ (d @ np.abs(W2).T)
    argument = 1 + (np.abs(X) @ np.abs(W1) + np.abs(b1)).max()  # tanh passes its argument's error
    bound = 4 * 35 * EPS * (1 + 2 * S + 2 * 3) * argument * absolute
    assert within(dW1, complex_step(loss, W1), bound)


def test_dW1_needs_the_mask(draw, complex_step, gradient_bounds, within):
    net = draw(1, widths=(4, 6, 3), N=7)
    X, weights = net.X.T, [net.W[0].T, net.b[0].T, net.W[1].T, net.b[1].T]
    lines = post.backward(X, net.y, *weights, reg=0.0)
    without_mask = X.T @ (lines["dscores"] @ weights[2].T)
    true = complex_step(
        lambda W1: post.forward(X, net.y, W1, *weights[1:], 0.0)["loss"], weights[0]
    )
    bound = gradient_bounds(net.X, net.y, net.W, net.b)["dW"][0].T
    assert within(lines["dW1_data"], true, bound)
    assert (np.abs(without_mask - true) > bound).any()
