"""Parts of a tensor that are taken out, changed and put back; and what filling an array costs."""

import operator

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np import pending
from micrograd_np.operation import OPERATIONS


def leaf(data):
    return mg.tensor(data, requires_grad=True)


# --- what is taken out, changed and put back -----------------------------------------------------


def test_a_part_is_updated_by_an_operator_in_place():
    x, v = leaf([1.0, 2.0, 3.0]), leaf([10.0, 20.0])
    y = x * 2
    y[1:] += v
    y[:2] *= y[1:]
    y[0] -= 1.0
    np.testing.assert_array_equal(y.data, [2 * 14.0 - 1, 14 * 26.0, 26.0])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [2 * 14, 2 * (2 + 26), 2 * (14 + 1)])
    np.testing.assert_array_equal(v.grad, [2 + 26, 14 + 1])


@pytest.mark.parametrize("index", [0, slice(1, None), (..., 1), (slice(None), 0), [0, 1], (1, 1)])
@pytest.mark.parametrize(
    "write",
    [
        operator.iadd,
        operator.isub,
        operator.imul,
        operator.itruediv,
        operator.ipow,
        operator.imod,
        operator.ifloordiv,
    ],
)
def test_every_operator_in_place_updates_every_kind_of_part(write, index):
    # The operator has to stand in the code: it tells that the result is put back.
    sign = {
        operator.iadd: "+=",
        operator.isub: "-=",
        operator.imul: "*=",
        operator.itruediv: "/=",
        operator.ipow: "**=",
        operator.imod: "%=",
        operator.ifloordiv: "//=",
    }[write]
    code = compile(f"y[index] {sign} v", "<test>", "exec")
    array = np.array([[1.0, 2.5], [3.5, 4.0]])
    x, v = leaf(array), leaf(3.0)
    y, after = x * 1.0, array.copy()
    exec(code, {"y": y, "index": index, "v": v})
    exec(code, {"y": after, "index": index, "v": 3.0})
    np.testing.assert_array_equal(y.data, after)
    if y.requires_grad:
        y.sum().backward()
    here = np.zeros(array.shape, bool)
    here[index] = True
    by_part, by_v = {
        "+=": (1.0, 1.0),
        "-=": (1.0, -1.0),
        "*=": (3.0, array),
        "/=": (1 / 3, -array / 9),
        "**=": (3 * array**2, array**3 * np.log(array)),
        "%=": (1.0, -np.floor(array / 3)),
        "//=": (0.0, 0.0),
    }[sign]
    np.testing.assert_allclose(x.grad, np.where(here, by_part, 1.0), rtol=1e-14)
    wanted = np.sum(np.where(here, by_v, 0.0))
    np.testing.assert_allclose(v.grad if v.grad is not None else 0.0, wanted, rtol=1e-14)


def test_a_part_moves_to_another_place_of_the_same_array():
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1
    y[1:] = y[:-1]
    y[...] = y[::-1]
    np.testing.assert_array_equal(y.data, [2.0, 1.0, 1.0])
    (y * np.array([1.0, 10.0, 100.0])).sum().backward()
    np.testing.assert_array_equal(x.grad, [110.0, 1.0, 0.0])


def test_elimination_as_one_writes_it_in_numpy():
    def eliminate(A):
        A = A.copy()
        for k in range(3):
            for i in range(k + 1, 3):
                A[i, k:] -= A[i, k] / A[k, k] * A[k, k:]
        return A

    A = np.array([[4.0, 1.0, 2.0], [1.0, 3.0, 0.5], [2.0, 1.0, 5.0]])
    upper = eliminate(mg.tensor(A))
    np.testing.assert_array_equal(upper.data, eliminate(A))
    log_volume = lambda A: np.sum(np.log(np.diagonal(eliminate(A))))
    np.testing.assert_allclose(mg.grad(log_volume)(A), np.linalg.inv(A).T, rtol=1e-13)


@pytest.mark.parametrize("is_filled", [False, True])
def test_a_part_that_has_a_name_is_not_updated_behind_its_back(is_filled):
    """In NumPy both change; here a recorded write would change one."""

    def start():
        y = leaf([1.0, 2.0, 3.0]) * 1
        if is_filled:
            y[0] = 1.0  # parts of an array that has been written into are copies inside
        return y

    y = start()
    part = y[1:]
    with pytest.raises(RuntimeError, match="view"):
        part += 1.0
    with pytest.raises(RuntimeError, match="view"):
        y[1:] += 1.0
    with pytest.raises(RuntimeError, match="view"):
        y[1:] = part[::-1]
    y = start()
    parts = [y[1:]]
    with pytest.raises(RuntimeError, match="view"):
        parts[0] += 1.0
    y = start()
    with pytest.raises(RuntimeError, match=r"t\[i, j\] = v"):
        y[1:][0] = 5.0
    with pytest.raises(RuntimeError, match="view"):
        y[1:].__iadd__(1.0)
    with pytest.raises(RuntimeError, match="view"):
        y.T[1:] += 1.0
    np.testing.assert_array_equal(y.data, [1.0, 2.0, 3.0])
    y[1:] += 1.0  # all of them are gone by now
    np.testing.assert_array_equal(y.data, [1.0, 3.0, 4.0])


