"""In blocks of a few rows, too, everything is what eager code gives."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micrograd_np as mg
from jit import test_every_operation as every
from jit.asked import assert_random_program_is_eager
from micrograd_np.program.jit import blocks, source, storage
from program.random_programs import random_programs
from program.test_every_operation import every_operation


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Take every array for a large one, and few rows for a block."""
    for module in (blocks, storage, source):
        monkeypatch.setattr(module, "LARGE", 1)
    monkeypatch.setattr(blocks, "BLOCK", 32)
    monkeypatch.setattr(blocks, "WORTH", 2)


@every_operation
def test_every_operation_in_blocks(case, data):
    every.test_it_is_eager_in_the_same_bits.question(case, data)


@settings(suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
@given(random_programs(), st.sampled_from([1, 16, 64]))
def test_random_programs_in_blocks(drawn, block):
    blocks.BLOCK = block
    assert_random_program_is_eager(drawn)


def test_what_is_read_as_a_whole_is_complete():
    def f(w, count):
        scores = count / np.exp(w / 8)  # in one line by rows, as a row in the next
        return np.sum(scores * np.exp(w)[:, None])

    rng = np.random.default_rng(0)
    w, count = rng.normal(size=3), rng.integers(1, 4, (3, 1))
    both = mg.value_and_grad(f)
    value, gradient = mg.jit(both)(w, count)
    wanted, wanted_gradient = both(w, count)
    np.testing.assert_array_equal(value, wanted)
    np.testing.assert_array_equal(gradient, wanted_gradient)
