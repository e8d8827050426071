"""Triangular factors: Cholesky and QR."""

from typing import Any

import numpy as np
from numpy.linalg._linalg import QRResult

from micrograd_np.declare import defvjp
from micrograd_np.operation import OPERATIONS
from micrograd_np.rules.products import conj
from micrograd_np.rules.svd import adjoint
from micrograd_np.tensor import apply


def _times_inverse(x: Any, triangle: Any) -> Any:
    """Return ``x @ inv(adjoint(triangle))``."""
    return adjoint(np.linalg.solve(triangle, adjoint(x)))


def _cholesky(g: Any, out: Any, _a: Any, *, upper: bool = False) -> Any:
    # Murray, Differentiation of the Cholesky decomposition, 2016, section 4.1.
    g = conj(g)
    lower, by_lower = (adjoint(out), adjoint(g)) if upper else (out, g)
    n = out.shape[-1]
    inner = adjoint(lower) @ by_lower * (np.tri(n) - np.eye(n) / 2)
    grad = np.linalg.solve(adjoint(lower), _times_inverse(inner, adjoint(lower)))
    return conj(grad + adjoint(grad)) / 2


# The gradient is that of symmetric matrices, though NumPy reads one triangle only.
defvjp(np.linalg.cholesky, _cholesky, analytic=False, torch="linalg.cholesky")


def _qr(g: Any, out: Any, a: Any, mode: str = "reduced") -> Any:
    by_q, by_r = (None if part is None else conj(part) for part in g)
    q, r = out
    m, n = a.shape[-2:]
    if m >= n:
        return conj(_tall(by_q, by_r, q, r))
    # r = [r1, r2], where q r1 is the qr decomposition of the first columns, and r2 = q' a2.
    if by_r is None:
        first = _tall(by_q, None, q, r[..., :m])
        return conj(np.concatenate([first, np.zeros_like(a[..., m:])], -1))
    by_r1, by_r2 = by_r[..., :m], by_r[..., m:]
    more = a[..., m:] @ adjoint(by_r2)
    first = _tall(more if by_q is None else by_q + more, by_r1, q, r[..., :m])
    return conj(np.concatenate([first, q @ by_r2], -1))


def _tall(by_q: Any, by_r: Any, q: Any, r: Any) -> Any:
    # Walter and Lehmann, Algorithmic differentiation of linear algebra functions, 2018.
    inner = 0 if by_r is None else by_r @ adjoint(r)
    inner = inner if by_q is None else inner - adjoint(q) @ by_q
    n = r.shape[-1]
    upper = inner * (np.tri(n).T - np.eye(n) / 2)
    total = q @ (upper + adjoint(upper))
    return _times_inverse(total if by_q is None else by_q + total, r)


def _qr_call(a: Any, mode: str = "reduced") -> Any:
    if mode == "raw" or (mode == "complete" and a.shape[-2] > a.shape[-1]):
        raise NotImplementedError(
            f"np.linalg.qr of a Tensor has no derivative rule for mode={mode!r}: "
            + (
                "it gives reflections, not factors; use mode='reduced' or 'r'"
                if mode == "raw"
                else "which columns complete q is arbitrary; use mode='reduced' or 'r'"
            )
        )
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"Unrecognized mode '{mode}'")
    q, r = apply(OPERATIONS[np.linalg.qr], (a,))
    return r if mode == "r" else QRResult(q, r)


defvjp(
    np.linalg.qr,
    _qr,
    compute=lambda a: tuple(np.linalg.qr(a)),
    definition=_qr_call,
    results=2,
    partial=True,
    analytic=False,
    normwise=True,
)
