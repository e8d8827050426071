"""Eigenvalues and eigenvectors.

A matrix has many sets of eigenvectors: each may be given another sign or phase, and where
eigenvalues are equal, any vectors between theirs are theirs too. Only of what does not depend on
which set it was is there a derivative.
"""

from typing import Any

import numpy as np
from numpy.linalg._linalg import EighResult, EigResult

from micrograd_np.declare import defvjp
from micrograd_np.lifting import as_operand, decides, holds, is_traced
from micrograd_np.operation import OPERATIONS
from micrograd_np.rules.products import conj, transposed
from micrograd_np.tensor import apply


def check_phase(turning: Any, name: str, what: str) -> None:
    """Refuse a gradient along the phases of complex vectors, which are arbitrary.

    Raises
    ------
    ValueError
        If there is one.
    """
    if turning.dtype.kind != "c":
        return
    along = abs(np.imag(np.diagonal(turning, 0, -2, -1)))
    largest = abs(turning).max(axis=(-2, -1), initial=0)[..., None]
    if not holds(~(along > np.sqrt(np.finfo(along.dtype).eps) * (largest + 1)).any()):
        raise ValueError(
            f"the gradient depends on the phases of the {what} of {name}, which are arbitrary: "
            "use what does not, such as np.abs(v) or v * np.conj(v[0])"
        )


def apart(w: Any) -> Any:
    """Return the differences ``w[j] - w[i]``, with ones on the diagonal."""
    return w[..., None, :] - w[..., :, None] + np.eye(w.shape[-1])


def divided(turned: Any, gaps: Any, w: Any, used: Any) -> Any:
    """Divide what turns vectors by the gaps between their values `w`.

    What rounding has left of the gap of equal ones is taken for 0: to divide by it would give a
    number that looks like any other. But vectors that nothing depends on, for which `used` is 0,
    have nothing to pass on, however close their values are. (Of values that are the same to the
    last bit that cannot be said: ``(v * w) @ v.T`` depends on vectors whose values are 0.)
    """
    return turned / np.where(used == 0, gaps, none_of_rounding(gaps, w))


def none_of_rounding(x: Any, w: Any) -> Any:
    """Return 0 for what is no larger than the errors of eigenvalues or singular values `w`."""
    largest = abs(w).max(axis=-1, keepdims=True, initial=0)
    rounding = w.shape[-1] * np.finfo(w.dtype).eps * largest
    return np.where(abs(x) <= (rounding[..., None] if x.ndim > w.ndim else rounding), 0, x)


def both(turning: Any) -> Any:
    """Return for each two vectors how large the two elements are that turn them together."""
    return abs(turning) + abs(transposed(turning))


def off_diagonal(n: int) -> Any:
    """Return zeros on the diagonal of ones."""
    return 1 - np.eye(n)


def _eigh(g: Any, out: Any, _a: Any, UPLO: Any = "L") -> Any:
    by_values, by_vectors = g
    w, v = out
    vt = transposed(v)
    if by_vectors is None:
        return (conj(v) * by_values[..., None, :]) @ vt
    turning = vt @ by_vectors
    check_phase(turning, "np.linalg.eigh", "eigenvectors")
    n = w.shape[-1]
    inner = divided(turning * off_diagonal(n), apart(w), w, both(turning))
    if by_values is not None:
        inner = inner + by_values[..., None, :] * np.eye(n)
    inner = (inner + conj(transposed(inner))) / 2
    return conj(v) @ inner @ vt


def _eigh_call(a: Any, UPLO: str = "L") -> Any:
    options = {} if UPLO.upper() == "L" else {"UPLO": UPLO}
    return EighResult(*apply(OPERATIONS[np.linalg.eigh], (as_operand(a),), options))


# The gradient is that of symmetric matrices, though NumPy reads one triangle only.
defvjp(
    np.linalg.eigh,
    _eigh,
    compute=lambda a, UPLO="L": tuple(np.linalg.eigh(a, UPLO)),
    definition=_eigh_call,
    results=2,
    partial=True,
    analytic=False,
    kinks="equal eigenvalues: nan or infinite by their eigenvectors",
    normwise=True,
)


def _eigvalsh(g: Any, _out: Any, a: Any, UPLO: Any = "L") -> Any:
    _, v = np.linalg.eigh(a, UPLO)
    return (conj(v) * g[..., None, :]) @ transposed(v)


defvjp(np.linalg.eigvalsh, _eigvalsh, analytic=False, normwise=True)


def _eig(g: Any, out: Any, _a: Any) -> Any:
    by_values, by_vectors = g
    w, v = out
    vt = transposed(v)
    if by_vectors is None:
        return np.linalg.solve(vt, by_values[..., :, None] * vt)
    turning = vt @ by_vectors
    check_phase(turning, "np.linalg.eig", "eigenvectors")
    n = w.shape[-1]
    # Vectors have length one: what would change their lengths is taken out.
    longer = np.real(np.diagonal(turning, 0, -2, -1))[..., None, :]
    turned = (turning - (vt @ conj(v)) * longer) * off_diagonal(n)
    inner = divided(turned, apart(w), w, both(turning))
    if by_values is not None:
        inner = inner + by_values[..., None, :] * np.eye(n)
    return np.linalg.solve(vt, inner @ vt)


def refuse_to_trace(a: Any) -> None:
    """Raise what a branch raises: values decide whether a program goes on with complex numbers."""
    if is_traced(a) and a.dtype.kind != "c" and not decides():
        bool(a.any())


def _eig_call(a: Any) -> Any:
    refuse_to_trace(a)
    w, v = apply(OPERATIONS[np.linalg.eig], (as_operand(a),))
    holds(np.iscomplexobj(w))
    return EigResult(w, v)


defvjp(
    np.linalg.eig,
    _eig,
    compute=lambda a: tuple(np.linalg.eig(a)),
    definition=_eig_call,
    results=2,
    partial=True,
    analytic=False,
    kinks="equal eigenvalues: nan or infinite by their eigenvectors",
    normwise=True,
)


def _eigvals(g: Any, out: Any, a: Any) -> Any:
    if not a.shape[-1]:
        return a  # there is no element
    w, v = np.linalg.eig(a)
    # LAPACK may find the eigenvalues in another order when it is not asked for vectors.
    far = abs(out[..., :, None] - w[..., None, :])
    order = far.argmin(-2)
    n = w.shape[-1]
    if not holds((np.sort(order, -1) == np.arange(n)).all()):
        order = np.broadcast_to(np.arange(n), w.shape)  # equal eigenvalues
    vt = transposed(v)
    return np.linalg.solve(vt, np.take_along_axis(g, order, -1)[..., :, None] * vt)


def _eigvals_call(a: Any) -> Any:
    refuse_to_trace(a)
    w = apply(OPERATIONS[np.linalg.eigvals], (a,))
    holds(np.iscomplexobj(w))
    return w


defvjp(np.linalg.eigvals, _eigvals, definition=_eigvals_call, analytic=False, normwise=True)
