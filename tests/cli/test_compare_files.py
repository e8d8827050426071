"""``micrograd-np compare`` on files that print, import, fail, or are watched."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest

import micrograd_np
from micrograd_np import cli_compare
from micrograd_np.cli import main

RIGHT = """
    import numpy as np

    def forward(x, W):
        h = np.tanh(x @ W)
        return np.sum(h**2)

    def backward(x, h):
        dW = x.T @ (2 * h * (1 - h**2))

    def example_inputs():
        rng = np.random.default_rng(0)
        return rng.normal(size=(6, 3)), rng.normal(size=(3, 4))
    """

WRONG = RIGHT.replace("2 * h * (", "h * (")


def written(path, content):
    path.write_text(textwrap.dedent(content).lstrip("\n"), encoding="utf-8")
    return path


def process(path, *arguments):
    """Run the command as a process of its own."""
    root = str(Path(micrograd_np.__file__).parents[1])
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [sys.executable, "-m", "micrograd_np", "compare", str(path), *arguments],
        env={**environment, "PYTHONPATH": root}, cwd=path.parent,
        capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def refused(tmp_path, capsys):
    """Return a function from a file's content to the one line of the refusal."""

    def why(content, *arguments):
        path = written(tmp_path / "homework.py", content)
        assert main(["compare", str(path), *arguments]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1), err
        return err.removeprefix("micrograd-np compare: error: ").replace(f"{tmp_path}/", "")

    return why


# --- what a file prints and leaves ---------------------------------------------------------------


def test_nothing_that_a_file_does_spoils_the_report(tmp_path):
    noisy = """
    import os, sys, warnings
    import helper
    print("at the top")

    def noise(text):
        print(text)
        sys.stdout.write(text + "\\n")
        os.write(1, b"raw\\n")
        warnings.warn(text)
    """
    content = textwrap.dedent(noisy) + textwrap.dedent(RIGHT)
    content = content.replace("    h = ", '    noise("forward")\n    h = ')
    content = content.replace("    dW = ", '    noise("backward")\n    dW = ')
    written(tmp_path / "helper.py", "A = 1")
    path = written(tmp_path / "homework.py", content)
    before = path.read_bytes()
    found = process(path, "--json")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["ok"] is True
    lines = found.stderr.split()
    assert (lines.count("forward"), lines.count("backward")) == (2, 2)  # of the first run alone
    assert "raw" in lines
    assert "Warning" not in found.stderr
    assert path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["helper.py", "homework.py"]


def test_what_a_file_imports_is_read_anew_by_the_next_one(tmp_path, capsys):
    before = sys.dont_write_bytecode
    for folder, factor in (("one", "2"), ("other", "3")):
        (tmp_path / folder).mkdir()
        written(tmp_path / folder / "own_helper.py", f"FACTOR = {factor}")
        content = RIGHT.replace("np.sum(", "own_helper.FACTOR * np.sum(")
        content = content.replace("(2 * h", f"({factor} * 2 * h")
        content = content.replace("import numpy as np", "import numpy as np\n    import own_helper")
        path = written(tmp_path / folder / "homework.py", content)
        assert main(["compare", str(path)]) == 0, capsys.readouterr()
    assert "own_helper" not in sys.modules
    assert sys.dont_write_bytecode is before


# --- what cannot be compared ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("np.log(h)", "`z = np.log(h)` makes z nan: the loss is nan on these inputs"),
        ("np.exp(1e4 * abs(h))", "`z = np.exp(1e4 * abs(h))` makes z inf: the loss is infinite"),
    ],
)
def test_a_loss_that_is_not_finite_is_refused_with_the_line(line, why, refused):
    content = RIGHT.replace("return np.sum(h**2)", f"z = {line}\n        return np.sum(z)")
    assert refused(content).startswith(f"homework.py:5: {why}")


