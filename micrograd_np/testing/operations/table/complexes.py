"""Complex numbers and their parts, and that a real number has them too."""

import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one
from micrograd_np.testing.operations.in_torch import torch

case(
    "conjugate",
    np.conjugate,
    np.conjugate,
    one(),
    lambda a: torch.conj(a).resolve_conj(),
    complex=True,
)
case(
    "a.conj",
    np.conjugate,
    lambda a: a.conj(),
    one(),
    lambda a: torch.conj_physical(a),
    complex=True,
)
case("real", np.real, np.real, one(), lambda a: torch.real(a), complex=True)
case("a.real", np.real, lambda a: a.real, one(), lambda a: torch.real(a), complex=True)


def imaginary(a):
    return torch.imag(a) if a.is_complex() else 0 * a


case("imag", np.imag, np.imag, one(), imaginary, complex=True)
case("a.imag", np.imag, lambda a: a.imag, one(), imaginary, complex=True)


def angle(a, deg=False):
    return torch.angle(a) * (180 / np.pi if deg else 1)


case(
    "angle",
    np.angle,
    np.angle,
    one(options=lambda _: st.fixed_dictionaries({"deg": st.booleans()})),
    angle,
    exact=lambda a, deg: 0 * a,
    complex=True,
)
case(
    "real_if_close",
    np.real_if_close,
    np.real_if_close,
    one(options=lambda _: st.fixed_dictionaries({"tol": st.sampled_from([50, 100])})),
    lambda a, tol: a.real if a.is_complex() and not a.numel() else a,
    analytic=False,
    complex=True,
)
