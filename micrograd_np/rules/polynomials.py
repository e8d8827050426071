"""Polynomials, given by their coefficients, highest power first."""

from typing import Any

import numpy as np

from micrograd_np.declare import defines, defvjp
from micrograd_np.frames import warn
from micrograd_np.lifting import as_operand, at_hand, held, holds
from micrograd_np.operation import OPERATIONS
from micrograd_np.rules.eigen import refuse_to_trace
from micrograd_np.rules.formulas import detached, with_value
from micrograd_np.tensor import apply


def _row(a: Any) -> Any:
    """Return coefficients as a row; a single number is a polynomial of degree 0."""
    _refuse_poly1d(a)
    a = as_operand(a)
    return a if a.ndim else a.reshape((1,))


def _refuse_poly1d(a: Any) -> None:
    if isinstance(a, np.poly1d):
        raise TypeError("a poly1d can hold no Tensor: give its coefficients, p.coeffs")


def _aligned(a1: Any, a2: Any) -> tuple[Any, Any]:
    """Put zeros before the shorter of two rows of coefficients."""
    a1, a2 = _row(a1), _row(a2)
    missing = a2.shape[0] - a1.shape[0]
    if missing > 0:
        a1 = np.concatenate((np.zeros(missing, a1.dtype), a1))
    if missing < 0:
        a2 = np.concatenate((np.zeros(-missing, a2.dtype), a2))
    return a1, a2


