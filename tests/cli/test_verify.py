"""``micrograd-np verify`` at the terminal."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

from micrograd_np.cli import main
from micrograd_np.operation import OPERATIONS

TANH = ("--only", "tanh", "--examples", "5", "--seed", "3")


@pytest.fixture
def wrong_tanh(monkeypatch):
    rules = (lambda g, out, _x: g * (1 - out),)
    for name, value in (("rules", rules), ("plans", {}), ("pairs", [None] * 4)):
        monkeypatch.setattr(OPERATIONS[np.tanh], name, value)


def refused(capsys, *arguments):
    """Return the one line that the command prints when it refuses."""
    try:
        status = main(["verify", *arguments])
    except SystemExit as stopped:  # how argparse leaves
        status = stopped.code
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("micrograd-np verify: error: ")
    return err


def test_it_agrees(capsys):
    assert main(["verify", *TANH]) == 0
    out, err = capsys.readouterr()
    assert "5 examples of 1 property" in out
    assert "0 disagreements" in out
    assert out.endswith("Again: micrograd-np verify --examples 5 --only tanh --seed 3\n")
    assert err == ""  # no bar where this is no terminal


def test_in_brief_there_is_a_line_for_each_property(capsys):
    given = ["--only", "softmax and cross-entropy", "--examples", "2", "--seed", "3"]
    assert main(["verify", *given]) == 0
    assert re.search("^  dlogits ", capsys.readouterr().out, re.MULTILINE)
    assert main(["verify", *given, "--brief"]) == 0
    assert not re.search("^  dlogits ", capsys.readouterr().out, re.MULTILINE)


def test_it_disagrees(capsys, wrong_tanh):
    assert main(["verify", *TANH]) == 1
    out, _ = capsys.readouterr()
    assert "tanh: the sides DISAGREE" in out
    assert "example=tanh: array(0.0625)" in out


def test_json_has_everything(capsys):
    assert main(["verify", *TANH, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is True
    assert data["seed"] == 3
    (tanh,) = data["properties"]
    assert tanh["examples"] == data["examples"] == 5
    assert tanh["family"] == "elementwise"
    assert {"gradient", "dtype", "worst_radii", "median_radii", "worst_example"} <= set(
        tanh["gradients"][0]
    )


def test_json_of_a_disagreement_has_it(capsys, wrong_tanh):
    assert main(["verify", *TANH, "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["disagreements"] == 1
    assert "radii apart" in data["properties"][0]["failure"]


def test_html_is_written_beside_the_text(capsys, tmp_path):
    path = tmp_path / "evidence.html"
    assert main(["verify", *TANH, "--html", str(path)]) == 0
    assert "0 disagreements" in capsys.readouterr().out
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_printed_seed_draws_the_same_again(capsys):
    arguments = ["verify", "--only", "layers", "--examples", "3", "--json"]
    assert main(arguments) == 0
    first = json.loads(capsys.readouterr().out)
    assert main([*arguments, "--seed", str(first["seed"])]) == 0
    again = json.loads(capsys.readouterr().out)
    worst = [
        [[g["worst_radii"] for g in prop["gradients"]] for prop in data["properties"]]
        for data in (first, again)
    ]
    assert worst[0] == worst[1]


@pytest.mark.parametrize(
    ("only", "count"),
    [
        ("networks", 3),
        ("layers", 7),
        ("the network of the post", 1),
        ("network of the post", 2),
        ("fft", 16),
        ("dot", 1),
        ("Conv", 3),
        ("training", 2),
        ("convolution", 2),
    ],
)
def test_only_takes_a_name_a_part_of_one_or_a_group(capsys, only, count):
    assert main(["verify", "--only", only, "--examples", "1", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["properties"]) == count


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--only", "nothing like it"), "--only nothing like it: there is no such property"),
        (("--only", ""), "--only : there is no such property"),
        (("--thorough", "--examples", "3"), "not allowed with argument --thorough"),
        (("--examples", "0"), "must be a whole number of at least 1"),
        (("--seed", "-1"), "must be a whole number of at least 0"),
        (("--html", "no/such/folder/page.html"), "there is no folder no/such/folder"),
        (("--html", "."), "is a folder; name a file in it"),
        (("--html", "homework.py"), "no source is overwritten"),
        (("--fast",), "unrecognized arguments: --fast"),
    ],
)
def test_bad_usage_is_one_line(capsys, arguments, message):
    assert message in refused(capsys, *arguments)


def test_what_is_not_installed_is_named(capsys, monkeypatch):
    find = importlib.util.find_spec
    absent = {"hypothesis", "mpmath"}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in absent else find(name)
    )
    assert "hypothesis and mpmath are not installed: pip install" in refused(capsys)


def test_without_pytorch_the_other_sides_are_compared():
    """In a process in which there is none."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from micrograd_np.cli import main\n"
        "sys.exit(main(['verify', '--examples', '2', '--only', sys.argv[1]]))"
    )
    runs = {
        only: subprocess.run(
            [sys.executable, "-c", code, only], capture_output=True, text=True, timeout=300
        )
        for only in ("attention", "tanh", "random programs")
    }
    assert [run.returncode for run in runs.values()] == [0, 0, 2], runs
    assert "[hand = auto]" in runs["attention"].stdout
    assert "[auto = differences]" in runs["tanh"].stdout
    assert "nothing was tried: PyTorch is not installed" in runs["random programs"].stderr


def test_a_pytorch_that_cannot_be_imported_is_told_as_that(tmp_path):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise ImportError('no libtorch.so')")
    run = subprocess.run(
        [sys.executable, "-m", "micrograd_np", "verify", "--only", "random programs"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 2
    assert "PyTorch cannot be imported: no libtorch.so" in run.stderr


def test_an_interrupt_ends_it_quietly():
    run = subprocess.Popen(
        [sys.executable, "-m", "micrograd_np", "verify", "--thorough", "--only", "networks"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with pytest.raises(subprocess.TimeoutExpired):
        run.communicate(timeout=8)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=30)
    assert (run.returncode, out, err) == (130, "", "")
