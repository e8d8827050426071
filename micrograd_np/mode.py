"""What holds for the operations of a thread or task: whether they are recorded, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from typing import Any, NamedTuple

from micrograd_np.operation import Operation


class Symbolic:
    """What stands for an array or a number while a program is recorded.

    It has the shape and dtype of what it stands for, and `value`, the one of the recorded run.
    :mod:`micrograd_np.program` makes them; below it they only need to be let through.
    """

    __slots__ = ()
    value: Any
    is_array = False
    """Whether it stands for an array, which a Tensor may hold."""

    def stands_for(self) -> type | None:
        """Return the type of what it stands for, None where that is not to be told."""
        return None

    def refuse_hash(self) -> None:
        """Raise an error where a hash would freeze the value of this run."""


def is_number(value: Any) -> bool:
    """Whether `value` stands for a plain number while a program is recorded."""
    return isinstance(value, Symbolic) and not value.is_array


def plain(value: Any) -> Any:
    """Return the array or number of the recorded run that `value` stands for; else itself."""
    return value.value if isinstance(value, Symbolic) else value


class Mode(NamedTuple):
    """What holds for the operations of this thread or task."""

    recording: bool = True
    """Whether operations are recorded (False inside ``no_grad``)."""
    call: Callable[[Operation, list[Any], dict[str, Any]], Any] | None = None
    """Computes an operation in place of its own function: the seam for other readings."""
    depth: int = 0
    """How many transforms (``grad``, ``vjp``) are running around this code."""


EAGER = Mode()
"""What holds unless it is changed."""

MODE: ContextVar[Mode] = ContextVar("micrograd_np mode", default=EAGER)


def is_eager() -> bool:
    """Whether operations compute plain arrays, as NumPy does, whoever may be watching."""
    call = MODE.get().call
    return call is None or getattr(call, "eager", False)


def refuse_effect(what: str) -> None:
    """Raise an error if a program is recorded that is to run in the place of this code.

    It would not do what is more than to compute a result.
    """
    refuse = getattr(MODE.get().call, "refuse_effect", None)
    if refuse is not None:
        refuse(what)


@contextmanager
def mode(**changes: Any) -> Iterator[None]:
    """Change the mode inside a ``with`` block, in this thread or task only."""
    token = MODE.set(MODE.get()._replace(**changes))
    try:
        yield
    finally:
        MODE.reset(token)


_OUTSIDE: ContextVar[tuple[Mode, ...]] = ContextVar("micrograd_np modes outside", default=())
"""What held around each block that this thread or task has entered."""


def enter(**changes: Any) -> None:
    """Change the mode, in this thread or task only, until :func:`leave`."""
    outside = MODE.get()
    _OUTSIDE.set((*_OUTSIDE.get(), outside))
    MODE.set(outside._replace(**changes))


def leave() -> None:
    """Go back to the mode before the last :func:`enter`.

    Raises
    ------
    RuntimeError
        If there was none in this thread or task.
    """
    outside = _OUTSIDE.get()
    if not outside:
        raise RuntimeError("a block (mg.no_grad, ...) is left that this thread has not entered")
    _OUTSIDE.set(outside[:-1])
    MODE.set(outside[-1])


class no_grad:
    """Compute without recording, in this thread or task: ``with no_grad():`` or ``@no_grad``.

    Examples
    --------
    >>> import micrograd_np as mg
    >>> w = mg.tensor([1.0, 2.0], requires_grad=True)
    >>> with mg.no_grad():
    ...     w -= 0.5
    >>> w
    Tensor([0.5, 1.5], requires_grad=True)
    """

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        """Make a block, or decorate a function."""
        block = super().__new__(cls)
        if function is not None and not callable(function):
            raise TypeError(
                f"mg.no_grad takes a function to decorate, got a {type(function).__name__}"
            )
        return block if function is None else block(function)

    def __enter__(self) -> None:
        enter(recording=False)

    def __exit__(self, *_: object) -> None:
        leave()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function`, computing without recording.

        Raises
        ------
        TypeError
            If it is a generator or a coroutine function, which computes after it has returned.
        """
        flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
        if flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR):
            raise TypeError("no_grad cannot decorate a generator or coroutine; use it inside")

        @wraps(function)
        def quiet(*args: Any, **kwargs: Any) -> Any:
            with no_grad():
                return function(*args, **kwargs)

        return quiet
