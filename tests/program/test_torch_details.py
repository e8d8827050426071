"""The forward part printed for torch: indices, dtypes, and arrays made from scratch."""

import numpy as np
import pytest

import micrograd_np as mg
from micrograd_np.testing.operations.in_torch import torch
from program.derived import assert_right, compiled, wanted_of
from program.networks import normal
from program.torch_side import assert_torch_agrees, in_torch

pytestmark = pytest.mark.usefixtures("torch_is_there")


@pytest.fixture(scope="module")
def torch_is_there():
    pytest.importorskip("torch", reason="torch runs what is printed")


# --- indices -----------------------------------------------------------------------------------

INDICES = [
    slice(None, None, -1), slice(3, 0, -1), slice(9, None, -2), slice(-2, -9, -1),
    slice(None, -3, -2), slice(1, 4, -1), slice(0, None, -1), slice(None, 9, -1),
    (slice(None), slice(None, None, -2)), (..., slice(None, None, -1)), (None, slice(2, None, -1)),
    (0, slice(None), [0, 1]), ([0, 1], slice(None), 0), (slice(None), 0, [0, 1]),
    (0, ..., [0, 1]), (0, [1, 2], ...), (0, None, [1, 2]), (slice(None), [0, 2], 1),
    ([0, 3], [2, 0], slice(None, None, -1)), ([True, False, True, True], slice(None), 1),
    (np.array(2), slice(None), np.array(0)), np.array([3, 0], np.int8), np.array([3, 0], np.uint8),
    (np.array([[3], [0]]), [0, 2]), ([0, 1], None, [2, 0]),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_an_index_picks_what_numpy_picks(index):
    def f(x):
        return x[index] ** 2

    assert_torch_agrees(f, [normal(4, 3, 2)])


@pytest.mark.parametrize("index", [slice(4, 1, -1), slice(9, None, -2), slice(-2, 2, -1)], ids=str)
def test_a_slice_backwards_ends_where_the_array_does(index):
    source = mg.derive(lambda x: x[index] ** 2, normal(6, 3)).source("torch")
    for n in range(1, 12):
        found = compiled(source)(torch.tensor(normal(n, 3)))
        np.testing.assert_array_equal(found.numpy(), normal(n, 3)[index] ** 2)


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_an_index_is_written_where_numpy_writes(index):
    def assign(x, v):
        out = x * x
        out[index] = np.sin(v)
        return out * x

    def add(x, v):
        out = x * x
        np.add.at(out, index, np.sin(v))
        return out * x

    x = normal(4, 3, 2)
    for f in (assign, add):
        assert_torch_agrees(f, [x, normal(*x[index].shape, seed=1)])
        assert_torch_agrees(f, [x, np.asarray(0.5)])


def test_an_index_that_is_given_picks_and_adds_repeatedly():
    def f(x, v, rows):
        out = x[rows] * 2
        np.add.at(out, (rows, rows - 1), v)
        np.add.at(out, (slice(None), rows), v * v)
        return out

    rows = np.array([0, 2, 0])
    assert_torch_agrees(f, [normal(3, 3), np.asarray(0.5), rows], argnums=(0, 1))


@pytest.mark.parametrize("rows", [[0, 2], [0, 0], [2, -1], [1, 1, 1, 0, 1]], ids=str)
def test_an_element_that_is_assigned_to_twice_keeps_the_last_value(rows):
    def given(x, v, rows):
        out = x * x
        out[rows] = v
        return out

    def known(x, v):
        return given(x, v, rows)

    x, v = normal(3, 2), normal(len(rows), 2)
    source = assert_torch_agrees(given, [x, v, np.array(rows)], argnums=(0, 1))
    assert "scatter_reduce" in source  # which rows there will be is not known when it is written
    source = assert_torch_agrees(known, [x, v])
    assert ("scatter_reduce" in source) == (len(set(np.arange(3)[rows])) < len(rows))
    assert_torch_agrees(given, [x, np.asarray(0.5), np.array(rows)], argnums=(0, 1))


def test_an_element_that_is_assigned_to_twice_may_stand_behind_a_slice():
    def f(x, v, columns):
        out = x * x
        out[::-1, columns] = v
        return out

    assert_torch_agrees(f, [normal(4, 3), normal(4, 3), np.array([0, 2, 0])], argnums=(0, 1))


def test_the_first_that_holds_is_found():
    assert_torch_agrees(lambda x, y: x[(y > 0).argmax()] ** 2, [normal(4, 3), normal(4)], (0,))


def test_a_mask_picks_and_writes():
    def f(x, v):
        positive = x > 0
        out = x * v
        out[positive] = v[positive] ** 2
        return out

    assert_torch_agrees(f, [normal(4, 3), normal(4, 3, seed=1)])


# --- dtypes ------------------------------------------------------------------------------------

INTEGERS = np.array([1, 3, 2, 5])
MIXTURES = {
    "float32 and int64": lambda a, k, m: a / k,
    "float32 and a 0-d float64": lambda a, k, m: a * np.float64(0.1) * k.mean(),
    "float32 and a size": lambda a, k, m: a / a.shape[0] + 0.1,
    "a function of a size": lambda a, k, m: a / np.sqrt(a.shape[0]),
    "a mean of integers": lambda a, k, m: a * k.mean(),
    "a quotient of integers": lambda a, k, m: a * (k / 4 + 1 / k),
    "a root of integers": lambda a, k, m: a * np.sqrt(k),
    "a count": lambda a, k, m: a * m.sum() * np.count_nonzero(a),
    "a mean of booleans": lambda a, k, m: a * m.mean(),
    "integers and a float": lambda a, k, m: a * (k * 0.1) + k**0.5,
    "numbers alone in where": lambda a, k, m: a * np.where(m, 0.1, 1),
    "an integer condition": lambda a, k, m: np.where(k - 1, a, 0.1) * np.where(m, 1, 0),
    "maximum with a number": lambda a, k, m: np.maximum(a, 0.1) + np.minimum(0, a),
    "maximum of two dtypes": lambda a, k, m: np.maximum(a, k) + np.maximum(a.sum(), 0.1),
    "products of two dtypes": lambda a, k, m: np.dot(a, k) + a @ k.astype(np.float64),
    "joined": lambda a, k, m: np.concatenate([a, k]) * np.stack([k, a], axis=1).sum(),
    "converted": lambda a, k, m: a.astype(np.float64) * k.astype(np.float32),
    "a number to a power": lambda a, k, m: a**k + a**3 - abs(a) ** 0.5,
    "constants": lambda a, k, m: a * np.array([0.1, 1], np.float32)[0] + np.array([1, 2, 3, 4]),
    "an infinity": lambda a, k, m: np.maximum(a, -np.inf) + np.where(m, a, -np.inf).max(),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", MIXTURES)
def test_dtypes_are_numpys(name, dtype):
    a = np.array([0.3, 1.7, -0.4, 2.1], dtype)
    a = abs(a) if name == "a number to a power" else a
    assert_torch_agrees(MIXTURES[name], [a, INTEGERS, a > 0.5], argnums=(0,))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_written_is_converted(dtype):
    def f(a, k):
        out = np.zeros(4, dtype=np.float32)
        out[1:] = (a * k)[1:]
        out[0] = 0.1
        out[k[:2]] = a[:2] * 3
        return out * a

    def as_eager(a, k):
        written = np.concatenate([np.array([0.1]), (a[:2] * 3)[:1], a[2:3] * 2, a[1:2] * 3])
        return written.astype(np.float32) * a

    a = np.array([0.3, 1.7, -0.4, 2.1], dtype)
    assert_torch_agrees(f, [a, np.array([1, 3, 2, 5])], argnums=(0,), as_eager=as_eager)


def test_a_python_number_stays_one_or_is_a_tensor_where_its_gradient_is_wanted():
    def f(x, rate, n):
        steps = np.exp(-rate) * n
        return np.sum(x * rate / n + np.maximum(x, rate) * steps + np.full(3, 2.0))

    x = normal(3).astype(np.float32)
    program = mg.derive(f, x, 0.5, 2, argnums=(0,))
    wanted = wanted_of(f, (0,), [x, 0.5, 2])
    assert_right(in_torch(program.source("torch"), [x, 0.5, 2], (0,)), wanted, "a number")
    args = [x.astype(float), np.asarray(0.5), 2]
    wanted = wanted_of(f, (0, 1), args)
    program = mg.derive(f, args[0], 0.5, 2, argnums=(0, 1))
    assert_right(in_torch(program.source("torch"), args, (0, 1)), wanted, "a tensor")


# --- arrays made from scratch, and what has no gradient -------------------------------------------


def written(out):
    out[...] = 0.5  # what an empty array holds is anything
    return out


CONSTANTS = {
    "zeros": lambda x: np.zeros(x.shape) + np.zeros(x.shape[1]) + np.zeros((), dtype=np.float32),
    "ones": lambda x: np.ones(x.shape) * np.ones_like(x) + np.ones(3, dtype=int),
    "full": lambda x: np.full(x.shape, 0.1) + np.full_like(x, 2) + np.full(3, x.shape[0]),
    "eye": lambda x: np.eye(2, 3) + np.identity(3)[:2] + np.eye(3)[x.shape[0] :].sum(),
    "arange": lambda x: np.arange(3) + np.arange(1, 7, 2) * np.arange(0.0, 0.3, 0.1),
    "linspace": lambda x: np.linspace(0, 1, 3) + np.linspace(-1, x.shape[0], num=3),
    "array": lambda x: np.array([0.1, 1.5, 2]) * np.array([1, 2, 3])
    * np.array([True, False, True]),
    "like": lambda x: np.zeros_like(x) + np.zeros_like(x, dtype=int) + written(np.empty_like(x)),
    "compare": lambda x: (x > 0) * 2.0 + np.less(0.5, x) + (x == x) * (x != 0) + (x < 1),
    "logical": lambda x: np.logical_and(x > 0, x < 1) + np.logical_or(x, 0) * 0.5
    + np.logical_not(x),
    "finite": lambda x: np.isfinite(x) + np.isnan(x) * 2.0 + np.isinf(x) + np.signbit(x),
    "rounded": lambda x: np.floor(x) + np.ceil(x) + np.trunc(x) + np.rint(x) + np.sign(x),
    "close": lambda x: np.isclose(x, 0.25, atol=0.5) * 1.0 + np.allclose(x, x)
    + np.array_equal(x, x),
    "argmax": lambda x: np.argmax(x, axis=1, keepdims=True) + np.argmin(x) + x.argmax(axis=0) * 0.5,
    "argsort": lambda x: np.argsort(x, axis=0) + np.argsort(x) * 0.5 + np.argsort(x, axis=None)[0],
    "all": lambda x: np.all(x > 0, axis=1, keepdims=True) * 2.0 + np.any(x > 0) + np.all(x),
    "count": lambda x: np.count_nonzero(x > 0, axis=0) * 1.0 + np.count_nonzero(x),
    "flat index": lambda x: x.ravel()[
        np.ravel_multi_index((np.arange(2), np.array([2, 0])), (2, 3))
    ][0],
}  # fmt: skip


@pytest.mark.parametrize("name", CONSTANTS)
def test_what_has_no_gradient(name):
    def f(x):
        return x * CONSTANTS[name](x)

    assert_torch_agrees(f, [normal(2, 3)])
