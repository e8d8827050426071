"""What makes plain numbers of arrays keeps the gradient, where code is run that knows no tensors.

``float(loss)``, ``math.exp(s)`` and ``np.asarray(x)`` are right in NumPy, and cannot be followed.
While a forward pass is followed they are replaced by what can be.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from types import ModuleType
from typing import Any

import numpy as np

from micrograd_np.conversions import is_followed
from micrograd_np.tensor import Tensor

_ARRAYS = ("asarray", "asanyarray", "ascontiguousarray")
_lock = Lock()
_originals: dict[str, Any] = {}
_count = 0


@contextmanager
def kept_arrays() -> Iterator[None]:
    """Let ``np.asarray`` of a tensor be the tensor, in code that is followed."""
    global _count
    with _lock:
        if not _count:
            for name in _ARRAYS:
                _originals[name] = getattr(np, name)
                setattr(np, name, _kept(_originals[name]))
        _count += 1
    try:
        yield
    finally:
        with _lock:
            _count -= 1
            if not _count:
                for name in _ARRAYS:
                    setattr(np, name, _originals.pop(name))


def _kept(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def convert(a: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
        if isinstance(a, Tensor) and is_followed():
            return a if dtype is None or np.dtype(dtype) == a.dtype else a.astype(dtype)
        return function(a, dtype, *args, **kwargs)

    return convert


# --- functions of numbers ------------------------------------------------------------------------

_SAME = {
    "pow": "power", "fabs": "abs", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "atan2": "arctan2", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
}  # fmt: skip
"""Functions of `math` that NumPy calls otherwise."""


def swapped(value: Any) -> Any:
    """Return what is run in place of a function or module while code is followed, or itself."""
    if value is float:
        return Float
    if value is math:
        return _MATH
    if type(value) is _BUILTIN and getattr(value, "__module__", None) == "math":
        return _of_math(value.__name__)
    return value


_BUILTIN = type(math.exp)


class _FloatType(type):
    def __call__(cls, value: Any = 0.0) -> Any:
        return value if isinstance(value, Tensor) else float(value)

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, float) or (isinstance(value, Tensor) and not value.ndim)

    def __getattr__(cls, name: str) -> Any:
        return getattr(float, name)


class Float(metaclass=_FloatType):
    """What ``float`` is in code that is followed: it leaves a tensor one."""

    dtype = np.dtype(float)  # so that NumPy takes it for the dtype


@functools.cache
def _of_math(name: str) -> Callable[..., Any]:
    """Return a function of `math` that takes tensors of one element, too."""
    own = getattr(math, name)

    @functools.wraps(own)
    def call(*args: Any) -> Any:
        if not any(isinstance(arg, Tensor) for arg in args):
            return own(*args)
        function = getattr(np, _SAME.get(name, name), None)
        if any(np.size(arg) != 1 for arg in args):
            raise TypeError(f"math.{name} takes one number, not an array; write np.{name}")
        if function is None:
            raise NotImplementedError(
                f"math.{name} cannot be differentiated here; write it with NumPy's functions"
            )
        return function(*(arg.reshape(()) if isinstance(arg, Tensor) else arg for arg in args))

    return call


class _Math(ModuleType):
    """The module `math`, whose functions take tensors, too."""

    def __getattr__(self, name: str) -> Any:
        return swapped(getattr(math, name))


_MATH = _Math("math")
