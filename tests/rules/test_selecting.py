"""Zeros by a mask, and one or the other by a mask: of few elements and of many, in any order."""

import numpy as np
import pytest

from micrograd_np.rules.selecting import _BLOCK, FEW, selected, zeroed

DTYPES = [np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128, np.int32]
SHAPES = [
    (),
    (0,),
    (2, 3),
    (FEW,),
    (FEW + 1,),
    (3, 5, 211),
    (_BLOCK,),
    (_BLOCK + 7,),
    (2 * _BLOCK + 1,),
]


def numbers(shape, dtype, seed=0):
    """Return numbers among which there are nan and negative zeros, if the dtype has them."""
    random = np.random.default_rng(seed)
    array = np.asarray(100 * random.normal(size=shape))
    if np.dtype(dtype).kind == "c":
        array = array + 1j * random.normal(size=shape)
    if np.dtype(dtype).kind != "i":
        array = np.where(random.random(shape) < 0.2, np.nan, array)
        array = np.where(random.random(shape) < 0.2, -0.0, array)
    return array.astype(dtype)


def coins(shape, seed=1):
    return np.random.default_rng(seed).random(shape) < 0.5


def same(given, wanted):
    np.testing.assert_array_equal(given, wanted, strict=True)
    np.testing.assert_array_equal(np.signbit(given.real), np.signbit(wanted.real))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_zeros_where_the_mask_holds_and_every_other_bit_is_kept(shape, dtype):
    g, mask = numbers(shape, dtype), coins(shape)
    wanted = np.asarray(np.where(mask, np.zeros((), dtype), g))
    before = g.copy()
    same(np.asarray(zeroed(g, mask)), wanted)
    same(g, before)
    out = np.full(shape, 7, dtype)
    assert zeroed(g, mask, out) is out
    same(out, wanted)
    assert zeroed(g, mask, g) is g
    same(g, wanted)


ORDERS = {
    "C": lambda a: a.copy(),
    "Fortran": np.asfortranarray,
    "every other": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
}


@pytest.mark.parametrize("of_out", ORDERS)
@pytest.mark.parametrize("of_mask", ORDERS)
@pytest.mark.parametrize("of_g", ORDERS)
@pytest.mark.parametrize("shape", [(3, 4), (37, 71)])
def test_the_arrays_may_lie_in_memory_in_any_order(shape, of_g, of_mask, of_out):
    g, mask = ORDERS[of_g](numbers(shape, float)), ORDERS[of_mask](coins(shape))
    wanted = np.where(mask, 0.0, g)
    same(zeroed(g, mask), wanted)
    assert zeroed(g, mask).strides == np.empty_like(g).strides
    out = ORDERS[of_out](np.full(shape, 7.0))
    zeroed(g, mask, out)
    same(out, wanted)
    other = ORDERS[of_out](numbers(shape, float, 2))
    selected(mask, g, other, out)
    same(out, np.where(mask, g, other))
    selected(mask, other, g, other)  # into one of the two
    same(other, np.where(mask, ORDERS[of_out](numbers(shape, float, 2)), g))


@pytest.mark.parametrize(
    ("shape", "of_mask"), [((2, 1), (2, 3)), ((2, 3), (4, 2, 3)), ((4, 2, 3), (3,)), ((), (2,))]
)
def test_a_mask_of_another_shape_broadcasts(shape, of_mask):
    g, mask = numbers(shape, float), coins(of_mask)
    same(zeroed(g, mask), np.where(mask, 0.0, g))


@pytest.mark.parametrize("mask", [np.True_, np.False_])
def test_a_scalar_of_numpy_has_zeros_too(mask):
    assert zeroed(np.float64(2.5), mask) == (0.0 if mask else 2.5)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_one_or_the_other_in_every_bit(shape, dtype):
    a, b, mask = numbers(shape, dtype), numbers(shape, dtype, 2), coins(shape)
    out = np.full(shape, 7, dtype)
    for one, other in ((a, b), (a, -0.0), (1.5, b), (1.5, -2.5)):
        selected(mask, one, other, out)
        same(out, np.where(mask, np.asarray(one, dtype), np.asarray(other, dtype)))