def test_inputs_that_are_not_finite_are_named(refused):
    content = RIGHT.replace("rng.normal(size=(6, 3))", "np.full((6, 3), np.nan)")
    why = refused(content)
    assert why.startswith("homework.py:3: forward: the loss is nan on these inputs: x holds nan")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("rng.normal(size=(6, 3)), rng.normal(size=(3, 4))",
         "np.ones((6, 3), int), np.ones((3, 4), int)",
         "homework.py:3: forward: none of its inputs is an array of floating-point numbers"),
        ("return rng.normal(size=(6, 3)), rng.normal(size=(3, 4))",
         "return {'x': rng.normal(size=(6, 3)), 'w': rng.normal(size=(3, 4))}",
         "homework.py: forward takes x, W; it was given w (did you mean W?)"),
        ("def example_inputs():\n        rng",
         "example_inputs = 3\n\n    def other():\n        rng",
         "homework.py: example_inputs is of type int; write a function"),
        ("def forward", "async def forward", "homework.py:3: forward is asynchronous"),
        ("def backward(x, h):", "def backward(x, hidden):",
         "homework.py:7: backward takes hidden, which forward does not leave"),
        ("dW = x.T", "raise KeyError('no')\n        dW = x.T",
         "homework.py:8: `raise KeyError('no')`: KeyError: 'no'"),
        ("dW = x.T", "import sys; sys.exit()\n        dW = x.T",
         "homework.py:8: `sys.exit()`: SystemExit"),
        ("dW = x.T", "return backward(x, h)\n        dW = x.T",
         "homework.py:8: `return backward(x, h)`: RecursionError"),
    ],
)  # fmt: skip
def test_it_is_told_in_one_line_with_its_place(old, new, why, refused):
    assert old in RIGHT
    assert refused(RIGHT.replace(old, new)).startswith(why)


# --- lengths written as numbers ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2 * h * (1 - h**2)", "np.full((6, 4), 2.0) * h * (1 - h**2)"),
        ("2 * h * (1 - h**2)", "(2 * h * (1 - h**2)).reshape(-1, WIDTH)"),
    ],
)
def test_a_pass_that_is_right_for_its_lengths_is_right(old, new, tmp_path, capsys):
    content = RIGHT.replace(old, new).replace("as np\n", "as np\n    WIDTH = 4\n")
    assert main(["compare", str(written(tmp_path / "homework.py", content))]) == 0
    out = capsys.readouterr().out
    assert "4 is written where a length is meant" in out
    wrong = content.replace("1 - h**2", "1 - h")
    assert main(["compare", str(written(tmp_path / "homework.py", wrong))]) == 1
    out = capsys.readouterr().out
    assert "wrong derivative" in out


def test_a_length_taken_for_another_is_still_found(tmp_path, capsys):
    content = RIGHT.replace("np.sum(h**2)", "np.sum(h**2) / len(x)").replace("(6, 3)", "(4, 3)")
    content = content.replace("2 * h * (", "2 / W.shape[1] * h * (").replace("(x, h)", "(x, W, h)")
    assert main(["compare", str(written(tmp_path / "homework.py", content))]) == 1
    assert "written where a length" not in capsys.readouterr().out


# --- watching ------------------------------------------------------------------------------------


def watched(path, monkeypatch, capsys, *contents):
    """Watch a file that is saved with each content in turn; return status and what is printed."""
    rest = list(contents)

    def sleep(_seconds):
        if not rest:
            raise KeyboardInterrupt
        written(path, rest.pop(0))
        stamp = 1_000_000_000 * (100 - len(rest))
        os.utime(path, ns=(stamp, stamp))

    monkeypatch.setattr(cli_compare, "time", SimpleNamespace(sleep=sleep))
    status = main(["compare", str(path), "--watch"])
    return status, capsys.readouterr().out


def test_each_save_is_reported_once(tmp_path, monkeypatch, capsys):
    path = written(tmp_path / "homework.py", WRONG)
    status, out = watched(path, monkeypatch, capsys, "x = (", RIGHT)
    assert out.count("<-- wrong") == 1
    assert out.count("error: homework.py:1: SyntaxError") == 1
    assert out.count("are right") == 1
    assert out.endswith("apart.\n\n")
    assert status == 0


def test_the_status_is_that_of_the_last_report(tmp_path, monkeypatch, capsys):
    path = written(tmp_path / "homework.py", RIGHT)
    assert watched(path, monkeypatch, capsys)[0] == 0
    assert watched(path, monkeypatch, capsys, WRONG)[0] == 1
    assert watched(path, monkeypatch, capsys, RIGHT, "x = (")[0] == 1


def test_a_file_may_come_later(tmp_path, monkeypatch, capsys):
    path = tmp_path / "homework.py"
    status, out = watched(path, monkeypatch, capsys, RIGHT)
    assert "cannot be read" in out
    assert out.count("are right") == 1
    assert status == 0
