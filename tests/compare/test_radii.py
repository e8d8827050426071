"""How far right lines are said to be from what they compute."""

import re

import numpy as np

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


def test_what_cancels_has_the_error_of_what_it_is_made_of(load):
    module = load(TEXT)
    scores = 9 * np.random.default_rng(0).normal(size=(8, 4))
    report = mg.compare(module.forward, module.backward, scores=scores, y=scores.argmax(axis=1))
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert probabilities.max() > 1 - 1e-6  # and p - 1 has no more than ten digits
    assert report.ok
    assert all(line.radii is None or line.radii < 10 for line in report.lines)


def test_the_worst_of_lines_and_gradients_is_told(load):
    module = load(TEXT)
    scores = np.random.default_rng(0).normal(size=(8, 4))
    report = mg.compare(module.forward, module.backward, scores=scores, y=np.arange(8) % 4)
    lines = [line.radii for line in report.lines if line.radii is not None]
    worst = max(*lines, *(g.radii for g in report.gradients))
    assert len(lines) > 1
    assert re.search(r"at most (\S+) rounding radii", str(report))[1] == f"{worst:.1f}"
