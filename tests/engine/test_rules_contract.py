"""What the engine demands of a rule, and what it does for it; how a user adds an operation."""

from contextlib import contextmanager

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from micrograd_np.engine import propagate
from micrograd_np.operation import OPERATIONS


def leaf(data):
    return mg.tensor(data, requires_grad=True)


def operation(function, *rules, **facts):
    made = mg.primitive(function)
    mg.defvjp(made, *rules, **facts)
    return made


# --- adding an operation -----------------------------------------------------------------------


def test_a_users_operation_to_second_order():
    cube = operation(lambda x: x * x * x, lambda g, _out, x: g * 3 * x * x)
    x = leaf([1.0, 2.0])
    cube(x).sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 12.0])
    np.testing.assert_array_equal(mg.grad(mg.grad(cube))(2.0), 12.0)
    np.testing.assert_array_equal(mg.grad(mg.grad(mg.grad(cube)))(2.0), 6.0)


def test_it_stays_the_same_function_of_arrays():
    @mg.primitive
    def cube(x):
        """Return x**3."""
        return x * x * x

    assert cube.__doc__ == "Return x**3."
    assert cube.__name__ == "cube"
    assert type(cube(np.ones(2))) is np.ndarray
    assert cube(3) == 27


def test_options_go_to_the_rule():
    scale = operation(lambda x, factor=2: x * factor, lambda g, _out, _x, factor=2: g * factor)
    x = leaf(1.0)
    (scale(x) + scale(x, 10) + scale(x, factor=100) + scale(x=x)).backward()
    np.testing.assert_array_equal(x.grad, 114.0)


def test_the_operands_a_rule_may_leave_out():
    pick = operation(lambda a, n: a[n], lambda g, _out, _a, n: g * np.eye(_a.size)[n], None)
    x = leaf([1.0, 2.0, 3.0])
    pick(x, 1).backward()
    np.testing.assert_array_equal(x.grad, [0.0, 1.0, 0.0])


def test_any_number_of_operands():
    def rule_of(position):
        return lambda g, _out, *_arrays: g * (position + 1)

    weigh = mg.primitive(lambda *arrays: sum(a * (k + 1) for k, a in enumerate(arrays)))
    mg.defvjp(weigh, every=rule_of)
    a, b, c = leaf(1.0), leaf(2.0), leaf(3.0)
    weigh(a, b, c).backward()
    np.testing.assert_array_equal([a.grad, b.grad, c.grad], [1.0, 2.0, 3.0])


@contextmanager
def without_rules(function):
    """Forget what is known of a NumPy function, for the length of a block."""
    ours = OPERATIONS.pop(function)
    try:
        yield
    finally:
        OPERATIONS[function] = ours


def test_a_numpy_function_can_be_given_a_rule():
    with without_rules(np.cbrt):
        with pytest.raises(NotImplementedError, match=r"np\.cbrt"):
            np.cbrt(leaf(8.0))
        mg.defvjp(np.cbrt, lambda g, out, _x: g / (3 * out * out))
        x = leaf(8.0)
        np.cbrt(x).backward()
        np.testing.assert_array_equal(x.grad, 1 / 12)


# --- what the engine does for a rule -----------------------------------------------------------


def test_a_broadcast_operand_is_summed_for_it():
    plus = operation(
        lambda a, b: a + b, lambda g, _o, _a, _b: g, lambda g, _o, _a, _b: g, broadcasts=True
    )
    a, b = leaf(np.ones((8, 6))), leaf(np.ones(6))
    plus(a, b).sum().backward()
    np.testing.assert_array_equal(b.grad, np.full(6, 8.0), strict=True)


def test_its_gradient_is_cast_for_it():
    wide = operation(lambda x: x * 2, lambda g, _out, _x: np.float64(2) * g.astype(np.float64))
    x = mg.tensor(np.float32([1.0]), requires_grad=True)
    wide(x).backward()
    np.testing.assert_array_equal(x.grad, np.float32([2.0]), strict=True)


def test_a_parameter_with_an_underscore_arrives_as_a_shape():
    seen = []

    def rule(g, _out, _x):
        seen.extend([_out, _x])
        return g * 2

    double = operation(lambda x: x * 2, rule)
    double(leaf(np.ones((2, 3), np.float32))).sum().backward()
    for stub in seen:
        assert not isinstance(stub, np.ndarray)
        assert (stub.shape, stub.ndim, stub.size, stub.dtype) == ((2, 3), 2, 6, np.float32)


def test_a_parameter_without_an_underscore_arrives_as_an_array():
    seen = []

    def rule(g, out, x):
        seen.extend([g, out, x])
        return g * 2

    double = operation(lambda x: x * 2, rule)
    double(leaf([1.0, 2.0])).sum().backward()
    assert [type(value) for value in seen] == [np.ndarray] * 3
    np.testing.assert_array_equal(seen, [[1, 1], [2, 4], [1, 2]])


