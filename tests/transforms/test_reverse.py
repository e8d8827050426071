"""grad, value_and_grad and vjp: what they take and give, and that they nest."""

import functools

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.mode import EAGER, MODE


def test_gradient_of_a_function_of_arrays():
    x = np.array([1.0, 2.0])
    value, gradient = mg.value_and_grad(lambda x: (x**2).sum())(x)
    assert type(value) is type(gradient) is np.ndarray
    np.testing.assert_array_equal(value, 5.0)
    np.testing.assert_array_equal(gradient, [2.0, 4.0], strict=True)
    np.testing.assert_array_equal(mg.grad(lambda x: (x**2).sum())(x), [2.0, 4.0], strict=True)


def test_numbers_and_lists_are_arrays():
    np.testing.assert_array_equal(mg.grad(lambda x: x * x)(3.0), 6.0)
    np.testing.assert_array_equal(mg.grad(np.sum)([1.0, 2.0]), [1.0, 1.0])


def test_the_dtype_of_the_argument_is_that_of_the_gradient():
    assert mg.grad(lambda x: (x * 2).sum())(np.float32([1.0])).dtype == np.float32


def test_argnums():
    f = lambda a, b, c: a * b + c
    np.testing.assert_array_equal(mg.grad(f, 1)(2.0, 3.0, 4.0), 2.0)
    np.testing.assert_array_equal(mg.grad(f, -1)(2.0, 3.0, 4.0), 1.0)
    np.testing.assert_array_equal(mg.grad(f, (1, 0))(2.0, 3.0, 4.0), [2.0, 3.0])
    assert isinstance(mg.grad(f, (0,))(2.0, 3.0, 4.0), tuple)
    assert isinstance(mg.grad(f, [0, 1])(2.0, 3.0, 4.0), tuple)
    _value, (da, dc) = mg.value_and_grad(f, argnums=(0, 2))(2.0, 3.0, 4.0)
    np.testing.assert_array_equal([da, dc], [3.0, 1.0])


def test_other_arguments_may_be_anything():
    f = lambda x, name, table: x * table[name]
    np.testing.assert_array_equal(mg.grad(f)(1.0, "a", {"a": 5.0}), 5.0)
    np.testing.assert_array_equal(mg.grad(lambda x, n: x * n)(1.0, 3), 3.0)


def test_keyword_arguments_reach_the_function():
    f = lambda x, *, power=1, scale=1: scale * x**power
    np.testing.assert_array_equal(mg.grad(f)(3.0, power=2), 6.0)
    np.testing.assert_array_equal(mg.value_and_grad(f)(3.0, power=2, scale=10)[1], 60.0)


def test_an_argument_that_is_not_used_has_gradient_zero():
    gradient = mg.grad(lambda x, y: y * 2, (0, 1))(np.float32(1.0), 2.0)
    np.testing.assert_array_equal(gradient[0], np.float32(0), strict=True)
    np.testing.assert_array_equal(mg.grad(lambda _x: mg.tensor(5.0))(np.ones(3).sum()), 0.0)


def test_arguments_are_not_changed():
    x = np.array([1.0, 2.0])
    mg.grad(lambda x: (x * x).sum())(x)
    np.testing.assert_array_equal(x, [1.0, 2.0])
    with pytest.raises(RuntimeError, match="leaf"):
        mg.grad(lambda x: x.__setitem__(0, 5.0))(x)
    np.testing.assert_array_equal(x, [1.0, 2.0])


# --- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", [3.0, None, np.ones(1)])
def test_a_function_that_returns_no_tensor(result):
    with pytest.raises(TypeError, match=r"returned .*not a Tensor.*\.item\(\)"):
        mg.grad(lambda x: result)(1.0)
    with pytest.raises(TypeError, match="not a Tensor"):
        mg.vjp(lambda x: result, 1.0)


def test_the_function_is_named():
    def loss(x):
        return x * 1

    with pytest.raises(ValueError, match=r"loss returned shape \(2,\).*mg\.vjp"):
        mg.grad(loss)(np.ones(2))

    def broken(x):
        return x.item()

    with pytest.raises(TypeError, match="broken returned a float"):
        mg.grad(broken)(1.0)


def test_an_argument_that_is_not_there():
    with pytest.raises(ValueError, match=r"argnums has 2.*2 arguments"):
        mg.grad(lambda a, b: a, 2)(1.0, 2.0)
    with pytest.raises(ValueError, match="argnums has -3"):
        mg.grad(lambda a, b: a, -3)(1.0, 2.0)


