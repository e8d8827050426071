"""A project of one file is measured: what is killed, what survives, and what is run again."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE = "micrograd_np/rules/made.py"
TEST = "tests/test_made.py"

RULES = '''"""Rules."""

BY = {"two": 2}


def doubled(g):
    return g * BY["two"]


def shifted(g):
    return g + 1


def idle(g):
    return -g


twice = lambda g: g - -g
'''

TESTS = """
from pathlib import Path

from micrograd_np.rules import made
from micrograd_np.rules.made import twice

EARLY = made.shifted(1)


def test_doubled():
    assert made.doubled(3) == 6


def test_shifted():
    assert made.shifted(1) == EARLY


def test_twice():
    assert twice(2) == 4


def test_always_fails():
    assert not made.doubled(1)


def test_fails_when_it_is_run_again():
    ran = Path(__file__).with_suffix(".ran")
    assert made.idle(1) and not ran.exists()
    ran.touch()
"""

APART = "tests/cli/test_apart.py"
TESTS_APART = """
from micrograd_np.rules import made


def test_idle():
    assert made.idle(1) == -1
"""


def adequacy(root, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.adequacy", "--root", str(root), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )


def verdicts(root, *tests):
    """Return what is said of each mutant, by the old and the new line, and how many were judged."""
    run = adequacy(root, "--json", *tests)
    assert run.returncode == 1, run.stderr
    found = {(it["old"], it["new"]): it for it in json.loads(run.stdout)[FILE]["verdicts"]}
    bars = re.findall(rf"{FILE}: 100%\S* \d+/(\d+)", run.stderr.replace("|", " "))
    return found, sum(map(int, dict.fromkeys(bars)))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    texts = {
        FILE: RULES,
        TEST: TESTS,
        APART: TESTS_APART,
        "micrograd_np/__init__.py": "",
        "micrograd_np/rules/__init__.py": "",
        "pytest.ini": "[pytest]\naddopts = --import-mode=importlib\n",
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture(scope="module")
def first(project):
    return verdicts(project)[0]


@pytest.mark.parametrize(
    ("old", "new", "how", "test"),
    [
        ('return g * BY["two"]', "return g", "fails", "test_doubled"),
        ("twice = lambda g: g - -g", "twice = lambda g: g + -g", "fails", "test_twice"),
        ('BY = {"two": 2}', 'BY = {"two": 3}', "fails", "test_doubled"),  # which reads it
        ("return g + 1", "return g + 2", "passes", ""),  # early, too, a mutant is what is called
        ("return -g", "return g", "unreached", ""),  # but by tests that fail without a mutant
    ],
)
def test_a_mutant_is_killed_or_survives(first, old, new, how, test):
    found = first[old, new]
    assert found["how"] == how
    assert found["killed"] == bool(test)
    assert found["test"] == (f"{TEST}::{test}" if test else "")


def test_only_what_has_changed_is_run_again(project, first):
    assert verdicts(project) == (first, 0)
    path = project / TEST
    path.write_text(TESTS.replace("== EARLY", "== 2"))
    changed, _ = verdicts(project)
    path.write_text(TESTS)
    assert changed["return g + 1", "return g + 2"]["how"] == "fails"


def test_tests_that_look_from_another_process_are_run_if_they_are_asked_for(project, first):
    assert first["return -g", "return g"]["how"] == "unreached"
    found, _ = verdicts(project, str(project / APART))
    assert found["return -g", "return g"]["test"] == f"{APART}::test_idle"


def test_survivors_are_printed_with_what_makes_them(project, first):
    run = adequacy(project, "--file", str(project / FILE))
    assert run.returncode == 1
    assert f"{FILE}:15 sign, survived: no test reaches it\n--- a/{FILE}" in run.stdout
    assert "\n-    return -g\n+    return g\n" in run.stdout
    killed = sum(it["killed"] for it in first.values())
    assert run.stdout.splitlines()[-1].split()[:3] == ["all", str(len(first)), str(killed)]


def test_mutants_are_listed(project):
    run = adequacy(project, "--list")
    assert run.returncode == 0
    assert f"{FILE}:15: sign: return -g  ->  return g\n" in run.stdout


def test_a_file_that_is_not_mutated_is_no_choice(project):
    run = adequacy(project, "--file", str(project / TEST))
    assert run.returncode == 2
    assert "no file that is mutated" in run.stderr
