"""A recorded run as straight-line NumPy: traced, simplified, printed."""

from micrograd_np.program.blocks import trace
from micrograd_np.program.derive import derive
from micrograd_np.program.program import Input, Program, Statement
from micrograd_np.program.traced import TraceError

__all__ = ["Input", "Program", "Statement", "TraceError", "derive", "trace"]
