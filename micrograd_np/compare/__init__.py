"""Hand-written gradients against automatic ones."""

from micrograd_np.compare.check import Check, check

__all__ = ["Check", "check"]
