"""The operators and the indexing of ndarray, as a Tensor has them.

They say which NumPy function each of them is; :mod:`micrograd_np.tensor` computes it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from micrograd_np.mode import MODE, Symbolic

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Operators:
    """The part of a Tensor that Python's operators reach."""

    __slots__ = ()
    _data: NDArray[Any]

    def _binary(self, function: Callable[..., Any], a: Any, b: Any) -> Self:
        raise NotImplementedError

    def _unary(self, function: Callable[..., Any], *options: Any) -> Self:
        raise NotImplementedError

    def _apply(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        raise NotImplementedError

    def _dispatch(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    # --- operators -----------------------------------------------------------------------------

    def __add__(self, other: Any) -> Self:
        return self._binary(np.add, self, other)

    def __radd__(self, other: Any) -> Self:
        return self._binary(np.add, other, self)

    def __sub__(self, other: Any) -> Self:
        return self._binary(np.subtract, self, other)

    def __rsub__(self, other: Any) -> Self:
        return self._binary(np.subtract, other, self)

    def __mul__(self, other: Any) -> Self:
        return self._binary(np.multiply, self, other)

    def __rmul__(self, other: Any) -> Self:
        return self._binary(np.multiply, other, self)

    def __truediv__(self, other: Any) -> Self:
        return self._binary(np.divide, self, other)

    def __rtruediv__(self, other: Any) -> Self:
        return self._binary(np.divide, other, self)

    def __floordiv__(self, other: Any) -> Any:
        return self._dispatch(np.floor_divide, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._dispatch(np.floor_divide, other, self)

    def __mod__(self, other: Any) -> Self:
        return self._binary(np.remainder, self, other)

    def __rmod__(self, other: Any) -> Self:
        return self._binary(np.remainder, other, self)

    def __pow__(self, other: Any) -> Self:
        return self._binary(operator.pow, self, other)

    def __rpow__(self, other: Any) -> Self:
        return self._binary(operator.pow, other, self)

    def __divmod__(self, other: Any) -> Any:
        return self._dispatch(np.divmod, self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return self._dispatch(np.divmod, other, self)

    def __matmul__(self, other: Any) -> Self:
        return self._binary(np.matmul, self, other)

    def __rmatmul__(self, other: Any) -> Self:
        return self._binary(np.matmul, other, self)

    def __neg__(self) -> Self:
        return self._unary(np.negative)

    def __pos__(self) -> Self:
        return self._unary(np.positive)

    def __abs__(self) -> Self:
        return self._unary(np.absolute)

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[Self]:
        if self._data.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Self:
        return self._unary(operator.getitem, plain_index(index))

    def __eq__(self, other: object) -> Any:
        return self._dispatch(np.equal, self, other)

    def __ne__(self, other: object) -> Any:
        return self._dispatch(np.not_equal, self, other)

    def __lt__(self, other: Any) -> Any:
        return self._dispatch(np.less, self, other)

    def __le__(self, other: Any) -> Any:
        return self._dispatch(np.less_equal, self, other)

    def __gt__(self, other: Any) -> Any:
        return self._dispatch(np.greater, self, other)

    def __ge__(self, other: Any) -> Any:
        return self._dispatch(np.greater_equal, self, other)

    def __and__(self, other: Any) -> Any:
        return self._dispatch(np.bitwise_and, self, other)

    def __rand__(self, other: Any) -> Any:
        return self._dispatch(np.bitwise_and, other, self)

    def __or__(self, other: Any) -> Any:
        return self._dispatch(np.bitwise_or, self, other)

    def __ror__(self, other: Any) -> Any:
        return self._dispatch(np.bitwise_or, other, self)

    def __xor__(self, other: Any) -> Any:
        return self._dispatch(np.bitwise_xor, self, other)

    def __rxor__(self, other: Any) -> Any:
        return self._dispatch(np.bitwise_xor, other, self)

    def __lshift__(self, other: Any) -> Any:
        return self._dispatch(np.left_shift, self, other)

    def __rlshift__(self, other: Any) -> Any:
        return self._dispatch(np.left_shift, other, self)

    def __rshift__(self, other: Any) -> Any:
        return self._dispatch(np.right_shift, self, other)

    def __rrshift__(self, other: Any) -> Any:
        return self._dispatch(np.right_shift, other, self)

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
    if isinstance(part, Operators) and isinstance(part._data, Symbolic):
        return part._data
    if type(part) is np.ndarray and MODE.get().call is not None:
        return part  # whoever records knows an array by its identity
    array = np.array(part)
    # NumPy reads an empty list as no integers, though as an array it would be of floats.
    return array.astype(np.intp) if not array.size and not hasattr(part, "dtype") else array


def _bound(part: Any) -> Any:
    return part._data if isinstance(part, Operators) and isinstance(part._data, Symbolic) else part
