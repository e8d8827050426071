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


def test_a_loop_around_another_one_goes_over_too_little(load):
    text = """
    import numpy as np

    def forward(x, w):
        out = np.zeros((len(x), len(w)))
        for i in range(len(x)):
            for j in range(len(w)):
                out[i, j] = np.sin(x[i] * w[j])
        return np.sum(out**2)

    def backward(x, w, out):
        dout = 2 * out
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for i in range(1, len(x)):
            for j in range(len(w)):
                slope = dout[i, j] * np.cos(x[i] * w[j])
                dx[i] += slope * w[j]
                dw[j] += slope * x[i]
        return dx, dw
    """
    module = load(text)
    x, w = np.random.default_rng(1).normal(size=(2, 4))
    report = mg.compare(module.forward, module.backward, x=x, w=w[:3])
    assert report.first_wrong.source == "for i in range(1, len(x)):"
    assert report.first_wrong.kind == "wrong index"
    assert "+    for i in range(len(x)):\n" in report.repair
