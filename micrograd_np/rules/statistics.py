"""Weighted averages, covariances, and sums by bin."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from micrograd_np.declare import defines
from micrograd_np.frames import warn
from micrograd_np.lifting import as_operand, cast, holds
from micrograd_np.rules.formulas import detached, with_value
from micrograd_np.rules.indexing import scatter
from micrograd_np.values import requires_grad, value_of

# --- averages ----------------------------------------------------------------------------------


@defines(np.average)
def _average(
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: Any = np._NoValue,
) -> Any:
    a = as_operand(a)
    options = {} if keepdims is np._NoValue else {"keepdims": keepdims}
    if weights is None:
        average = np.mean(a, axis, **options)
        if returned:
            total = np.asarray(a.size / average.size, average.dtype)
    else:
        weights = weights_like(as_operand(weights), a, axis)
        dtypes = [a.dtype, weights.dtype, *([] if a.dtype.kind in "fc" else [np.float64])]
        dtype = np.result_type(*dtypes)
        total = np.sum(weights, axis, dtype=dtype, **options)
        if holds(np.any(total == 0)):
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        products = cast(a, dtype) * cast(weights, dtype)
        average = np.sum(products, axis, **options) / total
    if not returned:
        return average
    if total.shape != average.shape:
        total = np.copy(np.broadcast_to(total, average.shape))
    return average, total


def weights_like(weights: Any, a: Any, axis: Any) -> Any:
    """Return weights that broadcast: given for each element, or along some axes alone."""
    if weights.shape == a.shape:
        return weights
    if axis is None:
        raise TypeError("Axis must be specified when shapes of a and weights differ.")
    axes = normalize_axis_tuple(axis, a.ndim, "axis")
    if tuple(weights.shape) != tuple(a.shape[i] for i in axes):
        raise ValueError(
            "Shape of weights must be consistent with shape of a along specified axis."
        )
    ordered = np.transpose(weights, tuple(np.argsort(axes).tolist()))
    return ordered.reshape(tuple(n if i in axes else 1 for i, n in enumerate(a.shape)))


# --- covariances -------------------------------------------------------------------------------


@defines(np.cov)
def _cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    given = [as_operand(x) for x in (m, y) if x is not None]
    if max(x.ndim for x in given) > 2:
        raise ValueError(f"np.cov: {'m' if given[0].ndim > 2 else 'y'} has more than 2 dimensions")
    dtype = np.dtype(dtype or np.result_type(*(x.dtype for x in given), np.float64))
    x = _variables(given[0], dtype, bool(rowvar) or given[0].ndim == 1)
    if x.shape[0] == 0:
        return np.empty((0, 0))
    for other in given[1:]:
        in_rows = bool(rowvar) or other.ndim < 2 or other.shape[0] == 1
        x = np.concatenate([x, _variables(other, dtype, in_rows)], 0)
    if ddof is None:
        ddof = 1 if bias == 0 else 0
    if requires_grad(fweights):
        raise TypeError("np.cov: fweights are whole numbers, which have no gradient: detach them")
    fweights = _weights_of_samples("fweights", fweights, x.shape[1])
    aweights = _weights_of_samples("aweights", aweights, x.shape[1])
    weights = aweights if fweights is None else fweights
    if fweights is not None and aweights is not None:
        weights = fweights * aweights
    average, total = np.average(x, axis=1, weights=weights, returned=True)
    if weights is None:
        count = x.shape[1] - ddof
    elif ddof == 0:
        count = total[0]
    elif aweights is None:
        count = total[0] - ddof
    else:
        count = total[0] - ddof * np.sum(weights * aweights) / total[0]
    if holds(count <= 0):
        warn("Degrees of freedom <= 0 for slice", RuntimeWarning)
        count = 0.0
    x = x - average[:, None]
    transposed = x.T if weights is None else (x * weights).T
    if dtype.kind == "c":
        transposed = np.conjugate(transposed)
    return np.squeeze(cast(np.dot(x, transposed) * np.true_divide(1, count), dtype))


def _variables(x: Any, dtype: Any, in_rows: bool) -> Any:
    """Return observations as the columns of a matrix."""
    x = x.astype(dtype)
    if x.ndim < 2:
        x = x.reshape((1, x.size))
    return x if in_rows else x.T


def _weights_of_samples(name: str, given: Any, count: Any) -> Any:
    if given is None:
        return None
    given = as_operand(given).astype(float)
    if name == "fweights" and holds(np.any(given != np.around(given))):
        raise TypeError("fweights must be integer")
    if given.ndim > 1:
        raise RuntimeError(f"cannot handle multidimensional {name}")
    if given.shape[0] != count:
        raise RuntimeError(f"incompatible numbers of samples and {name}")
    if holds(np.any(given < 0)):
        raise ValueError(f"{name} cannot be negative")
    return given


@defines(np.corrcoef, analytic=False)
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = np.cov(x, y, rowvar, dtype=dtype) if y is not None else np.cov(x, None, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    each = np.arange(c.shape[0])
    variances = c[each, each]
    spread = np.sqrt(np.real(variances) if c.dtype.kind == "c" else variances)
    c = c / spread[:, None] / spread[None, :]
    # What lies beyond 1 is rounding, and no reason for a gradient of zero.
    beyond = detached(c)
    if c.dtype.kind != "c":
        return with_value(c, np.clip(beyond, -1, 1))
    cut = np.clip(np.real(beyond), -1, 1) + 1j * np.clip(np.imag(beyond), -1, 1)
    return with_value(c, cut)


# --- sums by bin -------------------------------------------------------------------------------


@defines(np.bincount)
def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    x = value_of(x)
    counts = np.bincount(x, minlength=minlength)  # or NumPy's error
    if weights is None or not np.size(x):  # of nothing NumPy makes whole numbers
        return counts
    weights = as_operand(weights)
    if weights.dtype.kind == "c":
        raise TypeError("np.bincount: weights are real numbers")
    if weights.shape != np.shape(x):
        raise ValueError("The weights and list don't have the same length.")
    return scatter(weights.astype(float), np.ravel(x), counts.shape)