def test_an_argument_that_has_no_gradient():
    with pytest.raises(TypeError, match=r"argument 1: .*int64"):
        mg.grad(lambda a, b: a * b, (0, 1))(1.0, 2)
    with pytest.raises(TypeError, match=r"argument 0: .*bool"):
        mg.vjp(lambda a: a * 1.0, np.array([True]))


# --- vjp ---------------------------------------------------------------------------------------


def test_vjp_pulls_back_as_often_as_one_likes():
    out, pullback = mg.vjp(lambda a, b: a * b, np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    assert type(out) is np.ndarray
    np.testing.assert_array_equal(out, [3.0, 8.0])
    for seed in ([1.0, 0.0], [0.0, 1.0], [2.0, 2.0]):
        da, db = pullback(np.array(seed))
        np.testing.assert_array_equal(da, np.array(seed) * [3.0, 4.0])
        np.testing.assert_array_equal(db, np.array(seed) * [1.0, 2.0])


def test_vjp_refuses_a_cotangent_of_another_shape():
    _out, pullback = mg.vjp(np.exp, np.ones(2))
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        pullback(1.0)


def test_vjp_by_its_cotangent():
    """It is linear in it: the derivative is the Jacobian, and forward mode is made of this."""
    x = np.array([1.0, 2.0])
    _out, pullback = mg.vjp(np.sin, x)
    pushed = mg.grad(lambda v: np.sum(pullback(v)[0]))(np.ones(2))
    np.testing.assert_array_equal(pushed, np.cos(x))
    inside = mg.grad(lambda v: np.sum(mg.vjp(np.sin, x)[1](v)[0]))(np.ones(2))
    np.testing.assert_array_equal(inside, np.cos(x))


# --- nesting -----------------------------------------------------------------------------------


def test_derivatives_of_any_order():
    f = lambda x: x**5
    wanted = [5.0, 20.0, 60.0, 120.0, 120.0, 0.0]
    for derivative in wanted:
        f = mg.grad(f)
        np.testing.assert_array_equal(f(1.0), derivative)


def test_a_second_derivative_of_arrays():
    """The Hessian of sum(x**3) times a vector."""
    x, v = np.array([1.0, 2.0]), np.array([10.0, 100.0])
    gradient = mg.grad(lambda x: np.sum(x**3))
    product = mg.grad(lambda x: np.sum(gradient(x) * v))(x)
    np.testing.assert_array_equal(product, 6 * x * v)


def test_perturbation_confusion():
    """Derivatives by two things must not be taken for one (Siskind and Pearlmutter)."""
    inner = lambda x: mg.grad(lambda y: x + y)(1.0)
    np.testing.assert_array_equal(mg.grad(lambda x: x * inner(x))(1.0), 1.0)
    inner = lambda x: mg.grad(lambda y: x * y)(2.0)
    np.testing.assert_array_equal(mg.grad(lambda x: x * inner(x))(3.0), 6.0)


def test_a_closure_over_the_outer_argument():
    f = lambda x: mg.grad(lambda y: x**2 * y**3)(x)  # 3 x**4
    np.testing.assert_array_equal(mg.grad(f)(2.0), 96.0)


def test_mixed_partials():
    f = lambda x, y: x**2 * y**3
    dxdy = mg.grad(lambda x, y: mg.grad(f, 1)(x, y), 0)
    dydx = mg.grad(lambda x, y: mg.grad(f, 0)(x, y), 1)
    np.testing.assert_array_equal(dxdy(2.0, 3.0), 2 * 2 * 3 * 9)
    np.testing.assert_array_equal(dydx(2.0, 3.0), 2 * 2 * 3 * 9)


def test_three_levels_with_closures():
    f = lambda x: mg.grad(lambda y: mg.grad(lambda z: x * y**2 * z**3)(y))(x)
    # d/dz at z=y: 3 x y**4; d/dy at y=x: 12 x**4
    np.testing.assert_array_equal(mg.grad(f)(2.0), 48 * 8.0)


def test_the_value_inside_a_transform_is_differentiated_too():
    def f(x):
        value, gradient = mg.value_and_grad(lambda y: y**3)(x)
        return value * gradient  # 3 x**5

    np.testing.assert_array_equal(mg.grad(f)(2.0), 240.0)


def test_vjp_inside_grad_and_out():
    def f(x):
        out, pullback = mg.vjp(lambda y: y**2, x)
        return out * pullback(x)[0]  # x**2 * 2 x**2

    np.testing.assert_array_equal(mg.grad(f)(2.0), 8 * 8.0)


def test_tensors_in_tensors_out():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    gradient = mg.grad(lambda x: np.sum(x**3))(x)
    assert isinstance(gradient, mg.Tensor)
    gradient.sum().backward()
    np.testing.assert_array_equal(x.grad, [6.0, 12.0])


def test_constant_tensors_in_constant_tensors_out():
    gradient = mg.grad(lambda x: np.sum(x**3))(mg.tensor([1.0, 2.0]))
    assert isinstance(gradient, mg.Tensor)
    assert not gradient.requires_grad
    np.testing.assert_array_equal(gradient.data, [3.0, 12.0])


def test_a_leaf_of_the_outside_collects_nothing():
    w = mg.tensor(2.0, requires_grad=True)
    np.testing.assert_array_equal(mg.grad(lambda x: w * x)(3.0), 2.0)
    assert w.grad is None


def test_the_gradient_of_a_kink_inside_a_transform():
    np.testing.assert_array_equal(mg.grad(mg.grad(lambda x: np.abs(x) * x))(-3.0), -2.0)


def test_an_exception_leaves_nothing_switched():
    def broken(x):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mg.grad(broken)(1.0)
    assert MODE.get() == EAGER
    assert type(mg.grad(lambda x: x * x)(1.0)) is np.ndarray


def test_a_graph_of_gradients_is_that_of_grad():
    """What PyTorch's users write as backward(create_graph=True)."""
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"create_graph=True.*mg\.grad\(f\)\(x\)"):
        (x * x).sum().backward(create_graph=True)
    gradient = mg.grad(lambda x: np.sum(x**3))(x)
    penalty = np.sum(gradient**2)  # as in training with a gradient penalty
    penalty.backward()
    np.testing.assert_array_equal(x.grad, 36 * np.array([1.0, 2.0]) ** 3)


