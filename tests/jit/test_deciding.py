"""What a jitted function decides by: values, which are guards or refused, and constants."""

import numpy as np
import pytest

import micrograd_np as mg
from jit.asked import assert_equal
from micrograd_np.program.traced import TraceError


def test_a_branch_on_a_value_names_the_line():
    @mg.jit
    def f(x):
        if np.sum(x) > 0:
            return x
        return -x

    with pytest.raises(TraceError, match=r"test_deciding.py:\d+: `if np.sum\(x\) > 0:`"):
        f(np.ones(3))


def test_what_the_library_decides_by_values_is_decided_anew():
    jitted = mg.jit(mg.value_and_grad(lambda x: np.sum(mg.logsumexp(x, axis=1))))
    for x in ([[1.0, 2.0]], [[-np.inf, 2.0]], [[-np.inf, -np.inf]], [[1.0, 3.0]]):
        found = jitted(np.array(x))
        wanted = mg.value_and_grad(lambda x: np.sum(mg.logsumexp(x, axis=1)))(np.array(x))
        assert_equal(found, wanted)


def test_labels_out_of_range_are_refused_in_later_calls_too():
    jitted = mg.jit(mg.value_and_grad(mg.nn.functional.cross_entropy))
    scores = np.zeros((3, 4))
    jitted(scores, np.array([0, 1, 2]))
    for wrong in ([0, 1, 4], [0, 1, -1]):
        with pytest.raises(IndexError, match="out of range"):
            jitted(scores, np.array(wrong))


def test_a_mask_picks_another_number_of_elements():
    f = lambda x: np.sum(x[x > 0] ** 2) / np.size(x[x > 0])
    jitted = mg.jit(mg.value_and_grad(f))
    rng = np.random.default_rng(0)
    for _ in range(10):
        x = rng.normal(size=20)
        assert_equal(jitted(x), mg.value_and_grad(f)(x))


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: x * np.random.default_rng().normal(), "another each time"),
        (lambda x: float(x[0]), "float"),
        (lambda x: mg.tensor(x.shape[0] * [1.0], requires_grad=True).sum().backward(), "backward"),
        (lambda x: [x for _ in range(3) if x[0]], "a branch on"),
    ],
)
def test_what_would_freeze_this_run_is_refused(f, message):
    with pytest.raises(TypeError, match=message):
        mg.jit(f)(np.ones(3))


def test_writing_into_an_argument_is_refused():
    def f(x):
        x += 1
        return x

    with pytest.raises(TraceError, match="writes into its argument x"):
        mg.jit(f)(np.ones(3))


def test_batch_normalisation_in_training_is_refused():
    model = mg.nn.BatchNorm1d(3)
    before = model.running_mean.copy()
    with pytest.raises(TypeError, match="running statistics"):
        mg.jit(lambda x: model(x))(np.ones((4, 3)))
    np.testing.assert_array_equal(model.running_mean, before)


def test_it_takes_a_function():
    with pytest.raises(TypeError, match="expected a function"):
        mg.jit(3)


def test_an_error_in_a_later_call_leaves_it_usable():
    jitted = mg.jit(lambda x, i: x[i] * 2.0)
    x = np.arange(4.0)
    np.testing.assert_array_equal(jitted(x, np.array([0, 3])), [0.0, 6.0])
    with pytest.raises(IndexError):
        jitted(x, np.array([0, 9]))
    np.testing.assert_array_equal(jitted(x, np.array([1, 2])), [2.0, 4.0])


# --- whole numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "numbers"),
    [
        (lambda x, n: np.sum(x, axis=n), (0, 1, -1)),
        (lambda x, n: sum(x * i for i in range(n)), (1, 3)),
        (lambda x, n: np.moveaxis(x, 0, n), (0, 1)),
        (lambda x, n: [x * 2][n - 1] + n, (1,)),
        (lambda x, n: np.repeat(x, n, axis=1) * n, (0, 2)),
        (lambda x, n: np.eye(n) * x[0, 0], (2, 3)),
        (lambda x, n: np.argmax(x, n) * 2.0, (0, 1)),
        (lambda x, n: mg.grad(lambda x: np.sum(x.reshape(n + 1, -1)[0] ** 3))(x), (0, 1, 2)),
        (lambda x, n: mg.grad(lambda x: np.sum(x[:n] ** 3))(x), (1, 2)),
        (lambda x, n: np.linalg.norm(x, axis=n) if n < 2 else x, (0, 1, 2)),
        (lambda x, n: mg.grad(lambda x: np.sum(np.sum(x, n) ** 3))(x), (0, 1)),
    ],
)
def test_an_integer_that_says_where_or_how_often_is_what_a_program_is_for(f, numbers):
    x = np.arange(6.0).reshape(2, 3)
    jitted = mg.jit(f)
    for n in (*numbers, *numbers):
        np.testing.assert_array_equal(jitted(x, n), f(x, n))
    assert jitted.stats.traces == len(numbers)


