"""Mistakes in networks of plain layers."""

from benchmarks.localise.mistakes.mistake import Mistake

POST = tuple(
    Mistake("post", *row)
    for row in (
        ("dscores /= N", "", "scale", "forgets that the loss is a mean"),
        (
            "dscores /= N",
            "dscores /= dscores.size",
            "scale",
            "takes the mean over examples and classes",
        ),
        ("dscores = probs.copy()", "dscores = probs", "aliasing", "copies as R does: not at all"),
        ("dscores[rows, y] -= 1", "", "missing term", "stops at the softmax"),
        ("dscores[rows, y] -= 1", "dscores[rows, y] += 1", "sign", "pushes the true class down"),
        (
            "dscores[rows, y] -= 1",
            "dscores[:, y] -= 1",
            "wrong index",
            "a colon takes all rows, where one column for each row was meant",
        ),
        (
            "dW2 = hidden.T @ dscores",
            "dW2 = hidden.T @ dscores + reg * W2",
            "double regularisation",
            "has the penalty here, and again at the end",
        ),
        (
            "dW2 = hidden.T @ dscores",
            "dW2 = dscores.T @ hidden",
            "transposed",
            "remembers the factors, not their order",
        ),
        (
            "db2 = np.sum(dscores, axis=0, keepdims=True)",
            "db2 = dscores",
            "not summed",
            "forgets that the bias is added to every example",
        ),
        (
            "db2 = np.sum(dscores, axis=0, keepdims=True)",
            "db2 = np.mean(dscores, axis=0, keepdims=True)",
            "mean for sum",
            "averages, where dscores has been divided by N already",
        ),
        (
            "dhidden = dscores @ W2.T",
            "dhidden = dscores @ W2",
            "transposed",
            "goes back by the weights as they went forward",
        ),
        ("dhidden[hidden <= 0] = 0", "", "missing mask", "takes the ReLU for the identity"),
        (
            "dhidden[hidden <= 0] = 0",
            "dhidden[hidden > 0] = 0",
            "inverted mask",
            "blocks what the ReLU let through",
        ),
        (
            "dhidden[hidden <= 0] = 0",
            "dhidden[dhidden <= 0] = 0",
            "wrong mask",
            "applies the ReLU to the gradient",
        ),
        (
            "dhidden[hidden <= 0] = 0",
            "dhidden[hidden < 0] = 0",
            "missing mask",
            "asks for negative values after the ReLU, where there are none",
        ),
        (
            "dW1 = X.T @ dhidden",
            "dW1 = X.T @ hidden",
            "wrong quantity",
            "takes the activation for its gradient",
        ),
        (
            "db1 = np.sum(dhidden, axis=0, keepdims=True)",
            "db1 = np.sum(dhidden, axis=0)",
            "shape",
            "the bias is a row, its gradient a vector",
        ),
        (
            "db1 = np.sum(dhidden, axis=0, keepdims=True)",
            "db1 = np.sum(dhidden, axis=1, keepdims=True)",
            "wrong axis",
            "sums over the units, not over the examples",
        ),
        ("dW1 += reg * W1", "", "missing regularisation", "regularises the last layer only"),
        ("dW1 += reg * W1", "dW1 -= reg * W1", "sign", "thinks of the update: weights decay"),
        (
            "dW2 += reg * W2",
            "dW2 = reg * W2",
            "= for +=",
            "assigns the penalty's gradient over that of the data",
        ),
        (
            "dW2 += reg * W2",
            "dW2 += 2 * reg * W2",
            "double regularisation",
            "derives the square and forgets the half before it",
        ),
        (
            "reg_loss = 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))",
            "reg_loss = reg * (np.sum(W1 * W1) + np.sum(W2 * W2))",
            "loss",
            "has the half in mind and not in the loss",
        ),
        (
            "data_loss = -np.log(probs[np.arange(N), y]).mean()",
            "data_loss = -np.log(probs[np.arange(N), y]).sum()",
            "loss",
            "sums the loss and goes back from its mean",
        ),
    )
)