@defines(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    if isinstance(p, np.poly1d) or isinstance(x, np.poly1d):
        raise TypeError(
            "a poly1d next to a Tensor is not supported: give its coefficients, p.coeffs"
        )
    p, x = as_operand(p), as_operand(x)
    y = np.zeros(x.shape, x.dtype)
    for k in range(len(p)):
        y = y * x + p[k]
    return y


@defines(np.polyadd)
def _polyadd(a1: Any, a2: Any) -> Any:
    return np.add(*_aligned(a1, a2))


@defines(np.polysub)
def _polysub(a1: Any, a2: Any) -> Any:
    return np.subtract(*_aligned(a1, a2))


def _trimmed(a: Any) -> Any:
    """Leave out the zeros that a row of coefficients begins with, as np.poly1d does."""
    if a.ndim > 1:
        raise ValueError("Polynomial must be 1d only.")
    held(a.shape[0])  # no other length has these zeros
    known, first = at_hand(a), 0
    while first < len(a) and holds(known[first] == 0):
        first += 1
    return a[first:] if first < len(a) else np.zeros(1, a.dtype)


@defines(np.polymul)
def _polymul(a1: Any, a2: Any) -> Any:
    a1, a2 = _row(a1), _row(a2)
    product = np.convolve(_trimmed(a1), _trimmed(a2))
    left_out = len(a1) + len(a2) - 1 - len(product)
    if left_out <= 0 or not (len(a1) and len(a2)):
        return product
    # What is left of the product does depend on coefficients that happen to be zero.
    return with_value(np.convolve(a1, a2)[left_out:], detached(product))


@defines(np.polydiv)
def _polydiv(u: Any, v: Any) -> Any:
    u, v = _row(u) + 0.0, _row(v) + 0.0
    dtype = np.result_type(u.dtype, v.dtype)
    steps = max(len(u) - len(v) + 1, 0)
    scale = 1.0 / v[0]
    rest = u.astype(dtype)
    quotient = []
    for k in range(steps):
        d = scale * rest[k]
        quotient.append(d)
        left = rest[k : k + len(v)] - d * v
        rest = np.concatenate((rest[:k], left.astype(dtype), rest[k + len(v) :]))
    known, first = at_hand(rest), 0
    while holds(np.allclose(known[first], 0)) and first < len(rest) - 1:
        first += 1
    whole = np.stack(quotient).astype(dtype) if quotient else np.zeros(1, dtype)
    return whole, rest[first:]


@defines(np.polyder)
def _polyder(p: Any, m: Any = 1) -> Any:
    m = int(m)
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    for _ in range(m):
        p = p[:-1] * np.arange(len(p))[:0:-1]
    return p


@defines(np.polyint)
def _polyint(p: Any, m: Any = 1, k: Any = None) -> Any:
    m = int(m)
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    k = _row(np.zeros(m) if k is None else k)
    if len(k) == 1 and m > 1:
        k = k[0] * np.ones(m)
    if len(k) < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    for step in range(m):
        p = np.concatenate((p / np.arange(len(p), 0, -1), k[step : step + 1]))
    return p


@defines(np.poly)
def _poly(seq_of_zeros: Any) -> Any:
    # NumPy looks for a Tensor among the zeros: where there are none, it computes by itself.
    zeros = _row(seq_of_zeros)
    if zeros.ndim == 2 and zeros.shape[0] == zeros.shape[1] != 0:
        zeros = np.linalg.eigvals(zeros)
    elif zeros.ndim != 1:
        raise ValueError("input must be 1d or non-empty square 2d array.")
    zeros = zeros.astype(np.mintypecode([zeros.dtype.char]))
    product = np.ones(1, zeros.dtype)
    for k in range(len(zeros)):
        factor = np.concatenate((np.ones(1, zeros.dtype), -zeros[k : k + 1]))
        product = np.convolve(product, factor)
    if zeros.dtype.kind != "c":
        return product
    known = at_hand(zeros)
    if holds(np.all(np.sort(known) == np.sort(np.conjugate(known)))):
        return np.real(product).copy()  # they come in pairs
    return product


@defines(np.vander)
def _vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    if x.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    count = held(x.shape[0] if N is None else N)
    x = x.astype(np.promote_types(x.dtype, int))
    if count == 0:
        return x[:, None][:, :0]
    powers = [np.ones_like(x), x]
    while len(powers) < count:
        powers.append(powers[-1] * x)
    powers = powers[:count]
    return np.stack(powers if increasing else powers[::-1], axis=1)


@defines(np.polyfit)
def _polyfit(
    x: Any, y: Any, deg: Any, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    order = int(deg) + 1
    x, y = as_operand(x) + 0.0, as_operand(y) + 0.0
    w = None if w is None else as_operand(w)
    _check_fit(x, y, deg, w)
    rcond = int(x.shape[0]) * np.finfo(x.dtype).eps if rcond is None else rcond
    matrix, right = np.vander(x, order), y
    if w is not None:
        matrix = (matrix * w[:, None]).astype(matrix.dtype)
        right = (right * (w[:, None] if right.ndim == 2 else w)).astype(right.dtype)
    scale = np.sqrt((matrix * matrix).sum(axis=0))
    matrix = matrix / scale
    found, residuals, rank, singular = np.linalg.lstsq(matrix, right, rcond)
    found = (found.T / scale).T
    if not full and holds(at_hand(rank) != order):
        warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning)
    if full:
        return found, residuals, rank, singular, rcond
    return (found, _covariance(matrix, scale, residuals, y, cov, order)) if cov else found


def _check_fit(x: Any, y: Any, deg: Any, w: Any) -> None:
    if deg < 0:
        raise ValueError("expected deg >= 0")
    if x.ndim != 1:
        raise TypeError("expected 1D vector for x")
    if x.size == 0:
        raise TypeError("expected non-empty vector for x")
    if y.ndim < 1 or y.ndim > 2:
        raise TypeError("expected 1D or 2D array for y")
    if x.shape[0] != y.shape[0]:
        raise TypeError("expected x and y to have same length")
    if w is not None and w.ndim != 1:
        raise TypeError("expected a 1-d array for weights")
    if w is not None and w.shape[0] != y.shape[0]:
        raise TypeError("expected w and y to have the same length")


def _covariance(matrix: Any, scale: Any, residuals: Any, y: Any, cov: Any, order: int) -> Any:
    base = np.linalg.inv(np.dot(matrix.T, matrix)) / np.outer(scale, scale)
    factor: Any = 1
    if cov != "unscaled":
        if y.shape[0] <= order:
            raise ValueError(
                "the number of data points must exceed order to scale the covariance matrix"
            )
        factor = residuals / (y.shape[0] - order)
    return base * factor if y.ndim == 1 else base[:, :, None] * factor


def _roots(g: Any, out: Any, p: Any) -> Any:
    # Where p(r) stays 0, dr = -dp(r) / p'(r): also by coefficients that happen to be zero.
    row = p.ravel()
    by_value = -g / np.polyval(np.polyder(row), out)
    return (by_value @ np.vander(out, row.shape[0])).reshape(p.shape)


def _roots_call(p: Any) -> Any:
    refuse_to_trace(p)
    found = apply(OPERATIONS[np.roots], (p,))
    holds(np.iscomplexobj(found))
    return found


defvjp(
    np.roots,
    _roots,
    definition=_roots_call,
    analytic=False,
    kinks="equal roots: infinite or nan",
)
