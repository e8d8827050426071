"""detect_anomaly: it names where a nan or an infinity first appears, and locks what is saved."""

import inspect
import re

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


def filled_with_infinities(x):
    y = x * 1
    y[:, 0] = np.full(2, -np.inf)
    y[0, 1] = -np.inf
    return mg.softmax(y)


CASES = [
    # function, data, the text of its line, what is told
    (masked_log, [1.0, 0.0], "np.log(y)", "np.log gives -inf at (1,): argument 0 is 0.0 there"),
    (masked_log, [0.0], "np.log(y)", "np.log(x, where=mask, out=np.zeros((1,))), not np.where"),
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
    (
        lambda x: np.sqrt((x**2).sum()),
        [0.0],
        "",
        "For the root of a sum of squares write",
    ),
    (lambda x: np.power(x, 0.5), [4.0, 0.0], "", "at (1,): that is 0.0 there"),
    (lambda x: 1.0 / x, [1e-200], "", "the gradient of np.divide is -inf by its argument 1"),
    (lambda x: np.hypot(x, np.ones(1)), [np.nan], "", "It came in with the data"),
    (lambda x: np.linalg.eigh(np.diag(x))[1], [1.0, 1.0], "", "It has no derivative at equal"),
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
    ("f", "x", "y", "mask"),
    [
        (lambda x, _: np.log(x), [0.0, 2.0], 0.0, [False, True]),
        (lambda x, _: np.sqrt(x), [0.0, 2.0], 0.0, [False, True]),
        (lambda x, y: x / y, 1, [0.0, 2.0], [False, True]),
        (lambda x, y: x / y, [1.0, 2.0], np.array([[0.0, 1.0], [1.0, 1.0]]), [[False, True]] * 2),
        (lambda x, y: x / y, np.float32([1.0, 2.0]), np.float32([0.0, 1.0]), [False, True]),
        (lambda x, y: x**y, [-1.0, 2.0], 0.5, [False, True]),
        (lambda x, y: x**y, [0.0, 2.0], -1, [False, True]),
        (lambda x, y: np.power(x, y), [0.0, 2.0], -1, [False, True]),
    ],
)
def test_the_form_that_is_named_works(f, x, y, mask):
    x, y = (leaf(data) if np.ndim(data) else data for data in (x, y))
    with mg.detect_anomaly(), pytest.raises(FloatingPointError) as caught:
        f(x, y).sum().backward()
    form = re.search(r"must be left out here: (.*), not np\.where", str(caught.value))[1]
    with mg.detect_anomaly():
        out = eval(form, {"np": np, "x": x, "y": y, "mask": np.array(mask)})
        out.sum().backward()
    with np.errstate(all="ignore"):
        wanted = f(*(v.detach() if isinstance(v, mg.Tensor) else v for v in (x, y)))
    assert out.dtype == wanted.dtype
    assert np.array_equal(out.data, np.where(mask, wanted.data, 0))


@pytest.mark.parametrize(
    ("f", "told"),
    [
        (lambda: leaf([[1e308, 1e308]]) @ np.array([1e10, 1.0]), "of finite numbers"),
        (lambda: np.square(leaf([1e200])), "argument 0 is 1e+200 there"),
        (lambda: np.divmod(leaf([1.0]), np.zeros(1)), "argument 1 is 0.0 there"),
    ],
)
def test_what_overflows_for_its_operands_is_not_advised_about(f, told):
    with mg.detect_anomaly(), pytest.raises(FloatingPointError) as caught:
        f()
    assert str(caught.value).endswith(told)


def test_what_is_written_is_told_apart_from_where_it_is_written():
    h = leaf([1.0, 2.0]) * -1
    with (
        mg.detect_anomaly(),
        pytest.raises(FloatingPointError, match="argument 2 has nan"),
    ):
        h[0] = np.nan


@pytest.mark.parametrize(
    ("f", "data"),
    [
        (mg.sigmoid, [-1000.0, 1000.0]),
        (lambda x: np.log(x, where=x > 0, out=np.zeros_like(x)), [1.0, 0.0]),
        (lambda x: mg.softmax(np.where([True, False], x, -np.inf)), [1.0, 2.0]),
        (filled_with_infinities, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
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
    with (
        mg.detect_anomaly(),
        pytest.raises(
            FloatingPointError, match=r"`f\(leaf\(\[0\.0, 1\.0\]\)\).*: the gradient of f is inf"
        ),
    ):
        f(leaf([0.0, 1.0])).sum().backward()


@pytest.mark.parametrize(
    ("f", "data", "told"),
    [
        (lambda x: 1 / x, [np.inf, 0.0], "np.divide gives inf at (1,): argument 0 is 1"),
        (np.exp, [-np.inf, 1000.0], "np.exp gives inf at (1,): argument 0 is 1000.0 there"),
        (
            lambda x: x * 1.5e308 + x * 1.5e308,
            [0.0],
            "the sum of the gradients by argument 0 of np.multiply, which is used more than once, "
            "is inf at (0,): of 1.5e+308, 1.5e+308",
        ),
    ],
)
def test_an_infinity_beside_others_and_one_of_sums_is_found(f, data, told):
    with mg.detect_anomaly(), pytest.raises(FloatingPointError) as caught:
        f(leaf(data)).sum().backward()
    assert told in str(caught.value)
    with mg.detect_anomaly(), pytest.raises(FloatingPointError) as caught:
        mg.grad(lambda x: f(x).sum())(np.array(data))
    assert told in str(caught.value)


def test_a_leaf_that_has_collected_too_much():
    x = leaf([1e-3])
    with mg.detect_anomaly():
        (x * 1e308).sum().backward()
        with pytest.raises(FloatingPointError, match=r"used more than once, is inf at \(0,\): of"):
            (x * 1e308).sum().backward()


def test_a_seed_is_told_by_place():
    x = leaf([4.0, 0.0])
    with mg.detect_anomaly(), pytest.raises(FloatingPointError, match=r"inf .* at \(1,\)"):
        np.sqrt(x).backward([np.inf, 1.0])


def test_what_a_checkpoint_computes_again_is_looked_at():
    @mg.checkpoint
    def block(x):
        return np.sqrt(x)

    with mg.detect_anomaly(), pytest.raises(FloatingPointError) as caught:
        block(leaf([1.0, 0.0])).sum().backward()
    assert "`return np.sqrt(x)`: the gradient of np.sqrt is inf" in str(caught.value)


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


def test_it_is_refused_while_a_program_is_recorded():
    def f(x):
        with mg.detect_anomaly():
            return np.sum(x)

    with pytest.raises(RuntimeError, match="a program is being recorded"):
        mg.derive(f, np.ones(2))


def test_a_later_result_is_looked_at():
    f = mg.primitive(lambda x: (x * 1.0, x / 0.0))
    mg.defvjp(f, lambda g, _out, _x: g[0], results=2)
    with mg.detect_anomaly(), pytest.raises(FloatingPointError, match="gives inf"):
        f(leaf([1.0]))


def test_what_was_given_to_a_later_result_passes():
    x = leaf([1.0, 2.0])
    with mg.detect_anomaly():
        np.split(x, 2)[1].backward(np.array([np.inf]))
    np.testing.assert_array_equal(x.grad, [0, np.inf])
