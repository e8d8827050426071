"""What a jitted function takes, gives back, keeps and refuses."""

import threading
import warnings
from collections import namedtuple
from dataclasses import dataclass, field

import numpy as np
import pytest

import micrograd_np as mg
from jit.asked import assert_equal
from micrograd_np.rounding import distance, rounding_radius

Pair = namedtuple("Pair", ["a", "b"])


@dataclass
class Layer:
    W: object
    b: object
    name: str = field(default="layer", metadata={"static": True})


def loss(params, x, y):
    h = mg.relu(x @ params["hidden"].W + params["hidden"].b)
    scores = h @ params["out"][0] + params["out"][1]
    return mg.cross_entropy(scores, y)


def training_step(params, x, y, lr):
    value, grads = mg.value_and_grad(loss)(params, x, y)
    hidden, out = params["hidden"], params["out"]
    return value, {
        "hidden": Layer(hidden.W - lr * grads["hidden"].W, hidden.b - lr * grads["hidden"].b),
        "out": [p - lr * g for p, g in zip(out, grads["out"], strict=True)],
    }


def start(seed=0):
    rng = np.random.default_rng(seed)
    params = {
        "hidden": Layer(rng.normal(size=(4, 6)), rng.normal(size=6)),
        "out": [rng.normal(size=(6, 3)), np.zeros(3)],
    }
    return params, rng.normal(size=(20, 4)), rng.integers(0, 3, 20)


def arrays_of(params):
    return [params["hidden"].W, params["hidden"].b, *params["out"]]


def test_a_whole_training_step_with_nested_parameters():
    params, x, y = start()
    jitted = mg.jit(training_step)
    ours, theirs = params, params
    for _ in range(5):
        value, ours = jitted(ours, x, y, 0.1)
        wanted, theirs = training_step(theirs, x, y, 0.1)
        assert_equal([value, *arrays_of(ours)], [wanted, *arrays_of(theirs)])
    assert type(ours["hidden"]) is Layer
    assert ours["hidden"].name == "layer"
    assert jitted.stats.traces == 1


def test_value_and_grad_itself():
    params, x, y = start()
    both = mg.value_and_grad(loss)
    value, grads = mg.jit(both)(params, x, y)
    wanted, wanted_grads = both(params, x, y)
    assert_equal([value, *arrays_of(grads)], [wanted, *arrays_of(wanted_grads)])


def test_plain_functions_and_containers_of_every_kind():
    def f(x, *, flag, scale):
        pair = Pair(x["a"] * scale, [x["b"][0] + 1, None])
        return {"pair": pair, 1: (pair.a if flag else pair.b[0],), "text": "kept"}

    jitted = mg.jit(f)
    given = {"a": np.arange(3.0), "b": (np.ones((2, 2), np.float32),)}
    for flag in (True, False, True):
        found = jitted(given, flag=flag, scale=2.0)
        wanted = f(given, flag=flag, scale=2.0)
        assert type(found["pair"]) is Pair
        assert found["pair"].b[1] is None
        assert found["text"] == "kept"
        assert_equal([found["pair"].a, found[1][0]], [wanted["pair"].a, wanted[1][0]])
    assert jitted.stats.traces == 2  # one for each flag


def test_numbers_are_arguments_as_well():
    jitted = mg.jit(lambda x, n: x * n + n**2)
    x = np.arange(3, dtype=np.float32)
    for n in (2, 3, 4):
        np.testing.assert_array_equal(jitted(x, n), x * n + n**2, strict=True)
    for n in (0.5, -1.5):
        np.testing.assert_array_equal(jitted(x, n), x * n + n**2, strict=True)
    assert jitted.stats.traces == 3  # the first integer, those after it, and floats
    found = jitted(x, np.float64(0.5))
    np.testing.assert_array_equal(found, x * np.float64(0.5) + np.float64(0.5) ** 2, strict=True)


def test_tensors_give_tensors():
    found = mg.jit(np.exp)(mg.tensor([0.0, 1.0]))
    assert isinstance(found, mg.Tensor)
    assert not found.requires_grad
    np.testing.assert_array_equal(found.data, np.exp([0.0, 1.0]))


def test_inside_another_transform_it_is_a_part_of_the_graph():
    jitted = mg.jit(lambda x: np.sum(x**3))
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(mg.grad(jitted)(x), 3 * x**2)
    np.testing.assert_array_equal(mg.hessian(jitted)(x), np.diag(6 * x))
    leaf = mg.tensor(x, requires_grad=True)
    jitted(leaf).backward()
    np.testing.assert_array_equal(leaf.grad, 3 * x**2)
    assert "x**2" in mg.derive(lambda x: jitted(x), x).source().replace(" ", "")


