"""Sets of numbers."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from micrograd_np.testing import strategies
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import one
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.this_numpy import since


@st.composite
def _unique(draw, shape):
    flags = ("return_index", "return_inverse", "return_counts")
    options = {flag: draw(st.booleans()) for flag in flags}
    options["equal_nan"] = draw(st.booleans())
    if len(shape):
        options["axis"] = draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    if _SORTS_OR_NOT:
        options["sorted"] = draw(st.booleans())
    return options


try:
    np.unique(np.ones(1), sorted=True)
    _SORTS_OR_NOT = True
except TypeError:  # before NumPy 2.3
    _SORTS_OR_NOT = False


def _first(found):
    return found[0] if isinstance(found, tuple) else found


def _sorted_rows(a, axis=None, **_):
    if axis is None:
        return a.reshape(-1).sort()[0]
    rows = a.movedim(axis, 0)
    order = np.lexsort(rows.detach().numpy().reshape(rows.shape[0], -1).T[::-1])
    return rows[torch.as_tensor(order.copy())].movedim(0, axis)


def _exactly_unique(a, axis=None, **_):
    if axis is None:
        return np.sort(a, axis=None)
    rows = sorted(np.moveaxis(a, axis, 0), key=lambda row: [*np.ravel(row)])
    return np.moveaxis(np.stack(rows), 0, axis)


case(
    "unique",
    np.unique,
    lambda a, **options: _first(np.unique(a, **options)),
    one(options=_unique, unique=True, min_side=1),
    _sorted_rows,
    exact=_exactly_unique,
    analytic=False,
)
for _name in ("unique_all", "unique_counts", "unique_inverse"):
    _function = getattr(np, _name)
    case(
        _name,
        _function,
        lambda a, function=_function: function(a).values,
        one(unique=True),
        lambda a: a.reshape(-1).sort()[0],
    )
case(
    "unique_values",
    np.unique_values,
    lambda a: np.sort(np.unique_values(a)),
    one(unique=True),
    lambda a: a.reshape(-1).sort()[0],
)


@st.composite
def _two_sets(draw, also=(), max_dims=2):
    """Two sets that have nothing in common."""
    a = draw(strategies.arrays(draw(strategies.shapes(min_dims=1, max_dims=max_dims)), unique=True))
    b = draw(
        strategies.arrays(
            draw(strategies.shapes(min_dims=1, max_dims=1)), margin=1 / 32, unique=True
        )
    )
    return [a, b], {name: draw(st.booleans()) for name in also}


case(
    "union1d",
    np.union1d,
    np.union1d,
    _two_sets(),
    lambda a, b: torch.cat([a.reshape(-1), b.reshape(-1)]).sort()[0],
    exact=lambda a, b: np.sort(np.concatenate([a.ravel(), b.ravel()])),
    analytic=False,
)
case(
    "setxor1d",
    np.setxor1d,
    np.setxor1d,
    _two_sets(also=["assume_unique"], max_dims=2 if since("2.1.0") else 1),
    lambda a, b, assume_unique: torch.cat([a.reshape(-1), b.reshape(-1)]).sort()[0],
    exact=lambda a, b, assume_unique: np.sort(np.concatenate([a.ravel(), b.ravel()])),
    analytic=False,
)
case(
    "setdiff1d",
    np.setdiff1d,
    lambda a, ar2, **options: np.setdiff1d(a, np.asarray(ar2, a.dtype), **options),
    _two_sets(also=["assume_unique"]).map(
        lambda drawn: (drawn[0][:1], drawn[1] | {"ar2": drawn[0][1]})
    ),
    lambda a, ar2, assume_unique: a.reshape(-1) if assume_unique else a.reshape(-1).sort()[0],
    exact=lambda a, ar2, assume_unique: a.ravel() if assume_unique else np.sort(a.ravel()),
    analytic=False,
)


case(
    "intersect1d",
    np.intersect1d,
    lambda a, **options: _first(np.intersect1d(a, np.copy(a[::2]), **options)),
    one(
        options=lambda shape: st.fixed_dictionaries(
            {"assume_unique": st.booleans(), "return_indices": st.booleans()}
        ),
        min_dims=1,
        max_dims=1,
        unique=True,
    ),
    lambda a, **_: a[::2].sort()[0],
    exact=lambda a, **_: np.sort(a[::2]),
    analytic=False,
)


@st.composite
def _between_zeros(draw):
    a = draw(strategies.arrays(draw(strategies.shapes(min_dims=1, min_side=1))))
    axes = range(a.ndim) if _TRIMS_AXES else range(1)
    options = {"trim": draw(st.sampled_from(["fb", "f", "b", "bf", "FB"]))}
    if not _TRIMS_AXES:
        a = a.reshape(-1)
    elif draw(st.booleans()):
        options["axis"] = draw(st.none() | st.sampled_from([*axes, -1, tuple(axes)]))
    return [a], {"mask": draw(hnp.arrays(int, a.shape, elements=st.integers(0, 1))), **options}


try:
    np.trim_zeros(np.ones((1, 1)), axis=0)
    _TRIMS_AXES = True
except (TypeError, ValueError):  # before NumPy 2.2
    _TRIMS_AXES = False


case(
    "trim_zeros",
    np.trim_zeros,
    lambda a, mask, **options: np.trim_zeros(a * mask, **options),
    _between_zeros(),
    analytic=False,
)