# --- what it demands ---------------------------------------------------------------------------


def test_a_bias_gradient_that_was_not_summed_raises():
    """torch's gradcheck lets (8, 6) for (6,) pass."""
    add_bias = operation(lambda x, b: x + b, lambda g, _o, _x, _b: g, lambda g, _o, _x, _b: g)
    x, b = leaf(np.ones((8, 6))), leaf(np.ones(6))
    message = r"argument 1 returned shape \(8, 6\) for an operand of shape \(6,\)"
    with pytest.raises(ValueError, match=message):
        add_bias(x, b).sum().backward()


@pytest.mark.parametrize(
    ("shape", "broadcasts"),
    # (1, 2) is what broadcasting may make of (2,), so it is wrong only without.
    [((1, 2), False), *((s, b) for s in [(3,), (1,), (), (2, 1)] for b in (True, False))],
)
def test_a_gradient_of_a_wrong_shape_names_the_operation(shape, broadcasts):
    def wrong(x):
        return x * 2

    wrong = operation(wrong, lambda g, _out, _x: np.ones(shape), broadcasts=broadcasts)
    with pytest.raises(ValueError, match=r"wrong for argument 0 returned shape"):
        wrong(leaf([1.0, 2.0])).sum().backward()


@pytest.mark.parametrize("value", [2.0, 2, None, [1.0, 2.0]])
def test_a_rule_that_returns_no_array_says_so(value):
    def bad(x):
        return x * 2

    bad = operation(bad, lambda g, _out, _x: value)
    kind = type(value).__name__
    with pytest.raises(TypeError, match=f"bad for argument 0 returned a {kind}"):
        bad(leaf([1.0, 2.0])).sum().backward()


def test_a_numpy_number_is_a_0d_array():
    double = operation(lambda x: x * 2, lambda g, _out, _x: np.float64(2.0))
    x = leaf(1.0)
    double(x).backward()
    np.testing.assert_array_equal(x.grad, 2.0)
    assert type(x.grad) is np.ndarray


def test_an_operand_without_a_rule_says_how_to_add_one():
    half = operation(lambda a, b: a * b, lambda g, _out, _a, b: g * b)
    np.testing.assert_array_equal(half(leaf(2.0), 3.0).data, 6.0)
    with pytest.raises(NotImplementedError, match=r"argument 1.*t\.detach\(\).*mg\.defvjp"):
        half(2.0, leaf(3.0))


def test_an_operation_without_rules_says_how_to_add_one():
    @mg.primitive
    def bare(x):
        return x * 2

    with pytest.raises(NotImplementedError, match=r"bare.*mg\.defvjp"):
        bare(leaf(1.0))
    assert bare(1.0) == 2.0


# --- several results ---------------------------------------------------------------------------


def parts(x):
    """Return the left half, squared, and the right half, tripled."""
    half = x.shape[0] // 2
    return x[:half] ** 2, x[half:] * 3


def parts_rule(g, _out, x):
    half = x.shape[0] // 2
    return np.concatenate([g[0] * 2 * x[:half], g[1] * 3])


@pytest.fixture
def both_parts():
    return operation(parts, parts_rule, results=2)


def test_several_results_all_used(both_parts):
    x = leaf([1.0, 2.0, 3.0, 4.0])
    left, right = both_parts(x)
    (left.sum() + 10 * right.sum()).backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0, 30.0, 30.0])


@pytest.mark.parametrize(("used", "wanted"), [(0, [2.0, 4.0, 0.0, 0.0]), (1, [0.0, 0.0, 3.0, 3.0])])
def test_several_results_one_used(both_parts, used, wanted):
    x = leaf([1.0, 2.0, 3.0, 4.0])
    both_parts(x)[used].sum().backward()
    np.testing.assert_array_equal(x.grad, wanted)


def test_several_results_used_twice_and_together(both_parts):
    x = leaf([1.0, 2.0, 3.0, 4.0])
    left, right = both_parts(x)
    (left * right + left).sum().backward()
    np.testing.assert_array_equal(x.grad, [2 * 10, 4 * 13, 3 * 1, 3 * 4])


def test_several_results_are_freed_together(both_parts):
    x = leaf([1.0, 2.0, 3.0, 4.0])
    left, right = both_parts(x)
    left.sum().backward()
    with pytest.raises(RuntimeError, match="freed"):
        right.sum().backward()


def test_several_results_to_second_order(both_parts):
    def loss(x):
        left, right = both_parts(x)
        return np.sum(left * right)  # 3 (a**2 c + b**2 d)

    def again(x):
        return np.sum(mg.grad(loss)(x) * np.array([1.0, 10.0, 100.0, 1000.0]))

    a, b, c, d = 1.0, 2.0, 3.0, 4.0
    np.testing.assert_array_equal(
        mg.grad(again)(np.array([a, b, c, d])),
        [6 * c + 600 * a, 60 * d + 6000 * b, 6 * a, 60 * b],
    )


