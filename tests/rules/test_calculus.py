"""Differences, slopes, areas, interpolation and convolution: their arguments, errors and ends."""

from functools import partial

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from micrograd_np.numeric.complex_step import complex_step
from rules import gradients as rules

RNG = np.random.default_rng(5)
LINE = RNG.normal(size=5)
BLOCK = RNG.normal(size=(2, 5, 3))


def wanting(data):
    return mg.tensor(data, requires_grad=True, dtype=float)


def unlike(shape):
    return np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape)


gradients = partial(rules.gradients, dtype=float, seed=unlike)


# --- what an array, a list or a number may be given for, where another operand is a tensor ------

MIXED = {
    "the ends of a list's differences": (lambda e: np.diff([1, 2, 4], prepend=e), [0.5]),
    "the number before differences": (lambda a: np.diff(a, prepend=0.5), LINE),
    "the number after differences": (lambda a: np.diff(a, 2, 1, append=0.5), BLOCK),
    "a number that is a tensor": (lambda e: np.diff(BLOCK, axis=0, prepend=e), 0.5),
    "the area under a list": (lambda x: np.trapezoid([1, 4, 2], x), [0.0, 1.0, 3.0]),
    "the area over a list": (lambda y: np.trapezoid(y, [0, 1, 3, 4, 7]), LINE),
    "the slopes of a list": (lambda x: np.gradient([1, 4, 2], x), [0.0, 1.0, 3.0]),
    "slopes over a list": (lambda f: np.gradient(f, [0, 1, 3, 4, 7]), LINE),
    "a place in lists": (lambda x: np.interp(x, [0, 1, 3], [5, 2, 7]), 0.25),
    "a place in periodic lists": (lambda x: np.interp(x, [0, 1, 3], [5, 2, 7], period=4), 5.25),
    "values at a list of places": (lambda fp: np.interp([0, 2], [0, 1, 3], fp, -1), [5.0, 2, 7]),
    "nodes in a list of places": (lambda xp: np.interp([0.5, 2], xp, [5, 2, 7], -1), [0.0, 1, 3]),
}


@pytest.mark.parametrize(("f", "data"), MIXED.values(), ids=MIXED)
def test_one_tensor_is_enough(f, data):
    data = np.asarray(data, float)
    out = f(wanting(data))
    np.testing.assert_array_equal(out.data, f(data))
    mg.gradcheck(f, data)


# --- differences -------------------------------------------------------------------------------


def test_no_difference_is_the_tensor_itself():
    """NumPy gives it back before it looks at the ends."""
    a, number = wanting(LINE), wanting(2.0)
    assert np.diff(a, n=0) is a
    assert np.diff(a, n=0, prepend=1.0, append=2.0) is a
    assert np.diff(number, n=0) is number


DIFFERENCES = {"diff": np.diff, "diff of two": lambda x: np.diff(x, 2), "ediff1d": np.ediff1d}


@pytest.mark.parametrize("f", DIFFERENCES.values(), ids=DIFFERENCES)
def test_differences_without_ends_copy_nothing(f):
    assert "concatenate" not in mg.derive(lambda x: np.sum(f(x) ** 2), LINE).source()


PROGRAMS = {
    "diff": (np.diff, 2),
    "diff of two": (lambda x: np.diff(x, 2), 3),
    "ediff1d": (np.ediff1d, 2),
    "gradient": (np.gradient, 3),
    "polyder": (lambda x: np.polyder(x, 2), 3),
}
"""Each with the length of which a part is of one element."""


