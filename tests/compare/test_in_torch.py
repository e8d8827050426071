"""PyTorch as one more opinion on the automatic gradients."""

# ruff: noqa: F841, RET504  (the gradients are variables)

import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest

import micrograd_np as mg
from compare.test_compare import RIGHT
from micrograd_np.cli import main
from micrograd_np.operation import OPERATIONS
from micrograd_np.rounding import LIMIT

RNG = np.random.default_rng(5)


def normal(*shape):
    return RNG.normal(size=shape)


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is what is asked")


@pytest.mark.parametrize("name", RIGHT)
def test_pytorch_agrees_with_the_automatic_gradients(name, torch):
    forward, backward, inputs = RIGHT[name]
    report = mg.compare(forward, backward, *inputs, torch=True)
    assert all(one.torch is not None and one.torch <= LIMIT for one in report.gradients)
    assert "PyTorch agrees with the automatic gradients: at most" in str(report)
    assert "PyTorch agrees with the automatic gradients: at most" in report._repr_html_()
    saved = json.loads(report.to_json())["gradients"]
    assert [one["torch"] for one in saved] == [one.torch for one in report.gradients]


def squash(x, w):
    h = np.tanh(x @ w)
    loss = np.sum(h**2)
    return loss


def squash_back(x, h):
    dh = 2 * h
    dw = x.T @ (dh * (1 - h**2))


def test_pytorch_does_not_ask_our_rules(torch, monkeypatch):
    right = OPERATIONS[np.tanh]
    mg.defvjp(np.tanh, lambda g, out, _x: g * (1 - out))
    wrong = OPERATIONS[np.tanh]
    wrong.torch = right.torch
    try:
        report = mg.compare(squash, squash_back, normal(5, 3), normal(3), torch=True)
    finally:
        OPERATIONS[np.tanh] = right
    assert not report.ok
    assert report.gradients[0].torch > 1000
    said = "PyTorch does not agree with the automatic gradient of w: "
    assert said in str(report)
    assert said in report._repr_html_()


def test_a_wrong_backward_pass_is_no_matter_of_pytorch(torch):
    report = mg.compare(squash, lazy, normal(5, 3), normal(3), torch=True)
    assert not report.ok
    assert report.gradients[0].radii > 1000
    assert report.gradients[0].torch <= LIMIT


def lazy(x, h):
    dw = x.T @ (2 * h)


# --- forward passes that are not easy to record --------------------------------------------------


def deciding(x, w, y, labels):
    z = x @ w
    if np.sum(z) > 0:
        z = 2 * z
    steps = 0
    while steps < labels[0]:
        steps += 1
    loss = 0.0
    for i, label in enumerate(labels):
        loss += (z[i, int(label)] - y[i]) ** 2
    return float(loss)


def deciding_back(x, w, y, labels, z):
    dz = np.zeros_like(z)
    for i, label in enumerate(labels):
        dz[i, label] = 2 * (z[i, label] - y[i])
    dw = x.T @ dz * (2 if np.sum(z) > 0 else 1)
    dy = -dz[np.arange(len(y)), labels]
    return dw, dy


@pytest.mark.parametrize("sign", [1, -1])
def test_branches_are_taken_as_the_numbers_decide(torch, sign):
    x, w = np.abs(normal(4, 3)), sign * np.abs(normal(3, 3))
    report = mg.compare(
        deciding, deciding_back, x, w, normal(4), np.array([1, 0, 2, 2]), torch=True
    )
    assert report.ok, str(report)
    # A loop that counts up to a label needs its value; PyTorch is told it as a constant.
    assert all(one.torch is not None and one.torch <= LIMIT for one in report.gradients), report


class Net:
    def __init__(self):
        self.params = {"W 1": normal(3, 2), "b": 0.5, "lambda": normal(2)}
        self.cache = {}

    def forward(self, x):
        self.cache["z"] = x @ self.params["W 1"] + self.params["b"] * self.params["lambda"]
        return np.sum(self.cache["z"] ** 2)

    def backward(self, x):
        dz = 2 * self.cache["z"]
        db, dlambda = np.sum(dz * self.params["lambda"]), self.params["b"] * dz.sum(axis=0)
        return {"W 1": x.T @ dz, "b": db, "lambda": dlambda}


def test_parameters_of_an_object_and_plain_numbers(torch):
    net = Net()
    report = mg.compare(net.forward, net.backward, normal(5, 3), torch=True)
    assert report.ok, str(report)
    assert len(report.gradients) == 3
    assert all(one.torch <= LIMIT for one in report.gradients)


