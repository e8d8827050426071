"""A program derived of any function gives what the function gives when it is run."""

import numpy as np
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

import micrograd_np as mg
from program.derived import (
    assert_plain_numpy,
    assert_right_or_refused,
    assert_run_is_right,
    assert_source_is_right,
    assert_vjp_is_right,
    assert_well_formed,
    wanted_of,
)
from program.random_programs import SYMBOLS, random_programs

check = settings(suppress_health_check=list(HealthCheck), report_multiple_bugs=False)


REFUSED = ("not a Tensor", "live tensors", "cannot write a Tensor", "for floating-point arrays")
"""What eager says where the result is made of integers alone, or NumPy would write through a view:
there it is no oracle."""


def derived(drawn):
    """Derive it; pass over what does not depend on any of its inputs, where eager agrees."""
    try:
        wanted = wanted_for(drawn, drawn.values())
    except (TypeError, RuntimeError) as error:
        assume(not any(reason in str(error) for reason in REFUSED))
        raise
    if all(not np.any(radius.value) for name, radius in wanted.items() if name != "value"):
        assume(False)
    program = mg.derive(drawn.function(), *drawn.values())
    note(program.source())
    return program


def wanted_for(drawn, args):
    return wanted_of(drawn.function(eager=True), sorted(drawn.argnums), args)


@check
@given(random_programs())
def test_source_run_and_vjp_give_what_eager_gives(drawn):
    program = derived(drawn)
    argnums = sorted(drawn.argnums)
    for seed in (drawn.seed, 17):
        args = drawn.values(seed=seed)
        wanted = wanted_for(drawn, args)
        assert_source_is_right(program, args, wanted)
        assert_run_is_right(program, args, wanted)
        assert_vjp_is_right(program, args, wanted, argnums)


@check
@given(random_programs(), st.lists(st.integers(3, 6), min_size=3, max_size=3))
def test_other_lengths_are_answered_right_or_refused(drawn, new):
    program = derived(drawn)
    args = drawn.values(lengths=dict(zip(SYMBOLS, new, strict=True)))
    assert_right_or_refused(program, args, drawn.function(eager=True), sorted(drawn.argnums))


@check
@given(random_programs())
def test_statements_and_source_are_well_formed(drawn):
    program = derived(drawn)
    assert_well_formed(program)
    assert_plain_numpy(program.source())
