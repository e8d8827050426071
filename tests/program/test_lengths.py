"""Lengths while a function is recorded: open where they can be, else the program holds for them."""

import functools

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from program.derived import assert_right_or_refused, assert_run_is_right, wanted_of
from program.networks import normal
from program.test_by_hand import function_of


def larger(x):
    n, k = x.shape
    return x.sum() / max(n, k)


def longer(x, y):
    return x.sum() if len(x) > len(y) else x.sum() * y.sum()


def equal(x, y):
    return (x * y).sum() if x.shape[0] == y.shape[0] else x.sum() * y.sum()


def equal_shapes(x, y):
    return (x * y).sum() if x.shape == y.shape else x.sum() * y.sum()


def in_a_set(x):
    return x.sum() if len(x) in {2, 3} else -x.sum()


def in_a_dict(x):
    return x.sum() * {2: 10.0, 3: 20.0}.get(x.shape[0], 1.0)


def by_its_type(x):
    n = x.shape[0]
    return x.sum() / n if isinstance(n, int) else x.sum() * 100


def inferred(x):
    t = x.reshape(2, -1)
    return (t**2).sum() / t.shape[1]


def inferred_in_front(x):
    return x.reshape(-1, 2).max(axis=1).sum()


def inferred_and_averaged(x):
    return (x.reshape(2, -1).mean(axis=1) ** 2).sum()


def powers(x):
    n = len(x)
    quotient, rest = divmod(n, 3)
    return x.sum() * (2**n + quotient / (1 + rest))


def rounded(x):
    n = len(x)
    return x.sum() * (abs(n - 6) + (n & 1) + round(n / 3) + (n << 1) + ~n)


SHAPES = [(4, 3), (2, 3), (3, 3), (6, 3), (4, 5), (3, 4), (4, 2), (8, 2)]


@pytest.mark.parametrize(
    "f",
    [
        larger, in_a_set, in_a_dict, by_its_type, inferred, inferred_in_front,
        inferred_and_averaged, powers, rounded,
    ],
)  # fmt: skip
@pytest.mark.parametrize("recorded", [(4, 3), (2, 4), (3, 3)], ids=str)
def test_other_lengths_are_answered_right_or_refused(f, recorded):
    if f.__name__.startswith("inferred") and recorded[0] % 2 and recorded[1] % 2:
        recorded = (3, 6)  # an odd number of elements cannot be reshaped so
    program = mg.derive(f, normal(*recorded))
    for shape in SHAPES:
        assert_right_or_refused(program, [normal(*shape)], f, [0])


@pytest.mark.parametrize("f", [longer, equal, equal_shapes])
@pytest.mark.parametrize("recorded", [(4, 3), (3, 4), (3, 3)], ids=str)
def test_lengths_that_are_compared_decide_right_or_are_refused(f, recorded):
    program = mg.derive(f, *map(normal, recorded))
    for n in (2, 3, 4, 5):
        for m in (2, 3, 4, 5):
            assert_right_or_refused(program, [normal(n), normal(m)], f, [0, 1])


def test_what_can_stay_open_does():
    for f in (by_its_type, powers, inferred, inferred_in_front):
        function = function_of(mg.derive(f, normal(4, 3)).source())
        value, dx = function(normal(6, 4))
        assert dx.shape == (6, 4)
        assert_nearly_equal(value, f(normal(6, 4)))


def test_arguments_say_that_they_are_what_they_stand_for():
    def f(x, y):
        if isinstance(y, float):
            y = y * 10
        if isinstance(x, np.ndarray) and isinstance(x, mg.Tensor):
            x = x - x.mean(axis=0)
        return np.sum(x * x) * y

    wanted = 20 * np.sum((normal(4, 3) - normal(4, 3).mean(axis=0)) ** 2)
    found = mg.derive(f, normal(4, 3), 2.0).run(normal(4, 3), 2.0)["value"]
    assert_nearly_equal(found, wanted)
    assert not isinstance(mg.tensor([1.0]), np.ndarray)


def test_an_assertion_about_shapes_becomes_one():
    def f(x, W):
        assert x.shape[1] == W.shape[0], "they do not fit"
        return np.sum(np.tanh(x @ W))

    source = mg.derive(f, normal(4, 3), normal(3, 2)).source()
    assert "if W.shape[0] != x.shape[1]:" in source
    assert function_of(source)(normal(5, 6), normal(6, 2))[1].shape == (5, 6)


def test_a_memoised_helper_is_recorded_each_time():
    @functools.cache
    def causal(T):
        return np.arange(T)[:, None] >= np.arange(T)

    def f(x):
        return np.where(causal(x.shape[0]), x, 0).sum()

    for _ in range(2):
        _, dx = function_of(mg.derive(f, normal(4, 4)).source())(normal(4, 4))
        np.testing.assert_array_equal(dx, np.tri(4))
    assert_nearly_equal(f(normal(4, 4)), np.tril(normal(4, 4)).sum())


def test_a_length_that_is_a_difference_may_come_out_negative_where_it_is_tried():
    def f(x, k):
        out = np.zeros(x.shape[0] - k.shape[0] + 1)
        return np.sum(k) * np.sum(x) * np.sum(out[0:2] + x[0:2])

    x, k = normal(6), normal(3)
    _, dx, dk = function_of(mg.derive(f, x, k).source())(x, k)
    assert dx.shape == (6,)
    assert_nearly_equal(dk, np.full(3, x.sum() * x[:2].sum()))


def last_two(x):
    return np.sum(x[x.shape[0] - 2 :] ** 2)


def written_from_the_last_two_on(x):
    n = x.shape[0]
    out = x * 1
    out[n - 2 :] = out[n - 2 :] * 2
    return np.sum(out[0:] ** 2)


@pytest.mark.parametrize("f", [last_two, written_from_the_last_two_on])
def test_a_length_that_was_0_is_not_taken_for_the_number(f):
    function = function_of(mg.derive(f, normal(2)).source())
    for n in (2, 3, 5):
        value, dx = function(normal(n))
        assert_nearly_equal(value, f(normal(n)))
        assert_nearly_equal(dx, mg.grad(lambda x: f(x * 1))(normal(n)))


@pytest.mark.parametrize("transform", [np.fft.rfft, np.fft.irfft, np.fft.ihfft, np.fft.rfft2])
def test_half_a_spectrum_is_of_one_length(transform):
    """Of 3 numbers 2 elements are left, as of 2: no formula of lengths tells from one run."""
    program = mg.derive(lambda x: np.sum(np.abs(transform(x)) ** 2), np.ones((2, 3)))
    with pytest.raises(ValueError, match="3"):
        program.run(np.ones((2, 2)))


WITH_A_LENGTH = {
    "roll": lambda x, n: np.roll(x, n - 1),
    "tile": lambda x, n: np.tile(x, n),
    "std": lambda x, n: np.std(x, ddof=n - 3),
    "diagonal": lambda x, n: np.diagonal(np.outer(x, x), n - 3),
    "rfft": lambda x, n: abs(np.fft.rfft(x, n)),
}


@pytest.mark.parametrize("call", WITH_A_LENGTH.values(), ids=WITH_A_LENGTH)
def test_a_length_is_an_option_of_what_is_differentiated_twice(call):
    slope = mg.grad(lambda x: np.sum(call(x, x.shape[0]) ** 3))
    f = lambda x: np.sum(slope(x) ** 2)
    x = np.array([1.0, 2.0, 3.5, 5.0])
    assert_run_is_right(mg.derive(f, x), (x,), wanted_of(f, (0,), (x,)))
