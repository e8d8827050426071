"""Methods of ufuncs: NumPy's bits and dtypes, each step once, and the same while recorded."""

import numpy as np
import pytest

import micrograd_np as mg
from rules.gradients import gradient, gradients, leaf, numbered
from rules.matrices import near, unlike

# --- reductions --------------------------------------------------------------------------------

TALL = 0.5 + np.abs(unlike(3, 2, 4))
BUT_FIRST = np.arange(3)[:, None, None] > 0
NEGATIVE = TALL * [[1.0], [-1.0]]
REDUCED = {
    "hypot of some": lambda a: np.hypot.reduce(a, where=NEGATIVE > 0),
    "logaddexp of some": lambda a: np.logaddexp.reduce(a, where=BUT_FIRST),
    "logaddexp of two": lambda a: np.logaddexp.reduce(a[:2], axis=1),
    "logaddexp of none": lambda a: np.logaddexp.reduce(a, axis=(0, 2), where=False),
    "sum of none": lambda a: np.add.reduce(a, where=False),
    "fmax of some": lambda a: np.fmax.reduce(a, axis=2, where=TALL > 0.9, initial=0.6),
    "fmin of all": lambda a: np.fmin.reduce(a, axis=None),
    "maximum in another dtype": lambda a: np.maximum.reduce(a, axis=1, dtype=np.float32),
    "minimum in its dtype": lambda a: np.minimum.reduce(a, axis=-1, dtype=float),
    "sum in another dtype": lambda a: np.add.reduce(a, axis=1, dtype=np.float32),
    "difference of one": lambda a: np.subtract.reduce(a[:1]),
    "quotients": lambda a: np.divide.reduce(a, axis=1, keepdims=True),
    "quotients of halves": lambda a: np.divide.reduce(a.astype(np.float16), axis=0),
    "a chain of halves": lambda a: np.subtract.reduce(a[:, 0, 0].astype(np.float16)),
    "quotients from one on": lambda a: np.divide.reduce(a, axis=2, initial=7.0),
}


@pytest.mark.parametrize("name", REDUCED)
def test_a_reduction_has_numpys_bits(name):
    for a in (TALL, NEGATIVE):
        with np.errstate(invalid="ignore"):
            found, wanted = REDUCED[name](leaf(a)), REDUCED[name](a)
        np.testing.assert_array_equal(found.data, wanted, strict=True)


@pytest.mark.parametrize(
    "name", [name for name in REDUCED if not name.endswith(("dtype", "halves"))]
)
def test_the_gradient_of_a_reduction(name):
    given = gradient(REDUCED[name], TALL)
    assert given.shape == TALL.shape
    if "none" in name:
        np.testing.assert_array_equal(given, np.zeros_like(TALL))
    else:
        mg.gradcheck(REDUCED[name], TALL)


@pytest.mark.parametrize("ufunc", [np.subtract, np.divide])
def test_halves_are_rounded_at_the_end_alone(ufunc):
    """As NumPy does, and the gradient goes on."""
    a = (1 + np.arange(1.0, 40) / 1000).astype(np.float16)
    x = leaf(a)
    out = ufunc.reduce(x)
    np.testing.assert_array_equal(out.data, ufunc.reduce(a), strict=True)
    out.backward()
    assert x.grad[0] != 0
    assert x.grad.dtype == np.float16


def test_many_are_added_up_in_numpys_order_in_any_dtype():
    a = np.cos(np.arange(300.0))
    for options in ({}, {"dtype": np.float32}, {"dtype": np.longdouble}):
        found = np.add.reduce(leaf(a), **options)
        np.testing.assert_array_equal(found.data, np.add.reduce(a, **options), strict=True)


@pytest.mark.parametrize("ufunc", [np.maximum, np.minimum])
def test_equal_ones_have_equal_parts_in_the_largest(ufunc):
    np.testing.assert_array_equal(gradient(ufunc.reduce, np.ones(4)), np.full(4, 0.25))


def test_the_second_derivative_of_a_length_of_two_where_one_is_zero():
    twice = mg.grad(lambda x: np.sum(mg.grad(np.hypot.reduce)(x) * np.array([1.0, 0.0])))
    near(twice(np.array([0.0, 4.0])), [0.25, 0.0])


@pytest.mark.parametrize("ufunc", [np.subtract, np.divide, np.fmax])
def test_the_reduction_of_one_row_has_memory_of_its_own(ufunc):
    t = mg.tensor(TALL[:1])
    out = ufunc.reduce(t)
    assert not np.shares_memory(out.data, t.data)
    out[...] = 0
    np.testing.assert_array_equal(t.data, TALL[:1])


