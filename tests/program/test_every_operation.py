"""The same questions to the derived program of every operation in the table."""

import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

import micrograd_np as mg
from micrograd_np.program import numbers
from micrograd_np.program.printing.python import LARGEST_LITERAL
from micrograd_np.program.traced import TraceError
from micrograd_np.testing.operations.table import CASES
from program.derived import (
    assert_plain_numpy,
    assert_right,
    assert_right_or_refused,
    assert_run_is_right,
    assert_source_is_right,
    assert_vjp_is_right,
    assert_well_formed,
    eager,
    seed_for,
    wanted_of,
)

EXAMPLES = settings.default.max_examples // 16


def every_operation(question):
    """Ask a question of every operation; the cases of one function share the examples."""

    @pytest.mark.parametrize("case", [case for case in CASES if not case.refused], ids=str)
    def of_every_operation(case):
        few = 1 if case.is_long else max(EXAMPLES // case.alike, EXAMPLES // 3, 1)

        @settings(
            max_examples=few,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        @given(data=st.data())
        def answer(data):
            question(case, data)

        answer()

    of_every_operation.__doc__ = question.__doc__
    of_every_operation.question = question
    return of_every_operation


USES = {
    "itself": lambda out: out,
    "its sum": np.sum,
    "the sum of its squares": lambda out: np.sum(out * out),
    "a fraction of its cubes": lambda out: (out**3).sum() / 7,
    "its negative": lambda out: -out,
    "used twice": lambda out: np.exp(-out * out) * out,
}


@st.composite
def calls(draw, case):
    """Draw operands, and a function of them that calls the operation."""
    arrays, options = draw(case.draw)
    index = options.get("index")
    parts = index if isinstance(index, tuple) else (index,)
    assume(all(np.size(part) <= LARGEST_LITERAL for part in parts))  # a source writes them out
    dtype = draw(st.sampled_from(["float64", "float32"]))
    use = draw(st.sampled_from(list(USES.values())))

    def f(*operands):
        out = case.call(*operands, **options)
        result = use(out)
        return result

    return [a.astype(dtype) for a in arrays], f


def derived(f, arrays):
    program = mg.derive(f, *arrays)
    note(program.source())
    return program


def others_of_the_same_shape(arrays):
    """Return the same numbers in another order, and smaller: none moves across a kink's operand."""
    return [np.asarray(np.roll(a.ravel(), 1).reshape(a.shape) * a.dtype.type(0.75)) for a in arrays]


@st.composite
def others_of_other_shapes(draw, arrays, longer):
    """Resize axes: those of one length together, or one by one.

    `longer` leaves axes of length zero and one as they are, and makes no others so short.
    """
    together = draw(st.booleans())

    def new(n):
        if longer:
            return draw(st.integers(2, 5)) if n > 1 else n
        return draw(st.just(n) | st.integers(0, 5))

    becomes = {n: new(n) for n in sorted({n for a in arrays for n in a.shape})}
    others = []
    for a in arrays:
        shape = tuple(becomes[n] if together else new(n) for n in a.shape)
        count = int(np.prod(shape))
        flat = np.resize(a.ravel(), count) if a.size else np.full(count, 1 / 16)
        laps = np.arange(count) // max(a.size, 1)
        others.append((flat + laps / 256).reshape(shape).astype(a.dtype))
    return others


@pytest.mark.parametrize("case", [c for c in CASES if c.refused], ids=str)
@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_would_freeze_values_of_one_run_is_refused(case, data):
    arrays, f = data.draw(calls(case))
    assume(all(a.size for a in arrays))
    with pytest.raises(TraceError):
        mg.derive(f, *arrays)


@every_operation
def test_source_and_run_are_right_or_refuse_other_lengths(case, data):
    arrays, f = data.draw(calls(case))
    program = derived(f, arrays)
    assert_well_formed(program)
    assert_plain_numpy(program.source())
    argnums = range(len(arrays))
    others = others_of_the_same_shape(arrays)
    for given_now in (arrays, others):
        try:
            wanted = wanted_of(f, argnums, given_now)
        except RuntimeWarning:  # the mean of no number, where those that are left out come together
            assert given_now is others
            continue
        assert_source_is_right(program, given_now, wanted)
        assert_run_is_right(program, given_now, wanted)
        assert_vjp_is_right(program, given_now, wanted, argnums)
    for longer in (True, False):
        others = data.draw(others_of_other_shapes(arrays, longer))
        assert_right_or_refused(program, others, f, argnums)


@every_operation
def test_without_rewriting_it_is_eager_bit_for_bit(case, data):
    arrays, f = data.draw(calls(case))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["micrograd_np.program.derive"], "rewrite", None)
        patch.setattr(numbers, "_whole_inverse", lambda coefficient: 0)  # x / 3 for x * 0.333...
        program = derived(f, arrays)
        wanted = eager(f, range(len(arrays)))(*arrays)
        seed = seed_for(wanted["value"])
        found = program.run(*arrays, *([seed] if seed.shape else []))
    # NumPy rounds the product of two complex scalars otherwise than that of two 0-d arrays.
    complex_scalars = any(v.ndim == 0 and v.dtype.kind == "c" for v in found.values())
    if case.rounds_otherwise or complex_scalars:
        outputs = [found[name] for name in program.outputs]
        assert_right(outputs, wanted_of(f, range(len(arrays)), arrays), "run")
        return
    for name, expected in zip(program.outputs, wanted.values(), strict=True):
        np.testing.assert_array_equal(found[name], expected, strict=True)
