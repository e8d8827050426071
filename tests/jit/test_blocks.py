"""Computed a block of rows at a time, large arrays hold the bits that eager code gives them."""

import tracemalloc

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.program.jit import blocks
from micrograd_np.rules.erfc import erfc


def price(spot, strike, years, rate, volatility):
    """Return what calls are worth by the formula of Black and Scholes."""
    below = lambda x: 0.5 * erfc(-x / np.sqrt(2.0))
    spread = volatility * np.sqrt(years)
    d1 = (np.log(spot / strike) + (rate + volatility**2 / 2) * years) / spread
    return spot * below(d1) - strike * np.exp(-rate * years) * below(d1 - spread)


def test_a_long_formula_and_its_gradient():
    rng = np.random.default_rng(0)
    given_now = [rng.uniform(low, high, 100_001) for low, high in ((50, 150), (50, 150), (0.1, 2))]
    both = mg.value_and_grad(lambda *args: np.sum(price(*args)), argnums=(0, 1, 2))
    jitted = mg.jit(both)
    for _ in range(2):
        value, grads = jitted(*given_now, 0.02, 0.3)
        wanted, wanted_grads = both(*given_now, 0.02, 0.3)
        np.testing.assert_array_equal(value, wanted)
        for a, b in zip(grads, wanted_grads, strict=True):
            np.testing.assert_array_equal(a, b, strict=True)
    # Two arrays of the whole length: what is added up, and nothing beside it.
    assert jitted.stats.bytes < 2 * given_now[0].nbytes + 20 * blocks.BLOCK


def test_a_loop_leaves_no_array_of_the_whole_length_for_what_it_alone_reads():
    jitted = mg.jit(lambda x: np.exp(np.sin(x) * 2.0 + 1.0))
    x = np.linspace(0.0, 1.0, 200_000)
    np.testing.assert_array_equal(jitted(x), np.exp(np.sin(x) * 2.0 + 1.0))
    assert jitted.stats.bytes <= 2 * blocks.BLOCK


def test_recording_keeps_few_of_the_arrays_that_it_computes():
    def f(x):
        for _ in range(100):
            x = np.sin(x) * 1.5
        return np.sum(x)

    x = np.linspace(0.0, 1.0, 1_000_000)
    jitted = mg.jit(f)
    tracemalloc.start()
    try:
        value = jitted(x)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert value == f(x)
    assert peak < 40 * x.nbytes  # of two hundred


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_with_donated_parameters(dtype):
    rng = np.random.default_rng(0)
    params = [rng.normal(size=s).astype(dtype) * dtype(0.1) for s in ((300, 400), (400,), (400, 7))]
    x, y = rng.normal(size=(500, 300)).astype(dtype), rng.integers(0, 7, 500)

    def loss(params, x, y):
        W1, b1, W2 = params
        return mg.cross_entropy(mg.relu(x @ W1 + b1) @ W2, y)

    def step(params, x, y):
        value, grads = mg.value_and_grad(loss)(params, x, y)
        return value, [p - dtype(0.1) * g for p, g in zip(params, grads, strict=True)]

    jitted = mg.jit(step, donate=0)
    ours, theirs = [p.copy() for p in params], params
    for _ in range(3):
        value, new = jitted(ours, x, y)
        wanted, theirs = step(theirs, x, y)
        np.testing.assert_array_equal(value, wanted)
        for p, q, r in zip(new, ours, theirs, strict=True):
            assert p is q
            np.testing.assert_array_equal(p, r, strict=True)
