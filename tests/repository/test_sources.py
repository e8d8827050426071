"""What holds for every file: documented, short enough to read, at home on any machine."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

import micrograd_np as mg

ROOT = Path(__file__).parents[2]
PACKAGES = ("micrograd_np", "reference", "benchmarks")
MOST_LINES = 450
SOURCES = {
    path.relative_to(ROOT).as_posix(): path
    for folder in (*PACKAGES, "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
IN_PACKAGES = [name for name in SOURCES if name.split("/")[0] in PACKAGES]

# /<one of these>/<something>, not as a part of a longer path or of an address.
PLACES = "home|Users|root|tmp|work|opt|mnt|srv|media|private|workspace"
MACHINE_PATH = re.compile(rf"(?<![\w./~)}}\]-])/(?:{PLACES})/[\w.-]+|\b[A-Z]:\\+(?:Users|Temp)\b")


def summary(docstring):
    return (docstring or "").strip().partition("\n\n")[0]


@pytest.mark.parametrize("name", mg.__all__)
def test_public_name_has_a_summary(name):
    assert summary(getattr(mg, name).__doc__).endswith((".", ":"))


def test_public_names_are_sorted_and_unique():
    assert mg.__all__ == sorted(set(mg.__all__))


@pytest.mark.parametrize("name", IN_PACKAGES)
def test_module_has_a_summary(name):
    tree = ast.parse(SOURCES[name].read_text(encoding="utf-8"))
    assert summary(ast.get_docstring(tree)).endswith((".", ":"))


@pytest.mark.parametrize("name", SOURCES)
def test_file_can_be_read_in_one_sitting(name):
    lines = len(SOURCES[name].read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, f"{lines} lines want to be two files"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("'{0}home{0}ada{0}data.csv'", True),
        ("PATH={0}opt{0}tool", True),
        ("C:{1}Users{1}ada", True),
        ("#!{0}usr{0}bin{0}env bash", False),
        ("rows{0}work{0}N", False),
        ("https:{0}{0}example.org{0}home{0}page", False),
        ("$HOME{0}work{0}file", False),
    ],
)
def test_what_is_a_path_of_a_machine(text, found):
    assert bool(MACHINE_PATH.search(text.format("/", "\\"))) is found


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="git knows which files are the project's")
def test_no_file_names_a_path_of_a_machine():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=60
    )
    names = [name for name in listed.stdout.decode().split("\0") if name]
    assert names
    found = {}
    for name in names:
        path = ROOT / name
        if path.is_file():  # not, if it was deleted and the deletion is not committed yet
            text = path.read_bytes().decode(errors="replace")
            found[name] = [match[0] for match in MACHINE_PATH.finditer(text)]
    assert {name: paths for name, paths in found.items() if paths} == {}
