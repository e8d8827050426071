"""Zeros where a mask says so, exactly: no product with 0, which would keep a nan."""

from __future__ import annotations

from typing import Any

import numpy as np

from micrograd_np.tensor import Tensor

_BITS = {2: np.int16, 4: np.int32, 8: np.int64}
_BLOCK = 1 << 14
"""Elements at a time: so many stay in the processor's cache from one step to the next."""
FEW = 1 << 11
"""Up to so many, one step of NumPy's is faster than three."""


def zeroed(g: Any, where: Any, out: Any = None) -> Any:
    """Return `g`, but 0 where a mask is True: ``np.where(where, 0, g)``.

    NumPy looks at each element of the mask in turn, and guesses wrong half of the time where it is
    like a coin. The bits of the numbers, and a mask of bits, take a tenth of that.

    Parameters
    ----------
    g
        Array or Tensor.
    where
        Bool array of its shape; or, without `out`, one that broadcasts with it.
    out
        The array to write into, which may be `g`; by default a new one.

    Returns
    -------
    array or Tensor
        Of the dtype of `g`; and of its shape and order in memory, if the mask is of its shape.
    """
    if isinstance(g, Tensor):
        return np.where(where, 0, g)
    if out is None and (not g.ndim or where.shape != g.shape):
        return np.where(where, 0, g)
    if out is None and g.size <= FEW:
        out = g.copy("K")
        np.putmask(out, where, 0)  # half the time of np.where
        return out
    if out is None:
        out = np.empty_like(g)
    arrays = (g, where, out)
    in_one_order = all(a.flags.c_contiguous for a in arrays) or all(
        a.flags.f_contiguous for a in arrays
    )
    if in_one_order and g.dtype.itemsize in _BITS:
        _by_bits(*(a.ravel("K") for a in arrays))
    else:
        if out is not g:
            np.copyto(out, g)
        np.copyto(out, 0, where=where)
    return out


def selected(where: Any, a: Any, b: Any, out: Any) -> None:
    """Write ``np.where(where, a, b)`` into an array, by its bits.

    Parameters
    ----------
    where
        Bool array of the shape of `out`.
    a, b
        Arrays of the shape and dtype of `out`, of which one may be `out`, or single numbers.
    out
        Floating-point array.
    """
    arrays = [np.asarray(x, out.dtype) for x in (a, b)]
    if not out.flags.c_contiguous:  # it has no view of one axis to write into
        np.copyto(out, np.where(where, *arrays))
        return
    dtype = _BITS[out.dtype.itemsize]
    mask, written = where.reshape(-1).view(np.int8), out.reshape(-1).view(dtype)
    first, second = (x.reshape(-1).view(dtype) for x in arrays)
    scratch = np.empty((2, min(_BLOCK, out.size)), dtype)
    for start in range(0, out.size, _BLOCK):
        some = slice(start, start + _BLOCK)
        part = mask[some]
        keep, differs = scratch[:, : part.size]
        one = first if first.size == 1 else first[some]
        other = second if second.size == 1 else second[some]
        np.subtract(part, 1, out=keep, casting="unsafe")
        np.bitwise_xor(one, other, out=differs)
        np.bitwise_and(differs, keep, out=differs)  # nothing where the mask says the first
        np.bitwise_xor(one, differs, out=written[some])


def _by_bits(g: Any, where: Any, out: Any) -> None:
    dtype = _BITS[g.dtype.itemsize]
    given, mask, written = g.view(dtype), where.view(np.int8), out.view(dtype)
    kept = np.empty(min(_BLOCK, g.size), dtype)
    for start in range(0, g.size, _BLOCK):
        some = slice(start, start + _BLOCK)
        part = mask[some]
        keep = kept[: part.size]
        np.subtract(part, 1, out=keep, casting="unsafe")  # every bit is set where the mask is not
        np.bitwise_and(given[some], keep, out=written[some])
