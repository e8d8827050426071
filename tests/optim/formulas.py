"""The optimisers as formulas of arrays that are never written into, so that they can be perturbed.

Each is a function of the options that returns ``update(p, g, state, t)``, which gives the new
parameter and state after the step numbered t from 1 on.
"""

import numpy as np


def SGD(lr, momentum=0.0, weight_decay=0.0, nesterov=False):
    def update(p, g, state, t):
        g = g + weight_decay * p if weight_decay else g
        if not momentum:
            return p - lr * g, state
        before = g if state is None else momentum * state + g
        return p - lr * (g + momentum * before if nesterov else before), before

    return update


def Adam(lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    """Algorithm 1 of Kingma and Ba (2015)."""
    b1, b2 = betas

    def update(p, g, state, t):
        g = g + weight_decay * p if weight_decay else g
        m, v = (0.0 * g, 0.0 * g) if state is None else state
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * (g * g)
        mean, square = m / (1 - b1**t), v / (1 - b2**t)
        return p - lr * mean / (np.sqrt(square) + eps), (m, v)

    return update


def AdamW(lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
    """Algorithm 2 of Loshchilov and Hutter (2019), with the step size as a factor of the decay."""
    adam = Adam(lr, betas, eps)

    def update(p, g, state, t):
        return adam(p * (1 - lr * weight_decay), g, state, t)

    return update
