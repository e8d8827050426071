"""Code of the user's own on the page: every line, right or wrong, and the file saved again."""

import ast
import base64
import json
import os
import re
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from micrograd_np import cli_compare, cli_file
from micrograd_np.cli_explore import _own
from micrograd_np.cli_options import BadInput
from micrograd_np.compare.running.subject import Subject
from micrograd_np.explorer.taken import take
from micrograd_np.rounding import LIMIT

ROOT = Path(__file__).parents[2]
PASSES = sorted((ROOT / "benchmarks/localise/passes").glob("*.py"))
WHOLE = re.compile(r"dL/d[\w\[\]'\"]+( \(run.*)?")
README = (ROOT / "README.md").read_text(encoding="utf-8")
(HOMEWORK,) = re.findall(r"Say it is `homework.py`:\n\n```py\n(.*?)```", README, re.DOTALL)
WRONG, RIGHT = "dhidden[hidden < 0] = 0", "dhidden[hidden <= 0] = 0"
FIXED = HOMEWORK.replace(WRONG, RIGHT)


@pytest.fixture
def saved(tmp_path):
    """Return a function that saves the file, and the code that is read from it."""
    path = tmp_path / "homework.py"
    path.write_text("")
    own, saves = _own(path), iter(range(1, 100))

    def save(text):
        path.write_text(text)
        later = 10**18 + 10**9 * next(saves)  # so that each is later than the one before
        os.utime(path, ns=(later, later))
        return own

    return save


def array(message, place):
    if place is None:
        return None
    sent = message["arrays"][place]
    return np.frombuffer(base64.b64decode(sent["data"]), "<f8").reshape(sent["shape"])


def both(message, line):
    return array(message, line["hand"]), array(message, line["automatic"])


def by_code(message):
    return {line["code"]: line for line in message["lines"]}


def relu_gradient():
    """Return what `dhidden` of the homework is to be."""
    namespace = {}
    exec(FIXED, namespace)
    X, y, W1, b1, W2 = namespace["example_inputs"]()
    hidden = np.maximum(X @ W1 + b1, 0)
    probs = np.exp(hidden @ W2) / np.exp(hidden @ W2).sum(axis=1, keepdims=True)
    probs[np.arange(len(y)), y] -= 1
    dhidden = probs / len(y) @ W2.T
    return np.where(hidden > 0, dhidden, 0), dhidden


# --- right and wrong ---------------------------------------------------------------------------


def test_a_right_pass_is_right_in_every_line(saved):
    found = saved(FIXED).message(0)
    assert (found["ok"], found["error"], found["version"]) == (True, "", 1)
    assert found["about"] == "homework.py"
    codes = [line.strip() for line in FIXED.split("def backward")[1].split("\n\n")[0].split("\n")]
    assert [line["code"] for line in found["lines"]] == codes[1:]
    for line in found["lines"]:
        hand, automatic = both(found, line)
        assert hand.shape == automatic.shape == tuple(line["shape"])
        assert np.allclose(hand, automatic, rtol=1e-10, atol=1e-15), line["code"]
        assert line["verdict"] == "ok"
        assert line["far"]["automatic"] is None or line["far"]["automatic"]["radii"] <= LIMIT
        assert line["equations"]
        assert line["made"]
    assert found["report"]["ok"]
    assert found["report"]["first"] is None
    json.dumps(found, allow_nan=False)


def test_a_wrong_mask_is_named_with_what_should_be_there(saved):
    found = saved(HOMEWORK).message(0)
    assert found["ok"] is False
    lines = by_code(found)
    assert [line["verdict"] for line in found["lines"]] == ["ok"] * 5 + [
        "wrong",
        "follows",
        "follows",
    ]
    wanted, unmasked = relu_gradient()
    hand, automatic = both(found, lines[WRONG])
    assert np.allclose(hand, unmasked, rtol=1e-12)
    assert np.allclose(automatic, wanted, rtol=1e-12)
    assert lines[WRONG]["kind"] == "wrong mask"
    assert lines[WRONG]["far"]["automatic"]["ok"] is False
    assert found["report"]["first"] == lines[WRONG]["name"] == "18"
    assert found["report"]["repair"] == [f"-    {WRONG}", f"+    {RIGHT}"]
    right = saved(FIXED).message(0)
    for code in ("dW1 = X.T @ dhidden", "db1 = dhidden.sum(axis=0)"):
        hand, automatic = both(found, lines[code])
        assert not np.allclose(hand, automatic)
        assert np.allclose(automatic, both(right, by_code(right)[code])[0], rtol=1e-10)


