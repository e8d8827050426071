"""Each public callable with each hostile input: the right answer, or an error of one line."""

import pytest

from hostile.oracle import Failure, judge
from hostile.table import CALLS, hostile, in_tensors


def skip_without_what_it_needs(call):
    if not call.is_possible:
        pytest.skip(f"{call.needs} is not installed")


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_good_arguments_are_taken(call):
    skip_without_what_it_needs(call)
    error = judge(call, [argument.make for argument in call.arguments])
    assert error is None or call.name in ("mg.load", "nn.Module.forward")


@pytest.mark.parametrize(
    ("call", "position"),
    [(call, i) for call in CALLS for i in call.hostile_positions()],
    ids=lambda value: getattr(value, "name", value),
)
def test_hostile_arguments(call, position):
    skip_without_what_it_needs(call)
    failures = []
    for name, make in {**hostile(call, position), **in_tensors(call, position)}.items():
        makers = [argument.make for argument in call.arguments]
        makers[position] = make
        try:
            judge(call, makers)
        except Failure as failure:
            failures.append(f"{name}: {failure}")
    assert not failures, f"{call.name}, argument {position}\n" + "\n".join(failures)
