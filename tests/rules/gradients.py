"""The gradients of a weighted sum of results: what most tests of rules ask for."""

import numpy as np

import micrograd_np as mg


def leaf(values):
    """Return a tensor that has a gradient."""
    return mg.tensor(values, requires_grad=True)


def gradients(function, *data, dtype=None, seed=np.ones):
    """Return the gradient of the sum of `function` by each operand.

    Operands keep their dtype, or get `dtype`. `seed` has the weights of the elements of the
    result, or makes them for its shape.
    """
    leaves = [mg.tensor(a, requires_grad=True, dtype=dtype) for a in data]
    out = function(*leaves)
    out.backward(seed(out.shape) if callable(seed) else seed)
    return [leaf.grad for leaf in leaves]


def gradient(function, data, dtype=None, seed=np.ones):
    """Return the gradient of the sum of a function of one operand."""
    return gradients(function, data, dtype=dtype, seed=seed)[0]


def numbered(shape):
    """Return the weights 1, 2, 3 and so on."""
    return 1.0 + np.arange(np.prod(shape, dtype=int)).reshape(shape)
