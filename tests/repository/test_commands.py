"""The commands that the README gives are the ones that CI runs."""

import os
import re
import subprocess
from pathlib import Path

import pytest

import micrograd_np as mg

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "the main job": "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/micrograd-np",
    "the tests": (
        'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" '
        "&& .venv/bin/pytest -n auto --dist worksteal"
    ),
}
FIRST_SCREEN = 30


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_readme_gives_the_command_alone_in_a_block_of_its_first_screen(command):
    top = "\n".join(read("README.md").splitlines()[:FIRST_SCREEN])
    blocks = re.findall(r"^```sh\n(.*?)\n```$", top, re.MULTILINE | re.DOTALL)
    assert command in blocks


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_ci_runs_the_command_literally_as_one_line(command):
    assert command in [line.strip() for line in read(".ci/run").splitlines()]


def test_ci_is_executable_and_valid_bash():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True, timeout=60)


@pytest.mark.parametrize("name", [".ci/run", "README.md", ".pre-commit-config.yaml"])
def test_packages_come_from_where_pip_is_told_to_look(name):
    text = read(name)
    assert "index-url" not in text
    assert "://" not in text


def test_newest_entry_of_the_changelog_is_this_version():
    newest = re.search(r"^## \[?([^\]\s]+)", read("CHANGELOG.md"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == mg.__version__
