"""Picking and inserting elements: what NumPy gives and refuses, and where the gradient goes."""

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from program.derived import assert_source_is_right, wanted_of
from rules.numpys import assert_numpys

ROW = np.array([1.25, -2.0, 0.5, 3.0])
WIDE = np.cos(np.arange(6.0)).reshape(2, 3)
TALL = WIDE.T.copy()


def inserting(at, axis=None):
    return lambda arr, values: np.insert(arr, at, values, axis)


def choosing(places, **options):
    return lambda a, b: np.choose(places, [a, b], **options)


def in_pieces(conditions, functions):
    return lambda x: np.piecewise(x, conditions(x), functions)


def double(x):
    return 2 * x


def cube(x):
    return x**3


LINEAR = {
    "taken by bools": (lambda a: np.take(a, [True, False, True]), ROW),
    "taken by small integers": (lambda a: np.take(a, np.array([3, 1], np.uint8)), ROW),
    **{
        f"taken with mode {mode}": (lambda a, mode=mode: np.take(a, [-6, 5, 2], mode=mode), ROW)
        for mode in ("clip", 0, "wrap", 1)
    },
    "taken with mode 2": (lambda a: np.take(a, [-1, 3], mode=2), ROW),
    "taken along an axis": (lambda a: np.take_along_axis(a, np.array([[2, 0], [1, 1]]), 1), WIDE),
    "chosen by a list": (choosing([0, 1, 1, 0]), ROW, -ROW),
    "chosen with mode 2": (choosing([0, 1, 1, 0], mode=2), ROW, -ROW),
    "chosen by wrapping": (choosing([5, -2, 1, 0], mode=1), ROW, -ROW),
    "one before a place": (inserting(1), ROW, np.array(7.0)),
    "three before a place": (inserting(1), ROW, np.array([7.0, 8.0, 9.0])),
    "a row": (inserting(1, 0), WIDE, np.array([7.0, 8.0, 9.0])),
    "a column": (inserting(1, 1), WIDE, np.array([7.0, 8.0])),
    "a column from the back": (inserting(2, -1), WIDE, np.array([7.0, 8.0])),
    "several columns before one": (inserting([1], 1), WIDE, np.array([[7.0, 8.0], [5.0, 6.0]])),
    "one column before one": (inserting([1], 1), WIDE, np.array([[7.0], [5.0]])),
    "several rows": (inserting(1, 0), WIDE, np.arange(6.0).reshape(2, 3)),
    "one of each column": (inserting(1, 1), WIDE, np.arange(4.0).reshape(2, 2)),
    "a number in two columns": (inserting([0, 2], 1), WIDE, np.array(7.0)),
    "by a slice": (inserting(slice(0, 3, 2), 1), WIDE, np.arange(4.0).reshape(2, 2)),
    "values in too many brackets": (inserting([0, 3]), ROW, np.array([[[7.0, 8.0]]])),
    "rows in too many brackets": (inserting([0, 1], 0), WIDE, np.arange(6.0).reshape(1, 2, 3)),
}


@pytest.mark.parametrize("name", LINEAR)
def test_what_is_picked_or_inserted(name):
    """The value is NumPy's; the gradient that of a linear function, by its definition."""
    call, *arrays = LINEAR[name]
    assert_numpys(call, *arrays)
    value, pullback = mg.vjp(call, *arrays)
    weights = np.cos(np.arange(1.0, value.size + 1)).reshape(value.shape)
    for k, found in enumerate(pullback(weights)):
        wanted = np.zeros(arrays[k].shape)
        for index in np.ndindex(wanted.shape):
            moved = [np.zeros(a.shape) for a in arrays]
            moved[k][index] = 1
            wanted[index] = np.sum(weights * call(*moved))
        np.testing.assert_allclose(found, wanted, rtol=1e-14, atol=1e-14)


