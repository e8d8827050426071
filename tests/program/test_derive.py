"""What derive records, what its programs can do, and what it refuses."""

import builtins
from typing import NamedTuple

import numpy as np
import pytest

import micrograd_np as mg
from agree import assert_nearly_equal
from micrograd_np.rounding import Radius, distance, rounding_radius
from program.networks import NETWORKS, normal
from program.test_by_hand import arguments, assert_gradients_agree, function_of

POST, TANH, *_ = NETWORKS
x = normal(3, 2)
w = normal(2)


def names(statements):
    return [statement.name for statement in statements]


# --- programs ----------------------------------------------------------------------------------


def test_a_program_is_immutable():
    program = TANH.derive()
    with pytest.raises(AttributeError, match="immutable"):
        program.forward = ()
    with pytest.raises(AttributeError):
        program.forward[0].name = "other"
    with pytest.raises(AttributeError, match="immutable"):
        del program.inputs
    assert isinstance(program.forward, tuple)
    with pytest.raises(AttributeError, match="no colour"):
        program.colour  # noqa: B018


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_run_keeps_every_value(network):
    program = network.derive()
    args = arguments(network, program)
    found = program.run(*args)
    for statement in program.forward + program.backward:
        assert found[statement.name].shape == statement.shape
        assert found[statement.name].dtype == statement.dtype
    returned = function_of(program.source())(*args)
    for name, value in zip(program.outputs, returned, strict=True):
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_perturbed_runs_stay_within_the_radii_and_are_not_the_plain_run(network):
    program = network.derive()
    args = arguments(network, program)
    plain = program.run(*args)
    moved = [program.perturbed(np.random.default_rng(i), *args) for i in range(8)]
    others = [program.perturbed(np.random.default_rng(i), *args) for i in range(8, 16)]
    for name in program.outputs:
        assert any(np.any(run[name] != plain[name]) for run in moved)
        largest = np.max([np.abs(run[name] - plain[name]) for run in others], axis=0)
        own = np.finfo(float).eps * np.abs(plain[name]) + np.finfo(float).tiny
        radius = Radius(plain[name], largest + own, np.zeros(plain[name].shape, bool))
        for run in moved:
            assert distance(run[name], radius).ok
    again = program.perturbed(np.random.default_rng(0), *args)
    np.testing.assert_array_equal(again[program.outputs[0]], moved[0][program.outputs[0]])


def test_without_arguments_it_is_perturbed_where_it_was_recorded():
    program = POST.derive()
    by_default = program.perturbed(np.random.default_rng(0))
    given = program.perturbed(np.random.default_rng(0), *POST.args)
    np.testing.assert_array_equal(by_default["dW1"], given["dW1"])
    np.testing.assert_array_equal(program.perturbed(0)["dW1"], given["dW1"])


def test_gradients_go_from_any_value_to_any():
    program = POST.derive()
    run = program.run(*POST.args)
    dhidden = program.vjp(seeds={"scores": run["dscores"]}, to="hidden")
    X, y, W1, b1, W2, b2, reg = POST.args
    assert_nearly_equal(dhidden, run["dscores"] @ W2.T)
    weights = ("W1", "b1", "W2", "b2")
    assert_gradients_agree(POST, [program.vjp(seeds={"loss": 1.0}, to=name) for name in weights])
    cut = program.vjp(seeds={"loss": 1.0}, to="W1", stop_at={"hidden"})
    assert_nearly_equal(cut, reg * W1)
    by_data = program.vjp(seeds={"data_loss": 1.0}, to="W2")
    assert_nearly_equal(by_data, run["hidden"].T @ run["dscores"])
    assert not program.vjp(seeds={"reg_loss": 1.0}, to="b1").any()
    elsewhere = program.vjp(X, y, W1, b1, 2 * W2, b2, reg, seeds={"reg_loss": 1.0}, to="W2")
    assert_nearly_equal(elsewhere, reg * 2 * W2)


