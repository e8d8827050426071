"""Writing into a tensor: recorded as a function of the old value, or refused."""

import operator

import numpy as np
import pytest

import micrograd_np as mg


def leaf(data):
    return mg.tensor(data, requires_grad=True)


def test_an_assignment_is_recorded():
    x, v = leaf([1.0, 2.0, 3.0]), leaf(5.0)
    y = x * 2
    y[1] = v * v
    np.testing.assert_array_equal(y.data, [2.0, 25.0, 6.0])
    (y * np.array([1.0, 10.0, 100.0])).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 0.0, 200.0])
    np.testing.assert_array_equal(v.grad, 100.0)


def test_values_read_earlier_stay_valid():
    x = leaf([1.0, 2.0])
    y = x * 3
    before = y * y
    y[0] = 100.0
    after = y * y
    np.testing.assert_array_equal(before.data, [9.0, 36.0])
    np.testing.assert_array_equal(after.data, [10_000.0, 36.0])
    before.sum().backward(retain_graph=True)
    np.testing.assert_array_equal(x.grad, [18.0, 36.0])
    x.zero_grad()
    after.sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 36.0])


def test_an_array_that_was_taken_out_is_not_written_to():
    y = leaf([1.0, 2.0]) * 3
    taken = y.data
    y[0] = 100.0
    np.testing.assert_array_equal(taken, [3.0, 6.0])


def test_many_writes_into_one_tensor():
    x = leaf(np.arange(100.0))
    y = mg.tensor(np.zeros(100))
    for i in range(100):
        y[i] = x[99 - i] * i
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * np.arange(100.0) * np.arange(99.0, -1, -1) ** 2)


@pytest.mark.parametrize(
    "index",
    [[0, 0, 2], np.array([0, 0, 2]), ([0, 0, 2],), ((0, 0, 2),), (..., [0, 0, 2])],
    ids=repr,
)
def test_a_repeated_index_gives_the_gradient_to_the_last(index):
    v = leaf([1.0, 2.0, 3.0])
    y = mg.tensor(np.zeros(3))
    y[index] = v
    np.testing.assert_array_equal(y.data, [2.0, 0.0, 3.0])
    (y * np.array([1.0, 10.0, 100.0])).sum().backward()
    np.testing.assert_array_equal(v.grad, [0.0, 1.0, 100.0])


def test_a_repeated_index_does_so_in_second_derivatives():
    def loss(v):
        y = mg.tensor(np.zeros(3))
        y[[0, 0, 2]] = v
        return np.sum(y**3)

    v = np.array([1.0, 2.0, 3.0])
    weights = np.array([1.0, 10.0, 100.0])
    again = mg.grad(lambda v: np.sum(mg.grad(loss)(v) * weights))(v)
    np.testing.assert_array_equal(again, [0.0, 120.0, 1800.0])


@pytest.mark.parametrize("index", [[0, 0, 1], (0, 0, 1), np.array([0, 0, 1])], ids=repr)
def test_a_gather_with_a_repeated_index_adds_up(index):
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    x[index, :].sum().backward()
    np.testing.assert_array_equal(x.grad, [[2.0, 2.0], [1.0, 1.0]])


def test_an_empty_list_picks_nothing():
    x = leaf([1.0, 2.0])
    assert x[[]].shape == (0,)
    x[[]].sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.0])
    y = x * 2
    y[[]] = 5.0
    np.testing.assert_array_equal(y.data, [2.0, 4.0])


def test_an_index_may_be_a_tensor():
    x = leaf([1.0, 2.0, 3.0])
    rows = mg.tensor([0, 0, 2])
    x[rows].sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 0.0, 1.0])
    y = x * 1
    y[rows] = 0.0
    y[rows, ...] = 0.0
    np.testing.assert_array_equal(y.data, [0.0, 2.0, 0.0])


def test_a_value_may_have_leading_axes_of_length_one():
    v = leaf([[5.0, 6.0]])
    y = mg.tensor(np.zeros(3))
    y[:2] = v
    y.sum().backward()
    np.testing.assert_array_equal(v.grad, [[1.0, 1.0]], strict=True)


def test_add_at_adds_repeats():
    x, v = leaf([1.0, 2.0]), leaf([3.0, 4.0, 5.0])
    y = x * 1
    assert np.add.at(y, [0, 0, 1], v) is None
    np.testing.assert_array_equal(y.data, [8.0, 7.0])
    (y * np.array([1.0, 10.0])).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 10.0])
    np.testing.assert_array_equal(v.grad, [1.0, 1.0, 10.0])


