"""Numbers that are evenly spaced in their logarithms, between end points."""

from typing import Any

import numpy as np

from micrograd_np.declare import defines
from micrograd_np.lifting import as_operand, cast, holds
from micrograd_np.rules.formulas import detached


@defines(np.logspace)
def _logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    if np.ndim(base):
        start, stop, base = map(as_operand, (start, stop, base))
        ndim = max(start.ndim, stop.ndim, base.ndim)
        start, stop, base = (
            a.reshape((1,) * (ndim - a.ndim) + a.shape) for a in (start, stop, base)
        )
        base = np.expand_dims(base, axis)
    result = np.power(base, np.linspace(start, stop, num, endpoint=endpoint, axis=axis))
    return result if dtype is None else result.astype(dtype)


@defines(np.geomspace)
def _geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    start, stop = as_operand(start), as_operand(stop)
    if holds((start == 0).any()) or holds((stop == 0).any()):
        raise ValueError("Geometric sequence cannot include zero")
    common = np.result_type(start.dtype, stop.dtype, float(num), np.dtype(dtype))
    start, stop = cast(start, common), cast(stop, common)
    # It is turned to begin with a positive number, and back: nothing depends on by how much.
    sign = np.sign(detached(start))
    start, stop = start / sign, stop / sign
    logarithms = np.log10(start), np.log10(stop)
    result = np.logspace(*logarithms, num, endpoint, base=10.0, dtype=common)
    if num > 0:
        result[0] = start
    if num > 1 and endpoint:
        result[-1] = stop
    result = np.moveaxis(result * sign, 0, axis)
    return result if dtype is None else result.astype(dtype)
