"""What is asked of every jitted function, whatever it was made from."""

import numpy as np
from hypothesis import assume, note

import micrograd_np as mg
from micrograd_np.rounding import distance
from program.derived import seed_for, wanted_of
from program.test_random_programs import REFUSED


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


def assert_random_program_is_eager(drawn):
    """Assert that a function of many lines, jitted, gives what eager code gives."""
    argnums = sorted(drawn.argnums)
    f = drawn.function(eager=True)
    eager = with_gradients(f, argnums)
    jitted = mg.jit(with_gradients(drawn.function(), argnums))
    for seed in (drawn.seed, 17, drawn.seed):
        args = drawn.values(seed=seed)
        try:
            wanted = eager(*args)
        except (TypeError, RuntimeError) as error:
            assume(not any(reason in str(error) for reason in REFUSED))
            raise
        found = jitted(*args)
        note(jitted.source)
        assert_same(found, wanted, f, argnums, args)


def assert_equal(found, wanted):
    """Assert that arrays are the same, bit for bit, dtype and shape included."""
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)
