"""The methods and attributes of ndarray, as a Tensor has them, with ndarray's signatures.

They say which NumPy function each of them is; :mod:`micrograd_np.tensor` computes it. What writes
into the array is in :mod:`micrograd_np.inplace`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from micrograd_np.checks import told
from micrograd_np.operators import Operators

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

_DEFAULTS = {
    "dtype": None,
    "out": None,
    "keepdims": False,
    "initial": np._NoValue,
    "where": True,
    "ddof": 0,
    "order": "C",
}


class Methods(Operators):
    """The part of a Tensor that looks like an ndarray."""

    __slots__ = ()

    def _make(self, function: Callable[..., Any], *args: Any, **options: Any) -> Self:
        made: Self = self._dispatch(function, *args, **options)
        return made

    def _given(self, function: Callable[..., Any], *args: Any, **options: Any) -> Self:
        """Call a NumPy function with those options that are not what it takes for granted."""
        given = {k: v for k, v in options.items() if v is not _DEFAULTS.get(k, options)}
        if given:
            return self._make(function, self, *args, **given)
        return self._unary(function) if args == (None,) else self._unary(function, *args)

    # --- attributes ----------------------------------------------------------------------------

    @property
    def T(self) -> Self:
        """The transpose: all axes in reverse order."""
        return self._unary(np.transpose)

    @property
    def mT(self) -> Self:
        """The matrices transposed: the last two axes exchanged."""
        if self._value.ndim < 2:
            raise ValueError("matrix transpose with ndim < 2 is undefined")
        return self._unary(np.swapaxes, -1, -2)

    @property
    def real(self) -> Self:
        """The real part."""
        return self._unary(np.real)

    @real.setter
    def real(self, value: Any) -> None:
        if self._value.dtype.kind == "c":
            _refuse_complex("real", value)
            value = value + 1j * self.imag
        self[...] = value  # type: ignore[index]

    @property
    def imag(self) -> Self:
        """The imaginary part."""
        return self._unary(np.imag)

    @imag.setter
    def imag(self, value: Any) -> None:
        if self._value.dtype.kind != "c":
            raise TypeError(f"a {self._value.dtype} tensor does not have an imaginary part to set")
        _refuse_complex("imag", value)
        self[...] = self.real + np.multiply(value, 1j)  # type: ignore[index]

    @property
    def flat(self) -> Self:
        """The elements as one axis, to iterate over and to index."""
        return self._unary(np.ravel)

    @property
    def itemsize(self) -> int:
        """The bytes of one element."""
        return self._value.itemsize

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self._value.nbytes

    @property
    def strides(self) -> tuple[int, ...]:
        """The bytes from one element to the next, along each axis."""
        return self._value.strides

    @property
    def flags(self) -> Any:
        """How the array lies in memory."""
        return self._value.flags

    @property
    def device(self) -> str:
        """Where the array is: ``"cpu"``."""
        return "cpu"

    def to_device(self, device: str, /, *, stream: Any = None) -> Self:
        """Return the tensor itself: there is only ``"cpu"``."""
        if not isinstance(device, str) or device != "cpu" or stream is not None:
            given = f"{told(device)}, {told(stream)}"
            raise ValueError(f"arrays are on 'cpu', without a stream; got {given}")
        return self

    # --- reductions ----------------------------------------------------------------------------

    def sum(self, axis: Any = None, dtype: Any = None, out: Any = None, **options: Any) -> Self:
        """Sum over `axis`, as ``np.sum``."""
        return self._given(np.sum, axis, dtype=dtype, out=out, **options)

    def prod(self, axis: Any = None, dtype: Any = None, out: Any = None, **options: Any) -> Self:
        """Multiply over `axis`, as ``np.prod``."""
        return self._given(np.prod, axis, dtype=dtype, out=out, **options)

    def mean(self, axis: Any = None, dtype: Any = None, out: Any = None, **options: Any) -> Self:
        """Average over `axis`, as ``np.mean``."""
        return self._given(np.mean, axis, dtype=dtype, out=out, **options)

    def var(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        **options: Any,
    ) -> Self:
        """Variance over `axis`, as ``np.var``."""
        return self._given(np.var, axis, dtype=dtype, out=out, ddof=ddof, **options)

    def std(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        **options: Any,
    ) -> Self:
        """Return the standard deviation over `axis`, as ``np.std``."""
        return self._given(np.std, axis, dtype=dtype, out=out, ddof=ddof, **options)

    def max(self, axis: Any = None, out: Any = None, **options: Any) -> Self:
        """Maximum over `axis`, as ``np.max``."""
        return self._given(np.max, axis, out=out, **options)

    def min(self, axis: Any = None, out: Any = None, **options: Any) -> Self:
        """Minimum over `axis`, as ``np.min``."""
        return self._given(np.min, axis, out=out, **options)

    def cumsum(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Self:
        """Sum up along `axis`, as ``np.cumsum``."""
        return self._given(np.cumsum, axis, dtype=dtype, out=out)

    def cumprod(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Self:
        """Multiply up along `axis`, as ``np.cumprod``."""
        return self._given(np.cumprod, axis, dtype=dtype, out=out)

    def trace(
        self, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None
    ) -> Self:
        """Sum the diagonal, as ``np.trace``."""
        return self._make(np.trace, self, offset, axis1, axis2, **_not_none(dtype=dtype, out=out))

    def all(self, axis: Any = None, out: Any = None, **options: Any) -> Any:
        """Whether all elements along `axis` are true, as a plain array."""
        return self._dispatch(np.all, self, axis, **_not_none(out=out), **options)

    def any(self, axis: Any = None, out: Any = None, **options: Any) -> Any:
        """Whether any element along `axis` is true, as a plain array."""
        return self._dispatch(np.any, self, axis, **_not_none(out=out), **options)

    # --- order ---------------------------------------------------------------------------------

    def argmax(self, axis: Any = None, out: Any = None, **options: Any) -> Any:
        """Where the maximum along `axis` is, as a plain array of integers."""
        return self._dispatch(np.argmax, self, axis, **_not_none(out=out), **options)

    def argmin(self, axis: Any = None, out: Any = None, **options: Any) -> Any:
        """Where the minimum along `axis` is, as a plain array of integers."""
        return self._dispatch(np.argmin, self, axis, **_not_none(out=out), **options)

    def argsort(
        self,
        axis: Any = -1,
        kind: Any = None,
        order: Any = None,
        *,
        stable: Any = None,
        descending: Any = None,
    ) -> Any:
        """Where the elements in order are, as a plain array of integers."""
        options = _not_none(kind=kind, order=order, stable=stable, descending=descending)
        return self._dispatch(np.argsort, self, axis, **options)

    def argpartition(
        self, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None
    ) -> Any:
        """Where the elements are in an order in which `kth` is in its place, as integers."""
        options = _not_none(order=order) | ({} if kind == "introselect" else {"kind": kind})
        return self._dispatch(np.argpartition, self, kth, axis, **options)

    def searchsorted(self, v: Any, side: Any = "left", sorter: Any = None) -> Any:
        """Where `v` belongs among the elements, as a plain array of integers."""
        return self._dispatch(np.searchsorted, self, v, side, **_not_none(sorter=sorter))

    def nonzero(self) -> Any:
        """Where the elements are that are not zero, as a tuple of plain arrays."""
        return self._dispatch(np.nonzero, self)

    # --- elements ------------------------------------------------------------------------------

    def dot(self, other: Any, /, out: Any = None) -> Self:
        """Dot product, as ``np.dot``."""
        if out is None:
            result: Self = self._binary(np.dot, self, other)
            return result
        return self._make(np.dot, self, other, out=out)

    def __round__(self, ndigits: int | None = None) -> Any:
        """Round, as ``round`` does a number of NumPy; the result has no gradient."""
        return round(self._value[()], ndigits)  # type: ignore[call-overload]

    def clip(self, min: Any = None, max: Any = None, out: Any = None, **options: Any) -> Self:  # noqa: A002
        """Limit the elements, as ``np.clip``."""
        return self._make(np.clip, self, min, max, **_not_none(out=out), **options)

    def round(self, decimals: int = 0, out: Any = None) -> Any:
        """Round the elements, as ``np.round``."""
        return self._dispatch(np.round, self, decimals, **_not_none(out=out))

    def conj(self) -> Self:
        """Return the complex conjugate: of real numbers, as in NumPy, the tensor itself."""
        return self._unary(np.conjugate) if self._value.dtype.kind == "c" else self

    def conjugate(self) -> Self:
        """Return the complex conjugate: of real numbers, as in NumPy, the tensor itself."""
        return self.conj()

    def take(self, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Self:
        """Pick elements along `axis`, as ``np.take``."""
        return self._make(np.take, self, indices, axis=axis, mode=mode, **_not_none(out=out))

    def choose(self, choices: Any, out: Any = None, mode: Any = "raise") -> Any:
        """Pick from `choices` what the elements, integers, say, as ``np.choose``."""
        return self._dispatch(np.choose, self, choices, mode=mode, **_not_none(out=out))

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Self:
        """Pick where a condition is true, as ``np.compress``."""
        return self._make(np.compress, condition, self, axis=axis, **_not_none(out=out))

    def repeat(self, repeats: Any, axis: Any = None) -> Self:
        """Repeat elements along `axis`, as ``np.repeat``."""
        return self._make(np.repeat, self, repeats, axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        """Return the diagonal, as ``np.diagonal``."""
        return self._make(np.diagonal, self, offset, axis1, axis2)

    # --- shapes and copies ---------------------------------------------------------------------

    def reshape(self, *shape: Any, order: Any = "C", copy: Any = None) -> Self:
        """Return the same elements in another shape, given as one tuple or as several integers."""
        new = shape[0] if len(shape) == 1 else shape
        if order == "C" and copy is None:
            return self._unary(np.reshape, new)
        return self._make(np.reshape, self, new, order=order, **_not_none(copy=copy))

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

    def ravel(self, order: Any = "C") -> Self:
        """Return the elements as one axis, sharing memory where that is possible."""
        return self._given(np.ravel, order=order)

    def flatten(self, order: Any = "C") -> Self:
        """Return a copy of the elements as one axis."""
        return self.copy("K").ravel("K") if order == "K" else self.ravel(order).copy()

    def copy(self, order: Any = "C") -> Self:
        """Return a copy through which gradients travel."""
        return self._make(np.copy, self, order=order)

    def astype(
        self,
        dtype: DTypeLike,
        order: Any = "K",
        casting: Any = "unsafe",
        subok: bool = True,
        copy: bool = True,
    ) -> Self:
        """Return a copy in another dtype; the gradient comes back in this one's.

        Raises
        ------
        TypeError
            If `casting` does not allow it.
        """
        new = np.dtype(dtype)
        if not np.can_cast(self._value.dtype, new, casting):
            raise TypeError(
                f"cannot cast from {self._value.dtype!r} to {new!r} according to {casting!r}"
            )
        if not copy and new == self._value.dtype:
            return self
        cast = self._unary(np.ndarray.astype, new)
        return cast if order == "K" else cast.copy(order)


def _refuse_complex(name: str, value: Any) -> None:
    """Raise TypeError for what is to be one part of complex numbers, and would change both."""
    if np.iscomplexobj(value):
        raise TypeError(f"t.{name} = value: value is complex, expected real numbers")


def _not_none(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
