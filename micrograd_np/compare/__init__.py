"""Hand-written gradients against automatic ones."""

import sys
from types import ModuleType
from typing import Any

from micrograd_np.compare.check import Check, check
from micrograd_np.compare.comparing import assert_backward_correct, compare
from micrograd_np.compare.report.report import BackwardIsWrong, Gradient, Line, Report

__all__ = [
    "BackwardIsWrong",
    "Check",
    "Gradient",
    "Line",
    "Report",
    "assert_backward_correct",
    "check",
    "compare",
]


class _Callable(ModuleType):
    """A package that is also the function ``mg.compare``, whose place it takes when imported.

    Python makes a package an attribute of the one around it, by the name that the function has.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Report:
        return compare(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
