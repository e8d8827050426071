"""Lines that write no gradient themselves: told by what the lines after them make of it."""

import numpy as np
import pytest

from compare.written import cases_of, compared, normal, replaced, with_line, wrong_lines
from micrograd_np.compare.finding.localise import Localiser
from micrograd_np.compare.finding.nearby import LIKELY, Nearby
from micrograd_np.compare.finding.through import Through

LOGISTIC = """\
import numpy as np


def forward(X, y, w, b):
    z = X @ w + b
    p = 1 / (1 + np.exp(-z))
    loss = np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))
    loss = -0.25 * loss
    return loss


def backward(X, y, z, p):
    dlog = -0.25
    dp = y / p
    dp -= (1 - y) / (1 - p)
    dp *= dlog
    dz = dp * p * (1 - p)
    dw = X.T @ dz
    db = dz.sum()
    return dw, db
"""

NORM = """\
import numpy as np


def forward(x, W, gamma):
    pre = x @ W
    centred = pre - pre.mean(axis=0)
    std = np.sqrt((centred**2).mean(axis=0) + 1e-5)
    norm = centred / std
    out = gamma * norm
    loss = np.sum(np.sin(out))
    return loss


def backward(x, W, gamma, centred, std, norm, out):
    N = len(x)
    dout = np.cos(out)
    dgamma = (dout * norm).sum(axis=0)
    dnorm = dout * gamma
    dstd = dnorm * centred
    dstd = dstd.sum(axis=0)
    dstd /= std**2
    dstd *= -1
    dcentred = dnorm / std + centred * dstd / std / N
    dpre = dcentred - dcentred.mean(axis=0)
    dW = x.T @ dpre
    return dW, dgamma
"""

LABELS = {"X": normal(6, 4), "y": np.array([0, 1, 1, 0, 1, 0.0]), "w": normal(4), "b": 0.3}
BATCH = {"x": normal(6, 4), "W": normal(4, 3), "gamma": normal(3) + 1}

FIRST, SECOND, THIRD = "dp = y / p", "dp -= (1 - y) / (1 - p)", "dp *= dlog"

LOGISTIC_MISTAKES = [
    (FIRST, "dp = y * p", "wrong derivative"),
    (FIRST, "dp = -y / p", "sign"),
    (FIRST, "dp = y / p**2", "wrong derivative"),
    (FIRST, "dp = z / p", "wrong quantity"),
    (FIRST, "dp = y", "wrong derivative"),
    (SECOND, "dp += (1 - y) / (1 - p)", "sign"),
    (SECOND, "dp -= (1 + y) / (1 - p)", "sign"),
    (SECOND, "dp -= (1 - y) * (1 - p)", "wrong derivative"),
    (SECOND, "dp -= (1 - y) / p", "wrong derivative"),
    (THIRD, "dp /= dlog", "scale"),
    (THIRD, "dp += dlog", "scale"),
    (THIRD, "dp *= -dlog", "sign"),
]

MISTAKES = [
    *((LOGISTIC, LABELS, *mistake) for mistake in LOGISTIC_MISTAKES),
    (NORM, BATCH, "dstd = dnorm * centred", "dstd = dout * centred", "wrong quantity"),
]
ONLY_THROUGH = [mistake for mistake in MISTAKES if mistake[3] in (
    "dp -= (1 - y) / p", "dstd = dout * centred")]  # fmt: skip


@pytest.mark.parametrize(("text", "inputs"), [(LOGISTIC, LABELS), (NORM, BATCH)])
def test_the_passes_are_right_without_a_mistake(load, text, inputs):
    assert compared(load, text, inputs).ok


@pytest.mark.parametrize(("text", "inputs", "right", "wrong", "kind"), MISTAKES)
def test_the_line_is_named_with_its_kind_and_repaired(load, text, inputs, right, wrong, kind):
    report = compared(load, with_line(text, right, wrong), inputs)
    assert wrong_lines(report) == [(wrong, kind)]
    assert replaced(report) == (wrong, right)


@pytest.mark.parametrize(("text", "inputs", "right", "wrong", "kind"), ONLY_THROUGH)
def test_nothing_else_repairs_it(load, monkeypatch, text, inputs, right, wrong, kind):
    monkeypatch.setattr(Through, "repair", lambda *_: None)
    report = compared(load, with_line(text, right, wrong), inputs)
    assert report.repair is None or replaced(report)[1] != right


def through(load, text, inputs):
    """Return what looks for lines before those that are not recognised."""
    localiser = Localiser(cases_of(load, text, inputs), 30)
    nearby = Nearby(localiser.case, localiser.look, localiser.search)
    return Through(nearby)


def found_by(one, limit=2.0, least=0.0):
    found = one.repair(limit, least)
    if found is None:
        return None
    target, repair = found
    assert target.node is repair.node
    return repair.code.source(target.node), repair.edit.text


@pytest.mark.parametrize(
    ("text", "inputs", "right", "wrong"),
    [mistake[:4] for mistake in MISTAKES if mistake[2] != THIRD],
)
def test_each_of_the_lines_before_is_looked_at(load, text, inputs, right, wrong):
    assert found_by(through(load, with_line(text, right, wrong), inputs)) == (wrong, right)


def test_only_repairs_of_a_cost_between_two_others_are_tried(load):
    one = through(load, with_line(LOGISTIC, SECOND, "dp += (1 - y) / (1 - p)"), LABELS)
    assert found_by(one, limit=0.5) is None
    assert found_by(one, limit=2.0, least=1.9) is None
    assert found_by(one, limit=LIKELY) is not None


def test_a_right_pass_has_no_line_to_repair(load):
    assert found_by(through(load, LOGISTIC, LABELS)) is None


def test_zeros_that_are_added_to_are_no_line_to_repair(load):
    text = with_line(LOGISTIC, FIRST, "dp = np.zeros_like(p)\n    dp += y * p")
    one = through(load, text, LABELS)
    judge, run = next(one._judges())
    before = [target.steps[at].node for target, at, _ in one._before(judge, run)]
    code = judge.steps[run].code
    assert [code.source(node) for node in before[:3]] == [SECOND, "dp += y * p", "dlog = -0.25"]


LOOP = LOGISTIC.replace(
    "    dp = y / p\n    dp -= (1 - y) / (1 - p)\n    dp *= dlog\n    dz = dp * p * (1 - p)\n",
    """\
    dz = np.zeros_like(p)
    for i in range(len(y)):
        dp = y[i] / p[i]
        dp -= (1 - y[i]) / (1 - p[i])
        dp *= dlog
        dz[i] = dp * p[i] * (1 - p[i])
""",
)


def test_lines_of_another_turn_of_a_loop_are_not_run_between(load):
    one = through(load, with_line(LOOP, "    dp *= dlog", "    dp *= dlog + 1"), LABELS)
    before = {
        judge.path: [target.steps[at].iteration for target, at, _ in one._before(judge, run)]
        for judge, run in one._judges()
    }
    assert set(before["dp"]) == {(0,)}
    assert before["dw"] == []
