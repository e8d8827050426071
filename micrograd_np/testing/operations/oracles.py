"""Numeric derivatives along a direction, from values alone: they share nothing with the rules.

A *complex step* is exact to rounding where the operation has a complex derivative. Elsewhere
differences are taken with so many digits that nothing is lost: NumPy computes with mpmath's
numbers in arrays of objects, or the case says how else.
"""

import itertools
import math

import mpmath
import numpy as np

STEP = 1e-200
DIGITS = 60
SMALL = mpmath.mpf(10) ** -15


def complex_step(f, arrays, direction):
    """Return the derivative of ``f(*arrays)``, a number, along `direction`."""
    with np.errstate(all="ignore"):
        moved = [np.asarray(a + 1j * STEP * d) for a, d in zip(arrays, direction, strict=True)]
        return np.imag(f(*moved)) / STEP


def difference(f, arrays, direction):
    """The same by a central difference with 60 digits."""
    with mpmath.workdps(DIGITS):
        there = f(*_moved(arrays, (SMALL, direction)))
        back = f(*_moved(arrays, (-SMALL, direction)))
        return float((there - back) / (2 * SMALL))


def second_difference(f, arrays, *directions):
    """Return the second derivative of ``f(*arrays)`` along two directions."""
    return _mixed_difference(f, arrays, directions, DIGITS)


def third_difference(f, arrays, *directions):
    """Return the third derivative of ``f(*arrays)`` along three directions."""
    return _mixed_difference(f, arrays, directions, DIGITS + 15)  # as many as one more step takes


def _mixed_difference(f, arrays, directions, digits):
    with mpmath.workdps(digits):
        terms = []
        for signs in itertools.product((1, -1), repeat=len(directions)):
            steps = [(sign * SMALL, d) for sign, d in zip(signs, directions, strict=True)]
            terms.append(math.prod(signs) * f(*_moved(arrays, *steps)))
        total = sum(terms)
        if abs(total) < SMALL ** len(directions) * mpmath.mpf(10) ** -20:
            return 0.0  # nothing but rounding, of so many digits
        return float(total / (2 * SMALL) ** len(directions))


def _moved(arrays, *steps):
    moved = [exactly(a) for a in arrays]
    for size, direction in steps:
        moved = [a + size * exactly(d) for a, d in zip(moved, direction, strict=True)]
    return [np.asarray(a, object) for a in moved]


def exactly(array):
    """Return an array of mpmath's numbers."""
    out = np.empty(np.shape(array), object)
    for index, value in np.ndenumerate(array):
        out[index] = mpmath.mpf(float(value))
    return out


def by_element(function):
    """Return a function of arrays of objects that computes each element with mpmath."""
    count = function.__code__.co_argcount if hasattr(function, "__code__") else 1
    return np.frompyfunc(function, count, 1)
