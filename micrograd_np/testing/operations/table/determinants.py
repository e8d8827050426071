"""Determinants, inverses and systems of linear equations."""

import mpmath
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from micrograd_np.testing import strategies
from micrograd_np.testing.operations import in_mpmath
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.table.decompositions import matrices, symmetric

_square = matrices(square=True)
case(
    "det",
    np.linalg.det,
    np.linalg.det,
    _square,
    lambda a: torch.linalg.det(a),
    exact=in_mpmath.by_matrix(in_mpmath.det),
    analytic=False,  # it is, but a complex step through the gradient rounds what is exactly 0
    complex=True,
)


def _slogdet(a):
    sign, logabsdet = np.linalg.slogdet(a)
    return sign * logabsdet


case(
    "slogdet",
    np.linalg.slogdet,
    _slogdet,
    matrices(square=True, spread=-2.0),
    lambda a: torch.mul(*torch.linalg.slogdet(a)),
    exact=in_mpmath.by_matrix(
        lambda a: mpmath.sign(d := in_mpmath.det(a)[()]) * mpmath.log(abs(d))
    ),
    complex=True,
)


case(
    "logarithm of a determinant",
    np.linalg.slogdet,
    lambda a: np.linalg.slogdet(a)[1],
    matrices(square=True, spread=-2.0),
    lambda a: torch.linalg.slogdet(a)[1],
    exact=in_mpmath.by_matrix(lambda a: mpmath.log(abs(in_mpmath.det(a)[()]))),
    analytic=False,
    complex=True,
)


def regular(a):
    """Make matrices of small numbers regular: by the calls, so that it holds for any numbers."""
    return a + 8 * np.eye(a.shape[-1])


def _regular_in_torch(a):
    return a + 8 * torch.eye(a.shape[-1])


case(
    "inv",
    np.linalg.inv,
    lambda a: np.linalg.inv(regular(a)),
    _square,
    lambda a: torch.linalg.inv(_regular_in_torch(a)),
    complex=True,
)


@st.composite
def systems(draw):
    """Matrices that are far from singular, and a vector, or matrices that broadcast."""
    n = draw(st.integers(0, 3))
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=1, max_side=2))
    batch, other = shapes.input_shapes
    a = draw(strategies.arrays((*batch, n, n), -1, 1)) / 4
    right = (n,) if draw(st.booleans()) else (*other, n, draw(st.integers(0, 2)))
    return [a, draw(strategies.arrays(right, margin=1 / 32))], {}


def _solve_in_torch(a, b):
    inverse = torch.linalg.inv(_regular_in_torch(a))
    return (inverse @ b[..., None])[..., 0] if b.ndim == 1 else inverse @ b


case(
    "solve",
    np.linalg.solve,
    lambda a, b: np.linalg.solve(regular(a), b),
    systems(),
    _solve_in_torch,
    complex=True,
)


@st.composite
def _tensors(draw, *choices):
    option, shape, *rest = draw(st.sampled_from(choices))
    n = int(np.sqrt(np.prod(shape)))
    a = draw(strategies.arrays((n, n), -1, 1)) / 4
    last = list(option.get("axes") or ())
    order = [axis for axis in range(len(shape)) if axis not in last] + last
    eye = np.eye(n).reshape([shape[axis] for axis in order]).transpose(np.argsort(order))
    operands = [
        a.reshape(shape),
        *(draw(strategies.arrays(other, margin=1 / 32)) for other in rest),
    ]
    return operands, {**option, "diagonal": 8 * eye}  # what makes it regular, seen as a matrix


case(
    "tensorinv",
    np.linalg.tensorinv,
    lambda a, ind, diagonal: np.linalg.tensorinv(a + diagonal, ind),
    _tensors(
        ({"ind": 2}, (2, 2, 4)),
        ({"ind": 1}, (4, 2, 2)),
        ({"ind": 1}, (2, 2)),
        ({"ind": 2}, (1, 2, 1, 2)),
    ),
    lambda a, ind, diagonal: torch.linalg.tensorinv(a + torch.as_tensor(diagonal), ind),
    complex=True,
)
case(
    "tensorsolve",
    np.linalg.tensorsolve,
    lambda a, b, axes, diagonal: np.linalg.tensorsolve(a + diagonal, b, axes),
    _tensors(
        ({"axes": None}, (2, 2, 4), (2, 2)),
        ({"axes": None}, (4, 2, 2), (4,)),
        ({"axes": (0,)}, (2, 2, 2, 2), (2, 2)),
        ({"axes": (0, 2)}, (2, 2, 2, 2), (2, 2)),
    ),
    lambda a, b, axes, diagonal: torch.linalg.tensorsolve(
        a + torch.as_tensor(diagonal), b, dims=axes
    ),
    complex=True,
)


