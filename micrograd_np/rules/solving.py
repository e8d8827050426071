"""Systems of linear equations, and pseudo-inverses."""

import math
from typing import Any

import numpy as np

from micrograd_np.declare import constant, defines, defvjp
from micrograd_np.engine import evaluate
from micrograd_np.lifting import as_operand, at_hand, holds, is_traced
from micrograd_np.mode import plain
from micrograd_np.operation import OPERATIONS, Operation
from micrograd_np.rules.formulas import detached, with_value
from micrograd_np.rules.products import conj, transposed
from micrograd_np.tensor import apply
from micrograd_np.values import value_of


def _solve_right(g: Any, _out: Any, a: Any, _b: Any) -> Any:
    if _b.ndim > 1:
        return np.linalg.solve(transposed(a), g)
    return np.linalg.solve(transposed(a), g[..., None])[..., 0]


def _solve_left(g: Any, out: Any, a: Any, _b: Any) -> Any:
    by_right = _solve_right(g, out, a, _b)
    if _b.ndim > 1:
        return -(by_right @ transposed(out))
    return -(by_right[..., :, None] * out[..., None, :])


defvjp(
    np.linalg.solve,
    _solve_left,
    _solve_right,
    broadcasts=True,
    torch="linalg.solve",
    math="#1^{-1} #2",
)


@defines(np.linalg.tensorsolve, torch="linalg.tensorsolve")
def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = as_operand(a), as_operand(b)
    if axes is not None:
        order = list(range(a.ndim))
        for axis in axes:
            order.remove(axis)
            order.append(axis)
        a = a.transpose(order)
    shape = a.shape[b.ndim - a.ndim :]
    count = math.prod(shape)
    if a.size != count**2:
        raise np.linalg.LinAlgError(
            "Input arrays must satisfy the requirement prod(a.shape[b.ndim:]) == "
            "prod(a.shape[:b.ndim])"
        )
    return np.linalg.solve(a.reshape((count, count)), b.ravel()).reshape(shape)


# --- pseudo-inverses ---------------------------------------------------------------------------


def _through_inverse(g: Any, inverse: Any, a: Any) -> Any:
    """Return the gradient of a matrix, given that of its pseudo-inverse.

    Golub and Pereyra, 1973: of constant rank, d p = - p da p + p p' da' (1 - a p)
    + (1 - p a) da' p' p, where ' conjugates and transposes.
    """
    p, gt = inverse, transposed(g)
    pt = transposed(p)
    ct = conj(pt)  # p'
    total = -(pt @ g @ pt)
    first = gt @ p @ ct
    second = ct @ p @ gt
    return total + conj(first - a @ (p @ first) + second - (second @ p) @ a)


def _pinv(
    g: Any, out: Any, a: Any, rcond: Any = None, hermitian: Any = False, *, rtol: Any = np._NoValue
) -> Any:
    grad = _through_inverse(g, out, a)
    return (grad + conj(transposed(grad))) / 2 if hermitian else grad


def _pinv_call(
    a: Any, rcond: Any = None, hermitian: Any = False, *, rtol: Any = np._NoValue
) -> Any:
    given = {"rcond": rcond, "hermitian": hermitian, "rtol": rtol}
    defaults = {"rcond": None, "hermitian": False, "rtol": np._NoValue}
    options = {key: value_of(item) for key, item in given.items() if item is not defaults[key]}
    cutoff = options.get("rcond", options.get("rtol"))
    if cutoff is not None and a.size:
        s = np.linalg.svd(at_hand(a), compute_uv=False, hermitian=hermitian)
        if _cuts(s, cutoff):
            return _cut_off(a, cutoff, hermitian)
    return apply(OPERATIONS[np.linalg.pinv], (a,), options)


def _cuts(s: Any, cutoff: Any) -> bool:
    """Whether more than rounding is taken for 0: the formula above leaves that out."""
    part = s / np.maximum(s.max(-1, keepdims=True), np.finfo(s.dtype).tiny)
    small = part <= np.asarray(cutoff)[..., None]
    return holds((small & (part >= np.sqrt(np.finfo(s.dtype).eps))).any())


def _cut_off(a: Any, cutoff: Any, hermitian: Any) -> Any:
    u, s, vt = np.linalg.svd(conj(a), full_matrices=False, hermitian=hermitian)
    large = s > np.asarray(cutoff)[..., None] * s.max(-1, keepdims=True)
    inverse = np.where(large, 1 / np.where(large, s, 1), 0)
    return np.matmul(transposed(vt), inverse[..., None] * transposed(u))