def test_seeds_add_up():
    program = TANH.derive()
    ones = np.ones((7, 5))
    both = program.vjp(seeds={"h2": ones, "loss": 1.0}, to="W1")
    one = program.vjp(seeds={"h2": ones}, to="W1")
    other = program.vjp(seeds={"loss": 1.0}, to="W1")
    assert_nearly_equal(both, one + other)


def test_a_value_that_is_not_there_or_a_seed_that_does_not_fit_is_refused():
    program = TANH.derive()
    with pytest.raises(KeyError, match="'h9'"):
        program.vjp(seeds={"h9": 1.0}, to="W1")
    with pytest.raises(ValueError, match=r"seed of h1 has shape \(3,\)"):
        program.vjp(seeds={"h1": np.ones(3)}, to="W1")


def test_run_takes_other_lengths_and_refuses_those_it_does_not_hold_for():
    program = POST.derive()
    X, y, *rest = POST.args
    more = program.run(np.concatenate([X, X]), np.concatenate([y, y]), *rest)
    assert_gradients_agree(POST, [more[name] for name in program.outputs[1:]])
    with pytest.raises(ValueError, match="y has shape"):
        program.run(X, y[:4], *rest)
    with pytest.raises(TypeError, match="takes 7 inputs"):
        program.run(X, y)
    with pytest.raises(ValueError, match="has 1 axes, but the program takes 2"):
        program.run(X[0], y, *rest)


def test_a_source_derived_from_one_example_does_not_take_more():
    def f(x, w):
        return np.sum(np.tanh(x @ w))

    function = function_of(mg.derive(f, normal(1, 2), w).source())
    assert function(normal(1, 2), w)[1].shape == (1, 2)
    with pytest.raises(ValueError, match=r"written for x.shape\[0\] = 1"):
        function(x, w)


def test_the_length_of_a_tensor_stays_open():
    def f(X, y):
        N = len(X)
        scores = np.exp(X)
        return -np.log(scores[np.arange(N), y]).sum() / len(y)

    before = builtins.len
    program = mg.derive(f, normal(4, 3), np.arange(4) % 3)
    assert "N = X.shape[0]" in program.source()
    new, labels = normal(7, 3), np.arange(7) % 3
    _, dX = function_of(program.source())(new, labels)
    assert_nearly_equal(dX, -np.eye(3)[labels] / 7)
    assert builtins.len is before
    assert type(len([1, 2])) is int


def test_a_length_that_a_loop_has_used_is_fixed():
    def f(x):
        total = x[0]
        for i in range(1, x.shape[0]):
            total = total * x[i]
        return np.sum(total)

    program = mg.derive(f, x)
    with pytest.raises(ValueError, match=r"holds for x.shape\[0\] = 3.*range"):
        program.run(normal(4, 2))
    with pytest.raises(ValueError, match=r"written for x.shape\[0\] = 3"):
        function_of(program.source())(normal(4, 2))
    assert function_of(program.source())(normal(3, 5))[1].shape == (3, 5)


def test_nothing_of_the_inputs_is_frozen():
    def f(x, y, scale):
        n, k = x.shape
        out = np.zeros((n, k))
        out[np.arange(n), y] = scale
        mask = x > np.full((k,), 0.5)
        best = np.argmax(x, axis=1)
        return np.sum(np.where(mask, x * x, out)) / n + np.sum(x[np.arange(n), best])

    program = mg.derive(f, normal(3, 2), np.array([0, 1, 1]), 2.0, argnums=0)
    function = function_of(program.source())
    for n, k, seed in ((3, 2, 1), (7, 4, 2)):
        new, labels = normal(n, k, seed=seed), np.arange(n) % k
        value, gradient = function(new, labels, 3.0)
        out = np.zeros((n, k))
        out[np.arange(n), labels] = 3.0
        mask = new > 0.5
        assert_nearly_equal(value, np.where(mask, new**2, out).sum() / n + new.max(axis=1).sum())
        assert_nearly_equal(gradient, 2 * new * mask / n + (new == new.max(1, keepdims=True)))


