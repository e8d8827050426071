"""How far right lines are said to be from what they compute."""

import re

import numpy as np
import pytest

import micrograd_np as mg

TEXT = """
import numpy as np

def forward(scores, y):
    shifted = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    return loss

def backward(p, y):
    dscores = p.copy()
    dscores[np.arange(len(y)), y] -= 1
    dscores /= len(y)
    return dscores
"""


@pytest.mark.parametrize("size", [1, 9, 15, 30])
def test_what_cancels_has_the_error_of_what_it_is_made_of(load, size):
    module = load(TEXT)
    scores = size * np.random.default_rng(0).normal(size=(8, 4))
    report = mg.compare(module.forward, module.backward, scores=scores, y=scores.argmax(axis=1))
    assert report.ok
    told = [line.radii for line in report.lines if line.radii is not None]
    assert len(told) == 2
    assert max(told) < 3  # though where it is 30, p - 1 has not one digit


def test_a_factor_that_is_almost_one_is_seen(load):
    module = load(TEXT.replace("dscores /= len(y)", "dscores /= len(y) * (1 + 1e-10)"))
    scores = np.random.default_rng(0).normal(size=(8, 4))
    report = mg.compare(module.forward, module.backward, scores=scores, y=np.arange(8) % 4)
    last = report.lines[-1]
    assert last.radii > 1e4


def test_the_worst_of_lines_and_gradients_is_told(load):
    module = load(TEXT)
    scores = np.random.default_rng(0).normal(size=(8, 4))
    report = mg.compare(module.forward, module.backward, scores=scores, y=np.arange(8) % 4)
    lines = [line.radii for line in report.lines if line.radii is not None]
    worst = max(*lines, *(g.radii for g in report.gradients))
    assert len(lines) > 1
    assert re.search(r"at most (\S+) rounding radii", str(report))[1] == f"{worst:.1f}"


def test_more_than_rounding_does_is_told_though_no_mistake_is_so_small(load):
    module = load(TEXT.replace("dscores /= len(y)", "dscores /= len(y) * (1 + 1e-10)"))
    scores = np.random.default_rng(0).normal(size=(8, 4))
    report = mg.compare(module.forward, module.backward, scores=scores, y=np.arange(8) % 4)
    assert report.ok
    assert "more than rounding was seen to do" in report.notes[0]
    assert re.search(r"by \de-1[0-2] of its greatest element", report.notes[0])
