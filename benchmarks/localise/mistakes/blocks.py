"""Mistakes in small functions and loops over layers, and with dropout and the hinge loss."""

from benchmarks.localise.mistakes.mistake import Mistake

LAYERS_LIST = tuple(
    Mistake("layers_list", *row)
    for row in (
        ("dW = x.T @ dout", "dW = dout.T @ x", "transposed", "has the order of the column layout"),
        ("db = dout.sum(axis=0)", "db = dout.sum(axis=1)", "wrong axis", "sums along the rows"),
        ("db = dout.sum(axis=0)", "db = dout.sum()", "wrong axis", "sums over everything"),
        ("db = dout.sum(axis=0)", "db = dout.mean(axis=0)", "mean for sum", "divides by N again"),
        (
            "db = dout.sum(axis=0)",
            "db = dout.sum(axis=0, keepdims=True)",
            "shape",
            "keeps an axis that the biases do not have",
        ),
        ("dx = dout.copy()", "dx = dout", "aliasing", "writes into the gradient it was given"),
        (
            "dx[x <= 0] *= SLOPE",
            "dx[x <= 0] = SLOPE",
            "= for +=",
            "puts the slope where the gradient times the slope belongs",
        ),
        (
            "dx[x <= 0] *= SLOPE",
            "dx[x <= 0] = 0",
            "wrong derivative",
            "has the derivative of the plain ReLU",
        ),
        ("dx[x <= 0] *= SLOPE", "dx[x > 0] *= SLOPE", "inverted mask", "damps the wrong side"),
        (
            "dx[x <= 0] *= SLOPE",
            "dx[dout <= 0] *= SLOPE",
            "wrong mask",
            "asks for the sign of the gradient",
        ),
        (
            "dout = probs.copy()",
            "dout = probs",
            "aliasing",
            "turns the probabilities of the forward pass into gradients",
        ),
        ("dout /= len(y)", "", "scale", "forgets the mean"),
        (
            "dout /= len(y)",
            "dout /= dout.shape[1]",
            "scale",
            "divides by the number of classes",
        ),
        (
            "for i in range(L - 1, -1, -1):",
            "for i in range(L - 1, 0, -1):",
            "wrong index",
            "stops before the first layer",
        ),
        (
            "if relu_cache is not None:",
            "if relu_cache is not None and i > 0:",
            "missing mask",
            "takes the first layer for one without activation",
        ),
        (
            "dWs, dbs = [None] * L, [None] * L",
            "dWs = dbs = [None] * L",
            "aliasing",
            "gives one list two names",
        ),
        ("dWs[i] += reg * Ws[i]", "", "missing regularisation", "has it in the loss only"),
        (
            "dWs[i] += reg * Ws[i]",
            "dWs[i] += reg * Ws[i] ** 2",
            "wrong derivative",
            "copies the penalty and does not derive it",
        ),
        (
            "dWs[i] += reg * Ws[i]",
            "dWs[i] = reg * Ws[i]",
            "= for +=",
            "overwrites what affine_backward has returned",
        ),
        (
            "dW = x.T @ dout",
            "dW = x.T @ dout / len(x)",
            "scale",
            "takes the mean once more, in the layer",
        ),
        (
            "reg_loss = 0.5 * reg * sum(np.sum(W * W) for W in Ws)",
            "reg_loss = 0.5 * reg * sum(np.sum(np.abs(W)) for W in Ws)",
            "loss",
            "changes the penalty and not its gradient",
        ),
    )
)

HINGE = tuple(
    Mistake("hinge", *row)
    for row in (
        (
            "dscores = (margins > 0).astype(X.dtype)",
            "dscores = margins.copy()",
            "wrong mask",
            "forgets to make the margins ones",
        ),
        (
            "dscores = (margins > 0).astype(X.dtype)",
            "dscores = (margins >= 0).astype(X.dtype)",
            "wrong mask",
            "counts the classes that keep their distance, too",
        ),
        (
            "dscores[np.arange(N), y] -= dscores.sum(axis=1)",
            "dscores[np.arange(N), y] -= 1",
            "wrong derivative",
            "does as for the softmax, where it is 1",
        ),
        (
            "dscores[np.arange(N), y] -= dscores.sum(axis=1)",
            "",
            "missing term",
            "forgets that the true class is in every margin",
        ),
        (
            "dscores[np.arange(N), y] -= dscores.sum(axis=1)",
            "dscores[np.arange(N), y] += dscores.sum(axis=1)",
            "sign",
            "forgets the minus before the score of the true class",
        ),
        ("dscores /= N", "", "scale", "sums over the examples"),
        (
            "dW2 = dropped.T @ dscores",
            "dW2 = pre.T @ dscores",
            "wrong quantity",
            "multiplies by what was there before ReLU and dropout",
        ),
        (
            "ddropped = dscores @ W2.T",
            "ddropped = W2 @ dscores",
            "transposed",
            "writes the product for vectors that are columns",
        ),
        (
            "dhidden = ddropped * keep / RATE",
            "dhidden = ddropped / RATE",
            "missing mask",
            "sends gradients to units that had been dropped",
        ),
        (
            "dhidden = ddropped * keep / RATE",
            "dhidden = ddropped * keep",
            "scale",
            "drops units as in the forward pass, and does not scale",
        ),
        (
            "dhidden = ddropped * keep / RATE",
            "dhidden = ddropped * (1 - keep) / RATE",
            "inverted mask",
            "takes keep for drop",
        ),
        (
            "dpre = np.where(pre > 0, dhidden, 0)",
            "dpre = np.where(pre > 0, 0, dhidden)",
            "inverted mask",
            "swaps the branches of where",
        ),
        ("dpre = np.where(pre > 0, dhidden, 0)", "dpre = dhidden", "missing mask", "no ReLU"),
        (
            "db1 = dpre.sum(axis=0)",
            "db1 = dhidden.sum(axis=0)",
            "wrong quantity",
            "adds the bias after the ReLU",
        ),
        (
            "db1 = dpre.sum(axis=0)",
            'db1 = dpre.sum(axis=0) + 2 * reg * params["b1"]',
            "extra term",
            "regularises a bias, which the loss does not",
        ),
        (
            "dW1 += 2 * reg * W1",
            "dW1 += reg * W1",
            "scale",
            "expects a half in the penalty that is not there",
        ),
        ("dW2 += 2 * reg * W2", "", "missing regularisation", "does it for one layer of two"),
        (
            "db2 = dscores.sum(axis=0)",
            "db2 = dscores.sum(axis=1)",
            "wrong axis",
            "sums over the classes, which is zero",
        ),
        ("loss = margins.sum() / N", "loss = margins.mean()", "loss", "averages over classes too"),
    )
)
