"""Reading and writing parts of an array: ``x[index]``, ``x[index] = v``, ``np.add.at``."""

import operator
from typing import Any

import numpy as np

from micrograd_np.declare import defvjp
from micrograd_np.primitive import primitive


@primitive
def scatter(values: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros of `shape` to which `values` are added at `index`, again for each repeat."""
    out = np.zeros(shape, values.dtype)
    if _is_basic(index):
        out[index] = values
    else:
        np.add.at(out, index, values)
    return out


def _is_basic(index: Any) -> bool:
    """Whether an index holds slices and integers only."""
    return all(map(_is_plain, index if isinstance(index, tuple) else (index,)))


def _is_plain(part: Any) -> bool:
    return part is None or part is ... or isinstance(part, (int, np.integer, slice))


def _picks_once(index: Any) -> bool:
    """Whether an index picks no element twice because it holds slices, integers and masks only."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(_is_plain(part) or getattr(part, "dtype", None) == np.dtype(bool) for part in parts)


def _assign(x: Any, index: Any, value: Any, copy: bool = True) -> Any:
    out = x.copy() if copy else x
    out[index] = value
    return out


def _add_at(x: Any, index: Any, value: Any, copy: bool = True) -> Any:
    out = x.copy() if copy else x
    # Spelled out, since NumPy 2.4 reads past the end of a value that add.at must broadcast.
    np.add.at(out, index, np.broadcast_to(value, out[index].shape))
    return out


def _assigned(g: Any, _out: Any, _x: Any, index: Any, _value: Any, copy: bool = True) -> Any:
    """Return the gradient of the assigned value: of the last one where an index is repeated."""
    grad = g[index]
    if not _picks_once(index):
        order = np.arange(grad.size).reshape(grad.shape)
        last = np.full(_x.shape, -1)
        last[index] = order
        grad = np.where(last[index] == order, grad, 0)
    return _with_leading_ones(grad, _value)


def _with_leading_ones(grad: Any, value: Any) -> Any:
    """Give back the axes of length one that NumPy lets the value of an assignment begin with."""
    extra = value.ndim - grad.ndim
    return grad.reshape((1,) * extra + grad.shape) if extra > 0 else grad


defvjp(
    scatter,
    lambda g, _out, _values, index, shape: g[index],
    broadcasts=True,
    exact=False,
    composite=False,
    math=r"0[#2 \overset{+}{\leftarrow} #1]",
)
defvjp(
    operator.getitem,
    lambda g, _out, _x, index: scatter(g, index, _x.shape),
    name="x[index]",
    exact=True,
    view=True,
    prints="{0}[{1}]",
)
defvjp(
    operator.setitem,
    lambda g, _out, _x, index, _value, copy=True: _assign_zero(g, index),
    None,
    _assigned,
    name="x[index] = value",
    compute=_assign,
    broadcasts=True,
    exact=True,
    prints="{0}[{1}] = {2}",
    math=r"#1[#2 \leftarrow #3]",
)
defvjp(
    np.add.at,
    lambda g, _out, _x, index, _value, copy=True: g,
    None,
    lambda g, _out, _x, index, _value, copy=True: g[index],
    name="np.add.at",
    compute=_add_at,
    broadcasts=True,
    prints="np.add.at({0}, {1}, {2})",
    math=r"#1[#2 \overset{+}{\leftarrow} #3]",
)


def _assign_zero(g: Any, index: Any) -> Any:
    out = np.copy(g)  # of a NumPy scalar, g.copy() could not be written into
    out[index] = 0
    return out
