"""Functions to differentiate: in NumPy, and the same in torch."""

import numpy as np

import micrograd_np as mg

try:
    import torch
except ImportError:  # the tests that need it skip
    torch = None

X = np.random.default_rng(0).normal(size=(5, 3))
LABELS = np.array([0, 2, 1, 1, 0])


def elementwise(x):
    return np.sin(x) * np.exp(x / 2)


def reduced(x):
    return np.tanh(x * np.arange(1.0, x.size + 1)).sum()


def wide(x):
    """Return more numbers than are given."""
    return np.outer(np.sin(x), x[1:] ** 2 + x[0])


def narrow(x):
    return np.stack([np.sum(x**3), np.prod(x)])


def selected(x):
    return np.where(x > 0, x**2, 3 * x) @ np.cos(x)


def network(x):
    hidden = mg.relu(X @ x.reshape(3, 2)) ** 2
    return mg.cross_entropy(hidden @ np.array([[1.0, -1.0, 0.5], [0.3, 0.2, -0.7]]), LABELS)


def in_torch(f):
    """Return the function of torch that computes what `f` does."""

    def tensors(*arrays):
        return [torch.as_tensor(a) for a in arrays]

    def torch_network(x):
        (inputs,) = tensors(X)
        hidden = torch.relu(inputs @ x.reshape(3, 2)) ** 2
        weights = torch.tensor([[1.0, -1.0, 0.5], [0.3, 0.2, -0.7]], dtype=x.dtype)
        return torch.nn.functional.cross_entropy(hidden @ weights, torch.as_tensor(LABELS))

    return {
        elementwise: lambda x: torch.sin(x) * torch.exp(x / 2),
        reduced: lambda x: torch.tanh(x * torch.arange(1.0, x.numel() + 1, dtype=x.dtype)).sum(),
        wide: lambda x: torch.outer(torch.sin(x), x[1:] ** 2 + x[0]),
        narrow: lambda x: torch.stack([(x**3).sum(), torch.prod(x)]),
        selected: lambda x: torch.where(x > 0, x**2, 3 * x) @ torch.cos(x),
        network: torch_network,
    }[f]


EVERY = [elementwise, reduced, wide, narrow, selected, network]
SCALARS = [reduced, selected, network]
POINT = np.array([0.3, -0.7, 1.1, 0.5, -1.3, 0.9])
ALONG = np.array([1.0, -2.0, 0.5, 3.0, 0.25, -1.5])
