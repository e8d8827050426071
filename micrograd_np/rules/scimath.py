"""Functions that go on into complex numbers where real ones end: ``np.lib.scimath.sqrt(-1)``.

An array that has an element outside of the real domain is cast to complex, and with it its gradient
back.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd_np.declare import defines
from micrograd_np.lifting import as_operand, at_hand, holds

scimath = np.lib.scimath


def _complex_where(outside: Callable[[Any], Any], x: Any) -> Any:
    """Cast to complex if an element is real and outside of the domain."""
    x = as_operand(x)
    known = at_hand(x)
    if not holds(np.any(np.isreal(known) & outside(known))):
        return x
    single = x.dtype.char in "fbhBHF"
    return x.astype(np.complex64 if single else np.complex128)


def _negative(x: Any) -> Any:
    return x < 0


def _beyond_one(x: Any) -> Any:
    return abs(x) > 1


@defines(scimath.sqrt, analytic=False)
def _sqrt(x: Any) -> Any:
    return np.sqrt(_complex_where(_negative, x))


@defines(scimath.log, analytic=False)
def _log(x: Any) -> Any:
    return np.log(_complex_where(_negative, x))


@defines(scimath.log10, analytic=False)
def _log10(x: Any) -> Any:
    return np.log10(_complex_where(_negative, x))


@defines(scimath.log2, analytic=False)
def _log2(x: Any) -> Any:
    return np.log2(_complex_where(_negative, x))


@defines(scimath.logn, analytic=False)
def _logn(n: Any, x: Any) -> Any:
    x, n = _complex_where(_negative, x), _complex_where(_negative, n)
    return np.log(x) / np.log(n)


@defines(scimath.power, analytic=False)
def _power(x: Any, p: Any) -> Any:
    x, p = _complex_where(_negative, x), as_operand(p)
    if holds(np.any(at_hand(p) < 0)):
        p = p * 1.0  # so that integers have negative powers
    return np.power(x, p)


@defines(scimath.arccos, analytic=False)
def _arccos(x: Any) -> Any:
    return np.arccos(_complex_where(_beyond_one, x))


@defines(scimath.arcsin, analytic=False)
def _arcsin(x: Any) -> Any:
    return np.arcsin(_complex_where(_beyond_one, x))


@defines(scimath.arctanh, analytic=False)
def _arctanh(x: Any) -> Any:
    return np.arctanh(_complex_where(_beyond_one, x))
