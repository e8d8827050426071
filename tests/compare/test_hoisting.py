"""What is set anew each time that a loop is passed, and lost."""

import numpy as np

import micrograd_np as mg

STEPS = """
import numpy as np

def forward(x, W, U):
    h, hs = np.zeros(W.shape[1]), []
    for t in range(len(x)):
        h = np.tanh(x[t] @ W + h @ U)
        hs.append(h)
    loss = np.sum(h**2)
    return loss

def backward(x, W, U, hs):
    dW, dU = np.zeros_like(W), np.zeros_like(U)
    dh = 2 * hs[-1]
    for t in reversed(range(len(x))):
        dz = (1 - hs[t] ** 2) * dh
        dW += np.outer(x[t], dz)
        if t:
            dU += np.outer(hs[t - 1], dz)
        dh = dz @ U.T
"""

CARRIED = (
    STEPS.replace("    dh = 2 * hs[-1]\n", "    dnext = 2 * hs[-1]\n")
    .replace(
        "        dz = (1 - hs[t] ** 2) * dh\n",
        "        dh = dnext\n        dz = (1 - hs[t] ** 2) * dh\n",
    )
    .replace("        dh = dz @ U.T", "        dnext = dz @ U.T")
)


def compared(load, text):
    rng = np.random.default_rng(0)
    module = load(text)
    return mg.compare(
        module.forward, module.backward,
        x=rng.normal(size=(4, 3)), W=rng.normal(size=(3, 2)), U=rng.normal(size=(2, 2)),
    )  # fmt: skip


def test_it_is_moved_before_the_loop(load):
    assert compared(load, CARRIED).ok
    line = "    dnext = 2 * hs[-1]\n"
    moved = CARRIED.replace(line, "").replace(
        "        dh = dnext\n", f"    {line}        dh = dnext\n"
    )
    report = compared(load, moved)
    assert report.first_wrong.source == "dnext = 2 * hs[-1]"
    assert report.first_wrong.kind == "missing term"
    assert "+    dnext = 2 * hs[-1]\n" in report.repair
    assert "-        dnext = 2 * hs[-1]\n" in report.repair


def test_long_lines_of_a_repair_are_continued(load):
    more = "0 * np.outer(x[t], (1 - hs[t] ** 2) * (1 - hs[t] ** 2))"
    long = f"np.outer(x[t], dz) + {more} + 0 * np.outer(x[t], dz)"
    text = STEPS.replace("dW += np.outer(x[t], dz)", f"dW -= {long}")
    report = compared(load, text)
    assert "dW -= " in report.first_wrong.source
    shown = str(report).splitlines()
    assert max(map(len, shown)) <= 100
    at = next(i for i, row in enumerate(shown) if row.startswith(" +        dW += "))
    assert " ".join([shown[at][2:].strip(), shown[at + 1][2:].strip()]) == f"dW += {long}"