@pytest.mark.parametrize("initial", [2.5, -0.0, np.float64(0.1), np.float32(0.1)])
@pytest.mark.parametrize("dtype", [np.float32, float])
def test_of_no_rows_the_first_number_is_what_is_left(initial, dtype):
    nothing = np.zeros((0, 2, 3), dtype)
    for ufunc in (np.logaddexp, np.fmin, np.hypot):
        found = ufunc.reduce(leaf(nothing), initial=initial)
        wanted = ufunc.reduce(nothing, initial=initial)
        np.testing.assert_array_equal(found.data, wanted, strict=True)
        np.testing.assert_array_equal(np.signbit(found.data), np.signbit(wanted))


# --- what is kept of each step -----------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 2, 63, 64, 65, 128, 129, 200])
def test_however_many_are_accumulated_each_step_is_there_once(n):
    a = np.cos(np.arange(float(n)))
    x = leaf(a)
    out = np.logaddexp.accumulate(x)
    np.testing.assert_array_equal(out.data, np.logaddexp.accumulate(a), strict=True)
    out.backward(np.arange(1.0, n + 1))
    totals = np.logaddexp.accumulate(a)
    wanted = [np.sum((np.arange(1.0, n + 1) * np.exp(v - totals))[k:]) for k, v in enumerate(a)]
    np.testing.assert_allclose(x.grad, wanted, rtol=1e-12)


@pytest.mark.parametrize("n", [1, 64, 65, 129])
def test_however_many_segments_there_are_each_is_there_once(n):
    a = np.cos(np.arange(float(n)))
    found = np.hypot.reduceat(leaf(a), np.arange(n))
    np.testing.assert_array_equal(found.data, np.hypot.reduceat(a, np.arange(n)), strict=True)


def test_what_has_no_gradient_gives_an_array():
    """Of one element, too, though that is the element itself."""
    for call in (
        lambda a: np.floor_divide.reduce(a),
        lambda a: np.floor_divide.accumulate(a, axis=1),
        lambda a: np.floor_divide.reduceat(a, [0, 1]),
        lambda a: np.floor_divide.reduceat(a, [0, 2, 1], axis=1),
    ):
        np.testing.assert_array_equal(call(leaf(TALL[0])), call(TALL[0]), strict=True)


