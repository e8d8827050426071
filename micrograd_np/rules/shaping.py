"""Functions that move the elements of one array about: shapes, orders of axes, repetition."""

import math
from typing import Any

import numpy as np

from micrograd_np.checks import told
from micrograd_np.declare import defines, defvjp
from micrograd_np.lifting import is_traced
from micrograd_np.mode import Symbolic, plain
from micrograd_np.operation import OPERATIONS
from micrograd_np.rules.indexing import scatter
from micrograd_np.tensor import Tensor, apply
from micrograd_np.values import value_of

# --- another shape -----------------------------------------------------------------------------


def layout_of(a: Any, order: Any) -> Any:
    """Return which of "C" and "F" an order means for an array that lies in memory as `a` does."""
    if order is not None and not isinstance(order, str):
        raise TypeError(f"order is {told(order)}, expected 'C', 'F', 'A' or 'K'")
    if order in ("C", "F", None):
        return "F" if order == "F" else "C"
    array = a._value if isinstance(a, Tensor) else np.asarray(a)
    known = order in ("A", "K") and not isinstance(array, Symbolic)
    if known and (order == "A" or array.flags.forc):
        return "F" if array.flags.fnc else "C"
    raise NotImplementedError(
        f"order={order!r} depends on how the elements lie in memory: say order='C' or order='F'"
    )


def _reshape_call(
    a: Any, /, shape: Any = None, order: Any = "C", *, newshape: Any = None, copy: Any = None
) -> Any:
    shape = newshape if shape is None else shape  # by the only name that NumPy 2.0 knows
    if layout_of(a, order) == "F":  # in C order of the axes from last to first
        turned = tuple(shape)[::-1] if np.iterable(shape) else shape
        out = np.transpose(np.reshape(np.transpose(a), turned))
    else:
        out = apply(OPERATIONS[np.reshape], (a, shape))
    if copy is False and not np.may_share_memory(plain(value_of(out)), plain(value_of(a))):
        raise ValueError("np.reshape: cannot be done without a copy")
    return np.copy(out) if copy else out


def _ravel_call(a: Any, order: Any = "C") -> Any:
    if layout_of(a, order) == "F":
        a = np.transpose(a)
    return apply(OPERATIONS[np.ravel], (a,))


defvjp(
    np.reshape,
    lambda g, _out, _a, shape: g.reshape(_a.shape),
    definition=_reshape_call,
    compute=lambda a, shape: np.reshape(a, shape),  # whose keyword NumPy 2.0 calls newshape
    exact=True,
    view=True,
    torch="reshape",
    prints="{0}.reshape({1})",
    math=r"#1",
)
defvjp(
    np.ravel,
    lambda g, _out, _a: g.reshape(_a.shape),
    definition=_ravel_call,
    exact=True,
    view=True,
    torch="ravel",
    math=r"\mathrm{vec}(#1)",
)


