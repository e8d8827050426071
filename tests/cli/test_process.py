"""``python -m micrograd_np`` as a process: exit status, terminal and pipe."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import micrograd_np
import reference

PACKAGES = [Path(package.__file__).parent for package in (micrograd_np, reference)]
COMMAND = [sys.executable, "-m", "micrograd_np", "--steps", "20"]
ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def environment(**changes):
    """Return the environment without what decides about colours, and with `changes`."""
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    return {**kept, "TERM": "xterm", "OMP_NUM_THREADS": "1", **changes}


def run(*arguments, folder, **options):
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder, env=environment(**options), capture_output=True, text=True, timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return the command as it ran without arguments and without a terminal."""
    return run(folder=tmp_path_factory.mktemp("plain"))


def test_everything_agrees(plain):
    found = plain
    assert found.returncode == 0
    assert found.stderr == ""
    assert "\x1b" not in found.stdout
    assert max(map(len, found.stdout.split("\n"))) <= 100
    assert found.stdout.endswith("agree, and so do 20 steps of training.\n")


def test_bad_usage(tmp_path):
    found = run("--rows", "missing.csv", folder=tmp_path)
    assert found.returncode == 2
    assert found.stdout == ""
    wanted = "micrograd-np: error: missing.csv: cannot be read (No such file or directory)\n"
    assert found.stderr == wanted


def test_help_and_bad_options_do_not_load_what_they_do_not_need(tmp_path):
    assert run("--help", folder=tmp_path).stdout.startswith("usage: micrograd-np")
    found = run("--reg", "nan", folder=tmp_path)
    assert (found.returncode, found.stdout, found.stderr.count("\n")) == (2, "", 1)


# --- a broken copy -----------------------------------------------------------------------------


@pytest.fixture
def broken(tmp_path):
    """Return a function that runs the command on a copy with one line of the post edited."""

    def edited(old, new, *arguments):
        for package in PACKAGES:
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(package, tmp_path / package.name, ignore=ignore)
        path = tmp_path / "reference" / "post.py"
        source = path.read_text(encoding="utf-8")
        assert source.count(f"    {old}\n") == 1
        path.write_text(source.replace(f"    {old}\n", f"    {new}\n"), encoding="utf-8")
        found = run(*arguments, folder=tmp_path, PYTHONPATH=str(tmp_path))
        assert "Traceback" not in found.stderr, found.stderr
        return found

    return edited


def test_a_broken_line_is_named(broken):
    found = broken("dhidden[hidden <= 0] = 0", "dhidden[dhidden <= 0] = 0")
    assert found.returncode == 1
    rows = [line for line in found.stdout.split("\n") if line.endswith("WRONG")]
    assert rows[0].startswith("    7  dhidden[dhidden <= 0] = 0 ")
    assert found.stdout.count("the first wrong line") == 1
    assert found.stdout.endswith("Does NOT agree: lines 7, 8, 9, 11; training.\n")
    assert max(map(len, found.stdout.split("\n"))) <= 100


def test_an_alias_is_named(broken):
    found = broken("dscores = probs.copy()", "dscores = probs")
    assert found.returncode == 1
    assert "The backward pass changed 'probs', which it was given: WRONG." in found.stdout
    assert found.stdout.endswith("Does NOT agree: probs overwritten; figures of the post.\n")


def test_a_line_that_raises_is_named(broken):
    found = broken("dW1 = X.T @ dhidden", "dW1 = X @ dhidden")
    assert found.returncode == 1
    assert found.stderr == ""
    assert "\n     --> stopped here: ValueError: matmul" in found.stdout
    verdicts = [line.split("  ")[-1] for line in found.stdout.split("\n")]
    assert [verdicts.count(each) for each in ("ok", "WRONG", "not run")] == [7, 1, 3]
    assert found.stdout.endswith("Does NOT agree: the hand-written pass does not run.\n")


def test_a_broken_line_as_json(broken):
    found = broken("dscores /= N", "dscores /= N - 1", "--json")
    assert found.returncode == 1
    assert json.loads(found.stdout)["ok"] is False


def test_a_training_that_raises_is_reported(broken):
    found = broken("db2 = dscores.sum(axis=0, keepdims=True)", "db2 = dscores")
    assert found.returncode == 1
    assert found.stderr == ""
    assert "\nTraining by hand stopped: ValueError: operands could not be" in found.stdout
    assert found.stdout.endswith("Does NOT agree: line 5; training.\n")


# --- terminal and pipe -------------------------------------------------------------------------


def on_a_terminal(*arguments, folder, **options):
    """Run the command with standard output and error on a terminal; return status and text."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, env=environment(**options),
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    chunks = []
    while True:
        try:
            chunk = os.read(ours, 1 << 16)
        except OSError:  # how Linux says that the other side is closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(ours)
    return process.wait(timeout=120), b"".join(chunks).decode().replace("\r\n", "\n")


def test_colours_and_a_bar_on_a_terminal(tmp_path, plain):
    status, shown = on_a_terminal(folder=tmp_path)
    assert status == 0
    bar, erased, report = shown.partition("\r\x1b[K")
    assert bar == f"\rtraining [{'#' * 30}] 20/20"
    assert erased
    assert report.count("  \x1b[32mok\x1b[0m\n") == 11
    assert report.count("\x1b[32msame\x1b[0m\n") == 15
    assert "\x1b[31m" not in report
    assert ESCAPE.sub("", report) == plain.stdout


def test_no_colours_where_they_are_not_wanted(tmp_path, plain):
    status, shown = on_a_terminal(folder=tmp_path, NO_COLOR="1")
    assert status == 0
    assert ESCAPE.findall(shown) == ["\x1b[K"]  # the end of the bar
    assert shown.partition("\x1b[K")[2] == plain.stdout


def test_no_bar_where_the_output_goes_elsewhere(tmp_path):
    with (tmp_path / "report.txt").open("w") as file:
        found = subprocess.run(
            COMMAND, cwd=tmp_path, env=environment(), stdout=file, stderr=subprocess.PIPE,
            timeout=120, check=True,
        )  # fmt: skip
    assert found.stderr == b""


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    process = subprocess.Popen(
        COMMAND, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    _, err = process.communicate(timeout=120)
    assert err == b""
    assert process.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_is_told_in_one_line(tmp_path):
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(
            COMMAND, cwd=tmp_path, env=environment(), stdout=full, stderr=subprocess.PIPE,
            check=False,
        )  # fmt: skip
    assert found.returncode == 2
    wanted = b"micrograd-np: error: the output cannot be written: No space left on device\n"
    assert found.stderr == wanted
