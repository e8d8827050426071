"""Functions whose results are plain arrays, of tensors as of arrays."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.operation import OPERATIONS
from rules.gradients import leaf

X, Y = np.array([[-1.5, 0.0, 2.5]]), np.array([[2.0], [-1.5]])
BITS = np.array([[5, 0, -3]]), np.array([[3], [6]])


@pytest.mark.parametrize(
    "function",
    [
        np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
        np.logical_and, np.logical_or, np.logical_xor, np.floor_divide,
    ],
)  # fmt: skip
def test_of_two_operands(function):
    for x, y in ((leaf(X), leaf(Y)), (leaf(X), Y), (X, leaf(Y))):
        np.testing.assert_array_equal(function(x, y), function(X, Y), strict=True)


@pytest.mark.parametrize("function", [np.sign, np.floor, np.ceil, np.trunc, np.logical_not])
def test_of_one_operand(function):
    np.testing.assert_array_equal(function(leaf(X)), function(X), strict=True)


OTHERS = {
    "rint": np.rint,
    "round": np.round,
    "spacing": np.spacing,
    "signbit": np.signbit,
    "isnan": np.isnan,
    "isinf": np.isinf,
    "isfinite": np.isfinite,
    "isclose": lambda x: np.isclose(x, 2.5),
    "allclose": lambda x: np.allclose(x, X),
    "array_equal": lambda x: np.array_equal(x, X),
    "iscomplexobj": np.iscomplexobj,
    "isrealobj": np.isrealobj,
    "isposinf": np.isposinf,
    "isneginf": np.isneginf,
    "isreal": np.isreal,
    "iscomplex": np.iscomplex,
    "isin": lambda x: np.isin(x, [0.0, 2.5]),
    "array_equiv": lambda x: np.array_equiv(x, X[0]),
    "result_type": lambda x: np.result_type(x, np.float32),
    "can_cast": lambda x: np.can_cast(x.dtype, np.float32),
    "common_type": np.common_type,
    "min_scalar_type": np.min_scalar_type,
    "may_share_memory": lambda x: np.may_share_memory(x, X + 1),
    "shares_memory": lambda x: np.shares_memory(x, X + 1),
    "nonzero": np.nonzero,
    "argwhere": np.argwhere,
    "flatnonzero": np.flatnonzero,
    "argpartition": lambda x: np.argpartition(x, 1),
    "lexsort": np.lexsort,
    "searchsorted": lambda x: np.searchsorted(x[0], 1.0),
    "digitize": lambda x: np.digitize(x, [0.0, 1.0]),
    "nanargmax": np.nanargmax,
    "nanargmin": np.nanargmin,
    "diag_indices_from": lambda x: np.diag_indices_from(x[:, :1]),
    "tril_indices_from": np.tril_indices_from,
    "triu_indices_from": np.triu_indices_from,
    "array2string": np.array2string,
    "array_str": np.array_str,
    "shape": np.shape,
    "ndim": np.ndim,
    "size": np.size,
}
OF_INTEGERS = {
    "gcd": lambda x: np.gcd(x, 6),
    "lcm": lambda x: np.lcm(x, 6),
    "bitwise_count": np.bitwise_count,
    "left_shift": lambda x: np.left_shift(x, 2),
    "right_shift": lambda x: np.right_shift(x, 1),
    "packbits": lambda x: np.packbits(x != 0),
    "unpackbits": lambda x: np.unpackbits(x.astype(np.uint8)),
    "unravel_index": lambda x: np.unravel_index(abs(x), (2, 3)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_of_one_tensor(name):
    given, wanted = OTHERS[name](leaf(X)), OTHERS[name](X)
    assert type(given) is type(wanted)
    np.testing.assert_equal(given, wanted)


@pytest.mark.parametrize("name", OF_INTEGERS)
def test_of_integers(name):
    given, wanted = OF_INTEGERS[name](mg.tensor(BITS[0])), OF_INTEGERS[name](BITS[0])
    np.testing.assert_equal(given, wanted)


@pytest.mark.parametrize("function", [np.bitwise_and, np.bitwise_or, np.bitwise_xor])
def test_of_bits(function):
    x, y = map(mg.tensor, BITS)
    np.testing.assert_array_equal(function(x, y), function(*BITS), strict=True)
    np.testing.assert_array_equal(np.invert(x), np.invert(BITS[0]), strict=True)


def test_a_complex_number_has_no_sign_that_is_constant():
    with pytest.raises(NotImplementedError, match=r"Compute it as z / np\.abs\(z\)"):
        np.sign(leaf([1 + 2j, 3 - 1j]))


@pytest.mark.parametrize("function", [np.negative, np.positive])
def test_a_number_with_another_sign_is_exact(function):
    """Of these two the result is no constant, but has no rounding error of its own, either."""
    assert OPERATIONS[function].exact


def test_the_gradient_of_a_mantissa_that_is_given_several_exponents():
    """It is the sum over the exponents, along the axes that they were broadcast along."""
    x = leaf([1.5, -2.0, 0.25])
    np.ldexp(x, [[1], [3]]).backward([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_array_equal(x.grad, [34.0, 44.0, 54.0])
