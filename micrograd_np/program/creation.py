"""Arrays that are made from scratch while tracing: ``np.zeros((n, k))`` is a statement too.

NumPy dispatches on arguments, and these functions are given none that is traced. So while a
function is traced, they are looked up in `numpy` by names that lead here, and so is ``len``; in any
thread or task that does not trace, they are what they always were.
"""

from __future__ import annotations

import builtins
import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from types import FrameType
from typing import Any

import numpy as np

from micrograd_np.frames import calls_by_name, here, is_users
from micrograd_np.mode import MODE
from micrograd_np.operation import OPERATIONS
from micrograd_np.program.containers import inside
from micrograd_np.program.recording import Trace
from micrograd_np.program.traced import TraceError
from micrograd_np.tensor import Tensor

CREATION = ("zeros", "ones", "empty", "full", "eye", "identity", "arange", "linspace", "array")

_OURS = ("micrograd_np.rules", "micrograd_np.engine", "micrograd_np.transforms")
"""Where the library itself makes arrays that belong into a program."""

_len = len
_lock = Lock()
_originals: dict[str, Any] = {}
_tracing = 0


@contextmanager
def traced_creation() -> Iterator[None]:
    """Record what NumPy's creation functions make, where a trace is running.

    Raises
    ------
    TraceError
        If one is running already, which would not see what is computed inside.
    """
    global _tracing
    running = MODE.get().call
    if isinstance(running, Trace) and running.open:
        raise TraceError(
            f"{here()}a program is being recorded already; call mg.trace and mg.derive outside of "
            "it (mg.grad may be called inside)"
        )
    with _lock:
        if not _tracing:
            for name in CREATION:
                _originals[name] = getattr(np, name)
                setattr(np, name, _traced(_originals[name]))
            builtins.len = _length_of
        _tracing += 1
    try:
        yield
    finally:
        with _lock:
            _tracing -= 1
            if not _tracing:
                for name in CREATION:
                    setattr(np, name, _originals.pop(name))
                builtins.len = _len


def _traced(function: Callable[..., Any]) -> Callable[..., Any]:
    operation = OPERATIONS[function]

    @functools.wraps(function)
    def create(*args: Any, **kwargs: Any) -> Any:
        call: Any = MODE.get().call
        creates = getattr(call, "creates", False)
        if not creates or not _is_meant(sys._getframe(1), function.__name__):
            return function(*args, **kwargs)
        if function is _originals.get("array") and args:
            joined = _joined(args[0])
            if joined is not None:
                return joined
        if any(isinstance(a, Tensor) and a.requires_grad for a in (*args, *kwargs.values())):
            if operation.kind == "differentiable":
                return function(*args, **kwargs)
            return _filled(function, args, kwargs)
        made = call(operation, list(args), kwargs)
        is_index = type(made) is np.ndarray and made.dtype.kind not in "fc"
        return made if is_index else Tensor(made)

    return create


def _filled(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Return ``np.full(shape, t)``, through which the gradient of t travels."""
    if function is not _originals.get("full") or len(args) != 2 or kwargs:
        raise TypeError(
            f"np.{function.__name__} would lose the gradient of its arguments; compute with "
            "np.ones, np.arange and the like of plain numbers, and multiply"
        )
    shape, fill = args
    return np.broadcast_to(fill, shape if isinstance(shape, tuple) else (shape,)).copy()


def _length_of(value: Any) -> Any:
    """Return ``len(value)``: of a traced tensor, a number that stays open.

    Python itself would make a plain integer of what ``__len__`` returns.
    """
    shape = value.shape if type(value) is Tensor else ()
    return shape[0] if shape else _len(value)


def _is_meant(frame: FrameType, name: str) -> bool:
    """Whether a call stands in the user's code or in a rule, not in a package that uses NumPy.

    Compiled packages have no frame: they look as if the user's line had called.
    """
    if (frame.f_globals.get("__name__") or "").startswith(_OURS):
        return True
    return is_users(frame) and calls_by_name(frame, name)


def _joined(data: Any) -> Tensor | None:
    """Return nested sequences of tensors as one tensor; None if there is no tensor in them."""
    if isinstance(data, Tensor):
        return data.copy()
    if isinstance(data, (list, tuple)) and any(isinstance(item, Tensor) for item in inside(data)):
        rows = [_joined(item) if isinstance(item, (list, tuple)) else item for item in data]
        stacked: Any = np.stack(rows)  # type: ignore[arg-type]  # of Tensors
        return stacked if isinstance(stacked, Tensor) else None
    return None
