"""The network of the post: hand-written == automatic == PyTorch."""

from hypothesis import given, settings

from equivalence.draws import examples
from equivalence.sides import assert_three_ways, automatic, by_torch
from reference import post

NAMES = ("dX", "dW1", "dW2", "db1", "db2")


@settings(max_examples=3 * settings.default.max_examples)
@given(example=examples())
def test_gradients_agree(example):
    X, y, reg = example.X, example.y, example.reg
    W1, W2, b1, b2 = example.weights

    def loss(functions, X, W1, W2, b1, b2):
        data_loss = functions.cross_entropy(functions.relu(X @ W1 + b1) @ W2 + b2, y)
        return data_loss + 0.5 * reg * ((W1 * W1).sum() + (W2 * W2).sum())

    arrays = (X, W1, W2, b1, b2)
    values = post.forward(X, y, W1, b1, W2, b2, reg)
    lines = post.backward(X, y, W1, b1, W2, b2, reg, values)
    # The post has no use for the gradient of X; equation (1) of the answer gives it.
    by_hand = {"loss": values["loss"], **lines, "dX": lines["dhidden"] @ W1.T}
    assert_three_ways(
        "post's network",
        example,
        by_hand,
        automatic(loss, arrays, NAMES),
        by_torch(loss, arrays, NAMES),
    )
