"""The dtype of the inputs is kept, and scores of any size are safe."""

import numpy as np
import pytest

from reference import iris, layers, linear, post

DTYPES = [np.float32, np.float64]


def arrays(values):
    """Yield all arrays and scalars of a dict of arrays and lists of arrays."""
    for value in values.values():
        yield from (v for v in (value if isinstance(value, list) else [value]) if v is not None)


@pytest.mark.parametrize("dtype", [*DTYPES, np.float16])
def test_the_network_of_the_post_keeps_its_dtype(dtype):
    X, y, _, _ = iris.split()
    X, weights = X.astype(dtype), post.init(dtype=dtype)
    values = post.forward(X, y, *weights, 1e-3)
    assert {value.dtype for value in arrays(values)} == {np.dtype(dtype)}
    assert isinstance(values["loss"], dtype)
    lines = post.backward(X, y, *weights, 1e-3, values)
    assert {line.dtype for line in lines.values()} == {np.dtype(dtype)}
    assert {a.dtype for a in post.step(X, y, *weights)} == {np.dtype(dtype)}
    assert {a.dtype for a in post.train(X, y, *weights, steps=2)} == {np.dtype(dtype)}


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_linear_classifier_keeps_its_dtype(dtype):
    X, y, _, _ = iris.split()
    X, W, b = X.astype(dtype), np.zeros((4, 3), dtype), np.zeros((1, 3), dtype)
    values = linear.forward(X, y, W, b, 1e-3)
    assert {value.dtype for value in arrays(values)} == {np.dtype(dtype)}
    gradients = linear.backward(X, y, W, b, 1e-3, values)
    assert {gradient.dtype for gradient in arrays(gradients)} == {np.dtype(dtype)}
    assert {a.dtype for a in linear.step(X, y, W, b)} == {np.dtype(dtype)}


@pytest.mark.parametrize("dtype", DTYPES)
def test_n_layers_keep_their_dtype(dtype, draw):
    net = draw(0, widths=(4, 5, 5, 3), N=6, dtype=dtype)
    values = layers.forward(net.X, net.y, net.W, net.b)
    gradients = layers.backward(net.X, net.y, net.W, net.b, values)
    assert {value.dtype for value in arrays(values)} == {np.dtype(dtype)}
    assert {gradient.dtype for gradient in arrays(gradients)} == {np.dtype(dtype)}


# One feature, and the scores 1e4, -1e4, 0 for both examples. The first one's class is the most
# probable: loss 0, and no gradient. The second one's is the least probable: loss 2e4. All of the
# expected numbers are exact, in both dtypes; a warning of NumPy's would fail the test.
LOSS = 1e4
DSCORES = [[0.0, 0.0, 0.0], [0.5, -0.5, 0.0]]
DW = [[0.5, -0.5, 0.0]]


@pytest.mark.parametrize("dtype", DTYPES)
def test_scores_of_10000_in_the_network_of_the_post(dtype):
    X, y = np.ones((2, 1), dtype), np.array([0, 1])
    W1, b1 = np.ones((1, 1), dtype), np.zeros((1, 1), dtype)
    W2, b2 = np.array([[1e4, -1e4, 0]], dtype), np.zeros((1, 3), dtype)
    assert post.forward(X, y, W1, b1, W2, b2, 0.0)["loss"] == LOSS
    lines = post.backward(X, y, W1, b1, W2, b2, 0.0)
    assert lines["dscores"].tolist() == DSCORES
    assert lines["dW2"].tolist() == lines["db2"].tolist() == DW
    assert lines["dW1"].tolist() == lines["db1"].tolist() == [[1e4]]


@pytest.mark.parametrize("dtype", DTYPES)
def test_scores_of_10000_in_the_linear_classifier(dtype):
    X, y = np.ones((2, 1), dtype), np.array([0, 1])
    W, b = np.array([[1e4, -1e4, 0]], dtype), np.zeros((1, 3), dtype)
    assert linear.forward(X, y, W, b, 0.0)["loss"] == LOSS
    gradients = linear.backward(X, y, W, b, 0.0)
    assert gradients["dscores"].tolist() == DSCORES
    assert gradients["dW"].tolist() == gradients["db"].tolist() == DW


@pytest.mark.parametrize("dtype", DTYPES)
def test_scores_of_10000_in_the_last_of_n_layers(dtype):
    X, y = np.ones((1, 2), dtype), np.array([0, 1])
    W = [np.ones((1, 1), dtype), np.array([[1e4], [-1e4], [0]], dtype)]
    b = [np.zeros((1, 1), dtype), np.zeros((3, 1), dtype)]
    assert layers.forward(X, y, W, b)["loss"] == LOSS
    gradients = layers.backward(X, y, W, b)
    assert gradients["di"][2].T.tolist() == DSCORES
    assert gradients["dW"][1].T.tolist() == gradients["db"][1].T.tolist() == DW
    assert gradients["dW"][0].tolist() == [[1e4]]
