"""Reading and writing parts of an array: ``x[index]``, ``x[index] = v``, ``np.add.at``."""

import operator
from typing import Any

import numpy as np

from micrograd_np.declare import defvjp
from micrograd_np.pending import Pending, is_basic, picks_once
from micrograd_np.primitive import primitive
from micrograd_np.tensor import Tensor


@primitive
def scatter(values: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros of `shape` to which `values` are added at `index`, again for each repeat."""
    out = np.zeros(shape, values.dtype)
    if all(map(is_basic, index if isinstance(index, tuple) else (index,))):
        out[index] = values
    else:
        np.add.at(out, index, values)
    return out


def scattered(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Return the gradient of what a part was read from: written when it is read."""
    if isinstance(g, Tensor):
        return scatter(g, index, shape)
    return Pending(None, shape, g.dtype, [(index, g)])


def _assign(x: Any, index: Any, value: Any, copy: bool = True) -> Any:
    out = x.copy() if copy else x
    out[index] = value
    return out


def _add_at(x: Any, index: Any, value: Any, copy: bool = True) -> Any:
    out = x.copy() if copy else x
    # Spelled out, since NumPy 2.4 reads past the end of a value that add.at must broadcast.
    np.add.at(out, index, np.broadcast_to(value, out[index].shape))
    return out


def _part(g: Any, index: Any) -> Any:
    """Return a part of a gradient, with memory of its own: a view would hold the whole."""
    part = g[index]
    return part.copy() if type(part) is np.ndarray else part


def _without(g: Any, index: Any) -> Any:
    """Return the gradient of what a part was written into: zero there."""
    if not isinstance(g, Tensor):
        return Pending(g, g.shape, g.dtype, [(index, None)])
    out = np.copy(g)
    out[index] = 0
    return out


def _assigned(g: Any, _out: Any, _x: Any, index: Any, _value: Any, copy: bool = True) -> Any:
    """Return the gradient of the assigned value: of the last one where an index is repeated."""
    grad = _part(g, index)
    if not picks_once(index):
        order = np.arange(grad.size).reshape(grad.shape)
        last = np.zeros(_x.shape, int)
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
    lambda g, _out, _x, index: scattered(g, index, _x.shape),
    name="x[index]",
    exact=True,
    view=True,
    prints="{0}[{1}]",
)
defvjp(
    operator.setitem,
    lambda g, _out, _x, index, _value, copy=True: _without(g, index),
    None,
    _assigned,
    name="x[index] = value",
    compute=_assign,
    broadcasts=True,
    exact=True,
    writes=True,
    prints="{0}[{1}] = {2}",
    math=r"#1[#2 \leftarrow #3]",
)
defvjp(
    np.add.at,
    lambda g, _out, _x, index, _value, copy=True: g,
    None,
    lambda g, _out, _x, index, _value, copy=True: _part(g, index),
    name="np.add.at",
    compute=_add_at,
    broadcasts=True,
    writes=True,
    prints="np.add.at({0}, {1}, {2})",
    math=r"#1[#2 \overset{+}{\leftarrow} #3]",
)
