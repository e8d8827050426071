"""The third answer's classifier: hand-written == automatic == PyTorch."""

from hypothesis import given, settings

from equivalence.draws import examples
from equivalence.sides import assert_three_ways, automatic, by_torch
from reference import linear

NAMES = ("dX", "dW", "db")


@settings(max_examples=2 * settings.default.max_examples)
@given(example=examples(depths=(1, 1)))
def test_gradients_agree(example):
    X, y, reg = example.X, example.y, example.reg
    W, b = example.weights

    def loss(functions, X, W, b):
        return functions.cross_entropy(X @ W + b, y) + 0.5 * reg * (W * W).sum()

    arrays = (X, W, b)

    values = linear.forward(X, y, W, b, reg)
    lines = linear.backward(X, y, W, b, reg, values)
    by_hand = {"loss": values["loss"], **lines, "dX": lines["dscores"] @ W.T}
    assert_three_ways(
        "linear classifier",
        example,
        by_hand,
        automatic(loss, arrays, NAMES),
        by_torch(loss, arrays, NAMES),
    )