def test_a_count_that_is_an_input_divides_a_length():
    def f(x, n):
        D = x.shape[0]
        return np.sum(x[: D // n] ** 2) * (n % 3)

    function = function_of(mg.derive(f, normal(4, 2), 2).source())
    _, dx = function(normal(9, 2), 4)
    assert_nearly_equal(dx, 2 * normal(9, 2) * (np.arange(9) < 2)[:, None])


def test_what_an_empty_array_holds_decides_nothing():
    def f(x):
        out = np.empty(3)
        out[0] = 1.0
        for i in range(1, 3):
            out[i] = np.sum(x[i])
        return np.sum(out * out)

    for _ in range(5):
        np.full(3, np.random.default_rng(_).normal())  # the memory that is used next
        _, dx = function_of(mg.derive(f, x).source())(x)
        assert not dx[0].any()


def test_zeros_are_made_in_the_shape_of_what_they_are_for():
    source = mg.derive(lambda x, i: np.sum(x[i] ** 2), x, np.array([0, 0])).source()
    assert "dx = np.zeros(x.shape)" in source
    assert "np.ones(x.shape)" in mg.derive(lambda x: np.sum(x), x).source()


def test_a_result_of_several_elements_takes_a_seed():
    program = mg.derive(lambda x, w: np.exp(x) * w, x, w)
    assert names(program.inputs) == ["x", "w", "dout"]
    seed = normal(3, 2, seed=4)
    _, dx, dw = function_of(program.source())(x, w, seed)
    assert_nearly_equal(dx, seed * np.exp(x) * w)
    assert_nearly_equal(dw, (seed * np.exp(x)).sum(axis=0))


def test_argnums_choose_and_unused_arguments_have_zeros():
    f = lambda x, w, unused: (x @ w).sum()
    assert mg.derive(f, x, w, w, argnums=1).outputs == ("value", "dw")
    program = mg.derive(f, x, w, w)
    *_, dunused = function_of(program.source())(x, w, w)
    np.testing.assert_array_equal(dunused, np.zeros(2), strict=True)
    with pytest.raises(ValueError, match="argnums has 5"):
        mg.derive(f, x, w, w, argnums=5)
    with pytest.raises(TypeError, match="int64"):
        mg.derive(f, x, w, np.arange(2), argnums=2)


def test_a_numpy_number_is_written_as_a_number_unless_it_decides_a_dtype():
    scale = np.sqrt(2 / np.pi)
    f = lambda x: np.sum(x * scale)
    assert f"x * {scale.item()}" in mg.derive(f, x).source()
    single = mg.derive(f, x.astype(np.float32))
    assert f"np.float64({scale.item()})" in single.source()
    assert single.run(x.astype(np.float32))["value"].dtype == np.float64


def test_what_python_computes_of_numbers_has_no_methods():
    def f(x, reg):
        a = (reg > 0) * reg
        return np.sum(a) * np.sum(x)

    value, dx, dreg = function_of(mg.derive(f, x, 0.5).source())(x, 0.25)
    assert_nearly_equal(value, 0.25 * x.sum())
    assert_nearly_equal(dx, np.full(x.shape, 0.25))
    assert_nearly_equal(dreg, x.sum())


def test_float32_stays_float32():
    args = [a.astype(np.float32) if getattr(a, "dtype", "") == "float64" else a for a in POST.args]
    program = mg.derive(POST.forward, *args, argnums=POST.argnums)
    returned = function_of(program.source())(*args)
    assert {value.dtype for value in returned} == {np.dtype(np.float32)}


def test_results_do_not_share_memory():
    program = mg.derive(lambda x, y: np.sum(x + y), x, x)
    _, dx, dy = function_of(program.source())(x, x)
    assert not np.shares_memory(dx, dy)
    given = program.run(x, x)
    assert not np.shares_memory(given["dx"], given["dy"])


def test_a_long_chain_is_derived():
    def f(x):
        h = x
        for _ in range(1000):
            h = np.sin(h)
        return np.sum(h)

    _, gradient = function_of(mg.derive(f, x).source())(x)
    radius = rounding_radius(lambda x: {"": mg.grad(f)(x)}, x)[""]
    assert distance(gradient, radius).ok


def test_a_gradient_travels_through_what_an_array_is_filled_with():
    program = mg.derive(lambda x: np.sum(np.full((3, 2), np.sum(x)) * x), x)
    _, dx = function_of(program.source())(x)
    radius = rounding_radius(lambda x: {"": mg.grad(lambda x: np.sum(x) ** 2)(x)}, x)[""]
    assert distance(dx, radius).ok
    with pytest.raises(TypeError, match=r"test_derive.py.*np.arange would lose the gradient"):
        mg.derive(lambda x: np.sum(np.arange(x[0, 0], 1)), x)


def row_and_column(X):
    return np.tanh(X).sum() + X.mean(axis=0)[1] + X.sum(axis=0)[::-1][0]


def view_of_what_is_written(X, w):
    q = w * 1.5 * w
    v = X + w
    k = v.var(axis=0)
    v = v.copy()
    v[:, 0] = v[:, 0] + w
    return (v * v).sum() + (k * k).sum() + (q * q).sum()


def own_zeros(x):
    h, c = np.zeros(2), np.zeros(2)
    for t in range(3):
        c = c * 0.5 + x[t]
        h = h + np.tanh(c)
    return np.sum(h * c)


def slice_of_two(x):
    h = np.tanh(x)
    d = h[1:] - h[:-1]
    return (d**2).mean()


class Size(NamedTuple):
    height: int
    width: int


def of_named_sizes(x):
    padded = np.pad(x, Size(1, 2))
    return np.sum(np.tanh(padded).reshape(Size(*padded.shape[::-1])) ** 2, axis=Size(0, 1))


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (of_named_sizes, (normal(2, 3),)),
        (row_and_column, (normal(4, 3),)),
        (view_of_what_is_written, (normal(4, 4), normal(4))),
        (slice_of_two, (normal(2, 3),)),
    ],
)
def test_source_and_run_give_what_eager_gives(f, args):
    every = tuple(range(len(args)))
    program = mg.derive(f, *args)
    radii = rounding_radius(
        lambda *a: dict(zip(program.outputs[1:], mg.grad(f, every)(*a), strict=True)), *args
    )
    run = program.run(*args)
    _, *grads = function_of(program.source())(*args)
    for name, gradient in zip(program.outputs[1:], grads, strict=True):
        assert distance(gradient, radii[name]).ok
        assert distance(run[name], radii[name]).ok


