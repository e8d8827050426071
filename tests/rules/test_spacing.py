"""Numbers that are evenly spaced in their logarithms."""

import numpy as np
import pytest

import micrograd_np as mg

# --- bases that are arrays ---------------------------------------------------------------------

BASES = {
    "numbers as end points": (1.0, 2.0, [2.0, 3.0, 5.0]),
    "lists as end points": ([1.0, 2.0, 0.5], [2.0, 1.0, 3.0], [2.0, 3.0, 5.0]),
    "a column of starts": ([[1.0], [0.5]], 2.0, [2.0, 3.0, 5.0]),
    "a column of stops": (1.0, [[2.0], [3.0]], [2.0, 3.0, 5.0]),
    "a column of bases": ([1.0, 2.0, 0.5], 2.0, [[2.0], [3.0]]),
}


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("name", BASES)
def test_a_tensor_of_bases_broadcasts_with_the_end_points(name, axis):
    start, stop, base = BASES[name]
    f = lambda base: np.logspace(start, stop, 4, base=base, axis=axis)
    out = f(mg.tensor(base))
    np.testing.assert_array_equal(out.data, f(np.array(base)), strict=True)
    weights = 1.0 + np.arange(out.size).reshape(out.shape)
    mg.gradcheck(lambda base: np.sum(f(base) * weights), np.array(base))


# --- end points --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0.0, 2.0), (2.0, 0.0), ([1.0, 0.0], 3.0), (3.0, [[2.0], [0.0]]), (0.0, 0.0)],
)
def test_no_end_of_a_geometric_sequence_is_zero(start, stop):
    for ends in ((mg.tensor(start), stop), (start, mg.tensor(stop))):
        with pytest.raises(ValueError, match="Geometric sequence cannot include zero"):
            np.geomspace(*ends)


@pytest.mark.parametrize(("start", "stop"), [(1.0, 8.0), (8.0, 1.0), ([1.0, -1.0], [16.0, -0.5])])
def test_an_end_of_a_geometric_sequence_may_be_one(start, stop):
    start, stop = np.array(start), np.array(stop)
    f = lambda start, stop: np.geomspace(start, stop, 4)
    np.testing.assert_allclose(f(mg.tensor(start), stop).data, f(start, stop), rtol=1e-15)
    mg.gradcheck(lambda start, stop: np.sum(f(start, stop) ** 2), start, stop)


@pytest.mark.parametrize("function", [np.logspace, np.geomspace])
def test_fifty_numbers_unless_told_otherwise(function):
    given = function(mg.tensor(1.0), 3.0)
    assert given.shape == (50,)
    np.testing.assert_allclose(given.data, function(1.0, 3.0), rtol=1e-14)


ENDS = np.array([-1.0, 1.0] * 10) * np.exp(np.arange(20.0) ** 2 + 0.1)
"""So large that ten to the power of their logarithms is not quite the same again."""


@pytest.mark.parametrize("num", [2, 3, 8])
def test_a_geometric_sequence_begins_and_ends_where_it_is_told_to_the_last_bit(num):
    found = np.geomspace(mg.tensor(1 / ENDS), ENDS, num).data
    np.testing.assert_array_equal(found[0], 1 / ENDS)
    np.testing.assert_array_equal(found[-1], ENDS)
    open_ended = np.geomspace(mg.tensor(1 / ENDS), ENDS, num, endpoint=False).data
    wanted = np.geomspace(1 / ENDS, ENDS, num, endpoint=False)
    np.testing.assert_allclose(open_ended, wanted, rtol=1e-12)
