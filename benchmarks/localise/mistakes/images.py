"""Mistakes in a convolutional network, and in an autoencoder."""

from benchmarks.localise.mistakes.mistake import Mistake

CONVOLUTION = tuple(
    Mistake("convolution", *row)
    for row in (
        (
            "dscores = np.exp(cache.logprobs)",
            "dscores = cache.logprobs.copy()",
            "wrong quantity",
            "starts from the logarithms of the probabilities",
        ),
        (
            "dscores[np.arange(N), cache.labels] -= 1",
            "dscores[np.arange(N), cache.labels] = 1",
            "= for +=",
            "assigns where it should subtract",
        ),
        ("dscores /= N", "", "scale", "sums the loss over the batch"),
        (
            "dW = cache.flat.T @ dscores + cache.reg * cache.W",
            "dW = cache.flat.T @ dscores + cache.W",
            "scale",
            "forgets the strength of the penalty",
        ),
        (
            "db = dscores.sum(axis=0)",
            "db = dscores.mean(axis=0)",
            "mean for sum",
            "divides by the batch twice",
        ),
        (
            "dpooled = dflat.reshape(cache.pooled.shape)",
            "dpooled = dflat.reshape(N, *cache.pooled.shape[2:], -1).transpose(0, 3, 1, 2)",
            "transposed",
            "unflattens as if the channels came last",
        ),
        (
            "dact = np.zeros_like(cache.act)",
            "dact = cache.act",
            "aliasing",
            "collects the gradients in the activations",
        ),
        (
            "largest = window == window.max(axis=(2, 3), keepdims=True)",
            "largest = window != window.max(axis=(2, 3), keepdims=True)",
            "inverted mask",
            "sends the gradient to all but the maximum",
        ),
        (
            "largest = window == window.max(axis=(2, 3), keepdims=True)",
            "largest = window == window.max(axis=3, keepdims=True)",
            "wrong axis",
            "finds the maximum of each row of the window",
        ),
        (
            "largest = window == window.max(axis=(2, 3), keepdims=True)",
            "largest = window > 0",
            "wrong mask",
            "has one mask for ReLU and pooling",
        ),
        (
            "share = largest * dpooled[:, :, i, j][:, :, None, None]",
            "share = dpooled[:, :, i, j][:, :, None, None]",
            "missing mask",
            "sends the gradient to the whole window",
        ),
        (
            "share = largest * dpooled[:, :, i, j][:, :, None, None]",
            "share = dpooled[:, :, i, j][:, :, None, None] / window[0, 0].size",
            "wrong derivative",
            "has the derivative of average pooling",
        ),
        (
            "dact[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] += share",
            "dact[:, :, i : i + 2, j : j + 2] += share",
            "wrong index",
            "forgets the stride of the pooling",
        ),
        (
            "dconv[cache.conv <= 0] = 0",
            "dconv[dconv <= 0] = 0",
            "wrong mask",
            "applies the ReLU to the gradient",
        ),
        (
            "dconv[cache.conv <= 0] = 0",
            "dconv[cache.conv > 0] = 0",
            "inverted mask",
            "keeps the gradient where the unit was off",
        ),
        (
            "dfilters = cache.reg * cache.filters",
            "dfilters = np.zeros_like(cache.filters)",
            "missing regularisation",
            "regularises the linear layer only",
        ),
        (
            "dbias = dconv.sum(axis=(0, 2, 3))",
            "dbias = dconv.sum(axis=(2, 3))",
            "not summed",
            "forgets the batch",
        ),
        (
            "dbias = dconv.sum(axis=(0, 2, 3))",
            "dbias = dconv.sum(axis=(1, 2, 3))",
            "wrong axis",
            "sums over the filters, not over the batch",
        ),
        (
            "dbias = dconv.sum(axis=(0, 2, 3))",
            "dbias = dconv.mean(axis=(2, 3)).sum(axis=0)",
            "mean for sum",
            "averages over the positions",
        ),
        (
            "for i in range(dconv.shape[2]):",
            "for i in range(dconv.shape[2] - 1):",
            "wrong index",
            "misses the last row",
        ),
        (
            'dfilters += np.einsum("nf,ncrs->fcrs", dy, patch)',
            'dfilters = np.einsum("nf,ncrs->fcrs", dy, patch)',
            "= for +=",
            "keeps what the last position has to say",
        ),
        (
            "patch = cache.images[:, :, i : i + R, j : j + S]",
            "patch = cache.images[:, :, j : j + R, i : i + S]",
            "wrong index",
            "swaps rows and columns",
        ),
        (
            'dimages[:, :, i : i + R, j : j + S] += np.einsum("nf,fcrs->ncrs", dy, cache.filters)',
            'dimages[:, :, i : i + R, j : j + S] = np.einsum("nf,fcrs->ncrs", dy, cache.filters)',
            "= for +=",
            "forgets that the patches overlap",
        ),
        (
            'dimages[:, :, i : i + R, j : j + S] += np.einsum("nf,fcrs->ncrs", dy, cache.filters)',
            "dimages[:, :, i : i + R, j : j + S] += "
            'np.einsum("nf,fcrs->ncrs", dy, cache.filters[:, :, ::-1, ::-1])',
            "wrong index",
            "flips the filters, as one must in a convolution, but not in this loop",
        ),
        (
            "loss = loss + 0.5 * reg * (np.sum(filters**2) + np.sum(W**2))",
            "loss = loss + 0.5 * reg * np.sum(W**2)",
            "loss",
            "penalises one array, with gradients for two",
        ),
    )
)

