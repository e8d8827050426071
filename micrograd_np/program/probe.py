"""Asking NumPy for the shape of a result, by computing on zeros of other lengths."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from micrograd_np.mode import mode
from micrograd_np.operation import Operation
from micrograd_np.program.containers import replaced
from micrograd_np.program.numbers import Number, Simple, evaluate
from micrograd_np.program.traced import Traced

if TYPE_CHECKING:
    from micrograd_np.program.recording import Trace


class Probe:
    """Computes an operation on zeros of other lengths, and returns the shapes of the results."""

    def __init__(self, trace: Trace, operation: Operation, args: Any, options: Any) -> None:
        self.trace = trace
        self.operation = operation
        self.args = args
        self.options = options

    def __call__(
        self,
        longer: set[Simple],
        *,
        one: Collection[Simple] = (),
        times: int = 1,
        more: int = 1,
        shapes: Mapping[Traced, tuple[int, ...]] | None = None,
    ) -> list[tuple[int, ...]] | None:
        """Return the shapes where the lengths in `longer` are one more, None if NumPy refuses.

        Or so many `more`. Those in `one` are one; with `times`, those in `longer` are so many
        times as long instead.
        `shapes` gives some arrays another shape.
        """
        changed = shapes or {}

        def look_up(it: Simple) -> Any:
            it = self.trace.representative(it)
            if it in one:
                return 1
            if it not in longer:
                return it.number
            return it.number + more if times == 1 else it.number * times

        def blank(value: Any) -> Any:
            if isinstance(value, Number):
                return evaluate(value, look_up)
            if not isinstance(value, Traced):
                return value
            if value in changed:
                return np.zeros(changed[value], value.dtype)
            if not any(isinstance(n, Number) for n in value.shape):
                return value.value
            return np.zeros([evaluate(n, look_up) for n in value.shape], value.dtype)

        try:  # a length that is a difference of others may come out negative
            args, options = replaced((self.args, self.options), blank)
            with mode(call=None), np.errstate(all="ignore"):
                out = self.operation.function(*args, **options)
        except (ValueError, IndexError, TypeError):
            return None
        return [np.shape(part) for part in (out if isinstance(out, (tuple, list)) else [out])]