def test_several_results_whose_rule_reads_them():
    def exp_and_its_square(x):
        out = np.exp(x)
        return out, out * out

    twice = operation(
        exp_and_its_square, lambda g, out, _x: g[0] * out[0] + g[1] * 2 * out[1], results=2
    )
    f = lambda x: twice(x)[0] * 1 + twice(x)[1] * 1
    x = 0.5
    first = mg.grad(f)(x)
    second = mg.grad(mg.grad(f))(x)
    assert_nearly_equal(first, np.exp(x) + 2 * np.exp(x) ** 2)
    assert_nearly_equal(second, np.exp(x) + 4 * np.exp(x) ** 2)

    def product(x):  # what the rule does with a result adds to what is done with it here
        one, square = twice(x)
        return one * square

    assert_nearly_equal(mg.grad(product)(x), 3 * np.exp(3 * x))
    assert_nearly_equal(mg.grad(mg.grad(product))(x), 9 * np.exp(3 * x))


def test_what_nothing_depends_on_has_no_gradient_if_the_record_says_so():
    given = []

    def rule(g, _out, x):
        given.append(g)
        return sum(part for part in g if part is not None)

    twice = operation(lambda x: (x + 1, x + 2), rule, results=2, partial=True)
    assert mg.grad(lambda x: twice(x)[1] * 3)(1.0) == 3
    assert mg.grad(lambda x: sum(twice(x)))(1.0) == 2
    assert given == [[None, 3], [1, 1]]


def test_split_with_one_part_used_and_both():
    x = leaf(np.arange(4.0))
    left, right = np.split(x, 2)
    right.sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.0, 1.0, 1.0])
    x.zero_grad()
    left, right = np.split(x, 2)
    (left * right).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 3.0, 0.0, 1.0])


def test_split_to_second_order():
    def loss(x):
        left, right = np.split(x, 2)
        return np.sum(left * left * right)

    hessian_row = lambda x: mg.grad(loss)(x)[0]
    np.testing.assert_array_equal(
        mg.grad(hessian_row)(np.array([1.0, 2.0, 3.0, 4.0])), [6.0, 0.0, 2.0, 0.0]
    )


def test_a_number_of_results_that_the_record_does_not_say_is_refused():
    pair = operation(lambda x: (x * 1, x * 2), lambda g, _out, _x: g[0] + 2 * g[1])
    with pytest.raises(TypeError, match=r"returned 2 arrays.*results=2"):
        pair(leaf([1.0]))


def test_an_elementwise_rule_of_a_larger_shape_is_refused():
    """It would else be summed to the operand's shape, as if it had been broadcast."""
    tall = lambda g, _out, _x: g[None] * np.ones((5, 1))
    with without_rules(np.cbrt):
        mg.defvjp(np.cbrt, tall)
        with pytest.raises(ValueError, match=r"np\.cbrt for argument 0 returned shape \(5, 3\)"):
            np.cbrt(leaf([1.0, 2.0, 3.0])).sum().backward()


def test_several_results_of_a_numpy_function_of_two_operands():
    with without_rules(np.divmod):
        mg.defvjp(np.divmod, lambda g, _out, _a, _b: g[1], None, results=2)
        a = leaf([7.5, -1.5])
        whole, rest = np.divmod(a, 2.0)
        np.testing.assert_array_equal(whole.data, [3.0, -1.0])
        rest.sum().backward()
        np.testing.assert_array_equal(a.grad, [1.0, 1.0])


def test_a_residual_is_handed_to_the_rule():
    handed = []

    @mg.primitive(residual="root")
    def root_and_more(x):
        root = np.sqrt(x)
        return root + x, root

    def rule(g, _out, _x, root=None):
        handed.append(root)
        return g * (1 + 0.5 / root)

    mg.defvjp(root_and_more, rule)
    x = leaf([4.0, 9.0])
    root_and_more(x).sum().backward()
    np.testing.assert_array_equal(handed, [[2.0, 3.0]])
    np.testing.assert_array_equal(x.grad, [1.25, 1 + 0.5 / 3])


@pytest.mark.parametrize("requires_grad", [False, True])
def test_a_result_that_holds_anything_is_refused(requires_grad):
    boxed = operation(lambda x: np.array([x, None], object), lambda g, _out, _x: g)
    with pytest.raises(TypeError, match="gave a result of dtype object"):
        boxed(mg.tensor(1.0, requires_grad=requires_grad))


def test_who_watches_a_pass_and_detect_anomaly_are_both_told():
    w = leaf([1.0, 2.0])
    told = []
    with mg.detect_anomaly():
        out = (w * 3.0).sum()
        watch = lambda parent, *_: told.append(parent)
        propagate([(out._node, np.ones(()))], watch=watch)
    assert told[-1] is w._node
    np.testing.assert_array_equal(w.grad, [3.0, 3.0])
