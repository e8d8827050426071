"""Where the loss and the backward pass do not belong together, either may be the wrong one."""

import json
from dataclasses import replace

import numpy as np
import pytest

import micrograd_np as mg

TEXT = """
import numpy as np


def forward(X, y, W, reg):
    out = X @ W
    loss = np.sum((out - y) ** 2) / len(X) + 0.5 * reg * np.sum(W**2)
    return loss


def backward(X, y, W, out, reg):
    dout = 2 * (out - y) / len(X)
    dW = X.T @ dout + reg * W
    return dW
"""


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    return {
        "X": rng.normal(size=(6, 4)),
        "y": rng.normal(size=(6, 3)),
        "W": rng.normal(size=(4, 3)),
        "reg": 0.1,
    }


def report_of(load, inputs, old, new):
    assert TEXT.count(old) == 1
    made = load(TEXT.replace(old, new))
    return mg.compare(made.forward, made.backward, **inputs)


def test_a_gradient_that_lacks_a_factor_may_be_that_of_another_loss(load, inputs):
    report = report_of(load, inputs, "dout = 2 * (out - y)", "dout = (out - y)")
    assert report.first_wrong.source.startswith("dout = ")
    assert "+    dout" in report.repair
    assert report.alternative is not None
    assert "+    loss = " in report.alternative
    assert "Or the loss is not as it is meant" in str(report)
    assert json.loads(report.to_json())["alternative"] == report.alternative
    assert "+    loss = " in report._repr_html_()


def test_a_loss_that_lacks_a_penalty_may_be_as_it_is_meant(load, inputs):
    report = report_of(load, inputs, " + 0.5 * reg * np.sum(W**2)", "")
    assert report.first_wrong.kind == "loss"
    assert "np.sum(W**2)" in report.repair
    assert "+    dW = X.T @ dout\n" in report.alternative
    assert "Or the loss is as it is meant" in str(report)


def test_a_mistake_that_no_loss_explains_has_no_alternative(load, inputs):
    report = report_of(load, inputs, "dW = X.T @ dout + reg * W", "dW = X.T @ dout")
    assert report.first_wrong.kind == "missing regularisation"
    assert report.alternative is None
    report = report_of(load, inputs, "dout = 2 * (out - y)", "dout = 2 * (y - out)")
    assert report.first_wrong.kind == "sign"
    assert report.alternative is None


def test_hints_that_tell_less_keep_it_back(load, inputs):
    report = report_of(load, inputs, "dout = 2 * (out - y)", "dout = (out - y)")
    assert "Or the loss" not in str(replace(report, hint="kind"))


SIGNED = """
import numpy as np


def forward(X, y, W):
    scores = X @ W
    e = np.exp(scores)
    p = e / e.sum(axis=1, keepdims=True)
    loss = np.log(p[np.arange(len(y)), y]).mean()
    return loss


def backward(X, y, p):
    dscores = p.copy()
    dscores[np.arange(len(y)), y] -= 1
    dscores /= len(y)
    dW = X.T @ dscores
    return dW
"""


@pytest.fixture
def labelled():
    rng = np.random.default_rng(0)
    return {"X": rng.normal(size=(6, 4)), "y": np.arange(6) % 3, "W": rng.normal(size=(4, 3))}


def test_a_loss_below_zero_has_lost_its_sign(load, labelled):
    made = load(SIGNED)
    report = mg.compare(made.forward, made.backward, **labelled)
    assert (report.first_wrong.kind, report.first_wrong.meaning) == ("loss", "the loss")
    assert "+    loss = -np.log(" in report.repair
    assert "dscores" in report.alternative
    assert "Or the loss is as it is meant" in str(report)


def test_a_gradient_of_a_loss_above_zero_has_lost_its_sign(load, labelled):
    text = SIGNED.replace("loss = np.log", "loss = -np.log").replace("X.T @ dsc", "-X.T @ dsc")
    made = load(text)
    report = mg.compare(made.forward, made.backward, **labelled)
    assert (report.first_wrong.source, report.first_wrong.kind) == ("dW = -X.T @ dscores", "sign")
    assert report.alternative is None
