"""Mistakes where something runs over time."""

from benchmarks.localise.mistakes.mistake import Mistake

RNN = tuple(
    Mistake("rnn", *row)
    for row in (
        (
            "for t in reversed(range(T)):",
            "for t in range(T):",
            "wrong index",
            "goes through time in the direction of the forward pass",
        ),
        (
            "for t in reversed(range(T)):",
            "for t in reversed(range(1, T)):",
            "wrong index",
            "leaves the first step out",
        ),
        (
            "dscores = ps[t].copy()",
            "dscores = ps[t]",
            "aliasing",
            "turns the stored probabilities into gradients",
        ),
        (
            "dscores[targets[t]] -= 1",
            "dscores[targets[t - 1]] -= 1",
            "wrong index",
            "is one step off with the targets",
        ),
        ("dscores /= T", "", "scale", "forgets that the loss is a mean over the steps"),
        (
            "dWhy += np.outer(dscores, hs[t])",
            "dWhy += np.outer(dscores, hs[t - 1])",
            "wrong index",
            "predicts from the previous state",
        ),
        ("dby += dscores", "dby = dscores", "= for +=", "keeps the first step only"),
        (
            "dh = Why.T @ dscores + dhnext",
            "dh = Why.T @ dscores",
            "missing term",
            "cuts the gradient off at each step",
        ),
        (
            "dh = Why.T @ dscores + dhnext",
            "dh = Why.T @ dscores - dhnext",
            "sign",
            "subtracts what comes from the future",
        ),
        (
            "draw = (1 - hs[t] * hs[t]) * dh",
            "draw = (1 - hs[t - 1] * hs[t - 1]) * dh",
            "wrong index",
            "takes the derivative at the previous state",
        ),
        (
            "draw = (1 - hs[t] * hs[t]) * dh",
            "draw = hs[t] * (1 - hs[t]) * dh",
            "wrong derivative",
            "takes tanh for the sigmoid",
        ),
        (
            "draw = (1 - hs[t] * hs[t]) * dh",
            "draw = np.clip((1 - hs[t] * hs[t]) * dh, -0.1, 0.1)",
            "wrong derivative",
            "has left the clipping in",
        ),
        ("dbh += draw", "dbh += dh", "wrong quantity", "adds the bias after the tanh"),
        ("dbh += draw", "", "missing term", "forgets a bias"),
        (
            "dWxh += np.outer(draw, xs[t])",
            "dWxh = np.outer(draw, xs[t])",
            "= for +=",
            "forgets that all steps share the weights",
        ),
        (
            "dWxh += np.outer(draw, xs[t])",
            "dWxh += np.outer(dh, xs[t])",
            "wrong quantity",
            "uses the gradient from before the tanh",
        ),
        (
            "dWhh += np.outer(draw, hs[t - 1])",
            "dWhh += np.outer(draw, hs[t])",
            "wrong index",
            "multiplies by the state that came out, not by the one that went in",
        ),
        (
            "dWhh += np.outer(draw, hs[t - 1])",
            "dWhh += np.outer(hs[t - 1], draw)",
            "transposed",
            "the matrix is square, so nothing complains",
        ),
        (
            "dhnext = Whh.T @ draw",
            "dhnext = Whh @ draw",
            "transposed",
            "the matrix is square, so nothing complains",
        ),
        (
            "dhnext = Whh.T @ draw",
            "dhnext = Whh.T @ dh",
            "wrong quantity",
            "steps over the tanh on the way back",
        ),
        (
            "dhnext = Whh.T @ draw",
            "dhnext += Whh.T @ draw",
            "extra term",
            "accumulates what each step should hand on",
        ),
        (
            "dh0 = dhnext",
            "dh0 = dh",
            "wrong quantity",
            "returns the gradient of the first state that was computed",
        ),
        (
            "loss = loss - np.log(ps[t][targets[t]]) / T",
            "loss = loss - np.log(ps[t][targets[t]])",
            "loss",
            "sums the loss over the steps",
        ),
    )
)

