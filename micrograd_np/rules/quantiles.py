"""Medians, percentiles and quantiles: what stands at a place in the order of the elements.

The place is a rank, or lies between two neighbouring ranks, whose elements then share the gradient.
The value is NumPy's own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd_np.declare import defvjp
from micrograd_np.lifting import held, is_traced
from micrograd_np.rules.cumulative import rows, unrows
from micrograd_np.rules.order import TIES, ranks_of
from micrograd_np.rules.reductions import count_along


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


def _quantile(function: Callable[..., Any]) -> Callable[..., Any]:
    def rule(
        g: Any,
        out: Any,
        a: Any,
        q: Any,
        axis: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
    ) -> Any:
        lines = rows(a, axis)
        kept = (*lines.shape[:-1], 1)
        places = _places(function, held(lines.shape[-1]), q, method)
        ranks = ranks_of(lines)
        grad: Any = 0 if np.size(q) else np.zeros(lines.shape, g.dtype)
        for index in np.ndindex(np.shape(q)):
            share = _nan_to_all(_share(ranks, places[index]), out[index].reshape(kept))
            grad = grad + g[index].reshape(kept) * share
        return unrows(grad, a, axis)

    return rule


def _nanquantile(function: Callable[..., Any]) -> Callable[..., Any]:
    def rule(
        g: Any,
        _out: Any,
        a: Any,
        q: Any,
        axis: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
    ) -> Any:
        lines = rows(a, axis)
        kept = (*lines.shape[:-1], 1)
        numbers = ~np.isnan(lines)
        counts = numbers.sum(-1, keepdims=True)
        most = held(lines.shape[-1])
        given = range(most + 1) if is_traced(counts) else set(counts.ravel().tolist())
        places = [_places(function, n if n in given else 0, q, method) for n in range(most + 1)]
        ranks = ranks_of(lines)
        grad: Any = 0 if np.size(q) else np.zeros(lines.shape, g.dtype)
        for index in np.ndindex(np.shape(q)):
            place = np.array([by_count[index] for by_count in places])[counts]
            share = np.where(numbers, _share(ranks, place), 0)
            grad = grad + g[index].reshape(kept) * share
        return unrows(grad, a, axis)

    return rule


def _places(function: Callable[..., Any], count: int, q: Any, method: str) -> Any:
    """Return the places that NumPy takes: the quantiles of the ranks themselves."""
    return function([float(rank) for rank in range(max(count, 1))], q, method=method)


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
        _quantile(_function),
        None,
        compute=_compute(_function),
        analytic=False,
        kinks=f"{TIES}; a nan: nan in every element",
    )
for _function in (np.nanquantile, np.nanpercentile):
    defvjp(
        _function,
        _nanquantile(_function),
        None,
        compute=_compute_nan(_function),
        analytic=False,
        kinks=f"{TIES}; a nan: 0",
    )
