"""Nothing loses its gradient silently; everything that only shows a value works."""

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal


@pytest.fixture
def x():
    return mg.tensor([1.0, 2.0], requires_grad=True)


@pytest.fixture
def scalar(x):
    return np.sum(x)


def fill(x):
    array = np.zeros(2)
    array[:] = x


def fill_one(x):
    array = np.zeros(2)
    array[0] = np.sum(x)


@pytest.mark.parametrize(
    ("convert", "way"),
    [
        (np.asarray, r"t\.detach\(\)"),
        (np.array, r"t\.detach\(\)"),
        (lambda x: np.asarray(x, dtype=np.float32), r"t\.detach\(\)"),
        (lambda x: np.array([x, x]), r"np\.stack"),
        (lambda x: np.array([np.sum(x), np.sum(x)]), r"np\.stack"),
        (lambda x: np.array([[np.sum(x)], [1.0]]), r"np\.stack"),
        (lambda x: mg.tensor([np.sum(x), np.sum(x)]), r"np\.stack"),
        (lambda x: mg.tensor(x), r"detach"),
        (lambda x: float(np.sum(x)), r"t\.item\(\)"),
        (lambda x: int(np.sum(x)), r"t\.item\(\)"),
        (lambda x: complex(np.sum(x)), r"t\.item\(\)"),
        (lambda x: [1, 2, 3][np.sum(x)], r"t\.item\(\)"),
        (fill, r"t\.detach\(\)"),
    ],
)
def test_a_conversion_raises_and_names_the_way(x, convert, way):
    with pytest.raises(TypeError, match=way):
        convert(x)


def test_an_element_of_an_array_cannot_be_set_to_a_tensor(x):
    with pytest.raises((TypeError, ValueError)):
        fill_one(x)


def test_a_constant_converts(x):
    constant = x.detach()
    np.testing.assert_array_equal(np.asarray(constant), [1.0, 2.0])
    np.testing.assert_array_equal(np.array([constant[0], constant[1]]), [1.0, 2.0])
    np.testing.assert_array_equal(mg.tensor(constant).data, [1.0, 2.0])
    assert float(constant.sum()) == 3.0
    assert int(constant.sum()) == 3
    assert [5, 6][mg.tensor(1)] == 6


def test_the_ways_out(x, scalar):
    assert type(scalar.item()) is float
    assert scalar.item() == 3.0
    assert x.tolist() == [1.0, 2.0]
    assert type(x.numpy()) is type(x.data) is np.ndarray
    detached = x.detach()
    assert isinstance(detached, mg.Tensor)
    assert not detached.requires_grad
    assert detached.numpy() is x.data
    with pytest.raises(ValueError, match="size"):
        x.item()


def test_formatting_works(x, scalar):
    assert f"{scalar:.3f}" == "3.000"
    assert f"{scalar}" == str(scalar) == "3.0"
    assert str(x) == "[1. 2.]"
    assert repr(x) == "Tensor([1., 2.], requires_grad=True)"
    assert repr(x * 2) == "Tensor([2., 4.], from np.multiply)"
    assert repr(x.detach()) == "Tensor([1., 2.])"
    assert repr(mg.tensor(np.float32(1))) == "Tensor(1., dtype=float32)"


def test_bool_follows_numpy():
    assert bool(mg.tensor([3.0], requires_grad=True))
    assert not mg.tensor(0.0)
    with pytest.raises(ValueError, match=r"a\.any\(\) or a\.all\(\)"):
        bool(mg.tensor([0.0, 0.0]))


def test_comparisons_give_plain_arrays(x):
    for result in (x > 1, x >= 1, x < 1, x <= 1, x == 1, x != 1, np.isnan(x), x < 1.5, x == x):
        assert type(result) in (np.ndarray, np.bool_)
        assert result.dtype == bool
    np.testing.assert_array_equal(x > 1, [False, True])
    assert x.argmax() == 1
    assert np.argmax(x) == 1


def test_a_tensor_can_be_a_key(x):
    assert {x: "weights"}[x] == "weights"


def test_length_and_iteration_are_numpys(x):
    assert len(x) == 2
    first, second = x
    (first * 3 + second * 5).backward()
    np.testing.assert_array_equal(x.grad, [3.0, 5.0])
    with pytest.raises(TypeError, match="0-d"):
        list(np.sum(x))
    with pytest.raises(TypeError):
        len(np.sum(x))


def test_a_detached_value_carries_no_gradient(x):
    (x * x.detach()).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 2.0])


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (np.histogram, r"np\.histogram"),
        (np.isnat, r"np\.isnat"),
        (lambda x: np.save("t.npy", x), r"np\.save.*t\.detach\(\)\.numpy\(\)"),
        (np.frompyfunc(abs, 1, 1), "has no derivative rule here"),
        (np.frompyfunc(max, 2, 1).reduce, "has no derivative rule here"),
    ],
)
def test_a_function_without_a_rule_names_itself(x, call, name):
    with pytest.raises(NotImplementedError, match=name):
        call(x)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: mg.softmax(x, where=[True, False]), r"mg\.softmax.*where=.*know: axis"),
        (lambda x: mg.relu(x, inplace=True), r"mg\.relu.*inplace=.*know: none"),
    ],
)
def test_a_keyword_without_a_rule_names_itself(x, call, words):
    with pytest.raises(NotImplementedError, match=words):
        call(x)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sum(x, 0, None, None, True),
        lambda x: np.max(x, 0, None, True),
        lambda x: np.mean(x, 0, np.float64),
        lambda x: np.var(x, 0, None, None, 1),
        lambda x: np.reshape(x, (4,), "F"),
        lambda x: np.ravel(x, "F"),
        lambda x: np.cumsum(x, 0, np.float64),
    ],
)
def test_a_positional_option_is_understood_or_refused(call):
    """Never taken for another: NumPy's third argument is `dtype`, a rule's is `keepdims`."""
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    try:
        out = call(x)
    except NotImplementedError:
        return
    wanted = np.asarray(call(x.data))
    np.testing.assert_array_equal(out.data, wanted, strict=True)
    seed = 1.0 + np.arange(out.size).reshape(out.shape)
    out.backward(seed)
    for place in np.ndindex(2, 2):  # each is linear or quadratic: central differences are exact
        step = np.zeros((2, 2))
        step[place] = 0.25
        slope = ((call(x.data + step) - call(x.data - step)) / 0.5 * seed).sum()
        assert_nearly_equal(x.grad[place], slope)
