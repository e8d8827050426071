"""Networks of the post with random weights, and edits of the backward pass written by hand."""

import importlib.util
import inspect

import numpy as np

import micrograd_np as mg
from micrograd_np.compare.demo.network import network
from micrograd_np.rounding import rounding_radius
from reference import iris, post

FLOATS = ("float32", "float64")
WEIGHTS = ("W1", "b1", "W2", "b2")
GRADIENTS = tuple(f"d{name}" for name in WEIGHTS)


def inputs(X, y, weights, reg, dtype):
    """Return the arguments of `reference.post.backward`, by name."""
    arrays = {"X": X, **dict(zip(WEIGHTS, weights, strict=True))}
    return {name: a.astype(dtype) for name, a in arrays.items()} | {"y": y, "reg": reg}


def draw(seed, dtype, N, D, H, K, reg=1e-3, logits=None):
    """Return a random network; the largest score is `logits` in magnitude, if that is given."""
    rng = np.random.default_rng(seed)
    X, W1, b1 = rng.normal(size=(N, D)), rng.normal(size=(D, H)), rng.normal(size=(1, H))
    W2, b2 = rng.normal(size=(H, K)), rng.normal(size=(1, K))
    if logits is not None:
        factor = logits / np.abs(np.maximum(X @ W1 + b1, 0) @ W2 + b2).max()
        W2, b2 = W2 * factor, b2 * factor
    return inputs(X, rng.integers(K, size=N), (W1, b1, W2, b2), reg, dtype)


def draw_of_any_size(seed, dtype):
    """Return a small random network with logits from 1e-2 to 1e4."""
    rng = np.random.default_rng([seed, 1])
    N, D, H, K = (int(rng.integers(least, 13)) for least in (1, 1, 1, 2))
    return draw(seed, dtype, N, D, H, K, logits=10 ** rng.uniform(-2, 4))


def draw_on_iris(seed, dtype, reg=1e-3):
    """Return the post's network on iris at random weights.

    Two rows of zeros and two biases of zero put hidden units exactly at their kink.
    """
    rng = np.random.default_rng(seed)
    X, y, _, _ = iris.split()
    X = X - X.mean(axis=0)
    X[:2] = 0
    weights = [rng.normal(size=size) for size in ((4, 6), (1, 6), (6, 3), (1, 3))]
    weights[1][0, :2] = 0
    return inputs(X, y, weights, reg, dtype)


def gradients(given, loss="loss"):
    """Return how far rounding may move the gradients by the four weights, a Radius for each."""

    def compute(X, *weights):
        def scalar(*moved):
            arrays = dict(zip(WEIGHTS, moved, strict=True))
            return network({**given, "X": X, **arrays})[loss]

        found = mg.grad(scalar, argnums=(0, 1, 2, 3))(*weights)
        return dict(zip(GRADIENTS, found, strict=True))

    return rounding_radius(compute, given["X"], *(given[name] for name in WEIGHTS))


def edited_source(old, new):
    """Return the source of the hand-written backward pass with one statement replaced."""
    source = inspect.getsource(post.backward)
    assert source.count(f"    {old}\n") == 1, f"not a line of it: {old}"
    return source.replace(f"    {old}\n", f"    {new}\n")


def edited(old, new):
    """Return the hand-written backward pass with one statement replaced."""
    namespace = dict(vars(post))
    exec(edited_source(old, new), namespace)
    return namespace["backward"]


def edited_in_a_file(folder, old, new):
    """Return the same from a module of its own, so that its source can be read."""
    source = inspect.getsource(post).replace(
        inspect.getsource(post.backward), edited_source(old, new)
    )
    path = folder / "edited_post.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("edited_post", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.backward
