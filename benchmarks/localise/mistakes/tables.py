"""Mistakes where rows are looked up, or columns are normalised; and in logistic regression."""

from benchmarks.localise.mistakes.mistake import Mistake

LOGISTIC = tuple(
    Mistake("logistic", *row)
    for row in (
        (
            "dlog_likelihood = -weight / total",
            "dlog_likelihood = weight / total",
            "sign",
            "climbs the likelihood",
        ),
        (
            "dlog_likelihood = -weight / total",
            "dlog_likelihood = -weight / len(y)",
            "scale",
            "divides by the number of examples, the loss by their weight",
        ),
        (
            "dlog_likelihood = -weight / total",
            "dlog_likelihood = -1 / total",
            "wrong derivative",
            "forgets the weight of each example",
        ),
        (
            "dp -= (1 - y) / (1 - p)",
            "dp += (1 - y) / (1 - p)",
            "sign",
            "forgets the inner derivative of 1 - p",
        ),
        ("dp -= (1 - y) / (1 - p)", "", "missing term", "derives for the class 1 only"),
        (
            "dp -= (1 - y) / (1 - p)",
            "dp -= (1 - y) / p",
            "wrong quantity",
            "copies the denominator from the line above",
        ),
        (
            "dp *= dlog_likelihood",
            "dp = dlog_likelihood",
            "= for +=",
            "forgets the star, and with it both terms",
        ),
        (
            "dz = dp * p * (1 - p)",
            "dz = dp * z * (1 - z)",
            "wrong quantity",
            "has the derivative in terms of the sigmoid, and puts in its argument",
        ),
        ("dz = dp * p * (1 - p)", "dz = dp * p", "wrong derivative", "derives the exponential"),
        (
            "dw += X.T @ dz",
            "dw += np.mean(X.T * dz, axis=1)",
            "mean for sum",
            "averages what has its weights already",
        ),
        ("dw += X.T @ dz", "dw = X @ dz", "transposed", "forgets the transpose"),
        ("dw += reg * w", "", "missing regularisation", "leaves it to the optimiser"),
        ("dw += reg * w", "dw += reg * np.sign(w)", "wrong derivative", "has that of the l1 norm"),
        ("dw += reg * w", "dw = reg * w", "= for +=", "keeps the penalty only"),
        ("dw += X.T @ dz", "dw += X.T @ dz + reg * w", "double regularisation", "adds it twice"),
        ("db = dz.sum()", "db = dz", "not summed", "has a bias for each example"),
        ("db = dz.sum()", "db = dz.mean()", "mean for sum", "thinks of the mean in the loss"),
        ("db = dz.sum()", "db = dz.sum() + reg * b", "extra term", "regularises the bias"),
        (
            "loss = data_loss + 0.5 * reg * np.sum(w**2)",
            "loss = data_loss + reg * np.sum(w**2)",
            "loss",
            "forgets the half in the loss",
        ),
    )
)

