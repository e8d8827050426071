"""Hand-written gradients against automatic ones."""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_LATER = {
    "BackwardIsWrong": "report.report",
    "Check": "check",
    "Gradient": "report.report",
    "Line": "report.report",
    "Report": "report.report",
    "assert_backward_correct": "comparing",
    "check": "check",
    "compare": "comparing",
}
"""Where the public names are: imported when they are asked for, since few programs need it all."""


class _Callable(ModuleType):
    """A package that is also the function ``mg.compare``, whose place it takes when imported.

    Python makes a package an attribute of the one around it, by the name that the function has; and
    `check` likewise is a module and the function in it.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> "Report":
        from micrograd_np.compare.comparing import compare

        return compare(*args, **kwargs)

    def __getattribute__(self, name: str) -> Any:
        later = ModuleType.__getattribute__(self, "__dict__").get("_LATER", {})
        if name not in later:
            return ModuleType.__getattribute__(self, name)
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{later[name]}"), name)


sys.modules[__name__].__class__ = _Callable
