"""What else a Tensor can be turned into: numbers, plain arrays, text.

Nothing detaches silently: what would lose the gradient raises and names the way that says so.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from micrograd_np.graph import Leaf, Node
from micrograd_np.mode import MODE, Symbolic, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike, NDArray

_UNSAID = (np.dtype(float), np.dtype(int), np.dtype(bool), np.dtype(complex))
"""The dtypes that repr leaves out, as NumPy's does."""


def is_followed() -> bool:
    """Whether code is run that knows no tensors, and whose gradients must not get lost."""
    return getattr(MODE.get().call, "follows", False)


class Conversions:
    """The part of a Tensor that is about leaving it."""

    __slots__ = ()
    _value: NDArray[Any]
    _node: Node | None

    def _seen(self) -> NDArray[Any]:
        """Return what stands for the value here: while a program is recorded, lengths are open."""
        stand_in: Callable[[NDArray[Any]], NDArray[Any]] | None = getattr(
            MODE.get().call, "stand_in", None
        )
        return self._value if stand_in is None else stand_in(self._value)

    def numpy(self) -> NDArray[Any]:
        """Return the value as an ndarray, sharing its memory: the same as ``t.data``."""
        return self._value

    def tolist(self: Any) -> Any:
        """Return the value as nested lists of Python numbers."""
        if is_followed():
            return [row.tolist() for row in self] if self.ndim else self
        return self._value.tolist()

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        self._refuse(
            "np.asarray",
            "t.detach().numpy() for its value, np.stack to join tensors, and instead of an array's "
            "method (a.dot(t)), np.vectorize or as_strided a function that takes tensors: np.dot, "
            "np.apply_along_axis, np.lib.stride_tricks.sliding_window_view",
        )
        return np.array(self._value, dtype=dtype, copy=copy)

    def __dlpack__(self, **options: Any) -> Any:
        """Export the memory to another library; `options` are those of ndarray's."""
        self._refuse("__dlpack__", "t.detach()")
        return self._value.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        """Return where the memory is: of DLPack's kinds of device, that of the CPU."""
        return self._value.__dlpack_device__()

    def __float__(self) -> float:
        self._refuse("float()", "t.item(); to write t into an array, make that mg.tensor(array)")
        return float(self._value)

    def __int__(self) -> int:
        self._refuse("int()", "t.item()")
        return int(self._value)

    def __complex__(self) -> complex:
        self._refuse("complex()", "t.item()")
        return complex(self._value)

    def __index__(self) -> int:
        self._refuse("an index", "t.item()")
        return operator.index(self._value)

    def _refuse(self, what: str, instead: str) -> None:
        if self._node is not None and not isinstance(self._value, Symbolic):
            raise TypeError(
                f"{what} of a tensor that requires a gradient would lose the gradient; "
                f"use {instead}"
            )

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        text = np.array2string(np.asarray(plain(self._value)), separator=", ", prefix="Tensor(")
        if self._value.dtype not in _UNSAID:
            text += f", dtype={self._value.dtype}"
        if isinstance(self._node, Leaf):
            text += ", requires_grad=True"
        elif self._node is not None and self._node.operation is not None:
            text += f", from {self._node.operation.name}"
        return f"Tensor({text})"

    def _repr_html_(self) -> str:
        """Return the value for notebooks, with heat maps of it and its gradient folded up."""
        from micrograd_np.pictures import folded, text

        arrays = {"value": np.asarray(plain(self._value))}
        if isinstance(self._node, Leaf) and self._node.grad is not None:
            arrays["gradient"] = self._node.grad
        return f"<div>{text(repr(self))}{folded(arrays)}</div>"

    def __format__(self, spec: str) -> str:
        return format(plain(self._value), spec) if spec else str(self)

    def __str__(self) -> str:
        return str(plain(self._value))
