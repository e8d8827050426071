"""The libraries that take part where they are installed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any


@dataclass(frozen=True)
class Peer:
    """Another library, and how it does what is timed.

    Parameters
    ----------
    module
        The name by which it is imported.
    make
        Makes its run.
    called
        What it is called in tables; its module's name by default.
    """

    module: str
    make: Callable[..., Any]
    called: str = ""

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return self.called or self.module

    @property
    def is_there(self) -> bool:
        """Whether it is installed."""
        return find_spec(self.module) is not None

    @property
    def version(self) -> str:
        """Which version is installed."""
        return version(self.module)

    def sized(self, bind: Callable[[Callable[..., Any]], Callable[..., Any]]) -> "Peer":
        """Return the same with arguments bound to `make`."""
        return replace(self, make=bind(self.make))


def use_threads(threads: int) -> None:
    """Let PyTorch use so many threads, if it is there; NumPy was told before it was imported."""
    if find_spec("torch") is not None:
        import torch

        torch.set_num_threads(threads)
