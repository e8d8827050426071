"""Products of matrices and vectors."""

import itertools
import operator
import warnings

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from micrograd_np.testing import strategies
from micrograd_np.testing.operations import in_torch
from micrograd_np.testing.operations.case import case
from micrograd_np.testing.operations.draws import of_shapes, two
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.operations.this_numpy import since

# --- of two ------------------------------------------------------------------------------------

for _name, _call in (
    ("matmul", np.matmul),
    ("a @ b", operator.matmul),
    ("linalg.matmul", np.linalg.matmul),
):
    case(
        _name,
        np.linalg.matmul if _call is np.linalg.matmul else np.matmul,
        _call,
        two(signature=np.matmul.signature),
        operator.matmul,
        complex=True,
    )

DOTS = [
    ((), ()), ((), (2, 3)), ((2,), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)),
    ((2, 3), (3, 2)), ((2, 2, 3), (3,)), ((2, 3), (2, 3, 1)), ((3,), (2, 3, 2)),
    ((0, 3), (3, 2)), ((2, 0), (0, 3)),
]  # fmt: skip
case(
    "dot",
    np.dot,
    lambda a, b, option: np.dot(a, b),
    of_shapes(*((None, pair) for pair in DOTS)),
    lambda a, b, option: in_torch.dot(a, b),
    complex=True,
)
_INNERS = [
    ((), ()), ((), (2, 3)), ((2,), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)),
    ((2, 3), (1, 3)), ((2, 2, 3), (3,)), ((2, 3), (2, 1, 3)), ((0, 3), (2, 3)), ((2, 0), (3, 0)),
]  # fmt: skip
case(
    "inner",
    np.inner,
    lambda a, b, option: np.inner(a, b),
    of_shapes(*((None, pair) for pair in _INNERS)),
    lambda a, b, option: torch.inner(a, b),
    complex=True,
)

_VDOTS = [
    ((), ()),
    ((3,), (3,)),
    ((2, 3), (2, 3)),
    ((2, 3), (6,)),
    ((3, 2), (2, 3)),
    ((0,), (2, 0)),
]
case(
    "vdot",
    np.vdot,
    lambda a, b, option: np.vdot(a, b),
    of_shapes(*((None, pair) for pair in _VDOTS)),
    lambda a, b, option: torch.vdot(a.reshape(-1), b.reshape(-1)),
    exact=lambda a, b, option: np.dot(a.ravel(), b.ravel()),
    complex=True,
)


case(
    "vecdot",
    np.vecdot,
    np.vecdot,
    two(signature=np.vecdot.signature),
    lambda a, b: torch.linalg.vecdot(a, b),
    exact=lambda a, b: np.sum(a * b, -1),
    complex=True,
)
if hasattr(np, "matvec"):  # since NumPy 2.2
    case(
        "matvec",
        np.matvec,
        np.matvec,
        two(signature=np.matvec.signature),
        lambda a, b: (a @ b[..., None])[..., 0],
        complex=True,
    )
    case(
        "vecmat",
        np.vecmat,
        np.vecmat,
        two(signature=np.vecmat.signature),
        lambda a, b: (a.conj()[..., None, :] @ b)[..., 0, :],
        exact=lambda a, b: np.sum(a[..., None] * b, -2),
        complex=True,
    )


@st.composite
def _along(draw):
    """Two arrays that broadcast but for one axis of the same length."""
    (a, b), _ = draw(two())
    ndim = max(a.ndim, b.ndim)
    n, axis = draw(st.integers(0, 3)), draw(st.integers(-ndim - 1, -1))
    arrays = []
    for shape in (a.shape, b.shape):
        padded = (1,) * (ndim - len(shape)) + shape
        shape = [*padded[: ndim + 1 + axis], n, *padded[ndim + 1 + axis :]]
        arrays.append(draw(strategies.arrays(tuple(shape))))
    return arrays, {"axis": axis}