@pytest.mark.parametrize(
    ("write", "read"),
    [
        (operator.iadd, operator.add),
        (operator.isub, operator.sub),
        (operator.imul, operator.mul),
        (operator.itruediv, operator.truediv),
        (operator.ipow, operator.pow),
        (operator.imatmul, operator.matmul),
    ],
    ids=lambda f: f.__name__,
)
def test_an_operator_in_place_is_the_operator(write, read):
    other = np.array([[1.0, 2.0], [3.0, 4.0]])
    results = []
    for sign in (write, read):
        x = leaf([[1.0, 2.0], [3.0, 5.0]])
        y = x * 1
        z = sign(y, other)
        assert (z is y) == (sign is write)
        z.sum().backward()
        results.append((z.data, x.grad))
    np.testing.assert_array_equal(results[0], results[1])


def test_an_operator_in_place_keeps_shape_and_dtype():
    y = leaf(np.float32([1.0, 2.0])) * 1
    y += np.float64(1)
    assert y.dtype == np.float32
    with pytest.raises(ValueError, match="shape"):
        y += np.ones((2, 2))
    counts = mg.tensor([1, 2])
    with pytest.raises(TypeError, match="cast"):
        counts += 0.5
    np.testing.assert_array_equal(counts.data, [1, 2])


def add_one(t):
    t += 1


def set_first(t):
    t[0] = 1.0


def add_at_first(t):
    np.add.at(t, [0], 1.0)


@pytest.mark.parametrize("write", [add_one, set_first, add_at_first])
def test_a_leaf_is_written_to_under_no_grad_only(write):
    x = leaf([5.0, 6.0])
    with pytest.raises(RuntimeError, match=r"leaf.*mg\.no_grad\(\)"):
        write(x)
    np.testing.assert_array_equal(x.data, [5.0, 6.0])
    with mg.no_grad():
        write(x)
    assert x.is_leaf
    assert x.requires_grad
    assert x.data[0] in (6.0, 1.0)
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * x.data)


@pytest.mark.parametrize("write", [add_one, set_first, add_at_first])
def test_a_write_under_no_grad_leaves_saved_values_alone(write):
    x = leaf([5.0, 6.0])
    y = (x * x).sum()
    with mg.no_grad():
        write(x)
    y.backward()
    np.testing.assert_array_equal(x.grad, [10.0, 12.0])


@pytest.mark.parametrize("write", [add_one, set_first, add_at_first])
@pytest.mark.parametrize(
    "view_of",
    [
        lambda y: y[:],
        lambda y: y.T,
        lambda y: y.reshape(2, 1),
        lambda y: y.detach(),
        lambda y: np.expand_dims(y, 0)[0],
        lambda y: y.squeeze(),
        lambda y: y.real,
        lambda y: np.real_if_close(y),
        lambda y: np.trim_zeros(y),
        lambda y: np.einsum("i->i", y),
        lambda y: np.einsum("i", y),
    ],
)
def test_views_and_what_they_are_views_of_cannot_be_written_to(view_of, write):
    y = leaf([1.0, 2.0]) * 3
    view = view_of(y)
    with pytest.raises(RuntimeError, match=r"view.*t\.copy\(\)"):
        write(y)
    with pytest.raises(RuntimeError, match=r"view.*t\.copy\(\)"):
        write(view)
    np.testing.assert_array_equal(y.data, [3.0, 6.0])


def test_the_conjugate_of_real_numbers_is_the_tensor_itself():
    y = leaf([1.0, 2.0]) * 3
    assert y.conj() is y
    assert y.conjugate() is y


def test_views_that_are_gone_do_not_matter():
    y = leaf([1.0, 2.0]) * 3
    view = y[:1]
    del view
    y[0] = 1.0
    np.testing.assert_array_equal(y.data, [1.0, 6.0])


def test_a_copy_is_no_view():
    y = leaf([1.0, 2.0]) * 3
    other = y.copy()
    y[0] = 1.0
    np.testing.assert_array_equal(other.data, [3.0, 6.0])


def test_one_element_may_be_updated_in_place():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    y = x * 2
    y[0, 1] += 5.0
    y[1, 0] *= 3.0
    np.testing.assert_array_equal(y.data, [[2.0, 9.0], [18.0, 8.0]])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [[2.0, 2.0], [6.0, 2.0]])


def test_a_failed_write_changes_nothing():
    x = leaf([1.0, 2.0])
    y = x * 3
    with pytest.raises(IndexError):
        y[5] = 1.0
    with pytest.raises(ValueError, match="broadcast"):
        y[:] = np.ones(3)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])


# --- changing data behind the back -------------------------------------------------------------


def test_a_step_between_forward_and_backward_is_detected():
    """`t.data -= step` writes into the array that the graph has saved."""
    w = leaf([1.0, 2.0])
    y = (w * w).sum()
    w.data -= 0.5
    with pytest.raises(RuntimeError, match=r"np\.multiply was changed in place"):
        y.backward()


@pytest.mark.parametrize(
    "view_of", [lambda w: w.T, lambda w: w.reshape(2, 2), lambda w: w[:], lambda w: w[::-1].T]
)
def test_a_step_is_detected_through_a_view(view_of):
    """`h @ W.T` saves a view of W's array: the step writes into that too."""
    w = leaf([[1.0, 2.0], [3.0, 4.0]])
    y = (view_of(w) ** 2).sum()
    w.data -= 0.5
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_a_step_after_backward_is_how_one_trains():
    w = leaf([1.0, 2.0])
    for _ in range(2):
        w.zero_grad()
        (w * w).sum().backward()
        w.data -= 0.25 * w.grad
    np.testing.assert_array_equal(w.data, [0.25, 0.5])


