"""Norms of vectors and matrices."""

import math
from typing import Any

import numpy as np

from micrograd_np.declare import defvjp
from micrograd_np.rules.reductions import _along, _extreme, _kept


def _length(
    x: Any,
    ord: Any = None,  # noqa: A002  # as NumPy calls it
    axis: Any = None,
    keepdims: bool = False,
) -> Any:
    if (np.ndim(x) if axis is None else np.size(axis)) == 2 and ord not in (None, "fro"):
        raise NotImplementedError(
            f"np.linalg.norm of a matrix with ord={ord!r} has no derivative rule here; there is "
            "one for ord='fro', the root of the sum of squares, and for any ord of vectors: "
            "axis=... tells along which axis they lie"
        )
    return np.linalg.norm(x, ord, axis, keepdims)


def _norm(
    g: Any,
    out: Any,
    x: Any,
    ord: Any = None,  # noqa: A002  # as NumPy calls it
    axis: Any = None,
    keepdims: bool = False,
) -> Any:
    # Where a norm has a kink the slope is PyTorch's: 0, of all subgradients the shortest.
    p = 2.0 if ord in (None, "fro") else float(ord)
    if abs(p) == math.inf:
        return _extreme(g, out, np.abs(x), axis, keepdims) * np.sign(x)
    g, out = _kept(g, x, axis, keepdims), _kept(out, x, axis, keepdims)
    if p == 0:  # it counts the elements that are not 0
        return np.zeros_like(x)
    if p == 1:
        return g * np.sign(x)
    divisor = np.where(out == 0, 1, out)
    if p == 2:
        return g * np.where(out == 0, 0, x / divisor)
    if p > 1:
        return g * np.sign(x) * (np.abs(x) / divisor) ** (ord - 1)
    # Below 1 the slope at x = 0 is infinite, and one such x makes a norm with ord < 0 itself 0.
    zero = (x == 0) | (out == 0)
    ratio = np.where(zero, 1, np.abs(x) / divisor)
    return g * np.where(zero, 0, np.sign(x) * ratio ** (ord - 1))


defvjp(
    np.linalg.norm,
    _norm,
    compute=_length,
    analytic=False,
    sums=_along,
    kinks="x = 0: 0; ord=inf, -inf: ties, shared evenly",
    torch="linalg.vector_norm",
)
