"""Norms of vectors and matrices."""

import mpmath
import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from micrograd_np.testing import strategies
from micrograd_np.testing.operations import draws, in_mpmath
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.in_torch import dims, torch


def _in_torch(a, ord=None, axis=None, keepdims=False):  # noqa: A002
    order = 2 if ord in (None, "fro") else ord
    a = a.abs() if order == 0 else a
    return torch.linalg.vector_norm(a, order, dims(a, axis), keepdim=keepdims)


def _exactly(x, ord=None, axis=None, keepdims=False):  # noqa: A002
    """Return the norm of vectors, or of matrices as long vectors."""
    axes = tuple(range(x.ndim)) if axis is None else axis
    length = abs(x)
    if ord in (np.inf, -np.inf):
        return (np.max if ord > 0 else np.min)(
            length, axes, keepdims=keepdims, **({"initial": 0} if ord > 0 else {})
        )
    if ord == 0:
        return np.sum((x != 0) * mpmath.mpf(1), axes, keepdims=keepdims)
    p = mpmath.mpf(2 if ord in (None, "fro") else ord)
    power = np.vectorize(lambda n, p: mpmath.mpf(n) ** p, otypes=[object])
    return power(np.sum(power(length, p), axes, keepdims=keepdims), 1 / p)


case(
    "norm",
    np.linalg.norm,
    np.linalg.norm,
    draws.measured(None),
    _in_torch,
    exact=_exactly,
    complex=True,
)
case(
    "norm of vectors",
    np.linalg.norm,
    np.linalg.norm,
    draws.measured(0, 1, 2, 3, 2.5, 1.5, 0.5, -1, -2.0, np.inf, -np.inf),
    _in_torch,
    exact=_exactly,
    complex=True,
)
case(
    "norm of matrices as vectors",
    np.linalg.norm,
    np.linalg.norm,
    draws.measured_as_matrices(),
    _in_torch,
    exact=_exactly,
    complex=True,
)


# --- of matrices -------------------------------------------------------------------------------

ORDERS = [1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc"]


@st.composite
def matrices(draw, last_axes=False):
    """Stacks of matrices without ties, along two axes."""
    m, n = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    batch = draw(hnp.array_shapes(min_dims=0, max_dims=1, min_side=0, max_side=2) | st.just(()))
    a = draw(strategies.arrays((*batch, m, n), -1, 1)) / 4
    a = a + np.diag(2.0 + np.arange(3))[:m, :n] + np.arange(n) / 2
    for sums in (abs(a).sum(-1), abs(a).sum(-2)):
        assume((np.diff(np.sort(sums), axis=-1) > 1 / 64).all())
    options = {"ord": draw(st.sampled_from(ORDERS)), "keepdims": draw(st.booleans())}
    if last_axes:
        return [a], options
    order = list(range(a.ndim))
    draw(st.randoms(use_true_random=False)).shuffle(order)
    moved = a.transpose(order).copy()
    axes = [order.index(a.ndim - 2), order.index(a.ndim - 1)]
    if draw(st.booleans()):
        axes = [axis - a.ndim for axis in axes]
    axis = None if axes == [0, 1] and draw(st.booleans()) and a.ndim == 2 else tuple(axes)
    return [moved], {**options, "axis": axis}


def _matrix_exactly(x, ord="fro", axis=(-2, -1), keepdims=False):  # noqa: A002
    axis = (0, 1) if axis is None else axis
    norms = in_mpmath.by_matrix(in_mpmath.norm)(np.moveaxis(x, axis, (-2, -1)), ord)
    return np.expand_dims(norms, axis) if keepdims else norms


case(
    "norm of matrices",
    np.linalg.norm,
    np.linalg.norm,
    matrices(),
    lambda a, ord, axis, keepdims: torch.linalg.matrix_norm(  # noqa: A006
        a, ord, (0, 1) if axis is None else axis, keepdim=keepdims
    ),
    exact=_matrix_exactly,
    complex=True,
)
case(
    "matrix_norm",
    np.linalg.matrix_norm,
    np.linalg.matrix_norm,
    matrices(last_axes=True),
    lambda a, ord, keepdims: torch.linalg.matrix_norm(a, ord, keepdim=keepdims),  # noqa: A006
    exact=_matrix_exactly,
    complex=True,
)


@st.composite
def _vectors(draw):
    order = draw(st.sampled_from([0, 1, 2, 3, 0.5, -1, -2.0, np.inf, -np.inf]))
    nothing = abs(order) == np.inf or order < 0  # has no norm
    a = draw(
        strategies.arrays(
            draw(strategies.shapes(min_side=int(nothing))), margin=1 / 32, unique=True
        )
    )
    axes = st.none()
    if a.ndim:
        axes |= strategies.axis(a.ndim) | hnp.valid_tuple_axes(a.ndim, min_size=1)
    return [a], {"ord": order, "axis": draw(axes), "keepdims": draw(st.booleans())}


case(
    "vector_norm",
    np.linalg.vector_norm,
    np.linalg.vector_norm,
    _vectors(),
    _in_torch,
    exact=_exactly,
    complex=True,
)
