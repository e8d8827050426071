"""What would be wrong in a later call, if the first one were taken for all."""

import copy
import pickle
from dataclasses import dataclass, field

import numpy as np
import pytest

import micrograd_np as mg


def numbers():
    return np.arange(1.0, 7.0)


def assert_eager(f, *calls):
    jitted = mg.jit(f)
    for args in calls:
        found, wanted = jitted(*args), f(*args)
        several = isinstance(wanted, tuple)
        for a, b in zip(
            found if several else [found], wanted if several else [wanted], strict=True
        ):
            np.testing.assert_array_equal(a, b)


# --- lengths that depend on values ----------------------------------------------------------------


def mean_of_large(x):
    large = x[x > 3]
    return np.zeros(()) if large.size == 0 else np.mean(large)


@pytest.mark.parametrize(
    "f",
    [
        mean_of_large,
        lambda x: np.stack([t * 2 for t in x[x > 3]]),
        lambda x: (np.sum(x[x > 3]), len(x[x > 3])),
        lambda x: np.sum(x[x > 3]) / max(1, len(x[x > 3])),
        lambda x: x[x > 3] * 2 if len(x[x > 3]) > 2 else x[x > 3],
        lambda x: np.nonzero(x > 3),
        lambda x: np.where(x > 3)[0],
    ],
)
def test_lengths_that_are_looked_at_are_looked_at_again(f):
    x = numbers()
    assert_eager(f, (x,), (x + 2,), (x - 1,), (x,))


# --- names ----------------------------------------------------------------------------------------


def test_any_name_may_be_used():
    def f(x, *, idle, type, self, **more):  # noqa: A002  # that is the point
        buffer = np.cumsum(x * 3, axis=0)
        run, start, end = np.sin(buffer), idle * type, self
        return buffer + run + start + end + sum(more.values())

    x = numbers()
    given = {"idle": 2.0, "type": x, "self": 1.0, "lambda": x, "a b": 1.0, "µ": x, "MISS": 3.0}
    np.testing.assert_array_equal(mg.jit(f)(x, **given), f(x, **given))
    params = {"run": x, "type": x + 1, "len": x + 2, "µ": 1.0, "class": 2.0}
    g = lambda p: p["run"] * p["type"] - p["len"] + p["µ"] * p["class"]
    np.testing.assert_array_equal(mg.jit(g)(params), g(params))


# --- what is returned -----------------------------------------------------------------------------


@dataclass
class Result:
    value: object
    text: str = "1 + 1"


def test_texts_are_no_code():
    found = mg.jit(lambda x: Result(x * 2))(numbers())
    assert found.text == "1 + 1"
    np.testing.assert_array_equal(found.value, numbers() * 2)


class Plain:
    def __init__(self, value):
        self.value = value


@pytest.mark.parametrize(
    "f",
    [
        lambda x: Plain(x),
        lambda x: lambda y: x * y,
        lambda x: (t for t in [x]),
        lambda x: [map(np.sin, [x])],
        lambda x: {"a": x}.values(),
    ],
)
def test_what_would_be_that_of_the_first_call_is_not_returned(f):
    with pytest.raises(TypeError, match="a jitted function returns arrays, numbers and containers"):
        mg.jit(f)(numbers())


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.linalg.svd(x.reshape(2, 3))[1],
        np.modf,
        lambda x: np.divmod(x, 2.0)[1],
        lambda x: np.split(x * 2, 3)[1],
    ],
)
def test_parts_of_several_results(f):
    assert_eager(f, (numbers(),), (numbers() + 1,))


def test_what_is_returned_is_the_callers():
    jitted = mg.jit(lambda x: [1, 2])
    jitted(1.0).append(3)
    assert jitted(1.0) == [1, 2]
    for f in (np.squeeze, lambda a: np.reshape(a[:1], ()), lambda a: a[0].reshape(())):
        a = np.array([[5.0]]) if f is np.squeeze else np.array([5.0])
        assert not np.shares_memory(a, mg.jit(f)(a))


# --- what is given --------------------------------------------------------------------------------


@dataclass
class Scaled:
    value: object
    by: object = field(default=1.0, metadata={"static": True})


