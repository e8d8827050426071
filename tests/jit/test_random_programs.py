"""Functions of many lines, and their gradients, run from generated source as eager code does."""

from hypothesis import HealthCheck, assume, given, note, settings

import micrograd_np as mg
from jit.asked import assert_same, with_gradients
from program.random_programs import random_programs
from program.test_random_programs import REFUSED


@settings(suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
@given(random_programs())
def test_it_gives_what_eager_gives(drawn):
    argnums = sorted(drawn.argnums)
    f = drawn.function(eager=True)
    eager = with_gradients(f, argnums)
    jitted = mg.jit(with_gradients(drawn.function(), argnums))
    for seed in (drawn.seed, 17, drawn.seed):
        args = drawn.values(seed=seed)
        try:
            wanted = eager(*args)
        except (TypeError, RuntimeError) as error:
            assume(not any(reason in str(error) for reason in REFUSED))
            raise
        found = jitted(*args)
        note(jitted.source)
        assert_same(found, wanted, f, argnums, args)
