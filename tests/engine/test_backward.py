"""What backward() does with seeds, with paths that join, and with a graph that is used twice."""

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from micrograd_np.engine import propagate


def leaf(data):
    return mg.tensor(data, requires_grad=True)


def test_a_single_element_needs_no_seed():
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0], strict=True)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_a_single_element_may_have_axes(shape):
    x = leaf(np.full(shape, 3.0))
    (x * x).backward()
    np.testing.assert_array_equal(x.grad, np.full(shape, 6.0), strict=True)


def test_the_seed_weighs_the_elements():
    x = leaf([1.0, 2.0])
    (x * x).backward(np.array([10.0, 100.0]))
    np.testing.assert_array_equal(x.grad, [20.0, 400.0], strict=True)


def test_two_seeds_of_one_result_add_up():
    x = leaf([1.0, 2.0])
    node = (x * x)._node
    propagate([(node, np.array([10.0, 0.0])), (node, np.array([0.0, 100.0]))])
    np.testing.assert_array_equal(x.grad, [20.0, 400.0], strict=True)


def test_a_seed_may_be_a_list_or_a_tensor():
    x = leaf([1.0, 2.0])
    (3 * x).backward([1.0, 2.0])
    (3 * x).backward(mg.tensor([1.0, 2.0]))
    np.testing.assert_array_equal(x.grad, [6.0, 12.0], strict=True)


def test_a_seed_takes_the_dtype_of_the_result():
    x = leaf(np.float32([1.0, 2.0]))
    (3 * x).backward(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(x.grad, np.float32([3.0, 6.0]), strict=True)


def test_several_elements_without_a_seed_raise_and_say_what_to_pass():
    x = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match=r"shape \(2,\).*backward\(seed\).*\.sum\(\)"):
        (x * x).backward()
    assert x.grad is None


@pytest.mark.parametrize("seed", [1.0, [1.0], [[1.0, 1.0]], np.ones((3, 2)), []])
def test_a_seed_of_another_shape_raises(seed):
    x = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match=r"seed must have shape \(2,\)"):
        (x * x).backward(seed)
    assert x.grad is None


def test_a_tensor_that_requires_no_gradient_says_so():
    with pytest.raises(RuntimeError, match="requires_grad=True"):
        mg.tensor([1.0]).backward()
    with pytest.raises(RuntimeError, match="requires_grad=True"):
        (mg.tensor([1.0]) * 2).sum().backward()


def test_backward_of_a_leaf_is_its_seed():
    x = leaf(2.0)
    x.backward()
    x.backward(3.0)
    np.testing.assert_array_equal(x.grad, 4.0)


def test_a_second_pass_over_a_freed_graph_says_so():
    x = leaf(2.0)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match=r"np\.multiply.*freed.*retain_graph=True"):
        y.backward()
    np.testing.assert_array_equal(x.grad, 4.0)


def test_a_shared_part_that_was_freed_says_so():
    x = leaf(2.0)
    shared = np.exp(x)
    (shared * 2).backward()
    with pytest.raises(RuntimeError, match=r"np\.exp.*freed"):
        (shared * 3).backward()


def test_retain_graph_accumulates_exactly():
    """micrograd gives 36 for the second of these: its intermediates accumulate too."""
    x = leaf(2.0)
    y = x * x
    z = y * x
    z.backward(retain_graph=True)
    np.testing.assert_array_equal(x.grad, 12.0)
    z.backward(retain_graph=True)
    np.testing.assert_array_equal(x.grad, 24.0)
    z.backward()
    np.testing.assert_array_equal(x.grad, 36.0)
    with pytest.raises(RuntimeError, match="freed"):
        z.backward()


def test_leaves_accumulate_until_they_are_cleared():
    x = leaf([1.0, 2.0])
    for _ in range(3):
        (2 * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [6.0, 6.0], strict=True)
    x.zero_grad()
    assert x.grad is None
    (2 * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0], strict=True)
    x.grad = None
    assert x.grad is None


def test_a_gradient_can_be_assigned_to_a_leaf():
    x = leaf([1.0, 2.0])
    x.grad = [5.0, 6.0]
    (2 * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [7.0, 8.0], strict=True)
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        x.grad = [1.0]
    with pytest.raises(AttributeError, match="leaf"):
        (x * 2).grad = [1.0, 2.0]


def test_results_between_hold_no_gradient():
    x = leaf(2.0)
    y = x * x
    (y * y).backward()
    assert y.grad is None


def test_the_same_operand_twice():
    x = leaf(3.0)
    (x + x).backward()
    np.testing.assert_array_equal(x.grad, 2.0)


@pytest.mark.parametrize("operation", [np.multiply, np.divide, np.subtract, np.power])
def test_the_same_operand_on_both_sides(operation):
    wanted = {
        np.multiply: 6.0,
        np.divide: 0.0,
        np.subtract: 0.0,
        np.power: 27 * np.log(3.0) + 27,
    }[operation]
    x = leaf(3.0)
    operation(x, x).backward()
    assert_nearly_equal(x.grad, wanted)


def test_a_diamond():
    x = leaf(3.0)
    left, right = 2 * x, x * x
    (left * right).backward()  # 2 x**3
    np.testing.assert_array_equal(x.grad, 54.0)


def test_diamonds_in_a_row_are_visited_once_each():
    """Sixty diamonds have 2**60 paths through them."""
    x = leaf(1.0)
    y = x
    for _ in range(60):
        y = (y + y) / 2
    y.backward()
    np.testing.assert_array_equal(x.grad, 1.0)


def test_doubling_twice():
    """`a=1; b=a+a; c=b+b`: five wrong topological sorts were proposed to micrograd over this."""
    a = leaf(1.0)
    b = a + a
    c = b + b
    c.backward()
    np.testing.assert_array_equal(a.grad, 4.0)


def test_a_short_and_a_long_way_round():
    x = leaf(1.0)
    long = x
    for _ in range(10):
        long = long * 2
    (x + long).backward()
    np.testing.assert_array_equal(x.grad, 1025.0)


def test_ten_thousand_uses_of_one_tensor():
    x = leaf(1.0)
    shared = x * 1
    total = shared
    for _ in range(9_999):
        total = total + shared
    total.backward()
    np.testing.assert_array_equal(x.grad, 10_000.0)


def test_ten_thousand_operands_of_one_operation():
    x = leaf(1.0)
    np.stack([x] * 10_000).sum().backward()
    np.testing.assert_array_equal(x.grad, 10_000.0)


def test_only_the_operands_that_need_it_get_a_gradient():
    """The gradient of the data is not even computed."""
    asked = []

    @mg.primitive
    def product(a, b):
        return a * b

    def left(g, _out, _a, b):
        asked.append("left")
        return g * b

    def right(g, _out, a, _b):
        asked.append("right")
        return g * a

    mg.defvjp(product, left, right)
    weights = leaf([1.0, 2.0])
    product(mg.tensor([3.0, 4.0]), weights).sum().backward()
    np.testing.assert_array_equal(weights.grad, [3.0, 4.0], strict=True)
    assert asked == ["right"]


def test_leaves_that_are_not_reached_keep_none():
    x, unused = leaf(1.0), leaf(1.0)
    (x * 2).backward()
    assert unused.grad is None


def test_the_gradient_is_an_ndarray_of_the_leafs_shape_and_dtype():
    for shape in [(), (0, 3), (2, 1)]:
        x = leaf(np.ones(shape))
        np.sum(x * 2).backward()
        assert type(x.grad) is np.ndarray
        np.testing.assert_array_equal(x.grad, np.full(shape, 2.0), strict=True)
