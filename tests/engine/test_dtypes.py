"""Each gradient comes in the dtype of its operand. (float32 of every operation: tests/rules.)"""

import numpy as np
import pytest

import micrograd_np as mg


def leaf(data, dtype):
    return mg.tensor(data, requires_grad=True, dtype=dtype)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_a_leaf_keeps_its_dtype(dtype):
    x = leaf([1.0, 2.0], dtype)
    out = np.mean(np.exp(x) * 2 + x**2)
    assert out.dtype == dtype
    out.backward()
    assert x.grad.dtype == dtype


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: a * b,
        lambda a, b: np.maximum(a, b),
        lambda a, b: np.where([True, False], a, b),
        lambda a, b: a @ b,
        lambda a, b: np.einsum("i,i->", a, b),
        lambda a, b: np.concatenate([a, b]),
        lambda a, b: a**b,
    ],
)
@pytest.mark.parametrize(("one", "two"), [("f4", "f8"), ("f8", "f4"), ("f2", "f4")])
def test_two_dtypes_meet(function, one, two):
    a, b = leaf([1.0, 2.0], one), leaf([3.0, 4.0], two)
    out = function(a, b)
    assert out.dtype == max(a.dtype, b.dtype, key=lambda d: d.itemsize)
    out.sum().backward()
    assert (a.grad.dtype, b.grad.dtype) == (a.dtype, b.dtype)


@pytest.mark.parametrize("number", [2, 2.0, True, np.float32(2), np.int16(2)])
def test_a_number_does_not_widen_float32(number):
    x = leaf([1.0, 2.0], np.float32)
    for out in (x * number, number + x, x**number, number**x, x / number, number - x):
        assert out.dtype == np.float32
    for out in (np.maximum(x, number), np.where([True, False], x, number), np.sum(x) * number):
        assert out.dtype == np.float32


def test_the_mean_of_70000_float16_numbers():
    """Their number does not fit float16: the count overflows in another library, and gives 0."""
    x = leaf(np.ones(70_000), np.float16)
    x.mean().backward()
    np.testing.assert_array_equal(x.grad, np.full(70_000, np.float16(1 / 70_000)), strict=True)


def test_the_variance_of_70000_float16_numbers():
    data = np.where(np.arange(70_000) % 2, 0.5, -0.5)
    x = leaf(data, np.float16)
    x.var().backward()
    wanted = (2 * data / 70_000).astype(np.float16)
    np.testing.assert_array_equal(x.grad, wanted, strict=True)


def test_the_maximum_of_70000_equal_float16_numbers():
    x = leaf(np.ones(70_000), np.float16)
    x.max().backward()
    np.testing.assert_array_equal(x.grad, np.full(70_000, np.float16(1 / 70_000)), strict=True)


def test_a_cast_sends_the_gradient_back_in_the_old_dtype():
    x = leaf([1.0, 2.0], np.float32)
    y = x.astype(np.float64)
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad, np.float32([2.0, 4.0]), strict=True)


@pytest.mark.parametrize("data", [[1, 2], [True, False], np.uint8([1])])
def test_asking_for_the_gradient_of_integers_names_their_dtype(data):
    dtype = np.asarray(data).dtype
    with pytest.raises(TypeError, match=f"{dtype}.*dtype=float"):
        mg.tensor(data, requires_grad=True)
    with pytest.raises(TypeError, match=str(dtype)):
        mg.grad(np.sum)(data)


def test_integers_are_constants():
    counts = mg.tensor([1, 2])
    assert not counts.requires_grad
    assert (counts * 2).dtype == np.int64
    assert not (counts * 2.5).requires_grad
    x = leaf([1.0, 2.0], float)
    (counts * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 2.0])


def test_what_is_cast_to_integers_is_a_constant():
    x = leaf([1.5, 2.5], float)
    assert not x.astype(int).requires_grad
    assert not x.astype(bool).requires_grad


def test_a_tensor_written_into_integers_is_refused_or_a_constant():
    """NumPy cuts off the fraction: there is no gradient to give back."""
    x = leaf([1.5, 2.5], float)
    counts = mg.tensor([0, 0])
    try:
        counts[0] = x[0]
    except TypeError:
        return
    assert not counts.requires_grad


@pytest.mark.parametrize("value", ["no", 0, None, [], np.array([True])], ids=repr)
def test_whether_a_gradient_is_required_is_a_bool(value):
    """Most others would be true, "no" among them."""
    with pytest.raises(TypeError, match=r"requires_grad is .*, expected True or False"):
        mg.tensor(1.0, requires_grad=value)
    assert mg.tensor(1.0, requires_grad=np.True_).requires_grad