defvjp(
    np.linalg.pinv,
    _pinv,
    definition=_pinv_call,
    analytic=False,
    kinks="of another rank than the matrices around it: as if all were of its rank",
    torch="linalg.pinv",
    math="#1^{+}",
    normwise=True,
)


def _lstsq_matrix(g: Any, out: Any, a: Any, b: Any, rcond: Any = None) -> Any:
    by_x, by_squares, _, by_s = g
    columns = math.prod(b.shape[1:])  # which -1 could not tell of an empty matrix
    x, rows = out[0], b.reshape((b.shape[0], columns))
    if by_x is None:
        total = 0 * a
    else:
        by_inverse = by_x.reshape((a.shape[1], columns)) @ transposed(rows)
        total = _through_inverse(by_inverse, _inverse_of(a, rcond), a)
    if by_squares is not None and by_squares.size:
        solution = x.reshape((a.shape[1], columns))
        rest = conj(rows - a @ solution)
        total = total - 2 * (rest * by_squares) @ transposed(solution)
    if by_s is not None:
        u, _, vh = np.linalg.svd(a, full_matrices=False)
        total = total + (conj(u) * by_s) @ conj(vh)
    return total


def _lstsq_right(g: Any, out: Any, a: Any, b: Any, rcond: Any = None) -> Any:
    by_x, by_squares, *_ = g
    total = 0 * b if by_x is None else transposed(_inverse_of(a, rcond)) @ by_x
    if by_squares is not None and by_squares.size:
        total = total + 2 * conj(b - a @ out[0]) * by_squares
    return total


def _inverse_of(a: Any, rcond: Any) -> Any:
    default = float(np.finfo(np.float64).eps) * max(map(plain, a.shape))
    return np.linalg.pinv(a, default if rcond is None else rcond)


def _lstsq_call(a: Any, b: Any, rcond: Any = None) -> Any:
    a, b = as_operand(a), as_operand(b)
    options = {} if rcond is None else {"rcond": float(value_of(rcond))}
    x, squares, rank, s = apply(OPERATIONS[np.linalg.lstsq], (a, b), options)
    if options and a.size and _cuts(at_hand(s), options["rcond"]):
        x = with_value(_cut_off(a, options["rcond"], False) @ b, detached(x))
    return x, squares, rank if is_traced(rank) else value_of(rank)[()], s


defvjp(
    np.linalg.lstsq,
    _lstsq_matrix,
    _lstsq_right,
    definition=_lstsq_call,
    results=4,
    partial=True,
    analytic=False,
    kinks="of another rank than the matrices around it: as if all were of its rank",
    normwise=True,
)


# --- ranks and condition numbers ---------------------------------------------------------------


def _condition(x: Any, p: Any) -> Any:
    """Return the condition number as a constant."""
    return evaluate(_CONDITION, [value_of(x), p], {})


_CONDITION = Operation(np.linalg.cond, "np.linalg.cond", "constant")


@defines(np.linalg.cond, analytic=False)
def _cond(x: Any, p: Any = None) -> Any:
    known = at_hand(x)
    value = at_hand(_condition(known, p))  # or NumPy's error
    infinite = np.isinf(value)
    if p is None or p in (2, -2):
        s = np.linalg.svdvals(x)
        with np.errstate(all="ignore"):
            result = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    else:
        result = np.linalg.norm(x, p, (-2, -1)) * _norm_of_inverse(x, p, infinite)
        result = result.astype(value.dtype)
    # 0 / 0 is infinite here.
    return np.where(infinite, np.inf, result) if holds(np.any(infinite)) else result


def _norm_of_inverse(x: Any, p: Any, singular: Any) -> Any:
    wide = x.astype(np.result_type(x.dtype, np.float64))  # as NumPy does
    if not holds(np.any(singular)):
        return np.linalg.norm(np.linalg.inv(wide), p, (-2, -1))
    regular = np.where(singular[..., None, None], np.eye(x.shape[-1]), wide)
    norm = np.linalg.norm(np.linalg.inv(regular), p, (-2, -1))
    return np.where(singular, np.inf, norm)


constant(np.linalg.matrix_rank)
