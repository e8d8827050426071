"""Sets of numbers: what they select is some of the elements given, in another order.

Of equal elements the first one gets the gradient, those of the first array before those of the
second.
"""

from typing import Any

import numpy as np

from micrograd_np.declare import defines
from micrograd_np.rules.ufuncs import as_operand
from micrograd_np.tensor import value_of

FIRST = "equal elements: all to the first"


def _select(flat: Any, values: Any) -> Any:
    """Return `values`, an array, as elements of `flat`: of k equal ones the first k."""
    known = value_of(flat)
    order, order_of_values = (np.argsort(a, kind="stable") for a in (known, values))
    ordered = values[order_of_values]
    nth = np.arange(values.size) - np.searchsorted(ordered, ordered)
    places = np.empty(values.size, np.intp)
    places[order_of_values] = order[np.searchsorted(known[order], ordered) + nth]
    return flat[places]


@defines(np.unique, exact=True, kinks=FIRST)
def _unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,  # noqa: A002  # as NumPy calls it
) -> Any:
    options = {"axis": axis, "equal_nan": equal_nan, **({} if sorted else {"sorted": False})}
    array = value_of(ar)
    unique: Any = np.unique  # of arguments that are not literals
    found = unique(array, return_index, return_inverse, return_counts, **options)
    several = found if isinstance(found, tuple) else (found,)
    if axis is None or ar.ndim == 1:
        values = _select(ar.reshape(-1), several[0])
    else:
        _, first = unique(array, return_index=True, **options)
        values = ar[(slice(None),) * (axis % ar.ndim) + (first,)]
    return (values, *several[1:]) if len(several) > 1 else values


def _defines_array_api(function: Any) -> None:
    @defines(function, exact=True, kinks=FIRST)
    def definition(x: Any, /) -> Any:
        found = function(value_of(x))
        if isinstance(found, tuple):
            values = _select(x.reshape(-1), found[0])
            return found._replace(values=values)  # type: ignore[attr-defined]  # a named tuple
        return _select(x.reshape(-1), found)


for _function in (np.unique_values, np.unique_all, np.unique_counts, np.unique_inverse):
    _defines_array_api(_function)


@defines(np.union1d, exact=True, kinks=FIRST)
def _union1d(ar1: Any, ar2: Any) -> Any:
    both = np.concatenate([as_operand(ar1), as_operand(ar2)], axis=None)
    return _select(both, np.unique(value_of(both)))


@defines(np.intersect1d, exact=True, kinks=FIRST)
def _intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    intersect: Any = np.intersect1d
    found = intersect(value_of(ar1), value_of(ar2), assume_unique, return_indices)
    both = np.concatenate([as_operand(ar1), as_operand(ar2)], axis=None)
    if return_indices:
        return (_select(both, found[0]), *found[1:])
    return _select(both, found)


@defines(np.setxor1d, exact=True, kinks=FIRST)
def _setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    both = np.concatenate([as_operand(ar1), as_operand(ar2)], axis=None)
    return _select(both, np.setxor1d(value_of(ar1), value_of(ar2), assume_unique))


@defines(np.setdiff1d, exact=True, kinks=FIRST)
def _setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    found = np.setdiff1d(value_of(ar1), value_of(ar2), assume_unique)
    return _select(as_operand(ar1).reshape(-1), found)


@defines(np.trim_zeros, exact=True)
def _trim_zeros(filt: Any, trim: Any = "fb", axis: Any = None) -> Any:
    filt = as_operand(filt)
    options = {} if axis is None else {"axis": axis}
    places = np.arange(1, filt.size + 1).reshape(filt.shape)
    left = np.trim_zeros(np.where(value_of(filt) == 0, 0, places), trim, **options)
    lengths = zip(filt.shape, left.shape, strict=True)
    starts = _starts(value_of(filt), trim)
    return filt[
        tuple(
            slice(None) if n == m else slice(start, start + m)
            for start, (n, m) in zip(starts, lengths, strict=True)
        )
    ]


def _starts(array: Any, trim: str) -> list[int]:
    """Return where along each axis the first element stands that is not 0, if that is cut off."""
    at = np.nonzero(array)
    return [int(along.min()) if along.size and "f" in trim.lower() else 0 for along in at]