def unscaled(x, w):
    x -= x.mean(axis=0)
    return x @ w


def unscaled_back(dout, x):
    dw = x.T @ dout
    return dw


def test_no_single_loss_and_inputs_that_are_written_into(torch):
    x = normal(5, 3)
    before = x.copy()
    report = mg.compare(unscaled, unscaled_back, x, normal(3, 2), torch=True)
    assert report.ok, str(report)
    assert report.gradients[0].torch <= LIMIT
    assert np.array_equal(x, before)


def test_single_precision_is_compared_in_single_precision(torch):
    x, w = normal(5, 3).astype(np.float32), normal(3).astype(np.float32)
    report = mg.compare(squash, squash_back, x, w, torch=True)
    assert report.ok
    assert report.gradients[0].torch <= LIMIT


def test_what_the_user_has_set_in_torch_does_not_matter(torch):
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float16)
        with torch.inference_mode():
            report = mg.compare(squash, squash_back, normal(5, 3), normal(3), torch=True)
    finally:
        torch.set_default_dtype(before)
    assert report.gradients[0].torch <= LIMIT


def both(x, w):
    z = x @ w
    if np.sum(z) < 1e9 and z[0] < 1e9:
        z = 2 * z
    loss = np.sum(z**2)
    return loss


def both_back(x, w):
    dw = 8 * x.T @ (x @ w)


def test_a_note_says_why_pytorch_could_not_be_asked(torch):
    inputs = normal(5, 3), normal(3)
    report = mg.compare(both, both_back, *inputs, torch=True)
    assert report.ok
    assert report.gradients[0].torch is None
    (note,) = report.notes
    assert note.startswith("PyTorch could not be asked: test_in_torch.py:")
    assert "`if np.sum(z) < 1e9 and z[0] < 1e9:`: a branch on a traced value" in note
    assert " ".join(str(report).split()).endswith(" ".join(note.split()))
    # Where nobody has asked for it, that is no news.
    assert mg.compare(both, both_back, *inputs).notes == ()


# --- when it is asked ----------------------------------------------------------------------------


def test_it_is_asked_where_it_is_imported(torch):
    inputs = normal(5, 3), normal(3)
    assert mg.compare(squash, squash_back, *inputs).gradients[0].torch <= LIMIT
    unasked = mg.compare(squash, squash_back, *inputs, torch=False)
    assert unasked.gradients[0].torch is None
    assert "PyTorch" not in str(unasked)


def test_it_is_not_imported_unless_asked():
    script = (
        "import sys, numpy as np, micrograd_np as mg\n"
        "from micrograd_np.compare.demo.network import network\n"
        "from compare import right_passes as passes\n"
        "report = mg.compare(passes.linear, passes.linear_back, np.ones((6, 3)), np.ones(6), "
        "np.ones(3), 0.5)\n"
        "assert report.gradients[0].torch is None\n"
        "print('torch' in sys.modules)\n"
    )
    path = [str(p) for p in sys.path if p]
    code = f"import sys; sys.path[:] = {path!r}\n{script}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert run.stdout == "False\n", run.stderr


@pytest.fixture
def no_torch(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else find(name)
    )


def test_asking_for_it_where_it_is_missing_names_the_extra(no_torch):
    with pytest.raises(ModuleNotFoundError, match=r"pip install micrograd-np\[torch\]"):
        mg.compare(squash, squash_back, normal(5, 3), normal(3), torch=True)


FILE = """
import numpy as np

def forward(x, w):
    loss = np.sum(np.exp(x @ w))
    return loss

def backward(x, w):
    dw = x.T @ np.exp(x @ w)

def example_inputs():
    return np.arange(6.0).reshape(3, 2) / 6, np.array([0.5, -1.0])
"""


def test_the_command_asks_for_it(torch, tmp_path, capsys):
    path = tmp_path / "homework.py"
    path.write_text(FILE, encoding="utf-8")
    assert main(["compare", str(path), "--torch"]) == 0
    assert "PyTorch agrees with the automatic gradients: at most" in capsys.readouterr().out


def test_the_command_names_the_extra(no_torch, tmp_path, capsys):
    path = tmp_path / "homework.py"
    path.write_text(FILE, encoding="utf-8")
    assert main(["compare", str(path), "--torch"]) == 2
    assert "--torch: PyTorch is not installed: pip install micrograd-np[torch]" in (
        capsys.readouterr().err
    )
