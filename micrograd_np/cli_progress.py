"""A bar on standard error, for commands that take a while."""

import sys
from types import TracebackType


class Progress:
    """A bar that is drawn where standard error and the output are a terminal.

    Parameters
    ----------
    total
        How much there is to do.
    what
        What stands before the bar.
    """

    def __init__(self, total: int, what: str) -> None:
        self.total = max(total, 1)
        self.what = what
        self.shown = sys.stderr.isatty() and sys.stdout.isatty()
        self._longest = 0

    def __enter__(self) -> "Progress":
        return self

    def show(self, done: int, now: str = "") -> None:
        """Draw the bar with so much done; `now` is what is being done."""
        if self.shown:
            bar = "#" * (30 * done // self.total)
            line = f"{self.what} [{bar:30}] {done}/{self.total} {now}".rstrip()[:100]
            self._longest = max(self._longest, len(line))
            sys.stderr.write(f"\r{line:{self._longest}}")  # over what was longer before
            sys.stderr.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