case(
    "linalg.vecdot",
    np.linalg.vecdot,
    np.linalg.vecdot,
    _along(),
    lambda a, b, axis: torch.linalg.vecdot(a, b, dim=axis),
    exact=lambda a, b, axis: np.sum(a * b, axis),
    complex=True,
)


# --- of every element with every other ---------------------------------------------------------


@st.composite
def any_two(draw, **shape):
    """Two arrays of any shapes."""
    return [
        draw(strategies.arrays(draw(strategies.shapes(**shape)))),
        draw(strategies.arrays(draw(strategies.shapes(**shape)), margin=1 / 32)),
    ], {}


case(
    "outer",
    np.outer,
    np.outer,
    any_two(),
    lambda a, b: torch.outer(a.reshape(-1), b.reshape(-1)),
    complex=True,
)
case(
    "linalg.outer",
    np.linalg.outer,
    np.linalg.outer,
    any_two(min_dims=1, max_dims=1),
    lambda a, b: torch.outer(a, b),
    complex=True,
)
case(
    "kron",
    np.kron,
    np.kron,
    any_two(max_dims=2),
    lambda a, b: torch.kron(a, b),
    complex=True,
)

_TENSORDOTS = [
    (0, [(2,), (3,)]),
    (0, [(), (3,)]),
    (1, [(2, 3), (3, 2)]),
    (1, [(2, 0), (0, 2)]),
    (2, [(2, 3), (2, 3)]),
    (2, [(2, 2, 3), (2, 3, 1)]),
    ((0, 1), [(3, 2), (2, 3)]),
    ((-1, 0), [(2, 3), (3,)]),
    (([1], [0]), [(2, 3), (3, 2)]),
    (([0, 1], [1, 0]), [(2, 3, 2), (3, 2)]),
    (((-1, 0), (0, -1)), [(2, 1, 3), (3, 2)]),
]


def _tensordot_in_torch(a, b, option):
    if isinstance(option, tuple):
        option = [[n] if isinstance(n, int) else list(n) for n in option]
    return torch.tensordot(a, b, dims=option)


for _name, _function in (("tensordot", np.tensordot), ("linalg.tensordot", np.linalg.tensordot)):
    case(
        _name,
        _function,
        lambda a, b, option, f=_function: f(a, b, axes=option),
        of_shapes(*_TENSORDOTS),
        _tensordot_in_torch,
        complex=True,
    )


# --- of vectors in space -----------------------------------------------------------------------


@st.composite
def vectors(draw, *sizes):
    """Two arrays of vectors, along an axis of each."""
    (a, b), _ = draw(two())
    sizes = draw(st.sampled_from(sizes))
    axes = [draw(st.integers(-x.ndim - 1, x.ndim)) for x in (a, b)]
    arrays = [
        draw(
            strategies.arrays((*x.shape[: axis % (x.ndim + 1)], n, *x.shape[axis % (x.ndim + 1) :]))
        )
        for x, axis, n in zip((a, b), axes, sizes, strict=True)
    ]
    ndim = max(a.ndim, b.ndim)
    axisc = draw(st.integers(-ndim - 1, ndim))
    return arrays, {"axisa": axes[0], "axisb": axes[1], "axisc": axisc}


def _cross_in_torch(a, b, axisa, axisb, axisc):
    a, b = torch.broadcast_tensors(torch.movedim(a, axisa, -1), torch.movedim(b, axisb, -1))
    return torch.movedim(torch.linalg.cross(a, b), -1, axisc)


