"""How a project tests its gradients: assertions, strategies for Hypothesis, a plugin for pytest.

>>> import numpy as np, micrograd_np as mg
>>> from micrograd_np.testing import assert_gradients_agree
>>> def by_hand(x):
...     return -np.sin(x)
>>> assert_gradients_agree(by_hand, mg.elementwise_grad(np.cos), np.array([0.5, 2.0]))

``micrograd_np.testing.strategies`` draws inputs; it needs Hypothesis. With pytest, a test that
takes the argument ``gradcheck`` gets `gradcheck`. ``micrograd-np verify`` tries the library itself.
"""

from micrograd_np.testing.agreement import Disagreement
from micrograd_np.testing.assertions import (
    assert_backward_correct,
    assert_gradients_agree,
    gradcheck,
)

__all__ = ["Disagreement", "assert_backward_correct", "assert_gradients_agree", "gradcheck"]
