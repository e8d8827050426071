"""Functions that pass over nan: its gradient is 0."""

from typing import Any

import numpy as np

from micrograd_np.declare import defines, defvjp
from micrograd_np.frames import warn
from micrograd_np.lifting import as_operand, holds
from micrograd_np.rules.reductions import _back, _kept, root
from micrograd_np.values import write

NAN = "a nan: 0"


def _without_nan(a: Any, value: Any) -> tuple[Any, Any]:
    """Return `a` with another value in place of nan, and where that was."""
    a = as_operand(a)
    if a.dtype.kind not in "fc":
        return a, np.zeros(a.shape, bool)
    mask = np.isnan(a)
    return np.where(mask, value, a), mask


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not np._NoValue}


def _written(name: str, out: Any, result: Any) -> Any:
    return result if out is None else write(name, out, result)


# --- sums and products -------------------------------------------------------------------------


@defines(np.nansum, kinks=NAN, torch="nansum")
def _nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = np._NoValue,
    initial: Any = np._NoValue,
    where: Any = np._NoValue,
) -> Any:
    options = _given(keepdims=keepdims, initial=initial, where=where)
    result = np.sum(_without_nan(a, 0)[0], axis, dtype=dtype, **options)
    return _written("np.nansum", out, result)


@defines(np.nanprod, kinks=NAN)
def _nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = np._NoValue,
    initial: Any = np._NoValue,
    where: Any = np._NoValue,
) -> Any:
    options = _given(keepdims=keepdims, initial=initial, where=where)
    result = np.prod(_without_nan(a, 1)[0], axis, dtype=dtype, **options)
    return _written("np.nanprod", out, result)


@defines(np.nancumsum, kinks=NAN)
def _nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return _written("np.nancumsum", out, np.cumsum(_without_nan(a, 0)[0], axis, dtype=dtype))


@defines(np.nancumprod, kinks=NAN)
def _nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return _written("np.nancumprod", out, np.cumprod(_without_nan(a, 1)[0], axis, dtype=dtype))


# --- means and variances -----------------------------------------------------------------------


def _check_inexact(a: Any, dtype: Any, out: Any) -> None:
    if a.dtype.kind not in "fc":
        return
    for name, given in (("dtype", dtype), ("out", getattr(out, "dtype", None))):
        if given is not None and np.dtype(given).kind not in "fc":
            raise TypeError(f"If a is inexact, then {name} must be inexact")


def _divide(total: Any, count: Any) -> Any:
    """Divide, and make nan of what no element is left for, without a warning."""
    return (total / np.where(count > 0, count, np.nan)).astype(total.dtype)


@defines(np.nanmean, kinks=NAN, torch="nanmean")
def _nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = np._NoValue,
    *,
    where: Any = np._NoValue,
) -> Any:
    options = _given(keepdims=keepdims, where=where)
    numbers, mask = _without_nan(a, 0)
    _check_inexact(numbers, dtype, out)
    if numbers.dtype.kind not in "fc":
        return _written("np.nanmean", out, np.mean(numbers, axis, dtype=dtype, **options))
    count = np.sum(~mask, axis, dtype=np.intp, **options)
    average = _divide(np.sum(numbers, axis, dtype=dtype, **options), count)
    if holds(np.any(count == 0)):
        warn("Mean of empty slice", RuntimeWarning)
    return _written("np.nanmean", out, average)


def _variance(
    a: Any, axis: Any, dtype: Any, out: Any, ddof: Any, keepdims: Any, where: Any, mean: Any
) -> Any:
    numbers, mask = _without_nan(a, 0)
    _check_inexact(numbers, dtype, out)
    masked = _given(where=where)
    if masked:
        numbers = np.where(where, numbers, 0)
    count = np.sum(~mask, axis, dtype=np.intp, keepdims=True, **masked)
    if mean is np._NoValue:
        mean = _divide(np.sum(numbers, axis, dtype=dtype, keepdims=True, **masked), count)
    centred = np.where(mask, 0, (numbers - mean).astype(numbers.dtype))
    if numbers.dtype.kind == "c":
        squares = np.real(centred * np.conjugate(centred))
    else:
        squares = centred * centred
    options = _given(keepdims=keepdims, where=where)
    total = np.sum(squares, axis, dtype=dtype, **options)
    freedom = (count - ddof).reshape(total.shape)
    if holds(np.any(freedom <= 0)):
        warn("Degrees of freedom <= 0 for slice.", RuntimeWarning)
    return _divide(total, freedom)


def _defines_spread(function: Any, usual: Any, finish: Any, **facts: Any) -> None:
    @defines(function, analytic=False, **facts)
    def definition(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: Any = np._NoValue,
        *,
        where: Any = np._NoValue,
        mean: Any = np._NoValue,
        correction: Any = np._NoValue,
    ) -> Any:
        if correction is not np._NoValue:
            if ddof != 0:
                raise ValueError("ddof and correction can't be provided simultaneously.")
            ddof = correction
        if as_operand(a).dtype.kind in "fc":
            result = finish(_variance(a, axis, dtype, out, ddof, keepdims, where, mean))
        else:
            options = _given(keepdims=keepdims, where=where, mean=mean)
            result = usual(a, axis, dtype=dtype, ddof=ddof, **options)
        return _written(f"np.{function.__name__}", out, result)


_defines_spread(np.nanvar, np.var, lambda variance: variance, kinks=NAN)
_defines_spread(np.nanstd, np.std, root, kinks=f"{NAN}; all elements equal: 0")

# --- maxima and minima -------------------------------------------------------------------------


def _nanextreme(
    g: Any,
    out: Any,
    a: Any,
    axis: Any = None,
    keepdims: bool = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    ties = a == _back(out, a, axis, keepdims)
    ties = ties if where is True else ties & where
    count = ties.sum(axis=axis, keepdims=True)
    if initial is not np._NoValue:  # one more that may tie, or win
        count = count + (_kept(out, a, axis, keepdims) == initial)
    return _back(g, a, axis, keepdims, where) * (ties / np.maximum(count, 1))


for _function in (np.nanmax, np.nanmin):
    defvjp(
        _function,
        _nanextreme,
        exact=True,
        kinks=f"ties: shared evenly, with initial= too; {NAN}",
    )
