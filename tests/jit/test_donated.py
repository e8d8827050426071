"""Memory that may be overwritten is not, while anybody still reads it."""

import numpy as np
import pytest

import micrograd_np as mg


def numbers():
    return np.arange(1.0, 7.0)


def shifted(w, x):
    y = x * 2
    y[:2] = w[1:3]
    return y


def pulled_back(g, x):
    _, pullback = mg.vjp(lambda x: x[::-1], x)
    return pullback(g)[0]


@pytest.mark.parametrize(
    "f",
    [
        lambda w, x: np.where(x > 3, w, w - 0.1 * x),
        lambda w, x: np.where(x > 3, w, x),
        lambda w, x: np.where(x > 3, w, 1.0),
        lambda w, x: np.where(x > 3, 0.0, w),
        lambda w, x: w[::-1] + w,
        lambda w, x: w[np.array([5, 4, 3, 2, 1, 0])] * x,
        lambda w, x: np.cumsum(w),
        lambda w, x: np.concatenate([w[3:], w[:3]]),
        lambda w, x: (w * 2, w + x),
        lambda w, x: (w, w + 1),
        lambda w, x: (w + 1, w.reshape(2, 3)),
        lambda w, x: (w - x, np.sum(w)),
        lambda w, x: np.exp(x),
        shifted,
        pulled_back,
    ],
)
def test_what_is_donated_is_read_before_it_is_overwritten(f):
    jitted = mg.jit(f, donate=0)
    for scale in (1.0, 2.0):
        w, x = numbers() * scale, numbers()
        wanted = f(w.copy(), x)
        found = jitted(w, x)
        several = isinstance(wanted, tuple)
        for a, b in zip(
            found if several else [found], wanted if several else [wanted], strict=True
        ):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("f", [lambda a, b: (a * 2, b * 3), lambda a, b: (a - b, np.sum(b))])
def test_an_array_that_others_see_is_not_donated(f):
    jitted = mg.jit(f, donate=0)
    jitted(numbers(), numbers())
    a = numbers()
    both = np.arange(12.0)
    for pair in ((a, a), (both[:6], both[3:9])):
        with pytest.raises(ValueError, match="shares memory with another"):
            jitted(*pair)
    jitted(both[:6], both[6:])  # parts of one array that do not overlap


def test_the_same_array_is_not_donated_twice():
    jitted = mg.jit(lambda a, b: (a * 2, b * 3), donate=(0, 1))
    a = numbers()
    with pytest.raises(ValueError, match="shares memory"):
        jitted(a, a)


def test_positions_are_those_of_the_call():
    assert_in_place = lambda jitted, x: jitted(numbers(), x) is x
    assert assert_in_place(mg.jit(lambda a, b: a * b, donate=-1), numbers())
    for wrong in (2, -3):
        with pytest.raises(ValueError, match="got 2 arguments"):
            mg.jit(lambda a, b: a * b, donate=wrong)(numbers(), numbers())
    with pytest.raises(TypeError, match="position of an argument"):
        mg.jit(np.exp, donate="x")
