"""An array, a NumPy number or a list on the left of an operator: the result is a Tensor."""

import operator
from typing import NamedTuple

import numpy as np
import pytest

import micrograd_np as mg

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
LEFT = [
    np.array([2.0, 3.0]),
    np.array(2.0),
    np.array([[2.0], [3.0]]),
    np.array([2, 3]),
    np.float64(2.0),
    np.float32(2.0),
    np.int64(2),
    2,
    2.0,
    True,
    [2.0, 3.0],
    (2, 3),
]


def names(value):
    return f"{type(value).__name__}{np.shape(value)}{getattr(value, 'dtype', '')}"


@pytest.fixture
def t():
    return mg.tensor([1.0, 2.0], requires_grad=True)


@pytest.mark.parametrize("left", LEFT, ids=names)
@pytest.mark.parametrize("sign", ARITHMETIC, ids=lambda f: f.__name__)
def test_arithmetic(t, sign, left):
    wanted = np.asarray(sign(left, t.data))
    out = sign(left, t)
    assert type(out) is mg.Tensor
    assert out.requires_grad
    np.testing.assert_array_equal(out.data, wanted, strict=True)
    assert sign(t, left).dtype == np.asarray(sign(t.data, left)).dtype
    out.sum().backward()
    assert t.grad.shape == (2,)


@pytest.mark.parametrize("left", LEFT, ids=names)
@pytest.mark.parametrize("sign", COMPARISONS, ids=lambda f: f.__name__)
def test_comparisons(t, sign, left):
    out = sign(left, t)
    assert type(out) is np.ndarray
    np.testing.assert_array_equal(out, sign(np.asarray(left), t.data), strict=True)


@pytest.mark.parametrize("left", [np.ones((3, 2)), np.ones(2), [[1.0, 1.0]]], ids=names)
def test_matmul(t, left):
    out = left @ t
    assert type(out) is mg.Tensor
    np.testing.assert_array_equal(out.data, np.asarray(left) @ t.data, strict=True)
    out.sum().backward()
    np.testing.assert_array_equal(t.grad, np.atleast_2d(left).sum(axis=0))


def test_no_result_is_an_object_array(t):
    for out in (np.ones(2) * t, np.float64(2) * t, np.ones(2) @ t, np.ones((2, 1)) + t):
        assert out.dtype == np.float64


def test_the_gradient_is_that_of_the_other_order(t):
    (np.array([3.0, 5.0]) * t).sum().backward()
    np.testing.assert_array_equal(t.grad, [3.0, 5.0])
    t.zero_grad()
    (np.float64(6) / t).sum().backward()
    np.testing.assert_array_equal(t.grad, [-6.0, -1.5])
    t.zero_grad()
    (np.array([3.0, 5.0]) - t).sum().backward()
    np.testing.assert_array_equal(t.grad, [-1.0, -1.0])


@pytest.mark.parametrize(
    "write",
    [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow],
    ids=lambda f: f.__name__,
)
def test_an_array_cannot_take_a_tensor_in_place(t, write):
    array = np.ones(2)
    with pytest.raises(TypeError, match="gradient would be lost"):
        write(array, t)
    np.testing.assert_array_equal(array, [1.0, 1.0])


def test_add_at_of_an_array_cannot_take_a_tensor(t):
    with pytest.raises(TypeError, match=r"mg\.tensor\(array\)"):
        np.add.at(np.ones(2), [0], t[0])


def test_functions_of_arrays_and_tensors(t):
    x = np.array([5.0, 7.0])
    np.testing.assert_array_equal(np.where([True, False], t, 0).data, [1.0, 0.0])
    np.testing.assert_array_equal(np.maximum(x, t).data, x)
    np.testing.assert_array_equal(np.concatenate([x, t]).data, [5.0, 7.0, 1.0, 2.0])
    np.testing.assert_array_equal(np.stack([x, t, [0.0, 0.0]]).data, [x, [1.0, 2.0], [0.0, 0.0]])
    np.testing.assert_array_equal(np.dot(x, t).data, 19.0)


class Pair(NamedTuple):
    first: object
    second: object


@pytest.mark.parametrize(
    "call",
    [
        lambda t, pair: np.concatenate(pair(t, t)),
        lambda t, pair: np.pad(t, pair(1, 2)),
        lambda t, pair: np.sum(np.outer(t, t), axis=pair(0, 1)),
        lambda t, pair: np.outer(t, t)[pair(0, slice(1))],
        lambda t, pair: np.broadcast_to(t, pair(3, 2)),
    ],
)
def test_a_named_tuple_is_a_tuple(t, call):
    np.testing.assert_array_equal(
        call(t, Pair).data, call(t.data, lambda *items: tuple(items)), strict=True
    )
    (call(t, Pair) ** 2).sum().backward()
    np.testing.assert_array_equal(
        t.grad, mg.grad(lambda t: (call(t, lambda *items: tuple(items)) ** 2).sum())(t.data)
    )


def test_a_masked_array_is_refused(t):
    """Its mask would be lost."""
    masked = np.ma.masked_array([1.0, 2.0], [True, False])
    with pytest.raises(TypeError, match="mask"):
        t * masked
    with pytest.raises(TypeError, match="mask"):
        np.add(t, masked)


def test_a_masked_argument_is_refused():
    with pytest.raises(TypeError, match=r"argument 0.*mask"):
        mg.grad(np.sum)(np.ma.masked_array([1.0, 2.0], [True, False]))


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_a_matrix_is_refused(t):
    """Its ``*`` is another product."""
    matrix = np.asmatrix(np.eye(2))
    for product in (lambda: t * matrix, lambda: matrix * t, lambda: mg.tensor(matrix)):
        with pytest.raises(TypeError, match="matrix product"):
            product()


@pytest.mark.parametrize(
    "call",
    [
        lambda t, masked: masked * t,
        lambda t, masked: masked == t,
        lambda t, masked: np.ma.log(t),
        lambda t, masked: np.ma.getdata(t),
        lambda t, masked: np.ma.where(masked > 1, t, 0),
    ],
)
def test_functions_of_masked_arrays_do_not_detach(t, call):
    with pytest.raises(TypeError, match="would lose the gradient"):
        call(t, np.ma.masked_array([1.0, 2.0], [True, False]))


def test_what_is_no_number_is_refused(t):
    with pytest.raises(TypeError, match="numbers"):
        t * ["a", "b"]
    with pytest.raises(TypeError, match="numbers"):
        mg.tensor(["a"])
    with pytest.raises(TypeError, match="numbers"):
        mg.tensor([1.0, None])


@pytest.mark.parametrize("sign", ARITHMETIC, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [object, "m8[s]"])
def test_what_has_no_numbers_is_refused_on_either_side(t, sign, dtype):
    other = np.array([1, 2], dtype)
    for operands in ((t, other), (other, t)):
        with pytest.raises(TypeError):
            sign(*operands)


def test_an_object_array_is_refused_with_its_dtype(t):
    with pytest.raises(TypeError, match=r"np.multiply gave a result of dtype object.*dtype=float"):
        t * np.array([1, 2], dtype=object)
    holder = np.empty(2, object)
    holder[:] = [2.0, 3.0]
    holder[0] = mg.tensor(1.0, requires_grad=True)
    with pytest.raises(TypeError):
        t * holder
