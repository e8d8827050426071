"""n layers in the answer's column convention: hand-written == automatic == PyTorch."""

from hypothesis import given, settings

from equivalence.draws import examples
from equivalence.sides import assert_three_ways, automatic, by_torch
from reference import layers


@settings(max_examples=2 * settings.default.max_examples)
@given(example=examples(depths=(1, 5), columns=True))
def test_gradients_agree(example):
    X, y = example.X, example.y
    n = len(example.weights) // 2
    W, b = example.weights[:n], example.weights[n:]

    def loss(functions, X, *weights):
        o = X
        for k in range(n - 1):
            o = functions.relu(weights[k] @ o + weights[n + k])
        return functions.cross_entropy((weights[n - 1] @ o + weights[2 * n - 1]).T, y)

    names = ["do0", *(f"dW{k}" for k in range(1, n + 1)), *(f"db{k}" for k in range(1, n + 1))]
    arrays = (X, *W, *b)
    values = layers.forward(X, y, W, b)
    lines = layers.backward(X, y, W, b, values)
    hand = [values["loss"], lines["do"][0], *lines["dW"], *lines["db"]]
    by_hand = dict(zip(["loss", *names], hand, strict=True))
    assert_three_ways(
        "n layers, column convention",
        example,
        by_hand,
        automatic(loss, arrays, names),
        by_torch(loss, arrays, names),
    )