THREE_LAYER = tuple(
    Mistake("three_layer", *row)
    for row in (
        (
            "onehot[np.arange(N), y] = 1",
            "onehot[y] = 1",
            "wrong index",
            "an index alone takes whole rows, those of the examples 0 to K - 1",
        ),
        (
            "dscores = (probs - onehot) / N",
            "dscores = (onehot - probs) / N",
            "sign",
            "takes target minus prediction",
        ),
        (
            "dscores = (probs - onehot) / N",
            "dscores = probs - onehot",
            "scale",
            "has the formula for one example",
        ),
        (
            "dscores = (probs - onehot) / N",
            "dscores = (probs - onehot) * probs * (1 - probs) / N",
            "wrong derivative",
            "goes through a sigmoid that is not there",
        ),
        (
            "dW3 = h2.T @ dscores + reg * W3",
            "dW3 = h2.T @ dscores",
            "missing regularisation",
            "forgets the layer that has been added last",
        ),
        (
            "dW3 = h2.T @ dscores + reg * W3",
            "dW3 = h2.T @ dscores + reg * W3 / N",
            "scale",
            "takes the mean of the penalty too",
        ),
        (
            "dW3 = h2.T @ dscores + reg * W3",
            "dW3 = h2.T @ dscores + reg",
            "wrong derivative",
            "derives the penalty as if it were linear",
        ),
        (
            "da2 = dh2 * (1 - h2**2)",
            "da2 = dh2 * (1 - h2) ** 2",
            "wrong derivative",
            "puts the bracket in the wrong place",
        ),
        (
            "da2 = dh2 * (1 - h2**2)",
            "da2 = dh2 * h2 * (1 - h2)",
            "wrong derivative",
            "has the derivative of the sigmoid",
        ),
        (
            "da2 = dh2 * (1 - h2**2)",
            "da2 = dh2 * (1 - np.tanh(h2) ** 2)",
            "wrong derivative",
            "takes the tanh of what is a tanh already",
        ),
        (
            "dW2 = h1.T @ da2 + reg * W2",
            "dW2 = h1.T @ dh2 + reg * W2",
            "wrong quantity",
            "uses the gradient from before the activation",
        ),
        (
            "dW2 = h1.T @ da2 + reg * W2",
            "dW2 = a1.T @ da2 + reg * W2",
            "wrong quantity",
            "multiplies by the layer's input before its ReLU",
        ),
        ("db2 = da2.sum(axis=0)", "db2 = dh2.sum(axis=0)", "wrong quantity", "mixes da2 and dh2"),
        (
            "dh1 = da2 @ W2.T",
            "dh1 = dh2 @ W2.T",
            "wrong quantity",
            "leaves the tanh out on the way down",
        ),
        ("da1 = dh1 * (a1 > 0)", "da1 = dh1", "missing mask", "forgets the first activation"),
        ("da1 = dh1 * (a1 > 0)", "da1 = dh1 * (a1 < 0)", "inverted mask", "turns the mask round"),
        (
            "da1 = dh1 * (a1 > 0)",
            "da1 = dh1 * (dh1 > 0)",
            "wrong mask",
            "lets positive gradients through, not positive activations",
        ),
        (
            "da1 = dh1 * (a1 > 0)",
            "da1 = dh1 * h1",
            "wrong derivative",
            "multiplies by the ReLU, not by its derivative",
        ),
        (
            "dW1 = X.T @ da1 + reg * W1",
            "dW1 = X.T @ da1 - reg * W1",
            "sign",
            "thinks that the penalty has to be taken away",
        ),
        ("db1 = da1.sum(axis=0)", "db1 = da1", "not summed", "has one bias for each example"),
        (
            "db3 = dscores.sum(axis=0)",
            "db3 = dscores.sum(axis=0, keepdims=True)",
            "shape",
            "copies the line from a network whose biases are rows",
        ),
        (
            "for W in (W1, W2, W3):",
            "for W in (W1, W2):",
            "loss",
            "adds a layer, and not its weights to the penalty",
        ),
    )
)
