"""A recorded run as straight-line NumPy: traced, simplified, printed."""

from micrograd_np.program.derive import derive
from micrograd_np.program.program import Program

__all__ = ["Program", "derive"]