LSTM = tuple(
    Mistake("lstm", *row)
    for row in (
        (
            "for t in range(T - 1, -1, -1):",
            "for t in range(T - 1, 0, -1):",
            "wrong index",
            "stops one step early",
        ),
        (
            "dpred = error / (N * T)",
            "dpred = error / N",
            "scale",
            "averages over the sequences, not over the steps",
        ),
        (
            "dpred = error / (N * T)",
            "dpred = 2 * error / (N * T)",
            "scale",
            "forgets the half before the square",
        ),
        (
            "dV += h.T @ dpred",
            "dV += tanh_c.T @ dpred",
            "wrong quantity",
            "forgets the output gate",
        ),
        (
            "dh = dpred @ V.T + dh_next",
            "dh = dpred @ V.T",
            "missing term",
            "forgets that the state goes on",
        ),
        ("do = dh * tanh_c", "do = dh * c_prev", "wrong quantity", "takes another cell state"),
        (
            "dc = dh * o * (1 - tanh_c**2) + dc_next",
            "dc = dh * o * (1 - tanh_c**2)",
            "missing term",
            "loses the way from cell to cell, which is the point of an LSTM",
        ),
        (
            "dc = dh * o * (1 - tanh_c**2) + dc_next",
            "dc = dh * o + dc_next",
            "wrong derivative",
            "forgets the tanh of the cell",
        ),
        (
            "dc = dh * o * (1 - tanh_c**2) + dc_next",
            "dc = dh * o * (1 - np.tanh(tanh_c) ** 2) + dc_next",
            "wrong derivative",
            "takes the tanh a second time",
        ),
        ("di = dc * g", "di = dc * i", "wrong quantity", "multiplies by the gate itself"),
        ("dg = dc * i", "dg = dc", "wrong derivative", "forgets the gate"),
        (
            "df = dc * c_prev",
            "df = dc * tanh_c",
            "wrong quantity",
            "multiplies by the new cell, not by the old one",
        ),
        ("dc_next = dc * f", "", "missing term", "hands nothing back to the cell before"),
        (
            "dc_next = dc * f",
            "dc_next += dc * f",
            "extra term",
            "accumulates over time what belongs to one step",
        ),
        (
            "dgates[:, :H] = di * i * (1 - i)",
            "dgates[:, :H] = di",
            "wrong derivative",
            "forgets the sigmoid of a gate",
        ),
        (
            "dgates[:, H : 2 * H] = df * f * (1 - f)",
            "dgates[:, H : 2 * H] = df * f * (1 - i)",
            "wrong quantity",
            "copies the line of the input gate and changes too little",
        ),
        (
            "dgates[:, 2 * H : 3 * H] = do * o * (1 - o)",
            "dgates[:, H : 2 * H] = do * o * (1 - o)",
            "wrong index",
            "writes over the gradient of the forget gate",
        ),
        (
            "dgates[:, 3 * H :] = dg * (1 - g**2)",
            "dgates[:, 3 * H :] = dg * g * (1 - g)",
            "wrong derivative",
            "treats the candidate like a gate",
        ),
        ("dW += xh.T @ dgates", "dW = xh.T @ dgates", "= for +=", "keeps the first step only"),
        (
            "db += dgates.sum(axis=0)",
            "db = db + dgates",
            "not summed",
            "lets the batch broadcast into the bias",
        ),
        (
            "db += dgates.sum(axis=0)",
            "db += dgates.mean(axis=0)",
            "mean for sum",
            "averages over the sequences once more",
        ),
        (
            "dxs[t] = dxh[:, :D]",
            "dxs[t - 1] = dxh[:, :D]",
            "wrong index",
            "thinks of the state before",
        ),
        (
            "dh_next = dxh[:, D:]",
            "dh_next = dxh[:, :H]",
            "wrong index",
            "has input and state in the other order",
        ),
        (
            "dh_next = dxh[:, D:]",
            "dh_next += dxh[:, D:]",
            "extra term",
            "adds to what has been used up already",
        ),
        (
            "loss = loss + 0.5 * np.sum(error**2) / (N * T)",
            "loss = loss + 0.5 * np.mean(error**2) / T",
            "loss",
            "averages over the outputs as well",
        ),
    )
)
