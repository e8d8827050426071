"""Sets of numbers: their values, what is returned beside them, and what is refused."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.program.traced import TraceError
from micrograd_np.testing.operations.this_numpy import since

nan = np.nan
NUMBERS = {
    "numbers": [[2.0, -1.0, 2.0, 7.0], [3.0, 7.0, 2.0, 0.5]],
    "one nan": [2.0, nan, -1.0, 2.0, 5.0],
    "several nan": [nan, 2.0, nan, -1.0, 2.0, nan],
    "complex": [2 + 1j, 2 - 1j, 2 + 1j, -3, complex(0, nan), complex(nan, 1)],
    "one": [4.0],
}
PARTS = ("return_index", "return_inverse", "return_counts")


def same(given, wanted):
    given, wanted = (x if isinstance(x, tuple) else (x,) for x in (given, wanted))
    assert len(given) == len(wanted)
    for one, other in zip(given, wanted, strict=True):
        np.testing.assert_array_equal(np.asarray(one), other, strict=True)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("equal_nan", [True, False])
@pytest.mark.parametrize("asked", [(), PARTS[:1], PARTS[1:2], PARTS[2:], PARTS[::2], PARTS])
@pytest.mark.parametrize("name", NUMBERS)
def test_unique_numbers_are_numpys(name, asked, equal_nan, compiled):
    x = np.array(NUMBERS[name])
    options = dict.fromkeys(asked, True) | {"equal_nan": equal_nan}
    function = lambda t: np.unique(t, **options)
    given = (mg.jit(function) if compiled else function)(mg.tensor(x))
    same(given, np.unique(x, **options))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", ["numbers", "several nan"])
@pytest.mark.parametrize("function", [np.unique_all, np.unique_counts, np.unique_inverse])
def test_each_nan_counts_by_itself_for_the_array_api(function, name, compiled):
    x = np.array(NUMBERS[name])
    given = (mg.jit(lambda t: tuple(function(t))) if compiled else function)(mg.tensor(x))
    same(tuple(given), tuple(function(x)))


@pytest.mark.parametrize("unsorted", [{}, {"axis": 0}])
def test_unsorted_values_are_in_the_order_of_numpys(unsorted):
    """Those of integers, which NumPy does not sort to tell them apart."""
    options = unsorted | ({"sorted": False} if since("2.3.0") else {})
    x = np.array([900, 3, 7, -2, 500, 3, 7])
    same(np.unique(mg.tensor(x), **options).data, np.unique(x, **options))
    same(np.unique(mg.tensor(x), **unsorted).data, np.unique(x))


def test_unique_rows_cannot_be_recorded():
    rows = np.array([[2.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    with pytest.raises(TraceError, match=r"np\.asarray of a traced value"):
        mg.jit(lambda t: np.unique(t, axis=0))(rows)
    same(mg.jit(lambda t: np.unique(t, axis=0))(rows[:, 0]), np.array([1.0, 2.0]))


A = np.array([[5.0, 2.0, 3.0], [2.0, 9.0, 5.0]])
B = np.array([3.0, 7.0, 5.0, 5.0, -1.0])
PAIRS = {
    "with repetitions": (A, B, False),
    "of sets": (np.unique(A)[::-1].copy(), np.unique(B), True),
    "of sets of two axes": (np.array([[5.0, 2.0], [3.0, 9.0]]), np.array([[7.0, 3.0]]), True),
    "of single numbers": (np.array(5.0), np.array(3.0), True),
    "of the same number": (np.array(5.0), np.array(5.0), True),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("function", [np.intersect1d, np.setxor1d, np.setdiff1d])
def test_two_sets_are_numpys(function, name, compiled):
    a, b, assume_unique = PAIRS[name]
    call = lambda s, t: function(s, t, **({"assume_unique": True} if assume_unique else {}))
    wanted = function(a.ravel(), b.ravel(), assume_unique)
    given = (mg.jit(call) if compiled else call)(mg.tensor(a), mg.tensor(b))
    same(np.asarray(given), wanted)


@pytest.mark.parametrize("function", [np.intersect1d, np.setxor1d, np.setdiff1d, np.union1d])
def test_one_of_two_sets_may_be_a_list(function):
    a, b = [5.0, 2.0, 3.0], [3.0, 7.0, 5.0, -1.0]
    options = {} if function is np.union1d else {"assume_unique": True}
    same(function(a, mg.tensor(b), **options).data, function(a, b, **options))
    same(function(mg.tensor(a), b, **options).data, function(a, b, **options))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", PAIRS)
def test_where_the_common_numbers_are(name, compiled):
    a, b, assume_unique = PAIRS[name]
    call = lambda s, t: np.intersect1d(s, t, assume_unique, return_indices=True)
    given = (mg.jit(call) if compiled else call)(mg.tensor(a), mg.tensor(b))
    same(given, np.intersect1d(a, b, assume_unique, return_indices=True))
    if not compiled:
        assert [type(x) for x in given[1:]] == [np.ndarray] * 2


@pytest.mark.parametrize("trim", ["x", "", "ff", "fbb"])
def test_zeros_are_trimmed_in_front_or_at_the_back(trim):
    with pytest.raises(ValueError, match=r"unexpected character\(s\) in `trim`: '" + trim + "'"):
        np.trim_zeros(mg.tensor([0.0, 1.0, 0.0]), trim)


def test_a_jitted_trimming_finds_anew_what_is_between_the_zeros():
    """One program is for any number of zeros, even where there is nothing else."""
    jitted = mg.jit(lambda a: np.trim_zeros(a) ** 2)
    given = [[0.0, 3, 0, 2, 0], [1.0, 2, 3, 4, 5], [0.0, 0, 0, 0, 0], [0.0, 0, 0, 0, 6]]
    for a in map(np.array, given):
        np.testing.assert_array_equal(jitted(a), np.trim_zeros(a) ** 2, strict=True)
