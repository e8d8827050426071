"""Two independent mistakes, each with its edit."""

import numpy as np
import pytest

import micrograd_np as mg

STEPS = """
import numpy as np

def forward(x, W, U, V, b):
    h, hs = np.zeros(len(U)), {}
    hs[-1] = h
    loss = 0.0
    for t in range(len(x)):
        hs[t] = np.tanh(x[t] @ W + hs[t - 1] @ U)
        loss += 0.5 * np.sum((hs[t] @ V + b) ** 2)
    return loss

def backward(x, W, U, V, b, hs):
    dW, dU, dV, db = (np.zeros_like(one) for one in (W, U, V, b))
    dnext = np.zeros(len(U))
    for t in reversed(range(len(x))):
        dy = hs[t] @ V + b
        dV += np.outer(hs[t], dy)
        db += dy
        dh = dy @ V.T + dnext
        dz = (1 - hs[t] ** 2) * dh
        dW += np.outer(x[t], dz)
        dU += np.outer(hs[t - 1], dz)
        dnext = dz @ U.T
    return dW, dU, dV, db
"""

CHANGES = [
    ("db += dy", "db -= dy"),
    ("dW += np.outer", "dW = np.outer"),
    ("dU += np.outer(hs[t - 1], dz)", "dU += np.outer(hs[t], dz)"),
]


@pytest.mark.parametrize("chosen", [(0, 1), (0, 2), (1, 2)])
def test_both_are_named_and_repaired(load, chosen):
    text = STEPS
    for i in chosen:
        assert CHANGES[i][0] in text
        text = text.replace(*CHANGES[i])
    rng = np.random.default_rng(0)
    module = load(text)
    report = mg.compare(
        module.forward, module.backward, seconds=8,
        x=rng.normal(size=(4, 3)), W=rng.normal(size=(3, 2)), U=rng.normal(size=(2, 2)),
        V=rng.normal(size=(2, 3)), b=rng.normal(size=3),
    )  # fmt: skip
    wrong = [line.source for line in report.lines if line.verdict == "wrong"]
    assert len(wrong) == 2
    for i in chosen:
        right, new = CHANGES[i]
        assert any(source.startswith(new) for source in wrong)
        assert f"+        {right}" in report.repair
    said = " ".join(str(report).split())
    assert "With these edits every gradient is right" in said
    assert "Also wrong: line" in said


CHAIN = """
import numpy as np

def forward(x, W, V, U):
    a = np.tanh(x @ W)
    b = np.tanh(a @ V)
    c = b @ U
    loss = np.sum(c**2) / len(x)
    return loss

def backward(x, W, V, U, a, b, c):
    dc = 2 * c / len(x)
    dU = b.T @ dc
    db = dc @ U.T
    dz = db * (1 - b**2)
    dV = a.T @ dz
    da = dz @ V.T
    dy = da * (1 - a**2)
    dW = x.T @ dy
    return dW, dV, dU
"""


@pytest.mark.parametrize(
    "changes",
    [
        [("db = dc @ U.T", "db = -dc @ U.T"), ("da = dz @ V.T", "da = dz @ V.T * 2")],
        [("db = dc @ U.T", "db = c @ U.T"), ("dy = da * (1 - a**2)", "dy = da * (1 - a)")],
    ],
)
def test_one_behind_the_other_is_named_too(load, changes):
    text = CHAIN
    for right, wrong in changes:
        assert right in text
        text = text.replace(right, wrong)
    rng = np.random.default_rng(0)
    shapes = {"x": (6, 4), "W": (4, 3), "V": (3, 5), "U": (5, 2)}
    given = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    module = load(text)
    report = mg.compare(module.forward, module.backward, seconds=6, **given)
    wrong = [line.source for line in report.lines if line.verdict == "wrong"]
    assert wrong == [new for _, new in changes]
    assert all(f"+    {right}" in report.repair for right, _ in changes)
