"""Functions of many lines, and their gradients, run from generated source as eager code does."""

from hypothesis import HealthCheck, given, settings

from jit.asked import assert_random_program_is_eager
from program.random_programs import random_programs


@settings(suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
@given(random_programs())
def test_it_gives_what_eager_gives(drawn):
    assert_random_program_is_eager(drawn)
