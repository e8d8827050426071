"""Mutants of the rules of matrices that compute the same as the original."""

from __future__ import annotations

from benchmarks.adequacy.equivalent import Equivalent

_SQUARE = "The matrix is square: the last axis is as long as the one before."
_TALL = (
    "The shortcut only saves time: of a matrix that is not wide the columns beyond the first m "
    "are an empty block, whose part is 0."
)
_DECOMPOSITIONS = "micrograd_np/rules/decompositions.py"
_EIGEN = "micrograd_np/rules/eigen.py"
_DETERMINANTS = "micrograd_np/rules/determinants.py"

EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent(_DECOMPOSITIONS, "n = out.shape[-1]", "n = out.shape[-2]", _SQUARE),
    Equivalent(_DECOMPOSITIONS, "n = r.shape[-1]", "n = r.shape[-2]", _SQUARE),
    Equivalent(_DECOMPOSITIONS, "if m >= n:\nreturn conj(_tall(by_q, by_r, q, r))", "", _TALL),
    Equivalent(_DECOMPOSITIONS, "if m >= n:", "if m > n:", _TALL),
    Equivalent(_DECOMPOSITIONS, "return conj(_tall(by_q, by_r, q, r))", "pass", _TALL),
    Equivalent(
        _DETERMINANTS,
        "regular = np.linalg.inv(np.where(singular, np.eye(a.shape[-1]), a))",
        "regular = np.linalg.inv(np.where(singular, np.eye(a.shape[-2]), a))",
        _SQUARE,
    ),
    Equivalent(
        _DETERMINANTS,
        "return np.where(False, a, np.eye(a.shape[-1], dtype=a.dtype))",
        "return np.where(False, a, np.eye(a.shape[-2], dtype=a.dtype))",
        _SQUARE,
    ),
    Equivalent(
        _EIGEN,
        "return w[..., None, :] - w[..., :, None] + np.eye(w.shape[-1])",
        "return w[..., None, :] - w[..., :, None] - np.eye(w.shape[-1])",
        "What is divided by the diagonal is 0 there; it is only not to be divided by 0.",
    ),
    Equivalent(_EIGEN, "if not a.shape[-1]:", "if not a.shape[-2]:", _SQUARE),
    Equivalent(
        _EIGEN,
        "far = abs(out[..., :, None] - w[..., None, :])",
        "far = abs(w[..., None, :] - out[..., :, None])",
        "Of a difference only the absolute value is taken.",
    ),
)