def test_constants_in_arguments_are_told_apart():
    jitted = mg.jit(lambda s: s.value / s.by)
    with np.errstate(all="ignore"):
        for by in (np.nan, 0.0, -0.0, 2.0, np.nan):
            np.testing.assert_array_equal(jitted(Scaled(numbers(), by)), numbers() / by)
    jitted = mg.jit(lambda s: s.value * s.by[0])
    changing = [2.0]
    for by in (2.0, 3.0):
        changing[0] = by
        np.testing.assert_array_equal(jitted(Scaled(numbers(), changing)), numbers() * by)


def test_the_order_of_a_dict_is_a_part_of_it():
    jitted = mg.jit(lambda d: np.stack(list(d.values())))
    x = numbers()
    for d in ({"a": x, "b": x + 1}, {"b": x + 1, "a": x}, {1: x, "b": x}, {True: x + 1, "b": x}):
        np.testing.assert_array_equal(jitted(d), np.stack(list(d.values())))


@pytest.mark.parametrize(
    "f",
    [
        lambda x, n: x * (n // 2),
        lambda x, n: x * (n % 2),
        lambda x, n: x * ~n,
        lambda x, n: x * (n << 1),
        lambda x, n: x * (n & 3),
        lambda x, n: x * (n | 4) ** 2,
    ],
)
def test_numbers_of_python_decide_no_dtype(f):
    x = numbers().astype(np.float32)
    jitted = mg.jit(f)
    for n in (3, 4):
        np.testing.assert_array_equal(jitted(x, n), f(x, n), strict=True)


def test_a_dtype_is_an_argument_like_any_other():
    jitted = mg.jit(lambda x, dtype: x.astype(dtype))
    for dtype in (np.float32, np.int64, "f4", np.dtype("f8"), float):
        assert jitted(numbers(), dtype).dtype == dtype


def test_a_mask_is_not_lost():
    with pytest.raises(TypeError, match="mask"):
        mg.jit(np.sum)(np.ma.array([1.0, 2.0], mask=[0, 1]))


def test_half_precision_adds_up_as_numpy_does():
    many = np.full((2000, 3), 100, np.float16)
    assert_eager(lambda x: np.mean(x, axis=0) * 2, (many,))


def test_tensors_from_elsewhere_are_read_anew():
    weight = mg.tensor([2.0, 3.0], requires_grad=True)
    layer = mg.nn.Linear(2, 1, generator=0)
    optimizer = mg.optim.SGD(layer.parameters(), lr=0.5)
    jitted = mg.jit(lambda x: layer(x * weight))
    x = np.ones((4, 2))

    def assert_as_it_is_now():
        np.testing.assert_array_equal(jitted(x), layer(x * weight).data)

    assert_as_it_is_now()
    weight.data[0] = 5.0
    assert_as_it_is_now()
    with mg.no_grad():
        weight -= 0.5
    assert_as_it_is_now()
    weight.data = np.array([7.0, 1.0])
    assert_as_it_is_now()
    layer(x).sum().backward()
    optimizer.step()
    assert_as_it_is_now()
    layer.load_state_dict({"weight": np.ones((1, 2)), "bias": np.zeros(1)})
    assert_as_it_is_now()


# --- the function itself --------------------------------------------------------------------------


def test_it_can_be_copied_and_pickled():
    for copied in (copy.deepcopy(mg.jit(np.exp)), pickle.loads(pickle.dumps(mg.jit(np.exp)))):
        np.testing.assert_array_equal(copied(numbers()), np.exp(numbers()))


def test_it_keeps_no_argument_alive():
    import weakref

    jitted = mg.jit(lambda x: x * 2)
    x = np.ones(100_000)
    gone = weakref.ref(x)
    jitted(x)
    del x
    assert gone() is None


def test_blocks_keep_to_what_is_ignored():
    def f(x):
        with np.errstate(all="ignore"):
            y = np.log(x)
        return np.where(x > 0, y, 0.0) * 2

    x = np.ones(100_000)
    x[5] = 0
    jitted = mg.jit(f)
    for _ in range(2):
        np.testing.assert_array_equal(jitted(x), np.zeros(100_000))  # no warning, which is an error


def test_two_functions_of_one_name_have_files_of_their_own():
    import linecache

    one, other = mg.jit(lambda x: x + 1), mg.jit(lambda x: x * 2)
    one(1.0), other(1.0)
    files = [name for name in linecache.cache if name.startswith("<jit of <lambda>")]
    assert len(files) == len(set(files)) >= 2