def test_two_arrays_of_zeros_keep_their_names():
    source = mg.derive(own_zeros, x).source()
    assert "    h = np.zeros(2)" in source
    assert "    c_1 = np.zeros(2)" in source


def test_a_slice_that_left_one_element_has_to_leave_one():
    function = function_of(mg.derive(slice_of_two, normal(2, 3)).source())
    with pytest.raises(ValueError, match=r"written for h\[1:\].shape\[0\] = 1"):
        function(normal(6, 3))


def test_long_sums_and_chains_are_derived():
    x = normal(1200)
    _, dx = function_of(mg.derive(lambda x: sum([x[i] * x[i] for i in range(1200)]), x).source())(x)
    np.testing.assert_array_equal(dx, 2 * x)

    def chain(a):
        for _ in range(1500):
            a = a + np.sin(a) * 0.01
        return a.sum()

    assert function_of(mg.derive(chain, w).source())(w)[1].shape == (2,)


def test_a_log_softmax_written_out_has_the_posts_backward_pass():
    def f(scores, y):
        z = scores - scores.max(axis=1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return -logp[np.arange(scores.shape[0]), y].mean()

    source = mg.derive(f, normal(5, 3), np.arange(5) % 3, argnums=0).source()
    assert len(source[source.rindex("\n\n") :].strip().splitlines()) == 4  # with the return
    assert "y] -= 1" in source


def test_a_program_keeps_what_it_was_made_of():
    table = normal(3)
    program = mg.derive(lambda x: np.sum(x * table), normal(3, seed=1))
    before = table.copy()
    table *= 100
    given = normal(3, seed=2)
    run = program.run(given)
    np.testing.assert_array_equal(run["dx"], before)
    run["x"][...] = 0
    assert given.all()
