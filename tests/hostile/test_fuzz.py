"""Several hostile inputs at once, in containers as well."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostile.known import KNOWN
from hostile.oracle import judge
from hostile.table import CALLS, hostile, in_tensors


def inputs_of(call, position):
    """Return what may stand at a position, by name."""
    return {**hostile(call, position), **in_tensors(call, position)}


def open_positions(call):
    return [i for i in call.hostile_positions() if inputs_of(call, i)]


QUICK = [call for call in CALLS if call.is_possible and not call.slow and open_positions(call)]


def in_array(value):
    found = np.empty(1, object)
    found[0] = value
    return found


CONTAINERS = {
    "as it is": lambda make: make,
    "list": lambda make: lambda: [make()],
    "two in a list": lambda make: lambda: [make(), make()],
    "tuple": lambda make: lambda: (make(),),
    "dict": lambda make: lambda: {"a": make()},
    "array": lambda make: lambda: in_array(make()),
    "generator": lambda make: lambda: (make() for _ in range(2)),
}


@st.composite
def calls(draw):
    """Draw a call, and for some of its arguments what hostile input stands there."""
    call = draw(st.sampled_from(QUICK))
    positions = st.sampled_from(open_positions(call))
    chosen = {}
    for position in sorted(draw(st.sets(positions, min_size=1, max_size=3))):
        name = draw(st.sampled_from(sorted(inputs_of(call, position))))
        can_be_inside = call.arguments[position].accepts and (call.name, position) not in KNOWN
        container = draw(st.sampled_from(sorted(CONTAINERS))) if can_be_inside else "as it is"
        chosen[position] = container, name
    return call, chosen


@settings(max_examples=5 * settings.default.max_examples, suppress_health_check=list(HealthCheck))
@given(calls())
def test_several_at_once(drawn):
    call, chosen = drawn
    makers = [argument.make for argument in call.arguments]
    for position, (container, name) in chosen.items():
        make = inputs_of(call, position)[name]
        makers[position] = CONTAINERS[container](make)
    judge(call, makers)
