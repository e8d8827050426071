"""Programs of Python numbers: what an array has and they have not, and what they do otherwise."""

import numpy as np
import pytest

import micrograd_np as mg

FUNCTIONS = {
    "a mask turned around": lambda a: np.clip(a, 0, 1.2),  # Python says that ~True is -2
    "a comparison turned around": lambda a: np.where(~(a > 1), 2 * a, 3 * a),
    "an axis": lambda a: a[None] * 2,
    "two axes": np.atleast_2d,
    "a dtype": lambda a: a.astype(np.float64) ** 2,
    "np.astype": lambda a: np.astype(a, np.float64) ** 2,
    "the real part": lambda a: np.real(a).sum() * a,
    "joined": lambda a: np.hstack([a, 2 * a]),
    "blocks": lambda a: np.block([[a, 1.0], [2.0, a]]),
    "inserted": lambda a: np.insert([1.0, 2.0], 1, a),
    "a special function": np.i0,
    "spaced": lambda a: np.geomspace(a, 3.0, 5),
    "a method": lambda a: a.reshape(1).copy().sum() * a,
    "a quantile": lambda a: np.quantile([1.0, 2.0, 5.0], a / 2),
    "arithmetic": lambda a: (a**2 + 2**a - a / 3) % 0.7 + abs(-a),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("recorded_with", [1.5, np.array(1.5)], ids=["number", "array"])
def test_a_program_of_a_number_is_right(function, recorded_with):
    def f(a):
        return np.sum(function(a))

    program = mg.derive(f, recorded_with)
    scope = {}
    exec(program.source(), scope)
    value_and_gradients = scope["value_and_gradients"]
    for a in (1.5, 0.9):
        given = a if isinstance(recorded_with, float) else np.array(a)
        wanted = mg.value_and_grad(f)(a)
        np.testing.assert_allclose(value_and_gradients(given), wanted, rtol=1e-14)
        np.testing.assert_allclose(value_and_gradients(np.float64(a)), wanted, rtol=1e-14)
        run = program.run(given)
        np.testing.assert_allclose([run[n] for n in program.outputs], wanted, rtol=1e-14)
