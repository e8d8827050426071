"""Products by the names that they have in np.linalg, and products of many matrices."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from micrograd_np.declare import defines
from micrograd_np.lifting import as_operand
from micrograd_np.values import write


@defines(np.linalg.matmul)
def _linalg_matmul(x1: Any, x2: Any, /) -> Any:
    return np.matmul(x1, x2)


@defines(np.linalg.outer)
def _linalg_outer(x1: Any, x2: Any, /) -> Any:
    x1, x2 = as_operand(x1), as_operand(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(
            f"Input arrays must be one-dimensional, but they are x1.ndim={x1.ndim} and "
            f"x2.ndim={x2.ndim}."
        )
    return np.outer(x1, x2)


@defines(np.linalg.tensordot)
def _linalg_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return np.tensordot(x1, x2, axes)


@defines(np.linalg.vecdot, analytic=False)
def _linalg_vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return np.vecdot(x1, x2, axis=axis)  # type: ignore[call-overload]  # every ufunc has it


@defines(np.linalg.cross)
def _linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    x1, x2 = as_operand(x1), as_operand(x2)
    if any(x.shape[normalize_axis_index(axis, x.ndim)] != 3 for x in (x1, x2)):
        raise ValueError(
            "Both input arrays must be (arrays of) 3-dimensional vectors, but they are "
            f"{x1.shape[axis]} and {x2.shape[axis]} dimensional instead."
        )
    return np.cross(x1, x2, axis=axis)


@defines(np.linalg.trace)
def _linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return np.trace(x, offset, -2, -1, dtype)


@defines(np.linalg.diagonal)
def _linalg_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


@defines(np.linalg.multi_dot, torch="linalg.multi_dot")
def _multi_dot(arrays: Any, *, out: Any = None) -> Any:
    given = [as_operand(a) for a in arrays]
    if len(given) < 2:
        raise ValueError("Expecting at least two arrays.")
    ends = given[0].ndim, given[-1].ndim
    matrices = list(given)
    if len(given) > 2:
        matrices[0] = given[0][None, :] if ends[0] == 1 else given[0]
        matrices[-1] = given[-1][:, None] if ends[1] == 1 else given[-1]
        for a in matrices:
            if a.ndim != 2:
                raise np.linalg.LinAlgError(
                    f"{a.ndim}-dimensional array given. Array must be two-dimensional"
                )
    result = _chained(matrices)
    if len(given) > 2 and 1 in ends:
        result = result[0, 0] if ends == (1, 1) else result.ravel()
    return result if out is None else write("np.linalg.multi_dot", out, result)


def _chained(matrices: list[Any]) -> Any:
    """Multiply matrices in the order of fewest multiplications, as NumPy decides it."""
    if len(matrices) == 2:
        return np.dot(*matrices)
    sizes = [matrices[0].shape[0], *(a.shape[1] for a in matrices)]
    if len(matrices) == 3:
        a, b, c = matrices
        rows, m, n, columns = sizes
        left_first = rows * n * (m + columns) < m * columns * (rows + n)
        return np.dot(np.dot(a, b), c) if left_first else np.dot(a, np.dot(b, c))
    splits = _splits(sizes)

    def product(i: int, j: int) -> Any:
        if i == j:
            return matrices[i]
        return np.dot(product(i, splits[i, j]), product(splits[i, j] + 1, j))

    return product(0, len(matrices) - 1)


def _splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Return after which matrix each run of a chain is split (Cormen, section 14.2)."""
    count = len(sizes) - 1
    cost = {(i, i): 0.0 for i in range(count)}
    splits = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            choices = [
                cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
                for k in range(i, j)
            ]
            cost[i, j] = min(choices)
            splits[i, j] = i + choices.index(cost[i, j])
    return splits
