"""What stands for an array while a program is recorded."""

from __future__ import annotations

import operator
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from micrograd_np.frames import Line, here, is_users
from micrograd_np.mode import Symbolic
from micrograd_np.operation import Operation

if TYPE_CHECKING:
    from micrograd_np.graph import Node
    from micrograd_np.program.numbers import Number
    from micrograd_np.program.recording import Trace


class TraceError(TypeError):
    """Something a program cannot be recorded of; the message names the line and what to write."""


class Take(NamedTuple):
    """One of the several results of an operation."""

    whole: Traced
    position: int


class Traced(Symbolic):
    """One value of a program: what computes it, and what it was in the recorded run.

    Attributes
    ----------
    value
        The array or Python number of the recorded run.
    shape
        The length of each axis: a Number where it follows from the inputs.
    dtype
        The element type.
    operation, args, options
        What computes it; `operation` is None for an input or a constant.
    part
        Which result of the operation it is, where that has several.
    line
        The user's line, or None in the backward pass.
    name
        The user's variable that held it, "" if none did.
    inside
        Whether a composite function of the library computed it, as a step on its way.
    hint
        The variable of that function that held it, "" if none did.
    is_released
        Whether its value is forgotten, because the recording is over.
    is_seed
        Whether it is the input that the backward pass begins with.
    kept
        Whether it is the gradient of a value that the user gave a name.
    adjoint_of
        The value that it is the gradient with respect to, or a part of that; `suffix` tells which.
    nodes
        The nodes of the recorded results that it is the value of.
    """

    __slots__ = (
        "adjoint_of", "args", "backward", "dtype", "hint", "inside", "is_released", "is_seed",
        "kept", "line",
        "name", "nodes", "operation", "options", "part", "role", "sequence", "shape", "suffix",
        "trace", "value",
    )  # fmt: skip
    is_array = True

    def __init__(
        self,
        trace: Trace,
        value: Any,
        operation: Operation | None = None,
        args: tuple[Any, ...] = (),
        options: dict[str, Any] | None = None,
        role: str = "",
    ) -> None:
        self.trace = trace
        self.value = value
        self.operation = operation
        self.args = args
        self.options = options or {}
        self.role = role
        self.part: Take | None = None
        self.shape: tuple[int | Number, ...] = np.shape(value)
        self.dtype: np.dtype[Any] = np.asarray(value).dtype
        self.line: Line | None = None
        self.name = ""
        self.hint = ""
        self.inside = False
        self.kept = False
        self.is_seed = False
        self.is_released = False
        self.adjoint_of: Traced | None = None
        self.suffix = ""
        self.backward = False
        self.nodes: list[Node] = []
        self.sequence = 0

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        size: Any = 1
        for n in self.shape:
            size = n * size
        return size  # type: ignore[no-any-return]  # a Number stands for an int

    @property
    def base(self) -> Any:
        """What its memory belonged to in the recorded run."""
        return getattr(self.value, "base", None)

    @property
    def is_python_number(self) -> bool:
        """Whether it stands for a Python number, which does not decide the dtype of a result."""
        return isinstance(self.value, (bool, int, float, complex))

    def __repr__(self) -> str:
        return f"<{self.name or 'value'}: shape {self.shape}, {self.dtype}>"

    # --- once the recording is over, it is its array -------------------------------------------

    def _now(self, what: str, instead: str) -> Any:
        if self.trace.open:
            error = TraceError(_frozen(what, instead))
            self.trace.refusal = self.trace.refusal or error
            raise error
        return self.kept_value()

    def kept_value(self) -> Any:
        """Return the array that it was; refuse one that is forgotten."""
        if self.is_released:
            raise TraceError(
                f"{here()}a value is used that was computed while another function was recorded, "
                "and was kept (in a cache, a list, an attribute): compute it anew each time"
            )
        return self.value

    def stands_for(self) -> type | None:
        """Return the type of what it was in the recorded run, if a user's code asks for it."""
        if not is_users(sys._getframe(2)):
            return None
        return type(self.value) if self.is_python_number else np.ndarray

    def refuse_hash(self) -> None:
        """Refuse to be a member of a set or the key of a dict, which would tell it by its value."""
        if is_users(sys._getframe(2)):
            self._now("hash() of", "what does not depend on the arguments")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        instead = (
            "the tensor itself, which NumPy functions take; np.stack for a list of tensors; "
            "np.array(W)[y] to pick from an array W of your own"
        )
        return np.array(self._now("np.asarray of", instead), dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        """Compute with the array that it was."""
        return _compute(getattr(ufunc, method), args, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Compute with the array that it was."""
        return _compute(function, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._now(f".{name} of", "NumPy functions of it"), name)

    def __getitem__(self, index: Any) -> Any:
        return self._now("an index into", "NumPy functions of it")[_arrays(index)]

    def __len__(self) -> int:
        if not self.trace.open:
            return len(self.value)
        if not self.shape:
            raise TypeError("len() of a tensor without axes")
        return operator.index(self.shape[0])

    def __bool__(self) -> bool:
        return bool(
            self._now(
                "a branch on",
                "np.where(condition, a, b); or bind what decides before tracing, as in "
                "lambda x: f(x, flag)",
            )
        )

    def __float__(self) -> float:
        return float(self._now("float() of", "NumPy functions of it, such as np.sqrt"))

    def __int__(self) -> int:
        return int(self._now("int() of", "x.astype(int)"))

    def __complex__(self) -> complex:
        return complex(self._now("complex() of", "x.astype(complex)"))

    def __index__(self) -> int:
        return operator.index(
            self._now(
                "a plain integer (a range, an axis, a length) of",
                "a constant: bind it before tracing, as in lambda x: f(x, 5)",
            )
        )

    def item(self) -> Any:
        """Return the number that it was; refused while the program is being recorded."""
        return self._now(".item() of", "the tensor itself").item()

    def tolist(self) -> Any:
        """Return the numbers that it was; refused while the program is being recorded."""
        return self._now(".tolist() of", "the tensor itself").tolist()


def _compute(function: Any, args: Any, kwargs: Any) -> Any:
    return function(*_arrays(args), **_arrays(kwargs))


def _arrays(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return (tuple if isinstance(value, tuple) else list)(map(_arrays, value))
    if isinstance(value, dict):
        return {key: _arrays(item) for key, item in value.items()}
    return np.asarray(value) if isinstance(value, Traced) else value


def _frozen(what: str, instead: str) -> str:
    return (
        f"{here()}{what} a traced value: what it was in this run would be frozen into the program. "
        f"Use {instead}"
    )
