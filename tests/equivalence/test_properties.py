"""Every property of `micrograd_np.testing`, at the budget of the test run.

The same properties are what ``micrograd-np verify`` tries.
"""

import random

import pytest
from hypothesis import settings

from equivalence.evidence import EVIDENCE
from micrograd_np.testing.operations.in_torch import torch
from micrograd_np.testing.properties import PROPERTIES

EXAMPLES = {"networks": 60, "layers": 60, "training": 60, "programs": 240, "operations": 12}
"""How many examples a property of weight 1 gets by default."""


def seed():
    """Return one that is the same on every run where the examples are to be."""
    return 0 if settings.default.derandomize else random.SystemRandom().randrange(2**32)


@pytest.mark.parametrize("prop", PROPERTIES, ids=str)
def test_all_sides_agree(prop):
    if torch is None and prop.needs_torch:
        pytest.skip("PyTorch is the other side")
    share = settings.default.max_examples / 60
    examples = max(1, round(EXAMPLES[prop.group] * prop.weight * share))
    drawn_by = seed()
    evidence = prop.try_out(examples, drawn_by)
    EVIDENCE[prop.name] = evidence
    if not evidence.ok:
        pytest.fail(f"seed {drawn_by}\n{evidence.failure}", pytrace=False)
    assert not evidence.left_out
    assert evidence.examples >= min(examples, 10)
    if prop.group == "programs" and examples >= 100:
        assert set(evidence.seen) == {
            "a freed graph",
            "a write beside a view",
            "more than five steps back",
            "more than five steps back, writes among them",
        }
