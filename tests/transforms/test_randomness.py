"""Where a checkpointed function may keep the generator that it draws from."""

import functools
import types

import numpy as np
import pytest

import micrograd_np as mg

GENERATOR = np.random.default_rng(3)
MODULE = types.ModuleType("module")
MODULE.rng = np.random.default_rng(4)
BITS = np.random.PCG64(0)
DEFAULT = np.random.default_rng(5)


class Slotted:
    __slots__ = ("rng",)

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __call__(self, x):
        return x * self.rng.normal(size=x.shape)


class Layer:
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def draw(self, x):
        return x * self.rng.normal(size=x.shape)


def by_keyword(x, *, rng=DEFAULT):
    return x * rng.normal(size=x.shape)


def by_default(x, rng=DEFAULT):
    return x * rng.normal(size=x.shape)


REGISTRY = {"f": by_default}


def called(name, x):
    return REGISTRY[name](x)


@functools.wraps(by_default)
def wrapped(x):
    return called("f", x)


def nested(x):
    draw = lambda: GENERATOR.normal(size=x.shape)
    return x * draw()


@pytest.mark.parametrize(
    "f",
    [
        Slotted(),
        Layer().draw,
        by_keyword,
        by_default,
        wrapped,
        nested,
        lambda x: x * MODULE.rng.normal(size=x.shape),
        lambda x: x * np.random.Generator(BITS).normal(size=x.shape),
    ],
    ids=["slot", "method", "keyword", "default", "wrapped", "nested", "module", "bit generator"],
)
def test_what_was_drawn_is_drawn_again(f):
    x = mg.tensor(np.ones(3), requires_grad=True)
    out = mg.checkpoint(f)(x)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, out.data)