REFUSED = {
    "an axis that there is not": (inserting(1, 7), WIDE, ROW),
    "an axis from the back that there is not": (inserting(1, -3), WIDE, ROW),
    "a choice that there is not": (choosing([0, 2, 0, 1]), ROW, -ROW),
    "a choice that there is not, with mode 2": (choosing([0, 2, 0, 1], mode=2), ROW, -ROW),
    "a choice before the first": (choosing([0, -1, 0, 1]), ROW, -ROW),
    "a mode that there is not": (choosing([0, 1, 0, 1], mode="up"), ROW, -ROW),
    "fewer choices than conditions": (lambda a: np.select([a > 0, a > 1], [a]), ROW),
    "one function for no condition": (in_pieces(lambda x: [x > 0, x > 1, x > 2], [1, 2]), ROW),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_numpy_refuses(name):
    call, *arrays = REFUSED[name]
    assert_numpys(call, *arrays)


def test_an_axis_to_insert_along_that_there_is_not():
    with pytest.raises(np.exceptions.AxisError):
        np.insert(mg.tensor(ROW, requires_grad=True), 0, 1.0, 3)


def test_a_selection_by_nothing_is_refused():
    default = mg.tensor(ROW, requires_grad=True)
    with pytest.raises(ValueError, match="empty condition list"):
        np.select([], [], default)


def test_a_choice_is_written_where_it_is_told():
    a, out = mg.tensor(ROW, requires_grad=True), mg.tensor(np.zeros(4))
    assert np.choose([1, 0, 1, 0], [a, 2 * ROW], out=out) is out
    np.testing.assert_array_equal(out.data, np.choose([1, 0, 1, 0], [ROW, 2 * ROW]))
    out.sum().backward()
    assert a.grad.tolist() == [0.0, 1.0, 0.0, 1.0]


PIECES = {
    "later pieces hide earlier ones": (lambda x: [x > -3, x > 0], [double, cube], ROW),
    "later numbers hide earlier ones": (lambda x: [x > -3, x > 0], [5.0, 7.0], ROW),
    "and all the others": (lambda x: [x > 2, x < 0], [double, cube, 7.0], ROW),
    "one condition": (lambda x: ROW > 0, [double, cube], ROW),
    "a list of bools": (lambda x: [True, False, False, True], [double, cube], ROW),
    "an array of conditions": (
        lambda x: np.array([[True, False, False, True], [False, False, True, False]]),
        [double, cube, 3.0],
        ROW,
    ),
    "conditions on rows": (
        lambda x: np.array([[True, False, False], [False, False, True]]),
        [double, cube],
        TALL,
    ),
    "of one element, a bool": (lambda x: True, [double, cube], np.array(1.5)),
    "of one element, a bool that is false": (lambda x: False, [double, cube], np.array(1.5)),
    "of one element, an array of bools": (
        lambda x: np.array([False, True]),
        [double, cube],
        np.array(1.5),
    ),
}


@pytest.mark.parametrize("name", PIECES)
def test_pieces(name):
    """The gradient is that of the piece that is taken last."""
    conditions, functions, x = PIECES[name]
    value, pullback = mg.vjp(in_pieces(conditions, functions), x)
    np.testing.assert_array_equal(value, in_pieces(conditions, functions)(x), strict=True)
    slopes = {double: lambda x: np.full_like(x, 2), cube: lambda x: 3 * x**2}
    of_pieces = [slopes.get(f, lambda x: np.zeros_like(x)) for f in functions]
    wanted = in_pieces(conditions, of_pieces)(x)
    assert_nearly_equal(pullback(np.ones(x.shape))[0], wanted)


@pytest.mark.parametrize("number", [1.5, -1.5])
def test_the_program_of_pieces_of_a_number_writes_it_in_place(number):
    f = lambda x: np.piecewise(x, [x < 0, x >= 0], [cube, double])
    x = np.array(number)
    program = mg.derive(f, x)
    assert_source_is_right(program, [x], wanted_of(f, [0], [x]))
    assert "reshape" not in program.source()
    np.testing.assert_array_equal(mg.jit(f)(x), f(x), strict=True)