def test_a_step_does_not_matter_to_rules_that_do_not_read_the_value():
    w = leaf([1.0, 2.0])
    y = (w + 1).sum()
    w.data -= 0.5
    y.backward()
    np.testing.assert_array_equal(w.grad, [1.0, 1.0])


def test_new_data_leaves_the_graph_alone():
    w = leaf([1.0, 2.0])
    y = (w * w).sum()
    w.data = np.array([7.0, 8.0])
    y.backward()
    np.testing.assert_array_equal(w.grad, [2.0, 4.0])
    assert w.is_leaf
    with pytest.raises(ValueError, match="shape"):
        w.data = np.ones(3)
    with pytest.raises(ValueError, match="dtype"):
        w.data = np.float32([1.0, 2.0])


def test_the_array_of_a_result_is_not_changed_through_data():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    h = x * 1
    with pytest.raises(RuntimeError, match=r"array of a result was changed in place.*t -= v"):
        h.data -= 1
    h = x * 1
    h.data = np.array([5.0, 6.0])  # another array: what was computed keeps the old one
    with mg.no_grad():
        h = x * 1
        h.data -= 1
    np.testing.assert_array_equal(h.data, [0.0, 1.0])


def test_a_view_of_a_leaf_stands_in_the_way_of_a_step_and_the_message_names_data():
    flat = mg.tensor(np.arange(4.0), requires_grad=True)
    w, b = flat[:3], flat[3:]
    ((w * w).sum() + b.sum()).backward()
    with (
        mg.no_grad(),
        pytest.raises(RuntimeError, match=r"Delete one \(del v\), or write t\.data -="),
    ):
        flat -= 0.5 * flat.grad
    flat.data -= 0.5 * flat.grad
    np.testing.assert_array_equal(flat.data, [0.0, 0.0, 0.0, 2.5])
    np.testing.assert_array_equal(w.data, [0.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("f", "shape"),
    [
        (lambda x, out: np.sum(x, axis=0, out=out), (4, 3)),
        (lambda x, out: np.max(x, axis=1, out=out), (3, 2)),
        (lambda x, out: np.mean(x, out=out), (2,)),
        (lambda x, out: np.cumsum(x, axis=1, out=out), (3, 2, 3)),
        (lambda x, out: np.add.reduce(x, axis=1, out=out), (3, 2)),
        (lambda x, out: np.dot(x, x.T, out=out), (3, 2, 2)),
        (lambda x, out: np.concatenate([x, x], out=out), (2, 4, 3)),
        (lambda x, out: np.exp(x, out=out), (2,)),
    ],
)
def test_out_has_the_shape_of_the_result(f, shape):
    x = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"output|operands|dimension"):  # what NumPy says
        f(x, np.zeros(shape))
    with pytest.raises(ValueError, match=r"^np\.[a-z.]+: out has shape .*, the result \("):
        f(mg.tensor(x, requires_grad=True), mg.tensor(np.zeros(shape)))
    out = mg.tensor(np.zeros((2, 2, 3)))
    assert np.exp(mg.tensor(x, requires_grad=True), out=out).shape == (2, 2, 3)  # as in NumPy


# --- lists ---------------------------------------------------------------------------------------

LISTS = [[300, -1], [2**70, 1], [1.5, 2], (1, 2), [1j, 2], ["a", 1], [True, False], [np.nan, 1]]


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "complex128", "bool"])
@pytest.mark.parametrize("value", LISTS, ids=str)
def test_a_list_is_assigned_as_numpy_assigns_it(value, dtype):
    """Its integers are refused if they do not fit, those of an array are wrapped around."""
    array, t, refusals = np.zeros(2, dtype), mg.tensor(np.zeros(2, dtype)), []
    for it in (array, t):
        try:
            it[...] = value
        except (OverflowError, TypeError, ValueError) as error:
            refusals.append(repr(error))
    assert refusals in ([], 2 * refusals[:1])
    np.testing.assert_array_equal(t.numpy(), array, strict=True)


def test_a_step_by_a_rule_in_the_midst_of_a_pass_is_detected():
    """What is older still needs the values that the pass began with, unless it reads none."""
    w = leaf([2.0, 3.0])
    step = mg.primitive(lambda x: x + 1.0)

    def rule(g, _out, _x):
        w.data *= 10
        return g

    mg.defvjp(step, rule)
    with pytest.raises(RuntimeError, match=r"argument 0 of np\.multiply was changed in place"):
        step(w * w).sum().backward()
    step(w + 1.0).sum().backward()
    np.testing.assert_array_equal(w.grad, [1.0, 1.0])