METHODS = {
    "accumulate": lambda a, **o: np.logaddexp.accumulate(a, axis=1, **o),
    "accumulate sums": lambda a, **o: np.add.accumulate(a, axis=1, **o),
    "accumulate what has no gradient": lambda a, **o: np.floor_divide.accumulate(a, axis=1, **o),
    "reduceat of what has no gradient": lambda a, **o: np.floor_divide.reduceat(a, [0, 2], 1, **o),
    "reduceat": lambda a, **o: np.logaddexp.reduceat(a, [0, 1, 0, 2], axis=1, **o),
    "reduceat of sums": lambda a, **o: np.add.reduceat(a, [0, 1, 0, 2], axis=1, **o),
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_computes_in_the_dtype_of_what_it_writes_into(name):
    a = np.exp(unlike(3, 4)).astype(np.float32)
    theirs = np.zeros(METHODS[name](a).shape)
    out = mg.tensor(theirs)
    METHODS[name](a, out=theirs)
    assert METHODS[name](leaf(a), out=out) is out
    np.testing.assert_array_equal(out.data, theirs, strict=True)
    assert not np.array_equal(theirs, METHODS[name](a)) or "no gradient" in name


@pytest.mark.parametrize("name", METHODS)
def test_a_method_computes_in_the_dtype_that_is_told(name):
    a = np.exp(unlike(3, 4)).astype(np.float32)
    for options in ({}, {"dtype": float}, {"dtype": np.float32}):
        found, wanted = (METHODS[name](x, **options) for x in (leaf(a), a))
        np.testing.assert_array_equal(np.asarray(mg.stop_gradient(found)), wanted, strict=True)


@pytest.mark.parametrize(("shape", "axis"), [((4, 300), 1), ((300, 4), 0), ((20,), 0)])
def test_the_sums_of_segments_have_numpys_bits(shape, axis):
    """Which adds up a segment in another order than all elements."""
    a = np.random.default_rng(0).normal(size=shape)
    x = leaf(a)
    out = np.add.reduceat(x, [0, 9], axis=axis)
    np.testing.assert_array_equal(out.data, np.add.reduceat(a, [0, 9], axis=axis), strict=True)
    out.backward(numbered(out.shape))
    wanted = np.repeat(numbered(out.shape), [9, shape[axis] - 9], axis=axis)
    np.testing.assert_array_equal(x.grad, wanted)


# --- while a program is recorded ---------------------------------------------------------------

EVEN = np.arange(5) % 2 == 0
ANEW = {
    "reduce": np.logaddexp.reduce,
    "reduce halves": lambda a: np.subtract.reduce(a.astype(np.float16)),
    "accumulate": np.logaddexp.accumulate,
    "sums of segments": lambda a: np.add.reduceat(a, [0, 3]),
    "reduce some": lambda a: np.hypot.reduce(a, where=EVEN),
}


@pytest.mark.parametrize("name", ANEW)
def test_a_jitted_method_computes_anew(name):
    jitted = mg.jit(ANEW[name])
    for a in (np.arange(1.0, 6), np.array([0.1, 7.0, -2.0, 3.0, 0.25])):
        np.testing.assert_allclose(
            jitted(a), ANEW[name](a), rtol=2e-3 if "halves" in name else 1e-14
        )


def written_at(x, index, value):
    t = np.copy(x)
    np.multiply.at(t, index, value)
    return t


INDICES = [np.array([0, 0, 2]), np.array([2, 1, 0]), np.array([1, 1, 1]), np.array([0, 0, 2])]


def test_where_a_jitted_function_writes_it_looks_anew():
    jitted = mg.jit(written_at)
    x, value = np.array([3.0, 5.0, 7.0]), np.array([2.0, 11.0, 13.0])
    for index in INDICES:
        np.testing.assert_array_equal(jitted(x, index, value), written_at(x, index, value))
    masked = mg.jit(lambda x: written_at(x, x > 4, 2.0))
    for y in (x, x[::-1], x + 2, x - 9):
        np.testing.assert_array_equal(masked(y), np.where(y > 4, 2 * y, y))


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_it_is_computed_as_often_as_one_place_is_written_into(index):
    jitted = mg.jit(lambda x, value: written_at(x, index, value))
    jitted(np.array([3.0, 5.0, 7.0]), np.array([2.0, 11.0, 13.0]))
    assert jitted.source.count("multiply(") == np.bincount(index).max()


def test_each_step_of_a_jitted_method_is_computed_once():
    jitted = mg.jit(np.logaddexp.accumulate)
    jitted(np.arange(5.0))
    assert jitted.source.count("logaddexp(") == 4


@pytest.mark.parametrize("method", ["reduce", "accumulate"])
def test_the_program_of_a_method_is_for_as_many_rows_as_it_was_recorded_with(method):
    program = mg.derive(lambda a: np.sum(getattr(np.hypot, method)(a)), TALL[:3])
    for other in (TALL[:2], np.concatenate((TALL[:3], TALL[:2]))):
        with pytest.raises(ValueError, match=r"holds for a\.shape\[0\] = 3"):
            program.run(other)


# --- writing at indices ------------------------------------------------------------------------


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.subtract])
def test_an_array_is_written_into_by_what_needs_no_gradient(ufunc):
    found, wanted = np.array([3.0, 5.0, 7.0]), np.array([3.0, 5.0, 7.0])
    assert ufunc.at(found, mg.tensor([0, 0, 2]), mg.tensor([2.0, 11.0, 13.0])) is None
    ufunc.at(wanted, [0, 0, 2], [2.0, 11.0, 13.0])
    np.testing.assert_array_equal(found, wanted)


INDEX_TENSORS = {
    "integers": mg.tensor([2, 0]),
    "booleans": mg.tensor([True, False, True]),
    "one": mg.tensor(1),
    "several": (mg.tensor([2, 0]),),
    "a slice": slice(None, None, 2),
    "a list of bools": [True, False, True],
    "all": ...,
}


@pytest.mark.parametrize("name", INDEX_TENSORS)
def test_places_may_be_told_by_tensors(name):
    index, t, wanted = INDEX_TENSORS[name], leaf(np.arange(3.0)) + 1, np.arange(3.0) + 1
    np.multiply.at(t, index, 3.0)
    plain = index[0].data if type(index) is tuple else getattr(index, "data", index)
    np.multiply.at(wanted, plain, 3.0)
    np.testing.assert_array_equal(t.data, wanted)


def test_places_of_a_matrix_are_written_into_in_turn():
    index = ([0, 1, 0, 0], [2, 0, 2, 1])

    def f(a, value):
        t = np.copy(a)
        np.divide.at(t, index, value)
        return t

    a, value = unlike(2, 3), np.array([2.0, 4.0, 8.0, 5.0])
    by_a, by_value = gradients(f, a, value, seed=numbered)
    near(by_a, [[1, 2 / 5, 3 / 16], [4 / 4, 5, 6]])
    ends = [a[0, 2] / 16 * 3, a[1, 0] / 4 * 4, a[0, 2] / 16 * 3, a[0, 1] / 5 * 2]
    near(by_value, -np.array(ends) / value)
    np.negative.at(t := mg.tensor(a), index)
    np.testing.assert_array_equal(t.data, a * [[1, -1, 1], [-1, 1, 1]])
    np.multiply.at(t, ([], []), 2.0)
    np.testing.assert_array_equal(t.data, a * [[1, -1, 1], [-1, 1, 1]])
