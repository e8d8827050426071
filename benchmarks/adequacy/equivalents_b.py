"""Mutants of the rules of matrices that compute the same as the original."""

from __future__ import annotations

from benchmarks.adequacy.equivalent import Equivalent

_SQUARE = "The matrix is square: the last axis is as long as the one before."
_TALL = (
    "The shortcut only saves time: of a matrix that is not wide the columns beyond the first m "
    "are an empty block, whose part is 0."
)
_DECOMPOSITIONS = "micrograd_np/rules/decompositions.py"
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
)
