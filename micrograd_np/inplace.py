"""Writing into a tensor: ``t[i] = v``, ``t += v`` and friends.

A write is recorded as a function of the old value, so values read earlier stay valid for the
backward pass. Where NumPy would let a write be seen through a view, it raises instead of giving
another answer than NumPy.
"""

from __future__ import annotations

import operator
import sys
import weakref
from collections.abc import Callable
from sys import getrefcount
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from micrograd_np.frames import puts_back
from micrograd_np.graph import Leaf, Node, View, root_of
from micrograd_np.mode import MODE, plain
from micrograd_np.operators import plain_index

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Writable:
    """The part of a Tensor that is about writing into it."""

    __slots__ = ("_node", "_relatives", "_value")
    _value: NDArray[Any]
    _node: Node | None
    _relatives: list[weakref.ref[Any]] | None

    def _apply(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def __setitem__(self, index: Any, value: Any) -> None:
        # A view that is gone after this line, as in t[1:] = t[:-1], will not be seen to change.
        is_temporary = self._relatives is not None and getrefcount(value) <= _IN_SETITEM
        self._check_writable("t[index] = value", passing=value if is_temporary else None)
        if getattr(value, "requires_grad", False) and self._value.dtype.kind not in "fc":
            raise TypeError(
                f"t[index] = value: t is {self._value.dtype}, so the gradient of value would be "
                "lost. Make t floating-point, t.astype(float), or detach value"
            )
        if isinstance(value, (list, tuple)):  # its integers must fit, as those of NumPy must
            value = np.asarray(value, self._value.dtype)
        copy = self._is_held()
        self._become(self._apply(operator.setitem, self, plain_index(index), value, copy=copy))

    def _add_at(self, index: Any, value: Any) -> None:
        self._check_writable("np.add.at(t, index, value)")
        copy = self._is_held()
        self._become(self._apply(np.add.at, self, plain_index(index), value, copy=copy))

    def _is_held(self) -> bool:
        """Whether anything but this tensor may read its array: a node, a view, the user."""
        data = self._value
        if type(data) is not np.ndarray or data.base is not None or not data.flags.writeable:
            return True
        del data
        # The tensor's reference and the argument of getrefcount are two.
        return getrefcount(self._value) > 2

    def _update(self, sign: str, function: Callable[..., Any], other: Any) -> Self:
        """Record ``t = function(t, other)`` for the in-place operator `sign`."""
        if getattr(self._value, "is_python_number", False):
            bound: Self = function(self, other)  # a number does not change: its name is bound anew
            return bound
        what = f"t {sign} other"
        # t[i] += v takes t[i], adds v, and puts the sum back: only that is seen in the end.
        is_temporary = self._relatives is not None and getrefcount(self) <= _IN_UPDATE
        self._check_writable(what, is_temporary)
        out = function(self, other)
        if out.shape != self._value.shape:
            raise ValueError(
                f"{what}: the result has shape {out.shape}, but t has shape {self._value.shape}"
            )
        if out.dtype != self._value.dtype:
            if not np.can_cast(out.dtype, self._value.dtype, "same_kind"):
                raise TypeError(f"{what}: cannot cast {out.dtype} to {self._value.dtype}")
            out = out.astype(self._value.dtype)
        return self._become(out)

    # --- ndarray's methods that write ----------------------------------------------------------

    def sort(
        self,
        axis: int = -1,
        kind: Any = None,
        order: Any = None,
        *,
        stable: Any = None,
        descending: Any = None,
    ) -> None:
        """Sort the elements in place, as ``ndarray.sort``."""
        self._check_writable("t.sort()")
        axis = operator.index(axis)  # by None, as np.sort takes it, it would lose its shape
        given = {"stable": stable, "descending": descending}  # NumPy 2.5 knows the last
        options = {name: option for name, option in given.items() if option is not None}
        self._become(np.sort(self, axis, kind, order, **options))  # type: ignore[call-overload]

    def partition(
        self, kth: Any, axis: int = -1, kind: Any = "introselect", order: Any = None
    ) -> None:
        """Bring the element at `kth` to its place, as ``ndarray.partition``."""
        self._check_writable("t.partition()")
        axis = operator.index(axis)
        options = {} if order is None else {"order": order}
        self._become(np.partition(self, kth, axis, kind, **options))  # type: ignore[call-overload]

    def fill(self, value: Any) -> None:
        """Set every element to `value`, a single number."""
        if np.ndim(value):
            raise ValueError(f"fill takes a single number, got an array of shape {np.shape(value)}")
        self[...] = value

    def put(self, indices: Any, values: Any, mode: Any = "raise") -> None:
        """Write `values` at positions in the flattened array, as ``np.put``."""
        np.put(self, indices, values, mode)  # type: ignore[arg-type]

    def _become(self, out: Any) -> Self:
        """Take over the value of `out`, and what made it unless recording is off."""
        self._value = out._value
        self._relatives = None
        if MODE.get().recording:
            self._node = out._node
        return self

    def _check_writable(
        self, what: str, is_temporary: bool = False, passing: Any | None = None
    ) -> None:
        """Raise RuntimeError where a write would differ from NumPy's, or spoil a gradient.

        Parameters
        ----------
        what
            What is written.
        is_temporary
            Whether nothing refers to this tensor but the line that is running.
        passing
            A view that nothing but that line refers to.
        """
        is_update = getattr(MODE.get().call, "is_update", None)  # a program is being recorded
        if isinstance(self._node, Leaf) and MODE.get().recording:
            instead = "do it under mg.no_grad(), or on a result (t = t.copy())"
            if is_update is not None:
                instead = "do it on a copy (t = t.copy()), and leave the argument as it is"
            raise RuntimeError(f"{what} on a leaf that requires a gradient: {instead}")
        if not self._relatives:
            return
        if is_update is not None and is_update():
            return
        for reference in self._relatives:
            other = reference()
            if other is None or other is self or other is passing or not self._sees(other):
                continue
            if is_temporary and puts_back(sys._getframe(3)):
                return
            instead = (
                "Write t[i, j] = v for t[i][j] = v; t[i] = t[i] + v for v2 = t[i]; v2 += v; write "
                "into a copy, t = t.copy(); or build the result with np.where, np.concatenate or "
                "np.stack"
            )
            if not MODE.get().recording:
                instead = "Delete one (del v), or write t.data -= v, which changes both"
            raise RuntimeError(
                f"{what}: one of two live tensors is a view of the other. NumPy would change "
                f"both, a recorded write changes one. {instead}"
            )

    def _sees(self, other: Any) -> bool:
        """Whether a write into one of two related tensors would be seen in the other, in NumPy."""
        if np.may_share_memory(plain(other._value), plain(self._value)):
            return True
        # Parts of an array that is being filled are copies, which stand for views.
        if not (_is_copy(self._node) or _is_copy(other._node)):
            return False
        same_root = root_of(other._node) is root_of(self._node)
        return same_root and self._value.size > 0 and other._value.size > 0

    def _relate(self, view: Any) -> None:
        """Note that `view` shares memory with this tensor."""
        if self._relatives is None:
            self._relatives = [weakref.ref(self)]
        elif not len(self._relatives) & (len(self._relatives) - 1):
            # Whenever there are twice as many, forget those that are gone.
            self._relatives[:] = [known for known in self._relatives if known() is not None]
        self._relatives.append(weakref.ref(view))
        view._relatives = self._relatives

    # --- in-place operators --------------------------------------------------------------------

    # `t -= v` is recorded as `t - v`, for which the tensor then stands.
    def __iadd__(self, other: Any) -> Self:
        return self._update("+=", operator.add, other)

    def __isub__(self, other: Any) -> Self:
        return self._update("-=", operator.sub, other)

    def __imul__(self, other: Any) -> Self:
        return self._update("*=", operator.mul, other)

    def __itruediv__(self, other: Any) -> Self:
        return self._update("/=", operator.truediv, other)

    def __ifloordiv__(self, other: Any) -> Self:
        return self._update("//=", _constant(np.floor_divide), other)

    def __imod__(self, other: Any) -> Self:
        return self._update("%=", operator.mod, other)

    def __ilshift__(self, other: Any) -> Self:
        return self._update("<<=", _constant(np.left_shift), other)

    def __irshift__(self, other: Any) -> Self:
        return self._update(">>=", _constant(np.right_shift), other)

    def __iand__(self, other: Any) -> Self:
        return self._update("&=", _constant(np.bitwise_and), other)

    def __ior__(self, other: Any) -> Self:
        return self._update("|=", _constant(np.bitwise_or), other)

    def __ixor__(self, other: Any) -> Self:
        return self._update("^=", _constant(np.bitwise_xor), other)

    def __ipow__(self, other: Any) -> Self:
        return self._update("**=", operator.pow, other)

    def __imatmul__(self, other: Any) -> Self:
        return self._update("@=", operator.matmul, other)


def _is_copy(node: Node | None) -> bool:
    return type(node) is View and node.is_copy


def _constant(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function without a gradient, which gives an array, one of tensors."""
    return lambda a, b: type(a)(np.asarray(function(a, b)))


class _Counted:
    """Counts how often a temporary is referred to where Writable counts: a sample of its calls."""

    def __getitem__(self, index: int) -> _Counted:
        return _Counted()

    def __setitem__(self, index: int, value: Any) -> None:
        self.in_setitem = getrefcount(value)
        self.in_update = value.in_update

    def __iadd__(self, other: Any) -> Self:
        return self._update("+=", operator.add, other)

    def _update(self, sign: str, function: Callable[..., Any], other: Any) -> Self:
        self.in_update = getrefcount(self)
        return self


_sample = _Counted()
_sample[0] += 1
_IN_SETITEM, _IN_UPDATE = _sample.in_setitem, _sample.in_update
