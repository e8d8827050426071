"""The operators and the indexing of ndarray, as a Tensor has them.

They say which NumPy function each of them is; :mod:`micrograd_np.tensor` computes it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from micrograd_np.graph import Node
from micrograd_np.mode import Symbolic, is_eager, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray


Binary = Callable[[Any, Any], Any]


def _operator(function: Callable[..., Any]) -> tuple[Binary, Binary]:
    """Return an operator that is recorded, and the same with a tensor on the right only."""
    return (
        lambda self, other: self._binary(function, self, other),
        lambda self, other: self._binary(function, other, self),
    )


def _other_operator(function: Callable[..., Any]) -> tuple[Binary, Binary]:
    """Return the operator of a function that is constant or has several results."""
    return (
        lambda self, other: self._dispatch(function, self, other),
        lambda self, other: self._dispatch(function, other, self),
    )


def _equality(function: Callable[..., Any], of_values: Callable[..., Any]) -> Binary:
    """Return the operator of a comparison that ndarray answers for a text, too: no number is."""
    return lambda self, other: (
        of_values(plain(self._value), other)
        if isinstance(other, str)
        else self._dispatch(function, self, other)
    )


class Operators:
    """The part of a Tensor that Python's operators reach."""

    __slots__ = ()
    _value: NDArray[Any]
    _node: Node | None

    @staticmethod
    def _binary(function: Callable[..., Any], a: Any, b: Any) -> Any:
        raise NotImplementedError

    def _unary(self, function: Callable[..., Any], *options: Any) -> Self:
        raise NotImplementedError

    def _apply(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        raise NotImplementedError

    def _dispatch(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def _unshare(self, whole: Self) -> None:
        raise NotImplementedError

    # --- operators -----------------------------------------------------------------------------

    __add__, __radd__ = _operator(np.add)
    __sub__, __rsub__ = _operator(np.subtract)
    __mul__, __rmul__ = _operator(np.multiply)
    __truediv__, __rtruediv__ = _operator(np.divide)
    __mod__, __rmod__ = _operator(np.remainder)
    __pow__, __rpow__ = _operator(operator.pow)
    __matmul__, __rmatmul__ = _operator(np.matmul)
    __floordiv__, __rfloordiv__ = _other_operator(np.floor_divide)
    __divmod__, __rdivmod__ = _other_operator(np.divmod)
    __and__, __rand__ = _other_operator(np.bitwise_and)
    __or__, __ror__ = _other_operator(np.bitwise_or)
    __xor__, __rxor__ = _other_operator(np.bitwise_xor)
    __lshift__, __rlshift__ = _other_operator(np.left_shift)
    __rshift__, __rrshift__ = _other_operator(np.right_shift)
    __lt__, __gt__ = _other_operator(np.less)[0], _other_operator(np.greater)[0]
    __le__, __ge__ = _other_operator(np.less_equal)[0], _other_operator(np.greater_equal)[0]
    __eq__, __ne__ = _equality(np.equal, operator.eq), _equality(np.not_equal, operator.ne)

    def __neg__(self) -> Self:
        return self._unary(np.negative)

    def __pos__(self) -> Self:
        return self._unary(np.positive)

    def __abs__(self) -> Self:
        return self._unary(np.absolute)

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[Self]:
        if self._value.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Self:
        part = self._unary(operator.getitem, plain_index(index))
        node = self._node
        if node is not None and node.operation is not None and node.operation.writes:
            part._unshare(self)
        return part

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(self == value))

    def __invert__(self) -> Any:
        return self._dispatch(np.invert, self)


def plain_index(index: Any) -> Any:
    """Copy the arrays in an index, so that it stays what it was when it was used."""
    return tuple(map(_plain, index)) if isinstance(index, tuple) else _plain(index)


def _plain(part: Any) -> Any:
    if part is None or part is ... or isinstance(part, (int, np.integer, Symbolic)):
        return part
    if isinstance(part, slice):
        return slice(*map(_bound, (part.start, part.stop, part.step)))
    if isinstance(part, Operators) and isinstance(part._value, Symbolic):
        return part._value
    if type(part) is np.ndarray and not is_eager():
        return part  # whoever records knows an array by its identity
    array = np.array(part)
    # NumPy reads an empty list as no integers, though as an array it would be of floats.
    return array.astype(np.intp) if not array.size and not hasattr(part, "dtype") else array


def _bound(part: Any) -> Any:
    return (
        part._value if isinstance(part, Operators) and isinstance(part._value, Symbolic) else part
    )
