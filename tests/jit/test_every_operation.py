"""Every operation of the table, and its gradient, runs from generated source as eager code does."""

import pytest

import micrograd_np as mg
from jit.asked import assert_same, with_gradients
from micrograd_np.program.traced import TraceError
from program.test_every_operation import calls, every_operation, others_of_the_same_shape


@every_operation
def test_it_is_eager_in_the_same_bits(case, data):
    arrays, f = data.draw(calls(case))
    argnums = range(len(arrays))
    eager = with_gradients(f, argnums)
    jitted = mg.jit(eager)
    for given in (arrays, others_of_the_same_shape(arrays), arrays):
        try:
            wanted = eager(*given)
        except RuntimeWarning:  # the mean of no number, where those that are left out come together
            continue
        try:
            found = jitted(*given)
        except TraceError:  # no program can be recorded of it, neither to run nor to print
            with pytest.raises(TraceError):
                mg.derive(f, *arrays)
            return
        exact = assert_same(found, wanted, f, argnums, given)
        # How NumPy rounds a product of complex numbers depends on where they lie in memory.
        assert exact or case.rounds_otherwise or "complex" in jitted.source
