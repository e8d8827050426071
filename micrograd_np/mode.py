"""What holds for the operations of a thread or task: whether they are recorded, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from micrograd_np.operation import Operation


class Mode(NamedTuple):
    """What holds for the operations of this thread or task."""

    recording: bool = True
    """Whether operations are recorded (False inside ``no_grad``)."""
    call: Callable[[Operation, list[Any], dict[str, Any]], Any] | None = None
    """Computes an operation in place of its own function: the seam for other readings."""
    depth: int = 0
    """How many transforms (``grad``, ``vjp``) are running around this code."""


MODE: ContextVar[Mode] = ContextVar("micrograd_np mode", default=Mode())  # noqa: B039


@contextmanager
def mode(**changes: Any) -> Iterator[None]:
    """Change the mode inside a ``with`` block, in this thread or task only."""
    token = MODE.set(MODE.get()._replace(**changes))
    try:
        yield
    finally:
        MODE.reset(token)


def no_grad() -> AbstractContextManager[None]:
    """Compute without recording, in this thread or task: ``with no_grad():`` or ``@no_grad()``.

    Examples
    --------
    >>> import micrograd_np as mg
    >>> w = mg.tensor([1.0, 2.0], requires_grad=True)
    >>> with mg.no_grad():
    ...     w -= 0.5
    >>> w
    Tensor([0.5, 1.5], requires_grad=True)
    """
    return mode(recording=False)
