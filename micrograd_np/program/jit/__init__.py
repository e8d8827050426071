"""A program that runs from generated source, into buffers it owns."""

from micrograd_np.program.jit.jitted import Jitted, Stats, jit

__all__ = ["Jitted", "Stats", "jit"]
