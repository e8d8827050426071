"""Random programs beside differences: what a step back gives is what the values say."""

from dataclasses import replace

import numpy as np
import pytest

from micrograd_np.rounding import rounding_radius

pytest.importorskip("torch", reason="PyTorch is a side of random programs")
from micrograd_np.testing.programs.by_values import along_a_direction
from micrograd_np.testing.programs.sides import BothSides


@pytest.fixture(autouse=True)
def _no_notes(monkeypatch):
    """Hypothesis takes them from its own tests alone."""
    monkeypatch.setattr("micrograd_np.testing.programs.sides.note", lambda text: None)


X, Y = np.array([0.5, -0.25, 1.25]), np.array([[1.0], [2.0]], np.float32)
STEPS = {
    "recorded": [("compute", "c", "a * f.tanh(b)", ["a", "b"], {}, True)],
    "not recorded": [
        ("compute", "d", "f.exp(a)", ["a"], {}, False),
        ("compute", "c", "a * b", ["a", "d"], {}, True),
    ],
    "detached": [
        ("compute", "d", "a * a", ["a"], {}, True),
        ("detach", "e", "d"),
        ("compute", "c", "a * b", ["d", "e"], {}, True),
    ],
    "written": [
        ("compute", "c", "a * b", ["a", "b"], {}, True),
        ("write", "c", "set", "a", np.s_[1], True),
        ("write", "c", "mul", "c", None, True),
    ],
    "written, not recorded": [
        ("compute", "c", "a * b", ["a", "b"], {}, True),
        ("write", "c", "mul", 3.0, None, False),
        ("compute", "c", "a * a", ["c"], {}, True),
    ],
    "a leaf, stepped": [
        ("compute", "d", "a * a", ["a"], {}, True),
        ("write", "a", "mul", 2.0, None, False),
        ("compute", "c", "a * b", ["a", "d"], {}, True),
    ],
    "a leaf that is gone": [
        ("compute", "c", "a * b", ["a", "b"], {}, True),
        ("forget", "b"),
    ],
    "sent back before": [
        ("compute", "d", "a * a", ["a"], {}, True),
        ("backward", "d", np.ones(3), True, True),
        ("zero_grad", "a"),
        ("compute", "c", "a * b", ["a", "d"], {}, True),
    ],
}


@pytest.mark.parametrize("case", STEPS)
def test_differences_of_the_same_steps_agree(case):
    both = BothSides()
    both.do("leaf", "a", X, True)
    both.do("leaf", "b", Y, True)
    for step in STEPS[case]:
        both.do(*step)
    both.do("backward", "c", np.cos(both.ours.value("c")), True, True)
    radii = rounding_radius(both.again, *both.given())
    found = along_a_direction(both, radii)
    assert found.sides == ("differences", "auto")
    assert found.distance.ok
    assert not found.wanted.undecided
    assert found.wanted.radius < 1e-5 * abs(found.wanted.value)
    name = "gradient of a"
    wrong = {**radii, name: replace(radii[name], value=radii[name].value * 1.001)}
    assert not along_a_direction(both, wrong).distance.ok


def test_at_a_kink_nothing_is_compared():
    both = BothSides()
    both.do("leaf", "a", np.zeros(2), True)
    both.do("compute", "c", "abs(a)", ["a"], {}, True)
    both.do("backward", "c", np.ones(2), True, True)
    found = along_a_direction(both, rounding_radius(both.again, *both.given()))
    assert found.wanted.undecided
    assert found.distance.ok
