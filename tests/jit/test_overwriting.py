"""What may be overwritten, and when: arguments that are donated, and views that are made once."""

import numpy as np
import pytest

import micrograd_np as mg
from jit.asked import assert_equal


def norm_of_update(w, g):
    new = w - 0.1 * g
    return new, np.max(np.abs(new - w))


def view_of_update(w, g):
    new = g * w
    return new, w + new[0], new.sum()


def read_between(w, g):
    new = w * 2
    return new, new + g, np.sum(w * g)


def one_update_of_another(w, g):
    moved = np.roll(g * 2, 1)
    total = np.sum(w)
    return g + moved, total, moved


@pytest.mark.parametrize("donate", [0, (0, 1), (1, 0)])
@pytest.mark.parametrize("size", [3, 100_000])
@pytest.mark.parametrize("f", [one_update_of_another, norm_of_update, view_of_update, read_between])
def test_an_update_is_not_written_before_what_needs_it_and_the_argument(f, size, donate):
    jitted = mg.jit(f, donate=donate)
    rng = np.random.default_rng(0)
    for _ in range(3):
        w, g = rng.normal(size=(2, size))
        assert_equal(jitted(w.copy(), g.copy()), map(np.asarray, f(w, g)))


def test_an_argument_by_name_is_not_the_donated_one():
    kept = np.ones(2)
    jitted = mg.jit(lambda w, x0: (w * 2, x0 * 3), donate=0)
    assert_equal(jitted(np.ones(2), x0=kept), [np.full(2, 2.0), np.full(2, 3.0)])
    assert_equal([kept], [np.ones(2)])


def test_donated_arrays_in_the_same_memory_are_refused_whoever_owns_it():
    memory = bytearray(24)
    jitted = mg.jit(lambda a, b: (a * 2, np.sum(a * 2), b + 1), donate=0)
    with pytest.raises(ValueError, match="shares memory"):
        jitted(np.frombuffer(memory), np.frombuffer(memory))


def test_an_array_that_the_function_knows_is_not_donated():
    known = np.ones(3)
    jitted = mg.jit(lambda w: (w * 2, np.sum(known * w)), donate=0)
    assert_equal(jitted(np.ones(3)), [np.full(3, 2.0), np.array(3.0)])
    with pytest.raises(ValueError, match="shares memory"):
        jitted(known)


def test_an_array_whose_elements_share_memory_is_not_donated():
    jitted = mg.jit(lambda w: w * np.arange(3.0), donate=0)
    with pytest.raises(ValueError, match="donate a copy"):
        jitted(np.lib.stride_tricks.as_strided(np.ones(1), (3,), (0,)))
    turned = np.ones((3, 3)).T[:, ::-1]
    assert mg.jit(lambda w: w * np.arange(3.0), donate=0)(turned) is turned


@pytest.mark.parametrize("columns", [2, 3, 4, 7])
def test_columns_are_views_of_buffers_in_one_line_and_of_results_in_another(columns):
    def f(x):
        y = x * 2
        return y - y.max(axis=1, keepdims=True), y.sum(axis=1), y.sum(axis=1) * 2

    jitted = mg.jit(f)
    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=(30, columns))
        assert_equal(jitted(x), f(x))


def reversed_beside(w, x):
    y = x[:, ::-1] * x
    out = np.where(y > 0, y, w[::-1]) * np.sum(y)
    return out, out


def reversed_before(w, x):
    y = x * 2
    return np.tanh(y[::-1] * x) + x, np.exp(y) * w - y


@pytest.mark.parametrize("donate", [(), (0,), (1, 0)])
@pytest.mark.parametrize("f", [reversed_beside, reversed_before])
def test_rows_that_a_later_block_reads_are_not_overwritten(f, donate):
    jitted = mg.jit(f, donate=donate)
    rng = np.random.default_rng(0)
    for _ in range(2):
        w, x = rng.normal(size=(400, 100))[::-1], rng.normal(size=(400, 100))
        wanted = f(w, x)
        assert_equal(jitted(w, x), wanted)  # w[::-1] is laid out as blocks are
