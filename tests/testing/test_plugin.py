"""The plugin, in a project of its own that has the library installed."""

import subprocess
import sys

import pytest

from micrograd_np import testing

TESTS = """
import numpy as np
import micrograd_np as mg
from hypothesis import given
from micrograd_np.testing import strategies


def test_right(gradcheck):
    gradcheck(np.tanh, np.ones(3))


@given(x=strategies.arrays((2,)))
def test_under_hypothesis(gradcheck, x):
    gradcheck(np.sin, x)


@mg.primitive
def square(x):
    return x * x


mg.defvjp(square, lambda g, _out, x: g * x)


def test_wrong(gradcheck):
    gradcheck(square, strategies.arrays((2,)))
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "test_mine.py").write_text(TESTS, encoding="utf-8")
    return tmp_path


def test_the_fixture_is_there_and_says_what_is_wrong(project):
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", "test_mine.py"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "1 failed, 2 passed" in run.stdout, run.stdout + run.stderr
    assert run.returncode == 1
    assert "gradcheck of square" in run.stdout
    assert "smallest example:" in run.stdout
    assert "WRONG" in run.stdout


def test_the_fixture_is_told_among_the_others(project):
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--fixtures", "-p", "no:cacheprovider"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "gradcheck [session scope]" in run.stdout


def test_no_run_of_pytest_waits_for_what_it_does_not_use():
    code = (
        "import sys, micrograd_np.testing.plugin\n"
        "print(*(name for name in sys.modules if name.startswith('micrograd_np.testing.')))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout.split() == ["micrograd_np.testing.plugin"]


def test_the_package_holds_what_it_says():
    assert set(testing.__all__) <= set(dir(testing))
    assert [getattr(testing, name).__name__ for name in testing.__all__] == testing.__all__
    with pytest.raises(AttributeError, match=r"'micrograd_np\.testing' has no attribute 'check'"):
        _ = testing.check