def test_the_other_views_are_there(saved):
    found = saved(HOMEWORK).message(0)
    assert found["forward_code"][0]["code"] == "hidden = np.maximum(X @ W1 + b1, 0)"
    assert ["X", "hidden"] in [list(edge) for edge in found["graph"]["edges"]]
    assert {"name": "hidden", "shape": [20, 6]} in found["graph"]["nodes"]
    assert found["derivation"]["backward"]
    assert found["loss"] == pytest.approx(float(found["loss"]))
    linked = {
        line
        for row in found["derivation"]["backward"]
        for one in row["statements"]
        for line in one["lines"]
    }
    assert {"15", "16", "17", "18", "19", "20"} <= linked


# --- saved again -------------------------------------------------------------------------------


def test_a_file_that_is_saved_again_is_read_again(saved):
    first = saved(HOMEWORK).message(0)
    second = saved(FIXED).message(first["version"])
    assert (first["ok"], second["ok"]) == (False, True)
    assert second["version"] == first["version"] + 1
    assert by_code(second)[RIGHT]["verdict"] == "ok"
    third = saved(HOMEWORK).message(second["version"])
    assert third == first | {"version": 3}


def test_a_version_that_has_been_seen_is_answered_briefly(saved):
    own = saved(FIXED)
    version = own.message(0)["version"]
    assert own.message(version) == {"version": version}
    assert own.message(0)["lines"]
    assert own.message(version + 5)["version"] == version


def test_a_file_that_is_gone_is_told_and_comes_back(saved, tmp_path):
    own = saved(FIXED)
    version = own.message(0)["version"]
    (tmp_path / "homework.py").unlink()
    gone = own.message(version)
    assert "cannot be read" in gone["error"]
    assert saved(FIXED).message(gone["version"])["ok"]


