"""The benchmarks run, and refuse to time what does not agree."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TORCH = ["torch"] if find_spec("torch") else []


def benchmarks(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )


def contenders(printed):
    """Return the first column of the rows of a table."""
    rows = [line for line in printed.splitlines() if line.count(" to ") == 2 and "(" in line]
    return [line.split("  ")[0] for line in rows]


OURS = ["by hand", "micrograd_np", "micrograd_np.jit"]


def test_the_post_is_timed_against_a_step_written_by_hand():
    run = benchmarks("iris", "--rounds", "2", "--block", "1")
    assert run.returncode == 0, run.stderr
    known = [*OURS, "by hand, as in the post", *TORCH]
    assert contenders(run.stdout)[: len(known)] == known
    assert "1.00 (1.00 to 1.00)" in run.stdout
    assert "cross_entropy(relu(X @ W1 + b1) @ W2 + b2, y)" in run.stdout
    for name in ("jax.jit", "autograd", "mygrad"):  # each of them is timed, or said to be absent
        assert any(line.startswith(name) for line in run.stdout.splitlines())


@pytest.mark.parametrize("case", ["mlp", "block", "cross_entropy", "hvp"])
def test_networks_are_timed_against_a_backward_pass_written_by_hand(case):
    run = benchmarks(case, "--rounds", "2", "--block", "1", "--threads", "2")
    assert run.returncode == 0, run.stderr
    assert contenders(run.stdout)[:3] == OURS


def test_what_was_measured_is_data_and_a_picture(tmp_path):
    picture = tmp_path / "ratios.svg"
    run = benchmarks(
        "iris", "deep", "--rounds", "2", "--block", "1", "--json", "--svg", str(picture)
    )
    assert run.returncode == 0, run.stderr
    cases = json.loads(run.stdout)["cases"]
    assert [case["title"].partition(":")[0] for case in cases] == ["iris", "deep"]
    by_hand = cases[0]["contenders"]["by hand"]
    assert by_hand["ratio"] == [1.0, 1.0, 1.0]
    assert 0 < by_hand["seconds"][0] <= by_hand["seconds"][2]
    assert picture.read_text().lstrip().startswith("<?xml")


@pytest.mark.parametrize(("case", "who"), [("derive", 3), ("deep", 2)])
def test_what_derive_prints_is_timed_where_it_agrees(case, who):
    run = benchmarks(case, "--rounds", "2", "--block", "1")
    assert run.returncode == 0, run.stderr
    assert len(contenders(run.stdout)) == who


def test_an_optimiser_is_timed_beside_pytorch_where_it_is():
    run = benchmarks("adam", "--rounds", "2", "--block", "1")
    assert run.returncode == 0, run.stderr
    assert contenders(run.stdout) == ["by hand", "micrograd_np", *TORCH]


SMALL = """
from benchmarks import {module}, report, timing
{sizes}
for case in {module}.cases() if hasattr({module}, "cases") else [{module}.case()]:
    print(report.text(timing.timed(case, rounds=2, block=1)))
"""


@pytest.mark.parametrize(
    ("module", "sizes"),
    [
        ("chain", "chain.SIZES = (1, 1000)"),
        ("graph", "graph.NODES = 300"),
        ("black_scholes", "black_scholes.COUNT = 100_000"),
        ("convolution", "convolution.N, convolution.SIZE = 2, 9"),
        ("mlp", "mlp.case = lambda: mlp.make('wide', (64,) * 5, 32)"),
    ],
)
def test_large_cases_agree_in_small(module, sizes):
    code = SMALL.format(module=module, sizes=sizes)
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    ours = OURS[:2] if module == "graph" else OURS  # of which nothing is compiled
    assert contenders(run.stdout)[: len(ours)] == ours


def test_a_picture_that_cannot_be_drawn_is_refused_before_anything_is_timed(tmp_path):
    run = benchmarks("deep", "--svg", str(tmp_path / "no" / "ratios.svg"))
    assert (run.returncode, run.stdout) == (2, "")
    assert "there is no folder" in run.stderr


def test_growth_is_measured():
    code = """
from benchmarks import growth
growth.CASES = {name: (make, sizes[:2]) for name, (make, sizes) in growth.CASES.items()
                if name not in ("batch", "width, elementwise")}
print(growth.report(1, 2, 1))
"""
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("   time ") == 8


@pytest.mark.parametrize(
    ("sizes", "measured", "wanted"),
    [((1, 10, 20, 40), (5, 5, 10, 20), 1.0), ((10, 20), (1, 4), 2.0)],
)
def test_an_exponent_is_that_of_the_largest_sizes(sizes, measured, wanted):
    code = f"from benchmarks.growth import exponent; print(exponent({sizes}, {measured}))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert float(run.stdout) == pytest.approx(wanted)


def test_an_import_is_timed_and_not_drawn(tmp_path):
    run = benchmarks("importing", "--rounds", "2", "--svg", str(tmp_path / "ratios.svg"))
    assert (run.returncode, "none of these cases has ratios" in run.stderr) == (1, True)
    assert run.stdout.splitlines()[-5].startswith("micrograd_np") or "micrograd_np  " in run.stdout


def test_the_memory_of_a_step_is_measured():
    sizes = "peak.WIDTHS, peak.ROWS = (64,) * 3, 32"
    code = f"from benchmarks import peak; {sizes}; print(peak.report(1, 2, 1))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count(" x by hand") >= 3


def test_memory_is_measured_where_gradients_agree():
    small = "memory.LAYERS, memory.WIDTH, memory.ROWS = 28, 64, (64, 512)"
    code = f"from benchmarks import memory; {small}; print(memory.report(1, 2, 1))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count(" x ") == (6 if TORCH else 4)


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
    case = timing.Case("a case", "", {"by hand": iris.by_hand, "other": off_by(amount)})
    try:
        timing.timed(case, rounds=2, block=1)
    except timing.Disagreement as error:
        print("refused")
"""


def test_contenders_that_do_not_agree_are_not_timed():
    run = subprocess.run(
        [sys.executable, "-c", REFUSED], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert run.stdout.split() == ["refused", "refused"], run.stderr