def test_what_is_no_view_in_numpy_is_none_here():
    y = leaf([1.0, 2.0, 3.0]) * 1
    y[0] = 5.0
    picked, nothing = y[[0, 1]], y[:0]
    y[1:] += 1.0
    picked += 1.0
    nothing += 1.0
    np.testing.assert_array_equal(y.data, [5.0, 3.0, 4.0])
    np.testing.assert_array_equal(picked.data, [6.0, 3.0])


def test_a_recurrence_writes_what_it_reads():
    w = leaf(0.5)
    y = mg.tensor(np.zeros((6, 2)))
    y[0] = 1.0
    for i in range(1, 6):
        y[i] = y[i - 1] * w
    np.testing.assert_array_equal(y.data[:, 0], 0.5 ** np.arange(6))
    y[-1].sum().backward()
    np.testing.assert_array_equal(w.grad, 2 * 5 * 0.5**4)


# --- what it costs -------------------------------------------------------------------------------


def plain(y, x, w):
    for i in range(len(x.data)):
        y[i] = w * i


def read(y, x, w):
    for i in range(len(x.data)):
        y[i] = x[i] * w


def recurrent(y, x, w):
    for i in range(1, len(x.data)):
        y[i] = y[i - 1] * w + x[i]


def updated(y, x, w):
    for i in range(len(x.data)):
        y[i] *= w
        y[i] += x[i]


def numbers(y, x, w):
    for i in range(len(x.data)):
        y[i, 0] = x[i, 1] + w[0]


@pytest.mark.parametrize("fill", [plain, read, recurrent, updated, numbers])
def test_gradients_of_what_is_filled_row_by_row(fill):
    def filled(x, w):
        y = mg.tensor(np.ones((4, 3)))
        fill(y, x, w)
        return y * y

    rng = np.random.default_rng(1)
    assert mg.gradcheck(filled, rng.normal(size=(4, 3)), rng.normal(size=3)).ok


@pytest.mark.parametrize("fill", [plain, read, recurrent, updated, numbers])
def test_writing_rows_takes_memory_for_the_rows_alone(monkeypatch, fill):
    """Not for a copy of the whole with each row: all is linear in what is written, back too.

    Counted are arrays of the size of the whole that are filled: by copying or by zeros.
    """
    rows = 50
    counted = {"whole": 0}

    class Counting:
        """NumPy, but for counting what makes or copies an array as large as the whole."""

        def __getattr__(self, name):
            function = getattr(np, name)
            if name not in ("zeros", "array", "copy"):
                return function

            def call(*args, **kwargs):
                made = function(*args, **kwargs)
                counted["whole"] += made.size >= rows * 3
                return made

            return call

    monkeypatch.setattr(pending, "np", Counting())
    operation = OPERATIONS[operator.setitem]
    assign = operation.function

    def counting_assign(x, index, value, copy=True):
        counted["whole"] += copy
        return assign(x, index, value, copy)

    monkeypatch.setattr(operation, "function", counting_assign)
    x = leaf(np.random.default_rng(0).normal(size=(rows, 3)))
    w = leaf(np.ones(3))
    y = mg.tensor(np.zeros((rows, 3)))
    fill(y, x, w)
    (y * y).sum().backward()
    assert counted["whole"] <= 4, counted


@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_a_gradient_that_goes_two_ways_is_cleared_on_one(factor):
    """What is overwritten gets no gradient; the others, to which the same array goes, do."""
    x, w, b = (mg.tensor([1.0, 2.0, 3.0], requires_grad=True) for _ in range(3))
    y = x * 1
    y[0] = 0.0
    ((y + w * factor + b) * 2).sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 2, 2])
    np.testing.assert_array_equal(w.grad, [2 * factor] * 3)
    np.testing.assert_array_equal(b.grad, [2, 2, 2])


def test_a_gradient_that_goes_two_ways_as_a_view():
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    w = mg.tensor(np.ones((1, 3)), requires_grad=True)
    v, y = w * 1, x * 1  # in this order: the gradient of y is passed on first
    y[0] = 0.0
    seed = np.ones((1, 3))
    (v + y.reshape(1, 3)).backward(seed)
    np.testing.assert_array_equal(w.grad, [[1, 1, 1]])
    np.testing.assert_array_equal(x.grad, [0, 1, 1])
    np.testing.assert_array_equal(seed, [[1, 1, 1]])


def test_a_part_that_is_read_before_it_is_written():
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    read = y[0] * 5
    y[0] = 7.0
    (y.sum() + read).backward()
    np.testing.assert_array_equal(x.grad, [5, 1, 1])


@pytest.mark.parametrize("position", [0, 1])
def test_an_operand_that_was_changed_is_noticed_at_any_position(position):
    operands = [mg.tensor([1.0, 2.0], requires_grad=True) for _ in range(2)]
    out = np.multiply(*operands).sum()
    operands[position].data -= 1
    with pytest.raises(RuntimeError, match=f"argument {position} of np.multiply was changed"):
        out.backward()
