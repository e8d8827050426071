"""Determinants and inverses."""

import math
from typing import Any

import numpy as np
from numpy.linalg._linalg import SlogdetResult

from micrograd_np.declare import defines, defvjp
from micrograd_np.lifting import as_operand, holds
from micrograd_np.operation import OPERATIONS
from micrograd_np.primitive import primitive
from micrograd_np.rules.products import conj, transposed
from micrograd_np.tensor import apply


def _by_matrix(number: Any) -> Any:
    return number[..., None, None]


def _svd(a: Any) -> tuple[Any, Any, Any, Any]:
    """Return what det(a) is made of: ``phase * prod(s)``, of ``conj(u)``, `s` and ``conj(vh)``."""
    u, s, vh = np.linalg.svd(a)
    return np.linalg.det(u) * np.linalg.det(vh), conj(u), s, conj(vh)


@primitive
def cofactors(a: Any) -> Any:
    """Return the derivative of the determinant by each element, also where that is 0.

    In the basis of the singular vectors the matrix is diagonal, and so are its cofactors: each is
    the product of all other singular values.
    """
    phase, u, s, vh = _svd(a)
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(-1)
    return _by_matrix(phase) * ((u * others[..., None, :]) @ vh)


@primitive
def minors(a: Any, direction: Any) -> Any:
    """Return the derivative of ``sum(cofactors(a) * direction)`` by each element of `a`.

    That of a diagonal matrix of rows i and columns j has for a factor the product of all other
    elements of the diagonal.
    """
    phase, u, s, vh = _svd(a)
    among = transposed(u) @ direction @ transposed(vh)
    one = np.eye(s.shape[-1], dtype=bool)
    others = np.where(one[:, None, :] | one, 1, s[..., None, None, :]).prod(-1)
    others = np.where(one, 0, others)
    diagonal = (others @ np.diagonal(among, 0, -2, -1)[..., None]) * one
    return _by_matrix(phase) * (u @ (diagonal - others * transposed(among)) @ vh)


def _third(g: Any, _out: Any, a: Any, direction: Any) -> Any:
    # Of det(a) (tr(x g) tr(x d) - tr(x g x d)), where x is the inverse of a.
    x = np.linalg.inv(a)
    xg, xd = x @ g, x @ direction
    tg, td = (_by_matrix(np.trace(one, 0, -2, -1)) for one in (xg, xd))
    both = xg @ xd
    square = tg * td - _by_matrix(np.trace(both, 0, -2, -1))
    return _by_matrix(np.linalg.det(a)) * transposed(
        square * x - (td * xg + tg * xd) @ x + (both + xd @ xg) @ x
    )


defvjp(cofactors, lambda g, _out, a: minors(a, g))
defvjp(minors, _third, lambda g, _out, a, _direction: minors(a, g))


def _det(g: Any, out: Any, a: Any) -> Any:
    # By the inverse, unless the matrix is nearly singular: then its digits are lost.
    lengths = np.sqrt((abs(a) ** 2).sum(-1)).prod(-1)  # no determinant is larger
    if holds((abs(out) > math.sqrt(np.finfo(out.dtype).eps) * lengths).all()):
        return _by_matrix(g * out) * transposed(np.linalg.inv(a))
    return _by_matrix(g) * cofactors(a)


defvjp(np.linalg.det, _det, torch="linalg.det", math=r"\det #1")


def _slogdet(g: Any, out: Any, a: Any) -> Any:
    by_sign, by_log = g
    sign, _ = out
    singular = _by_matrix(abs(sign) == 0)
    if holds(singular.any()):  # infinite
        regular = np.linalg.inv(np.where(singular, np.eye(a.shape[-1]), a))
        inverse = np.where(singular, cofactors(a) * np.inf, transposed(regular))
    else:
        inverse = transposed(np.linalg.inv(a))
    total = 0.0 if by_log is None else by_log
    if by_sign is not None and sign.dtype.kind == "c":  # d sign = i sign Im(tr(inv(a) da))
        total = total + 1j * np.imag(by_sign * sign)
    return _by_matrix(np.broadcast_to(total, sign.shape)) * inverse


def _slogdet_call(a: Any) -> Any:
    return SlogdetResult(*apply(OPERATIONS[np.linalg.slogdet], (as_operand(a),)))


defvjp(
    np.linalg.slogdet,
    _slogdet,
    compute=lambda a: tuple(np.linalg.slogdet(a)),
    definition=_slogdet_call,
    results=2,
    partial=True,
    analytic=False,
)

defvjp(
    np.linalg.inv,
    lambda g, out, _a: -(transposed(out) @ g @ transposed(out)),
    torch="linalg.inv",
    math="#1^{-1}",
)


@defines(np.linalg.matrix_power, torch="linalg.matrix_power")
def _matrix_power(a: Any, n: Any) -> Any:
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(f"np.linalg.matrix_power of an array of shape {a.shape}")
    try:
        exponent = n.__index__()
    except AttributeError:
        raise TypeError("exponent must be an integer") from None
    if exponent < 0:
        a, exponent = np.linalg.inv(a), -exponent
    if exponent == 0:  # also where an element is infinite
        return np.where(False, a, np.eye(a.shape[-1], dtype=a.dtype))
    if exponent == 3:
        return np.matmul(np.matmul(a, a), a)
    power, result = a, None
    while True:
        exponent, bit = divmod(exponent, 2)
        if bit:
            result = power if result is None else np.matmul(result, power)
        if not exponent:
            return result
        power = np.matmul(power, power)


@defines(np.linalg.tensorinv, torch="linalg.tensorinv")
def _tensorinv(a: Any, ind: int = 2) -> Any:
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    rows = a.reshape((math.prod(a.shape[ind:]), -1))
    return np.linalg.inv(rows).reshape((*a.shape[ind:], *a.shape[:ind]))
