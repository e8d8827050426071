"""How a project tests its gradients: assertions, strategies for Hypothesis, a plugin for pytest.

>>> import numpy as np, micrograd_np as mg
>>> from micrograd_np.testing import assert_gradients_agree
>>> def by_hand(x):
...     return -np.sin(x)
>>> assert_gradients_agree(by_hand, mg.elementwise_grad(np.cos), np.array([0.5, 2.0]))

``micrograd_np.testing.strategies`` draws inputs; it needs Hypothesis. With pytest, a test that
takes the argument ``gradcheck`` gets `gradcheck`. ``micrograd-np verify`` tries the library itself.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from micrograd_np.testing.agreement import Disagreement
    from micrograd_np.testing.assertions import (
        assert_backward_correct,
        assert_gradients_agree,
        gradcheck,
    )

__all__ = ["Disagreement", "assert_backward_correct", "assert_gradients_agree", "gradcheck"]


def __getattr__(name: str) -> Any:
    """Import what is asked for: every run of pytest imports this package with its plugin."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "agreement" if name == "Disagreement" else "assertions"
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
