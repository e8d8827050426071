"""Determinants and inverses."""

import math
from itertools import combinations, permutations
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


def _others(s: Any, count: int) -> Any:
    """Return the product of all singular values but those of `count` rows, which are distinct."""
    n = s.shape[-1]
    rows = np.indices((n,) * count)[..., None] == np.arange(n)
    all_others = np.where(rows.any(0), 1, s.reshape((*s.shape[:-1], *(1,) * count, n))).prod(-1)
    return np.where((rows.sum(0) <= 1).all(-1), all_others, 0)


@primitive
def along(a: Any, *directions: Any) -> Any:
    """Return the derivative of det(a) along the directions, in turn, and then by each element.

    In the basis of the singular vectors the matrix is diagonal, so that this is a sum over distinct
    rows, one for each direction and one for the element: the product of all other singular values
    times the determinant of these rows and columns, of which each row is that of its direction. No
    singular value is divided by: it is right where the determinant is 0, too.
    """
    u, s, vh = np.linalg.svd(a)
    phase, u, vh = np.linalg.det(u) * np.linalg.det(vh), conj(u), conj(vh)
    last = len(directions)
    others = _others(s, last + 1), [..., *range(last + 1)]
    among = [transposed(u) @ direction @ transposed(vh) for direction in directions]
    total = 0.0
    for columns in permutations(range(last + 1)):
        factors: list[Any] = [*others]
        for row, direction in enumerate(among):
            factors += direction, [..., row, columns[row]]
        if columns[last] == last:
            term = np.einsum(*factors, [..., last])[..., None] * np.eye(s.shape[-1])
        else:
            term = np.einsum(*factors, [..., last, columns[last]])
        sign = (-1) ** sum(before > after for before, after in combinations(columns, 2))
        total = total + sign * term
    return _by_matrix(phase) * (u @ total @ vh)


def _along_too(position: int) -> Any:
    """Return the rule for the matrix, which is one direction more, or for a direction."""

    def rule(g: Any, _out: Any, a: Any, *directions: Any) -> Any:
        before, after = directions[: max(position - 1, 0)], directions[position:]
        return along(a, *before, g, *after)

    return rule


defvjp(along, every=_along_too)


@primitive
def cofactors(a: Any, det: Any) -> Any:
    """Return the derivative of `det`, the determinant of `a`, by each element.

    By the inverse, unless the matrix is nearly singular: then its digits are lost. An operation of
    its own, since the derivatives of the inverse lose as many again, and again: those of the
    cofactors do not.
    """
    lengths = np.sqrt((abs(a) ** 2).sum(-1)).prod(-1)  # no determinant is larger
    if holds((abs(det) > math.sqrt(np.finfo(det.dtype).eps) * lengths).all()):
        return _by_matrix(det) * transposed(np.linalg.inv(a))
    return along(a)


defvjp(
    cofactors,
    lambda g, _out, a, _det: along(a, g),
    lambda _g, _out, _a, _det: np.zeros(_det.shape),  # it is told, and follows from `a`
)

defvjp(
    np.linalg.det,
    lambda g, out, a: _by_matrix(g) * cofactors(a, out),
    torch="linalg.det",
    math=r"\det #1",
)


def _slogdet(g: Any, out: Any, a: Any) -> Any:
    by_sign, by_log = g
    sign, _ = out
    singular = _by_matrix(abs(sign) == 0)
    if holds(singular.any()):  # infinite
        regular = np.linalg.inv(np.where(singular, np.eye(a.shape[-1]), a))
        inverse = np.where(singular, along(a) * np.inf, transposed(regular))
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