@pytest.mark.parametrize(("f", "n"), PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_is_one_for_its_length_only_where_a_part_is_of_one_element(f, n):
    total = lambda x: np.sum(f(x) ** 2)
    longer = RNG.normal(size=9)
    with pytest.raises(ValueError, match="holds for"):
        mg.derive(total, LINE[:n]).run(longer)
    found = mg.derive(total, LINE[: n + 1]).run(longer)["dx"]
    assert_nearly_equal(found, mg.grad(total)(longer))


# --- slopes ------------------------------------------------------------------------------------

SQUARE = RNG.normal(size=(3, 3))
DOWN = np.array([9, 5, 2, 1], np.uint8)


@pytest.mark.parametrize("edge_order", [1, 2])
def test_slopes_of_whole_numbers_do_not_wrap_around(edge_order):
    f = np.array([3, 1, 200, 7], np.uint8)
    x = np.array([0.0, 1.0, 3.0, 4.5])
    of_numbers = lambda x: np.gradient(f, x, edge_order=edge_order)
    wanted = np.gradient(f.astype(float), x, edge_order=edge_order)
    np.testing.assert_array_equal(of_numbers(wanting(x)).data, wanted)
    mg.gradcheck(of_numbers, x)
    over_numbers = lambda y: np.gradient(y, DOWN, edge_order=edge_order)
    np.testing.assert_array_equal(
        over_numbers(wanting(x)).data, np.gradient(x, DOWN.astype(float), edge_order=edge_order)
    )
    mg.gradcheck(over_numbers, x)


EVEN = 0.3 * np.arange(5.0)
EVEN_STEPS = 3.0 * np.arange(5.0) - 1


@pytest.mark.parametrize("edge_order", [1, 2])
def test_slopes_on_even_coordinates_are_those_of_one_spacing(edge_order):
    """Bit for bit, as NumPy's are, and so is their gradient."""
    over = lambda spacing: lambda f: np.gradient(f, spacing, axis=1, edge_order=edge_order)
    np.testing.assert_array_equal(
        over(EVEN_STEPS)(wanting(BLOCK)).data,
        np.gradient(BLOCK, 3.0, axis=1, edge_order=edge_order),
    )
    (found,), (wanted,) = gradients(over(EVEN_STEPS), BLOCK), gradients(over(3.0), BLOCK)
    np.testing.assert_array_equal(found, wanted)


WRONG_SLOPES = {
    "one set of coordinates for two axes": (
        lambda f: np.gradient(f, [0.0, 1.0, 3.0]), SQUARE, TypeError, "invalid number of arguments",
    ),
    "three ends": (
        lambda f: np.gradient(f, edge_order=3), LINE, ValueError, "'edge_order' greater than 2",
    ),
    "one element": (np.gradient, [1.0], ValueError, "too small to calculate"),
    "two elements for a parabola": (
        lambda f: np.gradient(f, edge_order=2), [1.0, 2.0], ValueError, "too small to calculate",
    ),
    "an axis of one": (
        lambda f: np.gradient(f, axis=1), np.ones((3, 1)), ValueError, "1 elements along axis 1",
    ),
    "coordinates in a table": (
        lambda f: np.gradient(f, SQUARE, axis=0), SQUARE, ValueError, "either scalars or 1d",
    ),
    "too few coordinates": (
        lambda f: np.gradient(f, [0.0, 1.0, 3.0]), LINE, ValueError, "distances must match the",
    ),
    "too many coordinates": (
        lambda f: np.gradient(f, np.arange(6.0)), LINE, ValueError, "distances must match the",
    ),
    "the difference of a number": (np.diff, 2.0, ValueError, "at least one dimensional"),
    "an end that does not fit": (
        lambda a: np.ediff1d(a, to_end=[1j]), LINE, TypeError, "cannot cast to_end from complex128",
    ),
    "a beginning that does not fit": (
        lambda a: np.ediff1d(a, to_begin=1j), LINE, TypeError, "cannot cast to_begin from complex",
    ),
    "a period of zero": (
        lambda x: np.interp(x, [0, 1], [2, 3], period=0), LINE, ValueError, "non-zero value",
    ),
    "a table of nodes": (
        lambda x: np.interp(x, [[0, 1]], [2], period=4), LINE, ValueError, "must be 1-D sequences",
    ),
    "a table of values": (
        lambda x: np.interp(x, [0], [[2, 3]], period=4), LINE, ValueError, "must be 1-D sequences",
    ),
    "more values than nodes": (
        lambda x: np.interp(x, [0, 1], [2, 3, 4], period=4), LINE, ValueError, "not of the same",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("f", "data", "kind", "words"), WRONG_SLOPES.values(), ids=WRONG_SLOPES)
def test_what_is_refused_as_numpy_refuses_it(f, data, kind, words):
    with pytest.raises(kind, match=words) as ours:
        f(wanting(data))
    assert type(ours.value) is kind
    with pytest.raises(kind):
        f(np.asarray(data, float))


def test_as_few_elements_as_there_can_be_slopes_of():
    for edge_order in (1, 2):
        f = LINE[: edge_order + 1]
        np.testing.assert_array_equal(
            np.gradient(wanting(f), edge_order=edge_order).data,
            np.gradient(f, edge_order=edge_order),
        )
        mg.gradcheck(np.gradient, f, edge_order=edge_order)


# --- interpolation -----------------------------------------------------------------------------


def test_what_is_given_for_places_outside_is_not_for_the_outer_nodes():
    nodes, values, places = [1.0, 2.0, 4.0], [5.0, 3.0, 8.0], [0.5, 1.0, 4.0, 4.5]
    between = lambda x, fp: np.interp(x, nodes, fp, left=-7.0, right=9.0)
    np.testing.assert_array_equal(
        between(wanting(places), wanting(values)).data, [-7.0, 5.0, 8.0, 9.0]
    )
    _, by_values = gradients(between, places, values)
    np.testing.assert_array_equal(by_values, [np.cos(1), 0, np.cos(2)])


@pytest.mark.parametrize("period", [1, 1.0, -3.0, 6.5])
def test_interpolation_in_a_period(period):
    x, xp, fp = np.array([-4.9, 0.15, 2.7, 8.3]), np.array([0.1, 5.2, -2.6, 0.8]), LINE[:4]
    around = lambda x, xp, fp: np.interp(x, xp, fp, period=period)
    found = around(wanting(x), wanting(xp), wanting(fp))
    np.testing.assert_array_equal(found.data, around(x, xp, fp))
    mg.gradcheck(around, x, xp, fp)


def test_where_all_nodes_are_at_one_place_the_value_there_is_the_last_one():
    values = lambda x: gradients(lambda fp: np.interp([x], [1.0, 1.0], fp), [3.0, 7.0])[0]
    np.testing.assert_array_equal(values(1.0), [0, 1])
    np.testing.assert_array_equal(values(0.5), [1, 0])
    np.testing.assert_array_equal(values(1.5), [0, 1])


# --- convolution -------------------------------------------------------------------------------

SIZES = [(1, 1), (4, 4), (5, 5), (5, 2), (2, 5), (4, 3), (3, 4), (2, 6), (6, 2)]


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("f", [np.convolve, np.correlate])
@pytest.mark.parametrize(("n", "m"), SIZES)
def test_both_gradients_of_sequences_of_any_two_lengths(f, mode, n, m):
    a, v = RNG.normal(size=n), RNG.normal(size=m)
    by_a, by_v = gradients(lambda a, v: f(a, v, mode), a, v)
    seed = np.cos(np.arange(f(a, v, mode).size))
    np.testing.assert_allclose(by_a, [seed @ f(e, v, mode) for e in np.eye(n)], atol=1e-14)
    np.testing.assert_allclose(by_v, [seed @ f(a, e, mode) for e in np.eye(m)], atol=1e-14)


@pytest.mark.parametrize(("number", "mode"), [(0, "valid"), (1, "same"), (2, "full")])
@pytest.mark.parametrize("f", [np.convolve, np.correlate])
def test_a_mode_that_is_a_number(f, number, mode):
    a, v = RNG.normal(size=5), RNG.normal(size=3)
    given = gradients(lambda a, v: f(a, v, number), a, v)
    for found, wanted in zip(given, gradients(lambda a, v: f(a, v, mode), a, v), strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("axis", [0, 1, 2, -2])
@pytest.mark.parametrize("edge_order", [1, 2])
def test_slopes_between_uneven_places_along_any_axis(axis, edge_order):
    f = RNG.normal(size=(4, 5, 3))
    places = np.array([0.0, 1.0, 1.5, 3.5, 4.0])[: f.shape[axis]]
    slopes = lambda f, places: np.gradient(f, places, axis=axis, edge_order=edge_order)
    np.testing.assert_allclose(
        slopes(wanting(f), wanting(places)).data, slopes(f, places), rtol=1e-13, atol=1e-14
    )
    mg.gradcheck(slopes, f, places)


def test_a_place_between_nodes_is_no_complex_number():
    with pytest.raises(TypeError, match=r"np\.interp is not analytic"):
        complex_step(lambda fp: np.interp([0.5, 1.5], [0, 1, 2], fp).sum(), np.array([5.0, 2, 7]))