def test_what_is_made_is_named_after_the_function():
    def loss(x):
        return np.sum(x**2)

    for transform in (mg.grad, mg.value_and_grad, mg.jacobian, mg.hessian, mg.elementwise_grad):
        assert transform(loss).__name__ == f"{transform.__name__}(loss)"
        with pytest.raises(TypeError, match=f"mg.{transform.__name__} got an int, expected a func"):
            transform(3)
    with pytest.raises(ValueError, match=r"grad\(loss\) returned shape \(2,\)"):
        mg.grad(mg.grad(loss))(np.ones(2))
    partial = functools.partial(lambda x, y: x * y, y=np.ones(10_000))
    with pytest.raises(ValueError, match=r"^<lambda> returned shape \(10000,\); a gradient needs"):
        mg.grad(partial)(1.0)


@pytest.mark.parametrize("nothing", [None, "text", {}, {1.0}])
def test_nothing_to_differentiate_by(nothing):
    text = "nothing to differentiate by: argument 0 is .*expected floating-point arrays"
    with pytest.raises(TypeError, match=text):
        mg.grad(lambda _x: 1.0)(nothing)
    with pytest.raises(TypeError, match="differentiate by: no argument is named"):
        mg.grad(np.sin, argnums=())(1.0)


def test_complex_numbers_have_no_gradient():
    with pytest.raises(TypeError, match=r"returned complex numbers; .* np\.abs\(t\), t\.real"):
        mg.grad(lambda x: x * 1j)(1.0)


def test_a_pullback_that_was_left_inside_says_so():
    kept = []

    def f(x):
        out, pullback = mg.vjp(np.sin, x)
        kept.append(pullback)
        return out**2

    mg.grad(f)(1.0)
    with pytest.raises(RuntimeError, match="a pullback made inside a transform has to be called"):
        kept[0](1.0)


def test_gradients_share_no_memory():
    a, b = mg.grad(lambda a, b: np.sum(a + b), (0, 1))(np.ones(3), np.ones(3))
    v = np.ones(3)
    _, pull = mg.vjp(lambda a, b: a + b, np.ones(3), np.ones(3))
    for one, other in ((a, b), (v, pull(v)[0]), pull(v)):
        assert not np.shares_memory(one, other)


def test_a_seed_takes_the_dtype_of_the_result_and_gets_its_gradient_in_its_own():
    seed = mg.tensor([1.0], requires_grad=True)
    (found,) = mg.vjp(lambda x: x, np.float32([1.0]))[1](seed)
    assert found.dtype == np.float32
    found.sum().backward()
    assert seed.grad.dtype == np.float64


def test_an_argument_named_twice_from_both_ends():
    with pytest.raises(ValueError, match="names argument 0 twice"):
        mg.grad(lambda a, b: a, (0, -2))(1.0, 2.0)


def test_of_several_results_those_that_depend_on_the_outside_stay_in_its_graph():
    w = mg.tensor(2.0, requires_grad=True)
    out, _ = mg.vjp(lambda a, b: (a * w, b), mg.tensor(1.0), mg.tensor(2.0))
    assert [part.requires_grad for part in out] == [True, False]