# --- pseudo-inverses ---------------------------------------------------------------------------

case(
    "pinv",
    np.linalg.pinv,
    np.linalg.pinv,
    matrices(rcond=[None, 1e-10]),
    lambda a, rcond: torch.linalg.pinv(a),
    exact=lambda a, rcond: in_mpmath.pinv(a),
    complex=True,
)
case(
    "pinv of symmetric matrices",
    np.linalg.pinv,
    lambda a, **options: np.linalg.pinv(symmetric(a), **options),
    matrices(square=True, hermitian=[True], rtol=[None, 1e-9]),
    lambda a, hermitian, rtol: torch.linalg.pinv(a + a.mH, hermitian=True),
    exact=in_mpmath.by_matrix(lambda a, hermitian, rtol: in_mpmath.pinv(a + a.T)),
    complex=True,
)


@st.composite
def _fits(draw):
    """A matrix of full rank, and a right-hand side: one or several."""
    (a,), _ = draw(matrices())
    a = a[0] if a.ndim > 2 and len(a) else np.eye(3, 2) + 1 / 8 if a.ndim > 2 else a
    right = (a.shape[0],) if draw(st.booleans()) else (a.shape[0], draw(st.integers(1, 2)))
    b = draw(strategies.arrays(right, margin=1 / 32))
    return [a, b], {"rcond": draw(st.sampled_from([None, -1, 1e-10]))}


def _leaves_a_rest(drawn):
    """Whether no column is fitted exactly: the square of what rounding leaves is no number."""
    a, b = drawn[0]
    return a.size and np.all(np.linalg.lstsq(a, b)[1] > 1e-6)


def _lstsq(a, b, rcond):
    x, squares, _, s = np.linalg.lstsq(a, b, rcond)
    return np.concatenate([x.ravel(), squares, s])


def _lstsq_in_torch(a, b, rcond):
    x = torch.linalg.pinv(a) @ b
    rest = (a @ x - b).abs() ** 2
    m, n = a.shape
    squares = rest.reshape(m, -1).sum(0) if m > n else rest.reshape(-1)[:0]
    return torch.cat([x.reshape(-1), squares, torch.linalg.svdvals(a)])


def _lstsq_exactly(a, b, rcond):
    m, n = a.shape
    x = np.dot(in_mpmath.pinv(a), b) if a.size else np.full((n, *b.shape[1:]), mpmath.mpf(0))
    rest = (np.dot(a, x) - b).reshape(m, -1) if a.size else b.reshape((m, b[0].size if m else -1))
    squares = np.sum(rest**2, 0) if m > n else np.empty(0, object)
    return np.concatenate([x.ravel(), squares, in_mpmath.svdvals(a)])


case(
    "lstsq",
    np.linalg.lstsq,
    _lstsq,
    _fits().filter(_leaves_a_rest),
    _lstsq_in_torch,
    exact=_lstsq_exactly,
    complex=True,
)


# --- condition numbers -------------------------------------------------------------------------

_ORDERS = [None, 2, -2, 1, -1, np.inf, -np.inf, "fro"]


@in_mpmath.by_matrix
def _cond_exactly(x, p):
    if p in (None, 2, -2):
        s = in_mpmath.svdvals(x)
        return s[-1] / s[0] if p == -2 else s[0] / s[-1]
    return in_mpmath.norm(x, p) * in_mpmath.norm(in_mpmath.inv(x), p)


def _cond_in_torch(a, p):
    if p in (None, 2, -2):
        s = torch.linalg.svdvals(a)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return torch.linalg.matrix_norm(a, p) * torch.linalg.matrix_norm(torch.linalg.inv(a), p)


case(
    "cond",
    np.linalg.cond,
    np.linalg.cond,
    matrices(square=True, p=_ORDERS).filter(lambda drawn: drawn[0][0].shape[-1]),
    _cond_in_torch,
    exact=_cond_exactly,
    complex=True,
)
case(
    "cond of rectangles",
    np.linalg.cond,
    np.linalg.cond,
    matrices(p=[None, 2, -2]).filter(lambda drawn: min(drawn[0][0].shape[-2:])),
    _cond_in_torch,
    exact=_cond_exactly,
)