def test_an_integer_that_is_computed_with_varies_once_it_has_been_another():
    jitted = mg.jit(lambda x, n: x**n + x[n])
    x = np.arange(9.0).reshape(3, 3)
    for n in (0, 1, 2, 0, 1):
        np.testing.assert_array_equal(jitted(x, n), x**n + x[n])
    assert jitted.stats.traces == 2


def test_a_counter_in_a_container_varies_and_an_axis_beside_it_does_not():
    def f(x, state, axis):
        return np.sum(x, axis) / state["step"], {"step": state["step"] + 1}

    jitted = mg.jit(f)
    x = np.arange(6.0).reshape(2, 3)
    for axis in (0, 1, 0, 1):
        for step in (1, 2, 3):
            found, state = jitted(x, {"step": step}, axis)
            np.testing.assert_array_equal(found, x.sum(axis) / step)
            assert state["step"] == step + 1
    assert jitted.stats.traces == 3  # for the first step, and for any on each axis


def test_an_error_is_raised_whether_an_integer_varies_or_not():
    jitted = mg.jit(lambda x, axis: np.sum(x, axis))
    jitted(np.ones((2, 3)), 0)
    for axis in (5, 6):
        with pytest.raises(ValueError, match="axis"):
            jitted(np.ones((2, 3)), axis)


def test_an_element_of_an_array_that_says_how_often_is_refused():
    with pytest.raises(TraceError, match="a plain integer"):
        mg.jit(lambda x, counts: sum(x for _ in range(counts[0])))(np.ones(3), np.array([2]))


def test_a_tuple_of_integers_is_a_shape():
    jitted = mg.jit(lambda x, shape, axes: np.sum(x.reshape(shape), axis=axes))
    x = np.arange(6.0)
    for shape, axes in (((2, 3), (0,)), ((3, 2), (0, 1)), ((2, 3), (0,)), ((6,), ())):
        np.testing.assert_array_equal(jitted(x, shape, axes), x.reshape(shape).sum(axes))
    assert jitted.stats.traces == 3


def test_a_list_of_integers_is_an_array():
    jitted = mg.jit(lambda x, labels: mg.cross_entropy(x, labels))
    x = np.arange(6.0).reshape(2, 3)
    for labels in ([0, 1], [2, 2], [1, 0]):
        np.testing.assert_array_equal(jitted(x, labels), mg.cross_entropy(x, labels))
    assert jitted.stats.traces == 1


def test_equal_constants_of_other_types_are_others():
    x = np.arange(9).reshape(3, 3)
    pick = mg.jit(lambda x, i: x[i])
    assert_equal([pick(x, (1, 2)), pick(x, (True, 2))], [np.array(5), x[True, 2]])
    scale = mg.jit(lambda x, w: x * w[0])
    assert [scale(x, w).dtype for w in ((2, 3), (2.0, 3.0))] == [x.dtype, float]
    sign = mg.jit(lambda x, k: x if all(type(i) is bool for i in k) else -x)
    assert [sign(np.ones(1), k).item() for k in ({1}, {True}, {1})] == [-1, 1, -1]


def test_an_integer_is_returned_as_one():
    jitted = mg.jit(lambda x, state: (x * state["t"], {"t": state["t"] + 1}))
    for t in (1, 2, 3):
        _, state = jitted(np.ones(2), {"t": t})
        assert (type(state["t"]), state["t"]) == (int, t + 1)


def test_an_integer_that_varies_decides_no_dtype():
    jitted = mg.jit(lambda x, n: x * divmod(n, 2)[1] + n // 2)
    x = np.arange(3, dtype=np.float32)
    for n in (2, 3, 4):
        np.testing.assert_array_equal(jitted(x, n), x * (n % 2) + n // 2, strict=True)


@pytest.mark.parametrize("size", [10, 200_000])
def test_lengths_that_were_the_same_and_are_not_are_recorded_anew(size):
    def f(x, one, other):
        return np.sum(x[one] * x[other]) + np.sum(np.concatenate([x[one] / 3, x[other]]))

    jitted, eager = mg.jit(mg.value_and_grad(f)), mg.value_and_grad(f)
    x = np.random.default_rng(0).normal(size=size)
    place = np.arange(size) * 10 // size
    for a, b in ((5, 5), (3, 3), (4, 4)):
        assert_equal(jitted(x, place < a, place >= 10 - b), eager(x, place < a, place >= 10 - b))
    assert jitted.stats.traces == 1
    few = np.arange(size) < 1
    for a in (few, place < 4):  # one element is broadcast, and its parts are added in another order
        for found, wanted in zip(jitted(x, a, few), eager(x, a, few), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-14)
    with pytest.raises(ValueError, match="broadcast"):
        jitted(x, place < 2, place < 3)
