"""print(program): every statement in a row, in 100 columns."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.testing.operations.table import CASES
from program.networks import FUSED, NETWORKS

WIDEST = 100


def assert_fits(program):
    lines = str(program).splitlines()
    assert max(map(len, lines)) <= WIDEST
    for statement in (*program.forward, *program.backward):
        start = statement.name[:19]
        assert any(f" {start}" in line for line in lines), statement.name
    return lines


@pytest.mark.parametrize("network", [*NETWORKS, FUSED], ids=str)
def test_networks_fit(network):
    program = network.derive()
    lines = assert_fits(program)
    numbers = [int(line.split()[0]) for line in lines if line[:2].strip().isdigit()]
    assert numbers == list(range(1, len(program.forward) + len(program.backward) + 1))
    assert "forward, networks.py" in lines
    assert "backward" in lines
    assert lines[-1] == f"returns {', '.join(program.outputs)}"


@pytest.mark.parametrize("case", [case for case in CASES if not case.refused], ids=str)
@settings(max_examples=1, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_operation_fits(case, data):
    arrays, options = data.draw(case.draw)

    def f(*operands):
        return np.sum(np.tanh(case.call(*operands, **options)) * 2)

    assert_fits(mg.derive(f, *arrays))


def test_a_small_program_as_a_whole():
    def f(x, w):
        return np.sum(np.tanh(x * w))

    first = f.__code__.co_firstlineno + 1
    table = str(mg.derive(f, np.ones((2, 3), np.float32), np.ones(3, np.float32)))
    assert table.splitlines() == [
        "#  name   computed as       shape  dtype    line",
        "",
        "given",
        "   x                        2×3    float32",
        "   w                        3      float32",
        "",
        "forward, test_table.py",
        f"1  u1     x * w             2×3    float32  {first:4}",
        f"2  t1     np.tanh(u1)       2×3    float32  {first:4}",
        f"3  value  t1.sum()          ()     float32  {first:4}",
        "",
        "backward",
        "4  u2     t1 * t1           2×3    float32",
        "5  du1    1 - u2            2×3    float32",
        "6  dx     du1 * w           2×3    float32",
        "7  u3     du1 * x           2×3    float32",
        "8  dw     u3.sum(axis=0)    3      float32",
        "",
        "returns value, dx, dw",
    ]


def test_long_names_and_calls_are_cut():
    def f(x):
        a_name_that_is_as_long_as_a_sentence_and_goes_on = np.exp(x)
        another_name_that_is_as_long_as_a_sentence_and_goes_on = np.sin(x)
        result = np.where(
            another_name_that_is_as_long_as_a_sentence_and_goes_on > 0,
            a_name_that_is_as_long_as_a_sentence_and_goes_on,
            another_name_that_is_as_long_as_a_sentence_and_goes_on,
        )
        return result

    table = str(mg.derive(f, np.ones((2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1))))
    assert max(map(len, table.splitlines())) <= WIDEST
    assert "a_name_that_is_as_…" in table
    assert "np.where(" in table
    assert "2×1×1×1×1×1×1×1×1×1…" in table


def test_many_results_are_cut_at_the_end():
    arrays = [np.ones(1)] * 30
    lines = str(mg.derive(lambda *a: np.sum(np.concatenate(a)), *arrays)).splitlines()
    assert len(lines[-1]) == WIDEST
    assert lines[-1].endswith("…")
