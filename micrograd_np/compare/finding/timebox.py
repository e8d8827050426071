"""How long to look for something."""

from __future__ import annotations

import time


class TimeBox:
    """The time that there is to look for something.

    It is counted in the time that this thread has computed, so that what is found does not depend
    on what else a machine does; but it is over after twice as long in any case.

    Parameters
    ----------
    seconds
        How long.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._computed = time.thread_time()
        self._begun = time.monotonic()

    def share(self, part: float) -> TimeBox:
        """Return a box that is over when a part of this one's time has passed."""
        box = TimeBox(part * self.seconds)
        box._computed, box._begun = self._computed, self._begun
        return box

    def rest(self, part: float) -> TimeBox:
        """Return a box that is over when a part of the time that is left of this one has passed."""
        left = self.seconds - (time.thread_time() - self._computed)
        return TimeBox(part * max(left, 0.0))

    @property
    def deadline(self) -> float:
        """When it is over in any case, on the scale of ``time.monotonic``."""
        return self._begun + 2 * self.seconds

    @property
    def is_over(self) -> bool:
        """Whether the time has passed."""
        return (
            time.thread_time() - self._computed > self.seconds or time.monotonic() > self.deadline
        )
