"""Recommend by factors of users and items; a user's row is used once for each rating."""

import numpy as np


def forward(users, items, ratings, P, Q, user_bias, item_bias, offset, reg):
    """Return the mean squared error plus a penalty on the factors of each rating."""
    N = len(ratings)
    p = P[users]
    q = Q[items]
    dots = np.sum(p * q, axis=1)
    errors = offset + user_bias[users] + item_bias[items] + dots - ratings
    fit = np.sum(errors**2) / N
    penalty = reg * (np.sum(p**2) + np.sum(q**2)) / N
    return fit + penalty


def backward(users, items, P, Q, user_bias, item_bias, reg, p, q, errors):
    """Return the gradients of both factors, both biases and the offset."""
    N = errors.shape[0]
    derrors = 2 * errors / N
    doffset = derrors.sum()

    duser_bias = np.zeros_like(user_bias)
    ditem_bias = np.zeros_like(item_bias)
    np.add.at(duser_bias, users, derrors)
    np.add.at(ditem_bias, items, derrors)

    ddots = derrors[:, None]
    dp = ddots * q
    dq = ddots * p
    dp += 2 * reg * p / N
    dq += 2 * reg * q / N

    dP = np.zeros_like(P)
    np.add.at(dP, users, dp)
    dQ = np.zeros_like(Q)
    np.add.at(dQ, items, dq)
    return dP, dQ, duser_bias, ditem_bias, doffset


def example_inputs():
    """Draw ratings, several for a user and for an item, and factors."""
    rng = np.random.default_rng(12)
    N, U, M, F = 11, 4, 5, 3
    return {
        "users": rng.integers(U, size=N),
        "items": rng.integers(M, size=N),
        "ratings": rng.normal(size=N),
        "P": rng.normal(size=(U, F)),
        "Q": rng.normal(size=(M, F)),
        "user_bias": 0.3 * rng.normal(size=U),
        "item_bias": 0.3 * rng.normal(size=M),
        "offset": 0.2,
        "reg": 0.1,
    }
