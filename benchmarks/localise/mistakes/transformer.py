"""Mistakes in attention and layer norm."""

from benchmarks.localise.mistakes.mistake import Mistake

ATTENTION = tuple(
    Mistake("attention", *row)
    for row in (
        (
            'dout = 2 * cache["error"] / cache["error"].size',
            'dout = 2 * cache["error"] / cache["error"].shape[0]',
            "scale",
            "divides by the batch, the mean is over all elements",
        ),
        (
            'dout = 2 * cache["error"] / cache["error"].size',
            'dout = cache["error"] / cache["error"].size',
            "scale",
            "forgets the 2",
        ),
        (
            "dx = dout.copy()",
            "dx = np.zeros_like(dout)",
            "missing term",
            "forgets the residual connection",
        ),
        ("dx = dout.copy()", "dx = dout", "aliasing", "adds to the gradient of the output"),
        (
            'dWo = np.einsum("btv,btd->vd", cache["context"], dout)',
            'dWo = np.einsum("btv,btd->dv", cache["context"], dout)',
            "transposed",
            "swaps two letters",
        ),
        (
            'dWo = np.einsum("btv,btd->vd", cache["context"], dout)',
            'dWo = np.einsum("btv,btd->bvd", cache["context"], dout)',
            "not summed",
            "keeps the batch",
        ),
        (
            "dv = att.transpose(0, 2, 1) @ dcontext",
            "dv = att @ dcontext",
            "transposed",
            "the attention is square, so nothing complains",
        ),
        (
            "dscores = att * (datt - np.sum(att * datt, axis=-1, keepdims=True))",
            "dscores = att * (1 - att) * datt",
            "wrong derivative",
            "takes the softmax for elementwise",
        ),
        (
            "dscores = att * (datt - np.sum(att * datt, axis=-1, keepdims=True))",
            "dscores = att * datt",
            "missing term",
            "forgets the denominator of the softmax",
        ),
        (
            "dscores = att * (datt - np.sum(att * datt, axis=-1, keepdims=True))",
            "dscores = att * (datt - np.sum(att * datt, axis=1, keepdims=True))",
            "wrong axis",
            "sums over the queries, where the softmax went over the keys",
        ),
        (
            "dscores = att * (datt - np.sum(att * datt, axis=-1, keepdims=True))",
            "dscores = att * (datt - np.sum(datt, axis=-1, keepdims=True))",
            "wrong quantity",
            "forgets to weight the sum",
        ),
        ('dscores *= cache["scale"]', "", "scale", "forgets the square root of the dimension"),
        (
            'dscores *= cache["scale"]',
            'dscores /= cache["scale"]',
            "scale",
            "undoes what should be done again",
        ),
        ("dq = dscores @ k", "dq = dscores @ q", "wrong quantity", "mixes queries and keys"),
        (
            "dk = dscores.transpose(0, 2, 1) @ q",
            "dk = dscores @ q",
            "transposed",
            "the scores are square, so nothing complains",
        ),
        (
            'dWk = np.einsum("btd,bta->da", n, dk)',
            'dWk = np.einsum("btd,bta->da", n, dq)',
            "wrong quantity",
            "copies the line and changes the left side",
        ),
        (
            'dWv = np.einsum("btd,bta->da", n, dv)',
            'dWv = np.einsum("btd,bta->da", norm, dv)',
            "wrong quantity",
            "takes the layer norm without its gain",
        ),
        (
            'dn += dk @ cache["Wk"].T',
            'dn = dk @ cache["Wk"].T',
            "= for +=",
            "loses the way through the queries",
        ),
        ('dn += dv @ cache["Wv"].T', "", "missing term", "follows two of three projections"),
        (
            'dn += dv @ cache["Wv"].T',
            'dn += dv @ cache["Wv"].T + dout',
            "extra term",
            "adds the residual after the norm, though it leaves before it",
        ),
        (
            "dgain = np.sum(dn * norm, axis=(0, 1))",
            "dgain = np.sum(dn * n, axis=(0, 1))",
            "wrong quantity",
            "takes the result of the layer norm for its normalised input",
        ),
        (
            "dgain = np.sum(dn * norm, axis=(0, 1))",
            "dgain = np.mean(dn * norm, axis=(0, 1))",
            "mean for sum",
            "averages over batch and time",
        ),
        (
            "dshift = np.sum(dn, axis=(0, 1))",
            "dshift = np.sum(dn, axis=0)",
            "not summed",
            "sums over the batch and forgets time",
        ),
        (
            "dshift = np.sum(dn, axis=(0, 1))",
            "dshift = np.sum(dn, axis=(0, 1), keepdims=True)",
            "shape",
            "keeps two axes of length one",
        ),
        (
            'dnorm = dn * cache["gain"]',
            "dnorm = dn",
            "wrong derivative",
            "forgets the gain on the way back",
        ),
        (
            "dcentred = dnorm - norm * np.mean(dnorm * norm, axis=-1, keepdims=True)",
            "dcentred = dnorm",
            "missing term",
            "takes the variance as constant",
        ),
        (
            "dcentred = dnorm - norm * np.mean(dnorm * norm, axis=-1, keepdims=True)",
            "dcentred = dnorm - norm * np.sum(dnorm * norm, axis=-1, keepdims=True)",
            "scale",
            "forgets that the variance is a mean",
        ),
        (
            "dcentred = dcentred - np.mean(dnorm, axis=-1, keepdims=True)",
            "",
            "missing term",
            "takes the mean as constant",
        ),
        (
            "dcentred = dcentred - np.mean(dnorm, axis=-1, keepdims=True)",
            "dcentred = dcentred - np.mean(dnorm, axis=1, keepdims=True)",
            "wrong axis",
            "averages over time, as if it were a batch norm",
        ),
        (
            'dx += dcentred * cache["rstd"]',
            'dx += dcentred / cache["rstd"]',
            "wrong derivative",
            "takes the reciprocal for the deviation",
        ),
        ('dx += dcentred * cache["rstd"]', 'dx = dcentred * cache["rstd"]', "= for +=", "no plus"),
        (
            "loss = np.mean((out - target) ** 2)",
            "loss = 0.5 * np.mean((out - target) ** 2)",
            "loss",
            "puts in the half and keeps the 2",
        ),
    )
)
