"""What is asked of every jitted function, whatever it was made from."""

import numpy as np

import micrograd_np as mg
from micrograd_np.rounding import distance
from program.derived import seed_for, wanted_of


def with_gradients(f, argnums):
    """Return a function of arguments that computes value and gradients, as a training step does."""

    def compute(*args):
        def of_wanted(*wanted):
            # In tensors, so that writing in place is recorded: NumPy would change what b * a kept.
            given = [mg.tensor(a) if type(a) is np.ndarray else a for a in args]
            for position, arg in zip(argnums, wanted, strict=True):
                given[position] = arg
            return f(*given)

        value, pullback = mg.vjp(of_wanted, *(args[i] for i in argnums))
        return [value, *pullback(seed_for(value))]

    return compute


def assert_same(given, wanted, f, argnums, args):
    """Assert that the arrays are eager's: to the bit, or within their rounding radii.

    Returns
    -------
    bool
        Whether to the bit.
    """
    for a, b in zip(given, wanted, strict=True):
        assert type(a) is np.ndarray
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
    if all(np.array_equal(a, b, equal_nan=True) for a, b in zip(given, wanted, strict=True)):
        return True
    for a, radius in zip(given, wanted_of(f, argnums, args).values(), strict=True):
        assert distance(a, radius).ok
    return False
