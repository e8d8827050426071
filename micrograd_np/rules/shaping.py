"""Functions that move elements about: shapes, orders of axes, joining, parts, padding."""

from typing import Any

import numpy as np

from micrograd_np.declare import constant, defvjp
from micrograd_np.mode import Symbolic, plain
from micrograd_np.rules.indexing import scatter
from micrograd_np.tensor import value_of

# --- one operand, another shape ----------------------------------------------------------------

defvjp(
    np.reshape,
    lambda g, _out, _a, shape: g.reshape(_a.shape),
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
    exact=True,
    view=True,
    torch="ravel",
    math=r"\mathrm{vec}(#1)",
)
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
    lambda g, _out, _array, shape: g,  # the engine sums what was broadcast
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
defvjp(np.tril, lambda g, _out, _m, k=0: np.tril(g, k), exact=True, torch="tril")
defvjp(np.triu, lambda g, _out, _m, k=0: np.triu(g, k), exact=True, torch="triu")
defvjp(np.copy, lambda g, _out, _a: g, exact=True, torch="clone", prints="{0}.copy()", math="#1")
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


# --- joining and splitting ---------------------------------------------------------------------


def _part_of_concatenate(position: int) -> Any:
    def rule(g: Any, _out: Any, *_arrays: Any, axis: Any = 0) -> Any:
        if axis is None:
            start = sum(array.size for array in _arrays[:position])
            part = g[start : start + _arrays[position].size]
            return part.reshape(_arrays[position].shape)
        start = sum(array.shape[axis] for array in _arrays[:position])
        part = slice(start, start + _arrays[position].shape[axis])
        return g[(slice(None),) * (axis % g.ndim) + (part,)]

    return rule


def _part_of_stack(position: int) -> Any:
    def rule(g: Any, _out: Any, *_arrays: Any, axis: int = 0) -> Any:
        return g[(slice(None),) * (axis % g.ndim) + (position,)]

    return rule


defvjp(
    np.concatenate,
    every=_part_of_concatenate,
    compute=lambda *arrays, axis=0: np.concatenate(arrays, axis),
    spread=True,
    exact=True,
    torch="cat",
)
defvjp(
    np.stack,
    every=_part_of_stack,
    compute=lambda *arrays, axis=0: np.stack(arrays, axis),
    spread=True,
    exact=True,
    torch="stack",
)
defvjp(
    np.split,
    lambda g, _out, _ary, indices_or_sections, axis=0: np.concatenate(g, axis=axis),
    exact=True,
    view=True,
    results=0,
    torch="tensor_split",
)

# --- padding -----------------------------------------------------------------------------------

PADDING = ("constant", "edge", "reflect", "symmetric", "wrap")
"""The modes that only move elements: around the array there are its own, or constants."""


def _padded(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    kind = options.get("reflect_type", "even")
    if mode not in PADDING or kind != "even":
        what = f"reflect_type={kind!r}" if mode in PADDING else f"mode={mode!r}"
        raise NotImplementedError(
            f"np.pad with {what} has no derivative rule here. There are rules for the modes that "
            f"only move elements ({', '.join(PADDING)}); compute anything else and join it to the "
            "array with np.concatenate"
        )
    return np.pad(array, pad_width, mode, **options)


def _pad(
    g: Any,
    _out: Any,
    _array: Any,
    pad_width: Any,
    mode: Any = "constant",
    constant_values: Any = 0,
    reflect_type: Any = "even",
) -> Any:
    widths = pairs(pad_width, _array.ndim)
    if mode == "constant":
        return g[tuple(_inner(*width, n) for width, n in zip(widths, _array.shape, strict=True))]
    for axis, width in enumerate(widths):
        if width != (0, 0) or any(isinstance(n, Symbolic) for n in width):
            # The same element stands at several places: the gradients there add up.
            source = np.pad(np.arange(_array.shape[axis]), width, mode)
            shape = (*_array.shape[: axis + 1], *g.shape[axis + 1 :])
            g = scatter(g, (slice(None),) * axis + (source,), shape)
    return g


def _inner(before: Any, after: Any, n: Any) -> slice:
    if isinstance(before, Symbolic) or isinstance(after, Symbolic):
        return slice(before, before + n)
    # Counted from the end, as one writes it: for other inputs a plain width is no other.
    return slice(before or None, -after or None)


def pairs(given: Any, ndim: int) -> list[tuple[Any, Any]]:
    """Return a pair for each axis, before and after it, from what ``np.pad`` takes for them."""
    given = plain(value_of(given))
    if isinstance(given, dict):  # by axis, from NumPy 2.4 on
        by_axis = {axis % ndim: np.broadcast_to(pair, 2) for axis, pair in given.items()}
        given = [by_axis.get(axis, (0, 0)) for axis in range(ndim)]
    return [(before, after) for before, after in np.broadcast_to(given, (ndim, 2)).tolist()]


defvjp(np.pad, _pad, compute=_padded, exact=True)

# --- shapes alone ------------------------------------------------------------------------------

constant(np.zeros, np.zeros_like, math="0")
constant(np.ones, np.ones_like, math=r"\mathbf{1}")
constant(np.full, np.full_like, math="#2")
constant(np.identity, math="I")
constant(np.array, math="#1")
constant(
    np.shape, np.ndim, np.size, np.empty_like, np.empty, np.eye, np.arange, np.linspace,
    np.ravel_multi_index,
)  # fmt: skip
