"""What the page is told of each line of a user's pass: its opinions, its drawing and its links."""

import base64

import numpy as np
import pytest

from micrograd_np.cli_explore import _own
from micrograd_np.explorer.graph import lit, node_name
from micrograd_np.rounding import LIMIT

MASKED = """\
import numpy as np


def forward(X, W, V):
    hidden = np.maximum(X @ W, 0)
    out = hidden @ V
    return np.sum(out**2)


def backward(X, W, V, hidden, out):
    dout = 2 * out
    dV = hidden.T @ dout
    dhidden = dout @ V.T
    dhidden[hidden < 0] = 0
    dW = X.T @ dhidden
    return dW, dV


def example_inputs():
    rng = np.random.default_rng(0)
    return rng.normal(size=(6, 4)), rng.normal(size=(4, 5)), rng.normal(size=(5, 2))
"""

ITEMS = """\
import numpy as np


def loss_and_gradients(p, X):
    h = np.tanh(X @ p["W"])
    out = h @ p["V"]
    loss = np.sum(out**2)
    dout = 2 * out
    grads = {}
    grads["V"] = h.T @ dout
    dh = dout @ p["V"].T
    dh *= 1 - h**2
    grads["W"] = X.T @ dh
    return loss, grads


def example_inputs():
    rng = np.random.default_rng(0)
    return {"W": rng.normal(size=(3, 4)), "V": rng.normal(size=(4, 2))}, rng.normal(size=(5, 3))
"""

RECURRENT = """\
import numpy as np


def forward(X, h0, W, V):
    hs = [h0]
    for x in X:
        hs.append(np.tanh(x @ W + hs[-1] @ V))
    loss = np.sum(hs[-1] ** 2)
    return loss


def backward(X, h0, W, V, hs):
    dW, dV = np.zeros_like(W), np.zeros_like(V)
    dh = 2 * hs[-1]
    for t in reversed(range(len(X))):
        dz = dh * (1 - hs[t + 1] ** 2)
        dW += np.outer(X[t], dz)
        dV += np.outer(hs[t], dz)
        dh = dz @ V.T
    return dh, dW, dV


def example_inputs():
    rng = np.random.default_rng(0)
    shapes = (4, 3), (5,), (3, 5), (5, 5)
    return tuple(rng.normal(size=shape) for shape in shapes)
"""

SATURATED = """\
import numpy as np


def forward(X, w):
    z = X @ w
    p = 1 / (1 + np.exp(-z))
    return -np.log(p).mean()


def backward(X, p, z):
    dz = (p - 1) / len(z)
    dw = X.T @ dz
    return dw


def example_inputs():
    rng = np.random.default_rng(0)
    return rng.normal(size=(99, 200)), rng.normal(size=(200, 1))
"""


@pytest.fixture
def read(tmp_path):
    """Return a function that has a text read as a file, and returns what the page is told."""

    def make(text, function=None):
        path = tmp_path / "homework.py"
        path.write_text(text, encoding="utf-8")
        return _own(path, function).message(0)

    return make


def line_of(found, code):
    (line,) = (one for one in found["lines"] if one["code"] == code)
    return line


def value(found, line, what):
    sent = found["arrays"][line[what]]
    return np.frombuffer(base64.b64decode(sent["data"]), "<f8").reshape(sent["shape"])


def test_of_a_wrong_line_pytorch_says_what_it_should_be(read):
    pytest.importorskip("torch", reason="PyTorch is the third opinion")
    found = read(MASKED)
    line = line_of(found, "dhidden[hidden < 0] = 0")
    assert line["verdict"] == "wrong"
    hand, automatic, torch = (value(found, line, what) for what in ("hand", "automatic", "torch"))
    assert np.allclose(torch, automatic)
    assert not np.allclose(torch, hand)
    assert not line["far"]["torch"]["ok"]
    assert line_of(found, "dV = hidden.T @ dout")["far"]["torch"]["radii"] < LIMIT


def test_pytorch_knows_the_items_of_a_dict(read):
    pytest.importorskip("torch", reason="PyTorch is the third opinion")
    found = read(ITEMS, "loss_and_gradients")
    for name in "WV":
        (line,) = (one for one in found["lines"] if one["code"].startswith(f'grads["{name}"]'))
        assert np.allclose(value(found, line, "torch"), value(found, line, "hand"))
        assert f"p['{name}']" in line["touches"]


def test_a_line_that_loses_digits_has_its_gradient_beside_it(read):
    found = read(SATURATED)
    line = line_of(found, "dz = (p - 1) / len(z)")
    assert line["verdict"] == "ok"
    assert line["far"]["automatic"]["ok"]
    assert np.allclose(value(found, line, "automatic"), value(found, line, "hand"))


def test_what_a_loop_appends_has_a_place_in_the_drawing(read):
    found = read(RECURRENT)
    names = [node["name"] for node in found["graph"]["nodes"]]
    assert {"X", "h0", "W", "V", "hs[·]", "loss"} <= set(names)
    edges = {tuple(edge) for edge in found["graph"]["edges"]}
    assert {("h0", "hs[·]"), ("W", "hs[·]"), ("hs[·]", "loss"), ("X", "x")} <= edges
    touched = set(line_of(found, "dW += np.outer(X[t], dz)")["touches"])
    assert {"X", "W"} <= touched
    assert "hs[·]" in line_of(found, "dz = dh * (1 - hs[t + 1] ** 2)")["touches"]


def test_every_turn_of_a_loop_is_linked_with_its_line(read):
    found = read(RECURRENT)
    number = str(line_of(found, "dz = dh * (1 - hs[t + 1] ** 2)")["number"])
    links = [one["lines"] for row in found["derivation"]["backward"] for one in row["statements"]]
    assert sum(number in lines for lines in links) >= 3  # the first turn is written in another form


def test_items_are_named_as_one_would_write_them():
    assert node_name("np.stack([a, b])") == "np.stack([a, b])"
    assert node_name("layers[i]['W'][0]") == "layers[·]['W'][·]"
    nodes = [{"name": "hs[·]"}, {"name": "p['W']"}, {"name": "p['b']"}]
    assert lit(nodes, {"hs", "p", "p['W']"}) == {"hs[·]", "p['W']"}
