"""The worth of a million options by Black and Scholes, and its gradient: elementwise work alone.

All take the normal distribution by a formula of their own library: NumPy has none, so that by hand
it is the series of `micrograd_np.rules.erfc`, on plain arrays.
"""

import importlib
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import micrograd_np as mg
from benchmarks.peers import Peer
from benchmarks.timing import Case, Run
from micrograd_np.rules.erfc import erfc

COUNT = 1_000_000
RATE, VOLATILITY = 0.02, 0.3
LR = 1e-9

Gradient = Callable[[Any, Any, Any], tuple[Any, tuple[Any, Any]]]


def worth(numpy: Any, below: Any, spot: Any, strike: Any, years: Any) -> Any:
    """Return what calls are worth together.

    Parameters
    ----------
    numpy
        Has ``log``, ``exp``, ``sqrt``.
    below
        The normal distribution function.
    spot, strike, years
        Prices, and how long until they are due.
    """
    spread = VOLATILITY * numpy.sqrt(years)
    d1 = (numpy.log(spot / strike) + (RATE + 0.5 * VOLATILITY * VOLATILITY) * years) / spread
    now = strike * numpy.exp(-RATE * years)
    return (spot * below(d1) - now * below(d1 - spread)).sum()


def _below(x: Any) -> Any:
    return 0.5 * erfc(-math.sqrt(0.5) * x)


def _by_hand() -> Gradient:
    def gradient(spot: Any, strike: Any, years: Any) -> tuple[Any, tuple[Any, Any]]:
        root = np.sqrt(years)
        spread = VOLATILITY * root
        d1 = np.log(spot / strike)
        d1 += (RATE + 0.5 * VOLATILITY * VOLATILITY) * years
        d1 /= spread
        d2 = d1 - spread
        now = strike * np.exp(-RATE * years)
        likely, exercised = _below(d1), _below(d2)
        value = (spot * likely - now * exercised).sum()
        # Delta and theta, as the textbooks have them.
        density = np.exp(-0.5 * d1 * d1)
        density /= math.sqrt(2 * math.pi)
        by_years = RATE * now * exercised
        by_years += spot * density * (0.5 * VOLATILITY) / root
        return value, (likely, by_years)

    return gradient


def _ours(transform: Callable[[Any], Any]) -> Gradient:
    return transform(  # type: ignore[no-any-return]  # a function
        mg.value_and_grad(
            lambda spot, strike, years: worth(np, _below, spot, strike, years), argnums=(0, 2)
        )
    )


def _torch() -> Gradient:
    torch = importlib.import_module("torch")

    def gradient(spot: Any, strike: Any, years: Any) -> tuple[Any, tuple[Any, Any]]:
        s, k, t = (torch.from_numpy(x) for x in (spot, strike, years))
        s.requires_grad_()
        t.requires_grad_()
        value = worth(torch, lambda x: 0.5 * torch.erfc(-math.sqrt(0.5) * x), s, k, t)
        value.backward()
        return value, (s.grad.numpy(), t.grad.numpy())

    return gradient


def _jax() -> Gradient:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    below = lambda x: 0.5 * jax.scipy.special.erfc(-math.sqrt(0.5) * x)
    both = jax.jit(jax.value_and_grad(lambda *args: worth(jax.numpy, below, *args), argnums=(0, 2)))
    return lambda *args: jax.block_until_ready(both(*args))  # type: ignore[no-any-return]


def _run(make: Callable[[], Gradient]) -> Run:
    rng = np.random.default_rng(0)
    ranges = ((50.0, 150.0), (50.0, 150.0), (0.1, 2.0))
    spot, strike, years = (rng.uniform(low, high, COUNT) for low, high in ranges)
    gradient = make()

    def step() -> Any:
        value, grads = gradient(spot, strike, years)
        for x, g in zip((spot, years), grads, strict=True):
            x -= LR * np.asarray(g)
        return value

    return Run(step, lambda: [spot, years])


def _bandwidth() -> Run:
    """Read three arrays and write two, and compute nothing."""
    arrays = [np.ones(COUNT) for _ in range(5)]
    zero = np.float64(0)

    def step() -> Any:
        np.add(arrays[0], arrays[1], out=arrays[3])
        np.copyto(arrays[4], arrays[2])
        return zero

    return Run(step, list)


def case() -> Case:
    """Return the case for `benchmarks.timing`."""
    return Case(
        title=f"black_scholes: {COUNT:,} options, float64: their worth, delta and theta",
        expression="spot * N(d1) - strike * exp(-rate * years) * N(d1 - spread), summed",
        contenders={
            "by hand": partial(_run, _by_hand),
            "micrograd_np": partial(_run, partial(_ours, lambda f: f)),
            "micrograd_np.jit": partial(_run, partial(_ours, mg.jit)),
        },
        peers=[Peer("torch", partial(_run, _torch)), Peer("jax", partial(_run, _jax), "jax.jit")],
        limits={"memory bandwidth alone": _bandwidth},
    )
