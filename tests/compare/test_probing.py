"""Lines that no data show to be wrong: what they write is zero whatever the data."""

import numpy as np
import pytest

import micrograd_np as mg


def forward(X, y, W1, b1, gamma, beta, W2):
    N = X.shape[0]
    pre = X @ W1 + b1
    mean = pre.mean(axis=0)
    centred = pre - mean
    std = np.sqrt((centred**2).mean(axis=0) + 1e-5)
    norm = centred / std
    h = np.maximum(gamma * norm + beta, 0)
    scores = h @ W2
    top = scores.max(axis=1, keepdims=True)
    shifted = scores - top
    logprobs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logprobs[np.arange(N), y].mean()


BACKWARD = """
def backward(X, y, W1, b1, gamma, W2, N, centred, std, norm, h, scores, logprobs):
    dlogprobs = np.zeros_like(logprobs)
    dlogprobs[np.arange(N), y] = -1 / N
    dshifted = dlogprobs - np.exp(logprobs) * dlogprobs.sum(axis=1, keepdims=True)
    dscores = dshifted.copy()
    dtop = -dshifted.sum(axis=1)
    dscores[np.arange(N), scores.argmax(axis=1)] += dtop
    dW2 = h.T @ dscores
    dh = dscores @ W2.T
    dout = dh * (h > 0)
    dgamma = (dout * norm).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dnorm = dout * gamma
    dstd = -(dnorm * centred).sum(axis=0) / std**2
    dcentred = dnorm / std + centred * dstd / std / N
    dmean = -dcentred.sum(axis=0)
    dpre = dcentred + dmean / N
    dW1 = X.T @ dpre
    db1 = dpre.sum(axis=0)
    dX = dpre @ W1.T
"""


def inputs():
    rng = np.random.default_rng(3)
    return {
        "X": rng.normal(size=(8, 4)), "y": rng.integers(0, 3, 8), "W1": rng.normal(size=(4, 5)),
        "b1": rng.normal(size=5), "gamma": rng.normal(size=5), "beta": rng.normal(size=5),
        "W2": rng.normal(size=(5, 3)),
    }  # fmt: skip


@pytest.fixture
def backward(tmp_path, request):
    """A backward pass with one line changed, from a file of its own."""
    old, new = request.param
    assert old in BACKWARD
    path = tmp_path / f"changed_{abs(hash(request.param))}.py"
    path.write_text("import numpy as np\n" + BACKWARD.replace(old, new))
    namespace = {}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    return namespace["backward"]


@pytest.mark.parametrize("backward", [("", "")], indirect=True)
def test_right_lines_around_gradients_that_are_zero_are_right(backward):
    report = mg.compare(forward, backward, **inputs())
    assert report.ok, report


MISTAKES = {
    "mean for sum": ("db1 = dpre.sum(axis=0)", "db1 = dpre.mean(axis=0)"),
    "sign": ("dtop = -dshifted.sum(axis=1)", "dtop = dshifted.sum(axis=1)"),
    "scale": ("db1 = dpre.sum(axis=0)", "db1 = dpre.sum(axis=0) / N"),
}


@pytest.mark.parametrize(("kind", "backward"), MISTAKES.items(), indirect=["backward"])
def test_a_wrong_line_that_writes_zeros_whatever_the_data_is_found(backward, kind):
    given = inputs()
    report = mg.compare(forward, backward, **given)
    _, new = MISTAKES[kind]
    assert not report.ok
    assert all(gradient.ok for gradient in report.gradients), "every gradient is right by value"
    assert report.first_wrong is not None
    assert report.first_wrong.source == new
    assert report.first_wrong.kind == kind
    assert "random gradient" in report.explanation
    assert report.repair is not None
    assert f"-    {new}" in report.repair


@pytest.mark.parametrize("backward", [("+= dtop", "+= 2 * dtop")], indirect=True)
def test_a_wrong_use_of_what_is_always_zero_is_found(backward):
    report = mg.compare(forward, backward, **inputs())
    assert not report.ok
    assert report.first_wrong is not None
    assert report.first_wrong.source.endswith("+= 2 * dtop")


@pytest.mark.parametrize("backward", [("dpre.sum(axis=0)", "np.zeros_like(b1)")], indirect=True)
def test_zeros_in_the_place_of_a_gradient_that_is_zero_are_right(backward):
    assert mg.compare(forward, backward, **inputs()).ok
