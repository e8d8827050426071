"""Medians, percentiles and quantiles: what stands at a place in the order of the elements.

The place is a rank, or lies between two neighbouring ranks, whose elements then share the gradient.
The value is NumPy's own.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from micrograd_np.declare import defvjp
from micrograd_np.lifting import is_traced
from micrograd_np.rules.cumulative import rows, unrows
from micrograd_np.rules.formulas import detached
from micrograd_np.rules.order import TIES, ranks_of
from micrograd_np.rules.reductions import count_along
from micrograd_np.rules.statistics import weights_like
from micrograd_np.tensor import Tensor
from micrograd_np.values import value_of


def _share(ranks: Any, place: Any) -> Any:
    """Return the share that each element has in what stands at a place between two ranks."""
    return np.maximum(0, 1 - np.abs(ranks - place))


def _nan_to_all(share: Any, out: Any) -> Any:
    """Give nan to every element where one has made the result nan, as in a maximum."""
    return np.where(np.isnan(out), np.nan, share)


def _compute(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compute by NumPy, which is not let overwrite its input."""
    return lambda *args, overwrite_input=False, **options: function(*args, **options)


# --- medians -----------------------------------------------------------------------------------


def _median(
    g: Any,
    out: Any,
    a: Any,
    axis: Any = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Any:
    lines = rows(a, axis)
    kept = (*lines.shape[:-1], 1)
    share = _share(ranks_of(lines), (count_along(a, axis) - 1) / 2)
    return unrows(g.reshape(kept) * _nan_to_all(share, out.reshape(kept)), a, axis)


def _nanmedian(
    g: Any,
    _out: Any,
    a: Any,
    axis: Any = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Any:
    lines = rows(a, axis)
    numbers = ~np.isnan(lines)
    share = _share(ranks_of(lines), (numbers.sum(-1, keepdims=True) - 1) / 2)
    return unrows(g.reshape((*lines.shape[:-1], 1)) * np.where(numbers, share, 0), a, axis)


defvjp(
    np.median,
    _median,
    compute=_compute(np.median),
    kinks=f"{TIES}; a nan: nan in every element",
)
defvjp(
    np.nanmedian,
    _nanmedian,
    compute=_compute(np.nanmedian),
    analytic=False,
    kinks=f"{TIES}; a nan: 0",
)

# --- quantiles ---------------------------------------------------------------------------------

_BEYOND_COUNT = {
    "linear": -1,
    "weibull": 1,
    "hazen": 0,
    "median_unbiased": 1 / 3,
    "normal_unbiased": 1 / 4,
    "interpolated_inverted_cdf": 0,
}
"""How many places there are between q = 0 and 1, beyond the count of elements: 1 - alpha - beta.

Hyndman and Fan, "Sample quantiles in statistical packages", 1996. By other methods a place jumps.
"""


def _rules(function: Callable[..., Any], skips_nan: bool = False) -> tuple[Any, Any]:
    """Return the rules of a quantile: by the elements, and by which quantile it is."""

    def by_elements(
        g: Any,
        out: Any,
        a: Any,
        q: Any,
        axis: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
        weights: Any = None,
    ) -> Any:
        lines, ranks, counted = _lines(a, axis, skips_nan)
        kept = (*lines.shape[:-1], 1)
        weighed = None if weights is None else _weighed(weights, a, axis)
        grad: Any = 0 if np.size(q) else np.zeros(lines.shape, g.dtype)
        for index, place in _placed(function, lines.shape[-1], counted, q, method):
            value = out[index].reshape(kept)
            share = _share(ranks, place) if weighed is None else _evenly(lines == value, weighed)
            share = _nan_to_all(share, value) if counted is None else np.where(counted, share, 0)
            grad = grad + g[index].reshape(kept) * share
        return unrows(grad, a, axis)

    def by_place(
        g: Any,
        out: Any,
        a: Any,
        q: Any,
        axis: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
        weights: Any = None,
    ) -> Any:
        if method not in _BEYOND_COUNT:
            return 0 * q
        lines, ranks, counted = _lines(a, axis, skips_nan)
        kept = (*lines.shape[:-1], 1)
        count = count_along(a, axis) if counted is None else counted.sum(-1, keepdims=True)
        slope = (count + _BEYOND_COUNT[method]) / _LARGEST[function.__name__]
        grads = []
        for index, place in _placed(function, lines.shape[-1], counted, detached(q), method):
            # Between two elements the quantile moves from the one to the other.
            above, below = ranks == np.ceil(place), ranks == np.floor(place)
            rise = np.where(above & ~below, lines, 0) - np.where(below & ~above, lines, 0)
            rise = _nan_to_all(rise.sum(-1, keepdims=True), out[index].reshape(kept))
            grads.append((g[index].reshape(kept) * rise * slope).sum())
        return np.stack(grads).reshape(q.shape) if grads else 0 * q

    return by_elements, by_place


_LARGEST = {"quantile": 1, "nanquantile": 1, "percentile": 100, "nanpercentile": 100}


def _lines(a: Any, axis: Any, skips_nan: bool) -> tuple[Any, Any, Any]:
    """Return what is reduced as one axis, the last; its ranks; and which count, None for all."""
    lines = rows(a, axis)
    return lines, ranks_of(lines), ~np.isnan(lines) if skips_nan else None


def _placed(
    function: Callable[..., Any], length: Any, counted: Any, q: Any, method: str
) -> Iterator[Any]:
    """Yield each index of `q`, and the place that it stands for: in all lines, or in each.

    `length` is that of the lines; `counted` tells which of their elements count, None for all.
    """
    if counted is None:
        places = _places(function, length, q, method)
        yield from ((index, places[index]) for index in np.ndindex(np.shape(q)))
        return
    counts = counted.sum(-1, keepdims=True)
    given = range(length + 1) if is_traced(counts) else set(counts.ravel().tolist())
    by_count = [_places(function, n if n in given else 0, q, method) for n in range(length + 1)]
    for index in np.ndindex(np.shape(q)):
        places = [places[index] for places in by_count]
        yield index, (np.stack(places) if isinstance(q, Tensor) else np.array(places))[counts]


def _places(function: Callable[..., Any], count: int, q: Any, method: str) -> Any:
    """Return the places that NumPy takes: the quantiles of the ranks themselves."""
    return function([float(rank) for rank in range(max(count, 1))], q, method=method)


def _weighed(weights: Any, a: Any, axis: Any) -> Any:
    """Return which elements have a weight, as they are lined up."""
    given = weights_like(np.asarray(value_of(weights)), a, axis)
    return rows(np.broadcast_to(given > 0, a.shape), axis)


def _evenly(equal: Any, weighed: Any) -> Any:
    """Return even shares of the elements that equal a quantile; one without a weight is none."""
    equal = equal & weighed
    return equal / np.maximum(equal.sum(-1, keepdims=True), 1)


def _compute_nan(function: Callable[..., Any]) -> Callable[..., Any]:
    def compute(a: Any, q: Any, axis: Any = None, overwrite_input: Any = False, **rest: Any) -> Any:
        if np.ndim(q) > 1 and isinstance(axis, tuple) and len(axis) > 1:
            raise NotImplementedError(
                f"np.{function.__name__} of a Tensor does not take a matrix q along several axes: "
                "NumPy (2.4) gives the axes of that result in a wrong order; take q.ravel()"
            )
        return function(a, q, axis, **rest)

    return compute


for _function in (np.quantile, np.percentile):
    defvjp(
        _function,
        *_rules(_function),
        compute=_compute(_function),
        analytic=False,
        places=(1,),
        kinks=f"{TIES}; a nan: nan in every element; q at an element: 0 by q",
    )
for _function in (np.nanquantile, np.nanpercentile):
    defvjp(
        _function,
        *_rules(_function, skips_nan=True),
        compute=_compute_nan(_function),
        analytic=False,
        places=(1,),
        kinks=f"{TIES}; a nan: 0; q at an element: 0 by q",
    )
