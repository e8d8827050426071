"""Weighted averages, covariances, and sums by bin."""

import mpmath
import numpy as np
from hypothesis import strategies as st

from micrograd_np.testing import strategies
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one, reducing
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.table.reductions import _mean

# --- averages ----------------------------------------------------------------------------------


@st.composite
def _weighted(draw):
    """An array, and positive weights for its elements or for some of its axes."""
    a = draw(strategies.arrays(draw(strategies.shapes(min_side=1))))
    axis = draw(strategies.axes(a.ndim))
    shape = a.shape
    if axis is not None and draw(st.booleans()):
        shape = tuple(a.shape[i] for i in (axis if isinstance(axis, tuple) else (axis,)))
    weights = draw(strategies.arrays(shape, 0, 3, margin=1 / 32))
    return [a, weights], {
        "axis": axis,
        "keepdims": draw(st.booleans()),
        "returned": draw(st.booleans()),
    }


def _together(found):
    """Return the average and the sum of the weights as one array."""
    return np.stack(found) if isinstance(found, tuple) else found


def _average(a, weights, axis, keepdims, returned):
    axes = tuple(range(a.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [i % a.ndim for i in axes]
    if weights.shape != a.shape:
        weights = weights.permute(tuple(np.argsort(axes)))
        weights = weights.reshape([n if i in axes else 1 for i, n in enumerate(a.shape)])
    weights = weights.broadcast_to(a.shape)
    total = weights.sum(axes, keepdim=keepdims)
    average = (a * weights).sum(axes, keepdim=keepdims) / total
    return torch.stack([average, total]) if returned else average


case("average", np.average, np.average, one(options=reducing, min_side=1), _mean, complex=True)
case(
    "average with weights",
    np.average,
    lambda a, weights, **options: _together(np.average(a, weights=weights, **options)),
    _weighted(),
    _average,
)

# --- covariances -------------------------------------------------------------------------------


@st.composite
def _observed(draw, count=1, weights=False, corrcoef=False):
    """Variables, each of them observed four times or more, in rows or in columns."""
    n = draw(st.integers(4, 5))
    operands = [
        draw(strategies.arrays((draw(st.integers(1, 2)), n), margin=1 / 16 + k / 64, unique=True))
        for k in range(count)
    ]
    rowvar = draw(st.booleans())
    if not rowvar:
        operands = [a.T.copy() for a in operands]
    elif draw(st.booleans()):
        operands = [a[0] for a in operands]
    options = {"rowvar": rowvar}
    if not corrcoef:
        options["bias"] = draw(st.booleans())
        options["ddof"] = draw(st.sampled_from([None, 0, 1]))
        if weights or draw(st.booleans()):
            options["fweights"] = draw(st.lists(st.integers(1, 2), min_size=n, max_size=n))
    if weights:
        operands.append(draw(strategies.arrays((n,), 1, 3, margin=1 / 32)))
    return operands, options | {"dtype": draw(st.sampled_from([None, np.float64]))}


def _cov(*arrays, rowvar, bias=False, ddof=None, fweights=None, aweights=None, dtype=None):
    arrays = [a if a.ndim > 1 else a[None] for a in arrays]
    x = torch.cat([a if rowvar else a.T for a in arrays])
    correction = (0 if bias else 1) if ddof is None else ddof
    weights = torch.ones(x.shape[1], dtype=x.dtype)
    f = None if fweights is None else torch.tensor(fweights)
    weights = weights * (1 if f is None else f) * (1 if aweights is None else aweights)
    centred = x - (x * weights).sum(1, keepdim=True) / weights.sum()
    count = weights.sum()
    if aweights is None:
        count = count - correction
    elif correction:
        count = count - correction * (weights * aweights).sum() / weights.sum()
    return ((centred * weights) @ centred.mH / count).squeeze()


def _corrcoef(*arrays, rowvar, dtype=None):
    c = _cov(*arrays, rowvar=rowvar)
    if not c.ndim:
        return c / c
    spread = c.diagonal().real.sqrt()
    return c / spread[:, None] / spread


def _exact_cov(*arrays, rowvar, bias=False, ddof=None, fweights=None, aweights=None):
    arrays = [a if a.ndim > 1 else a[None] for a in arrays]
    x = np.concatenate([a if rowvar else a.T for a in arrays])
    correction = (0 if bias else 1) if ddof is None else ddof
    weights = np.array([1] * x.shape[1] if fweights is None else fweights, object)
    weights = weights if aweights is None else weights * aweights
    total = weights.sum()
    centred = x - (x * weights).sum(1, keepdims=True) / total
    if aweights is not None:
        correction = correction * (weights * aweights).sum() / total
    return np.squeeze((centred * weights) @ centred.T / (total - correction))


def _exact_corrcoef(*arrays, rowvar):
    c = _exact_cov(*arrays, rowvar=rowvar)
    if not c.ndim:
        return c / c
    spread = np.array([v ** mpmath.mpf(0.5) for v in c.diagonal()])
    return c / spread[:, None] / spread


for _name, _function, _torch, _exact in (
    ("cov", np.cov, _cov, _exact_cov),
    ("corrcoef", np.corrcoef, _corrcoef, _exact_corrcoef),
):
    for _count, _how in ((1, ""), (2, " of two")):
        case(
            f"{_name}{_how}",
            _function,
            _function,
            _observed(_count, corrcoef=_name == "corrcoef"),
            _torch,
            exact=_exact,
            analytic=False,
        )
case(
    "cov with weights",
    np.cov,
    lambda a, weights, **options: np.cov(a, aweights=weights, **options),
    _observed(weights=True),
    lambda a, weights, **options: _cov(a, aweights=weights, **options),
    exact=lambda a, weights, **options: _exact_cov(a, aweights=weights, **options),
    analytic=False,
)
case(
    "cov with weights made in the function",
    np.cov,
    lambda a: np.cov(a, fweights=np.ones(a.shape[-1], int), aweights=np.ones(a.shape[-1])),
    one(min_dims=1, max_dims=2, min_side=2),
    lambda a: _cov(a, rowvar=True),
    exact=lambda a: _exact_cov(a, rowvar=True),
    analytic=False,
)


# --- sums by bin -------------------------------------------------------------------------------


@st.composite
def _binned(draw):
    n = draw(st.integers(1, 4))
    x = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    return [draw(strategies.arrays((n,)))], {
        "x": np.array(x, int),
        "minlength": draw(st.integers(0, 6)),
    }


def _bincount(weights, x, minlength):
    length = max(minlength, max(x, default=-1) + 1)
    return weights.new_zeros(length).index_add(0, torch.as_tensor(x), weights)


case(
    "bincount",
    np.bincount,
    lambda weights, x, minlength: np.bincount(x, weights=weights, minlength=minlength),
    _binned(),
    _bincount,
    exact=lambda weights, x, minlength: np.array(
        [
            sum(w for w, k in zip(weights, x, strict=True) if k == n)
            for n in range(max(minlength, max(x, default=-1) + 1))
        ],
        object,
    ),
    analytic=False,
)