def test_transforms_inside():
    x = np.array([0.3, -0.7])
    f = lambda x: np.sum(np.tanh(x) ** 2 * x)
    for transformed in (
        mg.hessian(f),
        lambda x: mg.hvp(f, (x,), (x,)),
        mg.grad(lambda x: np.sum(mg.grad(lambda x: np.sum(x**4))(x) ** 2)),
    ):
        found, wanted = mg.jit(transformed)(x), transformed(x)
        for a, b in zip(np.ravel(found), np.ravel(wanted), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_method():
    class Model:
        def __init__(self):
            self.W = np.eye(2)

        @mg.jit
        def scores(self, x):
            return x @ self.W

    model, other = Model(), Model()
    other.W = np.ones((2, 2))
    x = np.arange(4.0).reshape(2, 2)
    np.testing.assert_array_equal(model.scores(x), x)
    np.testing.assert_array_equal(other.scores(x), x @ np.ones((2, 2)))
    model.W[0, 0] = 5.0  # what is changed in an array from elsewhere is seen
    np.testing.assert_array_equal(model.scores(x), x @ model.W)


# --- what it gives back is the caller's -----------------------------------------------------------


def test_results_are_never_the_buffers():
    def f(x):
        h = np.exp(x)
        return h, h.T, h[0], np.reshape(h, -1), x, x.T, h + 1, [h, h]

    jitted = mg.jit(f)
    x = np.arange(6.0).reshape(2, 3)
    first = jitted(x)
    flat = [*first[:-1], *first[-1]]
    kept = [a.copy() for a in flat]
    for i, a in enumerate(flat):
        assert not np.shares_memory(a, x)
        for b in flat[:i]:
            assert not np.shares_memory(a, b)
    second = jitted(x + 1)
    for a, b in zip(flat, kept, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)
    for a in flat:
        a[...] = np.nan  # nor does a caller who writes into them change what comes
    third = jitted(x + 1)
    for a, b in zip([*third[:-1], *third[-1]], [*second[:-1], *second[-1]], strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


def test_arguments_are_left_as_they_are():
    def f(x, w):
        h = x * w
        h = h + x
        return h * x - w

    x, w = np.arange(5.0), np.ones(5)
    mg.jit(f)(x, w)
    np.testing.assert_array_equal(x, np.arange(5.0))
    np.testing.assert_array_equal(w, np.ones(5))


def test_donated_arrays_are_updated_in_place():
    @mg.jit(donate=0)
    def step(params, x):
        value, grads = mg.value_and_grad(lambda p, x: np.sum((x @ p["W"] + p["b"]) ** 2))(params, x)
        return value, {k: params[k] - 0.01 * grads[k] for k in params}

    params = {"W": np.ones((3, 2)), "b": np.zeros(2)}
    x = np.arange(12.0).reshape(4, 3)
    wanted = {k: v.copy() for k, v in params.items()}
    for _ in range(3):
        _, new = step(params, x)
        _, grads = mg.value_and_grad(lambda p, x: np.sum((x @ p["W"] + p["b"]) ** 2))(wanted, x)
        wanted = {k: wanted[k] - 0.01 * grads[k] for k in wanted}
        for k, array in params.items():
            assert new[k] is array
            np.testing.assert_array_equal(array, wanted[k], strict=True)


def test_a_donated_array_that_is_still_read_is_not_overwritten_too_early():
    @mg.jit(donate=(0, 1))
    def swap(a, b):
        total = a + b
        return a * 2.0, b * a, total * a

    a, b = np.arange(1.0, 4.0), np.arange(4.0, 7.0)
    wanted = (a * 2.0, b * a, (a + b) * a)
    assert_equal(swap(a.copy(), b.copy()), wanted)


# --- kinds of arguments ---------------------------------------------------------------------------


def test_other_shapes_dtypes_and_layouts():
    jitted = mg.jit(lambda x: np.sum(np.exp(x), axis=0))
    rng = np.random.default_rng(0)
    for x in (
        rng.normal(size=(3, 4)),
        rng.normal(size=(3, 4)).astype(np.float32),
        rng.normal(size=(5, 4)),
        np.asfortranarray(rng.normal(size=(3, 4))),
        rng.normal(size=(4, 3)).T,
        rng.normal(size=(6, 8))[::2, ::-2],
    ):
        wanted = rounding_radius(lambda x: {"sums": np.sum(np.exp(x), axis=0)}, x)["sums"]
        assert distance(jitted(x), wanted).ok
    assert jitted.stats.traces == 3


def test_it_warns_once_where_it_is_recorded_again_and_again():
    jitted = mg.jit(np.exp)
    for n in range(1, 6):
        jitted(np.zeros(n))
    with pytest.warns(UserWarning, match="recorded 6 times") as warned:
        jitted(np.zeros(6))
    assert warned[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        jitted(np.zeros(30))


def test_source_and_stats():
    @mg.jit
    def f(x):
        hidden = np.tanh(x @ x)
        return np.sum(hidden * hidden)

    assert f.source == ""
    assert f.stats == type(f.stats)(0, 0, 0)
    f(np.eye(100))
    assert "tanh(hidden, hidden)" in f.source
    assert f.stats.traces == 1
    assert f.stats.buffers == 1  # the product, its tanh and the square of that
    assert f.stats.bytes == 100 * 100 * 8


def test_what_is_the_same_in_all_calls_is_computed_once():
    @mg.jit
    def f(x):
        grid = np.linspace(0.0, 1.0, 5)
        return x * np.exp(grid)

    f(np.ones(5))
    assert "exp" not in f.source.replace("idle", "")


def test_thread_safe():
    @mg.jit
    def f(x):
        h = x
        for _ in range(20):
            h = np.sin(h) @ np.cos(h)
        return h

    inputs = [np.random.default_rng(i).normal(size=(30, 30)) for i in range(8)]
    wanted = [f(x) for x in inputs]
    wrong = []

    def work(i):
        for _ in range(50):
            if not np.array_equal(f(inputs[i]), wanted[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert f.stats.traces == 1