@defines(np.resize)
def _resize(a: Any, new_shape: Any) -> Any:
    shape = new_shape if isinstance(new_shape, (tuple, list)) else (new_shape,)
    size = math.prod(shape)
    if any(n < 0 for n in shape):
        raise ValueError("all elements of `new_shape` must be non-negative")
    flat = np.ravel(a)
    if flat.size == 0 or size == 0:
        # Nothing to repeat, or nothing wanted: zeros, and no gradient.
        return np.broadcast_to(flat[:0].sum(dtype=flat.dtype), shape).copy()
    return np.concatenate((flat,) * -(-size // flat.size))[:size].reshape(shape)


defvjp(
    np.squeeze,
    lambda g, _out, _a, axis=None: g.reshape(_a.shape),
    exact=True,
    view=True,
    torch="squeeze",
    math=r"#1",
)
defvjp(
    np.expand_dims,
    lambda g, _out, _a, axis: g.reshape(_a.shape),
    exact=True,
    view=True,
    torch="unsqueeze",
    math=r"#1",
)
defvjp(
    np.transpose,
    lambda g, _out, _a, axes=None: g.transpose(_inverse(axes, _a.ndim)),
    exact=True,
    view=True,
    torch="permute",
    prints="{0}.T",
    math=r"#1^{\top}",
)
defvjp(
    np.swapaxes,
    lambda g, _out, _a, axis1, axis2: g.swapaxes(axis1, axis2),
    exact=True,
    view=True,
    torch="swapaxes",
    prints="{0}.swapaxes({1}, {2})",
    math=r"#1^{\top}",
)
defvjp(
    np.moveaxis,
    lambda g, _out, _a, source, destination: np.moveaxis(g, destination, source),
    exact=True,
    view=True,
    torch="movedim",
)
defvjp(
    np.broadcast_to,
    lambda g, _out, _array, shape, subok=False: g,  # the engine sums what was broadcast
    broadcasts=True,
    exact=True,
    view=True,
    torch="broadcast_to",
    math=r"#1",
)
defvjp(
    np.flip,
    lambda g, _out, _m, axis=None: np.flip(g, axis),
    exact=True,
    view=True,
    torch="{0}.flip({axis})",
)


def _copy_call(a: Any, order: Any = "K", subok: bool = False) -> Any:
    keeps = order == "K" or is_traced(a)  # in a program arrays have no layout that is known
    return apply(OPERATIONS[np.copy], (a,), {} if keeps else {"order": order})


defvjp(
    np.copy,
    lambda g, _out, _a, order="K": g,
    definition=_copy_call,
    exact=True,
    torch="clone",
    prints="{0}.copy()",
    math="#1",
)
defvjp(
    np.ndarray.astype,
    lambda g, _out, _x, dtype: g,  # the engine casts back
    name="ndarray.astype",
    torch="to",
    prints="{0}.astype({1})",
    math=r"#1",
)


def _inverse(axes: Any, ndim: int) -> Any:
    """Return the permutation that undoes `axes`."""
    return None if axes is None else tuple(np.argsort([axis % ndim for axis in axes]).tolist())


@defines(np.astype)
def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    if device not in (None, "cpu"):
        raise ValueError(f'np.astype: the device is "cpu", not {device!r}')
    return x if not copy and x.dtype == np.dtype(dtype) else x.astype(dtype)


# --- other orders ------------------------------------------------------------------------------


@defines(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    np.rollaxis(np.broadcast_to(0, (1,) * a.ndim), axis, start)  # or NumPy's error
    axis, start = axis % a.ndim, start + a.ndim if start < 0 else start
    order = [other for other in range(a.ndim) if other != axis]
    order.insert(start - (axis < start), axis)
    return a.transpose(tuple(order))


defvjp(np.fliplr, lambda g, _out, _m: np.fliplr(g), exact=True, view=True, torch="fliplr")
defvjp(np.flipud, lambda g, _out, _m: np.flipud(g), exact=True, view=True, torch="flipud")
defvjp(
    np.rot90,
    lambda g, _out, _m, k=1, axes=(0, 1): np.rot90(g, -k, axes),
    exact=True,
    view=True,
)
defvjp(
    np.roll,
    lambda g, _out, _a, shift, axis=None: np.roll(g, _negative(shift), axis),
    exact=True,
)


def _negative(shift: Any) -> Any:
    return tuple(-by for by in shift) if isinstance(shift, (tuple, list)) else -shift


# --- repeating ---------------------------------------------------------------------------------


def _repeat(g: Any, _out: Any, _a: Any, repeats: Any, axis: Any = None) -> Any:
    shape = tuple(_a.shape) if axis is not None and _a.ndim else (_a.size,)
    axis = 0 if axis is None else axis % len(shape)
    if type(repeats) is bool or not isinstance(repeats, (int, Symbolic)):
        repeats = np.asarray(repeats).astype(np.intp)  # as NumPy takes bools and fractions
    if np.ndim(repeats):
        source = np.repeat(np.arange(shape[axis]), repeats)
        total = scatter(g, (slice(None),) * axis + (source,), shape)
    else:
        each = (*shape[: axis + 1], repeats, *shape[axis + 1 :])
        total = g.reshape(each).sum(axis + 1)
    return total.reshape(_a.shape)


defvjp(np.repeat, _repeat, exact=True, sized_by=(1,), torch="repeat_interleave")


def _tile(g: Any, _out: Any, _A: Any, reps: Any) -> Any:
    reps = tuple(reps) if np.ndim(reps) else (reps,)
    ndim = max(len(reps), _A.ndim)
    reps = (1,) * (ndim - len(reps)) + reps
    shape = (1,) * (ndim - _A.ndim) + tuple(_A.shape)
    each = [n for pair in zip(reps, shape, strict=True) for n in pair]
    return g.reshape(each).sum(tuple(range(0, 2 * ndim, 2))).reshape(_A.shape)


defvjp(np.tile, _tile, exact=True, torch="tile")

# --- triangles and diagonals -------------------------------------------------------------------

# A vector fills every row: the engine sums them.
defvjp(np.tril, lambda g, _out, _m, k=0: np.tril(g, k), broadcasts=True, exact=True, torch="tril")
defvjp(np.triu, lambda g, _out, _m, k=0: np.triu(g, k), broadcasts=True, exact=True, torch="triu")


def _on_diagonal(g: Any, _a: Any, offset: Any, axis1: int = 0, axis2: int = 1) -> Any:
    """Put `g` on a diagonal of zeros in the shape of `_a`."""
    places = np.diagonal(np.arange(_a.size).reshape(_a.shape), offset, axis1, axis2)
    return scatter(g, (places,), (_a.size,)).reshape(_a.shape)


defvjp(
    np.diagonal,
    lambda g, _out, _a, offset=0, axis1=0, axis2=1: _on_diagonal(g, _a, offset, axis1, axis2),
    exact=True,
    view=True,
    torch="diagonal",
)
defvjp(
    np.diag,
    lambda g, _out, _v, k=0: np.diagonal(g, k) if _v.ndim == 1 else _on_diagonal(g, _v, k),
    exact=True,
    view=True,
    torch="diag",
)


@defines(np.diagflat)
def _diagflat(v: Any, k: Any = 0) -> Any:
    return np.diag(np.ravel(v), k)
