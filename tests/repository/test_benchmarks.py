"""The benchmarks run, and refuse to time what does not agree."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def benchmarks(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_post_is_timed_against_a_step_written_by_hand():
    run = benchmarks("iris", "--rounds", "2")
    assert run.returncode == 0, run.stderr
    rows = [line for line in run.stdout.splitlines() if line.count(" to ") == 2]
    assert [line.split("  ")[0] for line in rows] == ["by hand", "micrograd_np", "torch"]
    assert "1.00 (1.00 to 1.00)" in rows[0]
    assert "cross_entropy(relu(X @ W1 + b1) @ W2 + b2, y)" in run.stdout


@pytest.mark.parametrize(("case", "who"), [("derive", 3), ("deep", 2), ("chain", 3)])
def test_what_derive_prints_is_timed_where_it_agrees(case, who):
    run = benchmarks(case, "--rounds", "2", "--block", "1")
    assert run.returncode == 0, run.stderr
    assert sum(line.count(" to ") == 2 for line in run.stdout.splitlines()) >= who


@pytest.mark.parametrize("case", ["adam", "convolution"])
def test_what_trains_is_timed_against_pytorch(case):
    run = benchmarks(case, "--rounds", "2", "--block", "1")
    assert run.returncode == 0, run.stderr
    rows = [line for line in run.stdout.splitlines() if line.count(" to ") == 2]
    assert [row.split("  ")[0] for row in rows] == ["torch", "by hand", "micrograd_np"]


def test_a_product_with_second_derivatives_is_timed():
    run = benchmarks("hvp", "--rounds", "2", "--block", "1")
    assert run.returncode == 0, run.stderr
    rows = [line for line in run.stdout.splitlines() if line.count(" to ") == 2]
    assert [row.split("  ")[0] for row in rows][:2] == ["mg.grad", "mg.hvp"]


def test_memory_is_measured_where_gradients_agree():
    small = "memory.LAYERS, memory.WIDTH, memory.ROWS = 28, 64, (64, 512)"
    code = f"from benchmarks import memory; {small}; print(memory.report(1, 2, 1))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count(" x ") == 6


def test_the_explorer_is_timed_from_its_start_to_a_knob():
    run = benchmarks("explorer", "--rounds", "2")
    assert run.returncode == 0, run.stderr
    rows = run.stdout.splitlines()
    assert [row for row in rows if row.startswith("the page ") and row.endswith(" kB")]
    assert sum(" ms   (" in row for row in rows) == 2 + 2 * ("no browser" not in run.stdout)


def test_cases_are_listed():
    run = benchmarks("--list")
    assert run.returncode == 0
    assert run.stdout.startswith("iris ")


def test_an_unknown_case_is_an_error_that_names_the_known_ones():
    run = benchmarks("no-such-case")
    assert run.returncode == 2
    assert "iris" in run.stderr


REFUSED = """
import numpy as np
from benchmarks import iris, timing

def off_by(amount):
    def make():
        run = iris.by_hand()
        def step():
            loss = run.step()
            run.weights()[0][0, 0] += amount
            return loss
        return timing.Run(step, run.weights)
    return make

for amount in (1e-9, np.nan):
    case = timing.Case("a case", "", {"by hand": iris.by_hand, "other": off_by(amount)}, {})
    try:
        timing.report(case, rounds=2, block=1)
    except timing.Disagreement as error:
        print("refused")
"""


def test_contenders_that_do_not_agree_are_not_timed():
    run = subprocess.run(
        [sys.executable, "-c", REFUSED], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert run.stdout.split() == ["refused", "refused"], run.stderr
