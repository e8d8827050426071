"""The examples that train: they learn, PyTorch learns the same beside them, and they stay short."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "benchmarks" / "training").glob("*.py"))
EXAMPLES = ("iris", "digits", "characters", "curve")
MISSING = """
import runpy, sys
sys.modules[{package!r}] = None
sys.argv[1:] = {arguments!r}
runpy.run_module("benchmarks.training.{example}", run_name="__main__")
"""


def run(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def printed(example, *arguments):
    """Return what a run prints, and the numbers of each line by how it begins."""
    ran = run("-m", f"benchmarks.training.{example}", *arguments)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""  # no bar: it is no terminal
    rows = {}
    for line in ran.stdout.splitlines():
        name, *numbers = re.split(r"\s{2,}", line)
        if numbers and all(re.fullmatch(r"-?[\d.]+(e[-+]\d+)?", number) for number in numbers):
            rows[name] = [float(number) for number in numbers]
    return ran.stdout, rows


@needs_torch
def test_iris_goes_the_way_of_the_post():
    _, rows = printed("iris", "--short", "--torch")
    assert list(rows) == ["by hand", "micrograd_np", "PyTorch", "the post in R"]
    for name in ("micrograd_np", "PyTorch"):
        assert rows[name][:2] == rows["by hand"]
        assert rows[name][2] < 1e-13
    assert all(row[0] < 1.0980 for row in rows.values())  # log(3) = 1.0986 knows nothing


def test_iris_runs_without_pytorch():
    _, rows = printed("iris", "--short")
    assert list(rows) == ["by hand", "micrograd_np", "the post in R"]


@needs_torch
@pytest.mark.parametrize("example", ["digits", "characters"])
def test_the_loss_falls_as_it_does_in_pytorch(example):
    _, rows = printed(example, "--short", "--torch")
    assert list(rows) == ["micrograd_np", "PyTorch"]
    first, last, *_ = rows["micrograd_np"]
    assert last < 0.7 * first
    assert rows["PyTorch"][:2] == pytest.approx([first, last], abs=2e-4)
    assert rows["PyTorch"][2] < 1e-4  # over all losses on the way


def test_digits_are_read():
    _, rows = printed("digits", "--short")
    assert list(rows) == ["micrograd_np"]
    assert rows["micrograd_np"][3] > 0.8


def test_nearly_all_digits_are_read_by_a_whole_run():
    _, rows = printed("digits")
    assert rows["micrograd_np"][3] >= 0.98


def test_characters_are_written():
    said, rows = printed("characters", "--short")
    assert list(rows) == ["micrograd_np"]
    written = said.partition("It writes: ")[2].split()
    assert len(" ".join(written)) > 300
    assert len(set(written)) > 20


@pytest.mark.parametrize("arguments", [(), pytest.param(("--torch",), marks=needs_torch)])
def test_the_curve_is_found(arguments):
    said, rows = printed("curve", "--short", *arguments)
    before, after = map(float, re.search(r"misfit ([\d.]+) -> ([\d.]+)", said).groups())
    assert after < 130 < before  # half of 200 points, about
    assert len(rows) == 8
    for true, found, error in rows.values():
        assert abs(found - true) < 4 * error
    if arguments:
        assert float(re.search(r"at most (\S+) apart", said)[1]) < 1e-6


@pytest.mark.parametrize(
    ("example", "package", "name", "arguments"),
    [
        ("digits", "sklearn", "scikit-learn", ["--short"]),
        ("curve", "scipy", "scipy", ["--short"]),
        *((example, "torch", "PyTorch", ["--short", "--torch"]) for example in EXAMPLES),
    ],
)
def test_what_is_missing_is_named_with_how_to_install_it(example, package, name, arguments):
    code = MISSING.format(package=package, example=example, arguments=arguments)
    ran = run("-c", code)
    assert ran.returncode == 2
    assert ran.stdout == ""
    extras = "examples,torch" if package == "torch" else "examples"
    assert ran.stderr == f'This needs {name}: pip install -e ".[{extras}]"\n'


def test_without_tqdm_there_is_no_bar():
    code = MISSING.format(package="tqdm", example="iris", arguments=["--short"])
    ran = run("-c", code)
    assert ran.returncode == 0, ran.stderr
    assert "micrograd_np" in ran.stdout
    assert ran.stderr == ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_is_short(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) < 80


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_begins_with_its_command(example):
    text = (ROOT / "benchmarks" / "training" / f"{example}.py").read_text(encoding="utf-8")
    command = f"    python -m benchmarks.training.{example} [--torch] [--short]"
    assert text.splitlines()[2] == command
