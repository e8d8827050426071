"""Powers at and beside their edges, by the base and by the exponent."""

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal

BASES = np.array([0.0, 0.0, 2.0, 0.5, 0.0])
EXPONENTS = np.array([0.0, 1.0, 0.0, 3.0, 2.0])
"""No two bases are raised to the same power: 0 to 0, 1, 2."""


def test_derivatives_of_powers_of_zero_are_computed_without_a_warning():
    base, exponent = BASES, EXPONENTS
    with np.errstate(all="raise"):
        _, pullback = mg.vjp(np.power, base, exponent)
        by_base, by_exponent = pullback(np.arange(1.0, 6.0))
    assert_nearly_equal(by_base, [0.0, 2.0, 0.0, 4 * 3 * 0.25, 0.0])
    wanted = [0.0, 0.0, 3 * np.log(2.0), 4 * 0.125 * np.log(0.5), 0.0]
    assert_nearly_equal(by_exponent, wanted)


def test_second_derivatives_of_powers_of_zero():
    slope = lambda x: np.sum(mg.grad(lambda x: np.sum(x**EXPONENTS))(x))
    wanted = [0.0, 0.0, 0.0, 6 * 0.5, 2.0]
    assert_nearly_equal(mg.grad(slope)(BASES), wanted)


@pytest.mark.parametrize("base", [0.5, 1.0, 2.0])
def test_a_power_of_a_plain_number_has_a_plain_logarithm_in_a_program(base):
    source = mg.derive(lambda y: np.sum(base**y), EXPONENTS).source()
    assert "where" not in source
    found = mg.grad(lambda y: np.sum(base**y))(EXPONENTS)
    assert_nearly_equal(found, base**EXPONENTS * np.log(base))


def test_a_program_of_powers_by_a_number():
    base = np.array([0.0, 1.5])
    program = mg.derive(lambda x, n: np.sum(x**n), base, 2.5, argnums=1)
    run = program.run(base, 2.5)
    assert_nearly_equal(run["dn"], 1.5**2.5 * np.log(1.5))


def test_complex_powers_of_zero():
    """What decides is the real part of the exponent alone."""
    for exponent in (np.array([2 + 1j, 2 - 1j]), np.array([1j, -1j])):
        with np.errstate(all="ignore"):
            _, pullback = mg.vjp(lambda y: np.zeros(2, complex) ** y, exponent)
            (found,) = pullback(np.array([1.0 + 0j, 1.0]))
        assert found.tolist() == [0, 0]


@pytest.mark.parametrize("exponent", [2.0, 1.5, 3 + 1j])
@pytest.mark.parametrize("base", [1.5, -2.0, 0.0, 2 - 1j])
def test_a_program_of_powers_of_numbers(base, exponent):
    real = lambda x, y: np.real(x**y * (1 + 0j) + 0 * y)
    kinds = [n for n, a in enumerate((base, exponent)) if isinstance(a, float)]
    if not kinds or (base == -2.0 and exponent == 1.5) or (base == 0 and exponent == 3 + 1j):
        return  # nothing is real, or Python has no such power
    program = mg.derive(real, base, exponent, argnums=kinds)
    with np.errstate(all="ignore"):
        run = program.run(base, exponent)
        wanted = mg.value_and_grad(real, argnums=tuple(kinds))(base, exponent)
    assert_nearly_equal(run[program.outputs[0]], wanted[0])
    for name, grad in zip(program.outputs[1:], wanted[1], strict=True):
        assert_nearly_equal(run[name], grad)


@pytest.mark.parametrize("dtype", [np.int8, np.int16])
def test_the_logarithm_of_small_integers_is_taken_in_the_precision_of_the_power(dtype):
    y = np.array([0.5, 1.5])
    found = mg.grad(lambda y: np.sum(np.array([3, 7], dtype) ** y))(y)
    assert_nearly_equal(found, [3**0.5 * np.log(3), 7**1.5 * np.log(7)])
