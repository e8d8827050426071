"""Functions that go on into complex numbers where real ones end."""

import mpmath
import numpy as np

from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one, two
from micrograd_np.testing.operations.in_torch import torch

scimath = np.lib.scimath


def parts(z):
    """A real array that holds both parts of a complex one."""
    return np.stack([np.real(z), np.imag(z)])


def their_parts(z):
    return torch.stack([torch.real(z), torch.imag(z) if z.is_complex() else z * 0])


def exact_parts(z):
    return np.stack([np.frompyfunc(part, 1, 1)(z) for part in (mpmath.re, mpmath.im)])


def cast_where(outside, x):
    """Cast to complex numbers if an element is outside."""
    return (
        torch.complex(x, torch.zeros_like(x))
        if not x.is_complex() and bool(outside(x).any())
        else x
    )


negative = lambda x: x < 0
beyond_one = lambda x: abs(x) > 1

for _name, _outside, _exact in [
    ("sqrt", negative, mpmath.sqrt),
    ("log", negative, mpmath.log),
    ("log2", negative, lambda x: mpmath.log(x) / mpmath.log(2)),
    ("log10", negative, lambda x: mpmath.log(x) / mpmath.log(10)),
    ("arccos", beyond_one, lambda x: mpmath.conj(mpmath.acos(x)) if x > 1 else mpmath.acos(x)),
    ("arcsin", beyond_one, lambda x: mpmath.conj(mpmath.asin(x)) if x > 1 else mpmath.asin(x)),
    ("arctanh", beyond_one, lambda x: mpmath.conj(mpmath.atanh(x)) if x > 1 else mpmath.atanh(x)),
]:
    _function = getattr(scimath, _name)
    case(
        f"scimath.{_name}",
        _function,
        lambda x, f=_function: parts(f(x)),
        one(),
        # On the cuts of arccos and arcsin, torch's gradient has the sign of the other side.
        None
        if _name in ("arccos", "arcsin")
        else lambda x, f=_name, outside=_outside: their_parts(
            getattr(torch, f)(cast_where(outside, x))
        ),
        exact=lambda x, f=_exact: exact_parts(np.frompyfunc(f, 1, 1)(x)),
        complex=True,
    )

case(
    "scimath.logn",
    scimath.logn,
    lambda n, x: parts(scimath.logn(n, x)),
    two(),
    lambda n, x: their_parts(cast_where(negative, x).log() / cast_where(negative, n).log()),
    exact=lambda n, x: exact_parts(
        np.frompyfunc(lambda n, x: mpmath.log(x) / mpmath.log(n), 2, 1)(n, x)
    ),
    complex=True,
)
case(
    "scimath.power",
    scimath.power,
    lambda x, p: parts(scimath.power(x, p)),
    two(),
    lambda x, p: their_parts(cast_where(negative, x) ** p),
    exact=lambda x, p: exact_parts(np.frompyfunc(mpmath.power, 2, 1)(x, p)),
    complex=True,
)
