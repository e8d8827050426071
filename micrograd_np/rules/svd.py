"""Singular values and vectors."""

from typing import Any

import numpy as np
from numpy.linalg._linalg import SVDResult

from micrograd_np.declare import defvjp
from micrograd_np.lifting import holds
from micrograd_np.operation import OPERATIONS
from micrograd_np.rules.eigen import apart, both, check_phase, divided, off_diagonal
from micrograd_np.rules.products import conj, transposed
from micrograd_np.tensor import apply


def adjoint(a: Any) -> Any:
    """Return the conjugate transpose."""
    return conj(transposed(a))


def _svd(g: Any, out: Any, _a: Any, **_full_matrices: bool) -> Any:
    # Inside, gradients are conjugated: then real and complex formulas are the same.
    by_u, by_s, by_vh = (None if part is None else conj(part) for part in g)
    u, s, vh = out
    k = s.shape[-1]
    m, n = _a.shape[-2:]
    v, by_v = adjoint(vh), None if by_vh is None else adjoint(by_vh)
    if u.shape[-1] > k:
        u, by_u = _thin(u, by_u, k)
    if v.shape[-1] > k:
        v, by_v = _thin(v, by_v, k)
    inner = 0 if by_s is None else by_s[..., None, :] * np.eye(k)
    if by_u is None and by_v is None:
        return conj(u @ inner @ adjoint(v))
    turning_u = 0 if by_u is None else adjoint(u) @ by_u
    turning_v = 0 if by_v is None else adjoint(v) @ by_v
    check_phase(turning_u + turning_v, "np.linalg.svd", "singular vectors")
    if by_u is not None:
        inner = inner + _turned(turning_u, s) * s[..., None, :]
    if by_v is not None:
        inner = inner + s[..., :, None] * _turned(turning_v, s)
    if u.dtype.kind == "c" and by_u is not None:
        phases = np.imag(np.diagonal(turning_u, 0, -2, -1))
        inner = inner + 1j * divided(phases, s, s, abs(phases))[..., None, :] * np.eye(k)
    left = u @ inner
    if by_u is not None and m > n:
        left = left + _outside(by_u - u @ turning_u, by_u, s)
    grad = left @ adjoint(v)
    if by_v is not None and n > m:
        grad = grad + u @ adjoint(_outside(by_v - v @ turning_v, by_v, s))
    return conj(grad)


def _turned(turning: Any, s: Any) -> Any:
    """Divide what turns vectors among themselves by the differences of the squares of `s`."""
    skew = (turning - adjoint(turning)) * off_diagonal(s.shape[-1])
    used = both(turning)
    sums = s[..., None, :] + s[..., :, None] + np.eye(s.shape[-1])
    return divided(divided(skew, apart(s), s, used), sums, s, used)


def _outside(turning: Any, by_vectors: Any, s: Any) -> Any:
    """Divide what turns vectors to where there are none of the others by `s`."""
    used = abs(by_vectors).sum(-2, keepdims=True)
    return divided(turning, s[..., None, :], s, used)


def _thin(u: Any, by_u: Any, k: int) -> tuple[Any, Any]:
    """Return the first k vectors, and the gradient by them alone.

    The others are what is left of the space: they turn with the first ones.
    """
    first, rest = u[..., :k], u[..., k:]
    if by_u is None:
        return first, None
    by_first, by_rest = by_u[..., :k], by_u[..., k:]
    among = adjoint(rest) @ by_rest
    turning = abs(among - adjoint(among)).max(initial=0)
    if not holds(
        turning <= np.sqrt(np.finfo(turning.dtype).eps) * (1 + abs(by_rest).max(initial=0))
    ):
        raise ValueError(
            "the gradient depends on the singular vectors of np.linalg.svd that belong to no "
            "singular value, and which of them there are is arbitrary: pass full_matrices=False"
        )
    return first, by_first - rest @ (adjoint(by_rest) @ first)


def _svd_call(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    if hermitian:
        return _by_eigh(a, compute_uv)
    if not compute_uv:
        return np.linalg.svdvals(a)
    options = {} if full_matrices else {"full_matrices": False}
    return SVDResult(*apply(OPERATIONS[np.linalg.svd], (a,), options))


def _by_eigh(a: Any, compute_uv: bool) -> Any:
    if not compute_uv:
        return np.sort(abs(np.linalg.eigvalsh(a)))[..., ::-1]
    s, u = np.linalg.eigh(a)
    sign = np.copysign(1.0, s)
    s = abs(s)
    order = np.argsort(s)[..., ::-1]
    sign = np.take_along_axis(sign, order, axis=-1)
    s = np.take_along_axis(s, order, axis=-1)
    u = np.take_along_axis(u, order[..., None, :], axis=-1)
    return SVDResult(u, s, adjoint(u * sign[..., None, :]))


defvjp(
    np.linalg.svd,
    _svd,
    compute=lambda a, full_matrices=True: tuple(np.linalg.svd(a, full_matrices)),
    definition=_svd_call,
    results=3,
    partial=True,
    analytic=False,
    kinks="equal singular values: nan or infinite by their singular vectors",
    normwise=True,
)


def _svdvals(g: Any, _out: Any, x: Any) -> Any:
    u, _, vh = np.linalg.svd(x, full_matrices=False)
    return (conj(u) * g[..., None, :]) @ conj(vh)


defvjp(
    np.linalg.svdvals,
    _svdvals,
    compute=lambda x: np.linalg.svd(x, compute_uv=False),
    analytic=False,
    torch="linalg.svdvals",
    normwise=True,
)
