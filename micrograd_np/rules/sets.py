"""Sets of numbers: what they select is some of the elements given, in another order.

Of equal elements the first one gets the gradient, those of the first array before those of the
second.
"""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from micrograd_np.declare import defines
from micrograd_np.lifting import as_operand, is_traced
from micrograd_np.tensor import Tensor
from micrograd_np.values import value_of

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


def _while_traced(ar: Any, equal_nan: bool) -> tuple[Any, Any, Any, Any]:
    """Return what ``np.unique`` returns at most, by steps that a program can repeat."""
    flat = ar.reshape(-1)
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    new = ordered[1:] != ordered[:-1]
    if equal_nan:
        new = new & ~np.isnan(ordered[:-1])  # after one nan come others alone
    new = np.concatenate([np.ones_like(ordered[:1], dtype=bool), new])
    values = ordered[new]
    inverse = (np.cumsum(new) - 1)[np.argsort(order)]
    counts = (inverse == np.arange(values.shape[0])[:, None]).sum(1)
    return values, order[new], inverse.reshape(ar.shape), counts


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
    if is_traced(ar) and (axis is None or ar.ndim == 1):
        values, *rest = _while_traced(ar, equal_nan)
        asked = zip(rest, (return_index, return_inverse, return_counts), strict=True)
        rest = [part for part, wanted in asked if wanted]
        return (values, *rest) if rest else values
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


_FIELDS = ("values", "indices", "inverse_indices", "counts")


def _defines_array_api(function: Any) -> None:
    @defines(function, exact=True, kinks=FIRST)
    def definition(x: Any, /) -> Any:
        if is_traced(x):
            parts = dict(zip(_FIELDS, _while_traced(x, False), strict=True))
            found = function([0.0])
            if not isinstance(found, tuple):
                return parts["values"]
            return found._replace(**{name: parts[name] for name in found._fields})  # type: ignore[attr-defined]
        found = function(value_of(x))
        if isinstance(found, tuple):
            values = _select(x.reshape(-1), found[0])
            return found._replace(values=values)  # type: ignore[attr-defined]  # a named tuple
        return _select(x.reshape(-1), found)


for _function in (np.unique_values, np.unique_all, np.unique_counts, np.unique_inverse):
    _defines_array_api(_function)


# --- two sets ----------------------------------------------------------------------------------


@defines(np.union1d, exact=True, kinks=FIRST)
def _union1d(ar1: Any, ar2: Any) -> Any:
    return np.unique(_joined(as_operand(ar1), as_operand(ar2)))


def _joined(one: Any, other: Any) -> Any:
    return np.concatenate([one, other], axis=None)


@defines(np.intersect1d, exact=True, kinks=FIRST)
def _intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    arrays = [as_operand(ar1).reshape(-1), as_operand(ar2).reshape(-1)]
    if assume_unique:
        sets, places = arrays, [np.arange(a.size) for a in arrays]
    else:
        sets, places = zip(*(np.unique(a, return_index=True) for a in arrays), strict=True)
    both = _joined(*sets)
    order = np.argsort(both, kind="stable")
    ordered = both[order]
    twice = ordered[1:] == ordered[:-1]
    values = ordered[:-1][twice]
    if not return_indices:
        return values
    first, second = order[:-1][twice], order[1:][twice] - sets[0].size
    return values, _picked(places[0], first), _picked(places[1], second)


def _picked(places: Any, at: Any) -> Any:
    """Index places, which may be an array while what picks from them is traced."""
    return (Tensor(places) if is_traced(at) and not is_traced(places) else places)[at]


@defines(np.setxor1d, exact=True, kinks=FIRST)
def _setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    sets = [as_operand(ar1), as_operand(ar2)]
    ordered = np.sort(_joined(*(sets if assume_unique else map(np.unique, sets))))
    differs = ordered[1:] != ordered[:-1]
    edge = np.ones_like(ordered[:1], dtype=bool)
    return ordered[np.concatenate([edge, differs]) & np.concatenate([differs, edge])]


@defines(np.setdiff1d, exact=True, kinks=FIRST)
def _setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    ar1, ar2 = as_operand(ar1), as_operand(ar2)
    if not assume_unique:
        ar1, ar2 = np.unique(ar1), np.unique(ar2)
    return ar1[np.isin(ar1, ar2, assume_unique=True, invert=True)]


# --- zeros at the ends -------------------------------------------------------------------------


@defines(np.trim_zeros, exact=True)
def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    if trim.lower() not in ("fb", "bf", "f", "b"):
        raise ValueError(f"unexpected character(s) in `trim`: {trim!r}")
    given = filt != 0
    axes = range(filt.ndim) if axis is None else normalize_axis_tuple(axis, filt.ndim, "axis")
    for along in axes:
        line = np.any(given, axis=tuple(a for a in range(filt.ndim) if a != along))
        if "f" in trim.lower():
            kept = np.cumsum(line) > 0
            filt, line = filt[(slice(None),) * along + (_run(kept),)], line[kept]
        if "b" in trim.lower():
            kept = np.flip(np.cumsum(np.flip(line))) > 0
            filt = filt[(slice(None),) * along + (_run(kept),)]
    return filt


def _run(kept: Any) -> Any:
    """Return the slice that a mask without gaps picks, which makes a view as NumPy's is."""
    if is_traced(kept):
        return kept
    places = np.flatnonzero(kept)
    return slice(places[0], places[-1] + 1) if places.size else slice(0)