def _cross(a, b, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # vectors in the plane are deprecated
        return np.cross(a, b, **options)


case("cross", np.cross, _cross, vectors((3, 3)), _cross_in_torch, complex=True)
if not since("2.5.0"):  # which knows them no more
    case("cross in the plane", np.cross, _cross, vectors((2, 2), (2, 3), (3, 2)), complex=True)


@st.composite
def _in_space(draw):
    (a, b), _ = draw(two())
    ndim = max(a.ndim, b.ndim)
    axis = draw(st.integers(-ndim - 1, -1))
    arrays = []
    for x in (a, b):
        padded = [1] * (ndim - x.ndim) + list(x.shape)
        padded.insert(ndim + 1 + axis, 3)
        arrays.append(draw(strategies.arrays(tuple(padded))))
    return arrays, {"axis": axis}


for _name, _function, _call in (
    ("cross along", np.cross, _cross),
    ("linalg.cross", np.linalg.cross, np.linalg.cross),
):
    case(
        _name,
        _function,
        _call,
        _in_space(),
        lambda a, b, axis: torch.linalg.cross(a, b, dim=axis),
        complex=True,
    )


# --- of many -----------------------------------------------------------------------------------


@st.composite
def chain(draw):
    """Matrices that can be multiplied, vectors at the ends or not."""
    sizes = [draw(st.integers(1, 4)) for _ in range(draw(st.integers(3, 6)))]
    arrays = [draw(strategies.arrays(pair)) for pair in itertools.pairwise(sizes)]
    if draw(st.booleans()):
        arrays[0] = arrays[0][0]
    if draw(st.booleans()):
        arrays[-1] = arrays[-1][:, 0].copy()
    return arrays, {}


case(
    "multi_dot",
    np.linalg.multi_dot,
    lambda *arrays: np.linalg.multi_dot(arrays),
    chain(),
    lambda *arrays: torch.linalg.multi_dot(arrays),
    complex=True,
)


@st.composite
def powers(draw, *exponents):
    """Square matrices that are far from singular, and an exponent."""
    n = draw(st.integers(0, 3))
    batch = draw(hnp.array_shapes(min_dims=0, max_dims=1, min_side=0, max_side=2))
    a = draw(strategies.arrays((*batch, n, n), -1, 1))
    return [a / 4], {"n": draw(st.sampled_from(exponents))}


case(
    "matrix_power",
    np.linalg.matrix_power,
    lambda a, n: np.linalg.matrix_power(a + 4 * np.eye(a.shape[-1]), n),
    powers(0, 1, 2, 3, 4, 7, -1, -2, -3, -5),
    lambda a, n: torch.linalg.matrix_power(a + 4 * torch.eye(a.shape[-1]), n),
    complex=True,
)


# --- diagonals ---------------------------------------------------------------------------------


@st.composite
def traced(draw, *dtypes):
    a = draw(strategies.arrays(draw(strategies.shapes(min_dims=2))))
    axis1 = draw(strategies.axis(a.ndim))
    axis2 = draw(strategies.axis(a.ndim).filter(lambda axis: (axis - axis1) % a.ndim))
    dtype = draw(st.sampled_from(dtypes))
    return [a], {"offset": draw(st.integers(-2, 2)), "axis1": axis1, "axis2": axis2, "dtype": dtype}


def _trace_in_torch(a, offset, axis1=-2, axis2=-1, dtype=None):
    return torch.diagonal(a, offset, axis1, axis2).sum(-1)


case("trace", np.trace, np.trace, traced(None), _trace_in_torch, complex=True)
case("trace of another dtype", np.trace, np.trace, traced(np.float64), _trace_in_torch)


@st.composite
def last_two(draw):
    return [draw(strategies.arrays(draw(strategies.shapes(min_dims=2))))], {
        "offset": draw(st.integers(-2, 2))
    }


case(
    "linalg.trace",
    np.linalg.trace,
    lambda x, offset: np.linalg.trace(x, offset=offset, dtype=None),
    last_two(),
    _trace_in_torch,
    complex=True,
)
case(
    "linalg.diagonal",
    np.linalg.diagonal,
    np.linalg.diagonal,
    last_two(),
    lambda a, offset: torch.diagonal(a, offset, -2, -1),
    complex=True,
)
for _name, _function in (
    ("matrix_transpose", np.matrix_transpose),
    ("linalg.matrix_transpose", np.linalg.matrix_transpose),
):
    case(
        _name,
        _function,
        lambda x, offset, f=_function: f(x),
        last_two(),
        lambda a, offset: a.mT,
        complex=True,
    )