VAE = tuple(
    Mistake("vae", *row)
    for row in (
        ("dlogits = (xhat - x) / N", "dlogits = (x - xhat) / N", "sign", "target minus output"),
        (
            "dlogits = (xhat - x) / N",
            "dlogits = (xhat - x) * xhat * (1 - xhat) / N",
            "wrong derivative",
            "goes through the sigmoid twice",
        ),
        (
            "dlogits = (xhat - x) / N",
            "dlogits = (xhat - x) / x.size",
            "scale",
            "averages over the pixels, the loss sums them",
        ),
        ("dg[g <= 0] = 0", "", "missing mask", "forgets the decoder's ReLU"),
        ("dg[g <= 0] = 0", "dg[dg <= 0] = 0", "wrong mask", "types one letter too many"),
        (
            'grads["Wd"] = z.T @ dg',
            'grads["Wd"] = mu.T @ dg',
            "wrong quantity",
            "feeds the mean to the decoder, not the sample",
        ),
        (
            'grads["Wd"] = z.T @ dg',
            'grads["Wd"] = dg.T @ z',
            "transposed",
            "swaps the factors",
        ),
        (
            'grads["bd"] = dg.sum(axis=0)',
            'grads["bd"] = dg.sum(axis=0, keepdims=True)',
            "shape",
            "keeps an axis",
        ),
        (
            'grads["bd"] = dg.sum(axis=0)',
            'grads["bd"] = dg',
            "not summed",
            "returns the gradients of all examples",
        ),
        ("dmu = dz.copy()", "dmu = dz", "aliasing", "adds the KL term to dz as well"),
        ("dstd = dz * eps", "dstd = dz", "wrong derivative", "forgets the noise"),
        ("dstd = dz * eps", "dstd = dz * z", "wrong quantity", "takes the sample for the noise"),
        (
            "dlogvar = 0.5 * std * dstd",
            "dlogvar = std * dstd",
            "scale",
            "takes the logarithm of the deviation, not of the variance",
        ),
        ("dlogvar = 0.5 * std * dstd", "dlogvar = 0.5 * dstd", "wrong derivative", "forgets exp"),
        ("dmu += mu / N", "", "missing term", "trains the mean by the reconstruction only"),
        ("dmu += mu / N", "dmu -= mu / N", "sign", "drives the mean away from zero"),
        ("dmu += mu / N", "dmu += mu", "scale", "averages one of the two losses"),
        (
            "dlogvar += 0.5 * (np.exp(logvar) - 1) / N",
            "dlogvar += 0.5 * (1 - np.exp(logvar)) / N",
            "sign",
            "forgets the minus before the KL term",
        ),
        (
            "dlogvar += 0.5 * (np.exp(logvar) - 1) / N",
            "dlogvar = 0.5 * (np.exp(logvar) - 1) / N",
            "= for +=",
            "drops what comes through the sample",
        ),
        (
            "dlogvar += 0.5 * (np.exp(logvar) - 1) / N",
            "dlogvar += 0.5 * (logvar - 1) / N",
            "wrong quantity",
            "takes the logarithm for the variance",
        ),
        (
            'grads["Wvar"] = h.T @ dlogvar',
            'grads["Wvar"] = h.T @ dmu',
            "wrong quantity",
            "copies the line of the other head",
        ),
        (
            'grads["bmu"] = dmu.sum(axis=0)',
            'grads["bmu"] = dmu.mean(axis=0)',
            "mean for sum",
            "averages over the batch again",
        ),
        (
            'dh += dlogvar @ params["Wvar"].T',
            "",
            "missing term",
            "follows one head of two back into the encoder",
        ),
        (
            'dh += dlogvar @ params["Wvar"].T',
            'dh = dlogvar @ params["Wvar"].T',
            "= for +=",
            "overwrites what the first head has sent",
        ),
        ("da = dh * (1 - h**2)", "da = dh", "wrong derivative", "forgets the encoder's tanh"),
        (
            "kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar)) / N",
            "kl = -0.5 * np.mean(1 + logvar - mu**2 - np.exp(logvar))",
            "loss",
            "averages over the latent dimensions",
        ),
    )
)
