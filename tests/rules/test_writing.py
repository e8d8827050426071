"""Functions that write into a tensor: NumPy's values, its errors, and the gradient of each part."""

import numpy as np
import pytest

import micrograd_np as mg
from rules.gradients import gradients, numbered
from rules.matrices import unlike

MASK = np.array([True, False, True])
NUMBERS = np.arange(1.0, 7).reshape(2, 3)

WRITTEN = {
    "one more axis": lambda t: np.copyto(t, NUMBERS[None]),
    "one more axis, masked": lambda t: np.copyto(t, NUMBERS[None], where=MASK),
    "two more axes, masked": lambda t: np.copyto(t, NUMBERS[None, None], where=MASK),
    "a row, masked": lambda t: np.copyto(t, NUMBERS[0], where=MASK),
    "a column, masked": lambda t: np.copyto(t, NUMBERS[:, :1], where=MASK),
    "a list": lambda t: np.copyto(t, [1.0, 2.0, 3.0]),
    "a number, masked": lambda t: np.copyto(t, 4.5, where=MASK),
    "nowhere": lambda t: np.copyto(t, NUMBERS, where=False),
    "everywhere": lambda t: np.copyto(t, NUMBERS, where=np.array(True)),
    "a mask of numbers": lambda t: np.copyto(t, 4.0, where=[1, 0, 2]),
    "a whole number of no dtype": lambda t: np.copyto(t, 3, casting="safe"),
    "what is wider": lambda t: np.copyto(t, NUMBERS + 1e-9),
    "nothing, placed": lambda t: np.place(t, np.zeros((2, 3)), []),
    "in turn, placed": lambda t: np.place(t, np.array([1, 0, 1, 1, 0, 0]), [4.0, 5.0]),
    "nothing, by a mask": lambda t: np.putmask(t, np.ones((2, 3)), []),
    "in turn, by a mask": lambda t: np.putmask(t, np.array([1, 0, 1, 1, 0, 0]), [4.0, 5.0]),
    "along an axis": lambda t: np.put_along_axis(t, np.array([[0], [2]]), NUMBERS[:, :1], 1),
    "along the one before": lambda t: np.put_along_axis(t, np.array([[1, 0, 1]]), 7.0, -2),
    "along all": lambda t: np.put_along_axis(t, np.array([5, 0]), [7.0, 8.0], None),
    "by a tensor": lambda t: np.put_along_axis(t, mg.tensor([[0], [2]]), 7.0, 1),
    "along all by a tensor": lambda t: np.put_along_axis(t, mg.tensor([5, 0]), [7.0, 8.0], None),
    "a diagonal": lambda t: np.fill_diagonal(t, [1.0, 2.0]),
    "a diagonal of a tensor": lambda t: np.fill_diagonal(t, mg.tensor([1.0, 2.0])),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_numpys(name):
    wanted, before = np.full((2, 3), 9.0, np.float32), np.full((2, 3), 9.0, np.float32)
    WRITTEN[name](wanted)
    x = mg.tensor(before, requires_grad=True)
    t = x.copy()
    assert WRITTEN[name](t) is None
    np.testing.assert_array_equal(t.data, wanted, strict=True)
    t.backward(np.ones((2, 3), np.float32))
    np.testing.assert_array_equal(x.grad, wanted == 9)  # what is written over has no part


def test_a_number_is_written_into_by_an_array_of_one():
    x = mg.tensor([3.0], requires_grad=True)
    t = mg.tensor(0.0)
    np.copyto(t, x, where=np.array(True))
    assert t.data == 3
    t.backward()
    np.testing.assert_array_equal(x.grad, [1.0])


BY_EACH = {
    "a whole": (lambda t, v: np.copyto(t, v), (1, 2, 3), [[[1, 2, 3], [4, 5, 6]]]),
    "masked": (lambda t, v: np.copyto(t, v, where=MASK), (1, 2, 3), [[[1, 0, 3], [4, 0, 6]]]),
    "a masked row": (lambda t, v: np.copyto(t, v, where=MASK), (1, 3), [[5, 0, 9]]),
    "placed": (lambda t, v: np.place(t, [MASK, ~MASK], v), (2,), [1 + 5, 3]),
    "by a mask": (lambda t, v: np.putmask(t, [MASK, ~MASK], v), (2,), [1 + 3 + 5, 0]),
    "along an axis": (
        lambda t, v: np.put_along_axis(t, np.array([[0], [2]]), v, 1), (2, 1), [[1], [6]]
    ),
    "a diagonal": (lambda t, v: np.fill_diagonal(t, v), (2,), [1, 5]),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_EACH)
def test_the_gradient_of_what_is_written(name):
    write, shape, wanted = BY_EACH[name]

    def f(x, values):
        t = np.copy(x)
        write(t, values)
        return t

    x, values = unlike(2, 3), 10 + unlike(*shape)
    by_x, by_values = gradients(f, x, values, seed=numbered)
    np.testing.assert_array_equal(by_values, np.array(wanted, float), strict=True)
    np.testing.assert_array_equal(by_x, np.where(f(x, values) > 5, 0, numbered((2, 3))))


REFUSED = {
    "a smaller mask to place by": lambda t: np.place(t, [True], [1.0]),
    "nothing to place": lambda t: np.place(t, np.ones((2, 3)), []),
    "a smaller mask": lambda t: np.putmask(t, [True], [1.0]),
    "more rows": lambda t: np.copyto(t, np.ones((2, 2, 3))),
    "an unknown casting": lambda t: np.copyto(t, 4.0, casting="bad"),
    "an unknown mode": lambda t: np.put(t, [0], 1.0, mode="bad"),
    "fewer axes of places": lambda t: np.put_along_axis(t, np.array([0, 2]), 5.0, 1),
    "fractions for places": lambda t: np.put_along_axis(t, np.array([[0.0]]), 5.0, 1),
    "an axis that is not there": lambda t: np.put_along_axis(t, np.array([[0]]), 5.0, 2),
    "a place that is not there": lambda t: np.put_along_axis(t, np.array([[5]]), 5.0, 1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_numpy_refuses_is_refused_in_its_words(name):
    array = np.zeros((2, 3), np.float32)
    t = mg.tensor(array)
    with pytest.raises((ValueError, IndexError)) as numpys:
        REFUSED[name](array)
    with pytest.raises(type(numpys.value)) as found:
        REFUSED[name](t)
    assert str(numpys.value) in str(found.value)
    np.testing.assert_array_equal(t.data, 0)


CASTS = {
    "a double": (np.array([1.5, 2.5, 3.5]), "safe"),
    "a list of doubles": ([1.0, 2.0, 3.0], "safe"),
    "whole numbers": (np.arange(3), "safe"),
    "a bool": (True, "no"),
    "a complex number": (1j, "same_kind"),
    "a complex array": (np.array(1j), "same_kind"),
}


@pytest.mark.parametrize("name", CASTS)
def test_what_does_not_cast_is_not_written(name):
    source, casting = CASTS[name]
    array = np.zeros((2, 3), np.float32)
    t = mg.tensor(array)
    for into, where in ((array, True), (t, True), (t, MASK)):
        with pytest.raises(TypeError, match=r"[Cc]annot cast"):
            np.copyto(into, source, casting=casting, where=where)
    np.testing.assert_array_equal(t.data, 0)


def test_a_number_of_python_has_the_dtype_of_what_it_is_written_into():
    """In arrays from some version of NumPy on."""
    t = mg.tensor(np.zeros(2, np.float32))
    np.copyto(t, 1.1, casting="no")
    np.testing.assert_array_equal(t.data, np.full(2, 1.1, np.float32), strict=True)
    with pytest.raises(OverflowError):
        np.copyto(mg.tensor(np.zeros(2, np.int8)), 300)


def test_places_in_all_are_in_a_row():
    with pytest.raises(ValueError, match="`indices` must have a single dimension"):
        np.put_along_axis(mg.tensor(NUMBERS), np.array([[0], [2]]), 5.0, None)


@pytest.mark.parametrize("source", [2 + 3j, np.array([2 + 3j])], ids=["a number", "an array"])
def test_the_real_part_is_written_if_that_is_told(source):
    t = mg.tensor(np.zeros(2))
    with pytest.warns(np.exceptions.ComplexWarning):
        np.copyto(t, source, casting="unsafe")
    np.testing.assert_array_equal(t.data, [2.0, 2.0])


def along_rows(x, indices, values):
    t = np.copy(x)
    np.put_along_axis(t, indices, values, 1)
    return t * 2


def test_a_jitted_function_writes_along_an_axis_where_it_is_told_anew():
    jitted, values = mg.jit(along_rows), np.array([[7.0], [8.0]])
    for indices in (np.array([[0], [2]]), np.array([[1], [1]])):
        wanted = along_rows(NUMBERS, indices, values)
        np.testing.assert_array_equal(jitted(NUMBERS, indices, values), wanted)


def test_what_is_recorded_of_it_is_the_writing_alone():
    x, indices = mg.tensor(NUMBERS), mg.tensor([[0], [2]])
    with mg.trace() as program:
        along_rows(x, indices, 5.0)
    texts = [item.text for item in program.forward if "arange" not in item.text]
    texts = [text for text in texts if "reshape" not in text]
    assert texts == ["x.copy()", "t_1 with [u2, indices] = 5.0", "t_2 * 2"]


@pytest.mark.parametrize("options", [{}, {"wrap": True}], ids=str)
def test_a_diagonal_goes_on_below_a_square_where_that_is_told(options):
    wanted, t = np.zeros((5, 2)), mg.tensor(np.zeros((5, 2)))
    np.fill_diagonal(wanted, 3.0, **options)
    np.fill_diagonal(t, 3.0, **options)
    np.testing.assert_array_equal(t.data, wanted)
