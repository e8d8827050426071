"""The operators, methods and indexing of ndarray, as a Tensor has them.

They say which NumPy function each of them is; :mod:`micrograd_np.tensor` computes it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from micrograd_np.mode import MODE, Symbolic

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray


class Operators:
    """The part of a Tensor that looks like an ndarray."""

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

    def __invert__(self) -> Any:
        return self._dispatch(np.invert, self)

    # --- ndarray's methods ---------------------------------------------------------------------

    @property
    def T(self) -> Self:
        """The transpose: all axes in reverse order."""
        return self._unary(np.transpose)

    def _reduce(self, function: Callable[..., Any], axis: Any, options: dict[str, Any]) -> Self:
        if not options:
            return self._unary(function, axis)
        result: Self = self._dispatch(function, self, axis, **options)
        return result

    def sum(self, axis: Any = None, **options: Any) -> Self:
        """Sum over `axis`, as ``np.sum``."""
        return self._reduce(np.sum, axis, options)

    def mean(self, axis: Any = None, **options: Any) -> Self:
        """Average over `axis`, as ``np.mean``."""
        return self._reduce(np.mean, axis, options)

    def var(self, axis: Any = None, **options: Any) -> Self:
        """Variance over `axis`, as ``np.var``."""
        return self._reduce(np.var, axis, options)

    def std(self, axis: Any = None, **options: Any) -> Self:
        """Return the standard deviation over `axis`, as ``np.std``."""
        return self._reduce(np.std, axis, options)

    def max(self, axis: Any = None, **options: Any) -> Self:
        """Maximum over `axis`, as ``np.max``."""
        return self._reduce(np.max, axis, options)

    def min(self, axis: Any = None, **options: Any) -> Self:
        """Minimum over `axis`, as ``np.min``."""
        return self._reduce(np.min, axis, options)

    def cumsum(self, axis: Any = None) -> Self:
        """Sum up along `axis`, as ``np.cumsum``."""
        return self._unary(np.cumsum, axis)

    def argmax(self, axis: Any = None, **options: Any) -> Any:
        """Where the maximum along `axis` is, as a plain array of integers."""
        return self._dispatch(np.argmax, self, axis, **options)

    def argmin(self, axis: Any = None, **options: Any) -> Any:
        """Where the minimum along `axis` is, as a plain array of integers."""
        return self._dispatch(np.argmin, self, axis, **options)

    def all(self, axis: Any = None, **options: Any) -> Any:
        """Whether all elements along `axis` are true, as a plain array."""
        return self._dispatch(np.all, self, axis, **options)

    def any(self, axis: Any = None, **options: Any) -> Any:
        """Whether any element along `axis` is true, as a plain array."""
        return self._dispatch(np.any, self, axis, **options)

    def dot(self, other: Any) -> Self:
        """Dot product, as ``np.dot``."""
        return self._binary(np.dot, self, other)

    def reshape(self, *shape: Any) -> Self:
        """Return the same elements in another shape, given as one tuple or as several integers."""
        return self._unary(np.reshape, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Self:
        """Permute the axes: in reverse order if none are given."""
        order = axes[0] if len(axes) == 1 else (axes or None)
        return self._unary(np.transpose, order)

    def swapaxes(self, axis1: int, axis2: int) -> Self:
        """Exchange two axes."""
        return self._unary(np.swapaxes, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Self:
        """Leave out axes of length one."""
        return self._unary(np.squeeze, axis)

    def ravel(self) -> Self:
        """Return the elements as one axis, sharing memory where that is possible."""
        return self._unary(np.ravel)

    def flatten(self) -> Self:
        """Return a copy of the elements as one axis."""
        return self.copy().reshape(-1)

    def copy(self) -> Self:
        """Return a copy through which gradients travel."""
        return self._unary(np.copy)

    def astype(self, dtype: DTypeLike) -> Self:
        """Return a copy in another dtype; the gradient comes back in this one's."""
        return self._unary(np.ndarray.astype, np.dtype(dtype))


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