EMBEDDING_BATCHNORM = tuple(
    Mistake("embedding_batchnorm", *row)
    for row in (
        (
            "dlogprobs[rows, targets] = -1 / N",
            "dlogprobs[rows, targets] = -1",
            "scale",
            "forgets the mean at the very start",
        ),
        (
            "dlogprobs[rows, targets] = -1 / N",
            "dlogprobs[rows, targets] = 1 / N",
            "sign",
            "forgets the minus before the mean",
        ),
        (
            "dprobs = dlogprobs / probs",
            "dprobs = dlogprobs * probs",
            "wrong derivative",
            "goes through exp, not through log",
        ),
        (
            "dtotal_inv = (counts * dprobs).sum(axis=1, keepdims=True)",
            "dtotal_inv = (counts * dprobs).sum(axis=0, keepdims=True)",
            "wrong axis",
            "sums over the examples, where the forward pass has stretched a column",
        ),
        (
            "dtotal_inv = (counts * dprobs).sum(axis=1, keepdims=True)",
            "dtotal_inv = counts * dprobs",
            "not summed",
            "does not see that total_inv was stretched",
        ),
        (
            "dtotal = -(total**-2) * dtotal_inv",
            "dtotal = total**-2 * dtotal_inv",
            "sign",
            "loses the minus of the reciprocal",
        ),
        ("dcounts += dtotal", "", "missing term", "follows counts to one of its two uses"),
        ("dcounts += dtotal", "dcounts = dtotal", "= for +=", "overwrites the first path"),
        (
            "dlogits = dshifted.copy()",
            "dlogits = dshifted",
            "aliasing",
            "adds to dshifted what is meant for dlogits",
        ),
        (
            "dhpreact = (1.0 - h**2) * dh",
            "dhpreact = 1.0 - h**2 * dh",
            "wrong derivative",
            "forgets that times binds before minus",
        ),
        (
            "dbngain = (bnraw * dhpreact).sum(axis=0, keepdims=True)",
            "dbngain = (bndiff * dhpreact).sum(axis=0, keepdims=True)",
            "wrong quantity",
            "multiplies by the differences that are not normalised yet",
        ),
        (
            "dbngain = (bnraw * dhpreact).sum(axis=0, keepdims=True)",
            "dbngain = bnraw * dhpreact",
            "not summed",
            "forgets that the gain is shared by the batch",
        ),
        (
            "dbnbias = dhpreact.sum(axis=0, keepdims=True)",
            "dbnbias = dhpreact.sum(axis=0)",
            "shape",
            "loses an axis",
        ),
        (
            "dbnraw = bngain * dhpreact",
            "dbnraw = bnraw * dhpreact",
            "wrong quantity",
            "takes one factor of the product for the other",
        ),
        (
            "dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv",
            "dbnvar = 0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv",
            "sign",
            "forgets that the exponent is negative",
        ),
        (
            "dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv",
            "dbnvar = -0.5 * (bnvar + 1e-5) ** -0.5 * dbnvar_inv",
            "wrong derivative",
            "does not lower the exponent",
        ),
        (
            "dbnvar = -0.5 * (bnvar + 1e-5) ** -1.5 * dbnvar_inv",
            "dbnvar = -0.5 * bnvar**-1.5 * dbnvar_inv",
            "wrong derivative",
            "leaves the epsilon out",
        ),
        (
            "dbndiff2 = dbnvar / (N - 1) * np.ones_like(bndiff)",
            "dbndiff2 = dbnvar / N * np.ones_like(bndiff)",
            "scale",
            "divides by N, the forward pass by N - 1",
        ),
        (
            "dbndiff += 2 * bndiff * dbndiff2",
            "dbndiff += bndiff * dbndiff2",
            "scale",
            "forgets the 2 of the square",
        ),
        (
            "dbndiff += 2 * bndiff * dbndiff2",
            "dbndiff = 2 * bndiff * dbndiff2",
            "= for +=",
            "loses the way through bnraw",
        ),
        ("dbndiff += 2 * bndiff * dbndiff2", "", "missing term", "takes the variance as constant"),
        (
            "dhprebn = dbndiff.copy()",
            "dhprebn = dbndiff",
            "aliasing",
            "gives the gradient of the differences a second name, and adds to it",
        ),
        ("dhprebn += dbnmean / N", "", "missing term", "takes the mean as constant"),
        (
            "dhprebn += dbnmean / N",
            "dhprebn += dbnmean",
            "scale",
            "goes back through a sum, where it was a mean",
        ),
        (
            "dW1 = embcat.T @ dhprebn",
            "dW1 = embcat.T @ dhpreact",
            "wrong quantity",
            "steps over the batch norm",
        ),
        (
            "demb = dembcat.reshape(N, T, -1)",
            "demb = dembcat.reshape(T, N, -1).transpose(1, 0, 2)",
            "transposed",
            "takes the axes apart in another order than they were joined",
        ),
        (
            "np.add.at(dC, tokens, demb)",
            "dC[tokens] += demb",
            "= for +=",
            "counts a token that occurs twice once",
        ),
        (
            "np.add.at(dC, tokens, demb)",
            "dC[tokens] = demb",
            "= for +=",
            "keeps only the last occurrence of each token",
        ),
        (
            "bnvar = bndiff2.sum(axis=0, keepdims=True) / (N - 1)",
            "bnvar = bndiff2.sum(axis=0, keepdims=True) / N",
            "loss",
            "takes the biased variance forward, the unbiased one back",
        ),
    )
)

FACTORIZATION = tuple(
    Mistake("factorization", *row)
    for row in (
        (
            "derrors = 2 * errors / N",
            "derrors = errors / N",
            "scale",
            "expects a half before the square",
        ),
        (
            "derrors = 2 * errors / N",
            "derrors = -2 * errors / N",
            "sign",
            "has the errors the other way round in mind",
        ),
        ("doffset = derrors.sum()", "doffset = derrors.mean()", "mean for sum", "averages twice"),
        (
            "doffset = derrors.sum()",
            "doffset = derrors",
            "not summed",
            "one offset is added to every rating",
        ),
        (
            "duser_bias = np.zeros_like(user_bias)",
            "duser_bias = user_bias",
            "aliasing",
            "adds the gradient to the parameter",
        ),
        (
            "np.add.at(duser_bias, users, derrors)",
            "duser_bias[users] += derrors",
            "= for +=",
            "counts one rating of each user",
        ),
        (
            "np.add.at(ditem_bias, items, derrors)",
            "np.add.at(ditem_bias, users, derrors)",
            "wrong index",
            "copies the line above and changes one word of two",
        ),
        ("dp = ddots * q", "dp = ddots * p", "wrong quantity", "multiplies by the factor itself"),
        (
            "dp = ddots * q",
            "dp = ddots * q + 2 * reg * p / N",
            "double regularisation",
            "adds the penalty here, and two lines below",
        ),
        ("dp += 2 * reg * p / N", "", "missing regularisation", "regularises the items only"),
        (
            "dp += 2 * reg * p / N",
            "dp += 2 * reg * p",
            "scale",
            "forgets that the penalty is a mean, too",
        ),
        (
            "dq += 2 * reg * q / N",
            "dq += 2 * reg * p / N",
            "wrong quantity",
            "copies the line of the users",
        ),
        ("dq += 2 * reg * q / N", "dq = 2 * reg * q / N", "= for +=", "forgets the plus"),
        (
            "dP = np.zeros_like(P)",
            "dP = 2 * reg * P / N",
            "double regularisation",
            "penalises every user once more",
        ),
        (
            "np.add.at(dP, users, dp)",
            "dP[users] += dp",
            "= for +=",
            "trusts += with a repeated index",
        ),
        ("np.add.at(dQ, items, dq)", "np.add.at(dQ, items, dp)", "wrong quantity", "mixes p and q"),
        (
            "penalty = reg * (np.sum(p**2) + np.sum(q**2)) / N",
            "penalty = reg * (np.sum(P**2) + np.sum(Q**2)) / N",
            "loss",
            "penalises each row once, the gradient once for each rating",
        ),
    )
)
