"""Functions that go on into complex numbers: for which operands they do, and in which dtype."""

import numpy as np
import pytest

import micrograd_np as mg

scimath = np.lib.scimath
ROOTS = [scimath.sqrt, scimath.log, scimath.log2, scimath.log10]
INVERSES = [scimath.arccos, scimath.arcsin, scimath.arctanh]


def same(given, wanted):
    np.testing.assert_array_equal(given.data, wanted)
    assert given.dtype == np.asarray(wanted).dtype


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("functions", "edges", "beyond"),
    [(ROOTS, [0.0, -0.0, 2.0], -0.25), (INVERSES, [1.0, -1.0, 0.5], 1.25)],
    ids=["roots", "inverses"],
)
def test_at_the_edge_of_the_domain_the_numbers_stay_real(functions, edges, beyond, dtype):
    inside, outside = np.array(edges, dtype), np.array([*edges, beyond], dtype)
    for function in functions:
        assert function(mg.tensor(inside)).dtype == dtype
        same(function(mg.tensor(inside)), function(inside))
        assert function(mg.tensor(outside)).dtype.kind == "c"
        same(function(mg.tensor(outside)), function(outside))


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128, np.clongdouble])
def test_complex_numbers_that_are_not_real_keep_their_precision(dtype):
    z = np.array([-2 + 1j, 3 - 1j], dtype)
    for function in (*ROOTS, *INVERSES):
        assert function(mg.tensor(z)).dtype == dtype
        same(function(mg.tensor(z)), function(z))


@pytest.mark.parametrize("base", [-2.0, 3, [-2.0, 3.0], (2, 5)], ids=str)
def test_the_base_of_a_logarithm_may_be_a_plain_number_or_a_list(base):
    x = np.array([2.0, -3.0])
    np.testing.assert_allclose(
        scimath.logn(base, mg.tensor(x)).data, scimath.logn(base, x), rtol=1e-15
    )
    plain = base if isinstance(base, list | tuple) else [base, 7.0]
    np.testing.assert_allclose(
        scimath.logn(mg.tensor(x), plain).data, scimath.logn(x, plain), rtol=1e-15
    )


@pytest.mark.parametrize("p", [-1, [-1, 2], np.int8([-2, 3]), np.int8([0, 3])], ids=repr)
@pytest.mark.parametrize("x", [[2, 4], np.float32([2, 4]), [2.0, -4.0]], ids=repr)
def test_a_power_is_numpys_in_its_dtype_too(x, p):
    """Integers have no negative powers, but here they do; it makes float64 of int8."""
    x = np.asarray(x)
    same(scimath.power(mg.tensor(x), p), scimath.power(x, p))
    powers = mg.tensor(np.asarray(p))
    same(scimath.power(x, powers), scimath.power(x, np.asarray(p)))
