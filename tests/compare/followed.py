"""Forward passes that are followed, and looked at."""

import numpy as np

import micrograd_np as mg
from micrograd_np.compare.running.following import follow
from micrograd_np.compare.running.subject import Subject
from micrograd_np.compare.running.values import copied

RNG = np.random.default_rng(11)
CLOSE = {"rtol": 1e-12, "atol": 1e-14}


def followed(forward, numbers=(), **inputs):
    """Follow a function on copies of its inputs."""
    return follow(Subject(forward, forward), copied(inputs), frozenset(numbers))


def last(found, path):
    """Return what a variable holds at the end."""
    return found.by_path(path)[-1]


def at_start(found, path):
    """Return an input."""
    return next(q for q in found.by_path(path) if q.lineno == 0)


def agrees_with_grad(forward, *arrays):
    """Follow a function, and hold the gradients of its inputs against those of mg.grad."""
    names = forward.__code__.co_varnames[: len(arrays)]
    found = followed(forward, **dict(zip(names, arrays, strict=True)))
    value, right = mg.value_and_grad(forward, argnums=tuple(range(len(arrays))))(*arrays)
    np.testing.assert_allclose(found.loss, value, **CLOSE)
    for name, gradient in zip(names, right, strict=True):
        np.testing.assert_allclose(at_start(found, name).adjoint, gradient, **CLOSE)
    return found


def normal(*shape):
    return RNG.normal(size=shape)
