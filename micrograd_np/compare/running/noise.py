"""What NumPy says on its own where an edit that is tried makes no sense."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_noise() -> Iterator[None]:
    """Keep back what NumPy prints where ``np.add.at`` is given an index out of range.

    It raises IndexError, which the search takes for an answer; that a copy which it had made could
    not be written back, it prints besides, whatever catches the error.
    """
    before = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        if unraisable.object != "array_dealloc":
            before(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