BROKEN = {
    "syntax": (FIXED.replace("dscores /= len(y)", "dscores /= len(y"), "SyntaxError"),
    "no functions": ("import numpy as np\n", "has no function forward"),
    "empty": ("", "has no function forward"),
    "no backward": (
        re.sub(r"def backward.*?\n\n\n", "", FIXED, flags=re.DOTALL),
        "no function backward",
    ),
    "no inputs": (FIXED.partition("def example_inputs")[0], "write a function example_inputs"),
    "recursion": (
        FIXED.replace("    dscores = probs.copy()", "    dscores = again(probs)")
        + "\n\ndef again(value):\n    return again(value)\n",
        "RecursionError",
    ),
    "recursion ahead": ("def f():\n    return f()\n\n\nf()\n" + FIXED, "RecursionError"),
    "name": (FIXED.replace("dscores /= len(y)", "dscores /= M"), "NameError"),
    "shape": (FIXED.replace("dW1 = X.T @ dhidden", "dW1 = X @ dhidden"), "ValueError"),
    "exit": ("raise SystemExit(3)\n" + FIXED, "SystemExit"),
    "exit inside": (FIXED.replace("dscores /= len(y)", "raise SystemExit"), "SystemExit"),
    "two lines": (FIXED.replace("dscores /= len(y)", "raise OSError('two\\nlines')"), "two lines"),
    "import": ("import nothing_of_that_name\n" + FIXED, "nothing_of_that_name"),
    "inputs": (FIXED.replace("return X, y, ", "return X, "), "forward"),
    "odd inputs": (FIXED.replace("return X, y, ", "return 3; "), "example_inputs"),
    "null bytes": ("\0" + FIXED, "null bytes"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_with_a_file_is_told_in_a_line_and_can_be_repaired(name, saved):
    text, said = BROKEN[name]
    assert text != FIXED
    broken = saved(text).message(0)
    assert broken.keys() == {"error", "version"}
    assert said in broken["error"]
    assert "\n" not in broken["error"]
    assert saved(FIXED).message(broken["version"])["ok"]


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        _own(tmp_path / "nothing.py")


# --- passes of other people --------------------------------------------------------------------


@pytest.mark.parametrize("path", PASSES, ids=lambda path: path.stem)
def test_a_pass_of_another_kind_is_shown_too(path):
    found = _own(path).message(0)
    assert found["error"] == ""
    assert found["ok"]
    assert found["lines"]
    assert {line["verdict"] for line in found["lines"]} <= {"ok", "value"}
    assert all(line["hand"] is not None for line in found["lines"])
    whole = [line for line in found["lines"] if WHOLE.fullmatch(line["why"])]
    assert whole
    for line in whole:
        hand, automatic = both(found, line)
        assert np.allclose(hand, automatic, rtol=1e-9, atol=1e-12), line["code"]
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("path", PASSES, ids=lambda path: path.stem)
def test_a_line_has_read_what_it_names_and_made_what_it_has_written(path):
    with cli_file.loaded(path) as module:
        subject = Subject(*cli_compare.functions(module, path, None))
        made = cli_file.example_inputs(module, path)
        args, kwargs = (made, {}) if isinstance(made, tuple) else ((), made)
        found, error = take(subject, subject.run_forward(subject.bind(args, kwargs)))
    assert error is None
    for one in found:
        code = ast.unparse(one.step.node)
        assert all(re.search(rf"\b{re.escape(name)}", code) for name in one.read), code
        if one.term is not None:
            assert np.array_equal(one.term.value, one.value, equal_nan=True), code


def test_dict_gradients_loops_and_helpers_are_shown():
    names = {path.stem for path in PASSES}
    assert {"vae", "lstm", "layers_list", "convolution"} <= names
    found = _own(next(path for path in PASSES if path.stem == "vae")).message(0)
    line = by_code(found)['grads["Wd"] = z.T @ dg']
    assert np.allclose(*both(found, line))
    assert line["why"] == "dL/dparams['Wd']"


def test_a_file_that_never_ends_is_given_up_and_may_be_mended(tmp_path, monkeypatch):
    monkeypatch.setattr("micrograd_np.explorer.own.LONGEST", 0.5)
    path = tmp_path / "homework.py"
    path.write_text("while True:\n    pass\n", encoding="utf-8")
    own = _own(path)
    found = own.message(0)
    assert found["error"] == "homework.py: does not come to an end: given up after 0.5 s"
    path.write_text("x = 1\n", encoding="utf-8")
    assert "no function forward" in own.message(found["version"])["error"]


def test_a_file_that_never_ends_is_read_again_when_it_is_saved(tmp_path):
    path = tmp_path / "homework.py"
    begun = tmp_path / "begun"
    text = f"open({str(begun)!r}, 'w').close()\nwhile True:\n    pass\n"
    path.write_text(text, encoding="utf-8")
    own, found = _own(path), []
    reading = threading.Thread(target=lambda: found.append(own.message(0)), daemon=True)
    reading.start()
    while not begun.exists():
        time.sleep(0.01)
    path.write_text("x = 1\n", encoding="utf-8")
    reading.join()
    assert "no function forward" in found[0]["error"]  # and not: given up


def test_a_module_beside_the_file_that_is_saved_is_noticed(tmp_path):
    path, beside = tmp_path / "homework.py", tmp_path / "beside.py"
    text = next(path for path in PASSES if path.stem == "post").read_text(encoding="utf-8")
    path.write_text(f"from beside import FACTOR\n{text}".replace("/= N", "/= N * FACTOR"), "utf-8")
    beside.write_text("FACTOR = 2\n", encoding="utf-8")
    own = _own(path)
    found = own.message(0)
    assert not found["ok"]
    beside.write_text("FACTOR = 1  # so\n", encoding="utf-8")
    assert own.message(found["version"])["ok"]


CLASS = """
import numpy as np


class Net:
    def __init__(self):
        self.W = np.random.default_rng(0).normal(size=(3, 2))


def forward(net, X):
    h = np.tanh(X @ net.W)
    loss = (h * h).sum()
    return loss


def backward(net, X, h, grads):
    dh = 2 * h
    dz = dh * (1 - h * h)
    grads["W"] = X.T @ dz
    return grads["W"]
"""


def test_attributes_and_items_have_terms_equations_and_a_place_in_the_graph(tmp_path):
    path = tmp_path / "homework.py"
    text = CLASS.replace("h, grads):", "h):\n    grads = {}")
    text += "\n\ndef example_inputs():\n    return Net(), np.ones((4, 3))\n"
    path.write_text(text, encoding="utf-8")
    found = _own(path).message(0)
    assert "error" not in found or not found["error"], found
    line = next(one for one in found["lines"] if one["code"].startswith("grads"))
    assert line["made"]["kind"] == "product"
    assert "<mi>∂</mi>" in line["equations"][-1]
    assert ["net.W", "h"] in [list(edge) for edge in found["graph"]["edges"]]
