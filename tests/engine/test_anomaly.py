"""detect_anomaly: it names where a nan or an infinity first appears, and locks what is saved."""

import gc
import inspect

import numpy as np
import pytest

import micrograd_np as mg


def leaf(data):
    return mg.tensor(data, requires_grad=True)


def line_of(f, text):
    """Return the number of the line of `f` that holds a text, as messages give it."""
    lines, start = inspect.getsourcelines(f)
    return f"test_anomaly.py:{start + next(i for i, s in enumerate(lines) if text in s)}:"


def masked_log(x):
    y = x * 1.0
    return np.where(y > 0, np.log(y), 0)


def logistic(x):
    return 1 / (1 + np.exp(-x))


def masked_root(x):
    root = np.sqrt(x)
    return np.where(x > 0, root, 0)


def quotient(x):
    y = x - x
    return x / y


def of_zero(x):
    return x**-2.0


CASES = [
    # function, data, the text of its line, what is told
    (masked_log, [1.0, 0.0], "np.log(y)", "np.log gives -inf at (1,): argument 0 is 0.0 there"),
    (masked_log, [0.0], "np.log(y)", "np.log(x, where=mask, out=np.zeros_like(x)), not np.where"),
    (logistic, [1.0, -1000.0], "np.exp", "np.exp gives inf at (1,): argument 0 is 1000.0 there"),
    (logistic, [-1000.0], "np.exp", "For 1 / (1 + np.exp(-x)) write mg.sigmoid(x)"),
    (
        masked_root,
        [1.0, 0.0],
        "np.sqrt",
        "the gradient of np.sqrt is nan by its argument 0 at (1,): the result is 0.0 there, the "
        "gradient that came is 0.0. As for an element that np.where or a mask leaves out",
    ),
    (np.sqrt, [4.0, 0.0], "", "the gradient of np.sqrt is inf by its argument 0 at (1,)"),
    (quotient, [2.0], "x / y", "np.divide gives inf at (0,): argument 0 is 2.0 there, argument 1"),
    (of_zero, [0.0], "x**-2.0", "gives inf at (0,): argument 0 is 0.0 there"),
    (np.tanh, [1.0, np.nan], "", "gives nan at (1,): argument 0 is nan there. It came in with"),
    (lambda x: x @ np.array([1.0, np.nan]), [1.0, 2.0], "", "argument 1 has nan at (1,). It came"),
    (lambda x: np.cumprod(x * 1e200), [1.0, 1.0], "", "np.cumprod gives inf at (1,)"),
    (lambda x: np.linalg.eigh(np.diag(x))[1], [1.0, 1.0], "", "np.linalg.eigh is nan by its arg"),
    (lambda x: np.arctanh(x), [1.0], "", "np.arctanh gives inf"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[3][:40])
def test_what_is_wrong_is_named_with_its_line(case):
    f, data, text, told = case
    with mg.detect_anomaly(), pytest.raises(FloatingPointError) as caught:
        f(leaf(data)).sum().backward()
    assert told in str(caught.value)
    if text:
        assert str(caught.value).startswith(line_of(f, text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("f", "data"),
    [
        (mg.sigmoid, [-1000.0, 1000.0]),
        (lambda x: np.log(x, where=x > 0, out=np.zeros_like(x)), [1.0, 0.0]),
        (lambda x: mg.softmax(np.where([True, False], x, -np.inf)), [1.0, 2.0]),
        (lambda x: np.maximum(x, -np.inf) + np.max(x, initial=-np.inf), [1.0, 2.0]),
        (lambda x: np.exp(x + np.array([0.0, -np.inf])), [1.0, 2.0]),
        (np.linalg.norm, [0.0, 0.0]),
        (np.nansum, [1.0, np.nan]),
        (lambda x: mg.cross_entropy(x, np.array([0])), [[1e4, -1e4]]),
        (lambda x: np.linalg.svd(x)[1], [[1.0, 2.0], [0.5, 3.0]]),
        (lambda x: np.floor(x) * x, [1.5]),
    ],
)
def test_what_is_right_passes_and_is_the_same(f, data):
    x, y = leaf(data), leaf(data)
    f(x).sum().backward()
    with mg.detect_anomaly():
        f(y).sum().backward()
    np.testing.assert_array_equal(x.grad, y.grad)
    assert x.data.flags.writeable


def test_it_is_found_through_transforms():
    def loss(x):
        return np.sum(np.sqrt(x))

    message = r"test_anomaly\.py:\d+: `return np\.sum\(np\.sqrt\(x\)\)`: the gradient of np\.sqrt"
    for transform in (mg.grad, mg.value_and_grad, mg.jacobian, mg.hessian):
        with mg.detect_anomaly(), pytest.raises(FloatingPointError, match=message):
            transform(loss)(np.array([1.0, 0.0]))
    with mg.detect_anomaly(), pytest.raises(FloatingPointError, match=message):
        mg.jvp(loss, (np.array([0.0]),), (np.ones(1),))
    # Only the second derivative of |x|**1.5 is infinite at 0.
    f = lambda x: np.power(x, 1.5)
    with mg.detect_anomaly():
        assert mg.grad(f)(0.0) == 0
        with pytest.raises(FloatingPointError, match="inf"):
            mg.grad(mg.grad(f))(0.0)


def test_an_own_rule_is_looked_at_too():
    @mg.custom_vjp
    def f(x):
        return x

    f.defvjp(lambda x: (x, x), lambda x, g: (g / x,))
    with mg.detect_anomaly(), pytest.raises(FloatingPointError, match="the gradient of f is inf"):
        f(leaf([0.0, 1.0])).sum().backward()


def test_what_was_recorded_outside_is_said_to_be():
    out = np.sqrt(leaf([0.0])).sum()
    with (
        mg.detect_anomaly(),
        pytest.raises(FloatingPointError, match="recorded outside of detect_anomaly"),
    ):
        out.backward()


def test_it_ends_with_the_block():
    x = leaf([0.0])
    with pytest.raises(ZeroDivisionError), mg.detect_anomaly():
        raise ZeroDivisionError
    with np.errstate(divide="ignore"):
        np.log(x).sum()
    detect = mg.detect_anomaly()
    with detect, detect, pytest.raises(FloatingPointError):
        np.log(x)
    with np.errstate(divide="ignore"):
        np.log(x).sum()


# --- locks ---------------------------------------------------------------------------------------


def test_saved_arrays_cannot_be_written_to():
    X, W = np.ones((2, 3)), leaf(np.ones(3))
    with mg.detect_anomaly():
        out = (X @ W).sum()
        with pytest.raises(ValueError, match="read-only"):
            X[0] = 5.0
        with pytest.raises(ValueError, match="read-only"):
            X += 1.0
        out.backward()
        X[0] = 5.0  # the next batch
    np.testing.assert_array_equal(W.grad, [2.0, 2.0, 2.0])


def test_what_a_saved_view_shows_is_locked_as_well():
    X, W = np.ones((4, 3)), leaf(np.ones(3))
    with mg.detect_anomaly():
        out = (X[1:3] @ W).sum()
        with pytest.raises(ValueError, match="read-only"):
            X[0] = 5.0
        out.backward()
    X[0] = 5.0


def test_what_is_not_saved_is_not_locked():
    X, W = np.ones(3), leaf(np.ones(3))
    with mg.detect_anomaly():
        out = (X + W).sum()
        X[0] = 5.0
        out.backward()


def test_locks_of_several_nodes_and_of_graphs_that_are_kept():
    X, W = np.ones(3), leaf(np.ones(3))
    frozen = np.ones(3)
    frozen.flags.writeable = False
    with mg.detect_anomaly():
        one, other = (X * W).sum(), (X * W * frozen).sum()
        one.backward(retain_graph=True)
        other.backward()
        with pytest.raises(ValueError, match="read-only"):
            X[0] = 5.0
        one.backward()
        X[0] = 5.0
        (X * W).sum()  # never gone back through
    X[0] = 6.0
    assert not frozen.flags.writeable


def test_recorded_writes_go_on_working():
    x = leaf([1.0, 2.0, 3.0])
    with mg.detect_anomaly():
        y = x * x
        before = y * y
        y[0] = 0.0
        y[1:] *= 2.0
        (y + before).sum().backward()
        with mg.no_grad():
            x -= 0.1
    np.testing.assert_allclose(x.grad, [4.0, 8 * 4 + 8, 27 * 4 + 12])


def test_nothing_of_a_graph_that_was_gone_back_through_is_kept():
    X, W = np.ones((2, 3)), leaf(np.ones(3))
    detect = mg.detect_anomaly()
    gc.disable()
    try:
        with detect:
            for _ in range(20):
                np.tanh(X @ W).sum().backward()
            ((_, watcher),) = detect._entered
            assert not watcher.lines
            assert not watcher.locks._by_node
            assert not watcher.locks._counts
    finally:
        gc.enable()


def test_an_array_that_is_gone_leaves_no_lock_behind():
    """Others get its address, and must be opened again."""
    W = leaf(np.ones(50))
    with mg.detect_anomaly():
        for _ in range(50):
            np.tanh(np.ones(50) * W)  # dropped, never gone back through
        fresh = [np.ones(50) for _ in range(100)]
        for X in fresh:
            (X * W).sum().backward()
            X[0] = 5.0
    assert all(X.flags.writeable for X in fresh)


def test_it_is_refused_while_a_program_is_recorded():
    def f(x):
        with mg.detect_anomaly():
            return np.sum(x)

    with pytest.raises(RuntimeError, match="a program is being recorded"):
        mg.derive(f, np.ones(2))
